"""Pictures of a training and of an evaluation, drawn without a display and without global state."""

import textwrap
from itertools import cycle
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter
from torch import Tensor

from ..analysis.log_analysis import RATES, SCORES
from ..analysis.training_history import TrainingHistory, series
from ..evaluation.summary import EvaluationSummary, percent
from .figure import BLUE, FAINT, INK, LIGHT_BLUE, LINES, RED, new_figure, save_figure, style_axis
from .iteration_panels import iteration_panels, mark_resumes, scale_losses, smooth


def draw_training_curve(history: TrainingHistory, path: str | Path, title: str = 'Training') -> None:
    """Score, losses and learning rate over the iterations of a training, one above the other.

    Losses are drawn as logged (faint) and smoothed. The best score is marked, resumes are dotted lines. The
    format follows from the suffix of `path`.
    """
    score = next((name for name in SCORES if any(name in record for record in history.val)), None)
    heights = [3, 3, 1.3] if score else [3, 1.3]
    figure, axes = iteration_panels(9, heights, history.train[-1]['step'], title)
    if score:
        _draw_score(axes[0], history, score)
    _draw_losses(axes[-2], history)
    _draw_learning_rate(axes[-1], history)
    for axis in axes:
        mark_resumes(axis, history)
    for step in history.resumed:
        axes[0].annotate(
            ' resumed', (step, 1), xycoords=('data', 'axes fraction'), va='bottom', fontsize=8, color=FAINT
        )
    save_figure(figure, path)


def _draw_score(axis: Axes, history: TrainingHistory, score: str) -> None:
    steps, values = series(history.val, score)
    axis.plot(steps, values, color=BLUE, linewidth=2, marker='o', markersize=4, clip_on=False)
    if len(values):
        best = int(np.argmax(values))
        axis.plot(steps[best], values[best], 'o', color=RED, markersize=9, zorder=3, clip_on=False)
        axis.annotate(
            f'best {values[best]:.2f} at iteration {steps[best]:,.0f}',
            (1, 0.04),
            xycoords='axes fraction',
            ha='right',
            color=RED,
            fontweight='bold',
        )
    axis.set_ylabel(f'{score} in %')
    axis.margins(y=0.15)


def _draw_losses(axis: Axes, history: TrainingHistory) -> None:
    names = history.losses()
    curves = []
    for name, colour in zip(names, cycle(LINES), strict=False):
        steps, values = series(history.train, name)
        curves.append(smooth(values))
        axis.plot(steps, values, color=colour, linewidth=0.8, alpha=0.3)
        axis.plot(steps, curves[-1], color=colour, linewidth=2, label=name)
    scale_losses(axis, np.concatenate(curves))
    axis.set_ylabel('loss')
    if len(names) > 1:
        axis.legend(frameon=False, fontsize=9, ncols=2, labelcolor=INK)


def _draw_learning_rate(axis: Axes, history: TrainingHistory) -> None:
    name = next((name for name in RATES if name in history.train[-1]), 'lr')
    axis.plot(*series(history.train, name), color=FAINT, linewidth=2)
    axis.set_ylabel('learning rate')
    axis.yaxis.set_major_formatter('{x:g}')
    axis.yaxis.set_major_locator(MaxNLocator(3))
    axis.set_ylim(bottom=0)


def draw_per_class(summary: EvaluationSummary, path: str | Path, title: str = 'Scores per class') -> None:
    """IoU and F1 of each class as bars with numbers, in the order of the label space, and their means.

    The format follows from the suffix of `path`.
    """
    number = len(summary.classes)
    left, right = 0.6 + 0.075 * max(map(len, summary.titles)), 2.1  # inches, as all sizes here
    above, below, bars, width = 1.15, 1.1, 0.27 * number, 10.5
    height = above + bars + below
    figure = new_figure(width, height)
    axis = figure.add_axes((left / width, below / height, (width - left - right) / width, bars / height))
    figure.text(0.2 / width, 1 - 0.4 / height, title, fontsize=14, fontweight='bold', color=INK)
    _draw_bars(axis, summary)
    _draw_names(axis, summary)
    _draw_numbers(axis, summary)
    handles, _ = axis.get_legend_handles_labels()
    corner = (0.1 / width, 1 - 0.45 / height)
    figure.legend(
        handles=handles[::-1], loc='upper left', bbox_to_anchor=corner, ncols=4, frameon=False, labelcolor=INK
    )
    protocol = textwrap.fill(summary.statement(), 165)
    figure.text(0.2 / width, 0.6 / height, protocol, va='top', fontsize=8, color=FAINT, linespacing=1.4)
    style_axis(axis)
    axis.grid(visible=False, axis='y')
    save_figure(figure, path)


def _draw_bars(axis: Axes, summary: EvaluationSummary) -> None:
    scores, number = summary.scores, len(summary.classes)
    # F1 is never less than IoU, so its bar shows behind.
    for label, score, colour in (('F1', 'f1', LIGHT_BLUE), ('IoU', 'iou', BLUE)):
        values: Tensor = getattr(scores, score)
        axis.barh(range(number), 100 * values.numpy(), height=0.66, color=colour, label=label)
    for label, score, colour in (('mean F1', 'f1', INK), ('mean IoU', 'iou', RED)):
        mean = 100 * scores.mean(score)
        text = f'{label} {mean:.2f}'
        if scores.background is not None:
            text += f' ({100 * scores.mean(score, foreground=True):.2f} without background)'
        axis.axvline(mean, color=colour, linestyle='--', linewidth=1.2, label=text)
    axis.set_xlim(0, 100)
    axis.set_ylim(number - 0.5, -0.5)
    axis.xaxis.set_major_formatter(PercentFormatter(decimals=0))


def _draw_names(axis: Axes, summary: EvaluationSummary) -> None:
    """Class titles left of the bars, each with a swatch of the colour it has in overlays."""
    axis.set_yticks(range(len(summary.titles)), summary.titles)
    axis.tick_params(axis='y', length=0, pad=27)
    for row, colour in enumerate(summary.palette):
        axis.add_patch(
            Rectangle(
                (-0.035, row - 0.33),
                width=0.023,
                height=0.66,
                transform=axis.get_yaxis_transform(),  # x in fractions of the axes, y in rows
                facecolor=[channel / 255 for channel in colour],
                edgecolor=FAINT,
                linewidth=0.5,
                clip_on=False,
            )
        )


def _draw_numbers(axis: Axes, summary: EvaluationSummary) -> None:
    """Columns of numbers right of the bars; a dash where there is no score."""
    scores = summary.scores
    columns = {'IoU': scores.iou, 'F1': scores.f1, 'pixels %': scores.share}
    for place, (head, values) in enumerate(columns.items()):
        x = 1.085 + 0.085 * place
        texts = [(-0.9, head), *enumerate(map(percent, values.tolist()))]
        for row, text in texts:
            axis.text(
                x,
                row,
                text,
                transform=axis.get_yaxis_transform(),
                ha='right',
                va='center',
                fontsize=9,
                color=FAINT if text == head or head == 'pixels %' else INK,
                fontweight='bold' if head == 'IoU' and text != head else 'normal',
            )
