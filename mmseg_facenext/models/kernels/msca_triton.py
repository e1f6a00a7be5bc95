"""The depthwise part of MSCA as Triton kernels: products with banded matrices on tensor cores.

A row of pixels times a banded Toeplitz matrix is a convolution along the row: with T[j, x] = w[j - x + r],
(D @ T)[y, x] = sum_j D[y, j] w[j - x + r]. A strip pair (1 x k, then k x 1) is therefore V @ (D @ T), the square
convolution a sum over its rows, sum_dy shift(X, dy) @ T_dy, and weight gradients are sums along the diagonals of
products such as D^T @ G. The operands are tiles that stay on the chip: what the strips give in between is never
stored, the backward pass computes it again.

Shapes:
    B batch, C channels, H and W of the feature map; r radius of a kernel (its size is 2r + 1), r0 of the square
    one, S strips. A tile is BLOCK_H x BLOCK_W pixels of one channel. Where the map is larger than a tile,
    neighbouring tiles overlap by a halo on each side, and a tile owns (writes, counts) what lies between its halos.
    taps (C, K): per channel the square kernel row by row, then for each strip the horizontal and the vertical
    one; biases (C, 1 + 2S) in the same order.

There are no atomics: every program writes its share of the weight gradients, and the shares are added in a fixed
order, so gradients have the same bits on every run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
import triton
import triton.language as tl
from torch import Tensor

from .tiles_triton import pixels, tile

BLOCKS = (64, 128)  # the largest tile sides; the products grow with their cube
SMALLEST_BLOCK = 16  # the least that tl.dot takes
TILES_IN_SHARED_MEMORY = 5  # what the compiler keeps there at most, seen for sm_80 and sm_90


@triton.jit
def _band(taps, SIZE: tl.constexpr, RADIUS, FLIP: tl.constexpr, DTYPE: tl.constexpr):
    """T (SIZE, SIZE) with T[i, j] = taps[i - j + r], or its transpose."""
    i, j = tl.arange(0, SIZE)[:, None], tl.arange(0, SIZE)[None, :]
    k = (j - i if FLIP else i - j) + RADIUS
    return tl.load(taps + k, mask=(k >= 0) & (k <= 2 * RADIUS), other=0.0).to(DTYPE)


@triton.jit
def _store_diagonals(out, product, SIZE: tl.constexpr, RADIUS, TAPS: tl.constexpr):
    """out[k] = the sum of product[i, j] over i - j + r == k; product is (SIZE, SIZE), TAPS at least 2r + 1."""
    k = tl.arange(0, TAPS)
    j = tl.arange(0, SIZE)[:, None] - k[None, :] + RADIUS
    diagonals = tl.gather(product, tl.minimum(tl.maximum(j, 0), SIZE - 1), 1)
    sums = tl.sum(tl.where((j >= 0) & (j < SIZE), diagonals, 0.0), 0)
    tl.store(out + k, sums, mask=k <= 2 * RADIUS)


@triton.jit
def _square(
    plane, taps, y, x, H, W, BLOCK_H: tl.constexpr, BLOCK_W: tl.constexpr, RADIUS: tl.constexpr,
    FLIP: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """The square convolution without bias at (y, x), or its transpose: float32 (BLOCK_H, BLOCK_W)."""
    total = tl.zeros([BLOCK_H, BLOCK_W], tl.float32)
    for dy in range(2 * RADIUS + 1):
        shifted = pixels(plane, y + (RADIUS - dy if FLIP else dy - RADIUS), x, H, W)
        band = _band(taps + dy * (2 * RADIUS + 1), BLOCK_W, RADIUS, FLIP, shifted.dtype)
        total = tl.dot(shifted, band, total, input_precision=PRECISION)
    return total


@triton.jit
def _forward_kernel(
    x_ptr, taps_ptr, biases_ptr, radii_ptr, out_ptr, C, H, W, K, tiles, tiles_w,
    RADIUS: tl.constexpr, STRIPS, BLOCK_H: tl.constexpr, BLOCK_W: tl.constexpr,
    HALO_H: tl.constexpr, HALO_W: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    image, y, x, inside, owned = tile(tiles, tiles_w, H, W, BLOCK_H, BLOCK_W, HALO_H, HALO_W)
    channel = tl.program_id(1)
    plane = (image.to(tl.int64) * C + channel) * H * W
    taps = taps_ptr + channel * K
    biases = biases_ptr + channel * (1 + 2 * STRIPS)
    dtype: tl.constexpr = x_ptr.dtype.element_ty

    local = _square(x_ptr + plane, taps, y, x, H, W, BLOCK_H, BLOCK_W, RADIUS, False, PRECISION)
    local = tl.where(inside, local + tl.load(biases), 0.0)
    total = local
    rounded = local.to(dtype)
    taps += (2 * RADIUS + 1) * (2 * RADIUS + 1)
    for s in range(STRIPS):
        r = tl.load(radii_ptr + s)
        across = _band(taps, BLOCK_W, r, False, dtype)
        strip = tl.dot(rounded, across, input_precision=PRECISION) + tl.load(biases + 1 + 2 * s)
        strip = tl.where(inside, strip, 0.0).to(dtype)
        down = _band(taps + 2 * r + 1, BLOCK_H, r, True, dtype)
        total = tl.dot(down, strip, total, input_precision=PRECISION) + tl.load(biases + 2 + 2 * s)
        taps += 2 * (2 * r + 1)
    tl.store(out_ptr + plane + y * W + x, total.to(dtype), mask=owned)


@triton.jit
def _strips_backward_kernel(
    grad_ptr, taps_ptr, radii_ptr, grad_local_ptr, C, H, W, K, tiles, tiles_w,
    RADIUS: tl.constexpr, STRIPS, BLOCK_H: tl.constexpr, BLOCK_W: tl.constexpr,
    HALO_H: tl.constexpr, HALO_W: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """From the gradient of the output to that of the square convolution's output."""
    image, y, x, inside, owned = tile(tiles, tiles_w, H, W, BLOCK_H, BLOCK_W, HALO_H, HALO_W)
    channel = tl.program_id(1)
    plane = (image.to(tl.int64) * C + channel) * H * W
    taps = taps_ptr + channel * K + (2 * RADIUS + 1) * (2 * RADIUS + 1)
    dtype: tl.constexpr = grad_ptr.dtype.element_ty

    grad = pixels(grad_ptr + plane, y, x, H, W)
    grad_local = grad.to(tl.float32)
    for s in range(STRIPS):
        r = tl.load(radii_ptr + s)
        up = _band(taps + 2 * r + 1, BLOCK_H, r, False, dtype)
        grad_strip = tl.where(inside, tl.dot(up, grad, input_precision=PRECISION), 0.0).to(dtype)
        back = _band(taps, BLOCK_W, r, True, dtype)
        grad_local = tl.dot(grad_strip, back, grad_local, input_precision=PRECISION)
        taps += 2 * (2 * r + 1)
    tl.store(grad_local_ptr + plane + y * W + x, grad_local.to(dtype), mask=owned)


