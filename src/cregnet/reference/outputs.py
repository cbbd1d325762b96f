"""What the twins share: inputs as arrays of one dtype, and outputs that may be given."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Array", "filled", "reals"]

Array: TypeAlias = NDArray[Any]


def reals(*values: ArrayLike | None) -> list[Array]:
    """The arrays that are given, as float32 if all of them are, else as float64."""
    arrays = [np.asarray(value) for value in values if value is not None]
    single = all(array.dtype.newbyteorder("=") == np.float32 for array in arrays)
    dtype = np.float32 if single else np.float64
    return [array.astype(dtype, copy=False) for array in arrays]


def filled(out: Array | None, value: ArrayLike, dtype: Any) -> Array:
    """`out` with `value` in it, a new array of the dtype where none is given."""
    if out is None:
        return np.array(value, dtype)
    out[...] = value
    return out
