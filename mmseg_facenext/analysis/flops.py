"""Count multiply-accumulates (MACs) and parameters of a model, attributed to its modules.

MACs are torchprofile's, the counter that the SegNeXt paper names. Per output element it counts
in_channels/groups * kernel area for a convolution, the inner dimension for a matrix product (linear,
matmul, bmm), 4 for bilinear resizing, and 1 for a norm, a pooling mean and a product. Additions, divisions,
activations and softmax count as nothing. One image passes through in evaluation mode; resizing the logits to
the photo is not part of the network.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torchprofile import profile_macs

from ..errors import UserError
from ..utils.text_table import text_table

OWN_OPERATIONS = '(own)'
TOTAL = 'total'


@dataclass(frozen=True)
class ModuleCost:
    """A module with everything below it; what `children` do not explain is the module's own.

    Attributes:
        name: the last part of its dotted name (`block1`), or `(own)`.
        kind: its class.
        macs: multiply-accumulates for one image.
        parameters: elements of its parameters; one that modules share counts where it comes first.
    """

    name: str
    kind: str
    macs: int
    parameters: int
    children: tuple[ModuleCost, ...] = ()

    def to_dict(self, depth: int | None = None) -> dict:
        """Return plain types for JSON, `children` down to `depth` levels (None: all)."""
        entry = {'name': self.name, 'kind': self.kind, 'macs': self.macs, 'parameters': self.parameters}
        if self.children and depth != 0:
            deeper = None if depth is None else depth - 1
            entry['children'] = [child.to_dict(deeper) for child in self.children]
        return entry


@dataclass(frozen=True)
class ModelCost:
    """The cost of one image of `shape`.

    Attributes:
        shape: (channels, height, width) of the image.
        uncounted: operators that torchprofile does not know and that therefore count as nothing.
    """

    shape: tuple[int, int, int]
    root: ModuleCost
    uncounted: tuple[str, ...] = ()

    @property
    def macs(self) -> int:
        return self.root.macs

    @property
    def parameters(self) -> int:
        return self.root.parameters


def measure_cost(model: nn.Module, height: int, width: int, channels: int = 3) -> ModelCost:
    """Run `model` once on a black image on the CPU, in evaluation mode, and count.

    The model is left on the CPU. SegNeXt-L takes half a minute and 3 GB at 1024x2048.

    Raises:
        UserError: the model cannot take an image of this size.
    """
    was_training = model.training
    model = model.cpu().eval()
    image = torch.zeros(1, channels, height, width)
    try:
        with torch.no_grad(), warnings.catch_warnings(record=True) as caught, _named_scopes(model):
            warnings.simplefilter('always')
            nodes = profile_macs(model, image, reduction=None)
    except RuntimeError as error:
        reason = str(error).partition('\n')[0][:200]
        raise UserError(f'the model cannot take an image of {height}x{width} (HxW): {reason}') from error
    finally:
        model.train(was_training)
    assert isinstance(nodes, dict)  # the type with `reduction=None`
    macs: Counter[str] = Counter()
    for node, count in nodes.items():
        macs[node.scope.rpartition('/')[2]] += count
    unknown = (re.search(r'No handlers found: "(.+)"', str(warning.message)) for warning in caught)
    return ModelCost(
        shape=(channels, height, width),
        root=_cost(model, '', macs, seen=set()),
        uncounted=tuple(sorted({match[1] for match in unknown if match})),
    )


@contextmanager
def _named_scopes(model: nn.Module) -> Iterator[None]:
    """Let the tracer label each operator with the dotted name of its module.

    torch can do so for modules that are called; mmseg runs its heads by `head.forward(...)`.
    """
    original = {module: vars(module).get('forward') for module in model.modules()}
    for name, module in model.named_modules():
        module.forward = _scoped(name or TOTAL, module.forward)
    try:
        yield
    finally:
        for module, forward in original.items():
            if forward is None:
                del module.forward
            else:
                module.forward = forward


def _scoped(name: str, forward: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        trace = torch._C._get_tracing_state()
        trace.push_scope(name)
        try:
            return forward(*args, **kwargs)
        finally:
            trace.pop_scope()

    return wrapped


def _cost(module: nn.Module, path: str, macs: Counter[str], seen: set[nn.Parameter]) -> ModuleCost:
    own_parameters = [p for p in module.parameters(recurse=False) if p not in seen]
    seen.update(own_parameters)
    own = ModuleCost(OWN_OPERATIONS, '', macs[path or TOTAL], sum(p.numel() for p in own_parameters))
    children = [
        _cost(child, f'{path}.{name}' if path else name, macs, seen)
        for name, child in module.named_children()
    ]
    children = [child for child in children if child.macs or child.parameters]
    parts = [*children, own]
    if children and (own.macs or own.parameters):
        children.append(own)
    return ModuleCost(
        name=path.rpartition('.')[2],
        kind=type(module).__name__,
        macs=sum(part.macs for part in parts),
        parameters=sum(part.parameters for part in parts),
        children=tuple(children),
    )


def cost_table(cost: ModelCost, depth: int = 2) -> str:
    """Return the modules down to `depth` levels as text, indented by level; each level adds up to the one above."""
    head = ('module', 'class', 'MACs', 'of all', 'parameters', 'of all')
    return text_table(head, _rows(cost.root, cost, depth, level=0), left=2)


def _rows(module: ModuleCost, cost: ModelCost, depth: int, level: int) -> Iterator[tuple[str, ...]]:
    yield (
        '  ' * level + (module.name or TOTAL),
        module.kind,
        f'{module.macs / 1e9:.3f} G',
        _percent(module.macs, cost.macs),
        f'{module.parameters:,}',
        _percent(module.parameters, cost.parameters),
    )
    if level < depth:
        for child in module.children:
            yield from _rows(child, cost, depth, level + 1)


def _percent(part: int, whole: int) -> str:
    return f'{part / whole:.1%}' if whole else '-'
