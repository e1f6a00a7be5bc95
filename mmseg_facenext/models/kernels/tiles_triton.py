"""What kernels on (B, C, H, W) maps share: one program works on a tile of BLOCK_H x BLOCK_W pixels of one channel."""

import triton
import triton.language as tl


@triton.jit
def tile(
    tiles, tiles_w, H, W, BLOCK_H: tl.constexpr, BLOCK_W: tl.constexpr, HALO_H: tl.constexpr, HALO_W: tl.constexpr
):  # fmt: skip
    """(image, y (BLOCK_H, 1), x (1, BLOCK_W), which pixels lie in the map, which of them are owned).

    Neighbouring tiles overlap by a halo on each side; a tile owns (writes, counts) what lies between its halos.
    """
    image, number = tl.program_id(0) // tiles, tl.program_id(0) % tiles
    i, j = tl.arange(0, BLOCK_H)[:, None], tl.arange(0, BLOCK_W)[None, :]
    y = number // tiles_w * (BLOCK_H - 2 * HALO_H) - HALO_H + i
    x = number % tiles_w * (BLOCK_W - 2 * HALO_W) - HALO_W + j
    inside = (y >= 0) & (y < H) & (x >= 0) & (x < W)
    between = (i >= HALO_H) & (i < BLOCK_H - HALO_H) & (j >= HALO_W) & (j < BLOCK_W - HALO_W)
    return image, y, x, inside, inside & between


@triton.jit
def pixels(plane, y, x, H, W):
    """plane[y, x], zero outside the map."""
    return tl.load(plane + y * W + x, mask=(y >= 0) & (y < H) & (x >= 0) & (x < W), other=0.0)
