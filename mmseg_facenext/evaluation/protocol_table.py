"""Show a protocol report on the console and write it as JSON, CSV or Markdown."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict
from pathlib import Path

from ..errors import UserError
from ..utils.atomic import atomic_path
from ..utils.text_table import text_table
from .protocols import ProtocolReport

FORMATS = ('.json', '.csv', '.md')


def protocol_table(report: ProtocolReport) -> str:
    """Return a table in Markdown: means in percent, a dash where undefined."""
    head, *rows = _cells(report)
    return text_table(head, rows, left=3)


def _cells(report: ProtocolReport) -> list[list[str]]:
    """Return the head, then one row per split, order of classes and size."""
    means = list(report.rows[0].means)
    cells = [['split', 'labels painted as', 'pixels at', 'images', *means, 'reported by']]
    for row in report.rows:
        images = f'{row.images} of {row.images + row.missing}' if row.missing else str(row.images)
        values = ['-' if math.isnan(value) else f'{value:.2f}' for value in row.means.values()]
        cells.append([row.split, row.labels, row.size, images, *values, row.reported])
    return cells


def check_format(path: str | Path) -> Path:
    """Return `path` if a report can be written there.

    Raises:
        UserError: it is a folder, or its ending names no format.
    """
    path = Path(path)
    if path.suffix not in FORMATS or path.is_dir():
        raise UserError(f'cannot write a table to {path}: name a file that ends in {", ".join(FORMATS)}')
    return path


def save_protocols(report: ProtocolReport, path: str | Path) -> None:
    """Write the report as JSON (with the notes), CSV or Markdown, by the ending of `path`.

    Raises:
        UserError: another ending.
    """
    path = check_format(path)
    if path.suffix == '.json':
        rows = [asdict(row) for row in report.rows]
        for row in rows:
            row['means'] = {name: None if math.isnan(v) else v for name, v in row['means'].items()}
        text = json.dumps({'rows': rows, 'notes': report.notes}, indent=1, allow_nan=False) + '\n'
    elif path.suffix == '.csv':
        lines = io.StringIO()
        csv.writer(lines, lineterminator='\n').writerows(_cells(report))
        text = lines.getvalue()
    else:
        text = protocol_table(report) + '\n'
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding='utf-8')
