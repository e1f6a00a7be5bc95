"""Merge the part masks of CelebAMask-HQ into one label map."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np

from ...errors import UserError
from ...utils.read_image import StrPath, read_mask


def merge_part_masks(
    parts: Mapping[str, StrPath | np.ndarray], order: Sequence[str], name: str = 'the image'
) -> np.ndarray:
    """Paint part masks over each other into one label map.

    Args:
        parts: part name to its mask, a file or an array (H, W) or (H, W, C); any pixel that is not zero
            belongs to the part. Parts that the photo does not show are absent.
        order: the classes of a label space, background first. A part's id is its position, and parts are
            painted in this order, so that a later one covers an earlier one.
        name: what to call the photo in an error message.

    Returns:
        Label ids, uint8 (H, W).

    Raises:
        UserError: no masks at all, a part that `order` does not know, masks of different sizes, or a file
            that cannot be read.
    """
    unknown = [part for part in parts if part not in order[1:]]
    if unknown:
        raise UserError(f'{name} has masks of unknown parts {unknown}; known are {", ".join(order[1:])}')
    if not parts:
        raise UserError(f'{name} has no part mask at all; add its masks or take it out of the split')

    labels: np.ndarray | None = None
    for label, part in enumerate(order):
        if part not in parts:
            continue
        mask = _as_mask(parts[part])
        if labels is None:
            labels = np.zeros(mask.shape, dtype=np.uint8)
            first = part
        if mask.shape != labels.shape:
            raise UserError(
                f'the part masks of {name} differ in size: {_describe(first, parts[first], labels)}, but '
                f'{_describe(part, parts[part], mask)}'
            )
        labels[mask] = label
    assert labels is not None
    return labels


def _as_mask(part: StrPath | np.ndarray) -> np.ndarray:
    if isinstance(part, np.ndarray):
        return np.asarray(part.any(axis=2)) if part.ndim == 3 else part != 0
    return read_mask(part)


def _describe(part: str, source: StrPath | np.ndarray, mask: np.ndarray) -> str:
    height, width = mask.shape
    where = part if isinstance(source, np.ndarray) else os.fspath(source)
    return f'{where} is {width}x{height}'
