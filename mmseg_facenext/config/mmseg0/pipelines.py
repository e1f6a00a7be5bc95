"""Pipelines of transforms, from one generation of mmcv to the next."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmseg.registry import TRANSFORMS

from ..checks.sections import TRANSFORM
from ..remedies import unknown_type
from .section import Report, Section

AUG_TEST_RATIOS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
"""Scales of the old tools/test.py --aug-test."""

# They only move pixels, so that they may as well come before the normalisation, which the model does now.
GEOMETRIC = ('RandomCrop', 'ResizeToMultiple')
OLD_META_KEYS = {
    'filename', 'ori_filename', 'ori_shape', 'img_shape', 'pad_shape', 'scale_factor', 'flip', 'flip_direction',
    'img_norm_cfg',
}  # fmt: skip

Steps = list[dict[str, Any]]
PACK = dict(type='PackSegInputs')


@dataclass
class Pipeline:
    """A translated pipeline.

    Attributes:
        faces: of a data set of faces, which has loading steps and a flip of its own.
        report: of the translation.
        steps: the new transforms.
        preprocessing: what the model's data preprocessor does instead: mean, std, bgr_to_rgb, padding.
        reduce_zero_label: if the pipeline says so; the data set does it now.
        tta: the pipeline of test-time augmentation, if this is one for testing.
    """

    faces: bool
    report: Report
    steps: Steps = field(default_factory=list)
    preprocessing: dict[str, Any] = field(default_factory=dict)
    reduce_zero_label: bool | None = None
    tta: Steps = field(default_factory=list)

    def add(self, kind: str, **arguments: Any) -> None:
        self.steps.append(dict(type=kind, **arguments))


def translate_training(steps: Any, name: str, report: Report, faces: bool) -> Pipeline:
    """Return the pipeline of a training set."""
    pipeline = Pipeline(faces, report)
    translate_steps(steps, name, pipeline)
    if not report.problems and pipeline.steps[-1:] != [PACK]:
        report.problem(f'{name} (expected Collect at its end)')
    return pipeline


def translate_testing(steps: Any, name: str, report: Report, faces: bool) -> Pipeline:
    """Return the pipeline of a validation or test set. Old ones leave labels to the data set, new ones load them."""
    pipeline = translate_training(steps, name, report, faces)
    labels = dict(type='LoadFaceLabels' if faces else 'LoadAnnotations')
    if labels not in pipeline.steps:
        # Behind whatever resizes the photo: the score is taken at the labels' own size.
        pipeline.steps.insert(-1, labels)
        for step in pipeline.tta[-1:]:
            step['transforms'].insert(-1, [labels])
    return pipeline


def translate_steps(steps: Any, name: str, pipeline: Pipeline) -> None:
    """Add the translations of transforms to a pipeline."""
    if not isinstance(steps, Sequence):
        pipeline.report.problem(f'{name} (expected a list of transforms, got {steps!r})')
        return
    for position, values in enumerate(steps):
        if not isinstance(values, Mapping) or not isinstance(values.get('type'), str):
            pipeline.report.problem(f'{name}.{position} (expected a dict with a type, got {values!r})')
            continue
        kind = values['type']
        step = Section(
            {k: v for k, v in values.items() if k != 'type'}, f'{name}.{position}.{kind}', pipeline.report
        )
        translation = TRANSLATIONS.get(kind)
        if 'mean' in pipeline.preprocessing and translation is None and kind not in GEOMETRIC:
            pipeline.report.problem(
                f'{step.name} (behind Normalize: normalising is the last step now, done by the model)'
            )
        if translation is None:
            _keep(kind, step, pipeline)
        else:
            translation(step, pipeline)
        step.close()


def _keep(kind: str, step: Section, pipeline: Pipeline) -> None:
    """A transform that still exists under its name, with arguments that it still takes."""
    transform = TRANSFORMS.get(kind)
    if transform is None:
        step.report.problem(f'{step.name} ({unknown_type(kind, TRANSFORM)})')
        step.values.clear()
        return
    pipeline.add(kind, **step.take_all(*inspect.signature(transform).parameters))


def _load_image(step: Section, pipeline: Pipeline) -> None:
    if not pipeline.faces:
        _rename_file_client(step)
        return _keep('LoadImageFromFile', step, pipeline)
    pipeline.report.note('LoadImageFromFile, LoadAnnotations -> LoadFaceImage, LoadFaceLabels')
    return pipeline.add('LoadFaceImage')


def _load_labels(step: Section, pipeline: Pipeline) -> None:
    pipeline.reduce_zero_label = step.take('reduce_zero_label')
    if not pipeline.faces:
        _rename_file_client(step)
        return _keep('LoadAnnotations', step, pipeline)
    return pipeline.add('LoadFaceLabels')


def _rename_file_client(step: Section) -> None:
    client = step.take('file_client_args')
    if client and client != dict(backend='disk'):
        step.values['backend_args'] = client
        step.note('file_client_args', 'backend_args')


def _resize(step: Section, pipeline: Pipeline) -> None:
    scale, ratio_range = step.take('img_scale'), step.take('ratio_range')
    mode, keep_ratio = step.take('multiscale_mode', 'range'), step.take('keep_ratio', True)
    if scale is None:
        return step.problem('img_scale', 'missing: scales relative to the photo have no counterpart')
    scales = scale if isinstance(scale[0], Sequence) else [scale]
    if len(scales) == 1 and (ratio_range is None or set(ratio_range) == {1.0}):
        return pipeline.add('Resize', scale=tuple(scales[0]), keep_ratio=keep_ratio)
    pairs = [tuple(one) for one in scales]
    if ratio_range is not None:
        pipeline.add('RandomResize', scale=pairs[0], ratio_range=ratio_range, keep_ratio=keep_ratio)
    elif mode == 'range':
        pipeline.add('RandomResize', scale=pairs, keep_ratio=keep_ratio)
    else:
        pipeline.add('RandomChoiceResize', scales=pairs, keep_ratio=keep_ratio)
    return pipeline.report.note(f'Resize with several scales -> {pipeline.steps[-1]["type"]}')


def _flip(step: Section, pipeline: Pipeline) -> None:
    prob = step.take('prob', step.take('flip_ratio'))
    direction = step.take('direction', 'horizontal')
    if not prob:
        return pipeline.report.note('RandomFlip(prob=0) -> left out')
    if pipeline.faces and direction == 'horizontal':
        pipeline.report.note(
            'RandomFlip -> FaceFlip, which also swaps left and right labels; the old one did not'
        )
        return pipeline.add('FaceFlip', prob=prob)
    return pipeline.add('RandomFlip', prob=prob, direction=direction)


def _normalize(step: Section, pipeline: Pipeline) -> None:
    pipeline.preprocessing.update(
        mean=list(step.take('mean')), std=list(step.take('std')), bgr_to_rgb=step.take('to_rgb', True)
    )
    pipeline.report.note('Normalize, Pad -> model.data_preprocessor')


def _pad(step: Section, pipeline: Pipeline) -> None:
    size, divisor = step.take('size'), step.take('size_divisor')
    pipeline.preprocessing.update(pad_val=step.take('pad_val', 0), seg_pad_val=step.take('seg_pad_val', 255))
    if (size is None) == (divisor is None):
        return step.problem('size', f'expected size or size_divisor, got {size} and {divisor}')
    given = dict(size_divisor=divisor) if size is None else dict(size=tuple(size))
    return pipeline.preprocessing.update(given)


def _to_tensor(step: Section, pipeline: Pipeline) -> None:
    step.take_all('keys', 'img_to_float', 'pad_val')
    pipeline.report.note('DefaultFormatBundle, ImageToTensor, Collect -> PackSegInputs')


def _collect(step: Section, pipeline: Pipeline) -> None:
    step.take('keys')
    if unknown := set(step.take('meta_keys', ())) - OLD_META_KEYS:
        step.problem('meta_keys', f'{", ".join(sorted(unknown))}: PackSegInputs has its own list')
    pipeline.steps.append(dict(PACK))


def _multi_scale(step: Section, pipeline: Pipeline) -> None:
    """The plain test at one scale; every scale and flip becomes `tta`."""
    scale, ratios = step.take('img_scale'), step.take('img_ratios')
    flip, direction = step.take('flip', False), step.take('flip_direction', 'horizontal')
    if direction != 'horizontal':
        step.problem('flip_direction', f'{direction!r}, expected horizontal')
    ratios = [1.0] if ratios is None else [ratios] if isinstance(ratios, float | int) else list(ratios)
    bases = [None] if scale is None else scale if isinstance(scale[0], Sequence) else [scale]
    scales = [_scaled(base, ratio) for base in bases for ratio in ratios]
    inner = Pipeline(pipeline.faces, pipeline.report, preprocessing=pipeline.preprocessing)
    resize = _inner_steps(step, inner)
    loading, rest = list(pipeline.steps), inner.steps
    plain = scales[0] if len(scales) == 1 else _scaled(bases[0], 1.0)
    pipeline.steps += [*_resized(resize, plain), *rest]
    several = len(scales) > 1 or flip
    if several:
        pipeline.report.note(
            f'MultiScaleFlipAug ({len(scales)} scales{", flips" if flip else ""}) -> tta_pipeline: add --tta to '
            'test as before; without it at one scale'
        )
    else:
        pipeline.report.note(
            'MultiScaleFlipAug (one scale) -> a plain pipeline; --tta tests as --aug-test did'
        )
        scales, flip = [_scaled(bases[0], ratio) for ratio in AUG_TEST_RATIOS], True
    flipping = 'FaceFlip' if pipeline.faces else 'RandomFlip'
    groups: list[Steps] = [[one for s in scales for one in _resized(resize, s)]] if resize is not None else []
    groups += [[one] for one in rest[:-1]]
    groups += [[dict(type=flipping, prob=prob) for prob in ((0.0, 1.0) if flip else (0.0,))]]
    pipeline.tta = [*loading, dict(type='TestTimeAug', transforms=[*groups, rest[-1:]])]


def _inner_steps(step: Section, inner: Pipeline) -> bool | None:
    """Translate the transforms within; tell whether its Resize keeps the proportions, None without Resize."""
    keep_ratio: bool | None = None
    others = []
    for position, values in enumerate(step.take('transforms', ())):
        if values.get('type') == 'Resize':  # at the scale of the augmentation
            resize = Section(values, f'{step.name}.transforms.{position}', step.report)
            resize.take('type')
            keep_ratio = resize.take('keep_ratio', True)
            resize.close()
        elif values.get('type') != 'RandomFlip':  # flips as the augmentation says
            others.append(values)
    translate_steps(others, f'{step.name}.transforms', inner)
    return keep_ratio


def _scaled(base: Sequence[int] | None, ratio: float) -> tuple[int, int] | float:
    """(width, height) at a ratio, or the ratio itself where scales are relative to the photo."""
    return ratio if base is None else (int(base[0] * ratio), int(base[1] * ratio))


def _resized(keep_ratio: bool | None, scale: tuple[int, int] | float) -> Steps:
    if keep_ratio is None:
        return []
    key = 'scale' if isinstance(scale, tuple) else 'scale_factor'
    return [{'type': 'Resize', key: scale, 'keep_ratio': keep_ratio}]


TRANSLATIONS: dict[str, Callable[[Section, Pipeline], None]] = {
    'LoadImageFromFile': _load_image,
    'LoadAnnotations': _load_labels,
    'Resize': _resize,
    'RandomFlip': _flip,
    'Normalize': _normalize,
    'Pad': _pad,
    'DefaultFormatBundle': _to_tensor,
    'ImageToTensor': _to_tensor,
    'Collect': _collect,
    'MultiScaleFlipAug': _multi_scale,
}
