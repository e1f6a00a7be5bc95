"""A confusion matrix for people: a heat map, the largest confusions in words, and counts as CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.ticker import PercentFormatter

from ..errors import UserError
from ..evaluation import EvaluationSummary
from .figure import FAINT, GRID, INK, new_figure, save_figure

MOST_WITH_NUMBERS = 40  # classes; with more the cells are too small to write into
LEAST_WRITTEN = 0.0005  # shares below are left empty, like 0


def row_shares(summary: EvaluationSummary) -> np.ndarray:
    """float64 (C, C) in 0..1: of the pixels labelled as the row's class, those predicted as the column's.

    NaN in rows of classes that are not labelled.
    """
    counts = summary.confusion.numpy().astype(float)
    labelled = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, labelled, out=np.full_like(counts, np.nan), where=labelled > 0)


def largest_confusions(summary: EvaluationSummary, number: int = 10) -> list[tuple[str, str, float]]:
    """Label, prediction and share of the label's pixels, the largest first; the diagonal does not count."""
    shares = np.nan_to_num(row_shares(summary))
    np.fill_diagonal(shares, 0)
    rows, columns = np.unravel_index(np.argsort(-shares, axis=None, kind='stable')[:number], shares.shape)
    titles = summary.titles
    return [
        (titles[row], titles[column], float(shares[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if shares[row, column] > 0
    ]


def counts_csv(summary: EvaluationSummary) -> str:
    """Pixel counts, labels in rows and predictions in columns, with the classes' identifiers."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['label \\ prediction', *summary.classes])
    for name, counts in zip(summary.classes, summary.confusion.tolist(), strict=True):
        writer.writerow([name, *counts])
    return text.getvalue()


def check_theme(theme: str) -> str:
    """`theme`, if it is one of matplotlib's colour maps.

    Raises:
        UserError: it is not.
    """
    if theme not in colormaps:
        raise UserError(
            f'no colour theme {theme!r}; try Blues, viridis, winter, OrRd or another of matplotlib'
        )
    return theme


def draw_confusion(
    summary: EvaluationSummary, path: str | Path, title: str = 'Confusion matrix', theme: str = 'Blues'
) -> None:
    """The matrix with each row (a label) adding up to 100%; the format follows from the suffix of `path`.

    Colours follow the square root of the share, so that small confusions show.

    Args:
        theme: one of matplotlib's colour maps.

    Raises:
        UserError: there is no such colour map.
    """
    if theme not in colormaps:
        raise UserError(
            f'no colour theme {theme!r}; try Blues, viridis, winter, OrRd or another of matplotlib'
        )
    number = len(summary.classes)
    with_numbers = number <= MOST_WITH_NUMBERS
    cell, font = (0.44, 9.0) if with_numbers else (0.15, 7.0)
    side, names = max(3.0, cell * number), 0.3 + 0.011 * font * max(map(len, summary.titles))  # inches
    width, height = names + side + 1.3, names + side + 0.8
    figure = new_figure(width, height)
    axis = figure.add_axes((names / width, 0.2 / height, side / width, side / height))
    shares = row_shares(summary)
    picture = axis.imshow(shares, cmap=colormaps[theme], norm=PowerNorm(0.5, 0, 1), aspect='auto')
    _name_axes(axis, summary, font)
    if with_numbers:
        _write_numbers(axis, shares, picture.cmap, min(8.0, font - 1))
    bar = figure.colorbar(
        picture,
        cax=figure.add_axes(((names + side + 0.25) / width, 0.2 / height, 0.18 / width, side / height)),
    )
    bar.ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    bar.ax.tick_params(labelsize=9, colors=INK)
    bar.outline.set_visible(False)
    figure.text(0.2 / width, 1 - 0.35 / height, title, fontsize=14, fontweight='bold', color=INK)
    about = "rows: labels, columns: predictions; share of the label's pixels"
    figure.text(0.2 / width, 1 - 0.6 / height, about, fontsize=9, color=FAINT)
    save_figure(figure, path)


def _name_axes(axis: Axes, summary: EvaluationSummary, font: float) -> None:
    places = range(len(summary.titles))
    axis.set_yticks(places, summary.titles, fontsize=font)
    axis.set_xticks(places, summary.titles, fontsize=font, rotation=90)
    axis.tick_params(length=0, colors=INK, labelbottom=False, labeltop=True)
    edges = np.arange(len(places) + 1) - 0.5  # as two collections: minor ticks of 150 classes take seconds
    axis.hlines(edges, edges[0], edges[-1], color=GRID, linewidth=0.5)
    axis.vlines(edges, edges[0], edges[-1], color=GRID, linewidth=0.5)
    axis.set(xlim=(edges[0], edges[-1]), ylim=(edges[-1], edges[0]))
    axis.spines[:].set_visible(False)


def _write_numbers(axis: Axes, shares: np.ndarray, colours, font: float) -> None:
    """Percent in each cell, dark on light colours and light on dark ones; a dash for what is not labelled."""
    for row, column in np.ndindex(shares.shape):
        share = shares[row, column]
        if np.isnan(share):
            axis.text(column, row, '-', ha='center', va='center', fontsize=font, color=FAINT)
        elif share >= LEAST_WRITTEN:
            red, green, blue, _ = colours(np.sqrt(share))
            dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.55
            text = f'{100 * share:.1f}' if share < 0.0995 else f'{100 * share:.0f}'
            axis.text(
                column, row, text, ha='center', va='center', fontsize=font, color='white' if dark else INK
            )
