"""Read photos, label maps and part masks, so that a damaged file is an error and not grey pixels.

OpenCV fills the rest of a truncated JPEG with grey and says nothing; Pillow refuses it. Only formats that hold
nothing but pixels are opened: Pillow starts Ghostscript for a PostScript file with any suffix.
"""

from __future__ import annotations

import importlib
import os
import struct
import traceback
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image, ImageOps

from ..errors import UserError
from .png import damaged_chunk

Image.init()  # Pillow's builds differ in what they can open
with suppress(ImportError):  # photos of iPhones, where the package is installed
    importlib.import_module('pillow_heif').register_heif_opener()
FORMATS = tuple(
    name
    for name in ('JPEG', 'PNG', 'WEBP', 'BMP', 'TIFF', 'GIF', 'PPM', 'AVIF', 'HEIF')
    if name in Image.OPEN
)
"""Formats that are opened, by Pillow's names; the content decides, not the file's suffix."""

HEIF_BRANDS = (b'heic', b'heix', b'heim', b'heis', b'mif1', b'msf1')  # ISO/IEC 23008-12, B.4

MAX_PIXELS_SWITCH = 'FACENEXT_MAX_PIXELS'
MAX_PIXELS = 120_000_000
"""Larger pictures are refused: a file of 1 kB may declare 179 megapixels, which take gigabytes of memory."""

_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
_ALPHA_MODES = {'LA': 'L', 'La': 'L', 'RGBA': 'RGB', 'RGBa': 'RGB', 'PA': 'RGB', 'P': 'RGB', 'CMYK': 'RGB'}


class NoImageError(UserError):
    """The content is none of `FORMATS`."""


class TooLargeError(UserError):
    """The picture has more pixels than are read."""


StrPath = str | os.PathLike[str]
Source = StrPath | bytes | BinaryIO
"""A file by its path, its content, or opened for reading bytes."""


@contextmanager
def open_image(source: Source) -> Iterator[Image.Image]:
    """Open a Pillow image, not decoded yet; whatever goes wrong inside the block names the file.

    Raises:
        UserError: the file is missing, unreadable, too large, truncated or damaged, or none of `FORMATS`.
    """
    name = name_of(source)
    try:
        content = _content(source)
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check_size(image, name)
            if image.format == 'PNG' and (chunk := damaged_chunk(content)):
                raise ValueError(f'the checksum of its {chunk} chunk is wrong')
            yield image
    except FileNotFoundError:
        raise UserError(f'image not found: {name}') from None
    except IsADirectoryError:
        raise UserError(f'expected an image file, but {name} is a folder') from None
    except PermissionError:
        raise UserError(f'no permission to read {name}') from None
    except Image.DecompressionBombError as error:
        raise TooLargeError(
            f'{name} is larger than Pillow opens ({error}); make it smaller, or raise PIL.Image.MAX_IMAGE_PIXELS'
        ) from None
    except Image.UnidentifiedImageError:
        if content[4:8] == b'ftyp' and content[8:12] in HEIF_BRANDS and 'HEIF' not in FORMATS:
            raise NoImageError(
                f'{name} is a HEIF photo: pip install pillow-heif, or convert it to JPEG'
            ) from None
        raise NoImageError(
            f'{name} is not an image that can be read ({len(content)} bytes); expected one of '
            f'{", ".join(FORMATS)}: convert or replace the file'
        ) from None
    except (UserError, MemoryError):
        raise
    except Exception as error:
        if not isinstance(error, _BROKEN) and not _raised_in_pillow(error):
            raise
        reason = ' '.join(str(error).split())
        raise UserError(f'{name} is truncated or damaged ({reason}); download or write it again') from None


