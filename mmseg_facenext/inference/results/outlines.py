"""Label maps as polygons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ...taxonomy import LabelSpace


def coco_annotations(
    labels: np.ndarray,
    numbers: np.ndarray,
    space: LabelSpace,
    background: int,
    path: Path | None,
    image_id: int,
) -> dict[str, Any]:
    """Return one annotation for each part of each face, in the format of COCO's instances.

    https://cocodataset.org/#format-data. The category ids are those of the label map. A key beyond the format, `face`,
    holds the number of the face. COCO's polygons have no holes: where a part has some, its mask is written as
    uncompressed run lengths, which the format has for it (`iscrowd` 1, `size` and `counts`, by columns).

    Args:
        labels, numbers: (H, W): class, and face from 1; see `FaceParsing`.
    """
    height, width = labels.shape
    annotations: list[dict[str, Any]] = []
    for number in np.unique(numbers[numbers > 0]).tolist():
        own = numbers == number
        for label in np.unique(labels[own]).tolist():
            if label >= space.num_classes:
                continue
            mask = own & (labels == label)
            rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
            left, top = int(columns[0]), int(rows[0])
            polygons = outline(mask)
            annotations.append(
                {
                    'id': len(annotations) + 1,
                    'image_id': image_id,
                    'category_id': label,
                    'face': number,
                    'bbox': [left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top],
                    'area': int(mask.sum()),
                    'iscrowd': int(polygons is None),
                    'segmentation': _run_lengths(mask) if polygons is None else polygons,
                }
            )
    return {
        'images': [
            {'id': image_id, 'file_name': path.name if path else '', 'width': width, 'height': height}
        ],
        'categories': [
            {'id': label, 'name': name, 'supercategory': 'face'}
            for label, name in enumerate(space.classes)
            if label != background
        ],
        'annotations': annotations,
    }


def outline(mask: np.ndarray) -> list[list[int]] | None:
    """Return the polygons x, y, x, y, ... around the pixels of bool (H, W), along their edges; None if it has holes.

    Filled, they are the mask.
    """
    # Twice as large, a pixel's left and upper half have even places, the others odd ones: so each edge is known.
    doubled = cv2.resize(np.pad(mask, 1).astype(np.uint8), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    found, tree = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if tree is not None and (tree[0, :, 3] >= 0).any():
        return None
    return [((points[:, 0] + 1) // 2 - 1).ravel().tolist() for points in found]


def _run_lengths(mask: np.ndarray) -> dict[str, Any]:
    """Return the mask as COCO's uncompressed RLE: lengths of runs down the columns, zeros first."""
    flat = mask.ravel(order='F')
    edges = np.flatnonzero(np.diff(flat)) + 1
    bounds = np.concatenate([[0], edges, [flat.size]])
    counts = np.diff(bounds).tolist()
    return {'size': list(mask.shape), 'counts': [0, *counts] if flat[0] else counts}
