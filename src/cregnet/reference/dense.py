"""The dense layer Z = W A_prev + b, its gradients, and the three products under it."""

import numpy as np


def dense(W, b, A_prev, Z):
    """Z = W A_prev + b; W (n_out, n_in), b (n_out, 1), A_prev (n_in, m), Z (n_out, m)."""
    Z[...] = W @ A_prev + b


def dense_backward(dZ, W, A_prev, dW, db, dA_prev):
    """dW = dZ A_prev^T, db = row sums of dZ, dA_prev = W^T dZ (the 1/m is in dZ)."""
    dW[...] = dZ @ A_prev.T
    db[...] = dZ.sum(axis=1, keepdims=True, dtype=np.float64)
    dA_prev[...] = W.T @ dZ


def matmul(A, B, C):
    """C = A B; A (n, k), B (k, m), C (n, m)."""
    C[...] = A @ B


def matmul_tn(A, B, C):
    """C = A^T B; A (k, n), B (k, m), C (n, m)."""
    C[...] = A.T @ B


def matmul_nt(A, B, C):
    """C = A B^T; A (n, k), B (m, k), C (n, m)."""
    C[...] = A @ B.T
