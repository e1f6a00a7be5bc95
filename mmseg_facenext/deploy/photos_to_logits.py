"""The network as exported files hold it: photos in, logits out, nothing left to know but the photo's size.

Shapes:
    B photos, C classes, h and w of the network's input.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmseg.models import EncoderDecoder
from torch import Tensor, nn

from ..errors import UserError
from ..models import AlignedEncoderDecoder, FaceEncoderDecoder
from ..models.segmentors.face_encoder_decoder import mean_with_mirrored
from ..models.segmentors.one_output import as_two_logits, threshold_of


class PhotosToLogits(nn.Module):
    """RGB uint8 (B, h, w, 3) -> logits float32 (B, C, h, w); of a network with one output C is 2.

    Args:
        segmentor: a FaceEncoderDecoder or mmseg's EncoderDecoder, also one that `fuse` gave.

    Raises:
        UserError: the segmentor does something that the graph cannot hold.
    """

    def __init__(self, segmentor: nn.Module):
        super().__init__()
        if reason := obstacle(segmentor):
            raise UserError(f'this model cannot be exported: {reason}')
        self.segmentor = segmentor.eval()
        preprocessor = segmentor.data_preprocessor
        self.swaps_channels = not preprocessor._channel_conversion  # pipelines give BGR
        plain = torch.zeros(3, 1, 1), torch.ones(3, 1, 1)
        mean, std = (
            (preprocessor.mean, preprocessor.std) if preprocessor._enable_normalize else plain
        )  # in the order of the network's own channels
        self.register_buffer('mean', mean)
        self.register_buffer('std', std)

    def forward(self, photos: Tensor) -> Tensor:
        x = photos.permute(0, 3, 1, 2).float()
        if self.swaps_channels:
            x = x.flip(1)
        x = (x - self.mean) / self.std
        logits = self._logits(x)
        if space := self.segmentor.test_cfg.get('mirror'):
            logits = mean_with_mirrored(logits, self._logits(x.flip(3)), space)
        return logits

    def _logits(self, x: Tensor) -> Tensor:
        logits = self.segmentor.decode_head(self.segmentor.extract_feat(x))
        logits = as_two_logits(logits, threshold_of(self.segmentor))
        return F.interpolate(logits.float(), x.shape[2:], mode='bilinear', align_corners=False)

    def mean_and_std(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """In the order of the channels that the graph takes."""
        mean, std = (
            tuple(
                round(float(value), 6) for value in (each.flip(0) if self.swaps_channels else each).flatten()
            )
            for each in (self.mean, self.std)
        )
        return mean, std


def obstacle(segmentor: nn.Module) -> str | None:
    """Why the segmentor does not fit into `PhotosToLogits`, and what to do about it; None if it does."""
    if isinstance(segmentor, AlignedEncoderDecoder):
        return 'it aligns faces by landmarks, which exported files do not take; run it with FaceParser and PyTorch'
    if type(segmentor) not in (EncoderDecoder, FaceEncoderDecoder):
        return f'it is a {type(segmentor).__name__}, expected an EncoderDecoder'
    if segmentor.test_cfg.get('mode', 'whole') != 'whole':
        return 'it looks at photos through a sliding window; --cfg-options model.test_cfg.mode=whole'
    if segmentor.data_preprocessor.test_cfg:
        return (
            'its data_preprocessor pads photos; --cfg-options model.data_preprocessor.test_cfg=None '
            'and --shape with multiples of the divisor'
        )
    if segmentor.align_corners:
        return (
            'it resizes logits with align_corners=True, runtimes with False; '
            '--cfg-options model.decode_head.align_corners=False moves its borders a little'
        )
    if any(getattr(module, 'rand_init', None) for module in segmentor.modules()):
        return 'its factorisation starts at random; --cfg-options model.decode_head.ham_kwargs.rand_init=None'
    return None
