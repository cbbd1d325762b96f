"""The notebooks' synthetic data sets, computed from formulas and NumPy's legacy stream.

Circles and moons have scikit-learn's numbers: it draws a permutation of the points and then the noise, from
the process-wide stream if it gets no seed. The tests compare every number with it. Petals and spirals are
the course's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _stream

__all__ = ["circles", "moons", "petals", "spirals"]

Array = NDArray[Any]


def shuffle_and_add_noise(outer: Array, inner: Array, noise: float) -> tuple[Array, Array]:
    """Points (n, 2) of two curves, permuted and with normal noise, as columns; and their classes."""
    X = np.concatenate([outer, inner])
    y = np.concatenate([np.zeros(len(outer), np.int64), np.ones(len(inner), np.int64)])
    order = _stream.permutation(len(X))
    X = X[order] + _stream.normal(noise, X.shape)
    return np.ascontiguousarray(X.T), y[order].reshape(1, -1)


def circles(n: int, noise: float, factor: float = 0.8) -> tuple[Array, Array]:
    """Two concentric circles of radius 1 and `factor`: X (2, n) and y (1, n)."""

    def unit_circle(n: int) -> Array:
        angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
        return np.column_stack([np.cos(angle), np.sin(angle)])

    return shuffle_and_add_noise(unit_circle(n // 2), unit_circle(n - n // 2) * factor, noise)


def moons(n: int, noise: float) -> tuple[Array, Array]:
    """Two interleaved half circles: X (2, n) and y (1, n)."""
    outer, inner = (np.linspace(0, np.pi, k) for k in (n // 2, n - n // 2))
    upper = np.column_stack([np.cos(outer), np.sin(outer)])
    lower = np.column_stack([1 - np.cos(inner), 1 - np.sin(inner) - 0.5])
    return shuffle_and_add_noise(upper, lower, noise)


def two_classes(n: int) -> Array:
    """A row of n labels 0 and n labels 1."""
    return np.repeat(np.array([[0, 1]], np.uint8), n, axis=1)


def petals() -> tuple[Array, Array]:
    """A flower of two classes: X (2, 400) and Y uint8 (1, 400); the first 200 points have class 0."""
    halves = []
    for first in (0, 3.12):
        t = np.linspace(first, first + 3.12, 200) + _stream.standard_normal(200) * 0.2
        r = 4 * np.sin(4 * t) + _stream.standard_normal(200) * 0.2
        halves.append([r * np.sin(t), r * np.cos(t)])
    return np.hstack(halves), two_classes(200)


def spirals(randomness: float) -> tuple[Array, Array]:
    """Two spirals: X (2, 50) and Y uint8 (1, 50); the first 25 points have class 0."""
    arms = []
    for first, growth in ((0, 0.3), (1, 0.2)):
        t = np.linspace(first, 4 * 3.1415, 25)  # 4 pi, with the course's digits
        r = growth * np.square(t) + _stream.standard_normal(25) * randomness
        arms.append([r * np.cos(t), r * np.sin(t)])
    return np.hstack(arms), two_classes(25)
