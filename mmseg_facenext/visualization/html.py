"""One HTML file with tables and pictures, which opens without a network."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from jinja2 import Environment
from PIL import Image

from ..utils.atomic import atomic_path

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title><style>
body { font: 15px/1.5 system-ui, sans-serif; color: #22303c; margin: 2em auto; max-width: 1100px; padding: 0 1em }
h1 { font-size: 1.6em } h2 { font-size: 1.2em; margin-top: 2em }
table { border-collapse: collapse } td, th { padding: .2em .8em; border-bottom: 1px solid #dde3e8; text-align: left }
td.number { text-align: right; font-variant-numeric: tabular-nums } img { max-width: 100%; height: auto }
.grid { display: flex; flex-wrap: wrap; gap: 10px } figure { margin: 0 } figcaption { font-size: .8em; color: #667 }
.wrong { color: #b00020 } .good { color: #1b7f3b } details { margin: .3em 0 } .few { color: #667 }
.bar { display: inline-block; height: .8em; background: #4b8bd0; vertical-align: middle }
</style></head><body><h1>{{ title }}</h1>
{% for line in lead %}<p class="{{ line[1] }}">{{ line[0] }}</p>{% endfor %}
{% for section in sections %}<h2>{{ section.title }}</h2>
{% for text in section.texts %}<p>{{ text }}</p>{% endfor %}
{% if section.lists %}{% for name, lines in section.lists.items() %}<details {{ 'open' if lines|length < 12 }}>
<summary>{{ name }}: {{ lines|length }}</summary><ul>{% for line in lines[:500] %}<li>{{ line }}</li>{% endfor %}</ul>
{% if lines|length > 500 %}<p class="few">and {{ lines|length - 500 }} more</p>{% endif %}</details>{% endfor %}
{% endif %}
{% if section.rows %}<table><tr>{% for head in section.columns %}<th>{{ head }}</th>{% endfor %}</tr>
{% for row in section.rows %}<tr>{% for cell in row %}{% if cell is string %}<td>{{ cell }}</td>
{% elif cell is float %}<td class="number">{{ '%.2f' % (100 * cell) }}%
<span class="bar" style="width: {{ (100 * cell)|round|int }}px"></span></td>
{% else %}<td class="number">{{ cell }}</td>{% endif %}{% endfor %}</tr>{% endfor %}</table>{% endif %}
<div class="grid">{% for source, caption in section.pictures %}<figure><img src="{{ source }}" alt="{{ caption }}">
<figcaption>{{ caption }}</figcaption></figure>{% endfor %}</div>{% endfor %}</body></html>
"""


@dataclass
class Section:
    """A part of a page.

    Attributes:
        texts: paragraphs. lists: heading to lines, folded where they are many.
        columns, rows: of a table; numbers with a point are shares, shown in percent with a bar.
        pictures: (from `embedded`, caption).
    """

    title: str
    texts: Sequence[str] = ()
    lists: dict[str, list[str]] = field(default_factory=dict)
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str | int | float]] = ()
    pictures: Sequence[tuple[str, str]] = ()


def write_page(path: Path, title: str, lead: Sequence[tuple[str, str]], sections: Sequence[Section]) -> None:
    """Write the page; `lead` are lines with their class: '', 'wrong' or 'good'."""
    text = Environment(autoescape=True).from_string(PAGE).render(title=title, lead=lead, sections=sections)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding='utf-8')


def embedded(picture: Image.Image | Path) -> str:
    """Return a picture, or the PNG or JPEG in a file, as an address that holds all of it."""
    if isinstance(picture, Path):
        content, kind = picture.read_bytes(), 'png' if picture.suffix == '.png' else 'jpeg'
    else:
        stream = BytesIO()
        picture.convert('RGB').save(stream, format='JPEG', quality=88)
        content, kind = stream.getvalue(), 'jpeg'
    return f'data:image/{kind};base64,{base64.b64encode(content).decode()}'
