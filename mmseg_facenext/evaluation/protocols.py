"""Score one set of predictions under every protocol of the papers, so that their numbers can be compared.

Two numbers for one model differ by the images (split), by the order in which overlapping masks were painted into
labels (CelebAMask-HQ), by the size at which pixels are compared, and by the mean: IoU or F1, with background or
without. Each combination is a row or a column of one table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from ..datasets.face_dataset import FaceDataset
from ..datasets.splits import some
from ..errors import UserError
from ..taxonomy import IGNORE, LabelSpace
from ..utils.read_image import check_proportions
from .benchmarks import BENCHMARKS, NATIVE, REPORTED, RESIZED, BenchmarkSplit
from .confusion import confusion_matrix, merged_f1, scores
from .predictions import Predictions

Track = Callable[[Sequence[int], str], Iterable[int]]
"""Goes through indices of images, given a title: for a progress bar."""


@dataclass(frozen=True)
class ProtocolScores:
    """One row of a report: the protocol, and the means in percent (NaN where undefined)."""

    split: str
    labels: str  # the label space, in whose order overlapping masks were painted
    size: str  # where pixels were compared
    images: int
    missing: int  # images of the split without a prediction
    means: dict[str, float]
    reported: str  # which of the means is in which paper


@dataclass
class ProtocolReport:
    """All rows of a report, and what was left out and why."""

    rows: list[ProtocolScores] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class ProtocolEvaluator:
    """Score predictions under every split, label space and size of a data set.

    Args:
        benchmark: a key of `BENCHMARKS`.
        data_root: the data set's folder.
        predictions: in any label space.
        network_size: besides the labels' own size, pixels are compared at this height and width.
        allow_incomplete: score a split without all of its predictions by those that are there.
        track: for a progress bar.
    """

    benchmark: str
    data_root: str | Path
    predictions: Predictions
    network_size: int = 512
    allow_incomplete: bool = False
    track: Track = lambda indices, title: indices

    def evaluate(self, splits: Sequence[str] = ()) -> ProtocolReport:
        """Score the splits of these names; by default all that data set and predictions cover.

        Raises:
            UserError: an unknown name, a split that was asked for and is not covered, nothing to score at all,
                or files that cannot be read.
        """
        self._check(splits)
        report = ProtocolReport()
        for split in BENCHMARKS[self.benchmark].splits:
            if splits and split.name not in splits:
                continue
            try:
                datasets = self._labels_of(split)
            except UserError as reason:
                if splits:
                    raise
                report.notes.append(f'split {split.name} left out: {reason}')
                continue
            for dataset in datasets:
                if dataset.stored_space == dataset.label_space:
                    report.rows += self._score(split, dataset)
                else:
                    report.notes.append(
                        f'labels painted in the order of {dataset.label_space.name} left out: only merged label '
                        'maps are there, the part masks are needed'
                    )
        if not report.rows:
            raise UserError(f'nothing to score: {"; ".join(report.notes)}')
        return report

    def _check(self, splits: Sequence[str]) -> None:
        if self.benchmark not in BENCHMARKS:
            raise UserError(f'unknown data set {self.benchmark!r}; choose one of {", ".join(BENCHMARKS)}')
        names = [split.name for split in BENCHMARKS[self.benchmark].splits]
        if strange := [name for name in splits if name not in names]:
            raise UserError(f'{self.benchmark} has no split {strange[0]!r}; choose of {", ".join(names)}')
        if not Path(self.data_root).is_dir():
            raise UserError(f'data_root {self.data_root} is not a folder; docs/data.md tells what it holds')
        if self.network_size < 1:
            raise UserError(f'cannot resize to {self.network_size} pixels: give 1 or more')

    def _labels_of(self, split: BenchmarkSplit) -> list[FaceDataset]:
        """Return the split in every label space.

        Raises:
            UserError: the data set does not have it, or predictions are missing.
        """
        known = BENCHMARKS[self.benchmark]
        datasets = [known.build(self.data_root, split, space) for space in known.label_spaces]
        images = _images(datasets[0])
        missing = [Path(image).stem for image in images if image not in self.predictions]
        if len(missing) == len(images) or (missing and not self.allow_incomplete):
            raise UserError(
                f'{some(missing, "image")} of its {len(images)} without a prediction in {self.predictions.folder}'
                + ('; allow incomplete sets to score the others' if len(missing) < len(images) else '')
            )
        return datasets

    def _score(self, split: BenchmarkSplit, dataset: FaceDataset) -> list[ProtocolScores]:
        images, space = _images(dataset), dataset.label_space
        there = [index for index, image in enumerate(images) if image in self.predictions]
        matrices = self._compare(dataset, self.track(there, f'{split.name}, {space.name}'))
        resized = f'{self.network_size}x{self.network_size}'
        return [
            ProtocolScores(
                split=split.name,
                labels=space.name,
                size=resized if size == RESIZED else size,
                images=len(there),
                missing=len(images) - len(there),
                means=_means(confusion, space),
                reported=REPORTED.get((self.benchmark, split.name, space.name, size), ''),
            )
            for size, confusion in matrices.items()
        ]

    def _compare(self, dataset: FaceDataset, indices: Iterable[int]) -> dict[str, Tensor]:
        """Return int64 (C, C) for `NATIVE` and `RESIZED`; the second only where some labels have another size."""
        space = dataset.label_space
        square = (self.network_size, self.network_size)
        native, resized = (torch.zeros(space.num_classes, space.num_classes).long() for _ in range(2))
        differ = False
        for index in indices:
            sample = dataset[index]
            image, labels = sample['img_path'], sample['gt_seg_map']
            found = self.predictions.read(image, space)
            # Predictions at the network's size, as SegFace is scored. On Helen they may be of faces cut out.
            if found.shape != square or self.benchmark == 'helen':
                check_proportions(found.shape, labels.shape, self.predictions.path(image), f'of {image}')
            native += _count(found, labels, labels.shape, space)
            resized += _count(found, labels, square, space)
            differ = differ or labels.shape != square
        return {NATIVE: native, RESIZED: resized} if differ else {NATIVE: native}


def _images(dataset: FaceDataset) -> list[str]:
    return [dataset.get_data_info(index)['img_path'] for index in range(len(dataset))]


def _count(found: np.ndarray, labels: np.ndarray, shape: tuple[int, ...], space: LabelSpace) -> Tensor:
    """Count the confusions at the size (height, width), to which both maps are resized (nearest pixel)."""
    found, labels = (
        ids if ids.shape == shape else cv2.resize(ids, shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
        for ids in (found, labels)
    )
    return confusion_matrix(torch.tensor(found), torch.tensor(labels), space.num_classes, IGNORE)


def _means(confusion: Tensor, space: LabelSpace) -> dict[str, float]:
    found = scores(confusion)
    means = {
        'mIoU': found.mean('iou'),
        'mIoU fg': found.mean('iou', foreground=True),
        'F1': found.mean('f1'),
        'F1 fg': found.mean('f1', foreground=True),
    }
    for name, members in space.merged:
        means[f'F1 {name}'] = merged_f1(confusion, [space.index(member) for member in members])
    return {name: 100 * value for name, value in means.items()}
