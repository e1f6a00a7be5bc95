"""Helen as an mmseg data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from mmseg.registry import DATASETS

from ..taxonomy import HELEN
from .landmarked_faces import LandmarkedFaces
from .landmarks import HELEN_SCALE, five_of_68, read_helen_landmarks
from .splits import some

LANDMARK_FILE = 'landmarks.txt'


@DATASETS.register_module()
class HelenDataset(LandmarkedFaces):
    """Helen as relabelled by Lin et al. (CVPR 2019, "HELEN*"): 11 classes, 68 landmarks.

        {train,test}/<name>_image.jpg  {train,test}/<name>_label.png  landmarks.txt

    About 2,000 images to train and 100 to test; there is no validation set. The landmarks are not part of the
    relabelled release (SegFace's users have them beside it). Samples also have `face_box`, float32 (4,): the
    left, top, right and bottom of all 68 points, for `CropToFace`.

    Args:
        data_root, split, label_space, landmarks, kwargs: see `LandmarkedFaces`.
        landmark_scale: what the numbers in `landmarks.txt` are multiplied by to be in pixels of the photos, which
            are half as large as those that the landmarks were found on.
    """

    METAINFO = {
        'classes': HELEN.classes,
        'palette': [list(colour) for colour in HELEN.palette],
        'label_space': HELEN.name,
    }
    splits = ('train', 'test')
    image_files = ('', '_image')
    label_files = ('', '_label')
    source = 'https://github.com/JPlin/Relabeled-HELEN-Dataset'
    stored_space = HELEN

    def __init__(
        self,
        data_root: str,
        split: str = 'train',
        label_space: str | None = None,
        landmarks: bool = True,
        landmark_scale: float = HELEN_SCALE,
        **kwargs: Any,
    ) -> None:
        self.landmark_scale = landmark_scale
        super().__init__(data_root, split, label_space, landmarks, **kwargs)

    def add_landmarks(self, entries: list[dict[str, Any]]) -> None:
        path = Path(self.data_root, LANDMARK_FILE)
        table = read_helen_landmarks(path, self.landmark_scale)
        if missing := [entry['name'] for entry in entries if entry['name'] not in table]:
            self.leave_out(
                missing,
                f'{some(missing, "image")} of {self.data_root} without landmarks in {path}; add them, or set '
                'landmarks=False for a model that needs none',
            )
            entries[:] = [entry for entry in entries if entry['name'] in table]
        for entry in entries:
            points = table[entry['name']]
            entry['five'] = five_of_68(points)
            entry['face_box'] = np.concatenate([points.min(axis=0), points.max(axis=0)]).astype(np.float32)

    def five_landmarks(self, entry: dict[str, Any]) -> np.ndarray:
        five: np.ndarray = entry.pop('five')
        return five
