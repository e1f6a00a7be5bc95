import sys
from concurrent.futures import ThreadPoolExecutor

import torch

from mmseg_facenext.models.layers.position_encoding import RandomFourierEncoding


def test_threads_with_more_sizes_than_are_kept():
    encoding = RandomFourierEncoding(4)
    sizes = [(height, 3) for height in range(1, 13)]
    expected = [encoding._encode(size) for size in sizes]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns as often as they can
    try:
        with ThreadPoolExecutor(4) as pool:
            calls = [pool.submit(encoding, size) for _ in range(100) for size in sizes]
            found = [call.result() for call in calls]
    finally:
        sys.setswitchinterval(interval)
    for grid, truth in zip(found, expected * 100, strict=True):
        assert torch.equal(grid, truth)
