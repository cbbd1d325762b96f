"""The gradient checking notebook (course 2, week 1): backpropagation against central differences of the cost.

Columns are examples. This module has the functions of the notebook's helper file and those that its reader
writes, with the same names, arguments and results: those of one parameter (`forward_propagation`,
`backward_propagation`, `gradient_check`) and those of a network, whose names end in ``_n``. The notebook's
`backward_propagation_n` contains two deliberate mistakes for its reader to find; this one is correct.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._support.checks import number
from ..training.gradients import relative
from . import _checks as check
from ._layers import Cache, relu, sigmoid, total_loss
from ._layers import forward_propagation as three_layers_forward
from ._parameters import Array, Parameters, check_gradients, layer_keys, ordered_arrays
from ._training import flatten, unflatten
from .reg_utils import backward_propagation as backward_propagation_n

__all__ = [
    "backward_propagation",
    "backward_propagation_n",
    "dictionary_to_vector",
    "forward_propagation",
    "forward_propagation_n",
    "gradient_check",
    "gradient_check_n",
    "gradients_to_vector",
    "relu",
    "sigmoid",
    "vector_to_dictionary",
]

NOTEBOOK_SHAPES = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}
CORRECT = "The backward propagation is right: the difference is {:.3g}"
WRONG = "There is a mistake in the backward propagation."
TOLERANCE = 1e-6  # ten times the notebook's epsilon; rounding moves a correct gradient by about 2e-7


# ------------------------------------------------------------------------------ one parameter


def forward_propagation(x: float, theta: float) -> Any:
    """The cost ``J = theta * x`` of one parameter.

    Parameters
    ----------
    x, theta : float
        Input and parameter.

    Returns
    -------
    NumPy scalar

    Examples
    --------
    >>> print(forward_propagation(2, 4))
    8
    """
    return np.dot(theta, x)


def backward_propagation(x: float, theta: float) -> Any:
    """The derivative of `forward_propagation` with respect to theta: x.

    Parameters
    ----------
    x, theta : float
        Input and parameter.

    Returns
    -------
    dtheta : float
        x itself.

    Examples
    --------
    >>> backward_propagation(2, 4)
    2
    """
    return x


def gradient_check(x: float, theta: float, epsilon: float = 1e-7, print_msg: bool = False) -> Any:
    """Compare `backward_propagation` with the central difference of `forward_propagation`.

    Parameters
    ----------
    x, theta : float
        Input and parameter.
    epsilon : float
        Step of the central difference.
    print_msg : bool
        Print whether the derivative is correct.

    Returns
    -------
    NumPy scalar, float64
        ``|grad - gradapprox| / (|grad| + |gradapprox|)``, about 1e-10 by rounding.

    Raises
    ------
    ValueError, TypeError
        If an argument is not a finite number, or epsilon not above 0.

    Examples
    --------
    >>> print(gradient_check(2, 4))
    2.919335883291695e-10
    >>> found = gradient_check(3, 4, print_msg=True)
    The backward propagation is right: the difference is 7.81e-11
    """
    number("x", x)
    number("theta", theta)
    epsilon = number("epsilon", epsilon, above=0)
    approximate = (forward_propagation(x, theta + epsilon) - forward_propagation(x, theta - epsilon)) / (
        2 * epsilon
    )
    difference = np.float64(relative(np.asarray(backward_propagation(x, theta)), np.asarray(approximate)))
    if print_msg:
        correct = difference <= TOLERANCE
        print(CORRECT.format(difference) if correct else f"{WRONG} the difference is {difference:.3g}")
    return difference


# ------------------------------------------------------------------------------ a network


def forward_propagation_n(X: ArrayLike, Y: ArrayLike, parameters: Parameters) -> tuple[Any, Cache]:
    """Cost and cache of a three-layer network.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m) or (m,)
        Classes, 0 or 1.
    parameters : dict
        W1, b1, W2, b2, W3, b3.

    Returns
    -------
    cost : NumPy scalar, float64
        ``sum(-Y log A3 - (1 - Y) log(1 - A3)) / m``
    cache : tuple
        (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)

    Raises
    ------
    ValueError
        If shapes do not match or a parameter is missing.

    Examples
    --------
    >>> parameters = vector_to_dictionary(np.zeros((47, 1)))
    >>> cost, cache = forward_propagation_n(np.ones((4, 3)), [1, 1, 0], parameters)
    >>> print(round(cost, 6), len(cache))
    0.693147 12
    """
    A3, cache = three_layers_forward(X, parameters)
    total = total_loss(A3, Y)
    return 1 / A3.shape[1] * total, cache


# ------------------------------------------------------------------------------ vectors


def dictionary_to_vector(parameters: Parameters) -> tuple[Array, list[str]]:
    """All parameters as one column: W1, b1, W2, b2, ..., each row by row.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., WL, bL.

    Returns
    -------
    theta : array (n, 1)
    keys : list of str
        For each entry of theta, the key of its parameter.

    Raises
    ------
    ValueError
        If a parameter is missing.

    Examples
    --------
    >>> theta, keys = dictionary_to_vector({"W1": np.array([[1.0, 2.0]]), "b1": np.array([[3.0]])})
    >>> print(theta.ravel(), keys)
    [1. 2. 3.] ['W1', 'W1', 'b1']
    """
    arrays = ordered_arrays(parameters)
    return flatten(arrays)[:, None], [key for key, array in arrays.items() for _ in range(array.size)]


def vector_to_dictionary(theta: ArrayLike, like: Parameters | None = None) -> dict[str, Array]:
    """Parameters from one column, the inverse of `dictionary_to_vector`.

    Parameters
    ----------
    theta : array-like (n, 1)
    like : dict, optional
        Parameters with the wanted shapes; by default those of the notebook's network, 4-5-3-1.

    Returns
    -------
    dict
        W1, b1, ..., WL, bL, new arrays.

    Raises
    ------
    ValueError
        If theta has another number of entries.

    Examples
    --------
    >>> print(vector_to_dictionary(np.arange(47.0).reshape(47, 1))["W3"])
    [[43. 44. 45.]]
    """
    if like is None:
        arrays = {key: np.empty(shape) for key, shape in NOTEBOOK_SHAPES.items()}
    else:
        arrays = ordered_arrays(like)
    vector = np.asarray(theta)
    wanted = sum(array.size for array in arrays.values())
    if vector.shape not in ((wanted, 1), (wanted,)):
        raise ValueError(f"theta has shape {vector.shape}, wanted ({wanted}, 1): {shapes_of(arrays)}")
    return unflatten(vector.ravel(), arrays)


def shapes_of(arrays: Mapping[str, Array]) -> str:
    """Names and shapes in one line."""
    return ", ".join(f"{key} {array.shape}" for key, array in arrays.items())


def gradients_to_vector(gradients: Mapping[str, Any]) -> Array:
    """The gradients of the parameters as one column: dW1, db1, dW2, db2, ..., each row by row.

    Parameters
    ----------
    gradients : dict
        dW1, db1, ..., dWL, dbL; other entries, such as dZ and dA, are ignored.

    Returns
    -------
    array (n, 1)

    Raises
    ------
    ValueError
        If a gradient is missing.

    Examples
    --------
    >>> gradients = {"dZ1": 0, "db1": np.array([[3.0]]), "dW1": np.array([[1.0, 2.0]])}
    >>> print(gradients_to_vector(gradients).ravel())
    [1. 2. 3.]
    """
    if not isinstance(gradients, Mapping):
        raise TypeError(f"gradients is a {type(gradients).__name__}, wanted a dictionary")
    n_layers = sum(str(key).startswith("dW") for key in gradients)
    keys = layer_keys(max(n_layers, 1), "d")
    arrays = check.matrices("gradients", gradients, keys)
    return flatten(dict(zip(keys, arrays, strict=True)))[:, None]


# ------------------------------------------------------------------------------ the check


def gradient_check_n(
    parameters: Parameters,
    gradients: Mapping[str, Any],
    X: ArrayLike,
    Y: ArrayLike,
    epsilon: float = 1e-7,
    print_msg: bool = False,
) -> Any:
    """Compare the gradients of a three-layer network with central differences of its cost.

    Parameters
    ----------
    parameters : dict
        W1, b1, W2, b2, W3, b3.
    gradients : dict
        dW1, db1, ... as `backward_propagation_n` returns them.
    X : array-like (n_features, m)
    Y : array-like (1, m) or (m,)
        Classes, 0 or 1.
    epsilon : float
        Step of the central differences.
    print_msg : bool
        Print whether the gradients are correct, and if not, which one has the largest error.

    Returns
    -------
    NumPy scalar, float64
        ``||gradients - differences|| / (||gradients|| + ||differences||)``, about 1e-7 by rounding, and 1e-3
        or more after a mistake. The message has the threshold 1e-6.

    Raises
    ------
    ValueError
        If shapes do not fit, or a parameter or gradient is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> parameters, X, Y = vector_to_dictionary(rng.normal(size=(47, 1))), rng.normal(size=(4, 3)), [1, 1, 0]
    >>> gradients = backward_propagation_n(X, Y, forward_propagation_n(X, Y, parameters)[1])
    >>> bool(gradient_check_n(parameters, gradients, X, Y) < 1e-6)
    True
    >>> wrong = gradients | {"dW2": 2 * gradients["dW2"]}
    >>> found = gradient_check_n(parameters, wrong, X, Y, print_msg=True)
    There is a mistake in the backward propagation. The largest relative error is that of dW2: 0.333
    """
    epsilon = number("epsilon", epsilon, above=0)
    cost, _ = forward_propagation_n(X, Y, parameters)
    if not np.isfinite(cost):
        raise ValueError(f"the cost at the given parameters is {cost}, wanted a finite one to differentiate")
    pairs = check_gradients(parameters, gradients=gradients)
    given = flatten({key: dW for key, (_, dW) in pairs.items()})
    expected = central_differences(parameters, X, Y, epsilon)
    difference = np.float64(relative(expected, given))
    if print_msg:
        arrays = ordered_arrays(parameters)
        print(verdict(difference, unflatten(given, arrays), unflatten(expected, arrays)))
    return difference


def central_differences(parameters: Parameters, X: ArrayLike, Y: ArrayLike, epsilon: float) -> Array:
    """(J(theta + epsilon) - J(theta - epsilon)) / (2 epsilon), with one entry of theta changed at a time."""
    arrays = ordered_arrays(parameters)
    theta = flatten(arrays)
    derivatives = np.empty_like(theta)
    for k, value in enumerate(theta.copy()):
        costs = []
        for theta[k] in (value + epsilon, value - epsilon):
            costs.append(forward_propagation_n(X, Y, unflatten(theta, arrays))[0])
        theta[k] = value
        derivatives[k] = (costs[0] - costs[1]) / (2 * epsilon)
    return derivatives


def verdict(difference: float, given: Mapping[str, Array], expected: Mapping[str, Array]) -> str:
    """The message of the check, which names the worst gradient if there is a mistake.

    Rounding can give a gradient near zero a relative error of 1. A gradient is therefore reported only if its
    absolute error is large enough to fail the check by itself.
    """
    if difference <= TOLERANCE:
        return CORRECT.format(difference)
    total_norm = sum(float(np.linalg.norm(flatten(arrays))) for arrays in (given, expected))
    threshold = TOLERANCE / np.sqrt(len(given)) * total_norm
    errors = {
        f"d{key}": relative(expected[key], given[key])
        for key in given
        if not np.linalg.norm(given[key] - expected[key]) < threshold  # true for nan too
    }
    worst = max(errors, key=lambda key: np.inf if np.isnan(errors[key]) else errors[key])
    others = ", ".join(key for key in errors if key != worst)
    return f"{WRONG} The largest relative error is that of {worst}: {errors[worst]:.3g}" + (
        f" (too large also: {others})" if others else ""
    )
