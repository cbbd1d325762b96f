"""The gradient checking notebook (course 2, week 1): backpropagation against differences of the cost.

Columns are examples. The functions of the notebook's helper file and those that it asks its reader
to write, with the same names, arguments and results: those of one parameter (`forward_propagation`,
`backward_propagation`, `gradient_check`) and those of a network, whose names end in ``_n``.
`backward_propagation_n` is the right one; the notebook's has two mistakes in it for its reader to find.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.checks import number
from ..training.gradients import relative
from . import _checks as check
from ._layers import (
    Cache,
    Parameters,
    check_gradients,
    layer_keys,
    n_layers_of,
    relu,
    sigmoid,
    total_loss,
)
from ._layers import forward_propagation as three_layers_forward
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

Array = NDArray[Any]
NOTEBOOK = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}
RIGHT = "The backward propagation is right: the difference is {:.3g}"
WRONG = "There is a mistake in the backward propagation."
TOLERANCE = 1e-6  # ten times the notebook's step: a right gradient is within 2e-7 or so by rounding


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
    x

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
        Step of the difference.
    print_msg : bool
        Say whether the derivative is right.

    Returns
    -------
    NumPy scalar, float64
        ``|grad - gradapprox| / (|grad| + |gradapprox|)``: rounding makes it 1e-10 or so.

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
        right = difference <= TOLERANCE
        print(RIGHT.format(difference) if right else f"{WRONG} the difference is {difference:.3g}")
    return difference


# ------------------------------------------------------------------------------ a network


def forward_propagation_n(X: ArrayLike, Y: ArrayLike, parameters: Parameters) -> tuple[Any, Cache]:
    """Cost of a three-layer network and its cache.

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
        If shapes do not fit or a parameter is missing.

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


def in_order(parameters: Parameters) -> dict[str, Array]:
    """W1, b1, W2, b2, ... as arrays, whatever the order of the dictionary."""
    keys = layer_keys(n_layers_of(parameters))
    return dict(zip(keys, check.matrices("parameters", parameters, keys), strict=True))


def dictionary_to_vector(parameters: Parameters) -> tuple[Array, list[str]]:
    """All parameters as one column, W1, b1, W2, b2, ..., each row by row.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., WL, bL.

    Returns
    -------
    theta : array (n, 1)
    keys : list of str
        The parameter that each entry comes from.

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
    arrays = in_order(parameters)
    return flatten(arrays)[:, None], [key for key, array in arrays.items() for _ in range(array.size)]


def vector_to_dictionary(theta: ArrayLike, like: Parameters | None = None) -> dict[str, Array]:
    """The dictionary that `dictionary_to_vector` made a column of.

    Parameters
    ----------
    theta : array-like (n, 1)
    like : dict, optional
        Parameters whose shapes to take; without it those of the notebook's network, 4-5-3-1.

    Returns
    -------
    dict
        New arrays.

    Raises
    ------
    ValueError
        If theta has too many or too few entries.

    Examples
    --------
    >>> print(vector_to_dictionary(np.arange(47.0).reshape(47, 1))["W3"])
    [[43. 44. 45.]]
    """
    arrays = {key: np.empty(shape) for key, shape in NOTEBOOK.items()} if like is None else in_order(like)
    vector = np.asarray(theta)
    wanted = sum(array.size for array in arrays.values())
    if vector.shape not in ((wanted, 1), (wanted,)):
        raise ValueError(f"theta has shape {vector.shape}, wanted ({wanted}, 1): {shapes_of(arrays)}")
    return unflatten(vector.ravel(), arrays)


def shapes_of(arrays: Mapping[str, Array]) -> str:
    """Names and shapes in one line."""
    return ", ".join(f"{key} {array.shape}" for key, array in arrays.items())


def gradients_to_vector(gradients: Mapping[str, Any]) -> Array:
    """dW1, db1, dW2, db2, ... as one column, each row by row; dZ and dA are left out.

    Parameters
    ----------
    gradients : dict
        dW1, db1, ..., dWL, dbL and anything else.

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
    layers = sum(str(key).startswith("dW") for key in gradients)
    keys = layer_keys(max(layers, 1), "d")
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
    epsilon : float
        Step of the differences.
    print_msg : bool
        Say whether the gradients are right and, if not, which one is farthest off.

    Returns
    -------
    NumPy scalar, float64
        ``||gradients - differences|| / (||gradients|| + ||differences||)``: rounding makes it about
        1e-7, a mistake 1e-3 or more. The message draws the line at 1e-6.

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
    found = flatten({key: dW for key, (_, dW) in pairs.items()})
    expected = differences(parameters, X, Y, epsilon)
    difference = np.float64(relative(expected, found))
    if print_msg:
        print(
            message(
                difference, unflatten(found, in_order(parameters)), unflatten(expected, in_order(parameters))
            )
        )
    return difference


def differences(parameters: Parameters, X: ArrayLike, Y: ArrayLike, epsilon: float) -> Array:
    """(J(theta + epsilon) - J(theta - epsilon)) / (2 epsilon) for each parameter on its own."""
    arrays = in_order(parameters)
    theta = flatten(arrays)
    found = np.empty_like(theta)
    for k, value in enumerate(theta.copy()):
        costs = []
        for theta[k] in (value + epsilon, value - epsilon):
            costs.append(forward_propagation_n(X, Y, unflatten(theta, arrays))[0])
        theta[k] = value
        found[k] = (costs[0] - costs[1]) / (2 * epsilon)
    return found


def message(difference: float, found: Mapping[str, Array], expected: Mapping[str, Array]) -> str:
    """What the check says, with the worst parameter where there is a mistake.

    A gradient that is all but zero may be nothing but rounding, with a relative error of 1; those whose
    absolute error could not alone make the check fail are not suspected.
    """
    if difference <= TOLERANCE:
        return RIGHT.format(difference)
    whole = sum(float(np.linalg.norm(flatten(arrays))) for arrays in (found, expected))
    share = TOLERANCE / np.sqrt(len(found)) * whole
    errors = {
        f"d{key}": relative(expected[key], found[key])
        for key in found
        if not np.linalg.norm(found[key] - expected[key]) < share  # nan is suspect too
    }
    worst = max(errors, key=lambda key: np.inf if np.isnan(errors[key]) else errors[key])
    others = ", ".join(key for key in errors if key != worst)
    return f"{WRONG} The largest relative error is that of {worst}: {errors[worst]:.3g}" + (
        f" (too large also: {others})" if others else ""
    )
