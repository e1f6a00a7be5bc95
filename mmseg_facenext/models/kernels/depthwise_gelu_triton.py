"""GELU of a depthwise 3x3 convolution as Triton kernels.

A tile is BLOCK_H x BLOCK_W pixels of one channel; its nine shifted copies come from the first-level cache. Sums
are float32. Shapes are those of `depthwise_gelu_plain`. What the convolution gives is never stored: the backward pass
computes it again. There are no atomics: every program writes its share of the weight gradients, and the shares are
added in a fixed order, so gradients have the same bits on every run.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .tiles_triton import pixels, tile

PIXELS = 2048  # of a tile: enough that adding up its nine weight gradients costs little beside reading it
WIDEST = 128


@triton.jit
def _convolved(
    plane, taps, y, x, H, W, BLOCK_H: tl.constexpr, BLOCK_W: tl.constexpr, TRANSPOSED: tl.constexpr
):  # fmt: skip
    """The convolution without bias at (y, x), or its transpose: float32 (BLOCK_H, BLOCK_W)."""
    total = tl.zeros([BLOCK_H, BLOCK_W], tl.float32)
    for k in tl.static_range(9):
        shifted = pixels(plane, y + k // 3 - 1, x + k % 3 - 1, H, W).to(tl.float32)
        total += shifted * tl.load(taps + (8 - k if TRANSPOSED else k)).to(tl.float32)
    return total


@triton.jit
def _below(z):
    """Phi(z), the share of a normal distribution below z."""
    return 0.5 + 0.5 * tl.erf(z * 0.7071067811865476)


@triton.jit
def _forward_kernel(
    x_ptr, taps_ptr, biases_ptr, out_ptr, C, H, W, tiles, tiles_w, BLOCK_H: tl.constexpr, BLOCK_W: tl.constexpr
):  # fmt: skip
    image, y, x, inside, _owned = tile(tiles, tiles_w, H, W, BLOCK_H, BLOCK_W, 0, 0)
    channel = tl.program_id(1)
    plane = (image.to(tl.int64) * C + channel) * H * W
    z = _convolved(x_ptr + plane, taps_ptr + channel * 9, y, x, H, W, BLOCK_H, BLOCK_W, False)
    z += tl.load(biases_ptr + channel).to(tl.float32)
    tl.store(out_ptr + plane + y * W + x, (z * _below(z)).to(x_ptr.dtype.element_ty), mask=inside)


@triton.jit
def _gelu_backward_kernel(
    grad_ptr, x_ptr, taps_ptr, biases_ptr, grad_z_ptr, grad_taps_ptr, grad_biases_ptr, C, H, W, tiles, tiles_w,
    BLOCK_H: tl.constexpr, BLOCK_W: tl.constexpr,
):  # fmt: skip
    """From the gradient of the output to that of the convolution's output z, weights and bias."""
    image, y, x, inside, _owned = tile(tiles, tiles_w, H, W, BLOCK_H, BLOCK_W, 0, 0)
    channel = tl.program_id(1)
    plane = (image.to(tl.int64) * C + channel) * H * W
    share = tl.program_id(0).to(tl.int64) * C + channel

    z = _convolved(x_ptr + plane, taps_ptr + channel * 9, y, x, H, W, BLOCK_H, BLOCK_W, False)
    z += tl.load(biases_ptr + channel).to(tl.float32)
    slope = _below(z) + z * 0.3989422804014327 * tl.exp(-0.5 * z * z)
    grad_z = pixels(grad_ptr + plane, y, x, H, W).to(tl.float32) * slope  # zero outside the map
    tl.store(grad_z_ptr + plane + y * W + x, grad_z.to(x_ptr.dtype.element_ty), mask=inside)

    tl.store(grad_biases_ptr + share, tl.sum(grad_z))
    for k in tl.static_range(9):
        shifted = pixels(x_ptr + plane, y + k // 3 - 1, x + k % 3 - 1, H, W).to(tl.float32)
        tl.store(grad_taps_ptr + share * 9 + k, tl.sum(shifted * grad_z))


@triton.jit
def _input_backward_kernel(
    grad_z_ptr, taps_ptr, grad_x_ptr, C, H, W, tiles, tiles_w, BLOCK_H: tl.constexpr, BLOCK_W: tl.constexpr
):  # fmt: skip
    """From the gradient of z to that of x."""
    image, y, x, inside, _owned = tile(tiles, tiles_w, H, W, BLOCK_H, BLOCK_W, 0, 0)
    channel = tl.program_id(1)
    plane = (image.to(tl.int64) * C + channel) * H * W
    grad_x = _convolved(grad_z_ptr + plane, taps_ptr + channel * 9, y, x, H, W, BLOCK_H, BLOCK_W, True)
    tl.store(grad_x_ptr + plane + y * W + x, grad_x.to(grad_z_ptr.dtype.element_ty), mask=inside)


def forward(x: Tensor, taps: Tensor, biases: Tensor) -> Tensor:
    """x, out (B, C, H, W); all arguments contiguous and of one dtype."""
    out = x.new_empty(x.shape)
    _launch(_forward_kernel, x, x, taps, biases, out)
    return out


def backward(grad: Tensor, x: Tensor, taps: Tensor, biases: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of x, taps and biases from `grad`, that of the output; all contiguous."""
    shares = x.shape[0] * _tiles(*x.shape[2:])[1]
    grad_z, grad_x = x.new_empty(x.shape), x.new_empty(x.shape)
    grad_taps = x.new_empty((shares, *taps.shape), dtype=torch.float32)
    grad_biases = x.new_empty((shares, *biases.shape), dtype=torch.float32)
    _launch(_gelu_backward_kernel, x, grad, x, taps, biases, grad_z, grad_taps, grad_biases)
    _launch(_input_backward_kernel, x, grad_z, taps, grad_x)
    return grad_x, grad_taps.sum(0).to(taps.dtype), grad_biases.sum(0).to(biases.dtype)


def _tiles(H: int, W: int) -> tuple[tuple[int, int], int, int]:
    """((BLOCK_H, BLOCK_W), number of tiles of a map, of them side by side)."""
    block_w = min(WIDEST, triton.next_power_of_2(W))
    block_h = min(PIXELS // block_w, triton.next_power_of_2(H))
    tiles_w = triton.cdiv(W, block_w)
    return (block_h, block_w), triton.cdiv(H, block_h) * tiles_w, tiles_w


def _launch(kernel, x: Tensor, *tensors: Tensor) -> None:
    """Run `kernel` on `tensors` once per tile, image and channel of x (B, C, H, W)."""
    B, C, H, W = x.shape
    (block_h, block_w), tiles, tiles_w = _tiles(H, W)
    kernel[(B * tiles, C)](
        *tensors, C, H, W, tiles, tiles_w, BLOCK_H=block_h, BLOCK_W=block_w, num_warps=warps(block_h * block_w)
    )  # fmt: skip


def warps(pixels: int) -> int:
    """8 pixels to a thread: few enough that several programs fit on a processor and hide each other's waiting."""
    return max(1, min(8, pixels // 256))
