"""What a server says of a photo."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from ..inference import FaceParser, FaceParsing
from ..page import MATTES
from ..utils.read_image import FORMATS, NoImageError, TooLargeError, open_image
from .limits import Refusal


def parse_upload(parser: FaceParser, content: bytes, max_pixels: int, detect: bool) -> FaceParsing:
    """Parse the content of a photo's file.

    Raises:
        Refusal: 415 for what is no photo, 413 for one with too many pixels.
        UserError: it is a damaged photo.
    """
    try:
        with open_image(content) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise TooLargeError
        return parser(content, detect=detect)
    except NoImageError:
        raise Refusal(
            415, f'the upload is no photo that can be read; expected one of {", ".join(FORMATS)}'
        ) from None
    except TooLargeError:
        raise Refusal(
            413, f'the photo has more than {max_pixels / 1e6:g} megapixels; make it smaller'
        ) from None


def png(pixels: np.ndarray) -> bytes:
    """Return a picture, grey (H, W) or RGB (H, W, 3), as a file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'PNG', compress_level=1)
    return file.getvalue()


def data_url(pixels: np.ndarray) -> str:
    return 'data:image/png;base64,' + base64.b64encode(png(pixels)).decode()


def describe(
    name: str, result: FaceParsing, mattes: Sequence[str], polygons: bool, photo: bool
) -> dict[str, Any]:
    """Return the answer in JSON.

    Args:
        name: of the model.
        mattes: of `MATTES`, those to add as grey PNG.
        polygons: add the parts in COCO's format.
        photo: add the upright photo, for browsers that cannot show its format.
    """
    height, width = result.labels.shape
    space, shares = result.label_space, result.fractions
    answer: dict[str, Any] = {
        'model': name,
        'width': width,
        'height': height,
        'summary': result.describe(),
        'classes': [
            {'id': index, 'name': own, 'title': title, 'colour': list(colour), 'share': shares.get(own, 0.0)}
            for index, (own, title, colour) in enumerate(
                zip(space.classes, space.titles, space.palette, strict=True)
            )
        ],
        'faces': result.faces
        and [
            {
                'number': face.number,
                'box': [round(side, 1) for side in face.box],
                'points': face.points.round(1).tolist(),
                'score': round(face.score, 4),
                'angle': round(face.square.angle, 1),
            }
            for face in result.faces
        ],
        'labels': data_url(result.labels),
    }
    known = {part: [title for title in MATTES[part] if title in space.titles] for part in mattes}
    answer['mattes'] = {
        part: data_url(np.rint(result.matte(*titles) * 255.0).astype(np.uint8))
        for part, titles in known.items()
        if titles and result.mask(*titles).any()
    }
    if polygons:
        answer['coco'] = result.to_coco()
    if photo:
        answer['photo'] = data_url(result.image)
    return answer
