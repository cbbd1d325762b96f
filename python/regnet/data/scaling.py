"""Inputs on a common scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .inputs import as_array, check_inputs, feature_names

__all__ = ["standardize"]


def standardize(X: ArrayLike, *others: ArrayLike, return_scale: bool = False) -> Any:
    """Subtract the mean and divide by the standard deviation of each column of X.

    The mean and deviation of `X`, the training set, are used for the other sets too, as they must
    be for data that come later. A constant column becomes 0.

    Parameters
    ----------
    X : array-like (n_samples, n_features)
        The training set.
    *others : array-like (any, n_features)
        Development and test sets.
    return_scale : bool
        Also return (mean, deviation), each of shape (n_features,).

    Returns
    -------
    array, or tuple of arrays
        One for each argument; float32 stays float32, all else becomes float64.

    Raises
    ------
    ValueError
        If a set is not two-dimensional, is empty, not finite, or has another number of columns.

    Examples
    --------
    >>> standardize([[1.0, 5.0], [3.0, 5.0]], [[5.0, 6.0]])
    (array([[-1.,  0.],
           [ 1.,  0.]]), array([[3., 1.]]))
    """
    first = as_array("X", X)
    if first.ndim != 2:
        raise ValueError(f"X has shape {first.shape}, wanted (n_samples, n_features)")
    dtype = np.dtype(np.float32 if first.dtype == np.float32 else np.float64)
    names = ["X"] + [f"set {i + 2}" for i in range(len(others))]
    columns = feature_names(X)
    sets = [
        check_inputs(A, dtype, first.shape[1], name, columns)
        for A, name in zip((X, *others), names, strict=True)
    ]
    mean = sets[0].mean(axis=0, dtype=np.float64)
    deviation = sets[0].std(axis=0, dtype=np.float64)
    # rounding can give a constant column a mean beside its value and a deviation above 0
    constant = (sets[0] == sets[0][0]).all(axis=0)
    mean, deviation = np.where(constant, sets[0][0], mean), np.where(constant, 1.0, deviation)
    scaled: list[Any] = [((A - mean) / deviation).astype(dtype) for A in sets]
    if return_scale:
        scaled.append((mean, deviation))
    return scaled[0] if len(scaled) == 1 else tuple(scaled)
