"""Activations and their derivatives: forward Z -> A, backward (dA, A or Z) -> dZ."""

import math

import numpy as np
from numpy.typing import ArrayLike

from ..spec import ACTIVATIONS
from .outputs import Array, filled, reals

__all__ = [
    "elu",
    "elu_backward",
    "exponential",
    "exponential_backward",
    "gelu",
    "gelu_backward",
    "identity",
    "identity_backward",
    "leaky_relu",
    "leaky_relu_backward",
    "mish",
    "mish_backward",
    "relu",
    "relu_backward",
    "selu",
    "selu_backward",
    "sigmoid",
    "sigmoid_backward",
    "silu",
    "silu_backward",
    "softmax",
    "softmax_backward",
    "softplus",
    "softplus_backward",
    "tanh",
    "tanh_backward",
]

SLOPE = ACTIVATIONS["leaky_relu"].options[0].default


def identity(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = Z."""
    Z, *_ = reals(Z, A)
    return filled(A, Z, Z.dtype)


def identity_backward(dA: ArrayLike, A: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = dA."""
    dA, A, *_ = reals(dA, A, dZ)
    return filled(dZ, dA, dA.dtype)


def sigmoid(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = 1 / (1 + exp(-Z)), by exp(-|Z|) so that nothing overflows."""
    Z, *_ = reals(Z, A)
    e = np.exp(-np.abs(Z))
    return filled(A, np.where(Z < 0, e / (1 + e), 1 / (1 + e)), Z.dtype)


def sigmoid_backward(dA: ArrayLike, A: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = dA * A * (1 - A)."""
    dA, A, *_ = reals(dA, A, dZ)
    return filled(dZ, dA * A * (1 - A), A.dtype)


def tanh(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = tanh(Z)."""
    Z, *_ = reals(Z, A)
    return filled(A, np.tanh(Z), Z.dtype)


def tanh_backward(dA: ArrayLike, A: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = dA * (1 - A^2)."""
    dA, A, *_ = reals(dA, A, dZ)
    return filled(dZ, dA * (1 - A * A), A.dtype)


def relu(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = max(Z, 0), a NaN kept."""
    Z, *_ = reals(Z, A)
    return filled(A, np.maximum(Z, 0), Z.dtype)


def relu_backward(dA: ArrayLike, A: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = dA where A > 0, else 0."""
    dA, A, *_ = reals(dA, A, dZ)
    return filled(dZ, np.where(A > 0, dA, 0), A.dtype)


def leaky_relu(Z: ArrayLike, A: Array | None = None, *, slope: float = SLOPE) -> Array:
    """A = Z where Z >= 0, else slope * Z."""
    Z, *_ = reals(Z, A)
    return filled(A, np.where(Z < 0, Z.dtype.type(slope) * Z, Z), Z.dtype)


def leaky_relu_backward(
    dA: ArrayLike, A: ArrayLike, dZ: Array | None = None, *, slope: float = SLOPE
) -> Array:
    """dZ = dA where A > 0, else slope * dA."""
    dA, A, *_ = reals(dA, A, dZ)
    return filled(dZ, np.where(A > 0, dA, dA.dtype.type(slope) * dA), A.dtype)


def softmax(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = exp(Z) / sum(exp(Z)) down each column, computed from Z - max(Z)."""
    Z, *_ = reals(Z, A)
    e = np.exp(Z - Z.max(axis=0, initial=-np.inf))
    return filled(A, e / e.sum(axis=0), Z.dtype)


def softmax_backward(dA: ArrayLike, A: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = A * (dA - sum(dA * A)) down each column."""
    dA, A, *_ = reals(dA, A, dZ)
    return filled(dZ, A * (dA - (dA * A).sum(axis=0)), A.dtype)


def elu(Z: ArrayLike, A: Array | None = None, *, alpha: float = 1.0) -> Array:
    """A = Z where Z >= 0, else alpha * (exp(Z) - 1)."""
    Z, *_ = reals(Z, A)
    return filled(A, np.where(Z < 0, Z.dtype.type(alpha) * np.expm1(np.minimum(Z, 0)), Z), Z.dtype)


def elu_backward(dA: ArrayLike, A: ArrayLike, dZ: Array | None = None, *, alpha: float = 1.0) -> Array:
    """dZ = dA where A >= 0, else dA * (A + alpha)."""
    dA, A, *_ = reals(dA, A, dZ)
    return filled(dZ, dA * np.where(A < 0, A + A.dtype.type(alpha), 1), A.dtype)


SELU_SCALE, SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848


def selu(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = 1.0507 Z where Z >= 0, else 1.7581 (exp(Z) - 1)."""
    Z, *_ = reals(Z, A)
    return filled(
        A,
        np.where(
            Z < 0,
            Z.dtype.type(SELU_SCALE * SELU_ALPHA) * np.expm1(np.minimum(Z, 0)),
            Z.dtype.type(SELU_SCALE) * Z,
        ),
        Z.dtype,
    )


def selu_backward(dA: ArrayLike, A: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = 1.0507 dA where A >= 0, else dA (A + 1.7581)."""
    dA, A, *_ = reals(dA, A, dZ)
    return filled(
        dZ, dA * np.where(A < 0, A + A.dtype.type(SELU_SCALE * SELU_ALPHA), A.dtype.type(SELU_SCALE)), A.dtype
    )


def softplus(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = log(1 + exp(Z))."""
    Z, *_ = reals(Z, A)
    return filled(A, np.maximum(Z, 0) + np.log1p(np.exp(-np.abs(Z))), Z.dtype)


def softplus_backward(dA: ArrayLike, A: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = dA * (1 - exp(-A))."""
    dA, A, *_ = reals(dA, A, dZ)
    return filled(dZ, -dA * np.expm1(-A), A.dtype)


def silu(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = Z / (1 + exp(-Z))."""
    Z, *_ = reals(Z, A)
    return filled(A, Z * sigmoid(Z), Z.dtype)


def silu_backward(dA: ArrayLike, Z: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = dA * (s + Z s (1 - s)), s the sigmoid of Z."""
    dA, Z, *_ = reals(dA, Z, dZ)
    return filled(dZ, dA * (sigmoid(Z) + Z * sigmoid(Z) * (1 - sigmoid(Z))), Z.dtype)


def mish(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = Z tanh(log(1 + exp(Z)))."""
    Z, *_ = reals(Z, A)
    return filled(A, Z * np.tanh(softplus(Z)), Z.dtype)


def mish_backward(dA: ArrayLike, Z: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = dA * (t + Z (1 - t^2) s), t the tanh of the softplus of Z, s its sigmoid."""
    dA, Z, *_ = reals(dA, Z, dZ)
    return filled(dZ, dA * (np.tanh(softplus(Z)) + Z * (1 - np.tanh(softplus(Z)) ** 2) * sigmoid(Z)), Z.dtype)


def normal_distribution(Z: Array) -> Array:
    """Phi(Z) = erfc(-Z / sqrt(2)) / 2."""
    return np.array([math.erfc(-z / math.sqrt(2)) / 2 for z in Z.ravel()], Z.dtype).reshape(Z.shape)


def gelu(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = Z Phi(Z), Phi the normal distribution function."""
    Z, *_ = reals(Z, A)
    return filled(A, Z * normal_distribution(Z), Z.dtype)


def gelu_backward(dA: ArrayLike, Z: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = dA * (Phi(Z) + Z exp(-Z^2 / 2) / sqrt(2 pi))."""
    dA, Z, *_ = reals(dA, Z, dZ)
    return filled(
        dZ,
        dA * (normal_distribution(Z) + Z * np.exp(-Z * Z / 2) / Z.dtype.type(math.sqrt(2 * math.pi))),
        Z.dtype,
    )


def exponential(Z: ArrayLike, A: Array | None = None) -> Array:
    """A = exp(Z)."""
    Z, *_ = reals(Z, A)
    return filled(A, np.exp(Z), Z.dtype)


def exponential_backward(dA: ArrayLike, A: ArrayLike, dZ: Array | None = None) -> Array:
    """dZ = dA * A."""
    dA, A, *_ = reals(dA, A, dZ)
    return filled(dZ, dA * A, A.dtype)
