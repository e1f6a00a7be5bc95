"""A block of MSCAN for inference, with BatchNorms and layer scales inside its convolutions.

Shapes: as in `mscan.py`, x (B, C, H, W). With a_i * x + b_i for the norms and s_i for the layer scales, the
published block is

    y = x + s_1 * (proj_2(g) + a_1 * x + b_1),  g = msca(act(proj_1(a_1 * x + b_1)))
    z = y + s_2 * mlp(a_2 * y + b_2)

Everything but the shortcut `(1 + s_1 * a_1) * x` goes into the four 1x1 convolutions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..fusion import affine_of, fold_after, fold_before

if TYPE_CHECKING:
    from .mscan import MSCABlock


class FusedMSCABlock(nn.Module):
    """The same map as `block` in evaluation mode; see the head of this file.

    Args:
        block: its norms are BatchNorms with running statistics.
    """

    def __init__(self, block: MSCABlock):
        super().__init__()
        attention, mlp = block.attn, block.mlp
        scale_1, scale_2 = block.layer_scale_1.double(), block.layer_scale_2.double()
        (a_1, b_1), (a_2, b_2) = affine_of(block.norm1), affine_of(block.norm2)
        self.proj_1 = fold_before(attention.proj_1, a_1, b_1)
        self.activation = attention.activation
        self.gate = attention.spatial_gating_unit
        self.proj_2 = fold_after(attention.proj_2, scale_1, scale_1 * b_1)
        shortcut = (1 + scale_1 * a_1).to(block.layer_scale_1.dtype)
        self.shortcut = nn.Parameter(shortcut[:, None, None], requires_grad=False)
        self.fc1 = fold_before(mlp.fc1, a_2, b_2)
        self.dwconv = mlp.dwconv
        self.act = mlp.act
        self.fc2 = fold_after(mlp.fc2, scale_2)

    def forward(self, x: Tensor) -> Tensor:
        attended = self.gate(self.activation(self.proj_1(x)))
        x = self.proj_2(attended).addcmul_(x, self.shortcut)
        return x.add_(self.fc2(self.act(self.dwconv(self.fc1(x)))))
