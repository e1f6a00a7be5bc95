"""What the published SegNeXt, SegNeXt-FaceParser and SegFace code saves and answers.

`tests/published/` holds names and shapes of the tensors that this code saves, in the order of its files, and logits
that it gave for the weights and images drawn here. All of it was made by running the published code, not this package.
"""

import contextlib
import gzip
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

FOLDER = Path(__file__).with_name('published')
SEGNEXT = json.loads(gzip.decompress((FOLDER / 'segnext_keys.json.gz').read_bytes()))
SEGFACE = json.loads(gzip.decompress((FOLDER / 'segface_keys.json.gz').read_bytes()))
LEAVES = {  # below local_configs
    't': 'segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py',
    's': 'segnext/small/segnext.small.512x512.celebamaskhq.160k.py',
    'b': 'segnext/base/segnext.base.512x512.celebamaskhq.160k.py',
    'l': 'segnext/large/segnext.large.512x512.celebamaskhq.160k.py',
    'celeb_mobilenet': 'segface/segface.mobilenet_v3_large.512.celebamaskhq.py',
    'celeb_convnext_base': 'segface/segface.convnext_base.512.celebamaskhq.py',
    'celeb_swin_base': 'segface/segface.swin_b.512.celebamaskhq.py',
    'celeb_swinv2_base': 'segface/segface.swin_v2_b.512.celebamaskhq.py',
    'celeb_efficientnet': 'segface/segface.efficientnet_v2_m.512.celebamaskhq.py',
    'lapa_swin_base': 'segface/segface.swin_b.512.lapa.py',
    'helen_swin_base': 'segface/segface.swin_b.512.helen.py',
}
NETWORKS = {**SEGNEXT, **SEGFACE}


def state(shapes: dict[str, list[int]]) -> dict[str, torch.Tensor]:
    """Weights by these names, each drawn from a generator that is seeded by its name."""
    return {name: _tensor(name, shape) for name, shape in shapes.items()}


def _tensor(name: str, shape: list[int]) -> torch.Tensor:
    if name.endswith('num_batches_tracked'):
        return torch.tensor(0)
    if name.endswith('relative_position_index'):
        return _positions_in_window(shape[0])
    seed = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    drawn = torch.rand(shape, generator=torch.Generator().manual_seed(seed))
    if name.endswith('running_var'):
        return drawn * 0.5 + 0.75
    if name.endswith('running_mean'):
        return (drawn - 0.5) * 0.2
    if 'layer_scale' in name:
        return drawn * 0.04 + 0.01
    if len(shape) == 1:
        return drawn * 0.4 + 0.8 if name.endswith('weight') else (drawn - 0.5) * 0.2
    return (drawn - 0.5) * (2 * math.sqrt(3 / math.prod(shape[1:])))


def _positions_in_window(pairs: int) -> torch.Tensor:
    """Swin's table: the relative position of each pair of pixels of a window, as one number."""
    side = round(pairs**0.25)
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing='ij')
    down = row.flatten()[:, None] - row.flatten() + side - 1
    right = column.flatten()[:, None] - column.flatten() + side - 1
    return (down * (2 * side - 1) + right).flatten()


def image(number: int, height: int, width: int) -> torch.Tensor:
    """Waves, float32 (number, 3, height, width), within 1.5 of zero."""
    down = torch.linspace(0, 1, height).view(1, 1, height, 1)
    right = torch.linspace(0, 1, width).view(1, 1, 1, width)
    f = torch.arange(1, number * 3 + 1).view(number, 3, 1, 1).float()
    waves = torch.sin(6.2831853 * (f * right + 2 * f * down))
    return waves + 0.5 * torch.cos(6.2831853 * (3 * f * right - f * down))


@contextlib.contextmanager
def fixed_start():
    """NMF's random start as it was for the stored logits: multiples of the golden ratio in place of `torch.rand`."""

    def golden(*size, **options):
        shape = size[0] if size and not isinstance(size[0], int) else size or options['size']
        multiples = torch.arange(math.prod(shape), dtype=torch.float64) * 0.6180339887498949
        return (multiples % 1).float().reshape(tuple(shape))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, 'rand', golden)
        yield


def logits(name: str) -> torch.Tensor:
    """Of `segnext_tiny` for `image(1, 128, 160)`; of `segface_celeb_mobilenet` for `image(2, 256, 256)`,
    the first image, every fourth pixel.
    """
    return torch.from_numpy(np.load(FOLDER / f'{name}.npz')['logits'])
