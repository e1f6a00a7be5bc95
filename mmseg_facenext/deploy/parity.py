"""Whether an exported file gives what PyTorch gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..inference.read_photo import Photo, read_photo
from ..inference.torch_network import TorchNetwork
from ..runtimes import Runtime
from ..utils.upsampled_labels import labels_of_array
from .photos_to_logits import PhotosToLogits


@dataclass(frozen=True)
class Parity:
    """How close a runtime is to PyTorch over some photos.

    Attributes:
        agreement: share of pixels (0..1) that have PyTorch's label, over all photos at their own sizes.
        worst: the same of the worst photo.
        logit_difference: the largest between two logits at the network's size.
        largest_logit: of PyTorch, without its sign, to compare that with.
    """

    agreement: float
    worst: float
    logit_difference: float
    largest_logit: float

    def __str__(self) -> str:
        return (
            f'{self.agreement:.4%} of the pixels have the same label (worst photo {self.worst:.4%}), '
            f'logits differ by at most {self.logit_difference:.2g} (largest {self.largest_logit:.3g})'
        )


@torch.inference_mode()
def measure_parity(network: TorchNetwork, runtime: Runtime, photos: Sequence[Photo]) -> Parity:
    """Compare photo by photo.

    Args:
        network: the trained model as it is, not fused, on the CPU.
        photos: at least one.

    Raises:
        UserError: a photo cannot be read.
    """
    plain = PhotosToLogits(network.model)
    equal, pixels, differences, largest = [], [], [], []
    for photo in photos:
        _, image = read_photo(photo)
        size = image.shape[:2]
        expected = network.labels(network.logits([network.resize(image)])[0], size)
        resized = runtime.metadata.resize(image)[None]
        logits, exact = runtime(resized), plain(torch.from_numpy(resized)).numpy()
        equal.append(int((labels_of_array(logits[0], size) == expected).sum()))
        pixels.append(expected.size)
        differences.append(np.abs(logits - exact).max())
        largest.append(np.abs(exact).max())
    return Parity(
        agreement=sum(equal) / sum(pixels),
        worst=min(same / all_ for same, all_ in zip(equal, pixels, strict=True)),
        logit_difference=float(np.max(differences)),
        largest_logit=float(np.max(largest)),
    )
