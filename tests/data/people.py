"""A frame of people, and labels that depend on one of its columns."""

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
NAMES = ("age", "height", "weight")


def people(n=120, names=NAMES, seed=0):
    """A frame of three columns on scales of their own, and labels that its first column decides."""
    X = np.random.default_rng(seed).normal([40, 170, 70], [20, 10, 15], size=(n, 3))
    return pd.DataFrame(X, columns=list(names)), (X[:, 0] > 40).astype(int)


def another_order(X):
    return X[["height", "age", "weight"]]
