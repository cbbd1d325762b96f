"""Random numbers as functions of (seed, purpose, layer, step): no state, no global generator."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import cregnet

from .checks import integer

__all__ = ["LARGEST_SEED", "check_seed", "latin_hypercube", "normal", "permutation", "uniform"]


LARGEST_SEED = 2**64 - 1


def check_seed(seed: Any) -> int:
    """A seed is a whole number of 64 bits."""
    return integer("seed", seed, least=0, most=LARGEST_SEED)


def uniform(n: int, seed: int, purpose: str, layer: int = 0, step: int = 0) -> NDArray[np.float64]:
    """n numbers in (0, 1): (word + 1/2) / 2^32 of Philox4x32-10.

    >>> uniform(2, seed=0, purpose="data").round(3).shape
    (2,)
    """
    return (cregnet.random_words(n, seed, cregnet.PURPOSES[purpose], layer, step) + 0.5) / 2**32


def normal(n: int, seed: int, purpose: str, layer: int = 0, step: int = 0) -> NDArray[np.float64]:
    """n standard normal numbers by Box and Muller (1958) from 2 * ceil(n / 2) uniform ones."""
    half = (n + 1) // 2
    u = uniform(2 * half, seed, purpose, layer, step)
    radius, angle = np.sqrt(-2 * np.log(u[:half])), 2 * np.pi * u[half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:n]


def permutation(n: int, seed: int, purpose: str, step: int = 0) -> NDArray[np.int64]:
    """A permutation of 0 .. n-1: the stable order of n draws."""
    return np.argsort(uniform(n, seed, purpose, 0, step), kind="stable")


def latin_hypercube(n: int, n_dimensions: int, seed: int, purpose: str, round: int) -> NDArray[np.float64]:
    """n random points in the unit cube, (n, n_dimensions), one in each n-th part of every axis.

    McKay, Beckman & Conover 1979: each coordinate by itself is uniform, and is spread more evenly
    than n independent draws would be.

    >>> points = latin_hypercube(8, 2, seed=0, purpose="search", round=0)
    >>> [sorted((8 * column).astype(int).tolist()) for column in points.T] == [list(range(8))] * 2
    True
    """
    points = np.empty((n, n_dimensions))
    for d in range(n_dimensions):
        part = np.argsort(uniform(n, seed, purpose, d, 2 * round), kind="stable")
        points[:, d] = (part + uniform(n, seed, purpose, d, 2 * round + 1)) / n
    return points
