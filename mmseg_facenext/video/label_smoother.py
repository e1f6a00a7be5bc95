"""Make the answers of a network steady in time."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import cv2
import numpy as np

from .flow import dense_flow, sample

STRENGTH = 0.75  # weight of the past where the picture did not change
LONGEST = 192  # pixels of the longer side at which the motion is measured
NOISE = 2.0  # grey levels by which two pictures of the same thing differ at least


@dataclass
class _Memory:
    grey: np.ndarray  # uint8 (h, w)
    logits: np.ndarray  # float32 (C, H, W)


class LabelSmoother:
    """Mean of logits over time, along the motion of the picture: the geometric mean of the probabilities.

    The past is moved to where its pixels are now, so that labels do not drag behind. Its weight falls where the moved
    past picture differs from the present one by more than noise: there something has come to light.

    Args:
        strength: weight of the past, 0 (none) to below 1.
    """

    def __init__(self, strength: float = STRENGTH) -> None:
        self.strength = strength
        self._past: dict[Hashable, _Memory] = {}
        self._present: dict[Hashable, _Memory] = {}

    def next_frame(self) -> None:
        """Forget the pictures that the last frame did not have."""
        self._past, self._present = self._present, {}

    def __call__(self, key: Hashable, pixels: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """Return float32 (C, H, W).

        Args:
            key: what the picture shows; the past is that of the same key.
            pixels: RGB uint8 (h, w, 3), what the network saw.
            logits: float32 (C, H, W), its answer.
        """
        grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
        scale = min(1.0, LONGEST / max(grey.shape))
        size = [max(16, round(side * scale)) for side in grey.shape[::-1]]
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        past = self._past.get(key)
        if past is not None and past.logits.shape == logits.shape and past.grey.shape == grey.shape:
            logits = self._mean(past, grey, logits)
        self._present[key] = _Memory(grey, logits)
        return logits

    def _mean(self, past: _Memory, grey: np.ndarray, logits: np.ndarray) -> np.ndarray:
        flow = dense_flow(grey, past.grey)
        [moved] = sample([past.grey], flow)
        differs = cv2.blur(cv2.absdiff(grey, moved).astype(np.float32), (5, 5))
        noise = max(NOISE, float(np.median(differs)))
        weight = self.strength * np.exp(-((differs / (3 * noise)) ** 2))
        weight *= sample([np.ones_like(weight)], flow, cv2.BORDER_CONSTANT)[
            0
        ]  # the past shows nothing outside
        height, width = logits.shape[1:]
        if (height, width) != grey.shape:
            ratio = width / grey.shape[1], height / grey.shape[0]
            flow, weight = (cv2.resize(each, (width, height)) for each in (flow * ratio, weight))
        then = sample(past.logits, flow)
        return (logits + weight * (then - logits)).astype(np.float32)
