"""Images per second and core: from files to a uint8 batch, against the plain way of reading CelebAMask-HQ; and
whole training pipelines in a worker, against the same ones with mmseg's own transforms. In processor time.

    python benchmarks/data_loading.py                          # on drawn faces of 1024x1024
    python benchmarks/data_loading.py --data data/CelebAMask-HQ

The plain way decodes the JPEG in full, opens up to 18 part masks, merges them by `where`, resizes to 512x512 and
normalises in float32. The fast way is what the configs train with: merged labels from the cache, JPEGs decoded at
half size, uint8 until the images are on the device; the prepared way reads the pixels and labels that this gives
from disk (`PrepareOnce`). The exact way is what the configs score with.

In the second table a worker of a `DataLoader` loads, augments, packs and hands over batches of 8. The pipelines of LaPa
and ADE20K both read drawn faces of 512x512, in LaPa's layout.
"""

from __future__ import annotations

import argparse
import copy
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import mmseg_facenext.register  # noqa: F401  isort: skip  -- before mmseg, whose remarks it silences

import cv2
import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import init_default_scope
from mmseg.datasets import transforms
from torch.utils.data import DataLoader, Subset

from mmseg_facenext.analysis.timing import compare, hardware
from mmseg_facenext.cli.arguments import at_least_one
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.datasets import CelebAMaskHQDataset, LaPaDataset
from mmseg_facenext.datasets.face_dataset import FaceDataset
from mmseg_facenext.synthetic.faces import write_celebamask_tree
from mmseg_facenext.synthetic.landmarked import write_lapa_tree
from mmseg_facenext.taxonomy import CELEBAMASK_HQ
from mmseg_facenext.utils.read_image import read_image

SIZE = (512, 512)
MEAN, STD = np.float32([123.675, 116.28, 103.53]), np.float32([58.395, 57.12, 57.375])
TO_BATCH = [dict(type='FaceResize', scale=SIZE, keep_ratio=False), dict(type='PackFaceInputs')]
FAST = [dict(type='LoadFaceImage', at_least=SIZE), dict(type='LoadFaceLabels'), *TO_BATCH]
PREPARED = [dict(type='PrepareOnce', steps=FAST[:3]), FAST[3]]
EXACT = [dict(type='LoadFaceImage'), dict(type='LoadFaceLabels'), *TO_BATCH]
AUGMENTED = [*FAST[:3], dict(type='FacePhotoMetricDistortion'), FAST[3]]
IN_WORKER = 128
"""Images in each round of the training pipelines."""
CONFIGS = Path(__file__).parents[1] / 'local_configs/segnext/tiny'


