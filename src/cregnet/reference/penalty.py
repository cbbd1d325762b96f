"""Penalties on the weights: l1 * sum |W| + l2 / 2 * sum W^2."""

import numpy as np


def penalty(W, l1, l2):
    """l1 * sum(|W|) + l2 / 2 * sum(W^2), accumulated in double."""
    W = W.astype(np.float64)
    return float(l1 * np.abs(W).sum() + l2 / 2 * (W * W).sum())


def penalty_backward(W, dW, l1, l2):
    """dW += l1 * sign(W) + l2 * W, in place; the sign of 0 is 0."""
    real = W.dtype.type
    dW += real(l1) * np.sign(W) + real(l2) * W
