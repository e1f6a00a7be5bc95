"""Pictures of what a model sees, written while it is tested."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from mmseg.structures import SegDataSample
from PIL import Image

from ..atomic import atomic_path
from ..datasets.read_image import read_image
from ..taxonomy import get_label_space
from .drawing import draw_overlay


@HOOKS.register_module()
class OverlayHook(Hook):
    """Writes every tested photo with its predicted classes over it, as `<out_dir>/<image name>.jpg`.

    Args:
        out_dir: made where it is missing.
        opacity: of the colours, 0 to 1.
    """

    def __init__(self, out_dir: str | Path, opacity: float = 0.5):
        self.out_dir = Path(out_dir)
        self.opacity = opacity

    def after_test_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs: Sequence[SegDataSample] | None = None
    ) -> None:
        space = get_label_space(runner.test_dataloader.dataset.metainfo['label_space'])
        for sample in outputs or ():
            photo = read_image(sample.img_path)[..., ::-1]
            labels = sample.pred_sem_seg.data.squeeze(0).cpu().numpy().astype(np.uint8)
            # Labels have the size of the annotation, which may be smaller than the photo.
            labels = cv2.resize(labels, photo.shape[1::-1], interpolation=cv2.INTER_NEAREST_EXACT)
            overlay = draw_overlay(np.ascontiguousarray(photo), labels, space, self.opacity)
            with atomic_path(self.out_dir / f'{Path(sample.img_path).stem}.jpg') as path:
                Image.fromarray(overlay).save(path, quality=92)
