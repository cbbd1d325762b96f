"""Batches: examples gathered from rows into columns, targets, and the order of the examples."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..spec import PURPOSES
from .dropout import random_words
from .outputs import Array, filled, reals

__all__ = ["gather", "one_hot", "shuffle"]

SHUFFLE = PURPOSES["shuffle"]


def gather(X: ArrayLike, order: ArrayLike, A: Array | None = None) -> Array:
    """A[:, j] = X[order[j], :]; X (n_rows, n_features), A (n_features, n_examples)."""
    X, *_ = reals(X, A)
    return filled(A, X[np.asarray(order, np.int64)].T, X.dtype)


def one_hot(
    labels: ArrayLike,
    order: ArrayLike,
    n_classes: int,
    Y: Array | None = None,
    *,
    dtype: DTypeLike = "float64",
) -> Array:
    """Y[labels[order[j]], j] = 1, all else 0; Y (n_classes, n_examples)."""
    labels, order = np.asarray(labels, np.int64), np.asarray(order, np.int64)
    targets = np.zeros((n_classes, order.size))
    targets[labels[order], np.arange(order.size)] = 1
    return filled(Y, targets, dtype)


def shuffle(order: Array, seed: int, epoch: int) -> None:
    """Shuffle `order` in place by draws that depend on (seed, epoch, position) alone."""
    draws = random_words(order.size, seed, SHUFFLE, 0, epoch).tolist()
    shuffled = order.tolist()
    for i in range(order.size - 1, 0, -1):
        j = draws[i] * (i + 1) >> 32
        shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
    order[...] = shuffled
