"""Turn what people have, files, Pillow images, arrays or tensors, into RGB pixels."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, Union

import numpy as np
from PIL import Image, ImageOps

from ..errors import UserError
from ..utils.read_image import eight_bits, read_image

if TYPE_CHECKING:
    from torch import Tensor

Photo = Union[str, os.PathLike[str], bytes, BinaryIO, Image.Image, np.ndarray, 'Tensor']
"""What `read_photo` takes."""

# Pillow decodes an opened file when it is first used, which two threads must not do at once.
_DECODING = Lock()


def read_photo(photo: Photo) -> tuple[Path | None, np.ndarray]:
    """Return the path of a photo, if it is a file, and its pixels: RGB uint8 (H, W, 3), upright.

    | given | taken as |
    |---|---|
    | path, content as bytes, file opened for reading bytes | any of `FORMATS`, turned by its EXIF orientation |
    | Pillow image of any mode but F | converted to RGB, turned by its EXIF orientation |
    | NumPy array, uint8 | (H, W, 3) in RGB order, (H, W, 4) with alpha, (H, W) or (H, W, 1) grey |
    | PyTorch tensor | (3, H, W) in RGB order or (1, H, W) grey: uint8, or floating point from 0 to 1 |

    An alpha channel is dropped; 16-bit grey is scaled to 8 bits.

    Raises:
        UserError: it is none of these, no photo or a damaged one.
    """
    if isinstance(photo, str | os.PathLike):
        return Path(photo), _rgb(read_image(photo))
    if isinstance(photo, bytes | bytearray | memoryview):
        return None, _rgb(read_image(bytes(photo)))
    if isinstance(photo, Image.Image):
        return None, _from_pillow(photo)
    if isinstance(photo, np.ndarray):
        return None, _from_array(photo)
    if hasattr(photo, 'read'):
        return None, _rgb(read_image(photo))
    if type(photo).__module__.partition('.')[0] == 'torch':
        return None, _from_tensor(photo)
    raise UserError(
        f'expected a photo as path, bytes, opened file, Pillow image, NumPy array or PyTorch tensor, got '
        f'{type(photo).__name__}'
    )


def _rgb(bgr: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(bgr[..., ::-1])


def _from_array(photo: np.ndarray) -> np.ndarray:
    grey = photo.ndim == 2 or (photo.ndim == 3 and photo.shape[2] == 1)
    coloured = photo.ndim == 3 and photo.shape[2] in (3, 4)
    if photo.dtype != np.uint8 or not photo.size or not (grey or coloured):
        raise UserError(
            f'expected a photo as uint8 array (H, W, 3) in RGB order, got {photo.dtype} {photo.shape}'
        )
    if grey:
        return np.repeat(photo.reshape(*photo.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(photo[..., :3])


def _from_tensor(photo: Tensor) -> np.ndarray:
    pixels = photo.detach().cpu()
    if pixels.ndim != 3 or pixels.shape[0] not in (1, 3):
        raise UserError(f'expected a photo as tensor (3, H, W) in RGB order, got {tuple(pixels.shape)}')
    if pixels.is_floating_point():
        if not (pixels.numel() and pixels.min() >= 0 and pixels.max() <= 1):
            raise UserError('expected a photo as tensor of floating-point values from 0 to 1, or as uint8')
        pixels = (pixels.float() * 255).round().byte()
    return _from_array(pixels.permute(1, 2, 0).numpy())


def _from_pillow(photo: Image.Image) -> np.ndarray:
    if photo.mode == 'F':
        raise UserError('expected a photo with 8 or 16 bits per channel, got a Pillow image of mode F')
    try:
        with _DECODING:
            upright = ImageOps.exif_transpose(photo)
            if upright.mode.startswith('I'):
                return _from_array(eight_bits(np.asarray(upright), 16, 'the Pillow image'))
            return np.array(upright.convert('RGB'))
    except OSError as error:
        raise UserError(f'the Pillow image is truncated or damaged: {error}') from error
