"""Where the parts of a drawn face are, and the landmarks that data sets derive from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..painting.canvas import Points


class Eye(NamedTuple):
    """The lids of an eye, from the image's left to its right."""

    upper: Points
    lower: Points

    @property
    def centre(self) -> np.ndarray:
        return np.concatenate([_spread(self.upper, 9), _spread(self.lower, 9)]).mean(axis=0)


@dataclass(frozen=True)
class Outlines:
    """Lines in unit coordinates, each (N, 2), from the image's left to its right; pairs begin at its left too."""

    jaw: Points
    brows: tuple[Points, Points]
    bridge: Points  # of the nose, from between the eyes down to the tip
    nose: Points  # its lower edge
    eyes: tuple[Eye, Eye]
    mouth: (
        np.ndarray
    )  # (4, N, 2): outer and inner edge of the upper lip, inner and outer edge of the lower lip

    def landmarks_68(self) -> Points:
        """(68, 2) in the order of iBUG (300-W), which Helen's landmarks have."""
        return np.concatenate(
            [
                _spread(self.jaw, 17),
                *(_spread(brow, 5) for brow in self.brows),
                _spread(self.bridge, 4),
                _spread(self.nose, 5),
                *(_around(eye.upper, eye.lower, 4, 2) for eye in self.eyes),
                *self._lips(),
            ]
        )

    def landmarks_106(self) -> Points:
        """(106, 2) in LaPa's order (the drawing of FaRL's `farl/datasets/lapa.py` names the parts)."""
        eyes = [[_around(eye.upper, eye.lower, 5, 3), eye.centre[None]] for eye in self.eyes]
        return np.concatenate(
            [
                _spread(self.jaw, 33),
                *(_around(brow, brow, 5, 4) for brow in self.brows),
                _spread(self.bridge, 4),
                _spread(self.nose, 11),
                *eyes[0],
                *eyes[1],
                *self._lips(),
                *(eye.centre[None] for eye in self.eyes),
            ]
        )

    def _lips(self) -> list[Points]:
        """12 points around the mouth, then 8 around its inside."""
        upper, upper_inner, lower_inner, lower = self.mouth
        return [_around(upper, lower, 7, 5), _around(upper_inner, lower_inner, 5, 3)]


def _spread(line: Points, count: int) -> Points:
    """`count` points at equal distances along a line, its ends included."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0], steps.cumsum()])
    wanted = np.linspace(0, along[-1], count)
    return np.stack([np.interp(wanted, along, line[:, 0]), np.interp(wanted, along, line[:, 1])], 1)


def _around(upper: Points, lower: Points, above: int, below: int) -> Points:
    """`above` points along the upper line with its ends, then `below` back along the lower one without them."""
    return np.concatenate([_spread(upper, above), _spread(lower[::-1], below + 2)[1:-1]])
