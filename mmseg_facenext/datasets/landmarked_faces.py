"""What LaPa and Helen have in common: a folder per split, a label map per image, landmarks."""

from __future__ import annotations

import os
from abc import abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..taxonomy import LabelSpace
from ..utils.picture_files import list_files
from .face_dataset import FaceDataset
from .listing import list_photos
from .splits import some

_FIXED = ('data_prefix', 'ann_file', 'img_suffix', 'seg_map_suffix')


class LandmarkedFaces(FaceDataset):
    """Base of `LaPaDataset` and `HelenDataset`.

    Samples have `landmarks`, float32 (5, 2); see `landmarks.py` for their order.

    Args:
        data_root: the folder that holds the folders of the splits.
        split: one of `splits`, or 'all'.
        label_space: the order of classes in which labels are given; by default the data set's own.
        landmarks: False leaves the landmarks out, which then need not be there.
        kwargs: those of `FaceDataset` (`on_bad_file`, `metainfo`) and of mmseg's `BaseSegDataset`.

    Raises:
        UserError: a folder, label map or landmark is missing; the message names it.
    """

    splits: tuple[str, ...]
    image_files: tuple[str, str]
    """Folder below the split's, and what stands between an image's name and the suffix (any of a picture's)."""
    label_files: tuple[str, str]
    source: str
    """Where the data set comes from."""

    stored_space: LabelSpace

    def __init__(
        self,
        data_root: str,
        split: str = 'train',
        label_space: str | None = None,
        landmarks: bool = True,
        **kwargs: Any,
    ) -> None:
        if split not in (*self.splits, 'all'):
            raise UserError(
                f'{type(self).__name__} has no split {split!r}; choose one of {", ".join(self.splits)} or all'
            )
        if fixed := [name for name in _FIXED if kwargs.get(name)]:
            raise UserError(
                f'{type(self).__name__} takes no {", ".join(fixed)}: its folders and file names are those of the '
                'data set; give data_root and split'
            )
        self.landmarks = landmarks
        super().__init__(data_root, split, label_space or self.stored_space.name, **kwargs)

    @abstractmethod
    def add_landmarks(self, entries: list[dict[str, Any]]) -> None:
        """Add to the entries (`name`, `folder` of the split) what `five_landmarks` needs.

        Entries without landmarks are taken out where the data set skips bad files, see `leave_out`.

        Raises:
            UserError: an image has no landmarks.
        """

    @abstractmethod
    def five_landmarks(self, entry: dict[str, Any]) -> np.ndarray:
        """Return float32 (5, 2) of an entry of the list."""

    def list_images(self) -> list[dict[str, Any]]:
        """Return one small entry per image, by one listing of each folder."""
        root = Path(self.data_root)
        entries: list[dict[str, Any]] = []
        for split in self.splits if self.split == 'all' else (self.split,):
            entries += self._list_split(root, split)
        for number, entry in enumerate(entries):
            entry['image_id'] = number
        if self.landmarks:
            self.add_landmarks(entries)
        return entries

    def _list_split(self, root: Path, split: str) -> list[dict[str, Any]]:
        folder = root / split
        image_folder, label_folder = folder / self.image_files[0], folder / self.label_files[0]
        for each in (image_folder, label_folder):
            if not each.is_dir():
                raise UserError(f'no folder {each}; {self._advice(root)}')
        images = list_photos(image_folder, self.image_files[1])
        labels = list_files(label_folder, ('.png',), self.label_files[1])
        if not images:
            raise UserError(f'no images *{self.image_files[1]}.jpg in {image_folder}; {self._advice(root)}')
        if missing := sorted(images.keys() - labels):
            self.leave_out(
                missing,
                f'{some(missing, "image")} of {folder} without a label map <name>{self.label_files[1]}.png in '
                f'{label_folder}; add them or remove the images',
            )
        return [
            {
                'name': name,
                'folder': str(folder),
                'img_path': os.path.join(image_folder, image),
                'seg_map_path': os.path.join(label_folder, labels[name]),
            }
            for name, image in images.items()
            if name in labels
        ]

    def _advice(self, root: Path) -> str:
        """Say where the data set is if it lies one level above or below the root, the most common mistake."""
        below = sorted(child for child in root.iterdir() if child.is_dir()) if root.is_dir() else []
        for near in (root.parent, *below):
            if all((near / split / self.image_files[0]).is_dir() for split in self.splits):
                return f'found {" and ".join(self.splits)} in {near}, so the data_root to give is {near}'
        return (
            f'data_root is the folder with {", ".join(self.splits)} in it, from {self.source} (docs/data.md)'
        )

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Return what the pipeline starts from."""
        info = super().get_data_info(idx)
        if self.landmarks:
            five = info['landmarks'] = self.five_landmarks(info)
            if five.std(axis=0).max() < 1:
                raise UserError(f'{info["img_path"]}: its landmarks all lie within a pixel: {five.tolist()}')
        return info
