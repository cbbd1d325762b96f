"""User input: checked and turned into what the core takes, once and here only.

`Targets` is the one form that every kind of y becomes. `split` and `standardize` prepare data.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import losses, randomness
from .checks import fraction, number

__all__ = [
    "Targets",
    "check_inputs",
    "check_targets",
    "check_weights",
    "split",
    "standardize",
    "weigh_classes",
]

Array = NDArray[Any]
CHECK_ROWS = 1 << 20  # elements looked at together, so that a memory map stays on disk


# ------------------------------------------------------------------------------ inputs


def as_numbers(name: str, values: ArrayLike, dtype: np.dtype[Any]) -> Array:
    """A C-contiguous array of the dtype; not copied when it is one already."""
    array = np.asarray(values)
    if array.dtype == dtype and array.flags.c_contiguous:
        return array
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}, wanted numbers (float, integer or bool)")
    with np.errstate(over="ignore"):  # a value too large for float32 becomes infinite and is named below
        return np.ascontiguousarray(array, dtype=dtype)


def is_mapped(array: Array) -> bool:
    """Whether an array is a file that is mapped into memory, and may be larger than that."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap)


def check_finite(name: str, array: Array) -> None:
    """Every value is finite; the message says where the first one is that is not."""
    flat = array.reshape(-1)
    for start in range(0, flat.size, CHECK_ROWS):
        good = np.isfinite(flat[start : start + CHECK_ROWS])
        if not good.all():
            first = np.unravel_index(start + int(np.argmin(good)), array.shape)
            where = "row " + ", column ".join(str(i) for i in first)
            raise ValueError(f"{name} is {array[first]} at {where}, wanted finite {array.dtype} numbers")


def check_inputs(
    X: ArrayLike | FiniteInputs, dtype: np.dtype[Any], n_features: int, name: str = "X"
) -> Array:
    """X as a finite, C-contiguous (n_samples, n_features) array of the model's dtype; see `as_inputs`."""
    if isinstance(X, FiniteInputs):
        return as_inputs(X.array, dtype, n_features, name)
    array = as_inputs(X, dtype, n_features, name)
    check_finite(name, array)
    return array


@dataclass(frozen=True)
class FiniteInputs:
    """X that has been looked through: many models that share it need not each do it again."""

    array: Array

    @classmethod
    def of(cls, X: ArrayLike, dtype: np.dtype[Any]) -> FiniteInputs:
        """X as finite numbers of a dtype."""
        array = as_numbers("X", X, dtype)
        check_finite("X", array)
        return cls(array)


def as_inputs(X: ArrayLike, dtype: np.dtype[Any], n_features: int, name: str = "X") -> Array:
    """X as a C-contiguous (n_samples, n_features) array of the model's dtype.

    Raises
    ------
    TypeError
        If X does not hold numbers.
    ValueError
        If X is not two-dimensional, is empty, or has another number of features.
    """
    array = as_numbers(name, X, dtype)
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}, wanted (n_samples, {n_features})")
    if array.shape[0] == 0:
        raise ValueError(f"{name} is empty: shape {array.shape}, wanted at least one row")
    if array.shape[1] != n_features:
        raise ValueError(f"{name} has {array.shape[1]} features, wanted {n_features} as the model's input")
    return array


def check_weights(sample_weight: ArrayLike | None, n: int, dtype: np.dtype[Any]) -> Array:
    """Weights of the examples scaled to a mean of 1, or an empty array for none."""
    if sample_weight is None:
        return np.empty(0, dtype)
    weight = as_numbers("sample_weight", sample_weight, np.dtype(np.float64))
    if weight.shape != (n,):
        raise ValueError(f"sample_weight has shape {weight.shape}, wanted ({n},) as X has {n} rows")
    check_finite("sample_weight", weight)
    if weight.min() < 0 or weight.max() == 0:
        raise ValueError("sample_weight has a negative value or is all zero, wanted >= 0 and some > 0")
    weight = weight / weight.max()  # so that neither the sum nor its inverse overflows
    return np.asarray(weight * (n / weight.sum()), dtype)


def weigh_classes(class_weight: Any, weight: Array, targets: Targets, dtype: np.dtype[Any]) -> Array:
    """Weights of the examples times those of their classes, scaled to a mean of 1; see `train`."""
    if class_weight is None:
        return weight
    if targets.classes is None:
        raise ValueError("class_weight is given but y has no class labels, wanted one label per row")
    numbers = targets.labels if targets.labels.size else targets.Y[:, 0].astype(np.int64)
    of_class = class_weights(
        class_weight, targets.classes, np.bincount(numbers, minlength=len(targets.classes))
    )
    each = of_class[numbers] if weight.size == 0 else of_class[numbers] * weight
    if each.max() == 0:
        raise ValueError("class_weight and sample_weight leave no example a weight, wanted some > 0")
    return check_weights(each, len(numbers), dtype)


