"""Random pictures as rows, and their sizes."""

import numpy as np

SHAPES = [(7, 7), (6, 9), (1, 1), (5, 4, 3), (8, 8, 1)]


def rows(n=50, shape=(7, 7), dtype=np.float64, seed=0):
    """Rows that are random images, no value 0."""
    size = int(np.prod(shape))
    return (np.random.default_rng(seed).random((n, size)) + 0.5).astype(dtype)
