"""Penalties on the weights: l1 * sum |W| + l2 / 2 * sum W^2."""

import numpy as np
from numpy.typing import ArrayLike

from .outputs import Array

__all__ = ["penalty", "penalty_backward"]


def penalty(W: ArrayLike, l1: float, l2: float) -> float:
    """l1 * sum(|W|) + l2 / 2 * sum(W^2), accumulated in double."""
    W = np.asarray(W, np.float64)
    return float(l1 * np.abs(W).sum() + l2 / 2 * (W * W).sum())


def penalty_backward(W: ArrayLike, dW: Array, l1: float, l2: float) -> None:
    """dW += l1 * sign(W) + l2 * W, in place; the sign of 0 is 0."""
    W, real = np.asarray(W, dW.dtype), dW.dtype.type
    dW += real(l1) * np.sign(W) + real(l2) * W
