"""LaPa as an mmseg data set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from mmseg.registry import DATASETS

from ..errors import UserError
from ..taxonomy import LAPA
from .landmarked_faces import LandmarkedFaces
from .landmarks import read_lapa_landmarks
from .splits import some

LANDMARK_FOLDER = 'landmarks'


@DATASETS.register_module()
class LaPaDataset(LandmarkedFaces):
    """LaPa (Liu et al., AAAI 2020): faces in the wild with 11 classes and 106 landmarks.

        {train,val,test}/{images/<name>.jpg,labels/<name>.png,landmarks/<name>.txt}

    18,176 images to train, 2,000 to validate, 2,000 to test. Arguments: see `LandmarkedFaces`.
    """

    METAINFO = {
        'classes': LAPA.classes,
        'palette': [list(colour) for colour in LAPA.palette],
        'label_space': LAPA.name,
    }
    splits = ('train', 'val', 'test')
    image_files = ('images', '.jpg')
    label_files = ('labels', '.png')
    source = 'https://github.com/jd-opensource/lapa-dataset'
    stored_space = LAPA

    def add_landmarks(self, entries: list[dict[str, Any]]) -> None:
        files = (LANDMARK_FOLDER, '.txt')
        for folder in {entry['folder'] for entry in entries}:
            found = self._names(Path(self.data_root), Path(folder), files)
            names = {entry['name'] for entry in entries if entry['folder'] == folder}
            if missing := sorted(names - found):
                raise UserError(
                    f'{some(missing, "image")} of {folder} without landmarks <name>.txt in '
                    f'{os.path.join(folder, LANDMARK_FOLDER)}; add them, or set landmarks=False for a model '
                    'that needs none'
                )

    def five_landmarks(self, entry: dict[str, Any]) -> np.ndarray:
        return read_lapa_landmarks(os.path.join(entry['folder'], LANDMARK_FOLDER, f'{entry["name"]}.txt'))
