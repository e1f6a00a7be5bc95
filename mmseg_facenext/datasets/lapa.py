"""LaPa as an mmseg data set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from mmseg.registry import DATASETS

from ..taxonomy import LAPA
from ..utils.picture_files import list_files
from .landmarked_faces import LandmarkedFaces
from .landmarks import read_lapa_landmarks
from .splits import some

LANDMARK_FOLDER = 'landmarks'


@DATASETS.register_module()
class LaPaDataset(LandmarkedFaces):
    """LaPa (Liu et al., AAAI 2020): faces in the wild with 11 classes and 106 landmarks.

        {train,val,test}/{images/<name>.jpg (or another picture),labels/<name>.png,landmarks/<name>.txt}

    18,176 images to train, 2,000 to validate, 2,000 to test. Arguments: see `LandmarkedFaces`.
    """

    METAINFO = {
        'classes': LAPA.classes,
        'palette': [list(colour) for colour in LAPA.palette],
        'label_space': LAPA.name,
    }
    splits = ('train', 'val', 'test')
    image_files = ('images', '')
    label_files = ('labels', '')
    source = 'https://github.com/jd-opensource/lapa-dataset'
    stored_space = LAPA

    def add_landmarks(self, entries: list[dict[str, Any]]) -> None:
        for folder in {entry['folder'] for entry in entries}:
            place = Path(folder, LANDMARK_FOLDER)
            found = list_files(place, ('.txt',))
            missing = [entry for entry in entries if entry['folder'] == folder and entry['name'] not in found]
            if missing:
                self.leave_out(
                    missing,
                    f'{some((entry["name"] for entry in missing), "image")} of {folder} without landmarks <name>.txt '
                    f'in {place}; add them, or set landmarks=False for a model that needs none',
                )
                entries[:] = [entry for entry in entries if entry not in missing]

    def five_landmarks(self, entry: dict[str, Any]) -> np.ndarray:
        return read_lapa_landmarks(os.path.join(entry['folder'], LANDMARK_FOLDER, f'{entry["name"]}.txt'))
