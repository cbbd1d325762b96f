"""Initial weights from Philox words: normal ones by the method of Box and Muller (1958), and uniform ones."""

import numpy as np
from numpy.typing import DTypeLike

from ..spec import PURPOSES
from .dropout import random_words
from .noise import box_muller
from .outputs import Array, filled

__all__ = ["normal_weights", "uniform_weights"]

WEIGHTS = PURPOSES["weights"]


def normal_weights(
    shape: tuple[int, int],
    scale: float,
    seed: int,
    layer: int,
    W: Array | None = None,
    *,
    dtype: DTypeLike = "float64",
    n_threads: int = 1,
) -> Array:
    """W = scale * draws of N(0, 1); of each four words, the first two give two draws, the others two more."""
    if not 0 <= scale < np.inf:
        raise ValueError(f"scale is {scale}, wanted a number >= 0")
    n = shape[0] * shape[1]
    words = random_words((n + 1) // 2 * 2, seed, WEIGHTS, layer, 0).astype(np.uint64)
    draws = np.stack(box_muller(words[0::2], words[1::2]), axis=1).ravel()[:n]
    return filled(W, scale * draws.reshape(shape), dtype)


def uniform_weights(
    shape: tuple[int, int],
    limit: float,
    seed: int,
    layer: int,
    W: Array | None = None,
    *,
    dtype: DTypeLike = "float64",
    n_threads: int = 1,
) -> Array:
    """W = limit * u, u the middles of 2^24 (float32) or 2^32 (float64) equal parts of (-1, 1)."""
    if not 0 <= limit < np.inf:
        raise ValueError(f"limit is {limit}, wanted a number >= 0")
    real = np.dtype(dtype if W is None else W.dtype).newbyteorder("=")
    bits = 24 if real == np.float32 else 32
    words = random_words(shape[0] * shape[1], seed, WEIGHTS, layer, 0).reshape(shape)
    u = ((words >> np.uint32(32 - bits)) + 0.5) / 2 ** (bits - 1) - 1
    return filled(W, real.type(limit) * u.astype(real), real)
