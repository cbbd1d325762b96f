"""Batches: their size, and the order of the examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet

from .._support.checks import integer
from .._support.randomness import check_seed
from ..data import same_length

__all__ = ["epoch_order", "mini_batches", "resolve_batch_size"]

FULL_BELOW = 200  # the course's rule: full batch for a small training set
DEFAULT = 128


def resolve_batch_size(batch_size: int | Literal["auto"] | None, n: int, batch_norm: bool = False) -> int:
    """Examples per batch: None is all, "auto" is all below 200 and 128 otherwise.

    With batch norm no batch has one example (see `cregnet.Plan.count_batches`): if all examples but one
    make a batch, the batch is all examples.

    >>> resolve_batch_size("auto", 150), resolve_batch_size("auto", 5000), resolve_batch_size(None, 5000)
    (150, 128, 5000)
    >>> resolve_batch_size(4, 5, batch_norm=True)
    5
    """
    if batch_size is None:
        size = n
    elif isinstance(batch_size, str):
        if batch_size != "auto":
            raise ValueError(f"batch_size is {batch_size!r}, wanted a whole number >= 1, 'auto' or None")
        size = n if n < FULL_BELOW else DEFAULT
    else:
        size = min(integer("batch_size", batch_size, least=1), n)
    if not batch_norm:
        return size
    if n == 1:
        raise ValueError("X has 1 row to train on, wanted at least 2: batch norm normalises over a batch")
    if size == 1:
        raise ValueError("batch_size is 1, wanted at least 2: batch norm normalises over a batch")
    return n if size == n - 1 else size


def epoch_order(n: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order of the examples in an epoch: a function of (seed, epoch).

    >>> sorted(epoch_order(5, seed=0, epoch=3).tolist())
    [0, 1, 2, 3, 4]
    """
    order = np.arange(n, dtype=np.int64)
    cregnet.shuffle(order, seed, epoch)
    return order


def mini_batches(
    X: ArrayLike, y: ArrayLike, batch_size: int = 64, *, seed: int = 0, epoch: int = 0
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield (X_batch, y_batch) in the order in which `train` takes them; the last may be smaller.

    (For a model with batch norm `train` adds a last batch of one example to the batch before it.)

    Parameters
    ----------
    X : array-like (n_samples, ...)
    y : array-like (n_samples, ...)
    batch_size : int
        At least 1; 64 to 512 is usual.
    seed, epoch : int
        The order depends on these two alone: pass another epoch to get another order.

    Returns
    -------
    iterator of (X_batch, y_batch)

    Raises
    ------
    ValueError
        If lengths differ or batch_size is below 1.

    Examples
    --------
    >>> X, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> [len(y_batch) for X_batch, y_batch in mini_batches(X, y, 2)]
    [2, 2, 1]
    """
    X, y = map(np.asarray, same_length(X, y))
    size = integer("batch_size", batch_size, least=1)
    seed, epoch = check_seed(seed), integer("epoch", epoch, least=0)
    order = np.arange(len(X)) if size >= len(X) else epoch_order(len(X), seed, epoch)
    return ((X[order[i : i + size]], y[order[i : i + size]]) for i in range(0, len(X), size))
