"""Match keys and shapes of a checkpoint to those of a model, with a note for each change.

Each step of `match_keys` takes the weights of the file and those of the model. It returns the weights for the next
step and a note, or the same weights and None. Names of other repositories are translated before, in `key_maps.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from torch import Tensor

from ..taxonomy import LABEL_SPACES

Weights = dict[str, Tensor]
Step = Callable[[Weights, Mapping[str, Tensor]], tuple[Weights, str | None]]

# MSCAN's, torchvision's and timm's classifiers, and Swin's norm before it.
_IMAGENET_CLASSIFIERS = ('head.', 'classifier.', 'fc.', 'norm.')
# The score of a class is one row of this layer's weight and bias and of nothing else, in every mmseg head.
_CLASSIFIER = 'conv_seg.weight'
# SegFace's classes, a row each; they attend to each other, so that the first rows alone are no smaller model.
_CLASS_TOKENS = 'class_tokens'


def match_keys(found: Weights, wanted: Mapping[str, Tensor]) -> tuple[Weights, list[str]]:
    """Return `found` with the keys of the model `wanted`, where the match is unambiguous, and notes of the changes."""
    notes = []
    for step in _STEPS:
        found, note = step(found, wanted)
        notes += [note] if note else []
    return found, notes


def take_part(found: Weights, wanted: Mapping[str, Tensor]) -> tuple[Weights, str | None]:
    """Return the part of a larger network that is this model: `backbone.*` of a segmentor for a bare backbone."""
    roots = roots_of(found, wanted)
    if len(roots) != 1:
        return found, None
    (root,) = roots
    part = {key.removeprefix(root): value for key, value in found.items() if key.startswith(root)}
    others = Counter(key.partition('.')[0] for key in found if not key.startswith(root))
    left_out = ', '.join(f'{name}.* ({count})' for name, count in others.items())
    return part, f'taken from {root}*' + (f', without {left_out}' if left_out else '')


def roots_of(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """Return the prefixes (`backbone.`) below which all names of the model occur, where none occurs without one."""
    if not wanted or any(key in found for key in wanted):
        return []
    first = next(iter(wanted))
    roots = (key.removesuffix(first) for key in found if key.endswith(f'.{first}'))
    return [root for root in roots if all(root + key in found for key in wanted)]


def leave_out_imagenet_classifier(found: Weights, wanted: Mapping[str, Tensor]) -> tuple[Weights, str | None]:
    """Without what a backbone had behind its last map to tell the classes of ImageNet apart."""
    classifier = [key for key in found if key.startswith(_IMAGENET_CLASSIFIERS) and key not in wanted]
    note = f'the ImageNet classifier {", ".join(sorted(classifier))} was left out' if classifier else None
    return _without(found, classifier), note


def leave_out_averages(found: Weights, wanted: Mapping[str, Tensor]) -> tuple[Weights, str | None]:
    """Without the second set of weights that mmcv's EMAHook keeps under names like `ema_backbone_norm1_bias`.

    mmcv swaps the sets before it saves: the averaged weights have the plain names.
    """
    averages = averages_in(found, wanted)
    note = f'{len(averages)} weights of an EMA hook (ema_*) were left out' if averages else None
    return _without(found, averages), note


def averages_in(found: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Return the keys of `found` that are a second set of `wanted`."""
    doubles = {'ema_' + key.replace('.', '_') for key in wanted}
    return [key for key in found if key in doubles]


_STEPS: tuple[Step, ...] = (take_part, leave_out_averages, leave_out_imagenet_classifier)


def keep_first_rows(
    found: Weights, wanted: Mapping[str, Tensor], classes: Sequence[str] | None
) -> tuple[Weights, list[str]]:
    """Return a classifier with more rows than the model has classes, cut to the first ones, where the rest is spare.

    A network that was trained with more outputs than its data has classes (150 for 19 is common: the number
    of ADE20K left in the config) never learnt anything by the others. Rows that stand for classes are kept
    together: those that the file names `classes` for, or all of them where it names none and a known label
    space has as many. What an unknown number of nameless rows means nobody can tell: the note asks to check.
    """
    notes = []
    for key in classifiers_of_other_size(found, wanted):
        rows, outputs = len(found[key]), len(wanted[key])
        if rows < outputs or _rows_with_meaning(rows, classes) > outputs:
            continue
        found = {**found, key: found[key][:outputs].clone()}
        if key.endswith('weight'):
            named = 'the file names no more classes' if classes else 'the file names no classes: check them'
            notes.append(
                f'{key.removesuffix(".weight")} has {rows} rows, the first {outputs} were kept ({named})'
            )
    return found, notes


def _rows_with_meaning(rows: int, classes: Sequence[str] | None) -> int:
    if classes is not None:
        return len(classes)
    return rows if rows in {space.num_classes for space in LABEL_SPACES.values()} else 0


def classifiers_of_other_size(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """Keys of weight and bias of the layers that score classes, where the number of classes differs."""
    keys = []
    for weight in (key for key in found if key.endswith(_CLASSIFIER) and key in wanted):
        layer = [
            key for key in (weight, weight.removesuffix('weight') + 'bias') if key in found and key in wanted
        ]
        rows = {found[key].shape[:1] for key in layer}
        if len(rows) == 1 and rows != {wanted[weight].shape[:1]} and found[weight].dim():
            keys += layer
    return keys


def tokens_of_other_number(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """Keys of class tokens (K, C), where only the number of classes K differs."""
    tokens = [key for key in found if key.endswith(_CLASS_TOKENS) and key in wanted]
    shapes = {key: (found[key].shape, wanted[key].shape) for key in tokens}
    return [key for key, (theirs, ours) in shapes.items() if theirs != ours and theirs[1:] == ours[1:]]


def without_classes(found: Weights, wanted: Mapping[str, Tensor]) -> tuple[Weights, list[str], list[str]]:
    """Without the classifiers and class tokens of another number of classes: the rest, their keys, and notes."""
    keys = [*classifiers_of_other_size(found, wanted), *tokens_of_other_number(found, wanted)]
    notes = [
        f'{key.removesuffix(".weight")} tells {len(found[key])} other classes apart: left out, to be trained anew'
        for key in keys
        if not key.endswith('bias')
    ]
    return _without(found, keys), keys, notes


def _without(weights: Weights, keys: Sequence[str]) -> Weights:
    gone = set(keys)
    return {key: value for key, value in weights.items() if key not in gone}
