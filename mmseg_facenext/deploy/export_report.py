"""What an export came to: agreement with PyTorch, speed and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from ..analysis.timing import Comparison, compare, hardware
from ..inference.read_photo import Photo
from ..inference.torch_network import TorchNetwork
from ..runtimes import SUFFIXES, Runtime, load_runtime
from .parity import Parity, measure_parity
from .photos_to_logits import PhotosToLogits

LEAST_AGREEMENT = 0.999
"""Share of the pixels that must get PyTorch's label in float32."""
REPEATS = 7


@dataclass(frozen=True)
class ExportReport:
    """Of one exported file.

    Attributes:
        parities: by precision; float32 decides, bf16 is there where the processor has it.
        times: of PyTorch and of the file in each precision, one photo at the network's size.
        size: height and width of that photo.
        where: what it was timed on.
        file_size: in bytes, weights included.
        takes: what the file takes, in words.
        photos: how many it was checked on.
    """

    parities: Mapping[str, Parity]
    times: Comparison
    size: tuple[int, int]
    where: str
    file_size: int
    takes: str
    photos: int

    @property
    def parity(self) -> Parity:
        return self.parities['float32']

    def __str__(self) -> str:
        agreement = (f'{precision:8} {parity}' for precision, parity in self.parities.items())
        height, width = self.size
        return '\n'.join(
            (
                f'{self.file_size / 1e6:.1f} MB, takes {self.takes}',
                f'against PyTorch float32 on {self.photos} photo{"s" * (self.photos > 1)}:',
                *(f'  {line}' for line in agreement),
                f'one photo at {height}x{width} (HxW), {self.where}:',
                *(f'  {line}' for line in self.times.table().splitlines()),
            )
        )


def report_on(
    file: Path, network: TorchNetwork, graph: PhotosToLogits, photos: Sequence[Photo], file_size: int
) -> ExportReport:
    """Run the file in every precision that the machine has.

    Args:
        network: the trained model as it is, not fused, on the CPU.
        graph: what was exported.
        photos: at least one.
        file_size: in bytes, weights included.
    """
    threads = torch.get_num_threads()
    precisions = SUFFIXES[file.suffix].precisions()
    runtimes = {precision: load_runtime(file, threads, precision) for precision in precisions}
    first = runtimes['float32']
    width, height = first.metadata.resize.scale
    return ExportReport(
        parities={
            precision: measure_parity(network, runtime, photos) for precision, runtime in runtimes.items()
        },
        times=_times(graph, runtimes, (height, width)),
        size=(height, width),
        where=hardware('cpu', 'precision as named'),
        file_size=file_size,
        takes=_takes(first),
        photos=len(photos),
    )


def _times(graph: PhotosToLogits, runtimes: Mapping[str, Runtime], size: tuple[int, int]) -> Comparison:
    photo = np.random.default_rng(0).integers(0, 256, (1, *size, 3), np.uint8)
    tensor = torch.from_numpy(photo)
    runs = {f'{runtime.name} {precision}': partial(runtime, photo) for precision, runtime in runtimes.items()}
    with torch.inference_mode():
        return compare({'PyTorch eager float32': lambda: graph(tensor), **runs}, REPEATS)


def _takes(runtime: Runtime) -> str:
    if runtime.batch is None:
        return 'any number of RGB photos of any size, uint8 (B, h, w, 3)'
    return f'RGB photos, uint8 {(runtime.batch, *runtime.size, 3)}'
