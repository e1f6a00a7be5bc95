"""Write tables as text, for the console, logs and Markdown."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table


def text_table(head: Sequence[str], rows: Iterable[Sequence[str] | None], left: int = 1) -> str:
    """Return a table in Markdown, as wide as it needs to be.

    Args:
        rows: cells; None draws a line.
        left: how many of the columns are aligned at their left; the others hold numbers.
    """
    table = Table(box=box.MARKDOWN)
    for place, name in enumerate(head):
        table.add_column(name, justify='left' if place < left else 'right', no_wrap=True)
    for row in rows:
        table.add_section() if row is None else table.add_row(*row)
    text = io.StringIO()
    Console(file=text, width=10_000, markup=False, emoji=False, highlight=False).print(table)
    return '\n'.join(line.rstrip() for line in text.getvalue().splitlines() if line.strip())
