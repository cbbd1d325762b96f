"""Checks of the course functions' arguments. Each message names the argument, its value and what is wanted.

Columns are examples. A row of labels may lack its first dimension, as in some test cases of the notebooks.

A notebook's own loop calls these functions thousands of times with valid arrays, so a function of such a
loop computes first and checks later: the kernels compare shapes, dtypes and memory layout anyway. If the
computation raises one of `ARGUMENT_ERRORS`, the function calls these checks, which either convert the
arguments (lists, integers, rows of labels) for a second attempt or raise an error that says what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.checks import integer

__all__ = [
    "ARGUMENT_ERRORS",
    "check_seed",
    "columns",
    "describe_shapes",
    "entry_name",
    "inputs_and_labels",
    "labels",
    "layer_sizes",
    "matrices",
    "matrix",
    "outputs_and_labels",
    "same_shape",
    "tuple_of",
    "two_dimensions",
]

Array = NDArray[Any]
# what NumPy, a kernel or an index raises on arguments of a wrong type or shape
ARGUMENT_ERRORS = (AttributeError, IndexError, KeyError, TypeError, ValueError, ZeroDivisionError)
NUMBER_KINDS = "buif"  # of a dtype: bool, unsigned, integer, float
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


# ------------------------------------------------------------------------------ one array


def matrix(name: str, value: ArrayLike) -> Array:
    """The value as a C-contiguous float32 or float64 matrix; copied only if it is not one already."""
    array = two_dimensions(name, np.asarray(value))
    return np.ascontiguousarray(array, FLOAT32 if array.dtype == FLOAT32 else FLOAT64)


def labels(name: str, value: ArrayLike) -> Array:
    """Labels with two dimensions, of any numeric dtype; a vector becomes one row."""
    array = np.asarray(value)
    return two_dimensions(name, array.reshape(1, -1) if array.ndim == 1 else array)


def two_dimensions(name: str, array: Array) -> Array:
    """Raise unless the array is a matrix of real numbers."""
    if array.dtype.kind not in NUMBER_KINDS:
        raise TypeError(f"{name} has dtype {array.dtype}, wanted numbers")
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}, wanted two dimensions")
    return array


# ------------------------------------------------------------------------------ two arrays


def describe_shapes(name: str, array: Array, other: str, other_array: Array) -> str:
    """The first half of a message about two shapes that do not match."""
    return f"{name} has shape {array.shape} and {other} has shape {other_array.shape}"


def same_shape(name: str, array: Array, other: str, other_array: Array) -> None:
    """Raise if two arrays have different shapes."""
    if array.shape != other_array.shape:
        raise ValueError(f"{describe_shapes(name, array, other, other_array)}, wanted the same")


def columns(name: str, array: Array, other: str, other_array: Array) -> None:
    """Raise if two arrays have different numbers of examples, or no example."""
    if array.shape[1] != other_array.shape[1]:
        raise ValueError(
            f"{describe_shapes(name, array, other, other_array)}, wanted as many columns in both"
        )
    if not array.shape[1]:
        raise ValueError(f"{name} has shape {array.shape}, wanted at least one column")


def inputs_and_labels(X: ArrayLike, y: ArrayLike, name: str = "y") -> tuple[Array, Array]:
    """Inputs and labels as matrices with the same number of columns, at least one."""
    inputs, targets = matrix("X", X), labels(name, y)
    columns("X", inputs, name, targets)
    return inputs, targets


def outputs_and_labels(name: str, outputs: ArrayLike, Y: ArrayLike) -> tuple[Array, Array]:
    """Outputs and their labels as matrices of the same shape, with at least one column."""
    if (
        type(outputs) is np.ndarray
        and type(Y) is np.ndarray
        and outputs.shape == Y.shape
        and outputs.ndim == 2
        and outputs.size
        and outputs.dtype.kind == "f"
        and Y.dtype.kind in NUMBER_KINDS
    ):
        return outputs, Y
    A, targets = labels(name, outputs), labels("Y", Y)
    same_shape(name, A, "Y", targets)
    columns(name, A, "Y", targets)
    return A, targets


# ------------------------------------------------------------------------------ dictionaries, tuples, numbers


def entry_name(name: str, key: str) -> str:
    """How a notebook's code refers to an entry of a dictionary: ``parameters['W1']``."""
    return f"{name}[{key!r}]"


def matrices(name: str, dictionary: Mapping[str, Any], keys: Sequence[str]) -> list[Array]:
    """The matrices under the given keys of a dictionary of parameters, gradients or moments."""
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
        else matrix(entry_name(name, key), value)
        for key, value in zip(keys, values, strict=True)
    ]


def tuple_of(name: str, value: Any, names: Sequence[str]) -> tuple[Any, ...]:
    """A cache as a tuple; raise unless it has one entry per name."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{name} is a {type(value).__name__}, wanted a tuple ({', '.join(names)})")
    if len(value) != len(names):
        raise ValueError(f"{name} has {len(value)} entries, wanted {len(names)}: {', '.join(names)}")
    return tuple(value)


def layer_sizes(name: str, sizes: Sequence[int], n_layers: int | None = None) -> list[int]:
    """The number of inputs, then of units of each layer; `n_layers` is the required number of layers."""
    if isinstance(sizes, (str, bytes)) or not hasattr(sizes, "__len__"):
        raise TypeError(f"{name} is {sizes!r}, wanted a list of layer sizes")
    checked = [integer(f"{name}[{l}]", n, least=1) for l, n in enumerate(sizes)]
    if n_layers is not None and len(checked) != n_layers + 1:
        raise ValueError(f"{name} is {checked}, wanted {n_layers + 1} sizes: inputs and {n_layers} layers")
    if len(checked) < 2:
        raise ValueError(f"{name} is {checked}, wanted at least the inputs and one layer")
    return checked


def check_seed(seed: int) -> int:
    """A seed of NumPy's legacy stream: 32 bits."""
    return integer("seed", seed, least=0, most=2**32 - 1)
