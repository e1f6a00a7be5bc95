"""The data sets on which papers compare face parsers, and the scores that they report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..datasets import CelebAMaskHQDataset, HelenDataset, LaPaDataset
from ..datasets.face_dataset import FaceDataset
from ..taxonomy import CELEBAMASK_HQ, CELEBAMASK_HQ_BISENET, CELEBAMASK_HQ_SEGFACE, HELEN, LAPA, LabelSpace


class BenchmarkSplit(NamedTuple):
    """The images of a protocol."""

    name: str
    split: str
    source: str = ''  # CelebAMask-HQ's `split_source`


@dataclass(frozen=True)
class Benchmark:
    """A data set to score on: its splits and the label spaces of its labels."""

    dataset: type[FaceDataset]
    splits: tuple[BenchmarkSplit, ...]
    label_spaces: tuple[LabelSpace, ...]

    def build(self, data_root: str | Path, split: BenchmarkSplit, label_space: LabelSpace) -> FaceDataset:
        """Build a split whose samples have `img_path` and `gt_seg_map`, but no image.

        Raises:
            UserError: the data set lacks files or images of the split.
        """
        return self.dataset(
            str(data_root),
            split.split,
            label_space=label_space.name,
            test_mode=True,
            pipeline=[dict(type='LoadFaceLabels')],
            **({'split_source': split.source} if split.source else {'landmarks': False}),
        )


BENCHMARKS = {
    'celebamask_hq': Benchmark(
        CelebAMaskHQDataset,
        (
            BenchmarkSplit('faceparser', 'val', 'faceparser'),
            BenchmarkSplit('official', 'test', 'official'),
            BenchmarkSplit('val_split.txt', 'val', '{split}_split.txt'),
        ),
        (CELEBAMASK_HQ, CELEBAMASK_HQ_SEGFACE, CELEBAMASK_HQ_BISENET),
    ),
    'lapa': Benchmark(LaPaDataset, (BenchmarkSplit('val', 'val'), BenchmarkSplit('test', 'test')), (LAPA,)),
    'helen': Benchmark(HelenDataset, (BenchmarkSplit('test', 'test'),), (HELEN,)),
}

NATIVE = 'label size'
RESIZED = 'network size'

# (data set, split, label space, size) to the columns that papers report
REPORTED = {
    ('celebamask_hq', 'faceparser', 'celebamask_hq', NATIVE): 'mIoU: SegNeXt-FaceParser',
    ('celebamask_hq', 'official', 'celebamask_hq', NATIVE): 'F1 fg: EAGRNet (2020), DML-CSR (2022)',
    (
        'celebamask_hq',
        'official',
        'celebamask_hq_segface',
        NATIVE,
    ): 'F1 fg: FaRL (2022), SegFace (2025) at 512',
    ('celebamask_hq', 'official', 'celebamask_hq_segface', RESIZED): 'F1 fg: SegFace (2025)',
    ('lapa', 'test', 'lapa', NATIVE): 'F1 fg: Liu et al. (2020), FaRL (2022)',
    ('lapa', 'test', 'lapa', RESIZED): 'F1 fg: SegFace (2025)',
    ('helen', 'test', 'helen', NATIVE): 'F1 overall: Lin et al. (2019), EAGRNet (2020)',
}
