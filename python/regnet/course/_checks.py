"""Checks of the course functions' arguments; every message has what came and what is wanted.

Columns are examples. A row of labels may come without its first dimension, as in some test cases of
the notebooks. A notebook's own loop calls the functions thousands of times with arrays that are as
they should be: these pass in a fraction of a microsecond, and messages are made only when needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import integer

__all__ = ["columns", "entry", "labels", "layer_sizes", "matrices", "matrix", "same_shape", "tuple_of"]

Array = NDArray[Any]
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def matrix(name: str, value: ArrayLike) -> Array:
    """The value as a C-contiguous matrix of float32 or float64; not copied if it is one."""
    array = two_dimensions(name, np.asarray(value))
    return np.ascontiguousarray(array, FLOAT32 if array.dtype == FLOAT32 else FLOAT64)


def matrices(name: str, dictionary: Mapping[str, Any], keys: Sequence[str]) -> list[Array]:
    """The matrices under some keys of a dictionary of parameters, gradients or moments."""
    try:
        values = [dictionary[key] for key in keys]
    except KeyError as error:
        have = ", ".join(map(str, dictionary)) or "nothing"
        raise ValueError(f"{name} has no {error.args[0]!r}, only {have}") from None
    except (TypeError, IndexError):
        raise TypeError(f"{name} is a {type(dictionary).__name__}, wanted a dictionary") from None
    return [
        value
        if type(value) is np.ndarray
        and value.ndim == 2
        and (value.dtype is FLOAT64 or value.dtype is FLOAT32)
        and value.flags.c_contiguous
        else matrix(entry(name, key), value)
        for key, value in zip(keys, values, strict=True)
    ]


def labels(name: str, value: ArrayLike) -> Array:
    """Labels with two dimensions, of whatever dtype; a vector of them becomes one row."""
    array = np.asarray(value)
    return two_dimensions(name, array.reshape(1, -1) if array.ndim == 1 else array)


def two_dimensions(name: str, array: Array) -> Array:
    """Refuse what is not a matrix of real numbers."""
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} has dtype {array.dtype}, wanted numbers")
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}, wanted two dimensions")
    return array


def entry(name: str, key: str) -> str:
    """An entry of a dictionary as its reader writes it."""
    return f"{name}[{key!r}]"


def shapes(name: str, array: Array, other: str, other_array: Array) -> str:
    """The first half of a message about two shapes that do not fit."""
    return f"{name} has shape {array.shape} and {other} has shape {other_array.shape}"


def same_shape(name: str, array: Array, other: str, other_array: Array) -> None:
    """Refuse two arrays of different shapes."""
    if array.shape != other_array.shape:
        raise ValueError(f"{shapes(name, array, other, other_array)}, wanted the same")


def columns(name: str, array: Array, other: str, other_array: Array) -> None:
    """Refuse two arrays with different numbers of examples, and none at all."""
    if array.shape[1] != other_array.shape[1]:
        raise ValueError(f"{shapes(name, array, other, other_array)}, wanted as many columns in both")
    if not array.shape[1]:
        raise ValueError(f"{name} has shape {array.shape}, wanted at least one column")


def tuple_of(name: str, value: Any, names: Sequence[str]) -> tuple[Any, ...]:
    """A cache with as many entries as names."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{name} is a {type(value).__name__}, wanted a tuple ({', '.join(names)})")
    if len(value) != len(names):
        raise ValueError(f"{name} has {len(value)} entries, wanted {len(names)}: {', '.join(names)}")
    return tuple(value)


def layer_sizes(name: str, sizes: Sequence[int], n_layers: int | None = None) -> list[int]:
    """Units of each layer, the inputs first."""
    if isinstance(sizes, (str, bytes)) or not hasattr(sizes, "__len__"):
        raise TypeError(f"{name} is {sizes!r}, wanted a list of layer sizes")
    found = [integer(f"{name}[{l}]", n, least=1) for l, n in enumerate(sizes)]
    if n_layers is not None and len(found) != n_layers + 1:
        raise ValueError(f"{name} is {found}, wanted {n_layers + 1} sizes: inputs and {n_layers} layers")
    if len(found) < 2:
        raise ValueError(f"{name} is {found}, wanted at least the inputs and one layer")
    return found