@triton.jit
def _strips_weights_kernel(
    grad_ptr, x_ptr, taps_ptr, biases_ptr, radii_ptr, grad_taps_ptr, grad_biases_ptr, C, H, W, K, tiles, tiles_w,
    RADIUS: tl.constexpr, STRIPS, BLOCK_H: tl.constexpr, BLOCK_W: tl.constexpr,
    HALO_H: tl.constexpr, HALO_W: tl.constexpr, PRECISION: tl.constexpr, TAPS: tl.constexpr,
):  # fmt: skip
    """From the gradient of the output to those of the strips' weights and biases.

    A kernel of its own, so that its tiles and those of the gradient's way down are not in registers together.
    """
    image, y, x, inside, owned = tile(tiles, tiles_w, H, W, BLOCK_H, BLOCK_W, HALO_H, HALO_W)
    channel = tl.program_id(1)
    plane = (image.to(tl.int64) * C + channel) * H * W
    share = tl.program_id(0).to(tl.int64) * C + channel
    taps = taps_ptr + channel * K
    biases = biases_ptr + channel * (1 + 2 * STRIPS)
    grad_biases = grad_biases_ptr + share * (1 + 2 * STRIPS)
    grad_taps = grad_taps_ptr + share * K + (2 * RADIUS + 1) * (2 * RADIUS + 1)
    dtype: tl.constexpr = x_ptr.dtype.element_ty

    local = _square(x_ptr + plane, taps, y, x, H, W, BLOCK_H, BLOCK_W, RADIUS, False, PRECISION)
    local = tl.where(inside, local + tl.load(biases), 0.0).to(dtype)
    grad = pixels(grad_ptr + plane, y, x, H, W)
    own_grad = tl.where(owned, grad, 0.0)
    sum_of_grad = tl.sum(own_grad.to(tl.float32))
    taps += (2 * RADIUS + 1) * (2 * RADIUS + 1)
    for s in range(STRIPS):
        r = tl.load(radii_ptr + s)
        across = _band(taps, BLOCK_W, r, False, dtype)
        strip = tl.dot(local, across, input_precision=PRECISION) + tl.load(biases + 1 + 2 * s)
        strip = tl.where(inside, strip, 0.0).to(dtype)
        # (BLOCK_H, BLOCK_W) @ (BLOCK_W, BLOCK_H): one sum per pair of rows
        down_products = tl.dot(strip, tl.trans(own_grad), input_precision=PRECISION)
        _store_diagonals(grad_taps + 2 * r + 1, down_products, BLOCK_H, r, TAPS)
        tl.store(grad_biases + 2 + 2 * s, sum_of_grad)

        up = _band(taps + 2 * r + 1, BLOCK_H, r, False, dtype)
        grad_strip = tl.where(owned, tl.dot(up, grad, input_precision=PRECISION), 0.0)
        tl.store(grad_biases + 1 + 2 * s, tl.sum(grad_strip))
        # (BLOCK_W, BLOCK_H) @ (BLOCK_H, BLOCK_W): one sum per pair of columns
        across_products = tl.dot(tl.trans(local), grad_strip.to(dtype), input_precision=PRECISION)
        _store_diagonals(grad_taps, across_products, BLOCK_W, r, TAPS)
        taps += 2 * (2 * r + 1)
        grad_taps += 2 * (2 * r + 1)


