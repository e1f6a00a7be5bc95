"""Tell upright faces from turned ones by the five points that a detector gives."""

from __future__ import annotations

import numpy as np

# Mean places of eyes, nose and corners of the mouth in a crop of 112 pixels, as ArcFace's training aligns faces.
# insightface, `python-package/insightface/utils/face_align.py`.
ALIGNED = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)


def misfit(points: np.ndarray) -> np.ndarray:
    """(N, 5, 2) -> (N,): how far from a face the points are: 0 is the mean face, whatever its place, size and angle.

    The distance that is left after the best similarity (Umeyama 1991, in the plane by complex numbers), relative to
    the extent of the points. Seen from the front 0.1, a profile 0.3; a detector that is shown a face upside down
    squeezes the points: 0.4 to 1.
    """
    given = _centred(points)
    face = _centred(ALIGNED[None])
    scale = (given * face.conj()).sum(1) / (abs(face) ** 2).sum(1)
    left = np.sqrt((abs(given - scale[:, None] * face) ** 2).mean(1))
    return left / np.maximum(np.sqrt((abs(given) ** 2).mean(1)), 1e-9)


def _centred(points: np.ndarray) -> np.ndarray:
    """(N, 5, 2) -> complex (N, 5) around their mean."""
    plane = points[..., 0] + 1j * points[..., 1]
    return plane - plane.mean(1, keepdims=True)
