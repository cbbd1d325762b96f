"""The flat vector of parameters and the views of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cregnet import Plan

__all__ = ["Views", "aligned_vector", "column_views", "weight_views"]

Array = NDArray[Any]


class Views(list[Any]):
    """A list of views into the parameters; assigning to an entry copies into the view.

    Entries are None for layers that do not have this part.
    """

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            for i, one in zip(range(*index.indices(len(self))), value, strict=True):
                self[i] = one
            return
        view = self[index]
        if view is None:
            raise ValueError(f"entry {index} is None, there is nothing to assign to")
        if np.shape(value) != view.shape:
            raise ValueError(f"entry {index} has shape {view.shape}, got an array of shape {np.shape(value)}")
        view[...] = value


def aligned_vector(n: int, dtype: np.dtype[Any]) -> Array:
    """A vector of n numbers, aligned to 64 bytes; they have no values yet."""
    memory = np.empty(n * dtype.itemsize + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + n * dtype.itemsize].view(dtype)


def weight_views(plan: Plan, parameters: Array) -> Views:
    """Views of W[1] to W[L]; entry l has shape (n[l+1], n[l])."""
    shapes = zip(plan.sizes[1:], plan.sizes[:-1], strict=True)
    return Views(parameters[W].reshape(n) for W, n in zip(plan.layout.W, shapes, strict=True))


def column_views(parameters: Array, places: Sequence[slice | None]) -> Views:
    """Views of parts of the parameters as columns, (n, 1); None for a part that does not exist."""
    return Views(None if at is None else parameters[at].reshape(-1, 1) for at in places)
