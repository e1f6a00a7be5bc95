"""How well a network labels real photos: IoU and F1 of each class on any folder in CelebAMask-HQ's merged layout.

    python benchmarks/real_faces.py DATA_ROOT                                   # the weights that ship
    python benchmarks/real_faces.py DATA_ROOT CONFIG CHECKPOINT --sheet faces.png
    python benchmarks/real_faces.py DATA_ROOT face.onnx --json scores.json
    python benchmarks/real_faces.py DATA_ROOT --hard                            # dark, grey, blurred, small, ... photos

DATA_ROOT has `CelebA-HQ-img/<n>.jpg` and `CelebA-HQ-mask/<n>.png`. Photos go the way of a user's photos: `FaceParser`
reads them at their own size and labels every pixel, as one face each (`--detect`: finds the face first); the score is
taken at the size of the label maps.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

import mmseg_facenext.register  # noqa: F401
from mmseg_facenext.cli.arguments import add_cfg_options
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.datasets import CelebAMaskHQDataset
from mmseg_facenext.evaluation import EvaluationSummary, Protocol, confusion_matrix
from mmseg_facenext.inference import FaceParser, FaceParsing
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, IGNORE
from mmseg_facenext.utils.read_image import read_image
from mmseg_facenext.utils.text_table import text_table

SPACE = CELEBAMASK_HQ
Change = Callable[[np.ndarray], np.ndarray]
# RGB uint8 (H, W, 3) -> the same, or another size of it
HARD: dict[str, Change] = {
    'as it is': lambda photo: photo,
    'grey': lambda photo: np.repeat(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
    'dark, a sixth of the brightness': lambda photo: (photo / 6).astype(np.uint8),
    'overexposed, twice the brightness': lambda photo: cv2.convertScaleAbs(photo, alpha=2),
    'blurred, deviation of 1/100 of the width': lambda photo: cv2.GaussianBlur(
        photo, (0, 0), photo.shape[1] / 100
    ),
    'noisy, deviation of 30 of 255': lambda photo: _noisy(photo, 30),
    'JPEG of quality 8': lambda photo: _as_jpeg(photo, 8),
    '100 pixels high': lambda photo: _resized(photo, 100),
    '50 pixels high': lambda photo: _resized(photo, 50),
}


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data_root')
    parser.add_argument('model', nargs='*', metavar='MODEL', help='CONFIG CHECKPOINT, or an exported file')
    parser.add_argument(
        '--sheet', metavar='PATH', help='photos, labels and predictions side by side, .png or .jpg'
    )
    parser.add_argument('--json', metavar='PATH', help='write the table as JSON, too')
    parser.add_argument('--detect', action='store_true', help='find the face in each photo')
    parser.add_argument('--hard', action='store_true', help='score photos that were made hard, in a table')
    add_cfg_options(parser)
    args = parser.parse_args(argv)
    if len(args.model) > 2:
        parser.error(f'expected CONFIG CHECKPOINT or one exported file, got {" ".join(args.model)}')
    return args


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    model = list(args.model)
    if args.cfg_options:
        model[0] = load_config(model[0], args.cfg_options)
    parser, root = FaceParser(*model), Path(args.data_root)
    if args.hard:
        rows = []
        for name, change in HARD.items():
            summary, _ = score_photos(parser, root, args.detect, change)
            means = summary.scores.mean('iou'), summary.scores.mean('f1', foreground=True)
            rows.append([name, *(f'{100 * mean:.1f}' for mean in means)])
        print(text_table(['photos', 'mIoU', 'mean F1 without background'], rows))
        return
    summary, tiles = score_photos(parser, root, args.detect)
    print(summary.table())
    print(summary.statement())
    if args.json:
        summary.save_json(args.json)
    if args.sheet:
        cv2.imwrite(args.sheet, np.concatenate(tiles)[..., ::-1])


def score_photos(
    parser: FaceParser, root: Path, detect: bool = False, change: Change | None = None
) -> tuple[EvaluationSummary, list[np.ndarray]]:
    """Scores, and for each photo a strip (256, 768, 3), RGB: the photo, its labels, the prediction.

    Args:
        detect: find the face; if not, each photo is one.
        change: what is done to each photo before.

    Raises:
        UserError: the folder is no data set in the merged layout.
    """
    dataset = CelebAMaskHQDataset(
        str(root), 'all', layout='merged', test_mode=True, pipeline=[dict(type='LoadFaceLabels')]
    )
    counts = torch.zeros(SPACE.num_classes, SPACE.num_classes, dtype=torch.int64)
    sizes, tiles, ignored = [], [], 0
    paths = [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))]
    photos = (change(read_image(path)[..., ::-1].copy()) for path in paths) if change else paths
    found = parser.parse_many(photos, detect=detect)
    for sample, parsing in zip(dataset, found, strict=True):
        labels = sample['gt_seg_map']
        predicted = parsing.in_label_space(SPACE.name).labels
        predicted = cv2.resize(predicted, labels.shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
        counts += confusion_matrix(torch.tensor(predicted), torch.tensor(labels), SPACE.num_classes, IGNORE)
        sizes.append(labels.shape)
        ignored += int((labels == IGNORE).sum())
        tiles.append(_strip(parsing, labels, predicted))
    heights, widths = zip(*sizes, strict=True)
    protocol = Protocol(
        num_images=len(dataset),
        num_processes=1,
        heights=(min(heights), max(heights)),
        widths=(min(widths), max(widths)),
        ignore_index=IGNORE,
        ignored_pixels=ignored,
        label_space=SPACE.name,
    )
    return EvaluationSummary(counts, SPACE.classes, SPACE.titles, SPACE.palette, protocol), tiles


def _noisy(photo: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, deviation, photo.shape)
    return np.clip(photo + noise, 0, 255).astype(np.uint8)


def _as_jpeg(photo: np.ndarray, quality: int) -> np.ndarray:
    _, data = cv2.imencode('.jpg', photo, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def _resized(photo: np.ndarray, height: int) -> np.ndarray:
    size = round(photo.shape[1] * height / photo.shape[0]), height
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


def _strip(parsing: FaceParsing, labels: np.ndarray, predicted: np.ndarray, side: int = 256) -> np.ndarray:
    palette = np.zeros((256, 3), np.uint8)
    palette[: SPACE.num_classes] = SPACE.palette
    photo = cv2.resize(parsing.image, (side, side), interpolation=cv2.INTER_AREA)
    coloured = [
        palette[cv2.resize(ids, (side, side), interpolation=cv2.INTER_NEAREST_EXACT)]
        for ids in (labels, predicted)
    ]
    return np.concatenate([photo, *coloured], axis=1)


if __name__ == '__main__':
    run_tool(main)
