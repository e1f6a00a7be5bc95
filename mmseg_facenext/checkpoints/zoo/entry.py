"""One row of the table of published weights."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HASH_IN_NAME = re.compile(r'-([0-9a-f]{8,64})\.\w+$')


def hash_in_name(file: str) -> str | None:
    """Return the beginning of its SHA-256 that a file name ends in, as torch.hub and OpenMMLab write them."""
    match = _HASH_IN_NAME.search(file)
    return match[1] if match else None


@dataclass(frozen=True)
class Licence:
    """Under which terms code, weights and the data that they were trained on were published.

    Attributes:
        restricted: whether one of them forbids a use, such as a commercial one.
    """

    code: str
    weights: str
    data: str
    restricted: bool


@dataclass(frozen=True)
class ZooEntry:
    """Published weights.

    Attributes:
        name: what a person calls them by; that of `config`, unless several weights were published for it.
        config: name of the config that builds their network.
        file: what the file is called in the cache, and where it is published if that is known.
        addresses: where it is, the authors' own first; empty where only `page` is known.
        page: where a person finds it.
        licence: of code, weights and data.
        protocol: how `score` was measured.
        score: as published, in percent; None: none was published.
        bytes: its size; None: not documented.
        sha256: its SHA-256, or the beginning of it; None: not documented.
        label_space: what the ids mean, a key of `LABEL_SPACES` for faces; None: no label maps.
        aliases: shorter names.
        note: what else a person should know.
    """

    name: str
    config: str
    file: str
    addresses: tuple[str, ...]
    page: str
    licence: Licence
    protocol: str
    score: float | None = None
    bytes: int | None = None
    sha256: str | None = None
    label_space: str | None = None
    aliases: tuple[str, ...] = ()
    note: str = ''
