"""Set the look of this package's charts; drawn without a display and without matplotlib's global state."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..utils.atomic import atomic_path

INK, FAINT, GRID = '#22303c', '#8795a1', '#e4e9ed'
BLUE, LIGHT_BLUE, RED = '#1f6fb2', '#b9d6ee', '#d1495b'
LINES = (BLUE, '#e08e1b', '#3a9d6e', '#8e5bb5', '#6b7a87')


def new_figure(width: float, height: float, title: str | None = None) -> Figure:
    """Return an empty white figure of that many inches; its parts are placed so that none overlap."""
    figure = Figure(figsize=(width, height), dpi=130, facecolor='white')
    figure.set_layout_engine('constrained', w_pad=0.15, h_pad=0.1)
    FigureCanvasAgg(figure)
    if title:
        figure.suptitle(title, x=0.02, ha='left', fontsize=14, fontweight='bold', color=INK)
    return figure


def style_axis(axis: Axes) -> None:
    """Draw a light grid instead of a frame."""
    axis.spines[['top', 'right', 'left']].set_visible(False)
    axis.spines['bottom'].set_color(GRID)
    axis.grid(color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)
    axis.tick_params(colors=INK, labelsize=9, which='both', bottom=False, left=False)


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write `figure` in the format that the suffix of `path` names."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary)
