"""How well a network labels real photos: IoU and F1 of each class on any folder in CelebAMask-HQ's merged layout.

    python benchmarks/real_faces.py DATA_ROOT                                   # the weights that ship
    python benchmarks/real_faces.py DATA_ROOT CONFIG CHECKPOINT --sheet faces.png
    python benchmarks/real_faces.py DATA_ROOT face.onnx --json scores.json

DATA_ROOT has `CelebA-HQ-img/<n>.jpg` and `CelebA-HQ-mask/<n>.png`. Photos go the way of a user's photos: `FaceParser`
reads them at their own size and labels every pixel; the score is taken at the size of the label maps.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
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

SPACE = CELEBAMASK_HQ


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data_root')
    parser.add_argument('model', nargs='*', metavar='MODEL', help='CONFIG CHECKPOINT, or an exported file')
    parser.add_argument(
        '--sheet', metavar='PATH', help='photos, labels and predictions side by side, .png or .jpg'
    )
    parser.add_argument('--json', metavar='PATH', help='write the table as JSON, too')
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
    summary, tiles = score_photos(FaceParser(*model), Path(args.data_root))
    print(summary.table())
    print(summary.statement())
    if args.json:
        summary.save_json(args.json)
    if args.sheet:
        cv2.imwrite(args.sheet, np.concatenate(tiles)[..., ::-1])


def score_photos(parser: FaceParser, root: Path) -> tuple[EvaluationSummary, list[np.ndarray]]:
    """Scores, and for each photo a strip (256, 768, 3), RGB: the photo, its labels, the prediction.

    Raises:
        UserError: the folder is no data set in the merged layout.
    """
    dataset = CelebAMaskHQDataset(
        str(root), 'all', layout='merged', test_mode=True, pipeline=[dict(type='LoadFaceLabels')]
    )
    counts = torch.zeros(SPACE.num_classes, SPACE.num_classes, dtype=torch.int64)
    sizes, tiles, ignored = [], [], 0
    photos = [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))]
    found = parser.parse_many(photos, detect=False)  # they are cut around the face
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
