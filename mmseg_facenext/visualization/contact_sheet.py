"""Many pictures on one, to look them through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from .overlay import FAINT, PAPER

COLUMNS, ROWS = 8, 10
CELL, GAP, TEXT = 220, 12, 14  # pixels


def contact_sheets(files: Sequence[Path]) -> Iterator[Image.Image]:
    """Yield sheets of up to 80 small pictures with their names below."""
    font = ImageFont.load_default(TEXT)
    for start in range(0, len(files), COLUMNS * ROWS):
        shown = files[start : start + COLUMNS * ROWS]
        columns, rows = min(COLUMNS, len(shown)), -(-len(shown) // COLUMNS)
        line = CELL + TEXT + 2 * GAP
        sheet = Image.new('RGB', (columns * (CELL + GAP) + GAP, rows * line + GAP), PAPER)
        draw = ImageDraw.Draw(sheet)
        for place, file in enumerate(shown):
            x, y = GAP + place % COLUMNS * (CELL + GAP), GAP + place // COLUMNS * line
            with Image.open(file) as picture:
                picture.draft('RGB', (CELL, CELL))
                small = ImageOps.contain(picture.convert('RGB'), (CELL, CELL))
            sheet.paste(small, (x + (CELL - small.width) // 2, y + (CELL - small.height) // 2))
            name = file.stem.removesuffix('_faces')
            while font.getlength(name) > CELL:
                name = f'{name.removesuffix("…")[:-1]}…'
            draw.text((x + CELL // 2, y + CELL + GAP // 2), name, fill=FAINT, font=font, anchor='ma')
        yield sheet
