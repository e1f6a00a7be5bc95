"""Photos and label maps of one's own, with classes of one's own, as an mmseg data set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mmseg.registry import DATASETS

from ..errors import UserError
from ..taxonomy import LabelSpace
from ..utils.picture_files import list_files
from .face_dataset import FaceDataset
from .listing import list_photos
from .splits import some


@DATASETS.register_module()
class FaceFoldersDataset(FaceDataset):
    """Folders of photos and label maps of the same names; `facenext data new` writes them.

        photos/<name>.jpg (or another picture)   labels/<name>.png   train.txt  val.txt  test.txt

    Args:
        data_root: the folder of all.
        split: 'train', 'val' or 'test', whose names stand in `<split>.txt`, one for each line; 'all' takes every photo.
        metainfo: `classes` by id, `palette`, `flip_pairs` (left and right by names).
        data_prefix: other folder names: `img_path`, `seg_map_path`.
        kwargs: `on_bad_file` and the other arguments of mmseg's `BaseSegDataset`.

    Raises:
        UserError: classes are not named; a folder, list or label map is missing.
    """

    def __init__(
        self,
        data_root: str,
        split: str = 'train',
        metainfo: dict[str, Any] | None = None,
        data_prefix: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        given = dict(metainfo or {})
        classes = tuple(given.get('classes') or ())
        if not classes:
            raise UserError(
                'FaceFoldersDataset needs metainfo=dict(classes=...): the names of the classes by id'
            )
        palette = given.get('palette') or [(0, 0, 0)] * len(classes)
        self.stored_space = LabelSpace('own', classes, classes, tuple(tuple(c) for c in palette), 'subject')
        prefix = {'img_path': 'photos', 'seg_map_path': 'labels', **(data_prefix or {})}
        super().__init__(data_root, split, self.stored_space, metainfo=given, data_prefix=prefix, **kwargs)
        del self._metainfo['label_space']  # none that has a name

    def list_images(self) -> list[dict[str, Any]]:
        photos, labels = Path(self.data_prefix['img_path']), Path(self.data_prefix['seg_map_path'])
        images = list_photos(photos)
        maps = list_files(labels, ('.png',))
        names = (
            list(images) if self.split == 'all' else self._names_in(Path(self.data_root, f'{self.split}.txt'))
        )
        for what, found, folder in (('photo', images, photos), ('label map', maps, labels)):
            if missing := [name for name in names if name not in found]:
                self.leave_out(
                    missing, f'{some(missing, "name")} without a {what} in {folder}: add it, or take them out'
                )
                names = [name for name in names if name in found]
        if not names:
            raise UserError(f'split {self.split!r} of {self.data_root} has no photos')
        return [
            {
                'image_id': number,
                'img_path': os.path.join(photos, images[name]),
                'seg_map_path': os.path.join(labels, maps[name]),
            }
            for number, name in enumerate(names)
        ]

    def _names_in(self, path: Path) -> list[str]:
        if not path.is_file():
            raise UserError(f'no list {path} of the photos of split {self.split!r}: one name for each line')
        return _lines(path)

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Return the input of the pipeline; ids are those of the files, of which `label_map` makes a subset."""
        info = super().get_data_info(idx)
        del info['label_space'], info['stored_label_space']
        info['num_classes'] = self.stored_space.num_classes
        return info


def _lines(path: Path) -> list[str]:
    """Return the names in a list; what follows a tab is a remark."""
    lines = path.read_text(encoding='utf-8-sig').splitlines()
    return [line.partition('\t')[0].strip() for line in lines if line.partition('\t')[0].strip()]
