"""`model`: what its parts were called, where its weights are, how many classes it tells apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .section import Section

# The ImageNet weights that SegNeXt's configs expect under pretrained/, by their names in the zoo.
IMAGENET_WEIGHTS = {
    'mscan_t.pth': 'mscan.tiny',
    'mscan_s.pth': 'mscan.small',
    'mscan_b.pth': 'mscan.base',
    'mscan_l.pth': 'mscan.large',
}


def translate_model(top: Section, preprocessing: dict[str, Any], num_classes: int | None) -> dict[str, Any]:
    """`model` with its data preprocessor. All of its other settings stay: mmseg 1.x calls them the same."""
    model = top.part('model')
    new = model.values
    for key in ('train_cfg', 'test_cfg'):  # before mmseg 0.9 they stood outside
        if key in top.values:
            top.note(key, f'model.{key}')
            new[key] = top.take(key)
    backbone = dict(new.get('backbone') or {})
    new['backbone'] = backbone
    if (pretrained := model.take('pretrained')) is not None:
        if backbone.get('init_cfg'):
            model.problem('pretrained', 'backbone.init_cfg says something else')
        backbone['init_cfg'] = dict(type='Pretrained', checkpoint=pretrained)
        model.note('pretrained', 'model.backbone.init_cfg')
    if backbone.get('type') == 'MSCAN' and 'in_chans' in backbone:
        backbone['in_channels'] = backbone.pop('in_chans')
        model.note('backbone.in_chans', 'in_channels')
    _find_weights(backbone, model)
    for key in ('decode_head', 'auxiliary_head'):
        if key in new:
            new[key] = _limit_classes(new[key], num_classes, model, key)
    padding = {} if preprocessing.keys() & {'size', 'size_divisor'} else dict(size_divisor=1)
    if padding and preprocessing:
        top.report.note(
            'no Pad -> images of a batch are padded to the largest, labels with 255 (ignored; was 0)'
        )
    preprocessor = dict(type='SegDataPreProcessor', pad_val=0, seg_pad_val=255, **padding)
    return dict(
        model=dict(type=new.pop('type', None), data_preprocessor={**preprocessor, **preprocessing}, **new)
    )


def _find_weights(backbone: dict[str, Any], model: Section) -> None:
    init_cfg = backbone.get('init_cfg')
    path = init_cfg.get('checkpoint') if isinstance(init_cfg, dict) else None
    if not isinstance(path, str) or '://' in path or Path(path).exists():
        return
    if published := IMAGENET_WEIGHTS.get(Path(path).name):
        backbone['init_cfg'].update(checkpoint=published)
        model.note(
            'backbone.init_cfg.checkpoint', f'{published}, the published file, because {path} is not there'
        )


def _limit_classes(heads: Any, num_classes: int | None, model: Section, key: str) -> Any:
    """SegNeXt-FaceParser's T, B and L were given ADE20K's 150 outputs for 19 classes: 131 that never occur."""
    if isinstance(heads, list | tuple):
        return [_limit_classes(head, num_classes, model, key) for head in heads]
    if num_classes is None or not heads.get('num_classes', 0) > num_classes:
        return heads
    model.note(f'{key}.num_classes={heads["num_classes"]}', f'{num_classes}, the classes of the data')
    return dict(heads, num_classes=num_classes)
