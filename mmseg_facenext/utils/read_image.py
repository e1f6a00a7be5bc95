"""Reading photos, label maps and part masks, so that a damaged file is an error instead of grey pixels.

OpenCV fills the rest of a truncated JPEG with grey and says nothing; Pillow refuses it.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from ..errors import UserError

_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
_ALPHA_MODES = {'LA': 'L', 'La': 'L', 'RGBA': 'RGB', 'RGBa': 'RGB', 'PA': 'RGB', 'P': 'RGB', 'CMYK': 'RGB'}

StrPath = str | os.PathLike[str]


@contextmanager
def open_image(path: StrPath) -> Iterator[Image.Image]:
    """A Pillow image, not decoded yet; whatever goes wrong inside the block names the file.

    Raises:
        UserError: the file is missing, unreadable, no image, truncated or damaged.
    """
    try:
        with Image.open(path) as image:
            yield image
    except FileNotFoundError:
        raise UserError(f'image not found: {path}') from None
    except IsADirectoryError:
        raise UserError(f'expected an image file, but {path} is a folder') from None
    except PermissionError:
        raise UserError(f'no permission to read {path}') from None
    except Image.UnidentifiedImageError:
        size = Path(path).stat().st_size
        raise UserError(f'{path} is not an image that can be read ({size} bytes); replace the file') from None
    except _BROKEN as error:
        reason = ' '.join(str(error).split())
        raise UserError(f'{path} is truncated or damaged ({reason}); download or write it again') from None


def read_image(path: StrPath, at_least: tuple[int, int] | None = None) -> np.ndarray:
    """A photo as BGR uint8 (H, W, 3), turned upright by its EXIF orientation as mmcv does.

    Grey, palette, CMYK and 16-bit images are converted; transparency is dropped.

    Args:
        path: the file.
        at_least: (H, W). A JPEG is then decoded at 1/2, 1/4 or 1/8 of its size, several times as fast, as long as
            neither side gets shorter than that. Other formats are not affected.

    Raises:
        UserError: see `open_image`; also for float images, whose value range nobody knows.
    """
    with open_image(path) as image:
        if at_least is not None:
            # Pillow's own choice among the scales looks at both sides; it is told before EXIF turns them.
            longest = max(at_least)
            image.draft(None, (longest, longest))
        image.load()
        _turn_upright(image)
        if image.mode == 'F':
            raise UserError(f'{path} holds floating-point pixels; save it with 8 or 16 bits per channel')
        if image.mode.startswith('I'):
            grey = np.asarray(image)
            grey = (grey >> 8 if grey.max(initial=0) > 255 else grey).astype(np.uint8)
            return np.repeat(grey[..., None], 3, axis=2)
        rgb = image if image.mode == 'RGB' else image.convert('RGB')  # which copies even where it is RGB
        return cv2.cvtColor(np.asarray(rgb), cv2.COLOR_RGB2BGR)


def _turn_upright(image: Image.Image) -> None:
    with suppress(*_BROKEN):  # the pixels are sound; a camera wrote EXIF data that cannot be parsed
        ImageOps.exif_transpose(image, in_place=True)


def read_labels(path: StrPath) -> np.ndarray:
    """A label map as uint8 (H, W). Palette images give their indices; colour images must be grey.

    Raises:
        UserError: see `open_image`; also when the pixels are colours or ids beyond 255.
    """
    with open_image(path) as image:
        pixels = np.asarray(image)
    if pixels.ndim == 3:
        if (pixels[..., :3] != pixels[..., :1]).any():
            raise UserError(f'{path} holds colours, not label ids; expected one grey or palette channel')
        pixels = pixels[..., 0]
    if pixels.dtype != np.uint8 and pixels.max(initial=0) > 255:
        raise UserError(f'{path} holds label id {pixels.max()}; ids must lie between 0 and 255')
    return pixels.astype(np.uint8, copy=False)


def read_mask(path: StrPath) -> np.ndarray:
    """A part mask as bool (H, W): True where any colour channel is not zero, whatever the alpha channel says.

    Raises:
        UserError: see `open_image`.
    """
    with open_image(path) as image:
        pixels = np.asarray(image.convert(_ALPHA_MODES.get(image.mode, image.mode)))
    if pixels.ndim == 2:
        return pixels != 0
    return (pixels[..., 0] | pixels[..., 1] | pixels[..., 2]) != 0


def check_proportions(
    image_shape: Sequence[int], label_shape: Sequence[int], image_name: StrPath, label_name: StrPath
) -> None:
    """Photo and labels may differ in size (CelebAMask-HQ: 1024 and 512), but not in proportions.

    Args:
        image_shape, label_shape: (H, W, ...).
        image_name, label_name: what to call them in the message.

    Raises:
        UserError: one of them, scaled to the other's width or height, would be off by more than a pixel.
    """
    (height, width), (label_height, label_width) = image_shape[:2], label_shape[:2]
    off_by = min(
        abs(height * label_width / width - label_height), abs(width * label_height / height - label_width)
    )
    if off_by > 1:
        raise UserError(
            f'{image_name} is {width}x{height}, but its labels are {label_width}x{label_height} ({label_name}); '
            'sizes may differ, proportions may not'
        )
