"""Philox4x32-10 in NumPy integers, dropout masks from it, and inverted dropout."""

import numpy as np

from ..spec import PURPOSES

DROPOUT = PURPOSES["dropout"]
M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = 0x9E3779B9, 0xBB67AE85
LOW, HIGH = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox_rounds(x0, x1, x2, x3, k0, k1):
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


def split_seed(seed):
    """The two 32-bit words of a 64-bit seed, low word first."""
    return int(seed) % 2**32, int(seed) >> 32


def philox(counter, key, out):
    """Philox4x32-10 of each row of `counter` (n, 4) under `key` (2,), into `out` (n, 4)."""
    words = philox_rounds(*counter.T.astype(np.uint64), int(key[0]), int(key[1]))
    out[...] = np.stack(words, axis=1)


def random_words(out, seed, purpose, layer, step):
    """Fill `out` with 32-bit draws that depend on (seed, purpose, layer, step, position) alone."""
    block = np.arange((out.size + 3) // 4, dtype=np.uint64)
    step = np.full_like(block, step % 2**32)
    purpose = np.full_like(block, purpose << 28 | layer)
    words = philox_rounds(block & LOW, block >> HIGH, step, purpose, *split_seed(seed))
    out[...] = np.stack(words, axis=1).ravel()[: out.size]


def dropout_mask(D, keep_prob, seed, layer, step):
    """D[i, j] = 1 with probability keep_prob, else 0; D (n_units, n_examples)."""
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, wanted 0 < keep_prob <= 1")
    n_units, n_examples = D.shape
    if keep_prob == 1:
        D[...] = 1
        return
    example, four = np.meshgrid(
        np.arange(n_examples, dtype=np.uint64), np.arange((n_units + 3) // 4, dtype=np.uint64)
    )
    step = np.full_like(example, step % 2**32)
    purpose = np.full_like(example, DROPOUT << 28 | layer)
    words = philox_rounds(example, four, step, purpose, *split_seed(seed))
    draws = np.stack(words, axis=1).reshape(4 * len(four), n_examples)[:n_units]  # unit = 4 * four + word
    D[...] = draws < int(min(keep_prob * 2**32 + 0.5, 2**32 - 1))


def dropout(A, D, keep_prob):
    """A = A * D / keep_prob, in place."""
    A[...] = np.where(D, A * A.dtype.type(1 / keep_prob), 0)


def dropout_backward(dA, D, keep_prob):
    """dA = dA * D / keep_prob, in place."""
    dropout(dA, D, keep_prob)