@triton.jit
def _square_backward_kernel(
    grad_local_ptr, x_ptr, taps_ptr, grad_x_ptr, grad_taps_ptr, grad_biases_ptr, C, H, W, K, tiles, tiles_w,
    RADIUS: tl.constexpr, STRIPS, BLOCK_H: tl.constexpr, BLOCK_W: tl.constexpr,
    HALO_H: tl.constexpr, HALO_W: tl.constexpr, PRECISION: tl.constexpr, TAPS: tl.constexpr,
):  # fmt: skip
    """From the gradient of the square convolution's output to that of its input, weights and bias."""
    image, y, x, _inside, owned = tile(tiles, tiles_w, H, W, BLOCK_H, BLOCK_W, HALO_H, HALO_W)
    channel = tl.program_id(1)
    plane = (image.to(tl.int64) * C + channel) * H * W
    share = tl.program_id(0).to(tl.int64) * C + channel
    grad_taps = grad_taps_ptr + share * K

    taps = taps_ptr + channel * K
    grad_x = _square(grad_local_ptr + plane, taps, y, x, H, W, BLOCK_H, BLOCK_W, RADIUS, True, PRECISION)
    tl.store(grad_x_ptr + plane + y * W + x, grad_x.to(x_ptr.dtype.element_ty), mask=owned)

    grad_local = tl.where(owned, pixels(grad_local_ptr + plane, y, x, H, W), 0.0)
    tl.store(grad_biases_ptr + share * (1 + 2 * STRIPS), tl.sum(grad_local.to(tl.float32)))
    for dy in range(2 * RADIUS + 1):
        shifted = pixels(x_ptr + plane, y + dy - RADIUS, x, H, W)
        products = tl.dot(tl.trans(shifted), grad_local, input_precision=PRECISION)
        _store_diagonals(grad_taps + dy * (2 * RADIUS + 1), products, BLOCK_W, RADIUS, TAPS)


