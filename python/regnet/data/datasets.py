"""Example data: a generated football field, and the course's file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support import randomness
from .._support.checks import integer, number

__all__ = ["load_football", "make_football"]

Array = NDArray[Any]
Football = tuple[Array, Array, Array, Array]


def make_football(n_train: int = 211, n_test: int = 200, *, noise: float = 0.07, seed: int = 0) -> Football:
    """Two noisy classes on a field, split by a diagonal.

    A goalkeeper's kick lands at a point; whichever team is nearer heads the ball. The field is the
    square from -0.5 to 0.5, the border runs from corner to corner, and near it the class is random.

    Parameters
    ----------
    n_train, n_test : int
        Points of the two sets, at least 2 each.
    noise : float
        Standard deviation of the border's distance, in widths of the field.
    seed : int

    Returns
    -------
    X_train, y_train, X_test, y_test
        X float64 (n, 2), y int64 (n,) of 0 and 1; both classes occur in both sets.

    Examples
    --------
    >>> X_train, y_train, X_test, y_test = make_football()
    >>> X_train.shape, X_test.shape, sorted(set(y_train.tolist()))
    ((211, 2), (200, 2), [0, 1])
    """
    n_train = integer("n_train", n_train, least=2)
    n_test = integer("n_test", n_test, least=2)
    number("noise", noise, least=0)
    seed = randomness.check_seed(seed)
    n = n_train + n_test
    X = randomness.uniform(2 * n, seed, "data", step=0).reshape(n, 2) - 0.5
    distance = (X[:, 0] + X[:, 1]) / np.sqrt(2) + noise * randomness.normal(n, seed, "data", step=1)
    y = (distance > 0).astype(np.int64)
    for rows in (slice(0, n_train), slice(n_train, n)):  # a small set may lack a class by chance
        y[rows][distance[rows].argmax()] = 1
        y[rows][distance[rows].argmin()] = 0
    return X[:n_train], y[:n_train], X[n_train:], y[n_train:]


def load_football(path: str | PathLike[str]) -> Football:
    """Read the course's MATLAB file: arrays X, y (training) and Xval, yval (test).

    Parameters
    ----------
    path : str or path
        A MATLAB file of version 5.

    Returns
    -------
    X_train, y_train, X_test, y_test
        X float64 (n, 2), y int64 (n,).

    Raises
    ------
    ImportError
        If SciPy is not installed.
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not MATLAB's or lacks one of the arrays.
    """
    try:
        import scipy.io
    except ImportError:
        raise ImportError("reading a MATLAB file needs SciPy: pip install 'regnet[matlab]'") from None
    found = Path(path)
    if not found.exists():
        raise FileNotFoundError(f"there is no file {str(found)!r}")
    try:
        arrays = scipy.io.loadmat(found, variable_names=("X", "y", "Xval", "yval"))
    except Exception as error:
        raise ValueError(f"{found} cannot be read as a MATLAB 5 file: {error}") from error
    missing = [name for name in ("X", "y", "Xval", "yval") if name not in arrays]
    if missing:
        raise ValueError(f"{found} has no array {', '.join(missing)}, wanted X, y, Xval and yval")
    X_train, X_test = (np.ascontiguousarray(arrays[name], np.float64) for name in ("X", "Xval"))
    y_train, y_test = (np.ravel(arrays[name]).astype(np.int64) for name in ("y", "yval"))
    return X_train, y_train, X_test, y_test
