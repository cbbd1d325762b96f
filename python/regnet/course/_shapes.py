"""The notebooks' two made data sets, from the formulas of scikit-learn and NumPy's legacy stream.

scikit-learn draws a shuffle of the points first and then the noise, from the process-wide stream
when it is given no seed; tests compare every number with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _stream

__all__ = ["circles", "moons"]

Array = NDArray[Any]


def shuffled(outer: Array, inner: Array, noise: float) -> tuple[Array, Array]:
    """Points (n, 2) of two curves in random order and off their places, as columns, and their classes."""
    X = np.concatenate([outer, inner])
    y = np.concatenate([np.zeros(len(outer), np.int64), np.ones(len(inner), np.int64)])
    order = _stream.permutation(len(X))
    X = X[order] + _stream.noise(noise, X.shape)
    return np.ascontiguousarray(X.T), y[order].reshape(1, -1)


def circles(n: int, noise: float, factor: float = 0.8) -> tuple[Array, Array]:
    """Two circles with one centre, the inner one of radius `factor`: X (2, n) and y (1, n)."""

    def circle(n: int) -> Array:
        angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
        return np.column_stack([np.cos(angle), np.sin(angle)])

    return shuffled(circle(n // 2), circle(n - n // 2) * factor, noise)


def moons(n: int, noise: float) -> tuple[Array, Array]:
    """Two half circles, each around an end of the other: X (2, n) and y (1, n)."""
    outer, inner = (np.linspace(0, np.pi, k) for k in (n // 2, n - n // 2))
    upper = np.column_stack([np.cos(outer), np.sin(outer)])
    lower = np.column_stack([1 - np.cos(inner), 1 - np.sin(inner) - 0.5])
    return shuffled(upper, lower, noise)
