"""The kernel against its plain twin, for `test_msca_triton.py`; run by itself it prints the errors as JSON.

TRITON_INTERPRET=1 python tests/models/kernels/msca_against_plain.py
"""

import json

import torch

from mmseg_facenext.models.kernels import msca_plain, msca_triton

PUBLISHED = (2, (3, 5, 10))
CASES = {  # name: (B, C, H, W), radii, dtype
    'a 16x16 tile': ((2, 2, 16, 16), PUBLISHED, torch.float32),
    'odd sizes': ((1, 3, 13, 29), PUBLISHED, torch.float32),
    'one row': ((1, 1, 1, 5), PUBLISHED, torch.float32),
    'one column, one pixel wide': ((2, 1, 7, 1), PUBLISHED, torch.float32),
    'overlapping tiles both ways': ((1, 1, 70, 90), PUBLISHED, torch.float32),
    'other radii': ((1, 2, 9, 12), (1, (1, 3)), torch.float32),
    'no strips': ((1, 2, 9, 12), (3, ()), torch.float32),
    'half precision': ((2, 1, 20, 33), PUBLISHED, torch.float16),
}
GRADIENTS = ('output', 'x', 'taps', 'biases')


def errors(
    shape: tuple[int, ...], radii: tuple[int, tuple[int, ...]], dtype: torch.dtype, device: str = 'cpu'
) -> dict[str, float]:
    """Largest difference of output and gradients from float64 truth, relative to the largest true value."""
    square, strips = radii
    generator = torch.Generator().manual_seed(0)
    kernel_area = (2 * square + 1) ** 2 + sum(2 * (2 * r + 1) for r in strips)
    sizes = (shape, (shape[1], kernel_area), (shape[1], 1 + 2 * len(strips)), shape)
    x, taps, biases, grad = (torch.randn(size, generator=generator).to(device, dtype) for size in sizes)

    exact = [tensor.double().requires_grad_() for tensor in (x, taps, biases)]
    truth = msca_plain.forward(*exact, square, strips)
    true = [truth.detach(), *torch.autograd.grad(truth, exact, grad.double())]
    out = msca_triton.forward(x, taps, biases, square, strips)
    found = [out, *msca_triton.backward(grad, x, taps, biases, square, strips)]
    assert all(f.dtype == dtype and f.shape == t.shape for f, t in zip(found, true, strict=True))
    return {
        name: float((f.double() - t).abs().max() / t.abs().max())
        for name, f, t in zip(GRADIENTS, found, true, strict=True)
    }


if __name__ == '__main__':
    print(json.dumps({name: errors(*case) for name, case in CASES.items()}))
