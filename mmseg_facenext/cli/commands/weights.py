"""Published weights by name: what there is, download it, where it lies.

    facenext weights list
    facenext weights get segface.mobilenet_v3_large.512.celebamaskhq
    facenext weights path mscan.tiny
    facenext weights show mscan.tiny

Whatever takes a checkpoint takes such a name, and downloads it when it is first used. FACENEXT_CACHE chooses the
folder for downloads; FACENEXT_OFFLINE=1 or --offline forbids them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..arguments import add_offline

if TYPE_CHECKING:
    from ...checkpoints.zoo import ZooEntry

NAME = 'of the list, or an http address'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest='action', metavar='list|get|path|show', required=True)
    listing = actions.add_parser('list', help='print the table')
    listing.add_argument('--markdown', action='store_true', help='as docs/weights.md has it')
    for action, words in (
        ('get', 'download what is not there, print the paths'),
        ('path', 'print where the files are, or are to be'),
        ('show', 'print all that is known of them'),
    ):
        subparser = actions.add_parser(action, help=words)
        names = subparser.add_argument('names', nargs='+', metavar='NAME', help=NAME)
        names.completer = _complete  # type: ignore[attr-defined]  # argcomplete looks for it
        if action == 'get':
            add_offline(subparser)


def _complete(prefix: str, **_: Any) -> list[str]:
    from ...checkpoints.zoo import ZOO

    return [name for entry in ZOO for name in (entry.name, *entry.aliases)]


def main(args: argparse.Namespace) -> None:
    actions = {'list': list_weights, 'get': get_weights, 'path': print_paths, 'show': show_weights}
    actions[args.action](args)


def list_weights(args: argparse.Namespace) -> None:
    """Print all of them."""
    from rich.console import Console

    if args.markdown:
        print(markdown())
        return
    console = Console()
    for title, table in tables():
        console.print(title, soft_wrap=True, highlight=False)
        console.print(table)
    console.print('here: it is in the cache. A name is taken wherever a checkpoint is.', style='dim')


def get_weights(args: argparse.Namespace) -> None:
    """Download and print the path of each."""
    from ...checkpoints.download import fetch

    for source in [_source(name) for name in args.names]:  # names are checked before the first download
        print(fetch(source))


def print_paths(args: argparse.Namespace) -> None:
    """Print where each is; where it is to be, with a remark on the other stream."""
    from ...checkpoints.download import in_cache

    for name in args.names:
        source = _source(name)
        print(source.file)
        if not in_cache(source):
            print(f'not verified yet: `weights get {name}` downloads or verifies it', file=sys.stderr)


def show_weights(args: argparse.Namespace) -> None:
    """Print the row of the table that each is, field by field."""
    from ...checkpoints.zoo import get_entry

    for name in args.names:
        for field, value in vars(get_entry(name)).items():
            if field == 'licence':
                value = f'code {value.code}; weights {value.weights}; data {value.data}'
            print(
                f'{field}: {", ".join(value) if isinstance(value, tuple) else "" if value is None else value}'
            )


def _source(name: str) -> Any:
    from ...checkpoints.download import source_of, source_of_weights
    from ...checkpoints.zoo import get_entry

    if name.startswith(('http://', 'https://')):
        return source_of(name)
    return source_of_weights(get_entry(name))


def tables() -> Iterator[tuple[str, Any]]:
    """Yield a title and a table for a terminal for each measure and licence."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from ...checkpoints.download import in_cache, source_of_weights
    from ...checkpoints.zoo import ZOO

    longest = max(len(entry.name) for entry in ZOO)
    for (protocol, licence), entries in groupby(ZOO, key=lambda entry: (entry.protocol, entry.licence)):
        terms = f'code: {licence.code}; weights: {licence.weights}; data: {licence.data}'
        result = Table(box=SIMPLE_HEAD)
        result.add_column('name', min_width=longest)
        for name in ('MB', 'score'):
            result.add_column(name, justify='right', min_width=5)
        result.add_column('here', min_width=4)
        for entry in entries:
            here = 'yes' if in_cache(source_of_weights(entry)) else ''
            result.add_row(entry.name, megabytes(entry), score(entry), here)
        yield f'{protocol}\n{terms}', result


def markdown() -> str:
    """Return the table for docs/weights.md."""
    from ...checkpoints.zoo import ZOO

    rows = [
        '| name | MB | score | of | label space | SHA-256 | code; weights; data | where |',
        '|---|---|---|---|---|---|---|---|',
    ]
    for entry in ZOO:
        names = '<br>'.join(f'`{name}`' for name in (entry.name, *entry.aliases))
        terms = f'{entry.licence.code}; {entry.licence.weights}; {entry.licence.data}'
        cells = (
            names,
            megabytes(entry),
            score(entry),
            entry.protocol + (f' ({entry.note})' if entry.note else ''),
            f'`{entry.label_space}`' if entry.label_space else '',
            f'`{entry.sha256[:8]}`' if entry.sha256 else '',
            terms,
            f'[page]({entry.page})',
        )
        rows.append(f'| {" | ".join(cells)} |')
    return '\n'.join(rows)


def megabytes(entry: ZooEntry) -> str:
    """Its size, as far as it is documented."""
    return f'{entry.bytes / 1e6:.0f}' if entry.bytes else ''


def score(entry: ZooEntry) -> str:
    """As published."""
    return f'{entry.score:.2f}' if entry.score is not None else ''
