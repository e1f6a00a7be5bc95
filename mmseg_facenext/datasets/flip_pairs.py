"""Tell the flips of a pipeline which classes have a left and a right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmcv.transforms import RandomFlip

from ..errors import UserError
from ..taxonomy import flip_ids
from ..utils.wrapped_datasets import inner_datasets
from .transforms.geometry.face_flip import FaceFlip


def pair_sides(dataset: Any) -> None:
    """Let each `FaceFlip` in the pipelines of a built data set swap the pairs of its classes.

    Raises:
        UserError: `flip_pairs` of the data set's metainfo is wrong; a training flips pixels only (`RandomFlip`) though
            classes have sides; `FaceFlip` was given another label space than that of the classes.
    """
    for part in inner_datasets(dataset):
        metainfo = getattr(part, 'metainfo', None) or {}
        if not metainfo.get('classes'):
            continue
        others = flip_ids(metainfo)
        steps = list(_steps(getattr(part, 'pipeline', None)))
        averages = any(
            hasattr(step, 'subroutines') for step in steps
        )  # TestTimeAug, whose model turns flips back
        for step in steps:
            if isinstance(step, FaceFlip):
                step.pair(others, metainfo['classes'])
            elif isinstance(step, RandomFlip) and not averages and not getattr(part, 'test_mode', False):
                _refuse_random_flip(step, others, metainfo['classes'])


def _steps(pipeline: Any) -> Iterator[Any]:
    for step in getattr(pipeline, 'transforms', None) or ():
        for one in step if isinstance(step, list | tuple) else [step]:
            yield one
            inner = getattr(one, '_steps', one)  # PrepareOnce
            if inner is not one or hasattr(one, 'transforms'):
                yield from _steps(inner)
        for one in getattr(step, 'subroutines', ()):  # of TestTimeAug
            yield from _steps(one)


def _refuse_random_flip(step: RandomFlip, others: list[int | None], classes: Any) -> None:
    sided = [(classes[own], classes[other]) for own, other in enumerate(others) if other not in (own, None)]
    directions = step.direction if isinstance(step.direction, list) else [step.direction]
    if sided and step.prob and {'horizontal', 'diagonal'} & set(directions):
        one, other = sided[0]
        raise UserError(
            f"RandomFlip mirrors pixels only, so that {one} would be learnt as {other}: take dict(type='FaceFlip', "
            'prob=0.5) instead, which swaps them; if they are no pair, set flip_pairs=[] in its metainfo'
        )
