"""The network of a config and a checkpoint, run by PyTorch."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmseg.structures import SegDataSample

from .. import (
    models,
    register,  # noqa: F401  -- `register` brings our modules to mmseg
)
from ..checkpoints import load_weights
from ..checkpoints.label_space_of import label_space_of
from ..checkpoints.zoo import find_weights
from ..config.load import load_config
from ..errors import UserError
from ..models.segmentors.face_encoder_decoder import unpadded
from ..models.segmentors.labels_of_tensor import labels_of_tensor
from ..models.segmentors.one_output import as_two_logits, threshold_of
from .building import build_resizing, build_segmentor

logger = logging.getLogger(__name__)


class TorchNetwork:
    """What `FaceParser` asks of a network: to resize a photo as it was trained, and to label a batch.

    Args:
        config: path or name of a config, or a loaded one; or published weights, which name their config.
        checkpoint: path, name or http address of the weights. None keeps random ones, unless `config` names weights.
        device: None takes the GPU if there is one.
        fuse: run the inference form of the model, see `mmseg_facenext.models.fuse`.
        trust: read a checkpoint that holds code too, see `read_checkpoint`.

    Attributes:
        label_space: what the ids mean.
        model: the segmentor, in evaluation mode.
        device: where it runs.

    Raises:
        UserError: config or checkpoint cannot be used or do not fit each other; there is no such device.
    """

    def __init__(
        self,
        config: str | os.PathLike[str] | Config,
        checkpoint: str | os.PathLike[str] | None = None,
        device: str | torch.device | None = None,
        fuse: bool = True,
        trust: bool = False,
    ) -> None:
        published = None if isinstance(config, Config) or checkpoint else find_weights(os.fspath(config))
        if published:
            config, checkpoint = published.config, published.name
        cfg = config if isinstance(config, Config) else load_config(os.fspath(config), purpose='model')
        self.device = choose_device(device)
        self.model = build_segmentor(cfg)
        report = None
        if checkpoint is None:
            logger.warning('no checkpoint given: the weights are random and so are the labels')
        else:
            report = load_weights(self.model, checkpoint, trust=trust)
            if report.notes:
                logger.warning('%s', report)
        self.label_space = label_space_of(cfg, report, max(2, self.model.out_channels))
        if fuse:
            self.model = models.fuse(self.model)
        self.model.to(self.device).eval()
        # larger maps go back to the system (glibc) and are fetched again
        self.usual_batch = 2 if self.device.type == 'cpu' else 8
        self._resize = build_resizing(cfg)

    def resize(self, photo: np.ndarray) -> np.ndarray:
        """RGB uint8 (H, W, 3) -> the same at the network's size (h, w, 3), by the config's test pipeline."""
        size = photo.shape[:2]
        results: Any = {'img': np.ascontiguousarray(photo[..., ::-1]), 'img_shape': size, 'ori_shape': size}
        for step in self._resize:
            results = step(results)
        return results['img'][..., ::-1]

    @property
    def needs_landmarks(self) -> bool:
        """Whether it aligns faces by five points before it looks at them."""
        return isinstance(self.model, models.AlignedEncoderDecoder)

    @torch.inference_mode()
    def logits(
        self, inputs: Sequence[np.ndarray], landmarks: Sequence[np.ndarray] | None = None
    ) -> list[torch.Tensor]:
        """RGB uint8 (h, w, 3), all of one size -> (C, h, w) of each, on the device.

        `landmarks` are (5, 2) for each input, in its pixels, for a model that aligns faces.

        Raises:
            UserError: the weights are broken, or landmarks are missing or of no use.
        """
        tensors = [torch.from_numpy(np.ascontiguousarray(i[..., ::-1].transpose(2, 0, 1))) for i in inputs]
        # Of the photo's own size mmseg need not know: `labels` resizes the logits to it.
        metas = [dict.fromkeys(('img_shape', 'ori_shape'), tensor.shape[1:]) for tensor in tensors]
        if landmarks is not None:
            if not self.needs_landmarks:
                raise UserError('this model does not align faces: leave the landmarks out')
            metas = [{**meta, 'landmarks': points} for meta, points in zip(metas, landmarks, strict=True)]
        samples = [SegDataSample(metainfo={**meta, 'padding_size': [0] * 4}) for meta in metas]
        data = self.model.data_preprocessor({'inputs': tensors, 'data_samples': samples}, False)
        metas = [sample.metainfo for sample in data['data_samples']]
        logits = as_two_logits(self.model.inference(data['inputs'], metas), threshold_of(self.model))
        # (B, classes, h, w)
        if logits.isnan().any():
            raise UserError('the network gives NaN: its checkpoint is broken; take an earlier one')
        return [unpadded(one, meta) for one, meta in zip(logits, metas, strict=True)]

    @torch.inference_mode()
    def labels(self, logits: torch.Tensor | np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """(C, h, w) -> uint8 (H, W), the class of the largest at that size."""
        return labels_of_tensor(torch.as_tensor(logits), size, self.model.align_corners).cpu().numpy()

    def array(self, logits: torch.Tensor | np.ndarray) -> np.ndarray:
        """(C, h, w) -> the same in NumPy."""
        return torch.as_tensor(logits).float().cpu().numpy()


def choose_device(device: str | torch.device | None) -> torch.device:
    """That device, or by default the GPU if there is one, else the CPU.

    Raises:
        UserError: it is not a device of this machine.
    """
    if device is None:
        return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        return torch.zeros(1, device=device).device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition('. ')[0].partition('\n')[0]
        raise UserError(
            f'device {device} cannot be used ({reason}); torch finds {torch.cuda.device_count()} GPU(s), '
            'and cpu always works'
        ) from error
