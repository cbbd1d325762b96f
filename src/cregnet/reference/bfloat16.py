"""Rounding to bfloat16, and the products of mixed precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..plan import Plan
from .outputs import Array, filled, reals

__all__ = ["round_to_bfloat16"]

UPPER_HALF = np.uint32(0xFFFF0000)
QUIET = np.uint32(0x00400000)


def round_to_bfloat16(x: ArrayLike, out: Array | None = None) -> Array:
    """The nearest number that a bfloat16 can hold; ties to even, a NaN becomes quiet."""
    x, *_ = reals(x, out)
    bits = rounded_to_odd(x).view(np.uint32)
    rounded = bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))
    chosen = np.where(np.isnan(x), bits | QUIET, rounded) & UPPER_HALF
    return filled(out, chosen.view(np.float32).astype(x.dtype), x.dtype)


def rounded_to_odd(x: Array) -> NDArray[np.float32]:
    """The float32 next to x towards 0, its last bit set, so that x is not rounded twice; x if it is one."""
    with np.errstate(over="ignore", invalid="ignore"):
        nearest = np.array(x, np.float32, order="C")
    bits = nearest.view(np.uint32)
    away = (np.abs(nearest) > np.abs(x)).astype(np.uint32)
    inexact = (nearest != x) & ~np.isnan(x)
    return np.where(inexact, bits - away | np.uint32(1), bits).view(np.float32)


def multiply(plan: Plan, A: Array, B: Array) -> Array:
    """A B; in mixed precision of operands rounded to bfloat16, with sums in float32."""
    if plan.compute_dtype == "bfloat16":
        A, B = round_to_bfloat16(A), round_to_bfloat16(B)
    return A @ B
