"""NumPy's legacy random stream; no other module of the course calls it.

The notebooks seed the process-wide stream (`np.random.seed`) inside their functions, and their later cells
draw from the state that this leaves. These functions draw the same numbers in the same order, so that the
later cells of a notebook print their numbers too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["epoch_permutations", "normal", "permutation", "reseed", "standard_normal", "uniform"]


def reseed(seed: int) -> None:
    """Seed the process-wide stream."""
    np.random.seed(seed)  # noqa: NPY002


def standard_normal(*shape: int) -> NDArray[np.float64]:
    """Standard normal draws from the process-wide stream."""
    return np.random.randn(*shape)  # noqa: NPY002


def uniform(*shape: int) -> NDArray[np.float64]:
    """Uniform draws in [0, 1) from the process-wide stream."""
    return np.random.rand(*shape)  # noqa: NPY002


def normal(scale: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Normal draws with mean 0 and standard deviation `scale` from the process-wide stream."""
    return np.random.normal(scale=scale, size=shape)  # noqa: NPY002


def permutation(n: int) -> NDArray[Any]:
    """A random permutation of 0 to n - 1 from the process-wide stream."""
    return np.random.permutation(n)  # noqa: NPY002


def epoch_permutations(n: int, first_seed: int, n_epochs: int) -> NDArray[np.int64]:
    """One permutation per row: the first one drawn from each of the seeds first_seed, first_seed + 1, ...

    A separate stream gives the same numbers and leaves the process-wide one alone; the caller reseeds that
    one once, after the last epoch.
    """
    stream = np.random.RandomState()
    permutations = np.empty((n_epochs, n), np.int64)
    for epoch in range(n_epochs):
        stream.seed(first_seed + epoch)
        permutations[epoch] = stream.permutation(n)
    return permutations
