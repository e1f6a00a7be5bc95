"""What pictures over the iterations of a training have in common: panels one above the other, resumes, smoothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from ..analysis.training_history import TrainingHistory
from .figure import FAINT, INK, new_figure, style_axis


def iteration_panels(
    width: float, heights: Sequence[float], last: float, title: str | None = None, margin: float = 0.8
) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each of `heights`, all from iteration 0 to `last`; sizes in inches.

    Args:
        margin: height of what is above and below the panels, a title aside.
    """
    figure = new_figure(width, sum(heights) + margin + 0.4 * bool(title))
    figure.set_layout_engine('constrained', w_pad=0.15, h_pad=0.1)
    axes = list(figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)[:, 0])
    if title:
        figure.suptitle(title, x=0.02, ha='left', fontsize=14, fontweight='bold', color=INK)
    for axis in axes:
        style_axis(axis)
    axes[-1].set_xlabel('iteration')
    axes[-1].xaxis.set_major_formatter(EngFormatter(sep=''))
    axes[-1].set_xlim(0, last)
    figure.align_ylabels(axes)
    return figure, axes


def mark_resumes(axis: Axes, history: TrainingHistory) -> None:
    """Dotted lines where the training went on after a stop."""
    for step in history.resumed:
        axis.axvline(step, color=FAINT, linestyle=':', linewidth=1)


def scale_losses(axis: Axes, values: np.ndarray) -> bool:
    """Logarithms, if `values` (N,) span more than a factor of ten; whether they do."""
    if not len(values) or not 0 < 10 * values.min() < values.max():
        return False
    axis.set_yscale('log')
    axis.set_ylim(bottom=values.min() / 2)  # logarithms would give a single low point half of the room
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter('{x:g}')
    axis.yaxis.set_minor_formatter(NullFormatter())
    return True


def smooth(values: np.ndarray) -> np.ndarray:
    """Centred moving average over a thirtieth of the values, (N,) to (N,); cut off at both ends."""
    reach = len(values) // 60
    sums = np.concatenate([[0.0], np.cumsum(values)])
    centre = np.arange(len(values))
    first, last = np.maximum(centre - reach, 0), np.minimum(centre + reach + 1, len(values))
    return (sums[last] - sums[first]) / (last - first)
