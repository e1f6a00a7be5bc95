"""One dict of an old config, taken apart key by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """What a translation has done, and what it could not do.

    Attributes:
        notes: one line for each change of a name or a meaning.
        problems: settings without counterpart, `data.train.foo` or with the reason behind it.
    """

    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Say it once, however many pipelines need it."""
        if line not in self.notes:
            self.notes.append(line)

    def problem(self, line: str) -> None:
        if line not in self.problems:
            self.problems.append(line)


class Section:
    """A dict of settings that are taken out one by one; `close` reports what nobody took.

    Args:
        values: the settings; they are copied, not changed.
        name: where they stand in the config, 'data.train'; '' for the config itself.
        report: of the translation that they belong to.
    """

    def __init__(self, values: Mapping[str, Any], name: str, report: Report) -> None:
        self.values = dict(values)
        self.name = name
        self.report = report

    def path(self, key: str) -> str:
        return f'{self.name}.{key}' if self.name else key

    def take(self, key: str, default: Any = None) -> Any:
        return self.values.pop(key, default)

    def take_all(self, *keys: str) -> dict[str, Any]:
        """Those of the keys that are there, with their values: what is called the same in new configs."""
        return {key: self.values.pop(key) for key in keys if key in self.values}

    def part(self, key: str) -> Section:
        """Return a dict below this one; empty where there is none, or None instead."""
        return self.child(self.take(key) or {}, key)

    def child(self, values: Any, key: str) -> Section:
        """`values`, which stand at `key`, as a section."""
        if not isinstance(values, Mapping):
            self.problem(key, f'expected a dict, got {values!r}')
            values = {}
        return Section(values, self.path(key), self.report)

    def note(self, old: str, new: str) -> None:
        self.report.note(f'{self.path(old)} -> {new}')

    def problem(self, key: str, reason: str) -> None:
        self.report.problem(f'{self.path(key)} ({reason})')

    def close(self) -> None:
        """What is left has no counterpart."""
        for key in self.values:
            self.report.problem(self.path(key))
