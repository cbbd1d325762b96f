"""Proximal steps and projections: soft threshold, max-norm per unit, clipping by value and by norm."""

import numpy as np
from numpy.typing import ArrayLike

from .outputs import Array, filled, reals

__all__ = ["clip_norm", "clip_values", "max_norm", "soft_threshold"]


def soft_threshold(W: ArrayLike, threshold: float, out: Array | None = None) -> Array:
    """out = sign(W) * max(|W| - threshold, 0)."""
    W, *_ = reals(W, out)
    return filled(out, np.sign(W) * np.maximum(np.abs(W) - W.dtype.type(threshold), 0), W.dtype)


def max_norm(W: ArrayLike, bound: float, out: Array | None = None) -> Array:
    """W (n_out, n_in), with each row whose norm exceeds `bound` scaled to that norm."""
    W, *_ = reals(W, out)
    out = filled(out, W, W.dtype)
    for row in out:
        clip_norm(row, bound, row)
    return out


def clip_values(gradient: ArrayLike, bound: float, out: Array | None = None) -> Array:
    """out = min(max(gradient, -bound), bound), a NaN kept."""
    gradient, *_ = reals(gradient, out)
    b = gradient.dtype.type(bound)
    if float(b) > bound:  # rounded up
        b = np.nextafter(b, gradient.dtype.type(0))
    return filled(out, np.clip(gradient, -b, b), gradient.dtype)


def clip_norm(gradient: ArrayLike, bound: float, out: Array | None = None) -> tuple[Array, float]:
    """The gradient, scaled to norm `bound` if its norm exceeds that, and its norm before.

    The norm of the result, computed in double, is at most the bound despite rounding.
    """
    x, *_ = reals(gradient, out)
    wide = x.astype(np.float64)
    norm = float(np.sqrt((wide * wide).sum()))
    if bound < norm < np.inf:
        # the rounding of the factor and of each product, and the errors of two sums of x.size squares
        margin = 1 - np.finfo(x.dtype).eps - (x.size + 10) * 2.0**-53
        x = x * x.dtype.type(bound / norm * margin)
    return filled(out, x, x.dtype), norm
