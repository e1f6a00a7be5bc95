"""One annotated region of a photo, in whatever form a tool has written it, as a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ...errors import UserError
from ...utils.read_image import read_mask


@dataclass(frozen=True)
class Shape:
    """A region and the name of its class.

    Attributes:
        label: as the tool has it.
        kind: 'polygons' (rings of x, y), 'rectangle' (left, top, right, bottom), 'ellipse' (centre x, y, radii),
            'rle' (COCO's: runs down the columns), 'cvat_rle' (runs along the rows of a box), 'file' (a part mask).
        data: numbers, or the path of the file.
    """

    label: str
    kind: str
    data: Any

    def mask(self, height: int, width: int) -> np.ndarray:
        """Return bool (height, width).

        Raises:
            UserError: the region cannot be read, or is of another size.
        """
        if self.kind == 'file':
            found = read_mask(self.data)
            if found.shape != (height, width):
                raise UserError(
                    f'{self.data} is {found.shape[1]}x{found.shape[0]}, the other masks of its photo are '
                    f'{width}x{height}'
                )
            return found
        if self.kind == 'rle':
            return _of_coco_rle(self.data, height, width)
        mask = np.zeros((height, width), np.uint8)
        if self.kind == 'cvat_rle':
            runs, left, top, wide, high = self.data
            box = np.repeat(np.arange(len(runs)) % 2, runs)[: wide * high].reshape(high, wide)
            mask[top : top + high, left : left + wide] = box[: height - top, : width - left]
        elif self.kind == 'polygons':
            rings = [np.rint(np.asarray(ring, float).reshape(-1, 2)).astype(np.int32) for ring in self.data]
            for ring in rings:  # one by one: parts that overlap are not holes
                cv2.fillPoly(mask, [ring], 1)
        elif self.kind == 'rectangle':
            left, top, right, bottom = np.rint(self.data).astype(int)
            mask[max(0, min(top, bottom)) : max(top, bottom), max(0, min(left, right)) : max(left, right)] = 1
        else:
            x, y, radius_x, radius_y = (round(number) for number in self.data)
            cv2.ellipse(mask, (x, y), (radius_x, radius_y), 0, 0, 360, 1, -1)
        return mask.astype(bool)


def _of_coco_rle(rle: dict[str, Any], height: int, width: int) -> np.ndarray:
    """Decode COCO's run lengths, which begin with zeros and run down the columns; compressed ones by pycocotools."""
    counts, size = rle['counts'], tuple(rle['size'])
    if isinstance(counts, str | bytes):
        try:
            from pycocotools import mask as coco
        except ImportError as error:
            raise UserError(
                'this COCO file has compressed run lengths, which pycocotools reads: pip install pycocotools'
            ) from error
        found = coco.decode(
            {'size': list(size), 'counts': counts.encode() if isinstance(counts, str) else counts}
        )
    else:
        found = np.repeat(np.arange(len(counts)) % 2, counts).reshape(size, order='F')
    if found.shape != (height, width):
        raise UserError(f'run lengths of a mask of {size[1]}x{size[0]} in a photo of {width}x{height}')
    return np.asarray(found, bool)


def circle(points: Sequence[Sequence[float]]) -> list[float]:
    """Return (x, y, radius, radius) of LabelMe's circle: its centre and a point on it."""
    (x, y), (on_x, on_y) = points
    radius = float(np.hypot(on_x - x, on_y - y))
    return [x, y, radius, radius]


@dataclass
class Item:
    """A photo and what is annotated on it.

    Attributes:
        name: without suffix, different for each photo.
        photo: its file.
        split: 'train', 'val' or 'test', where folders or files say so.
        shapes: regions, later ones over earlier ones; or none, where there is a label map.
        label_map: a file that holds a value or a colour for each pixel.
        size: (height, width) that the shapes are in, where it is known.
    """

    name: str
    photo: Path
    split: str | None = None
    shapes: list[Shape] | None = None
    label_map: Path | None = None
    size: tuple[int, int] | None = None
