"""The result of one evaluation and its protocol, for the log, for files and for charts."""

import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from ..taxonomy import find_label_space
from ..utils.atomic import atomic_path
from ..utils.text_table import text_table
from .confusion import Scores, merged_f1, scores


@dataclass(frozen=True)
class Protocol:
    """The conditions of an evaluation; scores are comparable only where they agree."""

    num_images: int
    num_processes: int
    heights: tuple[int, int]  # smallest and largest height of the labels, where scoring happens
    widths: tuple[int, int]
    ignore_index: int
    ignored_pixels: int
    label_space: str
    note: str = ''  # how predictions were made, for example 'test-time augmentation'
    resized_from: tuple[tuple[int, int], ...] = ()
    """Heights and widths of the label maps where they were resized to the network's input, else nothing."""

    def where(self) -> str:
        """At which size pixels were compared."""
        scored = _size(self.heights, self.widths)
        if not self.resized_from:
            return f'scored at the size of their labels (height x width {scored})'
        stored = _size(*self.resized_from)
        labels = (
            f'labels of {stored} resized to it (nearest pixel)' if stored != scored else 'that of the labels'
        )
        return f"scored at the network's resolution (height x width {scored}), {labels}"


@dataclass(frozen=True)
class EvaluationSummary:
    """The confusion matrix of all counted pixels, with the names of its classes."""

    confusion: Tensor  # int64 (C, C) on the CPU, labels in rows
    classes: tuple[str, ...]  # the data set's identifiers
    titles: tuple[str, ...]  # names for people
    palette: tuple[tuple[int, int, int], ...]  # RGB
    protocol: Protocol

    @cached_property
    def scores(self) -> Scores:
        background = self.classes.index('background') if 'background' in self.classes else None
        return scores(self.confusion, background)

    @cached_property
    def merged(self) -> dict[str, float]:
        """Return the F1 in [0, 1] of the groups of classes that papers merge."""
        space = find_label_space(self.classes)
        groups = space.merged if space else ()
        return {
            name: merged_f1(self.confusion, [self.classes.index(member) for member in members])
            for name, members in groups
        }

    @cached_property
    def absent(self) -> list[str]:
        """Titles of the classes that are neither in labels nor in predictions: no mean includes them."""
        return [t for t, iou in zip(self.titles, self.scores.iou, strict=True) if iou.isnan()]

    def table(self) -> str:
        """Return one row per class in the order of the label space, values in percent, means below."""
        s = self.scores
        columns = (column.tolist() for column in (s.iou, s.accuracy, s.f1, s.share))
        rows: list[list[str] | None] = [
            [title, *map(percent, values)] for title, *values in zip(self.titles, *columns, strict=True)
        ]
        rows.append(None)
        for title, foreground in self._means():
            means = (s.mean(score, foreground) for score in ('iou', 'accuracy', 'f1'))
            rows.append([title, *map(percent, means), ''])
        for name, f1 in self.merged.items():
            rows.append([f'{name}, taken as one class', '', '', percent(f1), ''])
        return text_table(['class', 'IoU', 'Acc', 'F1', 'pixels'], rows)

    def statement(self) -> str:
        """State the protocol in one paragraph."""
        p, s = self.protocol, self.scores
        background = 'which has no background'
        if s.background is not None:
            background = 'with background (means without it end in _fg)'
        absent = f'; absent and left out of means: {", ".join(self.absent)}' if self.absent else ''
        parts = [
            f'{p.num_images} images {p.where()}',
            f'{len(self.classes)} classes of {p.label_space} {background}{absent}',
            f'one confusion matrix pooled over all {int(self.confusion.sum()):,} pixels '
            f'({p.ignored_pixels:,} with ignore_index {p.ignore_index} not counted)',
            f'{p.num_processes} process' + ('es' if p.num_processes > 1 else ''),
        ]
        return 'Protocol: ' + '; '.join([*parts, p.note] if p.note else parts) + '.'

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types, scores in percent, None where a score is undefined."""
        s, p = self.scores, self.protocol
        classes = [
            {
                'id': i,
                'name': name,
                'title': self.titles[i],
                'iou': _json_percent(s.iou[i]),
                'accuracy': _json_percent(s.accuracy[i]),
                'precision': _json_percent(s.precision[i]),
                'f1': _json_percent(s.f1[i]),
                'label_pixels': int(self.confusion[i].sum()),
            }
            for i, name in enumerate(self.classes)
        ]
        means = {
            title: {
                score: _json_percent(s.mean(score, foreground))
                for score in ('iou', 'accuracy', 'precision', 'f1')
            }
            for title, foreground in self._means()
        }
        return {
            'protocol': {
                'statement': self.statement(),
                'images': p.num_images,
                'processes': p.num_processes,
                'label_heights': list(p.heights),
                'label_widths': list(p.widths),
                'labels_resized_from': [list(span) for span in p.resized_from],
                'label_space': p.label_space,
                'ignore_index': p.ignore_index,
                'ignored_pixels': p.ignored_pixels,
                'note': p.note,
            },
            'pixel_accuracy': _json_percent(s.pixel_accuracy),
            'means': means,
            'merged_f1': {name: _json_percent(f1) for name, f1 in self.merged.items()},
            'classes': classes,
            'confusion': self.confusion.tolist(),
        }

    def save_json(self, path: str | Path) -> None:
        """Write `to_dict` to a file."""
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(self.to_dict(), indent=1, allow_nan=False) + '\n')

    def _means(self) -> list[tuple[str, bool]]:
        if self.scores.background is None:
            return [('mean', False)]
        return [('mean', False), ('mean without background', True)]


def _size(heights: tuple[int, int], widths: tuple[int, int]) -> str:
    """Height x width, as a range if they differ: '512x512', '300-512x512'."""
    return 'x'.join(str(low) if low == high else f'{low}-{high}' for low, high in (heights, widths))


def percent(value: float) -> str:
    """Format 0.5 as '50.00', an undefined value as a dash."""
    return '-' if math.isnan(value) else f'{100 * value:.2f}'


def _json_percent(value: Tensor | float) -> float | None:
    value = float(value)
    return None if math.isnan(value) else 100 * value
