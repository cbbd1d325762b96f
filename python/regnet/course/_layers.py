"""The three-layer network that most notebooks share: activations, forward pass, cost, update, prediction.

The network is LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID, with columns = examples. Linear layers
and ReLU are kernels of the core, which take half of NumPy's time at the notebooks' sizes. The sigmoid of the
output and the cost are NumPy, because near saturation the last bit of the output shows in a printed cost.
Logarithms of saturated outputs give inf and nan, as in the notebooks, but without NumPy's warnings. The
backward pass is in `_backward`. `_checks` explains why arguments are checked only after an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet

from . import _checks as check
from ._parameters import (
    Array,
    Parameters,
    check_layers,
    gradient_descent_step,
    layer_keys,
    one_dtype,
)

__all__ = [
    "CACHE_NAMES",
    "Cache",
    "check_inputs",
    "forward_propagation",
    "linear",
    "mean_loss",
    "predict",
    "predict_dec",
    "relu",
    "relu_of_matrix",
    "sigmoid",
    "total_loss",
    "update_parameters",
]

Cache = tuple[Array, ...]
CACHE_NAMES = ("Z1", "A1", "W1", "b1", "Z2", "A2", "W2", "b2", "Z3", "A3", "W3", "b3")

# ------------------------------------------------------------------------------ activations


# errstate costs less as a decorator than as a context; exp(1000) = inf gives the correct 0
@np.errstate(over="ignore")
def sigmoid(x: ArrayLike) -> Array:
    """The logistic function, ``1 / (1 + exp(-x))``, of a number or of an array of any shape.

    Parameters
    ----------
    x : array-like
        Of any shape.

    Returns
    -------
    array
        Of the same shape; float64, or float32 for a float32 array.

    Examples
    --------
    >>> print(sigmoid(np.array([[-1000.0, 0.0, 1000.0]])))
    [[0.  0.5 1. ]]
    """
    s: Array = np.negative(x)
    if type(s) is not np.ndarray or s.dtype.kind != "f":  # a scalar, or an array of integers
        return 1 / (1 + np.exp(s))
    np.exp(s, s)
    s += 1.0
    return np.reciprocal(s, s)


def relu(x: ArrayLike) -> Array:
    """The rectified linear unit, ``max(0, x)``, of a number or of an array of any shape.

    Parameters
    ----------
    x : array-like
        Of any shape.

    Returns
    -------
    array
        Of the same shape and dtype.

    Examples
    --------
    >>> print(relu(np.array([[-2.0, 0.0, 3.0]])))
    [[0. 0. 3.]]
    """
    if type(x) is np.ndarray and x.ndim == 2 and x.dtype is check.FLOAT64 and x.flags.c_contiguous:
        return relu_of_matrix(x)
    return np.maximum(0, x)


def relu_of_matrix(Z: Array) -> Array:
    """``max(0, Z)`` of a C-contiguous matrix by the kernel, as a new array."""
    return cregnet.relu(Z, np.empty_like(Z))


# ------------------------------------------------------------------------------ forward pass


def forward_propagation(X: ArrayLike, parameters: Parameters) -> tuple[Array, Cache]:
    """Forward pass: LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID.

    Parameters
    ----------
    X : array-like (n_features, m)
    parameters : dict
        W1, b1, W2, b2, W3, b3.

    Returns
    -------
    A3 : array (1, m)
        Outputs between 0 and 1.
    cache : tuple
        (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)

    Raises
    ------
    ValueError
        If shapes do not match or a parameter is missing.

    Examples
    --------
    >>> parameters = {"W1": np.eye(2), "b1": np.zeros((2, 1)), "W2": np.eye(2), "b2": np.zeros((2, 1)),
    ...               "W3": np.array([[1.0, -1.0]]), "b3": np.zeros((1, 1))}
    >>> A3, cache = forward_propagation(np.array([[3.0, 1.0], [3.0, -2.0]]), parameters)
    >>> print(A3.round(3), len(cache))
    [[0.5   0.731]] 12
    """
    try:
        return three_layers(np.ascontiguousarray(X), *[parameters[key] for key in layer_keys(3)])
    except check.ARGUMENT_ERRORS:
        pass
    inputs, arrays = check_inputs(X, parameters)
    return three_layers(inputs, *arrays)


def three_layers(
    X: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array
) -> tuple[Array, Cache]:
    """A3 and the cache; the kernels raise if an array does not suit them."""
    Z1 = linear(W1, b1, X)
    A1 = relu_of_matrix(Z1)
    Z2 = linear(W2, b2, A1)
    A2 = relu_of_matrix(Z2)
    Z3 = linear(W3, b3, A2)
    A3 = sigmoid(Z3)
    return A3, (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)


def linear(W: Array, b: Array, A: Array) -> Array:
    """``W A + b`` by the kernel, as a new array."""
    if not isinstance(b, np.ndarray):  # the caller then converts it, for its cache has arrays
        raise TypeError
    return cregnet.dense(W, b, A, np.empty((W.shape[0], A.shape[1]), A.dtype))


def check_inputs(X: ArrayLike, parameters: Parameters) -> tuple[Array, list[Array]]:
    """X, and W1, b1, W2, b2, W3, b3, in one dtype; raise unless their shapes match each other."""
    inputs = check.matrix("X", X)
    inputs, *arrays = one_dtype([inputs, *check_layers(parameters, 3, inputs)])
    return inputs, arrays


# ------------------------------------------------------------------------------ cost and update


@np.errstate(divide="ignore", invalid="ignore")
def total_loss(A3: ArrayLike, Y: ArrayLike, name: str = "A3", nan: bool = True) -> Any:
    """``sum(-Y log A3 - (1 - Y) log(1 - A3))``, a NumPy scalar; `nan=False` leaves out terms that are nan.

    Saturated outputs give inf or nan. A term is nan, 0 * log(0), where an output equals its label exactly.
    """
    A, targets = check.outputs_and_labels(name, A3, Y)
    terms = np.log(A) * targets
    complement = 1 - A
    terms += np.log(complement, complement) * (1 - targets)
    total = np.add.reduce(terms, axis=None)
    if total != total and not nan:
        total = np.nansum(terms)
    return 0.0 - total  # -total would print as -0.0 for a perfect output


def mean_loss(A3: ArrayLike, Y: ArrayLike, name: str = "A3", nan: bool = True) -> Any:
    """`total_loss` divided by the number of examples."""
    total = total_loss(A3, Y, name, nan)
    return 1 / np.shape(Y)[-1] * total


def update_parameters(
    parameters: Parameters, grads: Mapping[str, Any], learning_rate: float
) -> dict[str, Array]:
    """One step of gradient descent, ``W - learning_rate * dW``, for every parameter.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., WL, bL.
    grads : dict
        dW1, db1, ... of the same shapes; other entries are ignored.
    learning_rate : float

    Returns
    -------
    dict
        New parameters; the arguments are not modified.

    Raises
    ------
    ValueError
        If a key is missing or a gradient has another shape than its parameter.

    Examples
    --------
    >>> parameters = {"W1": np.ones((1, 2)), "b1": np.zeros((1, 1))}
    >>> grads = {"dW1": np.array([[1.0, 2.0]]), "db1": np.array([[-1.0]])}
    >>> new = update_parameters(parameters, grads, 0.1)
    >>> print(new["W1"], new["b1"])
    [[0.9 0.8]] [[0.1]]
    """
    return gradient_descent_step(parameters, grads, learning_rate)


# ------------------------------------------------------------------------------ prediction


def predict(X: ArrayLike, y: ArrayLike, parameters: Parameters) -> NDArray[np.int64]:
    """Predict classes with a trained three-layer network, and print the accuracy.

    Parameters
    ----------
    X : array-like (n_features, m)
    y : array-like (1, m)
        True classes, 0 or 1.
    parameters : dict
        W1, b1, W2, b2, W3, b3.

    Returns
    -------
    array (1, m), int64
        1 where the output is above 0.5, else 0.

    Raises
    ------
    ValueError
        If shapes do not match or a parameter is missing.

    Examples
    --------
    >>> parameters = {"W1": np.eye(2), "b1": np.zeros((2, 1)), "W2": np.eye(2), "b2": np.zeros((2, 1)),
    ...               "W3": np.array([[1.0, -1.0]]), "b3": np.zeros((1, 1))}
    >>> print(predict(np.array([[3.0, 0.0], [1.0, 2.0]]), np.array([[1, 1]]), parameters))
    Accuracy: 0.5
    [[1 0]]
    """
    inputs, targets = check.inputs_and_labels(X, y)
    predicted = predict_dec(parameters, inputs).astype(np.int64)
    print(f"Accuracy: {float(np.mean(predicted[0] == targets[0]))}")
    return predicted


def predict_dec(parameters: Parameters, X: ArrayLike) -> NDArray[np.bool_]:
    """Predict classes with a trained three-layer network, for `plot_decision_boundary`.

    Parameters
    ----------
    parameters : dict
        W1, b1, W2, b2, W3, b3.
    X : array-like (n_features, m)

    Returns
    -------
    array (1, m), bool
        True where the output is above 0.5.

    Raises
    ------
    ValueError
        If shapes do not match or a parameter is missing.

    Examples
    --------
    >>> parameters = {"W1": np.eye(2), "b1": np.zeros((2, 1)), "W2": np.eye(2), "b2": np.zeros((2, 1)),
    ...               "W3": np.array([[1.0, -1.0]]), "b3": np.zeros((1, 1))}
    >>> print(predict_dec(parameters, np.array([[3.0, 0.0], [1.0, 2.0]])))
    [[ True False]]
    """
    return forward_propagation(X, parameters)[0] > 0.5
