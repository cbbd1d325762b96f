"""NumPy's legacy random stream, the only place where the course touches it.

The notebooks seed the process-wide stream (`np.random.seed`) inside their functions, and their later
cells draw from wherever that leaves it. A drop-in therefore does the same, in the same order: the
numbers of a whole notebook, and not only of the function replaced, depend on it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["noise", "orders", "permutation", "reseed", "standard_normal", "uniform"]


def reseed(seed: int) -> None:
    """Put the process-wide stream at the start of a seed."""
    np.random.seed(seed)  # noqa: NPY002


def standard_normal(*shape: int) -> NDArray[np.float64]:
    """The next standard normal draws of the process-wide stream."""
    return np.random.randn(*shape)  # noqa: NPY002


def uniform(*shape: int) -> NDArray[np.float64]:
    """The next draws from [0, 1) of the process-wide stream."""
    return np.random.rand(*shape)  # noqa: NPY002


def noise(scale: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The next normal draws of a standard deviation of the process-wide stream."""
    return np.random.normal(scale=scale, size=shape)  # noqa: NPY002


def permutation(n: int) -> NDArray[Any]:
    """The next permutation of the process-wide stream."""
    return np.random.permutation(n)  # noqa: NPY002


def orders(n: int, first_seed: int, n_epochs: int) -> NDArray[np.int64]:
    """The permutation at the start of each of a row of seeds, one row per epoch.

    A stream of its own gives the same numbers and spares the process-wide one thousands of reseedings;
    whoever needs that left where the last epoch leaves it reseeds it once.
    """
    stream = np.random.RandomState()
    found = np.empty((n_epochs, n), np.int64)
    for epoch in range(n_epochs):
        stream.seed(first_seed + epoch)
        found[epoch] = stream.permutation(n)
    return found
