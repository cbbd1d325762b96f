"""Activations and their derivatives: forward Z -> A, backward (dA, A) -> dZ."""

import numpy as np


def identity(Z, A):
    """A = Z."""
    A[...] = Z


def identity_backward(dA, A, dZ):
    """dZ = dA."""
    dZ[...] = dA


def sigmoid(Z, A):
    """A = 1 / (1 + exp(-Z)), by exp(-|Z|) so that nothing overflows."""
    e = np.exp(-np.abs(Z))
    A[...] = np.where(Z < 0, e / (1 + e), 1 / (1 + e))


def sigmoid_backward(dA, A, dZ):
    """dZ = dA * A * (1 - A)."""
    dZ[...] = dA * A * (1 - A)


def tanh(Z, A):
    """A = tanh(Z)."""
    A[...] = np.tanh(Z)


def tanh_backward(dA, A, dZ):
    """dZ = dA * (1 - A^2)."""
    dZ[...] = dA * (1 - A * A)


def relu(Z, A):
    """A = max(Z, 0), a NaN kept."""
    A[...] = np.maximum(Z, 0)


def relu_backward(dA, A, dZ):
    """dZ = dA where A > 0, else 0."""
    dZ[...] = np.where(A > 0, dA, 0)


def leaky_relu(Z, A, slope=0.01):
    """A = Z where Z >= 0, else slope * Z."""
    A[...] = np.where(Z < 0, Z.dtype.type(slope) * Z, Z)


def leaky_relu_backward(dA, A, dZ, slope=0.01):
    """dZ = dA where A > 0, else slope * dA."""
    dZ[...] = np.where(A > 0, dA, dA.dtype.type(slope) * dA)


def softmax(Z, A):
    """A = exp(Z) / sum(exp(Z)) down each column, computed from Z - max(Z)."""
    if Z.shape[0]:
        e = np.exp(Z - Z.max(axis=0))
        A[...] = e / e.sum(axis=0)


def softmax_backward(dA, A, dZ):
    """dZ = A * (dA - sum(dA * A)) down each column."""
    dZ[...] = A * (dA - (dA * A).sum(axis=0))
