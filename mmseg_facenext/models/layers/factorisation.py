"""Compute the multiplicative updates of non-negative matrix factorisation, with their own backward pass.

Shapes:
    B maps (images times groups), D channels, N pixels, R rank, K steps;
    X (B, D, N) ~ bases (B, D, R) @ coef (B, N, R)^T.

Every step uses X twice, for `similarity_k` = X^T bases_k and `projection_k` = X coef_k. From that autograd makes
2K + 1 gradients of X, each a product of rank R that is written to memory, and adds them one by one. Their sum

    dX = bases_0 dsimilarity_0^T + ... + bases_K dsimilarity_K^T + dprojection_1 coef_1^T + ... + dprojection_K coef_K^T

is one product of rank (2K + 1) R, and that is how `Factorisation` computes it. Where torch.compile or torch.jit
traces the model, autograd differentiates the steps as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

EPSILON = 1e-6


def factorise(X: Tensor, start: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Return bases (B, D, R) and coef (B, N, R) of the non-negative X (B, D, N) after `steps` updates of both.

    One more update of coef follows, so that the gradient reaches it through the final bases.

    Args:
        start: the bases to start from, (B, D, R); no gradient flows to them.
    """
    # torch.compile traces a backward pass under the autocast around the model, and none that switches it off;
    # torch.jit.trace cannot save a Function.
    traced = torch.compiler.is_compiling() or torch.jit.is_tracing()
    if torch.is_grad_enabled() and X.requires_grad and not traced:
        return Factorisation.apply(X, start, steps)
    for bases, similarity, coef, _ in _iterate(X, start, steps):  # noqa: B007, the last ones are wanted
        pass
    return bases, update(coef, similarity, bases)


def _iterate(X: Tensor, bases: Tensor, steps: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor | None]]:
    """Yield bases_k, similarity_k, coef_k and projection_k for k = 0 to K; projection_0 is None."""
    # (B, N, D) @ (B, D, R) -> (B, N, R)
    similarity = X.mT @ bases
    coef, projection = F.softmax(similarity, dim=-1), None
    yield bases, similarity, coef, projection
    for _ in range(steps):
        coef = update(coef, similarity, bases)
        # (B, D, N) @ (B, N, R) -> (B, D, R)
        projection = X @ coef
        bases = update(bases, projection, coef)
        similarity = X.mT @ bases
        yield bases, similarity, coef, projection


def update(factor: Tensor, numerator: Tensor, other: Tensor) -> Tensor:
    """Return the multiplicative update of `factor` (B, M, R) while `other` (B, L, R) stays; numerator (B, M, R)."""
    return factor * numerator / _denominator(factor, other)


def _denominator(factor: Tensor, other: Tensor) -> Tensor:
    # (B, M, R) @ [(B, R, L) @ (B, L, R)] -> (B, M, R)
    return (factor @ (other.mT @ other)).add_(EPSILON)


def product(bases: Tensor, coef: Tensor, transposed: bool) -> Tensor:
    """Return bases (B, D, R) @ coef (B, N, R)^T -> (B, D, N); `transposed`: the D values of a pixel are adjacent."""
    return (coef @ bases.mT).mT if transposed else bases @ coef.mT


class Factorisation(torch.autograd.Function):
    """`factorise` where X needs a gradient. Keeps X and what each step starts from; differentiable once."""

    @staticmethod
    def forward(ctx, X: Tensor, start: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        bases, similarity, coef, projection = zip(*_iterate(X, start, steps), strict=True)
        last_coef = update(coef[-1], similarity[-1], bases[-1])
        ctx.steps = steps
        ctx.save_for_backward(X, *bases, *similarity, *coef, last_coef, *projection[1:])
        return bases[-1], last_coef

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_bases: Tensor, grad_coef: Tensor) -> tuple[Tensor, None, None]:
        K = ctx.steps
        X, *saved = ctx.saved_tensors
        bases, similarity, coef = (saved[i * (K + 1) :][: K + 1] for i in range(3))
        last_coef, *projection = saved[3 * (K + 1) :]
        with torch.autocast(X.device.type, enabled=False):  # as in the forward pass
            grad_coef, grad_similarity, grad_gram = _update_backward(
                grad_coef, coef[K], similarity[K], bases[K], last_coef
            )
            grad_bases = grad_bases + bases[K] @ grad_gram
            # dX = sum of left[i] (B, D, R) @ right[i] (B, N, R)^T
            left, right = [bases[K]], [grad_similarity]
            for k in reversed(range(K)):
                # bases[k + 1] is the update of bases[k] by projection[k] = X coef[k + 1]
                # (B, D, N) @ (B, N, R) -> (B, D, R)
                grad_bases = grad_bases + X @ grad_similarity
                grad_bases, grad_projection, grad_gram = _update_backward(
                    grad_bases, bases[k], projection[k], coef[k + 1], bases[k + 1]
                )
                left.append(grad_projection)
                right.append(coef[k + 1])
                # coef[k + 1] is the update of coef[k] by similarity[k] = X^T bases[k]
                # (B, N, R) @ (B, R, R) -> (B, N, R) and (B, N, D) @ (B, D, R) -> (B, N, R)
                grad_coef.baddbmm_(coef[k + 1], grad_gram).baddbmm_(X.mT, grad_projection)
                grad_coef, grad_similarity, grad_gram = _update_backward(
                    grad_coef, coef[k], similarity[k], bases[k], coef[k + 1]
                )
                grad_bases = grad_bases + bases[k] @ grad_gram
                left.append(bases[k])
                right.append(grad_similarity)
            # coef[0] is the softmax of similarity[0]
            weighted = grad_coef * coef[0]
            right[-1] += weighted - weighted.sum(dim=-1, keepdim=True) * coef[0]
            # (B, D, (2K + 1) R) @ (B, (2K + 1) R, N) -> (B, D, N)
            grad_X = product(torch.cat(left, dim=-1), torch.cat(right, dim=-1), X.mT.is_contiguous())
        return grad_X, None, None


def _update_backward(
    grad: Tensor, factor: Tensor, numerator: Tensor, other: Tensor, updated: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return gradients of `factor`, `numerator` and a (B, R, R) matrix, which makes that of `other`: other @ matrix.

    `grad` is the gradient of `updated`, the result of `update`. With G = other^T other and
    denominator = factor G + epsilon:
        dnumerator = grad / denominator * factor
        ddenominator = -grad / denominator * updated
        dfactor = grad / denominator * numerator + ddenominator G
        dG = factor^T ddenominator, dother = other (dG + dG^T)
    """
    ratio = grad / _denominator(factor, other)
    opposite = ratio * updated  # -ddenominator
    grad_factor = (ratio * numerator).baddbmm_(opposite, other.mT @ other, alpha=-1)
    # (B, R, M) @ (B, M, R) -> (B, R, R)
    opposite_gram = factor.mT @ opposite
    return grad_factor, ratio * factor, -opposite_gram - opposite_gram.mT
