"""Read label maps that a model has written."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import UserError
from ..taxonomy import LabelSpace
from ..utils.read_image import read_labels


class Predictions:
    """A folder of label maps `<image name>.png`, as `facenext test --out` writes it.

    Images are given by their paths; names that are numbers may have leading zeros or not.

    Args:
        label_space: of the ids, for `read`.

    Raises:
        UserError: no such folder, nothing in it, or two files for one image.
    """

    def __init__(self, folder: str | Path, label_space: LabelSpace | None = None):
        self.folder, self.label_space = Path(folder), label_space
        if not self.folder.is_dir():
            raise UserError(f'{folder} is not a folder of predictions; `facenext test --out DIR` writes one')
        self._paths: dict[str, Path] = {}
        for path in self.folder.glob('*.png'):
            if (other := self._paths.setdefault(_name(path), path)) != path:
                raise UserError(f'{other} and {path} are predictions for one image: remove one of them')
        if not self._paths:
            raise UserError(f'no <image name>.png in {folder}; `facenext test --out DIR` writes them')

    def __contains__(self, image: str) -> bool:
        return _name(image) in self._paths

    def path(self, image: str) -> Path:
        """Find the label map of an image.

        Raises:
            UserError: there is none.
        """
        if image not in self:
            raise UserError(
                f'no prediction {self.folder / f"{Path(image).stem}.png"} for {image} ({len(self._paths)} PNGs there); '
                f'`facenext test --out {self.folder}` writes them'
            )
        return self._paths[_name(image)]

    def read(self, image: str, label_space: LabelSpace) -> np.ndarray:
        """Read uint8 (H, W) in the ids of `label_space`; classes that it does not have become background.

        Raises:
            UserError: the file is damaged, or has ids that the predictions' own label space does not have.
        """
        assert self.label_space is not None, 'ids are translated from a label space'
        ids = read_labels(self.path(image))
        if (highest := int(ids.max())) >= self.label_space.num_classes:
            raise UserError(
                f'{self.path(image)} has label id {highest}, but label space {self.label_space.name!r} has ids '
                f'0 to {self.label_space.num_classes - 1}; name the label space that the predictions are in'
            )
        translated: np.ndarray = self.label_space.remap_to(label_space, unmatched=0)[ids]
        return translated


def _name(path: str | Path) -> str:
    stem = Path(path).stem
    return str(int(stem)) if stem.isdecimal() else stem
