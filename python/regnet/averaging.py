"""Exponentially weighted averages of curves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import fraction

__all__ = ["exponential_average"]

Array = NDArray[Any]


def exponential_average(x: ArrayLike, beta: float, bias_correction: bool = True) -> Array:
    """The exponentially weighted average of a series: ``v_t = beta v_{t-1} + (1 - beta) x_t``, v_0 = 0.

    With bias correction v_t is divided by ``1 - beta^t``, t from 1, so that the first values are
    averages too and do not start near 0. v_t averages about 1 / (1 - beta) values (course 2, week 2).

    Parameters
    ----------
    x : array-like (n, ...)
        The series along the first axis.
    beta : float
        ``0 <= beta < 1``; 0 is the series itself.
    bias_correction : bool

    Returns
    -------
    array, of the shape of x
        float32 stays float32, all else becomes float64; accumulated in double.

    Raises
    ------
    TypeError
        If x does not hold numbers.
    ValueError
        If x is a single number, or beta is out of range.

    Examples
    --------
    >>> exponential_average([1.0, 1.0, 1.0], beta=0.5, bias_correction=False)
    array([0.5  , 0.75 , 0.875])
    >>> exponential_average([1.0, 1.0, 1.0], beta=0.5)
    array([1., 1., 1.])
    """
    beta = fraction("beta", beta, zero=True)
    series = np.asarray(x)
    if series.dtype.kind not in "biuf":
        raise TypeError(f"x has dtype {series.dtype}, wanted numbers (float, integer or bool)")
    if series.ndim == 0:
        raise ValueError("x is a single number, wanted a series along the first axis")
    averages = np.empty(series.shape, np.float64)
    v: Any = np.zeros(series.shape[1:])
    for t, value in enumerate(series.astype(np.float64)):
        v = beta * v + (1 - beta) * value
        averages[t] = v
    if bias_correction:
        weight = 1 - beta ** np.arange(1, len(series) + 1)
        averages /= weight.reshape(-1, *[1] * (series.ndim - 1))
    return averages.astype(np.float32 if series.dtype == np.float32 else np.float64)
