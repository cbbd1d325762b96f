"""Training, development and test sets, each class in proportion."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support import randomness
from .._support.checks import boolean, fraction, shown
from .._support.keywords import suggests_keywords
from .frames import is_frame, take_rows
from .inputs import as_array
from .targets import check_present, target_array

__all__ = ["hold_out", "is_labels", "same_length", "split"]

Array = NDArray[Any]
Pair = tuple[Any, Array]


def split_sizes(n: int, fractions: tuple[float, float, float] | None = None) -> tuple[int, int, int]:
    """Numbers of training, development and test examples.

    60/20/20 up to a million examples and 98/1/1 above, where one percent is plenty; each set has at
    least one example.

    >>> split_sizes(1000), split_sizes(2_000_000)
    ((600, 200, 200), (1960000, 20000, 20000))
    """
    if n < 3:
        raise ValueError(f"X has {n} rows, wanted at least 3 to split in three")
    if fractions is None:
        fractions = (0.6, 0.2, 0.2) if n <= 1_000_000 else (0.98, 0.01, 0.01)
    if not isinstance(fractions, Iterable):
        raise TypeError(f"fractions is {shown(fractions)}, wanted three shares that sum to 1")
    shares = [fraction("a share of fractions", share) for share in fractions]
    if len(shares) != 3 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"fractions is {shown(fractions)}, wanted three shares that sum to 1")
    n_dev, n_test = max(round(shares[1] * n), 1), max(round(shares[2] * n), 1)
    while n_dev + n_test >= n:  # both were rounded up: the larger one shrinks
        n_dev, n_test = (n_dev - 1, n_test) if n_dev > n_test else (n_dev, n_test - 1)
    return n - n_dev - n_test, n_dev, n_test


def split_rows(sizes: tuple[int, ...], labels: Array | None, seed: int) -> list[NDArray[np.int64]]:
    """Rows of sets of given sizes in a seeded order, each class in proportion where there are labels."""
    n = sum(sizes)
    order = randomness.permutation(n, seed, "split")
    if labels is None:
        return np.split(order, np.cumsum(sizes)[:-1])
    check_present("y", labels)
    try:
        _, numbers, counts = np.unique(labels[order], return_inverse=True, return_counts=True)
    except TypeError:
        raise TypeError("y mixes labels that cannot be sorted, wanted labels of one type") from None
    numbers = numbers.reshape(-1)
    by_class = np.argsort(numbers, kind="stable")
    rank = np.empty(n, np.int64)
    rank[by_class] = np.arange(n) - (np.cumsum(counts) - counts)[numbers[by_class]]
    ends = np.cumsum(class_sizes(counts, np.array(sizes)), axis=1)
    number_of_set = (rank[:, None] >= ends[numbers]).sum(axis=1)
    return [order[number_of_set == s] for s in range(len(sizes))]


def hold_out(validation: Any, n: int, labels: Array | None, seed: int) -> tuple[Array, Array]:
    """Rows to hold out for validation, a share of n rows, and the others, both in ascending order."""
    if not isinstance(validation, Real):
        raise TypeError(f"validation is {shown(validation)}, wanted (X, y) or a share of X between 0 and 1")
    share = fraction("validation", validation)
    n_held = round(share * n)
    if not 0 < n_held < n:
        raise ValueError(
            f"validation is {shown(validation)} of {n} rows, wanted at least one row on each side"
        )
    held_out, kept = map(np.sort, split_rows((n_held, n - n_held), labels, seed))
    return held_out, kept


def class_sizes(counts: Array, sizes: Array) -> Array:
    """Examples of each class (row) in each set (column): every share rounded down or up, sums exact.

    Such a rounding always exists (Bacharach 1966; Cox 1987, "controlled rounding").
    """
    n = sizes.sum()
    table, rest = np.divmod(counts[:, None] * sizes, n)
    up = np.zeros(table.shape, bool)
    for c in range(len(counts)):
        most = np.argsort(-rest[c], kind="stable")
        up[c, most[: counts[c] - table[c].sum()]] = True
    while (missing := sizes - (table + up).sum(axis=0)).any():
        # move an extra example of a class from a full set to another, by way of a third if necessary
        full, short = int(missing.argmin()), int(missing.argmax())
        others = [s for s in range(len(sizes)) if s not in (full, short)]
        for path in [(full, short)] + [(full, s, short) for s in others]:
            steps = [
                np.flatnonzero(up[:, a] & ~up[:, b] & (rest[:, b] > 0))
                for a, b in zip(path, path[1:], strict=False)
            ]
            if all(step.size for step in steps):
                for a, b, step in zip(path, path[1:], steps, strict=False):
                    up[step[0], a], up[step[0], b] = False, True
                break
        else:
            raise AssertionError("no controlled rounding")
    return table + up


def same_length(X: ArrayLike, y: ArrayLike) -> tuple[Any, Array]:
    """Both as arrays with the same number of rows; X may be a frame, and stays one."""
    rows: Any = X if is_frame(X) else as_array("X", X)
    targets = target_array("y", y)
    if rows.shape == () or targets.shape == () or len(rows) != len(targets):
        raise ValueError(
            f"X has shape {tuple(rows.shape)} and y {targets.shape}, wanted the same number of rows"
        )
    return rows, targets


def is_labels(y: Array) -> bool:
    """Whether y looks like class labels, one for each row: not floating."""
    return y.dtype.kind != "f" and y.size == len(y)


@suggests_keywords
def split(
    X: ArrayLike,
    y: ArrayLike,
    fractions: tuple[float, float, float] | None = None,
    *,
    stratify: bool | None = None,
    seed: int = 0,
) -> tuple[Pair, Pair, Pair]:
    """Split data into training, development and test sets.

    Parameters
    ----------
    X : array-like (n_samples, ...)
    y : array-like (n_samples, ...)
    fractions : three floats that sum to 1, optional
        Shares of the three sets. Default 0.6, 0.2, 0.2 up to a million examples, 0.98, 0.01, 0.01
        above (course 2, week 1).
    stratify : bool, optional
        Keep the proportions of the classes. Default: where y is one-dimensional and not floating.
    seed : int
        The same seed gives the same split.

    Returns
    -------
    (X_train, y_train), (X_dev, y_dev), (X_test, y_test)
        Copies, dtypes kept. X that is a frame stays one, with the names of its columns.

    Raises
    ------
    ValueError
        If lengths differ, there are fewer than 3 rows, the fractions do not sum to 1, or a label is
        missing where classes are to keep their proportions.

    Examples
    --------
    >>> X = np.arange(20.0).reshape(10, 2)
    >>> y = np.array([0, 1] * 5)
    >>> (X_train, y_train), (X_dev, y_dev), (X_test, y_test) = split(X, y, seed=1)
    >>> len(y_train), len(y_dev), len(y_test), int(y_train.sum())
    (6, 2, 2, 3)
    """
    if stratify is not None:
        stratify = boolean("stratify", stratify)
    rows, targets = same_length(X, y)
    n_train, n_dev, n_test = split_sizes(len(rows), fractions)
    if stratify is None:
        stratify = is_labels(targets)
    train, dev, test = split_rows(
        (n_train, n_dev, n_test), targets.reshape(-1) if stratify else None, randomness.check_seed(seed)
    )
    sets = [(take_rows(rows, part), targets[part]) for part in (train, dev, test)]
    return sets[0], sets[1], sets[2]