def class_weights(class_weight: Any, classes: Array, counts: Array) -> Array:
    """One weight per class: from a mapping, or in inverse proportion to the examples of each."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        return counts.sum() / (len(classes) * np.maximum(counts, 1))
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"class_weight is {class_weight!r}, wanted 'balanced' or a dict from label to weight")
    labels = classes.tolist()
    unknown = [label for label in class_weight if label not in labels]
    if unknown:
        raise ValueError(f"class_weight has the label {unknown[0]!r}, wanted one of {short_list(classes)}")
    given = {label: number(f"class_weight[{label!r}]", w, least=0) for label, w in class_weight.items()}
    return np.array([given.get(label, 1.0) for label in labels])


# ------------------------------------------------------------------------------ targets


@dataclass(frozen=True)
class Targets:
    """Targets as the core takes them.

    Attributes
    ----------
    Y : array (n_samples, n_outputs), or (0, n_outputs) where `labels` holds the classes
    labels : int32 array (n_samples,) of class numbers, or empty
    classes : sorted class labels, or None where the targets are numbers or probabilities
    """

    Y: Array
    labels: NDArray[np.int32]
    classes: Array | None

    def take(self, rows: Array) -> Targets:
        """Targets of some rows."""
        if self.labels.size:
            return Targets(self.Y, self.labels[rows], self.classes)
        return Targets(self.Y[rows], self.labels, self.classes)

    def columns(self, n_outputs: int) -> Array:
        """The targets as (n_outputs, n_samples), one-hot for classes."""
        if self.labels.size == 0:
            return np.ascontiguousarray(self.Y.T)
        Y = np.zeros((n_outputs, self.labels.size), self.Y.dtype)
        Y[self.labels, np.arange(self.labels.size)] = 1
        return Y


@dataclass(frozen=True)
class SharedTargets:
    """y that many models share: models of one kind have it looked through once."""

    array: Array
    checked: dict[tuple[Any, ...], Targets] = field(default_factory=dict)

    def check(
        self, loss: str, n_outputs: int, n: int, classes: Array | None, dtype: np.dtype[Any], name: str
    ) -> Targets:
        """`check_targets` of it. Threads that ask at once may each do it, with the same result."""
        kind = (loss, n_outputs, n, None if classes is None else tuple(classes.tolist()), dtype, name)
        if kind not in self.checked:
            self.checked[kind] = check_targets(self.array, loss, n_outputs, n, classes, dtype, name)
        return self.checked[kind]


def check_targets(
    y: ArrayLike | SharedTargets,
    loss: str,
    n_outputs: int,
    n: int,
    classes: Array | None,
    dtype: np.dtype[Any],
    name: str = "y",
) -> Targets:
    """y as `Targets` for a loss and a number of outputs.

    Class labels may have any dtype. For cross-entropies y may also be (n_samples, n_outputs)
    probabilities, n_outputs > 1: rows that sum to 1 for softmax, any in [0, 1] for sigmoid.

    Raises
    ------
    ValueError
        If lengths differ, a label is not among the classes, the number of classes is not that of
        the outputs, or a value is not finite.
    """
    if isinstance(y, SharedTargets):
        return y.check(loss, n_outputs, n, classes, dtype, name)
    array = np.asarray(y)
    if array.ndim == 0 or array.shape[0] != n:
        raise ValueError(f"{name} has shape {array.shape} and X has {n} rows, wanted one target per row")
    if loss == losses.SQUARED:
        return Targets(check_numbers(array, n_outputs, dtype, name), np.empty(0, np.int32), None)
    if array.ndim == 2 and array.shape[1] != 1:
        Y = check_probabilities(array, loss, n_outputs, dtype, name)
        return Targets(Y, np.empty(0, np.int32), None)
    if array.ndim > 2:
        raise ValueError(f"{name} has shape {array.shape}, wanted one label per row")
    return check_labels(array.reshape(-1), loss, n_outputs, classes, dtype, name)


def check_numbers(array: Array, n_outputs: int, dtype: np.dtype[Any], name: str) -> Array:
    """Numbers to be predicted, (n_samples, n_outputs); one output may come as a vector."""
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != n_outputs:
        raise ValueError(f"{name} has shape {array.shape}, wanted ({array.shape[0]}, {n_outputs})")
    Y = as_numbers(name, array, dtype)
    check_finite(name, Y)
    return Y


def check_probabilities(array: Array, loss: str, n_outputs: int, dtype: np.dtype[Any], name: str) -> Array:
    """One probability per output and row."""
    Y = check_numbers(array, n_outputs, dtype, name)
    if Y.min() < 0 or Y.max() > 1:
        raise ValueError(
            f"{name} has values from {Y.min():g} to {Y.max():g}, wanted probabilities from 0 to 1"
        )
    if loss == losses.CATEGORICAL and not np.allclose(Y.sum(axis=1), 1, atol=1e-5):
        raise ValueError(f"rows of {name} do not all sum to 1, wanted probabilities of the classes")
    return Y


def check_labels(
    array: Array, loss: str, n_outputs: int, classes: Array | None, dtype: np.dtype[Any], name: str
) -> Targets:
    """Class numbers of labels; for one sigmoid output a column of 0 and 1."""
    if array.dtype.kind == "f":
        check_finite(name, array)
    n_classes = 2 if n_outputs == 1 else n_outputs
    if loss == losses.BINARY and n_outputs > 1:
        raise ValueError(f"{name} has one column, wanted {n_outputs}: one 0 or 1 per sigmoid output")
    try:
        found, numbers = distinct(array)
    except TypeError:
        raise TypeError(f"{name} mixes labels that cannot be sorted, wanted labels of one type") from None
    if classes is None:
        classes = found
        if classes.size != n_classes:
            raise ValueError(
                f"{name} has {count(classes.size)}, wanted {n_classes} as the model's output; "
                "pass classes=... to Model when some have no example"
            )
    known = set(classes.tolist())  # as Python values: NumPy would take the text "1" for the number 1
    unknown = [label for label in found.tolist() if label not in known]
    if unknown:
        raise ValueError(f"{name} has the label {unknown[0]!r}, wanted one of {short_list(classes)}")
    labels = np.searchsorted(classes, found).astype(np.int32)[numbers]
    if loss == losses.CATEGORICAL:
        return Targets(np.empty((0, n_outputs), dtype), labels, classes)
    return Targets(labels.astype(dtype)[:, None], np.empty(0, np.int32), classes)


def distinct(labels: Array) -> tuple[Array, NDArray[np.intp]]:
    """Sorted distinct labels, and the place of each label among them."""
    if labels.size and labels.dtype.kind in "iu" and np.can_cast(labels.dtype, np.int64):
        low, high = int(labels.min()), int(labels.max())
        if high - low < labels.size:  # with no more places than labels, counting beats sorting
            places = labels.astype(np.int64) - low
            present = np.bincount(places) > 0
            return (np.flatnonzero(present) + low).astype(labels.dtype), (np.cumsum(present) - 1)[places]
    found, numbers = np.unique(labels, return_inverse=True)
    return found, numbers.reshape(-1)


def count(n: int) -> str:
    """1 class, 2 classes."""
    return f"{n} class" if n == 1 else f"{n} classes"


def short_list(classes: Array) -> str:
    """Class labels for a message, the middle left out of a long list."""
    shown = [repr(c) for c in classes.tolist()]
    return ", ".join(shown if len(shown) <= 10 else shown[:5] + ["..."] + shown[-2:])


# ------------------------------------------------------------------------------ preparation

Pair = tuple[Array, Array]


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
        raise TypeError(f"fractions is {fractions!r}, wanted three shares that sum to 1")
    shares = [fraction("a share of fractions", share) for share in fractions]
    if len(shares) != 3 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"fractions is {fractions!r}, wanted three shares that sum to 1")
    n_dev, n_test = max(round(shares[1] * n), 1), max(round(shares[2] * n), 1)
    while n_dev + n_test >= n:  # rounded up both: the larger one gives
        n_dev, n_test = (n_dev - 1, n_test) if n_dev > n_test else (n_dev, n_test - 1)
    return n - n_dev - n_test, n_dev, n_test


def split_rows(sizes: tuple[int, ...], labels: Array | None, seed: int) -> list[NDArray[np.int64]]:
    """Rows of sets of given sizes in a seeded order, each class in proportion where there are labels."""
    n = sum(sizes)
    order = randomness.permutation(n, seed, "split")
    if labels is None:
        return np.split(order, np.cumsum(sizes)[:-1])
    _, numbers, counts = np.unique(labels[order], return_inverse=True, return_counts=True)
    numbers = numbers.reshape(-1)
    by_class = np.argsort(numbers, kind="stable")
    rank = np.empty(n, np.int64)
    rank[by_class] = np.arange(n) - (np.cumsum(counts) - counts)[numbers[by_class]]
    ends = np.cumsum(class_sizes(counts, np.array(sizes)), axis=1)
    number_of_set = (rank[:, None] >= ends[numbers]).sum(axis=1)
    return [order[number_of_set == s] for s in range(len(sizes))]


def hold_out(validation: Any, n: int, labels: Array | None, seed: int) -> tuple[Array, Array]:
    """Rows to hold out for validation and rows to keep, in ascending order: a share of n rows."""
    share = fraction("validation", validation)
    n_held = round(share * n)
    if not 0 < n_held < n:
        raise ValueError(f"validation is {validation!r} of {n} rows, wanted at least one row on each side")
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
        # one class takes its extra example from a full set to another, by way of a third if need be
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


def same_length(X: ArrayLike, y: ArrayLike) -> Pair:
    """Both as arrays with as many rows."""
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim == 0 or y.ndim == 0 or len(X) != len(y):
        raise ValueError(f"X has shape {X.shape} and y {y.shape}, wanted the same number of rows")
    return X, y


def is_labels(y: Array) -> bool:
    """Whether y looks like class labels, one for each row: not floating."""
    return y.dtype.kind != "f" and y.size == len(y)


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
        Copies, dtypes kept.

    Raises
    ------
    ValueError
        If lengths differ, there are fewer than 3 rows, or the fractions do not sum to 1.

    Examples
    --------
    >>> X = np.arange(20.0).reshape(10, 2)
    >>> y = np.array([0, 1] * 5)
    >>> (X_train, y_train), (X_dev, y_dev), (X_test, y_test) = split(X, y, seed=1)
    >>> len(y_train), len(y_dev), len(y_test), int(y_train.sum())
    (6, 2, 2, 3)
    """
    X, y = same_length(X, y)
    n_train, n_dev, n_test = split_sizes(len(X), fractions)
    if stratify is None:
        stratify = is_labels(y)
    train, dev, test = split_rows(
        (n_train, n_dev, n_test), y.reshape(-1) if stratify else None, randomness.check_seed(seed)
    )
    return (X[train], y[train]), (X[dev], y[dev]), (X[test], y[test])


