"""Proximal steps and projections: soft threshold, max-norm per unit, clipping by value and by norm."""

import numpy as np


def soft_threshold(W, threshold):
    """W = sign(W) * max(|W| - threshold, 0), in place."""
    W[...] = np.sign(W) * np.maximum(np.abs(W) - W.dtype.type(threshold), 0)


def max_norm(W, bound):
    """Scale each row of W (n_out, n_in) to norm `bound` where it is longer, in place."""
    for weights in W:
        clip_to_norm(weights, bound)


def clip_to_norm(x, bound):
    """Scale x to a norm that is at most the bound in double, however it is rounded; the norm before."""
    wide = x.astype(np.float64)
    norm = float(np.sqrt((wide * wide).sum()))
    if bound < norm < np.inf:
        # one rounding of the factor, one of each product, and two sums of x.size squares
        x *= x.dtype.type(bound / norm * (1 - np.finfo(x.dtype).eps - (x.size + 10) * 2.0**-53))
    return norm


def clip_values(gradient, bound):
    """gradient = min(max(gradient, -bound), bound), in place; a NaN stays one."""
    b = gradient.dtype.type(bound)
    if float(b) > bound:  # rounded up
        b = np.nextafter(b, gradient.dtype.type(0))
    np.clip(gradient, -b, b, out=gradient)


def clip_norm(gradient, bound):
    """Scale the gradient to norm `bound` where it is longer, in place; returns the norm it had."""
    return clip_to_norm(gradient, bound)