@dataclass(frozen=True)
class Tiling:
    """How (H, W) maps are cut into tiles for kernels of the given radii, none larger than `largest_block`."""

    H: int
    W: int
    radius: int
    strips: tuple[int, ...]
    largest_block: int

    def along(self, length: int) -> tuple[int, int, int]:
        """(block, halo, number of tiles) along a side of that length."""
        block = max(SMALLEST_BLOCK, triton.next_power_of_2(length))
        if block <= self.largest_block:
            return block, 0, 1
        halo = self.radius + max(self.strips, default=0)
        block = max(self.largest_block, triton.next_power_of_2(2 * halo + 1))
        return block, halo, triton.cdiv(length, block - 2 * halo)

    @property
    def tiles(self) -> int:
        return self.along(self.H)[2] * self.along(self.W)[2]

    def launch(self, kernel, x: Tensor, *tensors: Tensor, taps: int, **constants: int) -> None:
        """Run `kernel` on `tensors` once per tile, image and channel of x (B, C, H, W)."""
        B, C = x.shape[:2]
        (block_h, halo_h, _), (block_w, halo_w, tiles_w) = self.along(self.H), self.along(self.W)
        kernel[(B * self.tiles, C)](
            *tensors, C, self.H, self.W, taps, self.tiles, tiles_w, RADIUS=self.radius, STRIPS=len(self.strips),
            BLOCK_H=block_h, BLOCK_W=block_w, HALO_H=halo_h, HALO_W=halo_w,
            PRECISION=dot_precision(x.dtype), num_warps=warps(block_h * block_w), num_stages=1, **constants,
        )  # fmt: skip


def tiling_of(x: Tensor, radius: int, strips: Sequence[int]) -> Tiling:
    """Return the tiling for x (B, C, H, W) with the largest tiles that its device has shared memory for."""
    shared = 2**17
    if x.is_cuda:
        shared = torch.cuda.get_device_properties(x.device).shared_memory_per_block_optin
    fitting = [b for b in BLOCKS if TILES_IN_SHARED_MEMORY * b * b * x.element_size() <= shared]
    H, W = x.shape[2:]
    return Tiling(H, W, radius, tuple(strips), max(fitting, default=BLOCKS[0]))


def warps(pixels: int) -> int:
    """Enough threads that the float32 tiles of one program nearly fit into its registers (more spill more, too)."""
    return max(1, min(8, pixels // 1024))


def dot_precision(dtype: torch.dtype) -> str:
    """TF32 for float32 where PyTorch's own convolutions may use it, else exact."""
    return 'tf32' if dtype == torch.float32 and torch.backends.cudnn.allow_tf32 else 'ieee'


@cache
def _on_device(strips: tuple[int, ...], device: torch.device) -> Tensor:
    return torch.tensor(strips, dtype=torch.int32, device=device)


def forward(x: Tensor, taps: Tensor, biases: Tensor, radius: int, strips: Sequence[int]) -> Tensor:
    """x, out (B, C, H, W); all arguments contiguous and of one dtype."""
    tiling = tiling_of(x, radius, strips)
    radii = _on_device(tiling.strips, x.device)
    out = torch.empty_like(x)
    tiling.launch(_forward_kernel, x, x, taps, biases, radii, out, taps=taps.shape[1])
    return out


def backward(
    grad: Tensor, x: Tensor, taps: Tensor, biases: Tensor, radius: int, strips: Sequence[int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of x, taps and biases from `grad`, that of the output; all contiguous."""
    tiling = tiling_of(x, radius, strips)
    radii = _on_device(tiling.strips, x.device)
    shares = x.shape[0] * tiling.tiles
    grad_local, grad_x = torch.empty_like(x), torch.empty_like(x)
    grad_taps = x.new_empty(shares, *taps.shape, dtype=torch.float32)
    grad_biases = x.new_empty(shares, *biases.shape, dtype=torch.float32)
    most = triton.next_power_of_2(2 * max(radius, *tiling.strips, 0) + 1)
    K = taps.shape[1]
    tiling.launch(_strips_backward_kernel, x, grad, taps, radii, grad_local, taps=K)
    tiling.launch(
        _strips_weights_kernel, x, grad, x, taps, biases, radii, grad_taps, grad_biases, taps=K, TAPS=most
    )
    tiling.launch(
        _square_backward_kernel, x, grad_local, x, taps, grad_x, grad_taps, grad_biases, taps=K, TAPS=most
    )
    return grad_x, grad_taps.sum(0).to(taps.dtype), grad_biases.sum(0).to(biases.dtype)