def standardize(X: ArrayLike, *others: ArrayLike, return_scale: bool = False) -> Any:
    """Subtract the mean and divide by the standard deviation of each column of X.

    The mean and deviation of `X`, the training set, are used for the other sets too, as they must
    be for data that come later. A constant column becomes 0.

    Parameters
    ----------
    X : array-like (n_samples, n_features)
        The training set.
    *others : array-like (any, n_features)
        Development and test sets.
    return_scale : bool
        Also return (mean, deviation), each of shape (n_features,).

    Returns
    -------
    array, or tuple of arrays
        One for each argument; float32 stays float32, all else becomes float64.

    Raises
    ------
    ValueError
        If a set is not two-dimensional, is empty, not finite, or has another number of columns.

    Examples
    --------
    >>> standardize([[1.0, 5.0], [3.0, 5.0]], [[5.0, 6.0]])
    (array([[-1.,  0.],
           [ 1.,  0.]]), array([[3., 1.]]))
    """
    first = np.asarray(X)
    if first.ndim != 2:
        raise ValueError(f"X has shape {first.shape}, wanted (n_samples, n_features)")
    dtype = np.dtype(np.float32 if first.dtype == np.float32 else np.float64)
    names = ["X"] + [f"set {i + 2}" for i in range(len(others))]
    sets = [check_inputs(A, dtype, first.shape[1], name) for A, name in zip((X, *others), names, strict=True)]
    mean = sets[0].mean(axis=0, dtype=np.float64)
    deviation = sets[0].std(axis=0, dtype=np.float64)
    # rounding can give a constant column a mean beside its value and a deviation above 0
    constant = (sets[0] == sets[0][0]).all(axis=0)
    mean, deviation = np.where(constant, sets[0][0], mean), np.where(constant, 1.0, deviation)
    scaled: list[Any] = [((A - mean) / deviation).astype(dtype) for A in sets]
    if return_scale:
        scaled.append((mean, deviation))
    return scaled[0] if len(scaled) == 1 else tuple(scaled)
