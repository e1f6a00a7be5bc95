"""A trained model as one call: photo in, class of each pixel out."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmseg.structures import SegDataSample
from torch import Tensor

from ..checkpoints import load_weights
from ..engine.config import load_config
from ..errors import UserError
from .building import build_resizing, build_segmentor
from .face_parsing import FaceParsing
from .label_space_of import label_space_of
from .photos import Photo, read_photo

logger = logging.getLogger(__name__)

_Prepared = tuple[Path | None, np.ndarray, Tensor]


class FaceParser:
    """Labels every pixel of photos.

        parser = FaceParser('local_configs/segnext/tiny/....py', 'best.pth')
        parser('me.jpg').figure().show()

    The same photo gives the same labels on every call. The data set of the config need not be there.

    Args:
        config: path of a config, or a loaded one.
        checkpoint: path or http address of the weights. None keeps random ones (for a look at speed).
        device: 'cpu', 'cuda', 'cuda:1', ... None takes the GPU if there is one.

    Attributes:
        label_space: what the ids mean.
        model: the segmentor, in evaluation mode.

    Raises:
        UserError: config or checkpoint cannot be used or do not fit each other; there is no such device.
    """

    def __init__(
        self,
        config: str | os.PathLike[str] | Config,
        checkpoint: str | os.PathLike[str] | None = None,
        device: str | torch.device | None = None,
    ) -> None:
        cfg = config if isinstance(config, Config) else load_config(os.fspath(config))
        self.device = choose_device(device)
        self.model = build_segmentor(cfg)
        report = None
        if checkpoint is None:
            logger.warning('no checkpoint given: the weights are random and so are the labels')
        else:
            report = load_weights(self.model, checkpoint)
        self.label_space = label_space_of(cfg, report, self.model.out_channels)
        self.model.to(self.device).eval()
        self._resize = build_resizing(cfg)

    def __call__(self, photo: Photo) -> FaceParsing:
        """Labels one photo: a file, a Pillow image, or an RGB uint8 array (H, W, 3) (or grey, or with alpha).

        Raises:
            UserError: it is no photo, or a damaged one.
        """
        return next(self.parse_many([photo], batch_size=1))

    def parse_many(
        self,
        photos: Iterable[Photo],
        batch_size: int = 8,
        on_bad_photo: Callable[[UserError], object] | None = None,
    ) -> Iterator[FaceParsing]:
        """Labels photos in their order, `batch_size` at once where the network sees them at one size.

        Reads no more photos ahead than fill a batch.

        Args:
            on_bad_photo: told of each photo that cannot be read, which then is left out of the results.

        Raises:
            UserError: a photo cannot be read and there is no `on_bad_photo`; `batch_size` is below 1.
        """
        if batch_size < 1:
            raise UserError(f'batch_size must be at least 1, got {batch_size}')
        prepared = self._prepare_all(photos, on_bad_photo)
        for _, same_size in itertools.groupby(prepared, key=lambda item: item[2].shape):
            while batch := list(itertools.islice(same_size, batch_size)):
                yield from self._parse(batch)

    def _prepare_all(
        self, photos: Iterable[Photo], on_bad_photo: Callable[[UserError], object] | None
    ) -> Iterator[_Prepared]:
        for photo in photos:
            try:
                prepared = self._prepare(photo)
            except UserError as error:
                if on_bad_photo is None:
                    raise
                on_bad_photo(error)
            else:
                yield prepared

    def _prepare(self, photo: Photo) -> _Prepared:
        """Path, the photo (RGB), and what the network gets of it: BGR uint8 (3, h, w)."""
        path, image = read_photo(photo)
        size = image.shape[:2]
        results: Any = {'img': np.ascontiguousarray(image[..., ::-1]), 'img_shape': size, 'ori_shape': size}
        for step in self._resize:
            results = step(results)
        return path, image, torch.from_numpy(np.ascontiguousarray(results['img'].transpose(2, 0, 1)))

    @torch.inference_mode()
    def _parse(self, batch: list[_Prepared]) -> list[FaceParsing]:
        inputs = [tensor for _, _, tensor in batch]
        # Of the photo's own size mmseg need not know: logits are resized to it below, one class at a time.
        metas = [dict.fromkeys(('img_shape', 'ori_shape'), tensor.shape[1:]) for tensor in inputs]
        samples = [SegDataSample(metainfo={**meta, 'padding_size': [0] * 4}) for meta in metas]
        data = self.model.data_preprocessor({'inputs': inputs, 'data_samples': samples}, False)
        metas = [sample.metainfo for sample in data['data_samples']]
        logits = self.model.inference(data['inputs'], metas)  # (B, classes, h, w)
        if logits.isnan().any():
            raise UserError('the network gives NaN: its checkpoint is broken; take an earlier one')
        return [
            FaceParsing(
                image,
                labels_at(_unpad(one, meta), image.shape[:2], self.model.align_corners),
                self.label_space,
                path,
            )
            for one, meta, (path, image, _) in zip(logits, metas, batch, strict=True)
        ]


def labels_at(logits: Tensor, size: tuple[int, int], align_corners: bool = False) -> np.ndarray:
    """The class of the largest of (classes, h, w) logits after bilinear resizing to `size`: uint8 (H, W).

    Classes are resized one after the other: all at once, a photo of 48 megapixels would need 4 GB.
    """
    best = torch.full(size, -torch.inf, device=logits.device)
    labels = torch.zeros(size, dtype=torch.uint8, device=logits.device)
    for label, plane in enumerate(logits.float()):
        resized = F.interpolate(plane[None, None], size, mode='bilinear', align_corners=align_corners)[0, 0]
        better = resized > best
        best = torch.where(better, resized, best)
        labels[better] = label
    return labels.cpu().numpy()


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


def _unpad(logits: Tensor, meta: dict[str, Any]) -> Tensor:
    """(classes, h, w) without what the data preprocessor added at the borders."""
    left, right, top, bottom = meta.get('img_padding_size', meta['padding_size'])
    height, width = logits.shape[1:]
    return logits[:, top : height - bottom, left : width - right]
