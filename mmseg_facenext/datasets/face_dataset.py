"""The base class of all face data sets: label spaces, subsets of classes, bad files."""

from __future__ import annotations

import logging
import os
from abc import abstractmethod
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import get_rank, get_world_size
from mmengine.logging import print_log
from mmengine.registry import DefaultScope
from mmseg.datasets import BaseSegDataset

from ..errors import UserError
from ..taxonomy import IGNORE, LabelSpace, get_label_space
from .listing import EXCLUDED, excluded_photos


class FaceDataset(BaseSegDataset):
    """Base of the face data sets: a subclass lists the files, this class does the rest.

    Args:
        data_root: the folder of the data set.
        split: 'train', 'val', 'test' or 'all'.
        label_space: the order of classes in which labels are given, by name or as it is.
        on_bad_file: 'error', or 'skip' to train on another image instead, with one message per file
            and process. Only the splits 'train' and 'all' skip, and not in test mode: a score always counts
            every image.
        metainfo: `dict(classes=...)` picks a subset of the classes; the others become 255.
        kwargs: the other arguments of mmseg's `BaseSegDataset`.

    Attributes:
        stored_space: the label space of the label maps on disk.

    Raises:
        UserError: an argument is wrong, or the files do not fit together.
    """

    stored_space: LabelSpace

    def __init__(
        self,
        data_root: str,
        split: str,
        label_space: str | LabelSpace,
        on_bad_file: str = 'error',
        metainfo: dict[str, Any] | None = None,
        lazy_init: bool = False,
        **kwargs: Any,
    ) -> None:
        if on_bad_file not in ('error', 'skip'):
            raise UserError(f"on_bad_file must be 'error' or 'skip', got {on_bad_file!r}")
        if kwargs.get('reduce_zero_label'):
            raise UserError(
                'reduce_zero_label would drop the background class; leave it out of metainfo.classes'
            )
        self.split = split
        self.label_space = (
            label_space if isinstance(label_space, LabelSpace) else get_label_space(label_space)
        )
        self.on_bad_file = on_bad_file
        with _mmseg_scope():
            super().__init__(
                data_root=str(data_root), metainfo=self._named(metainfo), lazy_init=True, **kwargs
            )
        self._metainfo['label_space'] = self.label_space.name
        if not lazy_init:
            self.full_init()

    @abstractmethod
    def list_images(self) -> list[dict[str, Any]]:
        """List one small entry per image of the split, with `image_id` (0 or more) and `img_path` at least."""

    def _named(self, metainfo: dict[str, Any] | None) -> dict[str, Any]:
        """Add classes and colours to `metainfo`: those of the label space, or of the chosen subset."""
        space = self.label_space
        chosen = dict(metainfo or {})
        classes = tuple(chosen.get('classes', space.classes))
        palette = [list(space.palette[space.index(name)]) for name in classes]
        return {'palette': palette, **chosen, 'classes': classes}

    def get_label_map(self, new_classes: Sequence[str] | None = None) -> dict[int, int] | None:
        """Map old ids to new ids if a subset of the classes is chosen; mmseg's own knows one order only."""
        names = self.label_space.classes
        if new_classes is None or tuple(new_classes) == names:
            return None
        return {
            old: new_classes.index(name) if name in new_classes else IGNORE for old, name in enumerate(names)
        }

    def load_data_list(self) -> list[dict[str, Any]]:
        """List the files. Flags for bad files are in shared memory, so that all workers count together."""
        entries = self._without_excluded(self.list_images())
        last = max(entry['image_id'] for entry in entries)
        self._bad = torch.zeros(last + 1, dtype=torch.bool).share_memory_()
        return entries

    def _without_excluded(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Leave out the photos that `excluded.txt` in the data root names, see `excluded_photos`."""
        excluded = excluded_photos(Path(self.data_root or ''))
        kept = [
            entry
            for entry in entries
            if not excluded
            or Path(os.path.relpath(entry['img_path'], self.data_root)).as_posix() not in excluded
        ]
        if len(kept) < len(entries):
            print_log(
                f'{len(entries) - len(kept)} of {len(entries)} photos of split {self.split!r} are left out, as '
                f'{Path(self.data_root, EXCLUDED)} says',
                'current',
                logging.WARNING,
            )
        if not kept:
            raise UserError(
                f'{Path(self.data_root, EXCLUDED)} leaves out every photo of split {self.split!r}'
            )
        return kept

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Return the input of the pipeline for one image; see `LoadFaceLabels` for the keys about labels."""
        info: dict[str, Any] = super().get_data_info(idx)
        info.update(
            label_space=self.label_space.name,
            stored_label_space=self.stored_space.name,
            label_map=self.label_map,
            reduce_zero_label=False,
            seg_fields=[],
        )
        return info

    def __getitem__(self, idx: int) -> Any:
        try:
            return super().__getitem__(idx)
        except Exception as error:
            if 'Cannot find valid image' not in str(error):  # mmengine's, after `max_refetch` bad ones
                raise
            raise UserError(
                f'{self.num_bad_files} images of split {self.split!r} cannot be used, {self.max_refetch} in a row: has '
                f'the folder {self.data_root} gone?'
            ) from None

    def prepare_data(self, idx: int) -> Any:
        """Return a sample, or None for a bad file, so that mmengine takes another one."""
        try:
            return super().prepare_data(idx)
        except UserError as error:
            if not self._skips:
                raise
            self._skip(super().get_data_info(idx), error)
            return None

    @property
    def _skips(self) -> bool:
        return self.on_bad_file == 'skip' and not self.test_mode and self.split not in ('val', 'test')

    def leave_out(self, missing: Collection[Any], reason: str) -> None:
        """Take the images `missing` out of the list with a warning, where bad files are skipped.

        Raises:
            UserError: they are not skipped; `reason` says what is missing.
        """
        if not self._skips:
            raise UserError(reason)
        print_log(f'left out (on_bad_file=skip): {reason}', 'current', logging.WARNING)

    def _skip(self, entry: dict[str, Any], error: UserError) -> None:
        if self._bad[entry['image_id']]:
            return
        self._bad[entry['image_id']] = True
        if self.num_bad_files >= len(self):
            raise UserError(
                f'none of the {len(self)} images of split {self.split!r} can be used; the last: {error}'
            )
        rank = f' by rank {get_rank()}' if get_world_size() > 1 else ''
        print_log(
            f'skipping image {Path(entry["img_path"]).stem}, {self.num_bad_files} of {len(self)} skipped so '
            f'far{rank}: {error}',
            'current',
            # Of the other ranks mmengine shows nothing less than errors, and it writes no file of them.
            logging.ERROR if get_rank() else logging.WARNING,
        )

    @property
    def num_bad_files(self) -> int:
        """The number of images skipped so far by all workers of this process."""
        return int(self._bad.sum())


def _mmseg_scope() -> AbstractContextManager[Any]:
    """Look up the types of a pipeline in mmseg's registries, unless a runner has set a scope."""
    is_set = DefaultScope.get_current_instance() is not None
    return nullcontext() if is_set else DefaultScope.overwrite_default_scope('mmseg')
