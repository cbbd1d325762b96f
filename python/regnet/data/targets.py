"""y: class labels, probabilities or numbers, as `Targets`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cregnet.spec import LOSSES

from .frames import columns_of, is_frame, is_missing
from .inputs import as_array, as_numbers, check_finite, position
from .losses import predicts_classes

__all__ = ["SharedTargets", "Targets", "check_present", "check_targets", "target_array"]

Array = NDArray[Any]

MOST_CLASSES = 20  # more different integers than this look like numbers to predict


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
    """y that many models share: it is checked once for all models of the same kind."""

    array: Array
    checked: dict[tuple[Any, ...], Targets] = field(default_factory=dict)

    def check(
        self, loss: str, n_outputs: int, n: int, classes: Array | None, dtype: np.dtype[Any], name: str
    ) -> Targets:
        """`check_targets`; threads that call it at the same time may each do it, with the same result."""
        kind = (loss, n_outputs, n, None if classes is None else tuple(classes.tolist()), dtype, name)
        if kind not in self.checked:
            self.checked[kind] = check_targets(self.array, loss, n_outputs, n, classes, dtype, name)
        return self.checked[kind]


def target_array(name: str, y: Any) -> Array:
    """y as an array; one column of a frame may hold labels of any dtype."""
    array = as_array(name, columns_of(y)[0] if is_frame(y) and y.shape[1] == 1 else y)
    if array.dtype.kind in "US" and isinstance(y, (list, tuple)):
        # in a list with strings NumPy converts all to strings: NaN would become the label "nan"
        objects = np.array(y, dtype=object)
        if not all(isinstance(label, (str, bytes)) for label in objects.reshape(-1).tolist()):
            return objects
    return array


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

    Class labels may have any dtype. For losses of classes y may also be (n_samples, n_outputs)
    probabilities, n_outputs > 1: rows that sum to 1 for softmax, any in [0, 1] for sigmoid.

    Raises
    ------
    ValueError
        If lengths differ, a label is not among the classes, the number of classes is not that of
        the outputs, or a value is not finite.
    """
    if isinstance(y, SharedTargets):
        return y.check(loss, n_outputs, n, classes, dtype, name)
    array = target_array(name, y)
    if array.ndim == 0 or array.shape[0] != n:
        raise ValueError(f"{name} has shape {array.shape} and X has {n} rows, wanted one target per row")
    if not predicts_classes(loss):
        Y = check_numbers(array, n_outputs, dtype, name)
        if LOSSES[loss].targets == "counts":
            check_counts(name, Y)
        return Targets(Y, np.empty(0, np.int32), None)
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


def check_counts(name: str, Y: Array) -> None:
    """Check that no count is negative; the message names the first one that is."""
    negative = Y < 0
    if negative.any():
        place = np.unravel_index(int(np.argmax(negative)), Y.shape)
        raise ValueError(f"{name} is {Y[place]} at {position(place)}, wanted counts >= 0")


def check_probabilities(array: Array, loss: str, n_outputs: int, dtype: np.dtype[Any], name: str) -> Array:
    """One probability per output and row."""
    Y = check_numbers(array, n_outputs, dtype, name)
    if Y.min() < 0 or Y.max() > 1:
        raise ValueError(
            f"{name} has values from {Y.min():g} to {Y.max():g}, wanted probabilities from 0 to 1"
        )
    if LOSSES[loss].targets == "classes" and not np.allclose(Y.sum(axis=1), 1, atol=1e-5):
        raise ValueError(f"rows of {name} do not all sum to 1, wanted probabilities of the classes")
    return Y


def check_labels(
    array: Array, loss: str, n_outputs: int, classes: Array | None, dtype: np.dtype[Any], name: str
) -> Targets:
    """Class numbers of labels; for one sigmoid output a column of 0 and 1."""
    check_present(name, array)
    n_classes = 2 if n_outputs == 1 else n_outputs
    if LOSSES[loss].targets == "binary" and n_outputs > 1:
        raise ValueError(f"{name} has one column, wanted {n_outputs}: one 0 or 1 per sigmoid output")
    try:
        found, numbers = distinct(array)
    except TypeError:
        raise TypeError(f"{name} mixes labels that cannot be sorted, wanted labels of one type") from None
    if classes is None:
        classes = found
        if classes.size != n_classes:
            raise ValueError(
                f"{name} has {count(classes.size)}, wanted {n_classes} as the model's output"
                f"{class_advice(classes, n_classes)}"
            )
    known = set(classes.tolist())  # as Python values: to NumPy the string "1" is the number 1
    unknown = [label for label in found.tolist() if label not in known]
    if unknown:
        raise ValueError(f"{name} has the label {unknown[0]!r}, wanted one of {shortened(classes)}")
    labels = np.searchsorted(classes, found).astype(np.int32)[numbers]
    if LOSSES[loss].targets == "classes":
        return Targets(np.empty((0, n_outputs), dtype), labels, classes)
    return Targets(labels.astype(dtype)[:, None], np.empty(0, np.int32), classes)


def check_present(name: str, labels: Array, entry: str = "row") -> None:
    """Check that no label is missing: NaN, NaT and None would become classes, or cannot be sorted.

    Raises
    ------
    ValueError
        If one is missing or infinite; the message names its row.
    """
    kind = labels.dtype.kind
    if kind == "f":
        check_finite(name, labels)
        return
    if kind in "mM":
        missing = np.isnat(labels)
    elif kind == "c":
        missing = np.isnan(labels)
    elif kind in "OT":  # objects, and NumPy's strings of variable length
        missing = np.array([is_missing(label) for label in labels.tolist()], bool)
    else:
        return
    if missing.any():
        place = int(missing.argmax())
        label = f"({labels[place]})"
        raise ValueError(f"{name} has no label at {entry} {place} {label}, wanted one in every {entry}")


def distinct(labels: Array) -> tuple[Array, NDArray[np.intp]]:
    """Sorted distinct labels, and the index of each label among them."""
    if labels.size and labels.dtype.kind in "iu" and np.can_cast(labels.dtype, np.int64):
        low, high = int(labels.min()), int(labels.max())
        if high - low < labels.size:  # in a range no longer than the labels counting is faster than sorting
            places = labels.astype(np.int64) - low
            present = np.bincount(places) > 0
            return (np.flatnonzero(present) + low).astype(labels.dtype), (np.cumsum(present) - 1)[places]
    found, numbers = np.unique(labels, return_inverse=True)
    return found, numbers.reshape(-1)


def class_advice(classes: Array, n_classes: int) -> str:
    """For a message: what may be meant if the numbers of classes and outputs differ."""
    if classes.size < n_classes:
        return "; pass classes=... to Model when some have no example"
    if classes.dtype.kind == "f" or (classes.dtype.kind in "iu" and classes.size > MOST_CLASSES):
        return '; to predict numbers give the output layer the activation "identity": output="identity"'
    return f"; for {classes.size} classes it wants {classes.size} softmax outputs"


def count(n: int) -> str:
    """1 class, 2 classes."""
    return f"{n} class" if n == 1 else f"{n} classes"


def shortened(classes: Array) -> str:
    """Class labels for a message; a long list is shortened in the middle."""
    shown = [repr(c) for c in classes.tolist()]
    return ", ".join(shown if len(shown) <= 10 else shown[:5] + ["..."] + shown[-2:])
