"""The kernels against their plain versions, for `test_triton.py`; run by itself it prints the errors as JSON.

TRITON_INTERPRET=1 python tests/models/kernels/against_plain.py
"""

import json

import torch

from mmseg_facenext.models import kernels
from mmseg_facenext.models.kernels import depthwise_gelu_triton, msca_triton

KERNELS = {'msca': msca_triton, 'depthwise_gelu': depthwise_gelu_triton}
PUBLISHED = (2, (3, 5, 10))
HALF = torch.float16
CASES = {  # what: (operator, settings, (B, C, H, W), dtype)
    'a 16x16 tile': ('msca', PUBLISHED, (2, 2, 16, 16), torch.float32),
    'odd sizes': ('msca', PUBLISHED, (1, 3, 13, 29), torch.float32),
    'one row': ('msca', PUBLISHED, (1, 1, 1, 5), torch.float32),
    'one column, one pixel wide': ('msca', PUBLISHED, (2, 1, 7, 1), torch.float32),
    'overlapping tiles both ways': ('msca', PUBLISHED, (1, 1, 70, 90), torch.float32),
    'other radii': ('msca', (1, (1, 3)), (1, 2, 9, 12), torch.float32),
    'strips as wide as a tile': ('msca', (2, (30,)), (1, 1, 20, 70), torch.float32),
    'no strips': ('msca', (3, ()), (1, 2, 9, 12), torch.float32),
    'half precision': ('msca', PUBLISHED, (2, 1, 20, 33), HALF),
    'MLP, odd sizes': ('depthwise_gelu', (), (2, 3, 13, 29), torch.float32),
    'MLP, one pixel': ('depthwise_gelu', (), (2, 2, 1, 1), torch.float32),
    'MLP, one row, two tiles': ('depthwise_gelu', (), (1, 2, 1, 150), torch.float32),
    'MLP, one column': ('depthwise_gelu', (), (1, 1, 40, 1), torch.float32),
    'MLP, tiles both ways': ('depthwise_gelu', (), (1, 2, 37, 131), torch.float32),
    'MLP, half precision': ('depthwise_gelu', (), (2, 2, 16, 20), HALF),
}
GRADIENTS = ('output', 'x', 'taps', 'biases')


def errors(
    operator: str, settings: tuple, shape: tuple[int, ...], dtype: torch.dtype, device: str = 'cpu'
) -> dict[str, float]:
    """Largest difference of output and gradients from float64 truth, relative to the largest true value."""
    plain, kernel = getattr(kernels, operator).plain, KERNELS[operator]
    generator = torch.Generator().manual_seed(0)
    sizes = (shape, *getattr(kernels, operator).shapes(shape, *settings), shape)
    x, taps, biases, grad = (torch.randn(size, generator=generator).to(device, dtype) for size in sizes)

    exact = [tensor.double().requires_grad_() for tensor in (x, taps, biases)]
    truth = plain.forward(*exact, *settings)
    true = [truth.detach(), *torch.autograd.grad(truth, exact, grad.double())]
    found = [
        kernel.forward(x, taps, biases, *settings),
        *kernel.backward(grad, x, taps, biases, *settings),
    ]
    assert all(f.dtype == dtype and f.shape == t.shape for f, t in zip(found, true, strict=True))
    return {
        name: float((f.double() - t).abs().max() / t.abs().max())
        for name, f, t in zip(GRADIENTS, found, true, strict=True)
    }


if __name__ == '__main__':
    print(json.dumps({name: errors(*case) for name, case in CASES.items()}))
