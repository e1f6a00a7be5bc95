"""Curves of several trainings over their iterations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, product
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from ..analysis.log_analysis import RATES, SCORES, Histories, best, is_score
from ..analysis.training_history import TrainingHistory
from .figure import INK, LINES, save_figure
from .iteration_panels import iteration_panels, mark_resumes, scale_losses, smooth

STYLES = [(colour, dashes) for dashes, colour in product(('-', '--', ':'), LINES)]
FROM_ZERO = (*RATES, 'time', 'data_time', 'memory')


def draw_curves(
    histories: Histories, quantities: Sequence[str], path: str | Path, title: str | None = None
) -> None:
    """One panel for each quantity with a line for each training; the format follows from the suffix of `path`.

    What is logged in training is drawn as logged (faint) and smoothed; of scores and losses the best value is
    marked. Resumes are dotted lines.
    """
    heights, margin = [2.7] * len(quantities), 0.6 + 0.08 * len(histories)
    last = max(history.train[-1]['step'] for history in histories.values())
    figure, axes = iteration_panels(10, heights, last, title, margin)
    for axis, quantity in zip(axes, quantities, strict=True):
        drawn = zip(histories.items(), cycle(STYLES), strict=False)
        bests = [_draw_curve(axis, quantity, name, history, style) for (name, history), style in drawn]
        _write_bests(axis, [text for text in bests if text])
        axis.set_ylabel(f'{quantity} in %' if quantity.startswith(SCORES) else quantity)
        _scale(axis, quantity, histories)
    axes[0].legend(
        loc='lower left', bbox_to_anchor=(-0.01, 1), ncols=3, frameon=False, labelcolor=INK, fontsize=10
    )
    save_figure(figure, path)


def _draw_curve(
    axis: Axes, quantity: str, name: str, history: TrainingHistory, style: tuple[str, str]
) -> tuple[str, str] | None:
    """Draws the line; gives what to write about its best score, and the colour to do so, if it has one."""
    colour, dashes = style
    steps, values = history.curve(quantity)
    mark_resumes(axis, history)
    if not is_score(quantity, history):
        if quantity not in RATES:
            axis.plot(steps, values, color=colour, linewidth=0.8, alpha=0.3)
            values = smooth(values)
        axis.plot(steps, values, dashes, color=colour, linewidth=2, label=name)
        return None
    axis.plot(steps, values, dashes, color=colour, linewidth=2, marker='o', markersize=3.5, label=name)
    if (found := best(quantity, history)) is None:
        return None
    axis.plot(*found, 'o', color=colour, markersize=9, markeredgecolor='white', zorder=3, clip_on=False)
    return f'best {found[1]:.2f} at iteration {found[0]:,.0f}', colour


def _write_bests(axis: Axes, bests: Sequence[tuple[str, str]]) -> None:
    for place, (text, colour) in enumerate(reversed(bests)):
        axis.annotate(
            text,
            (1, 0),
            xycoords='axes fraction',
            xytext=(-4, 6 + 13 * place),
            textcoords='offset points',
            ha='right',
            fontsize=9,
            color=colour,
            fontweight='bold',
        )


def _scale(axis: Axes, quantity: str, histories: Histories) -> None:
    """Rates, times and memory from zero; logarithms for losses that span more than a factor of ten."""
    axis.yaxis.set_major_formatter('{x:g}')
    curves = [smooth(history.curve(quantity)[1]) for history in histories.values()]
    values = np.concatenate(curves)
    if 'loss' in quantity and scale_losses(axis, values):
        return
    if quantity in FROM_ZERO and (values >= 0).all():
        axis.set_ylim(bottom=0)
    else:
        axis.margins(y=0.15)
