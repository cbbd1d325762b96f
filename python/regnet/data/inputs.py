"""X: finite numbers of the model's dtype, one row per example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["FiniteInputs", "as_inputs", "as_numbers", "check_finite", "check_inputs"]

Array = NDArray[Any]
CHECK_ROWS = 1 << 20  # elements looked at together, so that a memory map stays on disk


def as_numbers(name: str, values: ArrayLike, dtype: np.dtype[Any]) -> Array:
    """A C-contiguous array of the dtype; not copied when it is one already."""
    array = np.asarray(values)
    if array.dtype == dtype and array.flags.c_contiguous:
        return array
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}, wanted numbers (float, integer or bool)")
    with np.errstate(over="ignore"):  # a value too large for float32 becomes infinite and is named below
        return np.ascontiguousarray(array, dtype=dtype)


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
