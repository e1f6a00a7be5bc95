"""Draw charts of an evaluation: scores by class, and the confusion matrix."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import PowerNorm
from matplotlib.ticker import PercentFormatter

from ..errors import UserError
from ..evaluation.summary import EvaluationSummary, percent
from .figure import BLUE, FAINT, INK, LIGHT_BLUE, RED, new_figure, save_figure, style_axis

MOST_WITH_NUMBERS = 40  # classes; with more the cells are too small to write into
LEAST_WRITTEN = 0.0005  # fractions below are left empty, like 0


def draw_per_class(summary: EvaluationSummary, path: str | Path, title: str = 'Scores per class') -> None:
    """Draw IoU and F1 of each class as bars with numbers, in the order of the label space, and their means.

    The suffix of `path` names the format.
    """
    scores, number = summary.scores, len(summary.classes)
    figure = new_figure(10.5, 0.27 * number + 2.25)
    axis = figure.subplots()
    style_axis(axis)
    axis.grid(visible=False, axis='y')
    axis.xaxis.set_major_formatter(PercentFormatter(decimals=0))
    axis.set(xlim=(0, 100), ylim=(number - 0.5, -0.5))
    axis.set_yticks(range(number), summary.titles)
    # F1 is never less than IoU, so its bar shows behind.
    for label, values, colour in (('F1', scores.f1, LIGHT_BLUE), ('IoU', scores.iou, BLUE)):
        axis.barh(range(number), 100 * values.numpy(), height=0.66, color=colour, label=label)
    for score, label, colour in (('iou', 'mean IoU', RED), ('f1', 'mean F1', INK)):
        text = f'{label} {100 * scores.mean(score):.2f}'
        if scores.background is not None:
            text += f' ({100 * scores.mean(score, foreground=True):.2f} without background)'
        axis.axvline(100 * scores.mean(score), color=colour, linestyle='--', linewidth=1.2, label=text)
    columns = {'IoU': scores.iou, 'F1': scores.f1, 'pixels %': scores.share}
    for place, (head, numbers) in enumerate(
        columns.items()
    ):  # beside the bars: x in widths of the chart, y in rows
        for row, text in ((-0.9, head), *enumerate(map(percent, numbers.tolist()))):
            look: dict[str, Any] = dict(
                fontsize=9, ha='right', va='center', color=FAINT if row < 0 or place == 2 else INK
            )
            x = 1.085 + 0.085 * place
            axis.text(x, row, text, transform=axis.get_yaxis_transform(), clip_on=False, **look)
    bold: dict[str, Any] = dict(size=14, weight='bold')
    legend = figure.legend(
        loc='outside upper left', ncols=4, frameon=False, labelcolor=INK, alignment='left',
        title=title, title_fontproperties=bold,
    )  # fmt: skip
    legend.get_title().set_color(INK)
    figure.supxlabel(textwrap.fill(summary.statement(), 165), x=0.02, ha='left', fontsize=8, color=FAINT)
    save_figure(figure, path)


def draw_confusion(
    summary: EvaluationSummary, path: str | Path, title: str = 'Confusion matrix', theme: str = 'Blues'
) -> None:
    """Draw the matrix with each row (a label) adding up to 100 %; the suffix of `path` names the format.

    Colours follow the square root of the fraction, so that small confusions show.

    Args:
        theme: one of matplotlib's colour maps.

    Raises:
        UserError: there is no such colour map.
    """
    colours, fractions, number = colormaps[check_theme(theme)], row_fractions(summary), len(summary.classes)
    with_numbers = number <= MOST_WITH_NUMBERS
    font = 9 if with_numbers else 7
    side = max(3.0, (0.44 if with_numbers else 0.15) * number) + 0.011 * font * max(map(len, summary.titles))
    figure = new_figure(side + 1.8, side + 1.2, title)
    axis = figure.subplots()
    picture = axis.imshow(fractions, cmap=colours, norm=PowerNorm(0.5, 0, 1), aspect='auto')
    axis.set_yticks(range(number), summary.titles, fontsize=font)
    axis.set_xticks(range(number), summary.titles, fontsize=font, rotation=90)
    axis.tick_params(length=0, colors=INK, labelbottom=False, labeltop=True)
    axis.spines[:].set_visible(False)
    for (row, column), fraction in np.ndenumerate(fractions if with_numbers else []):
        if np.isnan(fraction) or fraction >= LEAST_WRITTEN:
            dark = np.dot(colours(np.sqrt(fraction))[:3], (0.3, 0.59, 0.11)) < 0.55
            text = '-' if np.isnan(fraction) else f'{100 * fraction:.{1 if fraction < 0.0995 else 0}f}'
            colour = FAINT if text == '-' else 'white' if dark else INK
            axis.text(column, row, text, color=colour, ha='center', va='center', fontsize=8)
    bar = figure.colorbar(picture, format=PercentFormatter(xmax=1, decimals=0), aspect=40)
    bar.ax.tick_params(labelsize=9, colors=INK)
    bar.outline.set_visible(False)
    about = "rows: labels, columns: predictions; fraction of the label's pixels"
    figure.supxlabel(about, x=0.02, ha='left', fontsize=9, color=FAINT)
    save_figure(figure, path)


def check_theme(theme: str) -> str:
    """Return `theme`, if it is one of matplotlib's colour maps.

    Raises:
        UserError: it is not.
    """
    if theme not in colormaps:
        raise UserError(
            f'no colour theme {theme!r}; try Blues, viridis, winter, OrRd or another of matplotlib'
        )
    return theme


def row_fractions(summary: EvaluationSummary) -> np.ndarray:
    """Return float64 (C, C) in 0..1: of the pixels labelled as the row's class, those predicted as the column's.

    NaN in rows of classes that are not labelled.
    """
    counts = summary.confusion.numpy().astype(float)
    labelled = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, labelled, out=np.full_like(counts, np.nan), where=labelled > 0)


def largest_confusions(summary: EvaluationSummary, number: int = 10) -> list[tuple[str, str, float]]:
    """Return label, prediction and fraction of the label's pixels, the largest first, without the diagonal."""
    fractions = np.nan_to_num(row_fractions(summary))
    np.fill_diagonal(fractions, 0)
    largest = np.argsort(-fractions, axis=None, kind='stable')[:number]
    pairs = zip(*np.unravel_index(largest, fractions.shape), strict=True)
    titles = summary.titles
    return [(titles[r], titles[c], float(fractions[r, c])) for r, c in pairs if fractions[r, c] > 0]
