"""torchvision's transforms of pictures in a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmcv.transforms.base import BaseTransform
from mmseg.registry import TRANSFORMS
from torchvision.transforms import v2

from ....errors import UserError


@TRANSFORMS.register_module()
class PhotoTransforms(BaseTransform):
    """Changes the photo, not the labels, by transforms of `torchvision.transforms.v2`, one after the other.

        dict(type='PhotoTransforms', steps=[
            dict(type='GaussianBlur', kernel_size=7, sigma=(0.1, 2.0), prob=0.2),
            dict(type='JPEG', quality=(20, 90), prob=0.3),
        ])

    Only those that leave every pixel where it is make sense here: torchvision does not know the labels.

    Args:
        steps: `type`, a class of torchvision.transforms.v2; `prob`, how often it is applied (always by default);
            the other keys are its arguments. It sees RGB uint8.

    Raises:
        UserError: torchvision has no such class, or it does not take the arguments.
    """

    def __init__(self, steps: Sequence[dict[str, Any]]) -> None:
        self.steps = [dict(step) for step in steps]
        self._chain = [_build(step) for step in self.steps]

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """`img` is BGR uint8 (H, W, 3) before and after."""
        photo = torch.from_numpy(np.ascontiguousarray(results['img'][..., ::-1].transpose(2, 0, 1)))
        for prob, change in self._chain:
            if prob >= 1 or torch.rand(()) < prob:
                photo = change(photo)
        results['img'] = np.ascontiguousarray(photo.numpy().transpose(1, 2, 0)[..., ::-1])
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(steps={self.steps})'


def _build(step: dict[str, Any]) -> tuple[float, v2.Transform]:
    arguments = dict(step)
    name, prob = arguments.pop('type', None), arguments.pop('prob', 1.0)
    kind = getattr(v2, str(name), None)
    if not (isinstance(kind, type) and issubclass(kind, v2.Transform)):
        raise UserError(f'PhotoTransforms: torchvision.transforms.v2 has no transform {name!r}')
    if not 0 <= prob <= 1:
        raise UserError(f'PhotoTransforms: prob of {name} must be from 0 to 1, got {prob}')
    try:
        return prob, kind(**arguments)
    except (TypeError, ValueError) as error:
        raise UserError(f'PhotoTransforms: {name} does not take {arguments}: {error}') from error
