"""The notebooks' made data sets, from formulas and NumPy's legacy stream.

Circles and moons are scikit-learn's, which draws a shuffle of the points first and then the noise, from
the process-wide stream when it is given no seed; tests compare every number with it. Petals and spirals
are the course's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _stream

__all__ = ["circles", "moons", "petals", "spirals"]

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


def halves(n: int) -> Array:
    """n labels 0 and n labels 1 in a row."""
    return np.repeat(np.array([[0, 1]], np.uint8), n, axis=1)


def petals() -> tuple[Array, Array]:
    """A flower of two colours: X (2, 400) and Y uint8 (1, 400), the first half of the points of class 0."""
    turns = []
    for first in (0, 3.12):
        t = np.linspace(first, first + 3.12, 200) + _stream.standard_normal(200) * 0.2
        r = 4 * np.sin(4 * t) + _stream.standard_normal(200) * 0.2
        turns.append([r * np.sin(t), r * np.cos(t)])
    return np.hstack(turns), halves(200)


def spirals(randomness: float) -> tuple[Array, Array]:
    """Two spirals: X (2, 50) and Y uint8 (1, 50), the first half of the points of class 0."""
    arms = []
    for first, growth in ((0, 0.3), (1, 0.2)):
        t = np.linspace(first, 4 * 3.1415, 25)  # four pi, as the course has it
        r = growth * np.square(t) + _stream.standard_normal(25) * randomness
        arms.append([r * np.cos(t), r * np.sin(t)])
    return np.hstack(arms), halves(25)
