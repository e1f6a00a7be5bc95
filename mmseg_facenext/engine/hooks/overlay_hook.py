"""Write tested photos with the predicted classes drawn over them."""

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

from ...checkpoints.label_space_of import described_space
from ...errors import UserError
from ...taxonomy import LabelSpace
from ...utils.atomic import atomic_path
from ...utils.read_image import read_image
from ...visualization.overlay import draw_overlay


@HOOKS.register_module()
class OverlayHook(Hook):
    """Write every tested photo with its predicted classes over it, as `<out_dir>/<image name>.jpg`.

    Of photos that the pipeline cuts (`CropToFace`) it shows the cut.

    Args:
        out_dir: made where it is missing.
        opacity: of the colours, 0 to 1.

    Raises:
        UserError: before the test: the data set does not name its classes.
    """

    space: LabelSpace

    def __init__(self, out_dir: str | Path, opacity: float = 0.5):
        self.out_dir = Path(out_dir)
        self.opacity = opacity

    def before_test(self, runner: Runner) -> None:
        dataset = runner.test_dataloader.dataset
        space = described_space(type(dataset).__name__, dataset.metainfo)
        if space is None:
            raise UserError(
                f'{type(dataset).__name__} does not name its classes, so they cannot be drawn: set '
                'test_dataloader.dataset.metainfo.classes, or leave the overlays out'
            )
        self.space = space

    def after_test_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs: Sequence[SegDataSample] | None = None
    ) -> None:
        for sample in outputs or ():
            photo = read_image(sample.img_path)[..., ::-1]
            if (crop := sample.get('crop')) is not None:
                left, top, right, bottom = crop
                photo = photo[top:bottom, left:right]
            labels = sample.pred_sem_seg.data.squeeze(0).cpu().numpy().astype(np.uint8)
            # Labels have the size at which they are scored, which may be smaller than the photo.
            labels = cv2.resize(labels, photo.shape[1::-1], interpolation=cv2.INTER_NEAREST_EXACT)
            overlay = draw_overlay(np.ascontiguousarray(photo), labels, self.space, self.opacity)
            with atomic_path(self.out_dir / f'{Path(sample.img_path).stem}.jpg') as path:
                Image.fromarray(overlay).save(path, quality=92)
