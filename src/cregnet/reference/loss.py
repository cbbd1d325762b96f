"""Losses: cost = sum_j weight[j] * loss_j, and the gradient that starts the backward pass."""

import numpy as np
from numpy.typing import ArrayLike

from ..spec import LOSSES
from .activation import sigmoid, softmax
from .outputs import Array, filled, reals

__all__ = [
    "absolute_error",
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "huber",
    "poisson",
    "quantile",
    "squared_error",
]


def weighted(
    outputs: ArrayLike, Y: ArrayLike, weight: ArrayLike | None, gradient: Array | None
) -> list[Array]:
    """Outputs, targets and weights as arrays of one dtype; without weights 1/m each."""
    if weight is None:
        outputs, Y, *_ = reals(outputs, Y, gradient)
        m = outputs.shape[1]
        weight = np.full(m, 1 / max(m, 1), outputs.dtype)
    return reals(outputs, Y, weight, gradient)[:3]


def total(weight: Array, loss: Array) -> float:
    """Sum of weight * loss in double."""
    return float((weight * loss).sum(dtype=np.float64))


def binary_cross_entropy(
    Z: ArrayLike, Y: ArrayLike, weight: ArrayLike | None = None, dZ: Array | None = None
) -> tuple[float, Array]:
    """Cost of sigmoid outputs from their logits; dZ = weight * (sigmoid(Z) - Y)."""
    Z, Y, weight = weighted(Z, Y, weight, dZ)
    cost = total(weight, np.maximum(Z, 0) - Z * Y + np.log1p(np.exp(-np.abs(Z))))
    return cost, filled(dZ, weight * (sigmoid(Z) - Y), Z.dtype)


def categorical_cross_entropy(
    Z: ArrayLike, Y: ArrayLike, weight: ArrayLike | None = None, dZ: Array | None = None
) -> tuple[float, Array]:
    """Cost of softmax outputs from their logits; dZ = weight * (softmax(Z) sum(Y) - Y)."""
    Z, Y, weight = weighted(Z, Y, weight, dZ)
    if Z.shape[0] == 0:
        return 0.0, filled(dZ, Z, Z.dtype)
    shifted = Z - Z.max(axis=0)
    log_sum = np.log(np.exp(shifted).sum(axis=0))
    cost = total(weight, (Y * (log_sum - shifted)).sum(axis=0))
    return cost, filled(dZ, weight * (softmax(Z) * Y.sum(axis=0) - Y), Z.dtype)


def squared_error(
    A: ArrayLike, Y: ArrayLike, weight: ArrayLike | None = None, dA: Array | None = None
) -> tuple[float, Array]:
    """Cost sum(weight / 2 * (A - Y)^2); dA = weight * (A - Y)."""
    A, Y, weight = weighted(A, Y, weight, dA)
    difference = A - Y
    return total(weight, difference * difference) / 2, filled(dA, weight * difference, A.dtype)


def huber(
    A: ArrayLike,
    Y: ArrayLike,
    weight: ArrayLike | None = None,
    dA: Array | None = None,
    *,
    delta: float = LOSSES["huber"].options[0].default,
) -> tuple[float, Array]:
    """Cost sum(weight * d (A - Y - d / 2)), d = A - Y clipped to [-delta, delta]; dA = weight * d."""
    A, Y, weight = weighted(A, Y, weight, dA)
    difference = A - Y
    bounded = np.clip(difference, -A.dtype.type(delta), A.dtype.type(delta))
    cost = total(weight, bounded * (difference - bounded / 2))
    return cost, filled(dA, weight * bounded, A.dtype)


def absolute_error(
    A: ArrayLike, Y: ArrayLike, weight: ArrayLike | None = None, dA: Array | None = None
) -> tuple[float, Array]:
    """Cost sum(weight * |A - Y|); dA = weight * sign(A - Y)."""
    A, Y, weight = weighted(A, Y, weight, dA)
    return total(weight, np.abs(A - Y)), filled(dA, weight * np.sign(A - Y), A.dtype)


def quantile(
    A: ArrayLike,
    Y: ArrayLike,
    weight: ArrayLike | None = None,
    dA: Array | None = None,
    *,
    q: float = LOSSES["quantile"].options[0].default,
) -> tuple[float, Array]:
    """Cost sum(weight * max(q (Y - A), (1 - q) (A - Y))), the pinball loss."""
    A, Y, weight = weighted(A, Y, weight, dA)
    above, below = A.dtype.type(1) - A.dtype.type(q), A.dtype.type(q)
    cost = total(weight, np.maximum(below * (Y - A), above * (A - Y)))
    return cost, filled(dA, weight * np.where(A > Y, above, np.where(A < Y, -below, 0)), A.dtype)


def poisson(
    Z: ArrayLike, Y: ArrayLike, weight: ArrayLike | None = None, dZ: Array | None = None
) -> tuple[float, Array]:
    """Cost sum(weight * (exp(Z) - Y Z)); dZ = weight * (exp(Z) - Y)."""
    Z, Y, weight = weighted(Z, Y, weight, dZ)
    return total(weight, np.exp(Z) - Y * Z), filled(dZ, weight * (np.exp(Z) - Y), Z.dtype)
