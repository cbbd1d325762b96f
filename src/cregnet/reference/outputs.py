"""Shared by the twins: conversion of inputs to one dtype, and optional outputs."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Array", "filled", "reals"]

Array: TypeAlias = NDArray[Any]


def reals(*values: ArrayLike | None) -> list[Array]:
    """The values that are not None, as float32 if all of them are, else as float64."""
    arrays = [np.asarray(value) for value in values if value is not None]
    single = all(array.dtype.newbyteorder("=") == np.float32 for array in arrays)
    dtype = np.float32 if single else np.float64
    return [array.astype(dtype, copy=False) for array in arrays]


def filled(out: Array | None, value: ArrayLike, dtype: Any) -> Array:
    """`out` filled with `value`, or a new array of the dtype if `out` is None."""
    if out is None:
        return np.array(value, dtype)
    out[...] = value
    return out
