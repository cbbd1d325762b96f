"""The dense layer Z = W A_prev + b, its gradients, and the three products under it."""

import numpy as np
from numpy.typing import ArrayLike

from .outputs import Array, filled, reals

__all__ = ["dense", "dense_backward", "matmul", "matmul_nt", "matmul_tn"]


def dense(W: ArrayLike, b: ArrayLike, A_prev: ArrayLike, Z: Array | None = None) -> Array:
    """Z = W A_prev + b; W (n_out, n_in), b (n_out, 1), A_prev (n_in, m), Z (n_out, m)."""
    W, b, A_prev, *_ = reals(W, b, A_prev, Z)
    return filled(Z, W @ A_prev + b, W.dtype)


def dense_backward(
    dZ: ArrayLike,
    W: ArrayLike,
    A_prev: ArrayLike,
    dW: Array | None = None,
    db: Array | None = None,
    dA_prev: Array | None = None,
) -> tuple[Array, Array, Array]:
    """dW = dZ A_prev^T, db = row sums of dZ, dA_prev = W^T dZ (dZ contains the factor 1/m)."""
    dZ, W, A_prev, *_ = reals(dZ, W, A_prev, dW, db, dA_prev)
    return (
        filled(dW, dZ @ A_prev.T, W.dtype),
        filled(db, dZ.sum(axis=1, keepdims=True, dtype=np.float64), W.dtype),
        filled(dA_prev, W.T @ dZ, W.dtype),
    )


def matmul(A: ArrayLike, B: ArrayLike, C: Array | None = None) -> Array:
    """C = A B; A (n, k), B (k, m), C (n, m)."""
    A, B, *_ = reals(A, B, C)
    return filled(C, A @ B, A.dtype)


def matmul_tn(A: ArrayLike, B: ArrayLike, C: Array | None = None) -> Array:
    """C = A^T B; A (k, n), B (k, m), C (n, m)."""
    A, B, *_ = reals(A, B, C)
    return filled(C, A.T @ B, A.dtype)


def matmul_nt(A: ArrayLike, B: ArrayLike, C: Array | None = None) -> Array:
    """C = A B^T; A (n, k), B (m, k), C (n, m)."""
    A, B, *_ = reals(A, B, C)
    return filled(C, A @ B.T, A.dtype)
