"""Gaussian noise and Gaussian dropout, from Philox words by the method of Box and Muller (1958)."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..spec import PURPOSES
from .dropout import philox_rounds, split_seed
from .outputs import Array, filled, reals

__all__ = ["apply_factors", "gaussian_dropout_factors", "gaussian_noise"]

NOISE, GAUSSIAN_DROPOUT = PURPOSES["noise"], PURPOSES["gaussian_dropout"]


def normal(shape: tuple[int, ...], purpose: int, seed: int, layer: int, step: int, first: int) -> Array:
    """Draws of N(0, 1) in double; of four units, words 0 and 1 give the first two, words 2 and 3 the rest."""
    n_units, n_examples = shape
    example, four = np.meshgrid(
        np.arange(first, first + n_examples, dtype=np.uint64) % 2**32,
        np.arange((n_units + 3) // 4, dtype=np.uint64),
    )
    steps = np.full_like(example, step % 2**32)
    purposes = np.full_like(example, purpose << 28 | layer)
    words = np.stack(philox_rounds(example, four, steps, purposes, *split_seed(seed)), axis=1)
    pairs = np.stack(box_muller(words[:, 0::2], words[:, 1::2]), axis=2)
    return pairs.reshape(4 * len(four), n_examples)[:n_units]


def box_muller(radius_words: Array, angle_words: Array) -> tuple[Array, Array]:
    """Two independent draws of N(0, 1) in double from each pair of 32-bit words held in uint64."""
    u = (radius_words >> np.uint64(1) | np.uint64(1)) / 2**31  # an odd number over 2^31
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * (angle_words / 2**32)
    return radius * np.cos(angle), radius * np.sin(angle)


def gaussian_noise(
    A: ArrayLike, sigma: float, seed: int, layer: int, step: int, out: Array | None = None, *, first: int = 0
) -> Array:
    """out = A + sigma * draws of N(0, 1); A (n_units, n), examples first to first + n - 1 of a batch."""
    if not 0 <= sigma < np.inf:
        raise ValueError(f"sigma is {sigma}, wanted a number >= 0")
    A, *_ = reals(A, out)
    return filled(out, A + sigma * normal(A.shape, NOISE, seed, layer, step, first), A.dtype)


def gaussian_dropout_factors(
    shape: tuple[int, int],
    keep_prob: float,
    seed: int,
    layer: int,
    step: int,
    M: Array | None = None,
    *,
    first: int = 0,
    dtype: DTypeLike = "float64",
) -> Array:
    """M = draws of N(1, (1 - keep_prob) / keep_prob); M (n_units, n), examples first to first + n - 1."""
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, wanted 0 < keep_prob <= 1")
    deviation = np.sqrt((1 - keep_prob) / keep_prob)
    return filled(M, 1 + deviation * normal(shape, GAUSSIAN_DROPOUT, seed, layer, step, first), dtype)


def apply_factors(A: ArrayLike, M: ArrayLike, out: Array | None = None) -> Array:
    """out = A * M, for A in the forward pass and for dA in the backward pass."""
    A, M, *_ = reals(A, M, out)
    return filled(out, A * M, A.dtype)
