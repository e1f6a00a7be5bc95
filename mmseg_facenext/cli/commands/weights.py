"""List, download and locate published weights by name.

    facenext weights list
    facenext weights get segface.mobilenet_v3_large.512.celebamaskhq
    facenext weights path mscan.tiny
    facenext weights show mscan.tiny

Every argument that takes a checkpoint takes such a name too, and downloads it on first use. FACENEXT_CACHE chooses the
folder for downloads; FACENEXT_OFFLINE=1 or --offline forbids them.
"""

from __future__ import annotations

import argparse
import sys
from itertools import groupby
from typing import Any

from ..arguments import add_offline

ACTIONS = {
    'list': 'print the table',
    'get': 'download what is not there, print the paths',
    'path': 'print where the files are, or will be',
    'show': 'print all that is known of them',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'action', choices=ACTIONS, help='; '.join(f'{name}: {does}' for name, does in ACTIONS.items())
    )
    names = parser.add_argument('names', nargs='*', metavar='NAME', help='of the list, or an http address')
    names.completer = _complete  # type: ignore[attr-defined]  # argcomplete looks for it
    parser.add_argument('--markdown', action='store_true', help='list: as docs/weights.md has it')
    add_offline(parser)


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if (args.action == 'list') == bool(args.names):
        parser.error('name the weights after get, path or show; list takes no name')


def _complete(prefix: str, **_: Any) -> list[str]:
    from ...checkpoints.zoo import ZOO

    return [name for entry in ZOO for name in (entry.name, *entry.aliases)]


def main(args: argparse.Namespace) -> None:
    if args.action == 'list':
        print(listing(args.markdown))
    else:
        {'get': get_weights, 'path': print_paths, 'show': show_weights}[args.action](args.names)


def get_weights(names: list[str]) -> None:
    """Download and print the path of each."""
    from ...checkpoints.download import fetch

    for source in [_source(name) for name in names]:  # names are checked before the first download
        print(fetch(source))


def print_paths(names: list[str]) -> None:
    """Print the path of each; on stderr, which of them are not there yet."""
    from ...checkpoints.download import in_cache

    for name in names:
        source = _source(name)
        print(source.file)
        if not in_cache(source):
            print(f'not verified yet: `weights get {name}` downloads or verifies it', file=sys.stderr)


def show_weights(names: list[str]) -> None:
    """Print all fields of each."""
    from ...checkpoints.zoo import get_entry

    for name in names:
        for field, value in vars(get_entry(name)).items():
            if field == 'licence':
                value = f'code {value.code}; weights {value.weights}; data {value.data}'
            value = ', '.join(value) if isinstance(value, tuple) else value
            print(f'{field}: {"" if value is None else value}')


def _source(name: str) -> Any:
    from ...checkpoints.download import source_of, source_of_weights
    from ...checkpoints.zoo import get_entry

    if name.startswith(('http://', 'https://')):
        return source_of(name)
    return source_of_weights(get_entry(name))


def listing(markdown: bool = False) -> str:
    """Return a table for each score and licence: for a terminal, or as docs/weights.md has them."""
    from ...checkpoints.zoo import ZOO
    from ...utils.text_table import text_table

    head = ['name', 'MB', 'score', *(['label space', 'SHA-256', 'page'] if markdown else ['downloaded'])]
    parts = []
    for (protocol, licence), group in groupby(ZOO, key=lambda entry: (entry.protocol, entry.licence)):
        entries = list(group)
        terms = f'code: {licence.code}; weights: {licence.weights}; data: {licence.data}'
        rows = [_documented(entry) if markdown else _listed(entry) for entry in entries]
        notes = [f'`{entry.name}`: {entry.note}.\n' for entry in entries if entry.note and markdown]
        title = f'**{protocol}**. {terms[0].upper()}{terms[1:]}\n' if markdown else f'{protocol}\n{terms}'
        parts += [title, text_table(head, rows, left=6 if markdown else 1), '', *notes]
    return '\n'.join([*parts, 'A name is taken wherever a checkpoint is.'])


def _listed(entry: Any) -> list[str]:
    from ...checkpoints.download import in_cache, source_of_weights

    return [entry.name, *_numbers(entry), 'yes' if in_cache(source_of_weights(entry)) else '']


def _documented(entry: Any) -> list[str]:
    names = '<br>'.join(f'`{name}`' for name in (entry.name, *entry.aliases))
    space = f'`{entry.label_space}`' if entry.label_space else ''
    digits = f'`{entry.sha256[:8]}`' if entry.sha256 else ''
    return [names, *_numbers(entry), space, digits, f'[page]({entry.page})']


def _numbers(entry: Any) -> tuple[str, str]:
    """Return size in MB and published score of a row, empty where unknown."""
    size = f'{entry.bytes / 1e6:.0f}' if entry.bytes else ''
    return size, f'{entry.score:.2f}' if entry.score is not None else ''
