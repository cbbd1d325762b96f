"""Losses: cost = sum_j weight[j] * loss_j, and the gradient that starts the backward pass."""

import numpy as np

from .activation import sigmoid, softmax


def total(weight, loss):
    """Sum of weight * loss in double."""
    return float((weight * loss).sum(dtype=np.float64))


def binary_cross_entropy(Z, Y, weight, dZ):
    """Cost of sigmoid outputs from their logits; dZ = weight * (sigmoid(Z) - Y)."""
    cost = total(weight, np.maximum(Z, 0) - Z * Y + np.log1p(np.exp(-np.abs(Z))))
    A = np.empty_like(dZ)
    sigmoid(Z, A)
    dZ[...] = weight * (A - Y)
    return cost


def categorical_cross_entropy(Z, Y, weight, dZ):
    """Cost of softmax outputs from their logits; dZ = weight * (softmax(Z) sum(Y) - Y)."""
    if Z.shape[0] == 0:
        return 0.0
    shifted = Z - Z.max(axis=0)
    log_sum = np.log(np.exp(shifted).sum(axis=0))
    cost = total(weight, (Y * (log_sum - shifted)).sum(axis=0))
    A = np.empty_like(dZ)
    softmax(Z, A)
    dZ[...] = weight * (A * Y.sum(axis=0) - Y)
    return cost


def squared_error(A, Y, weight, dA):
    """Cost sum(weight / 2 * (A - Y)^2); dA = weight * (A - Y)."""
    difference = A - Y
    dA[...] = weight * difference
    return total(weight, difference * difference) / 2
