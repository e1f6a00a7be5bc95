"""Colours for classes that nobody gave one."""

from __future__ import annotations

import colorsys

Colour = tuple[int, int, int]


def hue(number: int) -> Colour:
    """Return the RGB of a class by its number: a golden angle apart, so that neighbours differ."""
    red, green, blue = colorsys.hsv_to_rgb(0.618034 * number % 1, 0.65, 0.95)
    return round(255 * red), round(255 * green), round(255 * blue)


def palette_of(number: int) -> tuple[Colour, ...]:
    """Return black for the first class, which mostly is the background, and hues for the others."""
    return ((0, 0, 0), *(hue(index) for index in range(1, number)))
