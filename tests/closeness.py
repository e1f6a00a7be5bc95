"""How close two ways to compute the same have to be, on whatever processor.

Bounds follow the size of what is compared: processors add float32 numbers in different orders and widths, and what
comes out differs by some units in the last place of the largest terms, however small the sum.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

ROUNDING = 1e-4
"""Of the largest value: some hundred layers of float32 sums, measured up to 1e-6 on AVX-512 and up to 2e-5 on AVX2. A
wrong, swapped or missing tensor changes a result by a hundredth and more."""
NOTHING = 1e-6
"""Of the largest of all gradients: what rounding leaves of one that is zero, as that of a bias before a BatchNorm."""
STEP = 1e-5
"""How far AdamW moves a weight along such a gradient, in the few small steps of a training in these tests."""


def assert_same_numbers(found: Tensor, expected: Tensor, bound: float = ROUNDING, name: str = '') -> None:
    """Each number within `bound` times the largest magnitude in `expected`."""
    largest = expected.detach().abs().max().item() if expected.numel() else 0.0
    _assert_within(found, expected, bound * largest, name)


def assert_same_gradients(
    found: Iterable[Tensor], expected: Iterable[Tensor], bound: float = ROUNDING
) -> None:
    """Each gradient within `bound` times its largest number, and `NOTHING` times the largest of all."""
    found, expected = list(found), list(expected)
    largest = [gradient.abs().max().item() for gradient in expected]
    for index, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        _assert_within(ours, theirs, bound * largest[index] + NOTHING * max(largest), f'gradient {index}')


def assert_same_weights(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """State dicts of two trainings that see the same: within `ROUNDING` times the largest number, and `STEP`."""
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        if value.is_floating_point():
            _assert_within(found[key], value, ROUNDING * value.abs().max().item() + STEP, key)
        else:
            assert torch.equal(found[key], value), key


def assert_same_logits(found: Tensor, expected: Tensor, bound: float = ROUNDING) -> None:
    """`assert_same_numbers` of (B, classes, ...), and the same class but where the two largest are as close as that."""
    assert_same_numbers(found, expected, bound)
    first, second = expected.topk(2, dim=1).values.unbind(1)
    clear = first - second > 2 * bound * expected.abs().max()
    assert torch.equal(found.argmax(1)[clear], expected.argmax(1)[clear])


def _assert_within(found: Tensor, expected: Tensor, distance: float, name: str) -> None:
    torch.testing.assert_close(found, expected, atol=distance, rtol=0, msg=lambda said: f'{name}: {said}')