def _raised_in_pillow(error: Exception) -> bool:
    """Its decoders raise anything for damaged files, TypeError and RuntimeError included."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals.get('__name__', '').startswith('PIL.')


def _content(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source
    return Path(source).read_bytes() if isinstance(source, str | os.PathLike) else source.read()


def name_of(source: Source) -> str:
    """Return what to call an image in a message: its path, or 'the image'."""
    path = source if isinstance(source, str | os.PathLike) else getattr(source, 'name', None)
    return os.fspath(path) if isinstance(path, str | os.PathLike) else 'the image'


def _check_size(image: Image.Image, name: str) -> None:
    given = os.environ.get(MAX_PIXELS_SWITCH, '')
    limit = int(given) if given.isdigit() else MAX_PIXELS
    width, height = image.size
    if width * height > limit:
        raise TooLargeError(
            f'{name} has {width}x{height} pixels, more than the {limit / 1e6:g} megapixels that are read; make it '
            f'smaller, or raise the limit ({MAX_PIXELS_SWITCH}={width * height})'
        )


def read_image(source: Source, at_least: tuple[int, int] | None = None, bits: int = 16) -> np.ndarray:
    """Read a photo as BGR uint8 (H, W, 3), turned upright by its EXIF orientation as mmcv does.

    Grey, palette, CMYK and 16-bit images are converted; transparency is dropped, of a film the first picture is read.

    Args:
        source: the file, or its content.
        at_least: (H, W). A JPEG is then decoded at 1/2, 1/4 or 1/8 of its size, several times as fast, as long as
            neither side gets shorter than that. Other formats are not affected.
        bits: how many bits a pixel of a 16-bit grey image uses: 16, or 12 of cameras and scanners that leave
            the upper four empty.

    Raises:
        UserError: see `open_image`; also for float images, whose value range nobody knows, and for values that do
            not fit `bits` or use only the lowest quarter of them.
    """
    with open_image(source) as image:
        if at_least is not None:
            # Pillow's own choice among the scales looks at both sides; it is told before EXIF turns them.
            longest = max(at_least)
            image.draft(None, (longest, longest))
        image.load()
        _turn_upright(image)
        if image.mode == 'F':
            raise UserError(
                f'{name_of(source)} holds floating-point pixels; save it with 8 or 16 bits per channel'
            )
        if image.mode.startswith('I'):
            grey = eight_bits(np.asarray(image), bits, name_of(source))
            return np.repeat(grey[..., None], 3, axis=2)
        rgb = image if image.mode == 'RGB' else image.convert('RGB')  # which copies even where it is RGB
        return cv2.cvtColor(np.asarray(rgb), cv2.COLOR_RGB2BGR)


def eight_bits(grey: np.ndarray, bits: int, name: str) -> np.ndarray:
    """Scale 16-bit pixels by the same factor in every picture: uint8, the upper 8 of `bits` bits.

    Raises:
        UserError: values do not fit `bits`, or use only the lowest quarter of 16 bits.
    """
    lowest, highest = int(grey.min(initial=0)), int(grey.max(initial=0))
    if lowest < 0 or highest >= 1 << bits:
        raise UserError(
            f'{name} has grey values from {lowest} to {highest}, beyond {bits} bits; '
            'save it with 8 or 16 bits per pixel'
        )
    if bits == 16 and 0 < highest < 1 << 12:
        raise UserError(
            f'{name} has 16 bits per pixel but uses the lowest {highest.bit_length()} only, and would be nearly black; '
            'scale it to 16 bits, save it with 8, or say bits=12 (LoadFaceImage, read_image)'
        )
    return (grey >> (bits - 8)).astype(np.uint8)


def _turn_upright(image: Image.Image) -> None:
    with suppress(*_BROKEN):  # the pixels are sound; a camera wrote EXIF data that cannot be parsed
        ImageOps.exif_transpose(image, in_place=True)


def read_labels(path: StrPath) -> np.ndarray:
    """Read a label map as uint8 (H, W). Palette images give their indices; colour images must be grey.

    An alpha channel is dropped.

    Raises:
        UserError: see `open_image`; also when the pixels are colours or ids beyond 255.
    """
    with open_image(path) as image:
        pixels = np.asarray(image)
    if pixels.ndim == 3:
        colours = pixels[..., :1] if pixels.shape[2] == 2 else pixels[..., :3]
        if (colours != pixels[..., :1]).any():
            raise UserError(f'{path} holds colours, not label ids; expected one grey or palette channel')
        pixels = pixels[..., 0]
    for extreme in (pixels.min(initial=0), pixels.max(initial=0)):
        if not 0 <= extreme <= 255:
            raise UserError(f'{path} holds label id {extreme}; ids must lie between 0 and 255')
    return pixels.astype(np.uint8, copy=False)


def read_mask(path: StrPath) -> np.ndarray:
    """Read a part mask as bool (H, W): True where any colour channel is not zero, whatever the alpha channel says.

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
    """Check that photo and labels have the same proportions; their sizes may differ (CelebAMask-HQ: 1024, 512).

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
