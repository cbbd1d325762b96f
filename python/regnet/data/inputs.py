"""X: finite numbers of the model's dtype, one row per example."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.checks import shown
from .frames import check_names, column_names, first_non_number, frame_numbers, is_frame, series_numbers

__all__ = [
    "FiniteInputs",
    "as_array",
    "as_inputs",
    "as_numbers",
    "check_finite",
    "check_inputs",
    "feature_names",
    "is_mapped",
]

Array = NDArray[Any]
Names = tuple[str, ...] | None

CHECK_SIZE = 1 << 20  # elements per check: temporary arrays stay small beside a memory-mapped file
DOUBLE = np.dtype(np.float64)


def as_array(name: str, values: Any, dtype: np.dtype[Any] = DOUBLE) -> Array:
    """The values as an array; a frame with columns of different dtypes becomes one of `dtype`.

    Raises
    ------
    TypeError, ValueError
        If the values are not array-like (a generator, a dict, a sparse matrix, rows of different lengths),
        masked or missing.
    """
    if type(values) is not np.ndarray and type(values) is not list:
        values = unwrapped(name, values, dtype)
    try:
        array = np.asarray(values)
    except ValueError:
        if isinstance(values, (list, tuple)):
            raise ragged_rows(name, values) from None
        raise
    if array.ndim == 0 and array.dtype.kind in "OUS":
        plain = values is None or isinstance(values, (str, bytes))
        given = shown(values) if plain else f"a {type(values).__name__}"
        raise TypeError(f"{name} is {given}, wanted an array, a frame or a list with one entry per row")
    return array


def unwrapped(name: str, values: Any, dtype: np.dtype[Any]) -> Any:
    """Arrays of frames and nullable series, which NumPy misreads; masked and sparse ones are refused."""
    if is_frame(values):
        return frame_numbers(name, values, dtype)
    plain = getattr(getattr(values, "dtype", None), "numpy_dtype", None)
    if plain is not None and plain.kind in "biuf":
        return series_numbers(name, values)
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise TypeError(
            f"{name} is a sparse {type(values).__name__}, wanted a dense array: toarray() makes it"
        )
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(f"{name} has masked values, wanted all of them: fill them or drop their rows")
    return values


def ragged_rows(name: str, rows: Sequence[Any]) -> ValueError:
    """The error for rows of different lengths."""
    sizes = [len(row) if hasattr(row, "__len__") else None for row in rows]
    lengths = ["a number" if n is None else f"{n} value" + "s" * (n != 1) for n in sizes]
    for i, length in enumerate(lengths):
        if length != lengths[0]:
            found = f"{length} in row {i} and {lengths[0]} in row 0"
            return ValueError(f"{name} has {found}, wanted rows of one length")
    return ValueError(f"{name} has rows with entries of different lengths, wanted one number per entry")


def as_numbers(name: str, values: ArrayLike, dtype: np.dtype[Any]) -> Array:
    """An aligned, C-contiguous array of the dtype; copied only if necessary."""
    array = values if type(values) is np.ndarray else as_array(name, values, dtype)
    flags = array.flags
    if array.dtype == dtype and flags.c_contiguous and flags.aligned:
        return array
    if array.dtype.kind not in "biuf":
        wanted = f"wanted numbers (float, integer or bool){advice(array)}"
        raise TypeError(f"{name} has dtype {array.dtype}, {wanted}")
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite; check_finite reports it
        return np.require(array, dtype, ["C", "A"])


def advice(array: Array) -> str:
    """For a message: where an array of objects has something other than a number, or how to convert it."""
    if array.dtype != object:
        return ""
    first = first_non_number(array)
    if first is None:
        return ": astype(float) makes them"
    place = np.unravel_index(first, array.shape)
    return f"; it holds {shown(array[place])} at {position(place)}"


def position(place: tuple[Any, ...], names: Names = None) -> str:
    """For a message: row 3, column 1, with the name of the column if it has one."""
    text = "row " + ", column ".join(str(i) for i in place)
    return text if names is None else f"{text} ({names[place[1]]!r})"


def is_mapped(array: Array) -> bool:
    """Whether an array is a memory-mapped file, which may be larger than memory."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap)


def check_finite(name: str, array: Array, names: Names = None) -> None:
    """Check that all values are finite; the message names the first one that is not."""
    flat = array.reshape(-1)
    for start in range(0, flat.size, CHECK_SIZE):
        good = np.isfinite(flat[start : start + CHECK_SIZE])
        if not good.all():
            first = np.unravel_index(start + int(np.argmin(good)), array.shape)
            at = position(first, names)
            raise ValueError(f"{name} is {array[first]} at {at}, wanted finite {array.dtype} numbers")


@dataclass(frozen=True)
class FiniteInputs:
    """X that has been checked, so that models that share it need not check it again."""

    array: Array
    names: Names

    @classmethod
    def of(cls, X: ArrayLike, dtype: np.dtype[Any]) -> FiniteInputs:
        """X as finite numbers of a dtype, with the names of its columns."""
        names = feature_names(X)
        array = as_numbers("X", X, dtype)
        check_finite("X", array, names)
        return cls(array, names)


def feature_names(X: Any, name: str = "X") -> Names:
    """Names of the columns of X, or None where it has none."""
    if type(X) is np.ndarray:
        return None
    if isinstance(X, FiniteInputs):
        return X.names
    return column_names(X, name) if is_frame(X) else None


def check_inputs(
    X: ArrayLike | FiniteInputs, dtype: np.dtype[Any], n_features: int, name: str = "X", names: Names = None
) -> Array:
    """X as a finite, C-contiguous (n_samples, n_features) array of the model's dtype; see `as_inputs`."""
    array = as_inputs(X, dtype, n_features, name, names)
    if not isinstance(X, FiniteInputs):
        check_finite(name, array, feature_names(X))
    return array


def as_inputs(
    X: ArrayLike | FiniteInputs, dtype: np.dtype[Any], n_features: int, name: str = "X", names: Names = None
) -> Array:
    """X as a C-contiguous (n_samples, n_features) array of the model's dtype.

    `names` are the names of the columns in the training, if any: a frame must have them.

    Raises
    ------
    TypeError
        If X does not hold numbers.
    ValueError
        If X is not two-dimensional, is empty, has another number of features, or other columns.
    """
    array: Any = X
    if type(array) is not np.ndarray:  # arrays are the common case: predicting a row takes microseconds
        if type(array) is not list:
            check_names(feature_names(X, name), names, name)
            array = X.array if isinstance(X, FiniteInputs) else X
        array = as_numbers(name, array, dtype)
    elif array.dtype != dtype or not (flags := array.flags).c_contiguous or not flags.aligned:
        array = as_numbers(name, array, dtype)
    shape = array.shape
    if len(shape) != 2:
        raise ValueError(f"{name} has shape {shape}, wanted (n_samples, {n_features})")
    if shape[0] == 0:
        raise ValueError(f"{name} is empty: shape {shape}, wanted at least one row")
    if shape[1] != n_features:
        raise ValueError(f"{name} has {shape[1]} features, wanted {n_features} as the model's input")
    return array
