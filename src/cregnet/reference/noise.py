"""Gaussian noise and Gaussian dropout, from Philox words by the method of Box and Muller (1958)."""

import numpy as np

from ..spec import PURPOSES
from .dropout import philox_rounds, split_seed

NOISE, GAUSSIAN_DROPOUT = PURPOSES["noise"], PURPOSES["gaussian_dropout"]


def normal(shape, purpose, seed, layer, step, first):
    """Draws of N(0, 1) in double; of four units, words 0 and 1 give the first two, 2 and 3 the others."""
    n_units, n_examples = shape
    example, four = np.meshgrid(
        np.arange(first, first + n_examples, dtype=np.uint64) % 2**32,
        np.arange((n_units + 3) // 4, dtype=np.uint64),
    )
    step = np.full_like(example, step % 2**32)
    purpose = np.full_like(example, purpose << 28 | layer)
    words = np.stack(philox_rounds(example, four, step, purpose, *split_seed(seed)), axis=1)
    u = (words[:, 0::2] >> np.uint64(1) | np.uint64(1)) / 2**31  # an odd number over 2^31
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * (words[:, 1::2] / 2**32)
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2)
    return pairs.reshape(4 * len(four), n_examples)[:n_units]


def gaussian_noise(A, sigma, seed, layer, step, first=0):
    """A += sigma * draws of N(0, 1), in place; A (n_units, n), examples first to first + n - 1 of a batch."""
    if not 0 <= sigma < np.inf:
        raise ValueError(f"sigma is {sigma}, wanted a number >= 0")
    A[...] = A + sigma * normal(A.shape, NOISE, seed, layer, step, first)


def gaussian_dropout_factors(M, keep_prob, seed, layer, step, first=0):
    """M = draws of N(1, (1 - keep_prob) / keep_prob); M (n_units, n), examples first to first + n - 1."""
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, wanted 0 < keep_prob <= 1")
    deviation = np.sqrt((1 - keep_prob) / keep_prob)
    M[...] = 1 + deviation * normal(M.shape, GAUSSIAN_DROPOUT, seed, layer, step, first)


def apply_factors(A, M):
    """A = A * M, in place: on A forward, on dA backward."""
    A *= M
