"""Show a protocol report on the console and write it as JSON, CSV or Markdown."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

from prettytable import PrettyTable, TableStyle

from ..errors import UserError
from ..utils.atomic import atomic_path
from .protocols import ProtocolReport

FORMATS = ('.json', '.csv', '.md')


def protocol_table(report: ProtocolReport) -> PrettyTable:
    """Return one row per split, order of classes and size: means in percent, a dash where undefined."""
    means = list(report.rows[0].means)
    table = PrettyTable(
        ['split', 'labels painted as', 'pixels at', 'images', *means, 'reported by'], align='r'
    )
    for column in ('split', 'labels painted as', 'pixels at', 'reported by'):
        table.align[column] = 'l'
    for row in report.rows:
        images = f'{row.images} of {row.images + row.missing}' if row.missing else str(row.images)
        values = ['-' if math.isnan(value) else f'{value:.2f}' for value in row.means.values()]
        table.add_row([row.split, row.labels, row.size, images, *values, row.reported])
    return table


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
    table = protocol_table(report)
    if path.suffix == '.json':
        rows = [asdict(row) for row in report.rows]
        for row in rows:
            row['means'] = {name: None if math.isnan(v) else v for name, v in row['means'].items()}
        text = json.dumps({'rows': rows, 'notes': report.notes}, indent=1, allow_nan=False) + '\n'
    elif path.suffix == '.csv':
        text = table.get_csv_string(lineterminator='\n')
    else:
        table.set_style(TableStyle.MARKDOWN)
        text = table.get_string() + '\n'
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding='utf-8')
