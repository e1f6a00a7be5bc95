"""Pictures of a label map: tinted photo, plain colours, and both with a legend.

Photos are RGB uint8 (H, W, 3), label maps uint8 (H, W). Background and ids without a class (255) stay as
they are in the photo.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..taxonomy import LabelSpace

PAPER, INK, FAINT, OUTLINE = (255, 255, 255), (34, 48, 60), (120, 133, 145), (200, 207, 213)
SHORTEST_FIGURE, LONGEST_FIGURE = 640, 2048  # pixels of the longer side: readable, and never a huge file
SMALLEST_WITH_CONTOURS = 200  # pixels; on smaller photos the lines would hide the eyes
WIDE = 1.6  # photos wider than this times their height have the legend below
SHARPNESS = 3  # the legend is drawn that much larger and reduced, which smooths its corners


def colour_labels(labels: np.ndarray, space: LabelSpace) -> np.ndarray:
    """RGB uint8 (H, W, 3): each pixel in the colour of its class, black where it has none."""
    table = np.zeros((256, 3), np.uint8)
    table[: space.num_classes] = space.palette
    return cv2.LUT(cv2.merge([labels] * 3), table[None])


def draw_overlay(
    image: np.ndarray,
    labels: np.ndarray,
    space: LabelSpace,
    opacity: float = 0.5,
    contours: bool = True,
    extent: float | None = None,
) -> np.ndarray:
    """Return the photo tinted by class, with a thin light line between classes; RGB uint8 (H, W, 3).

    Args:
        opacity: 0 shows the photo only, 1 the colours only (where there is a class other than background).
        extent: pixels of the largest face, which the lines become finer with; by default the longer side of the photo.
    """
    tinted = cv2.addWeighted(image, 1 - opacity, colour_labels(labels, space), opacity, 0)
    picture = np.where(_is_part(labels, space)[..., None], tinted, image)
    extent = max(labels.shape) if extent is None else extent
    if contours and opacity > 0 and extent >= SMALLEST_WITH_CONTOURS:
        strength = _contours(labels, extent) * np.float32(0.7 * min(1.0, 2 * opacity))
        line = strength > 0  # few pixels: as floats, all of a photo of 12 megapixels would be 430 MB
        share = strength[line][:, None]
        picture[line] = np.rint(picture[line] * (1 - share) + 255 * share).astype(np.uint8)
    return picture


def _is_part(labels: np.ndarray, space: LabelSpace) -> np.ndarray:
    part = np.zeros(256, bool)
    part[: space.num_classes] = [title != 'background' for title in space.titles]
    return part[labels]


def _contours(labels: np.ndarray, extent: float) -> np.ndarray:
    """Float32 (H, W) in 0..1: an anti-aliased line along the borders of classes, wider on larger faces."""
    edges = np.zeros(labels.shape, np.uint8)
    edges[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edges[1:] |= labels[1:] != labels[:-1]
    width = max(1, round(extent / 700))
    if width > 1:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
        edges = cv2.dilate(edges, disc)
    return cv2.GaussianBlur(edges.astype(np.float32), (0, 0), 0.45 * width)


def draw_figure(
    image: np.ndarray, labels: np.ndarray, space: LabelSpace, opacity: float = 0.5
) -> Image.Image:
    """Return the overlay with a legend at its right, or below if the photo is wide; classes by their share.

    The photo is enlarged or reduced so that its longer side has 640 to 2048 pixels.
    """
    shown_image, shown_labels = _fit(image, labels)
    overlay = Image.fromarray(draw_overlay(shown_image, shown_labels, space, opacity))
    rows = [
        (space.palette[label], space.titles[label], format_share(share))
        for label, share in sorted(class_shares(labels, space).items(), key=lambda item: -item[1])
    ]
    below = overlay.width > WIDE * overlay.height
    size = max(14, round(max(overlay.size) / 42))
    legend = _legend(rows, size, extent=overlay.width if below else overlay.height, below=below)
    if below:
        width, height, corner = overlay.width, overlay.height + legend.height, (0, overlay.height)
    else:
        width, height, corner = overlay.width + legend.width, overlay.height, (overlay.width, 0)
    canvas = Image.new('RGB', (width, height), PAPER)
    canvas.paste(overlay, (0, 0))
    canvas.paste(legend, corner)
    return canvas


def class_shares(labels: np.ndarray, space: LabelSpace) -> dict[int, float]:
    """Share of the labelled pixels (0..1) by class id, for the classes that occur."""
    counts = np.bincount(labels.ravel(), minlength=256)[: space.num_classes]
    return {int(label): float(counts[label] / counts.sum()) for label in np.flatnonzero(counts)}


def _fit(image: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    height, width = labels.shape
    scale = min(max(height, width, SHORTEST_FIGURE), LONGEST_FIGURE) / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return (
        np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS)),
        np.asarray(Image.fromarray(labels).resize(size, Image.Resampling.NEAREST)),
    )


def format_share(fraction: float) -> str:
    """0.123 as '12.3%'; what would round to nothing as '< 0.1%'."""
    return f'{fraction:.1%}' if fraction >= 0.0005 else '< 0.1%'


def _legend(
    rows: list[tuple[tuple[int, int, int], str, str]], size: int, extent: int, below: bool
) -> Image.Image:
    """Swatch, title and share of each class, in as many columns as `extent` (pixels) makes necessary.

    Args:
        size: font size in pixels.
        extent: width of the legend if `below` the picture, else its least height.
    """
    font = ImageFont.load_default(size * SHARPNESS)
    unit = size * SHARPNESS
    title_width = max((font.getlength(title) for _, title, _ in rows), default=0)
    column = round(2.2 * unit + title_width + 0.9 * unit + font.getlength('100.0%'))
    line, margin, gap = round(1.75 * unit), unit, round(1.5 * unit)
    extent *= SHARPNESS
    if below:
        columns = max(1, (extent - 2 * margin + gap) // (column + gap))
        per_column = math.ceil(len(rows) / columns)
        width, height = extent, per_column * line + 2 * margin
    else:
        per_column = max(1, (extent - 2 * margin) // line)
        columns = max(1, math.ceil(len(rows) / per_column))
        width, height = columns * (column + gap) - gap + 2 * margin, extent
    panel = Image.new('RGB', (max(width, column + 2 * margin), max(height, line + 2 * margin)), PAPER)
    draw = ImageDraw.Draw(panel)
    for place, row in enumerate(rows):
        corner = (
            margin + (place // per_column) * (column + gap),
            margin + (place % per_column) * line,
        )
        _draw_row(draw, font, row, corner, column, line)
    return panel.resize(
        (round(panel.width / SHARPNESS), round(panel.height / SHARPNESS)), Image.Resampling.LANCZOS
    )


def _draw_row(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    row: tuple[tuple[int, int, int], str, str],
    corner: tuple[int, int],
    column: int,
    line: int,
) -> None:
    colour, title, share = row
    x, y = corner
    unit = round(line / 1.75)
    middle = y + line // 2
    top = middle - round(0.55 * unit)
    # Background is not tinted in the picture, so its swatch stays empty.
    fill = PAPER if title == 'background' else colour
    draw.rounded_rectangle(
        (x, top, x + round(1.5 * unit), top + round(1.1 * unit)),
        radius=0.25 * unit,
        fill=fill,
        outline=OUTLINE,
        width=max(1, unit // 16),
    )
    draw.text((x + round(2.2 * unit), middle), title, fill=INK, font=font, anchor='lm')
    draw.text((x + column, middle), share, fill=FAINT, font=font, anchor='rm')
