"""Checks of the course functions' arguments; every message has what came and what is wanted.

Columns are examples. A row of labels may come without its first dimension, as in some test cases of
the notebooks. A notebook's own loop calls the functions thousands of times with arrays that are as
they should be. What such a loop calls therefore computes first, on the arguments as they came: the
kernels compare shapes, dtypes and layout anyway. Only after one of `REFUSED` are the arguments checked
here, which converts what can be converted (lists, whole numbers, rows of labels) or says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.checks import integer

__all__ = [
    "REFUSED",
    "also_called",
    "columns",
    "entry",
    "labels",
    "layer_sizes",
    "matrices",
    "matrix",
    "paired",
    "same_shape",
    "tuple_of",
]

Array = NDArray[Any]
P = ParamSpec("P")
R = TypeVar("R")
# what a computation raises on arguments that do not fit it
REFUSED = (AttributeError, IndexError, KeyError, TypeError, ValueError, ZeroDivisionError)
NUMBERS = "buif"  # kinds of dtype
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


def paired(name: str, outputs: ArrayLike, Y: ArrayLike) -> tuple[Array, Array]:
    """Outputs and their labels as matrices of one shape, with one column at least."""
    if (
        type(outputs) is np.ndarray
        and type(Y) is np.ndarray
        and outputs.shape == Y.shape
        and outputs.ndim == 2
        and outputs.size
        and outputs.dtype.kind == "f"
        and Y.dtype.kind in NUMBERS
    ):
        return outputs, Y
    A, targets = labels(name, outputs), labels("Y", Y)
    same_shape(name, A, "Y", targets)
    columns(name, A, "Y", targets)
    return A, targets


def two_dimensions(name: str, array: Array) -> Array:
    """Refuse what is not a matrix of real numbers."""
    if array.dtype.kind not in NUMBERS:
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


def also_called(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Take an argument by a second keyword too, the one that another edition has for it."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*arguments: P.args, **keywords: P.kwargs) -> R:
            if keywords:
                for name in names.keys() & keywords.keys():
                    keywords[names[name]] = keywords.pop(name)
            return function(*arguments, **keywords)

        return call

    return decorate
