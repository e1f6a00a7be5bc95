"""Hamburger: global context as the low-rank part of the features, found by matrix factorisation.

Shapes:
    B batch, C channels, H and W of the features, N = H*W pixels;
    S groups of channels that are factorised apart (`MD_S`), D = C/S, R rank (`MD_R`).

References: Geng et al., "Is Attention Better Than Matrix Decomposition?", ICLR 2021,
https://arxiv.org/abs/2109.04553; update rules of Lee and Seung, "Algorithms for Non-negative Matrix
Factorization", NIPS 2000; the light variant is that of Visual-Attention-Network/SegNeXt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from torch import Tensor, nn

from .factorisation import factorise, product

FIXED_BASES_SEED = 0


class NMF2D(nn.Module):
    """Non-negative matrix factorisation of a feature map by multiplicative updates.

    X (D, N) ~ bases (D, R) @ coef (N, R)^T with no negative entry. Runs in float32 under every autocast
    type: the updates divide small sums by small sums.

    Args:
        args: the options as one mapping, the way published configs give them (names in any case):
            `MD_S` (1) and `MD_R` (64): S and R.
            `train_steps` (6), `eval_steps` (7): updates of coef and bases.
            `rand_init`: where the bases start. None (default): drawn anew on every call in training, one
                fixed seeded basis in evaluation, so that a photo always gets the same mask. True: always
                drawn anew from torch's generator, as the published code does. False: always fixed.
            `inv_t`, `MD_D`, `eta`, `spatial=True`: taken because published configs have them. They have
                no effect in the published NMF either (it resets `inv_t` to 1).
        channels: C, when it is known beforehand; the fixed basis is then made at once, which exporters
            and `torch.compile` want.

    Raises:
        ValueError: an unknown option, or `spatial=False`.
    """

    def __init__(self, args: Mapping[str, Any] | None = None, channels: int | None = None):
        super().__init__()
        options = {
            k.upper() if k.upper().startswith('MD_') else k.lower(): v for k, v in (args or {}).items()
        }
        self.S: int = options.pop('MD_S', 1)
        self.R: int = options.pop('MD_R', 64)
        self.train_steps: int = options.pop('train_steps', 6)
        self.eval_steps: int = options.pop('eval_steps', 7)
        self.rand_init: bool | None = options.pop('rand_init', None)
        if not options.pop('spatial', True):
            raise ValueError('NMF2D factorises over pixels; spatial=False is not supported')
        if unknown := sorted(options.keys() - {'inv_t', 'MD_D', 'eta'}):
            raise ValueError(f'NMF2D does not know the option(s) {unknown} of ham_kwargs={dict(args or {})}')
        # Not persistent: the state dict stays that of the published checkpoints.
        self.register_buffer('fixed_bases', None, persistent=False)
        if channels is not None and not self.rand_init:
            self.fixed_bases = seeded_bases(self.S, channels // self.S, self.R)

    def forward(self, x: Tensor, weight: Tensor | None = None) -> Tensor:
        """(B, C, H, W), non-negative -> its rank-R reconstruction, same shape and dtype.

        Args:
            weight: (C_out, C), a linear map to apply to the reconstruction of each pixel; the result has C_out
                channels. `weight @ (bases @ coef^T) = (weight @ bases) @ coef^T`, so that it costs R rather
                than C multiplications per output element.
        """
        B, C, H, W = x.shape
        D = C // self.S
        with torch.autocast(x.device.type, enabled=False):
            X = x.float().reshape(B * self.S, D, H * W)
            bases, coef = factorise(X, self._start(X), self.train_steps if self.training else self.eval_steps)
            if weight is not None:
                # (S, C_out, D) @ (B, S, D, R) -> (B, S, C_out, R), the groups then side by side: (B, C_out, S*R)
                per_group = weight.float().view(-1, self.S, D).transpose(0, 1)
                bases = (per_group @ bases.view(B, self.S, D, self.R)).transpose(1, 2).flatten(2)
                coef = coef.view(B, self.S, H * W, self.R).transpose(1, 2).flatten(2)
            # (B*S, D, R) @ (B*S, R, N) -> (B*S, D, N), or (B, C_out, S*R) @ (B, S*R, N) -> (B, C_out, N)
            channels_last = x.is_contiguous(memory_format=torch.channels_last)
            low_rank = product(bases, coef, transposed=channels_last)
        return low_rank.reshape(B, -1, H, W).to(x.dtype)

    def _start(self, X: Tensor) -> Tensor:
        """Return the start bases (B*S, D, R) for X (B*S, D, N)."""
        BS, D, _ = X.shape
        if self.rand_init or (self.rand_init is None and self.training):
            return F.normalize(torch.rand(BS, D, self.R, device=X.device), dim=1)
        bases = self.fixed_bases
        if bases is None or bases.shape[1] != D:
            bases = self.fixed_bases = seeded_bases(self.S, D, self.R).to(X.device)
        return bases.float().repeat(BS // self.S, 1, 1)


def seeded_bases(S: int, D: int, R: int) -> Tensor:
    """Return (S, D, R) float32 bases with columns of length 1, the same on every call and device."""
    generator = torch.Generator(device='cpu').manual_seed(FIXED_BASES_SEED)
    return F.normalize(torch.rand(S, D, R, generator=generator, device='cpu'), dim=1)


class Hamburger(nn.Module):
    """ReLU(x + ham_out(NMF(ReLU(ham_in(x))))): two 1x1 convolutions around the factorisation.

    Args:
        ham_channels: C.
        ham_kwargs: options of `NMF2D`.
        norm_cfg: norm after `ham_out`.
    """

    def __init__(
        self,
        ham_channels: int = 512,
        ham_kwargs: Mapping[str, Any] | None = None,
        norm_cfg: dict | None = None,
    ):
        super().__init__()
        self.ham_in = ConvModule(ham_channels, ham_channels, 1, norm_cfg=None, act_cfg=None)
        self.ham = NMF2D(ham_kwargs, channels=ham_channels)
        self.ham_out = ConvModule(ham_channels, ham_channels, 1, norm_cfg=norm_cfg, act_cfg=None)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        conv, norm = self.ham_out.conv, self.ham_out.norm
        ham = self.ham(F.relu(self.ham_in(x)), conv.weight.flatten(1))
        if conv.bias is not None:
            ham = ham + conv.bias[:, None, None]
        if norm is not None:
            ham = norm(ham)
        return F.relu(x + ham)