def plain(info: dict) -> tuple[np.ndarray, np.ndarray]:
    """((3, 512, 512) float32, (512, 512) uint8) by OpenCV and NumPy alone."""
    image = cv2.cvtColor(cv2.imread(info['img_path']), cv2.COLOR_BGR2RGB)
    labels = np.zeros(SIZE, np.uint8)
    for label, part in enumerate(CELEBAMASK_HQ.classes):
        if part in info['part_masks']:
            labels = np.where(cv2.imread(info['part_masks'][part])[..., 0] > 0, label, labels)
    image = cv2.resize(image, SIZE, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return ((image - MEAN) / STD).transpose(2, 0, 1), labels.astype(np.uint8)


def batch_of(load: Callable[[dict], object], infos: Iterable[dict]) -> Callable[[], object]:
    def run() -> list:
        np.random.seed(0)  # noqa: NPY002 (what the transforms draw from): each way distorts each image alike
        return [load(dict(info)) for info in infos]

    return run


def of_mmseg(pipeline: Iterable[dict]) -> list:
    """Return the pipeline with mmseg's class for every transform that mmseg has."""
    steps = []
    for step in pipeline:
        upstream = getattr(transforms, step['type'], None)
        arguments = {name: value for name, value in step.items() if name != 'type'}
        steps.append(step if upstream is None else upstream(**arguments))
    return steps


def through_a_worker(dataset: FaceDataset, pipeline: list) -> Callable[[], object]:
    """`IN_WORKER` images; the random numbers go on from those of this process, so they are the same in each round."""
    dataset = copy.copy(dataset)
    dataset.pipeline = Compose(pipeline)
    images = Subset(dataset, [i % len(dataset) for i in range(IN_WORKER)])
    return lambda: list(map(len, DataLoader(images, 8, num_workers=1, collate_fn=pseudo_collate)))


def time_of_workers() -> float:
    """Processor seconds of the processes that this one has started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def pixel_error(infos: Iterable[dict]) -> str:
    """Between decoding at half size and decoding in full with bilinear resizing, in grey levels of 255."""
    differences = []
    for info in infos:
        exact = cv2.resize(read_image(info['img_path']), SIZE, interpolation=cv2.INTER_LINEAR)
        reduced = cv2.resize(read_image(info['img_path'], SIZE), SIZE, interpolation=cv2.INTER_LINEAR)
        differences.append(np.abs(exact.astype(np.int16) - reduced).ravel())
    all_of_them = np.concatenate(differences)
    mean, high = all_of_them.mean(), np.percentile(all_of_them, 99.9)
    return f'mean {mean:.2f}, 99.9 % of values within {high:.0f} (of 255)'


def own_megabytes() -> float:
    """Memory of this process that it shares with nobody."""
    lines = Path('/proc/self/smaps_rollup').read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith('Private_')) / 1024


class WithMemory(torch.utils.data.Dataset):
    """Gives the memory of the worker that loaded a sample instead of the sample."""

    def __init__(self, dataset: CelebAMaskHQDataset, epochs: int):
        self.dataset, self.epochs = dataset, epochs

    def __len__(self) -> int:
        return self.epochs * len(self.dataset)

    def __getitem__(self, index: int) -> tuple[int, float]:
        self.dataset[index % len(self.dataset)]
        return os.getpid(), own_megabytes()


def growth(dataset: CelebAMaskHQDataset, epochs: int) -> str:
    """Private memory of two workers over `epochs` epochs: after the first tenth and at the end."""
    loader = DataLoader(WithMemory(dataset, epochs), batch_size=8, num_workers=2, collate_fn=pseudo_collate)
    seen: dict[int, list[float]] = {}
    for pids, megabytes in loader:
        for pid, value in zip(pids, megabytes, strict=True):
            seen.setdefault(pid, []).append(value)
    ends = (f'{values[len(values) // 10]:.0f} -> {values[-1]:.0f} MB' for values in seen.values())
    return f'{epochs * len(dataset)} images by 2 workers: {", ".join(ends)}'


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', metavar='FOLDER', help='a CelebAMask-HQ tree (default: faces are drawn)')
    parser.add_argument(
        '--images', type=at_least_one, default=32, help='images in each round (default: %(default)s)'
    )
    parser.add_argument('--repeats', type=at_least_one, default=6, help='rounds (default: %(default)s)')
    parser.add_argument(
        '--epochs', type=at_least_one, default=3, help='of the memory check (default: %(default)s)'
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    init_default_scope('mmseg')
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        if args.data is None:
            args.data = str(Path(scratch, 'faces'))
            write_celebamask_tree(args.data, count=64, val_count=8, image_size=1024, mask_size=512)
        write_lapa_tree(Path(scratch, 'lapa'), count=64, val_count=8)
        celebamask_hq = CelebAMaskHQDataset(
            args.data, layout='raw', split='all', cache_dir=str(Path(scratch, 'cache')), pipeline=FAST
        )
        lapa = LaPaDataset(str(Path(scratch, 'lapa')), split='train', landmarks=False)
        print(f'{hardware("cpu", "uint8")}, processor time of one core\n')
        report_loading(celebamask_hq, args)
        report_training(celebamask_hq, lapa, args)
        print(f'\nPixels of the fast way against the exact one: {pixel_error(first(celebamask_hq, args))}')
        if Path('/proc/self/smaps_rollup').exists():
            print(f'Memory that each worker has for itself, {growth(celebamask_hq, args.epochs)}')


def first(dataset: FaceDataset, args: argparse.Namespace) -> list[dict]:
    return [dataset.get_data_info(i) for i in range(min(args.images, len(dataset)))]


def report_loading(dataset: CelebAMaskHQDataset, args: argparse.Namespace) -> None:
    infos = first(dataset, args)
    prepared = [{**PREPARED[0], 'folder': str(dataset.cache_dir / 'prepared')}, *PREPARED[1:]]
    ways = {
        'plain': plain,
        'prepared (`PrepareOnce`)': Compose(prepared),
        'fast (the training configs)': Compose(FAST),
        'exact (evaluation)': Compose(EXACT),
        'fast + photometric distortion': Compose(AUGMENTED),
        "fast + mmseg's photometric distortion": Compose(
            [*AUGMENTED[:3], *of_mmseg(AUGMENTED[3:4]), AUGMENTED[4]]
        ),
    }
    callables = {name: batch_of(way, infos) for name, way in ways.items()}
    # The warm-up merges labels, as a first epoch does.
    times = compare(callables, repeats=args.repeats, warmup=1, clock=time.process_time)
    print('| way | images per second and core | against plain |\n|---|---|---|')
    for name, timing in times.items():
        print(f'| {name} | {len(infos) / timing.median:.0f} | {times.ratio("plain", name):.1f}x |')


def report_training(celebamask_hq: FaceDataset, lapa: FaceDataset, args: argparse.Namespace) -> None:
    print("\n| training pipeline | mmseg's transforms | ours | ratio |\n|---|---|---|---|")
    for recipe, dataset in (
        ('512x512.celebamaskhq.160k', celebamask_hq),
        ('512x512.lapa.80k', lapa),
        ('512x512.ade.160k', lapa),
    ):
        steps = load_config(CONFIGS / f'segnext.tiny.{recipe}.py').train_pipeline
        callables = {
            'mmseg': through_a_worker(dataset, of_mmseg(steps)),
            'ours': through_a_worker(dataset, steps),
        }
        times = compare(callables, repeats=args.repeats, warmup=1, clock=time_of_workers)
        mmseg, ours = (IN_WORKER / times[name].median for name in times)
        print(f'| {recipe} | {mmseg:.0f} | {ours:.0f} | {times.ratio("mmseg", "ours"):.2f}x |')


if __name__ == '__main__':
    run_tool(main)
