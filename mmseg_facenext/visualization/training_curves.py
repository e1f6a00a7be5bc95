"""Draw scores, losses and learning rates of trainings over their iterations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count, product
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter

from ..analysis.training_logs import RATES, SCORES, TrainingHistory, choose_quantities
from .figure import FAINT, INK, LINES, new_figure, save_figure, style_axis

STYLES = [(colour, dashes) for dashes, colour in product(('-', '--', ':'), LINES)]


def draw_training_curve(history: TrainingHistory, path: str | Path, title: str = 'Training') -> None:
    """Draw the score, all losses in one panel, and the learning rate of one training."""
    names = choose_quantities({title: history})
    panels = [history.losses() if name == 'loss' else name for name in names]
    draw_curves({title: history}, panels, path, title)


def draw_curves(
    histories: Mapping[str, TrainingHistory],
    quantities: Sequence[str | Sequence[str]],
    path: str | Path,
    title: str | None = None,
) -> None:
    """Draw a panel for each quantity, or group of them, with a line for each training.

    Quantities of training are drawn as logged (faint) and smoothed; the best value of a score is marked.
    Resumes are dotted lines. The suffix of `path` names the format.
    """
    groups = [[each] if isinstance(each, str) else list(each) for each in quantities]
    height = 2.7 * len(groups) + 0.6 + 0.08 * len(histories) + 0.4 * bool(title)
    figure = new_figure(10, height, title)
    axes = figure.subplots(len(groups), sharex=True, squeeze=False)[:, 0]
    for axis, group in zip(axes, groups, strict=True):
        style_axis(axis)
        styles = count()
        for name, history in histories.items():
            for step in history.resumed:
                axis.axvline(step, color=FAINT, linestyle=':', linewidth=1)
            for quantity in group:
                label = name if len(group) == 1 else quantity
                _draw_line(axis, quantity, history, label, *STYLES[next(styles) % len(STYLES)])
        axis.set_ylabel(f'{group[0]} in %' if group[0].startswith(SCORES) else group[0], color=INK)
        _scale(axis, group, [history.curve(name)[1] for name in group for history in histories.values()])
        if len(group) > 1 or (axis is axes[0] and len(histories) > 1):
            axis.legend(loc='lower left', bbox_to_anchor=(-0.01, 1), ncols=3, frameon=False, labelcolor=INK)
    resumed = any(history.resumed for history in histories.values())
    axes[-1].set_xlabel('iteration; dotted: resumed' if resumed else 'iteration', color=INK)
    axes[-1].xaxis.set_major_formatter(EngFormatter(sep=''))
    axes[-1].set_xlim(0, max(history.train[-1]['step'] for history in histories.values()))
    figure.align_ylabels(axes)
    save_figure(figure, path)


def _draw_line(
    axis: Axes, quantity: str, history: TrainingHistory, label: str, colour: str, dashes: str
) -> None:
    steps, values = history.curve(quantity)
    if not history.is_score(quantity):
        axis.plot(steps, values, color=colour, linewidth=0.8, alpha=0.3)
        axis.plot(steps, smooth(values), dashes, color=colour, linewidth=2, label=label)
        return
    axis.plot(steps, values, dashes, color=colour, linewidth=2, marker='o', markersize=3.5, label=label)
    if best := history.best(quantity):
        axis.plot(*best, 'o', color=colour, markersize=9, markeredgecolor='white', zorder=3, clip_on=False)
        y = 0.02 + 0.08 * len(axis.texts)  # one above the other in the lower right corner
        text = f'best {best[1]:.2f} at iteration {best[0]:,.0f}'
        axis.text(0.99, y, text, color=colour, weight='bold', size=9, ha='right', transform=axis.transAxes)


def _scale(axis: Axes, group: Sequence[str], curves: Sequence[np.ndarray]) -> None:
    """Use a logarithmic axis for losses over more than a factor of ten; begin at zero for rates, times and memory."""
    values = np.concatenate([smooth(curve) for curve in curves])
    if 'loss' in group[0] and len(values) and 0 < 10 * values.min() < values.max():
        axis.set_yscale('log')
    elif group[0] in (*RATES, 'time', 'data_time', 'memory') and (values >= 0).all():
        axis.set_ylim(bottom=0)
    else:
        axis.margins(y=0.15)


def smooth(values: np.ndarray) -> np.ndarray:
    """Return the centred moving average over a thirtieth of the values, (N,) to (N,); cut off at both ends."""
    reach = len(values) // 60
    sums = np.concatenate([[0.0], np.cumsum(values)])
    centre = np.arange(len(values))
    first, last = np.maximum(centre - reach, 0), np.minimum(centre + reach + 1, len(values))
    return (sums[last] - sums[first]) / (last - first)
