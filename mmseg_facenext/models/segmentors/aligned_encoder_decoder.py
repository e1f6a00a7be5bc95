"""A segmentor that aligns faces before its network and maps the logits back onto the photo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from mmseg.utils import add_prefix
from torch import Tensor, nn

from ...errors import UserError
from ..alignment.tanh_warp import TEMPLATE, TanhWarp
from .face_encoder_decoder import FaceEncoderDecoder


@MODELS.register_module()
class AlignedEncoderDecoder(FaceEncoderDecoder):
    """`FaceEncoderDecoder`, around any backbone and head, between a `TanhWarp` and its inverse.

    Each photo is warped by its five landmarks, the network labels the warped face, and its logits are
    brought back onto the photo, where they are compared with the labels, scored and shown; gradients pass
    through the warp. Parameter names are those of `FaceEncoderDecoder`.

    Every data sample needs `landmarks` in its metainfo: (5, 2), x and y in pixels of the network's input before
    padding, the centre of the top left pixel being (0, 0), in the order of `TEMPLATE`. `LaPaDataset` and `HelenDataset`
    have them.

    `forward(inputs)` without data samples is the network alone, on faces that are aligned already.

    Args:
        face_size: (height, width) of the aligned faces; None takes that of the network's input.
        warp_factor: how much is squeezed, from 0 (nothing: a crop) to 1, see `TanhWarp`.
        pixel_centre: 0.5 is exact, 0 as published, see `TanhWarp`.
        kwargs: those of `FaceEncoderDecoder`.

    Raises:
        UserError: sliding windows are asked for; when used: landmarks are missing or make no face.
    """

    def __init__(
        self,
        *,
        face_size: tuple[int, int] | None = None,
        warp_factor: float = 0.8,
        pixel_centre: float = 0.5,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not 0 <= warp_factor <= 1:
            raise UserError(f'warp_factor={warp_factor}: expected 0 (nothing is squeezed) to 1')
        if self.test_cfg and self.test_cfg.get('mode') == 'slide':
            raise UserError("AlignedEncoderDecoder sees whole faces: set model.test_cfg.mode='whole'")
        self.face_size = face_size
        self.warp_factor = warp_factor
        self.pixel_centre = pixel_centre

    def warp(self, inputs: Tensor, metas: Sequence[dict]) -> TanhWarp:
        """Return the way from these inputs (B, 3, H, W) to aligned faces and back."""
        photo_size = (inputs.shape[2], inputs.shape[3])
        landmarks = np.stack([_landmarks(meta) for meta in metas])
        return TanhWarp(
            torch.from_numpy(landmarks).to(inputs.device),
            photo_size,
            tuple(self.face_size or photo_size),
            self.warp_factor,
            self.pixel_centre,
        )

    def encode_decode(self, inputs: Tensor, batch_img_metas: list[dict]) -> Tensor:
        """Inputs (B, 3, H, W) -> logits (B, classes, H, W)."""
        warp = self.warp(inputs, batch_img_metas)
        return self._on_photo(self.decode_head, self.extract_feat(warp.to_face(inputs)), warp)

    def loss(self, inputs: Tensor, data_samples: list) -> dict[str, Tensor]:
        """Return the losses of all heads, against the labels as they lie on the photo."""
        warp = self.warp(inputs, [sample.metainfo for sample in data_samples])
        features = self.extract_feat(warp.to_face(inputs))
        losses = {}
        for name, head in self._heads():
            logits = self._on_photo(head, features, warp)
            losses.update(add_prefix(head.loss_by_feat(logits, data_samples), name))
        return losses

    def _heads(self) -> list[tuple[str, nn.Module]]:
        """Return heads with the names of their losses in `FaceEncoderDecoder`."""
        auxiliary = self.auxiliary_head if self.with_auxiliary_head else []
        if not isinstance(auxiliary, nn.ModuleList | list):
            return [('decode', self.decode_head), ('aux', auxiliary)]
        return [('decode', self.decode_head), *((f'aux_{i}', head) for i, head in enumerate(auxiliary))]

    @staticmethod
    def _on_photo(head: nn.Module, features: Sequence[Tensor], warp: TanhWarp) -> Tensor:
        logits = resize(
            head(features), size=warp.face_size, mode='bilinear', align_corners=head.align_corners
        )
        return warp.to_photo(logits)


def _landmarks(meta: dict) -> np.ndarray:
    """Return float32 (5, 2) of one data sample."""
    image = meta.get('img_path', 'a photo')
    if meta.get('landmarks') is None:
        raise UserError(
            f'{image} comes without landmarks, which this model needs: eyes, nose and corners of the mouth, '
            '(5, 2), as FaceParser(...)(photo, landmarks=...), image_demo.py --landmarks FILE, or from the data set '
            "with 'landmarks' among the meta_keys of PackFaceInputs"
        )
    landmarks = np.asarray(meta['landmarks'], dtype=np.float32)
    if landmarks.shape != (len(TEMPLATE), 2) or not np.isfinite(landmarks).all():
        raise UserError(
            f'{image}: landmarks are five points (5, 2) of finite numbers, got {landmarks.tolist()}'
        )
    if landmarks.std(axis=0).max() < 1:
        raise UserError(f'{image}: its landmarks all lie within a pixel: {landmarks.tolist()}')
    return landmarks
