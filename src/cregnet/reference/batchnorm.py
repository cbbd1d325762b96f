"""Batch normalisation (Ioffe & Szegedy 2015): columns = examples, and each row is normalised separately."""

import numpy as np
from numpy.typing import ArrayLike

from ..spec import BATCH_NORM_EPSILON as EPSILON
from .outputs import Array, filled, reals

__all__ = [
    "batch_norm",
    "batch_norm_backward",
    "batch_norm_fold",
    "batch_norm_predict",
    "batch_norm_statistics",
]


def batch_norm(
    Z: ArrayLike,
    gamma: ArrayLike,
    beta: ArrayLike,
    A: Array | None = None,
    Zhat: Array | None = None,
    mean: Array | None = None,
    variance: Array | None = None,
    *,
    epsilon: float = EPSILON,
    n_examples: int | None = None,
) -> tuple[Array, Array, Array, Array]:
    """Zhat = (Z - mean) / sqrt(variance + epsilon) and A = gamma * Zhat + beta.

    The mean and the biased variance are those of the first n_examples columns. The columns after them are
    set to 0 in Zhat and A.
    """
    Z, gamma, beta, *_ = reals(Z, gamma, beta, A, Zhat, mean, variance)
    dtype, n = Z.dtype, Z.shape[1] if n_examples is None else n_examples
    batch = Z[:, :n].astype(np.float64)
    center = batch.sum(axis=1, keepdims=True) / max(n, 1)
    squares = ((batch - center) ** 2).sum(axis=1, keepdims=True) / max(n, 1)
    normed, out = np.zeros_like(Z), np.zeros_like(Z)
    normed[:, :n] = (batch - center) / np.sqrt(squares + epsilon)
    out[:, :n] = gamma * normed[:, :n] + beta
    return (
        filled(A, out, dtype),
        filled(Zhat, normed, dtype),
        filled(mean, center, dtype),
        filled(variance, squares, dtype),
    )


def batch_norm_backward(
    dA: ArrayLike,
    Zhat: ArrayLike,
    gamma: ArrayLike,
    variance: ArrayLike,
    dZ: Array | None = None,
    dgamma: Array | None = None,
    dbeta: Array | None = None,
    *,
    epsilon: float = EPSILON,
    n_examples: int | None = None,
) -> tuple[Array, Array, Array]:
    """dZ, dgamma = sum(dA * Zhat), dbeta = sum(dA), with the batch's mean and variance differentiated too.

    dZ = gamma / sqrt(variance + epsilon) * (dA - dbeta / n - Zhat * dgamma / n), n = n_examples.
    """
    dA, Zhat, gamma, variance, *_ = reals(dA, Zhat, gamma, variance, dZ, dgamma, dbeta)
    dtype, n = dA.dtype, dA.shape[1] if n_examples is None else n_examples
    batch, normed = dA[:, :n].astype(np.float64), Zhat[:, :n].astype(np.float64)
    along_one = batch.sum(axis=1, keepdims=True)
    along_Zhat = (batch * normed).sum(axis=1, keepdims=True)
    scale = gamma / np.sqrt(variance.astype(np.float64) + epsilon)
    out = np.zeros_like(dA)
    out[:, :n] = scale * (batch - along_one / max(n, 1) - normed * along_Zhat / max(n, 1))
    return filled(dZ, out, dtype), filled(dgamma, along_Zhat, dtype), filled(dbeta, along_one, dtype)


def batch_norm_predict(
    Z: ArrayLike,
    gamma: ArrayLike,
    beta: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    A: Array | None = None,
    *,
    epsilon: float = EPSILON,
) -> Array:
    """A = gamma * (Z - mean) / sqrt(variance + epsilon) + beta, with given statistics."""
    Z, gamma, beta, mean, variance, *_ = reals(Z, gamma, beta, mean, variance, A)
    return filled(A, gamma * (Z - mean) / np.sqrt(variance.astype(np.float64) + epsilon) + beta, Z.dtype)


def batch_norm_fold(
    W: ArrayLike,
    gamma: ArrayLike,
    beta: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    W_out: Array | None = None,
    b_out: Array | None = None,
    *,
    epsilon: float = EPSILON,
) -> tuple[Array, Array]:
    """W_out and b_out of the dense layer that equals W followed by `batch_norm_predict`."""
    W, gamma, beta, mean, variance, *_ = reals(W, gamma, beta, mean, variance, W_out, b_out)
    scale = gamma / np.sqrt(variance.astype(np.float64) + epsilon)
    return filled(W_out, scale * W, W.dtype), filled(b_out, beta - scale * mean, W.dtype)


def batch_norm_statistics(
    mean: ArrayLike,
    variance: ArrayLike,
    running_mean: Array,
    running_variance: Array,
    decay: float,
    n_examples: int,
) -> None:
    """Update the running statistics with those of a batch of n_examples; the variance is made unbiased.

    Both start from 0. After t batches they must be divided by 1 - decay^t before they are used.
    """
    mean, variance = np.asarray(mean), np.asarray(variance)
    unbiased = variance * (n_examples / max(n_examples - 1, 1))
    running_mean[...] = decay * running_mean + (1 - decay) * mean
    running_variance[...] = decay * running_variance + (1 - decay) * unbiased
