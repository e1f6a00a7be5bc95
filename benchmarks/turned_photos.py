"""Whether turned copies of photos get turned labels.

    python benchmarks/turned_photos.py PHOTO ... [--angles 30 -30 90] [--model face.onnx]

Turns each photo around its middle, parses the copy, and compares with the labels of the photo, turned in the same way
(by the nearest pixel), where the copy shows the photo. Prints the IoU of everything that is not background, the mean
over classes, and that over classes of 150 pixels or more; and, as a measure of what rounding to the nearest pixel alone
costs, the mean over classes of the photo's labels turned there and back.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.evaluation import confusion_matrix
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.taxonomy import IGNORE
from mmseg_facenext.utils.text_table import text_table

LARGE = 150  # pixels


def main(argv: Sequence[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('photos', nargs='+', metavar='PHOTO')
    parser.add_argument('--angles', nargs='+', type=float, default=[30, -30, 90, 180, 270])
    parser.add_argument('--model', nargs='+', default=[], help='CONFIG CHECKPOINT, or an exported file')
    args = parser.parse_args(argv)
    parse = FaceParser(*args.model)
    rows = []
    for path in args.photos:
        upright = parse(path)
        classes = upright.label_space.num_classes
        for angle in args.angles:
            image, labels = turned(upright.image, angle), turned(upright.labels, angle)
            scores = compare(labels, parse(image).labels, classes)
            back = middle(turned(labels, -angle), upright.labels.shape)
            rounding = compare(upright.labels, np.where(back == IGNORE, upright.labels, back), classes)[1]
            rows.append([Path(path).name, f'{angle:g}', *(f'{score:.3f}' for score in (*scores, rounding))])
    print(
        text_table(
            ['photo', 'degrees', 'foreground', 'classes', f'classes of {LARGE} pixels', 'there and back'],
            rows,
        )
    )


def turned(picture: np.ndarray, angle: float) -> np.ndarray:
    """Return a photo (H, W, 3), or labels (H, W) that are `IGNORE` outside, turned to the left on a larger canvas."""
    labels = picture.ndim == 2
    if angle % 90 == 0:
        return np.ascontiguousarray(np.rot90(picture, round(angle / 90)))
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    cosine, sine = np.abs(matrix[0, :2])
    size = round(width * cosine + height * sine), round(width * sine + height * cosine)
    matrix[:, 2] += (np.array(size) - (width, height)) / 2
    how = cv2.INTER_NEAREST if labels else cv2.INTER_CUBIC
    return cv2.warpAffine(picture, matrix, size, flags=how, borderValue=(IGNORE,) if labels else (0, 0, 0))


def middle(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the middle of a picture, (H, W) of that shape."""
    top, left = ((large - small) // 2 for large, small in zip(picture.shape, shape, strict=True))
    return picture[top : top + shape[0], left : left + shape[1]]


def compare(expected: np.ndarray, found: np.ndarray, classes: int) -> tuple[float, float, float]:
    """Return the IoU of the foreground, the mean over classes, and over classes of `LARGE` pixels; background is 0."""
    counts = confusion_matrix(torch.tensor(found), torch.tensor(expected), classes, IGNORE).double()
    both, there = counts.diag(), counts.sum(1)
    union = there + counts.sum(0) - both
    iou = both / union
    foreground = counts[1:, 1:].sum() / (counts.sum() - counts[0, 0])
    return float(foreground), float(iou[union > 0].mean()), float(iou[there >= LARGE].mean())


if __name__ == '__main__':
    run_tool(main)
