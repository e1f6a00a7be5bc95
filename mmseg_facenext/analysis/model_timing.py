"""Measure how long a segmentor takes for a batch, from normalised pixels on the device to logits or labels."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..errors import UserError
from .timing import Comparison, compare, joined

PRECISIONS = {'fp32': torch.float32, 'bf16': torch.bfloat16, 'fp16': torch.float16}
NETWORK, LABELS = 'network', 'labels'
WHAT = {
    NETWORK: "backbone and head: normalised pixels on the device to logits at the head's resolution",
    LABELS: "the same, then bilinear upsampling to the input's size and argmax (by the config's test_cfg)",
}


def time_model(
    model: nn.Module,
    shape: tuple[int, int, int, int],
    *,
    precision: str = 'fp32',
    passes: int = 20,
    repeat_times: int = 3,
    warmup: int = 5,
    log_interval: int = 50,
    tell: Callable[[str, Comparison], object] = lambda stage, times: None,
) -> list[Comparison]:
    """Time `passes` forward passes in each of `repeat_times` runs, of `NETWORK` and `LABELS` alternately.

    Neither reading nor resizing nor normalising of pictures is timed. Each pass is waited for.

    Args:
        model: a segmentor in evaluation mode, on its device.
        shape: of the batch: (images, channels, height, width).
        precision: 'fp32', or 'bf16' / 'fp16' by autocast.
        passes: at least 1, of each of the two, in each run.
        warmup: passes before the first run, which are not timed.
        log_interval: passes between calls of `tell` within a run.
        tell: is given the stage ('run 1, pass 50') and all times of this run so far.

    Raises:
        UserError: the model cannot take such a batch.
    """
    device = next(model.parameters()).device
    batch = torch.rand(shape, device=device)
    meta = dict.fromkeys(('img_shape', 'ori_shape', 'pad_shape'), shape[2:])
    metas = [{**meta, 'padding_size': [0] * 4}] * shape[0]

    def network() -> Tensor:
        with torch.inference_mode(), torch.autocast(device.type, PRECISIONS[precision], precision != 'fp32'):
            return model(batch, mode='tensor')

    def labels() -> Tensor:
        with torch.inference_mode(), torch.autocast(device.type, PRECISIONS[precision], precision != 'fp32'):
            return model.inference(batch, metas).argmax(1)

    callables = {NETWORK: network, LABELS: labels}
    try:
        compare(callables, repeats=1, warmup=warmup)
    except RuntimeError as error:
        reason = str(error).partition('\n')[0][:200]
        size = 'x'.join(map(str, shape))
        raise UserError(f'the model cannot take a batch of {size} (NxCxHxW) on {device}: {reason}') from error
    runs = []
    for run in range(1, repeat_times + 1):
        parts: list[Comparison] = []
        for first in range(0, passes, log_interval):
            parts.append(compare(callables, min(log_interval, passes - first), warmup=0))
            done = sum(len(part[NETWORK].seconds) for part in parts)
            tell(f'run {run}, pass {done}', joined(parts))
        runs.append(joined(parts))
    return runs
