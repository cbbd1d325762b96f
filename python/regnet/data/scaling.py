"""Standardisation of inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.checks import boolean
from .inputs import as_array, check_inputs, feature_names, position

__all__ = ["power_of_two", "standardize"]

Array = NDArray[Any]

# Squares of numbers between 2^-400 and 2^400 do not overflow, nor do sums of very many of them, and squares
# of deviations as small as a rounding error do not underflow.
LARGEST_EXPONENT = 400


def power_of_two(largest: Array) -> NDArray[Any]:
    """Exponents e for which ``x / 2^e`` can be squared and summed in double: 0 for ordinary numbers.

    Scaling by a power of two is exact.

    Parameters
    ----------
    largest : array
        Absolute values, for each column the largest.

    Examples
    --------
    >>> power_of_two(np.array([0.0, 1.0, 1e160, 1e-170])).tolist()
    [0, 0, 532, -564]
    """
    exponents = np.frexp(largest)[1]
    return np.where(np.isfinite(largest) & (abs(exponents) > LARGEST_EXPONENT), exponents, 0)


def standardize(X: ArrayLike, *others: ArrayLike, return_scale: bool = False) -> Any:
    """Subtract the mean and divide by the standard deviation of each column of X.

    The mean and deviation of `X`, the training set, are used for the other sets too, since later data
    must be scaled like the training set. A constant column becomes 0.

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
        If a set is not two-dimensional, is empty, not finite, or has another number of columns or other
        columns, or if a scaled value or a deviation asked for is beyond what its dtype can hold.

    Examples
    --------
    >>> standardize([[1.0, 5.0], [3.0, 5.0]], [[5.0, 6.0]])
    (array([[-1.,  0.],
           [ 1.,  0.]]), array([[3., 1.]]))
    """
    boolean("return_scale", return_scale)
    first = as_array("X", X)
    if first.ndim != 2:
        raise ValueError(f"X has shape {first.shape}, wanted (n_samples, n_features)")
    dtype = np.dtype(np.float32 if first.dtype == np.float32 else np.float64)
    columns = feature_names(X)
    names = ["X"] + [f"set {i + 2}" for i in range(len(others))]
    sets = [
        check_inputs(A, dtype, first.shape[1], name, columns)
        for A, name in zip((X, *others), names, strict=True)
    ]
    constant = (sets[0] == sets[0][0]).all(axis=0)
    largest = np.maximum(np.abs(sets[0].max(axis=0)), np.abs(sets[0].min(axis=0)))
    exponents = np.where(constant, 0, power_of_two(largest))
    with np.errstate(all="ignore"):  # overflows are reported below
        reduced = [np.ldexp(A, -exponents) for A in sets] if exponents.any() else sets
        mean = reduced[0].mean(axis=0, dtype=np.float64)
        deviation = reduced[0].std(axis=0, dtype=np.float64)
        # rounding can make the mean of a constant column differ from its value
        mean, deviation = np.where(constant, sets[0][0], mean), np.where(constant, 1.0, deviation)
        scaled: list[Any] = [((A - mean) / deviation).astype(dtype) for A in reduced]
    for name, given, made in zip(names, sets, scaled, strict=True):
        check_overflow(name, given, made, columns)
    if return_scale:
        with np.errstate(under="ignore"):
            mean = np.ldexp(mean, exponents)
        scaled.append((mean, unscaled_deviation(deviation, exponents)))
    return scaled[0] if len(scaled) == 1 else tuple(scaled)


def check_overflow(name: str, given: Array, scaled: Array, columns: tuple[str, ...] | None) -> None:
    """Check that all scaled values are finite; the message names the first one that is not."""
    good = np.isfinite(scaled)
    if not good.all():
        place = np.unravel_index(int(np.argmin(good)), good.shape)
        raise ValueError(
            f"{name} is {given[place]} at {position(place, columns)}: more deviations of X from its mean "
            f"than {scaled.dtype} numbers can hold"
        )


def unscaled_deviation(deviation: Array, exponents: NDArray[np.intp]) -> Array:
    """``deviation * 2^exponents``, if float64 can hold it."""
    with np.errstate(under="ignore"):
        found = np.ldexp(deviation, exponents)
        lost = np.ldexp(found, -exponents) != deviation
    if lost.any():
        raise ValueError(
            f"column {int(lost.argmax())} of X has a deviation of {found[lost][0]:.3g}, too small for all "
            "digits of float64, wanted return_scale=False or larger numbers"
        )
    return found
