"""Published weights by name: one table of where they are, what they are and what one may do with them.

Addresses, sizes and hashes are those that public pages document.
"""

from __future__ import annotations

import difflib

from ...errors import UserError
from .entry import Licence, ZooEntry, hash_in_name
from .segface import SEGFACE
from .segnext import FACE_PARSER, MSCAN, SCENES

ZOO: tuple[ZooEntry, ...] = (*FACE_PARSER, *SEGFACE, *MSCAN, *SCENES)

_BY_NAME = {name: entry for entry in ZOO for name in (entry.name, *entry.aliases)}
_BY_ADDRESS = {address: entry for entry in ZOO for address in entry.addresses}


def find_weights(name: str) -> ZooEntry | None:
    """Return the weights of that name, alias or address, or None."""
    return _BY_NAME.get(name) or _BY_ADDRESS.get(name)


def get_entry(name: str) -> ZooEntry:
    """Return the weights of that name or alias.

    Raises:
        UserError: there are none; with the nearest names.
    """
    if entry := find_weights(name):
        return entry
    near = nearest_names(name)
    nearest = f'; the nearest are {", ".join(near)}' if near else ''
    raise UserError(f'no published weights are called {name}{nearest} (`facenext weights list` shows all)')


def nearest_names(word: str, count: int = 3, similarity: float = 0.5) -> list[str]:
    """Return the names that look most like `word`, the nearest first; they may be none.

    Args:
        similarity: of the least similar one, from 0 to 1; names that `word` is a part of count as well.
    """
    lower = word.lower()
    close = difflib.get_close_matches(lower, _BY_NAME, n=count, cutoff=similarity)
    containing = [name for name in _BY_NAME if lower and lower in name]
    return list(dict.fromkeys(_BY_NAME[name].name for name in (*close, *containing)))[:count]


__all__ = ['ZOO', 'Licence', 'ZooEntry', 'find_weights', 'get_entry', 'hash_in_name', 'nearest_names']
