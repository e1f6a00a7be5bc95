"""Merge the part masks of a whole CelebAMask-HQ tree in parallel; it can be stopped and resumed.

A label map is written only after its photo was found to be sound, and carries the fingerprint of its masks:
the next run skips what is complete and fresh, and does again what has changed since.
"""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import sys
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...taxonomy import CELEBAMASK_HQ, LabelSpace
from ...utils.atomic import atomic_path
from ...utils.read_image import check_proportions, read_image
from . import folders
from .label_cache import fingerprint, is_foreign, read_cached, write_cached
from .part_masks import merge_part_masks

BYTES_PER_MAP = 10_000
"""A generous size of a 512x512 label map, to notice a full disk before the work and not after it."""
_CHUNK = 16


@dataclass(frozen=True)
class MergeJob:
    """One photo with its masks and the label map to make of them."""

    image_id: int
    image: str
    parts: dict[str, str]
    target: Path
    label_space: LabelSpace


@dataclass(frozen=True)
class Merged:
    """The result of a job: pixels per class, or what is wrong with its files."""

    image_id: int
    pixels: np.ndarray | None = None
    problem: str = ''


def plan_merge(data_root: Path, out: Path, label_space: LabelSpace) -> list[MergeJob]:
    """List a job for every photo of `data_root`, whose label maps go to `out`; nothing is written yet.

    Raises:
        UserError: the raw layout is not there, or without part masks.
    """
    images_folder, parts_folder = data_root / folders.IMAGE_FOLDER, data_root / folders.PART_FOLDER
    for folder, what in ((images_folder, 'photos'), (parts_folder, 'part masks')):
        if not folder.is_dir():
            raise UserError(f'no folder {folder} with the {what}; {folders.where_to_look(data_root)}')
    images = folders.list_images(images_folder)
    if not images:
        raise UserError(f'no images <id>.jpg or <id>.png in {images_folder}')
    parts = folders.list_parts(parts_folder, images)
    if not parts:
        raise UserError(
            f'no part mask <id // {folders.IMAGES_PER_FOLDER}>/<id:05d>_<part>.png in {parts_folder} for any of '
            f'the {len(images)} images; {folders.where_to_look(data_root)}'
        )
    return [
        MergeJob(
            image_id,
            str(images_folder / images[image_id]),
            folders.part_paths(parts_folder, image_id, parts.get(image_id, 0)),
            out / folders.LABEL_FOLDER / f'{image_id}.png',
            label_space,
        )
        for image_id in sorted(images)
    ]


def claim_folder(jobs: Sequence[MergeJob]) -> None:
    """Make the folder of the label maps and write the name of their label space into it.

    Raises:
        UserError: it holds other label maps, or the disk is too full.
    """
    target, label_space = jobs[0].target.parent, jobs[0].label_space
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f'cannot make folder {target} ({error.strerror}); choose another --out') from None
    present = folders.list_label_maps(target)
    if present and is_foreign(sample := target / present[min(present)]):
        raise UserError(f'{sample} was not made by this tool and is not replaced; choose another --out')
    marker = target / folders.LABEL_SPACE_FILE
    found = marker.read_text(encoding='utf-8-sig').strip() if marker.is_file() else CELEBAMASK_HQ.name
    if present and found != label_space.name:
        raise UserError(
            f'{target} holds labels in label space {found!r}, not {label_space.name!r}; choose another --out'
        )
    free, needed = shutil.disk_usage(target).free, (len(jobs) - len(present)) * BYTES_PER_MAP
    if free < needed:
        raise UserError(
            f'{target} has {free / 1e6:.0f} MB left, but up to {needed / 1e6:.0f} MB are needed; free some space '
            'or choose another --out'
        )
    # The own space is written as well: the marker may be left from a run without any result.
    with atomic_path(marker) as temporary:
        temporary.write_text(label_space.name + '\n', encoding='utf-8')


def merge_all(jobs: Sequence[MergeJob], workers: int) -> Generator[Merged, None, None]:
    """Run the jobs and yield each result as it comes; closing the iterator stops after the current photos.

    Raises:
        OSError: a label map cannot be written (full or read-only disk); the complete ones stay.
    """
    if workers <= 1:
        yield from map(merge_one, jobs)
        return
    # Forked workers start at once; spawned ones would import torch first.
    context = multiprocessing.get_context('fork' if sys.platform == 'linux' else None)
    remaining = iter(jobs)
    chunks = iter(lambda: list(islice(remaining, _CHUNK)), [])
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupt) as pool:
        futures = [pool.submit(_merge_chunk, chunk) for chunk in chunks]
        try:
            for future in as_completed(futures):
                yield from future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def merge_one(job: MergeJob) -> Merged:
    """Make the label map of one photo, unless it is there and up to date.

    Raises:
        OSError: it cannot be written.
    """
    try:
        labels = _labels(job)
    except UserError as error:
        return Merged(job.image_id, problem=str(error))
    return Merged(job.image_id, np.bincount(labels.ravel(), minlength=job.label_space.num_classes))


def _labels(job: MergeJob) -> np.ndarray:
    order = job.label_space.classes
    source = fingerprint(job.parts, order)
    labels = read_cached(job.target, source)
    if labels is not None:
        return labels
    if is_foreign(job.target):
        raise UserError(f'{job.target} was not made by this tool and is not replaced; move it away')
    photo = read_image(job.image)
    labels = merge_part_masks(job.parts, order, job.image)
    check_proportions(photo.shape, labels.shape, job.image, 'its part masks')
    write_cached(job.target, labels, source)
    return labels


def _merge_chunk(jobs: list[MergeJob]) -> list[Merged]:
    return [merge_one(job) for job in jobs]


def _ignore_interrupt() -> None:
    """Leave Ctrl-C, which reaches every process of the terminal, to the parent: no write is cut short."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
