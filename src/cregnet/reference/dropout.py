"""Philox4x32-10 in NumPy integers, dropout masks from its words, and inverted dropout."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..spec import PURPOSES
from .outputs import Array, filled, reals

__all__ = ["dropout", "dropout_backward", "dropout_mask", "philox", "random_words"]

DROPOUT = PURPOSES["dropout"]
M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = 0x9E3779B9, 0xBB67AE85
LOW, HIGH = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox_rounds(x0: Array, x1: Array, x2: Array, x3: Array, k0: int, k1: int) -> tuple[Array, ...]:
    """Ten rounds on arrays of 32-bit words held in uint64 (Salmon et al. 2011, section 4.3)."""
    for _ in range(10):
        p0, p1 = x0 * M0, x2 * M1
        x0, x1, x2, x3 = (
            (p1 >> HIGH) ^ x1 ^ np.uint64(k0),
            p1 & LOW,
            (p0 >> HIGH) ^ x3 ^ np.uint64(k1),
            p0 & LOW,
        )
        k0, k1 = (k0 + W0) % 2**32, (k1 + W1) % 2**32
    return x0, x1, x2, x3


def split_seed(seed: Any) -> tuple[int, int]:
    """The two 32-bit words of a 64-bit seed, low word first."""
    return int(seed) % 2**32, int(seed) >> 32


def philox(counter: ArrayLike, key: ArrayLike, out: Array | None = None) -> Array:
    """Philox4x32-10 of each row of `counter` (n, 4) under `key` (2,)."""
    x0, x1, x2, x3 = np.asarray(counter).T.astype(np.uint64)
    k0, k1 = np.asarray(key).tolist()
    words = philox_rounds(x0, x1, x2, x3, k0, k1)
    return filled(out, np.stack(words, axis=1), np.uint32)


def random_words(n: int, seed: int, purpose: int, layer: int, step: int, out: Array | None = None) -> Array:
    """n 32-bit draws that depend on (seed, purpose, layer, step, position) alone."""
    block = np.arange((n + 3) // 4, dtype=np.uint64)
    steps = np.full_like(block, step % 2**32)
    purposes = np.full_like(block, purpose << 28 | layer)
    words = philox_rounds(block & LOW, block >> HIGH, steps, purposes, *split_seed(seed))
    return filled(out, np.stack(words, axis=1).ravel()[:n], np.uint32)


def dropout_mask(
    shape: tuple[int, int], keep_prob: float, seed: int, layer: int, step: int, D: Array | None = None
) -> Array:
    """D[i, j] = 1 with probability keep_prob, else 0; D (n_units, n_examples)."""
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, wanted 0 < keep_prob <= 1")
    n_units, n_examples = shape
    if keep_prob == 1:
        return filled(D, np.ones(shape), np.uint8)
    example, four = np.meshgrid(
        np.arange(n_examples, dtype=np.uint64), np.arange((n_units + 3) // 4, dtype=np.uint64)
    )
    steps = np.full_like(example, step % 2**32)
    purposes = np.full_like(example, DROPOUT << 28 | layer)
    words = philox_rounds(example, four, steps, purposes, *split_seed(seed))
    draws = np.stack(words, axis=1).reshape(4 * len(four), n_examples)[:n_units]  # unit = 4 * four + word
    return filled(D, draws < int(min(keep_prob * 2**32 + 0.5, 2**32 - 1)), np.uint8)


def dropout(A: ArrayLike, D: ArrayLike, keep_prob: float, out: Array | None = None) -> Array:
    """out = A * D / keep_prob."""
    A, *_ = reals(A, out)
    return filled(out, np.where(np.asarray(D), A * A.dtype.type(1 / keep_prob), 0), A.dtype)


def dropout_backward(dA: ArrayLike, D: ArrayLike, keep_prob: float, out: Array | None = None) -> Array:
    """out = dA * D / keep_prob."""
    return dropout(dA, D, keep_prob, out)
