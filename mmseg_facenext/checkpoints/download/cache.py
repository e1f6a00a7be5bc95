"""What to download, and where it lies afterwards.

    <cache>/weights/<name>/<file>                    published weights
    <cache>/addresses/<host>-<key>/<file>            any other address; the key is the hash of the whole address
    <cache>/.locks/                                  empty files, by which processes wait for each other

Beside each file lies `<file>.json` (its SHA-256, what it was downloaded from), and `<file>.part` after a transfer was
cut.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

import platformdirs

from ...errors import UserError
from ..zoo import ZooEntry, find_weights, hash_in_name

CACHE = 'FACENEXT_CACHE'
OFFLINE = 'FACENEXT_OFFLINE'
LOCKS = '.locks'
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Source:
    """A file to have.

    Attributes:
        name: what to call it in messages.
        file: where it is, or will be, in the cache.
        addresses: where to get it, in this order; they may be none.
        page: where a person finds it.
        sha256: its SHA-256, or the beginning of it; None: not known.
        bytes: its size; None: not known.
        terms: one line to say at the first use, if there is something to say.
    """

    name: str
    file: Path
    addresses: tuple[str, ...]
    page: str
    sha256: str | None = None
    bytes: int | None = None
    terms: str = ''


def cache_folder() -> Path:
    """FACENEXT_CACHE, else where the platform keeps caches (~/.cache/facenext on Linux)."""
    chosen = os.environ.get(CACHE, '')
    return Path(chosen or platformdirs.user_cache_dir('facenext', appauthor=False)).expanduser()


def is_offline() -> bool:
    """Tell whether FACENEXT_OFFLINE (or the switch `--offline`) forbids downloads."""
    return os.environ.get(OFFLINE, '').lower() not in ('', '0', 'no', 'false', 'off')


def source_of_weights(entry: ZooEntry) -> Source:
    """Return where published weights are."""
    licence = entry.licence
    terms = f'{entry.name}: licence of the weights: {licence.weights}; trained on {licence.data}'
    return Source(
        name=entry.name,
        file=cache_folder() / 'weights' / entry.name / entry.file,
        addresses=entry.addresses,
        page=entry.page,
        sha256=entry.sha256,
        bytes=entry.bytes,
        terms=terms if licence.restricted else '',
    )


def source_of(address: str) -> Source:
    """Return what an http(s) address stands for; one of published weights for these, under their name.

    Raises:
        UserError: it is no address.
    """
    if entry := find_weights(address):
        return source_of_weights(entry)
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise UserError(f'{address} is no address ({error})') from error
    file = _plain(unquote(parts.path.rpartition('/')[2])) or 'weights'
    folder = f'{_plain(parts.hostname or "unknown")}-{sha256(address.encode()).hexdigest()[:16]}'
    return Source(
        name=without_login(address),
        file=cache_folder() / 'addresses' / folder / file,
        addresses=(address,),
        page=without_login(address),
        sha256=hash_in_name(file),
    )


def without_login(address: str) -> str:
    """`address` as it may be shown: without the user and the password that may stand before the host."""
    return re.sub(r'^(https?://)[^/?#]*@', r'\1', address)


def _plain(text: str) -> str:
    """`text` as a file name that every platform takes, its ending kept."""
    return re.sub(r'[^A-Za-z0-9._-]', '_', text)[-_LONGEST_NAME:].strip('.')
