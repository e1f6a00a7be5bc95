"""Parse photos for hours: the same answers, and no more memory than at the beginning."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np

from mmseg_facenext.inference import FaceParser
from mmseg_facenext.synthetic.drawing import draw_face
from mmseg_facenext.synthetic.faces import face_rng

KINDS = 8


def soak(photos: int) -> str:
    """Return how memory and answers changed over that many photos of several sizes, by the packaged weights."""
    parser = FaceParser()
    pictures = [draw_face(face_rng(0, n), 96 + 32 * n)[0] for n in range(KINDS)]
    first = [parser(picture).labels for picture in pictures]
    before, other = _resident(), 0
    for number in range(photos):
        other += not np.array_equal(parser(pictures[number % KINDS]).labels, first[number % KINDS])
    grown = (_resident() - before) / 2**20
    return f'{photos} photos parsed: {other} other answers, {grown:+.0f} MiB of memory'


def _resident() -> int:
    return int(Path('/proc/self/statm').read_text().split()[1]) * resource.getpagesize()
