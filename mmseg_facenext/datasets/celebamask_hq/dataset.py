"""Offer CelebAMask-HQ as a data set of mmseg."""

from __future__ import annotations

import logging
import os
import uuid
from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from mmseg.registry import DATASETS

from ...errors import UserError
from ...taxonomy import CELEBAMASK_HQ, LABEL_SPACES, LabelSpace, get_label_space
from ..checking.order import check_order
from ..face_dataset import FaceDataset
from ..splits import some, split_ids
from . import folders

CACHE_FOLDER = 'merged-labels'
_LAYOUTS = ('auto', 'raw', 'merged')


@DATASETS.register_module()
class CelebAMaskHQDataset(FaceDataset):
    """CelebAMask-HQ as downloaded (raw) or with merged label maps; `folders.py` has the names.

    Args:
        data_root: the folder that holds `CelebA-HQ-img`.
        split: 'train', 'val', 'test' or 'all'.
        split_source: 'faceparser' (0-27999 train, 28000-29999 val and test), 'official' or a split file,
            relative to `data_root`, in which `{split}` stands for the split (see `splits`).
        label_space: the order of classes in which labels are given. Among the three 19-class orders it also
            is the order in which part masks are painted.
        layout: 'raw', 'merged', or 'auto': merged when it is complete and painted in the wanted order, else
            raw when it is there, else merged.
        cache_dir: where the label maps merged from the raw layout are kept, by default
            `<data_root>/merged-labels`. If it cannot be written, one warning is logged and nothing is kept.
        merged_label_space: the order of the ids in the label maps of the merged layout; by default what
            `label_space.txt` beside them names, else the data set's own, which a line in the log then says. The maps
            are looked at, see `check_order`.
        data_prefix: other folder names: `img_path`, `seg_map_path` (merged), `part_path` (raw).
        ann_file: mmseg's name for a split file; overrides `split_source`.
        kwargs: those of `FaceDataset` (`on_bad_file`, `metainfo`) and of mmseg's `BaseSegDataset`.

    Raises:
        UserError: what was looked for and where, if the folders, split, ids or masks do not fit together.
    """

    METAINFO = {
        'classes': CELEBAMASK_HQ.classes,
        'palette': [list(colour) for colour in CELEBAMASK_HQ.palette],
        'label_space': CELEBAMASK_HQ.name,
    }

    def __init__(
        self,
        data_root: str,
        split: str = 'train',
        split_source: str = 'faceparser',
        label_space: str = CELEBAMASK_HQ.name,
        layout: str = 'auto',
        cache_dir: str | None = None,
        merged_label_space: str | None = None,
        data_prefix: dict[str, str] | None = None,
        ann_file: str = '',
        **kwargs: Any,
    ) -> None:
        if layout not in _LAYOUTS:
            raise UserError(f'unknown layout {layout!r}; choose one of {", ".join(_LAYOUTS)}')
        self.split_source = ann_file or split_source
        self.layout = layout
        self.merged_label_space = merged_label_space
        self.cache_dir: Path | None = Path(cache_dir or Path(data_root, CACHE_FOLDER))
        # The space of the label maps on disk, in whose order masks are painted.
        wanted = get_label_space(label_space)
        self.stored_space = wanted if _same_classes(wanted) else CELEBAMASK_HQ
        prefix = {
            'img_path': folders.IMAGE_FOLDER,
            'seg_map_path': folders.LABEL_FOLDER,
            'part_path': folders.PART_FOLDER,
        }
        super().__init__(
            data_root, split, label_space, data_prefix={**prefix, **(data_prefix or {})}, **kwargs
        )

    def list_images(self) -> list[dict[str, Any]]:
        """List one small entry per image: id, image file and, in the raw layout, a bit per part mask."""
        root = self._existing_root()
        image_folder = Path(self.data_prefix['img_path'])
        if not image_folder.is_dir():
            raise UserError(
                f'no folder {image_folder} with the images <id>.jpg; {folders.where_to_look(root)}'
            )
        images = folders.list_images(image_folder)
        if not images:
            raise UserError(f'no images <id>.jpg or <id>.png in {image_folder}')
        ids = split_ids(self.split_source, self.split, root, images, self.leave_out)
        entries = {
            image_id: {'image_id': image_id, 'img_path': os.path.join(image_folder, images[image_id])}
            for image_id in ids
        }
        label_maps = self._choose_merged(ids)
        if label_maps is None:
            self._use_raw(entries)
        else:
            self._use_merged(entries, label_maps)
        return list(entries.values())

    def _existing_root(self) -> Path:
        root = Path(self.data_root)
        if not root.is_dir():
            raise UserError(f'data_root {root} is not a folder; {folders.where_to_look(root)}')
        return root

    def _choose_merged(self, ids: list[int]) -> dict[int, str] | None:
        """Return the files of the merged layout, or None to use the raw layout."""
        merged, raw = Path(self.data_prefix['seg_map_path']), Path(self.data_prefix['part_path'])
        if self.layout != 'auto':
            wanted = merged if self.layout == 'merged' else raw
            if not wanted.is_dir():
                raise UserError(f'layout={self.layout!r}, but there is no folder {wanted}')
            return folders.list_label_maps(merged) if self.layout == 'merged' else None
        if not merged.is_dir() and not raw.is_dir():
            raise UserError(
                f'no labels in {self.data_root}: looked for part masks (raw layout) in {raw} and for merged '
                f'label maps (merged layout) in {merged}; {folders.where_to_look(Path(self.data_root))}'
            )
        if not merged.is_dir():
            return None
        found = folders.list_label_maps(merged)
        if not raw.is_dir():
            return found
        complete = found.keys() >= set(ids)
        return found if complete and self._space_in(merged) in (self.stored_space, self.label_space) else None

    def _use_merged(self, entries: dict[int, dict[str, Any]], found: dict[int, str]) -> None:
        folder = Path(self.data_prefix['seg_map_path'])
        self._without_missing(entries, found, f'label map <id>.png in {folder}')
        for image_id, entry in entries.items():
            entry['map_file'] = found[image_id]
        self.layout, self.stored_space = 'merged', self._space_in(folder)
        files = [os.path.join(folder, entry['map_file']) for entry in entries.values()]
        check_order(files, self.stored_space, self._says_the_order(folder))

    def _use_raw(self, entries: dict[int, dict[str, Any]]) -> None:
        folder = Path(self.data_prefix['part_path'])
        found = folders.list_parts(folder, entries)
        self._without_missing(
            entries, found, f'part mask <id // {folders.IMAGES_PER_FOLDER}>/<id:05d>_<part>.png in {folder}'
        )
        for image_id, entry in entries.items():
            entry['parts'] = found[image_id]
        self.layout = 'raw'
        self.cache_dir = _writable(self.cache_dir / self.stored_space.name) if self.cache_dir else None

    def _without_missing(self, entries: dict[int, Any], found: dict[int, Any], what: str) -> None:
        if missing := [image_id for image_id in entries if image_id not in found]:
            reason = f'{some(missing, "image")} without any {what}; add them or take the ids out of the split'
            if len(missing) == len(entries):
                raise UserError(reason)
            self.leave_out(missing, reason)
            for image_id in missing:
                del entries[image_id]

    def _space_in(self, folder: Path) -> LabelSpace:
        """Return the label space of merged maps: the argument, else the marker file's, else the data set's own."""
        return get_label_space(self.merged_label_space) if self.merged_label_space else _stored_space(folder)

    def _says_the_order(self, folder: Path) -> str:
        if self.merged_label_space:
            return 'merged_label_space of the config'
        marker = folder / folders.LABEL_SPACE_FILE
        return str(marker) if marker.is_file() else ''

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Return the input of the pipeline for one image, with the file of its label map or of its part masks."""
        info: dict[str, Any] = super().get_data_info(idx)
        image_id = info['image_id']
        if self.layout == 'raw':
            info['part_masks'] = folders.part_paths(
                self.data_prefix['part_path'], image_id, info.pop('parts')
            )
            if self.cache_dir:
                info['seg_map_path'] = str(self.cache_dir / f'{image_id}.png')
        else:
            info['seg_map_path'] = os.path.join(self.data_prefix['seg_map_path'], info.pop('map_file'))
        return info


def _same_classes(space: LabelSpace) -> bool:
    return set(space.classes) == set(CELEBAMASK_HQ.classes)


def _stored_space(folder: Path) -> LabelSpace:
    """Return the label space that the marker file of a folder names, else the data set's own."""
    marker = folder / folders.LABEL_SPACE_FILE
    if not marker.is_file():
        return CELEBAMASK_HQ
    name = marker.read_text(encoding='utf-8-sig', errors='replace').strip()
    if name not in LABEL_SPACES:
        raise UserError(f'{marker} names the label space {name!r}; known are {", ".join(LABEL_SPACES)}')
    return LABEL_SPACES[name]


def _writable(folder: Path) -> Path | None:
    """Make the folder and return it; None, and one warning, if files cannot be written there."""
    probe = folder / f'.{uuid.uuid4().hex}.tmp'
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        print_log(
            f'cannot keep merged labels in {folder} ({error.strerror}), so they are merged anew in every '
            'epoch; set cache_dir to a folder that can be written',
            'current',
            logging.WARNING,
        )
        return None
    return folder
