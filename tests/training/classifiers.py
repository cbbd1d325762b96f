"""Points of some classes, and small nets that tell them apart."""

import numpy as np

import regnet as rn


def points(n=120, classes=2, seed=0):
    """Points in the plane and the class of the sector they lie in."""
    X = np.random.default_rng(seed).normal(size=(n, 2))
    sector = (np.arctan2(X[:, 1], X[:, 0]) + np.pi) / (2 * np.pi)
    return X, np.minimum((sector * classes).astype(int), classes - 1)


def classifier(**options):
    return rn.Model.mlp([2, 8, 1], dtype="float64", seed=1, **options)
