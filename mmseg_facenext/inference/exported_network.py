"""The network of an exported file, run by ONNX Runtime or OpenVINO."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from ..errors import UserError
from ..runtimes import load_runtime
from ..utils.upsampled_labels import labels_of_array


class ExportedNetwork:
    """What `FaceParser` asks of a network, without PyTorch; arguments and errors are those of `load_runtime`.

    Attributes:
        label_space: what the ids mean.
        model: the runtime.
    """

    needs_landmarks = False
    usual_batch = 8

    def __init__(
        self, path: str | os.PathLike[str], threads: int | None = None, precision: str = 'float32'
    ) -> None:
        self.model = load_runtime(path, threads, precision)
        self.label_space = self.model.metadata.label_space

    def resize(self, photo: np.ndarray) -> np.ndarray:
        """RGB uint8 (H, W, 3) -> the same at the network's size (h, w, 3)."""
        return self.model.metadata.resize(photo)

    def logits(
        self, inputs: Sequence[np.ndarray], landmarks: Sequence[np.ndarray] | None = None
    ) -> list[np.ndarray]:
        """RGB uint8 (h, w, 3), all of one size -> float32 (C, h, w) of each.

        Raises:
            UserError: the weights are broken, or there are landmarks.
        """
        if landmarks is not None:
            raise UserError('an exported model does not align faces: leave the landmarks out')
        logits = self.model(np.stack(inputs))
        if np.isnan(logits).any():
            raise UserError(f'{self.model.path} gives NaN: export it again from a sound checkpoint')
        return list(logits)

    def labels(self, logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """(C, h, w) -> uint8 (H, W), the class of the largest at that size."""
        return labels_of_array(logits, size)

    def array(self, logits: np.ndarray) -> np.ndarray:
        """Return them as they are."""
        return logits
