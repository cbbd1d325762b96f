"""The layers of the deep network: activations and linear layers, each forward and backward.

These public functions of `dnn_utils` work on one layer; `dnn_utils` itself has those of a whole network.
`_checks` explains why arguments are checked only after an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import cregnet

from .._support.checks import choice
from . import _checks as check
from . import _layers
from ._names import set_module
from ._parameters import Array, check_layer

LinearCache = tuple[Array, Array, Array]  # A_prev, W, b
LayerCache = tuple[LinearCache, Array]  # and Z

# ------------------------------------------------------------------------------ activations


@set_module("dnn_utils")
def sigmoid(Z: ArrayLike) -> tuple[Array, Array]:
    """The logistic function, and its argument as cache for the backward pass.

    Parameters
    ----------
    Z : array-like
        Of any shape.

    Returns
    -------
    A, Z : array

    Examples
    --------
    >>> A, cache = sigmoid(np.array([[0.0, 2.0]]))
    >>> print(A.round(3), cache)
    [[0.5   0.881]] [[0. 2.]]
    """
    return _layers.sigmoid(Z), np.asarray(Z)


@set_module("dnn_utils")
def sigmoid_backward(dA: ArrayLike, cache: ArrayLike) -> Array:
    """Gradient of the sigmoid: ``dZ = dA * s * (1 - s)`` with ``s = sigmoid(Z)``.

    Parameters
    ----------
    dA : array-like
        Of any shape.
    cache : array-like
        Z, of the same shape.

    Returns
    -------
    dZ : array
        Of the same shape.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> print(sigmoid_backward([[1.0, 2.0]], [[0.0, 0.0]]))
    [[0.25 0.5 ]]
    """
    gradient, Z = np.asarray(dA), np.asarray(cache)
    if gradient.shape != Z.shape:
        check.same_shape("dA", gradient, "Z", Z)
    s = _layers.sigmoid(Z)
    return gradient * s * (1 - s)


@set_module("dnn_utils")
def relu(Z: ArrayLike) -> tuple[Array, Array]:
    """The rectified linear unit, and its argument as cache for the backward pass.

    Parameters
    ----------
    Z : array-like
        Of any shape.

    Returns
    -------
    A, Z : array

    Examples
    --------
    >>> A, cache = relu(np.array([[-1.0, 2.0]]))
    >>> print(A, cache)
    [[0. 2.]] [[-1.  2.]]
    """
    return _layers.relu(Z), np.asarray(Z)


@set_module("dnn_utils")
def relu_backward(dA: Any, cache: Any) -> Array:
    """Gradient of ReLU: dZ is dA where Z is above 0, else 0.

    Parameters
    ----------
    dA : array-like
        Of any shape.
    cache : array-like
        Z, of the same shape.

    Returns
    -------
    dZ : array
        Of the same shape and dtype as dA.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> print(relu_backward([[5.0, 6.0, 7.0]], [[-1.0, 0.0, 2.0]]))
    [[0. 0. 7.]]
    """
    try:
        dZ = np.empty_like(dA)
        cregnet.relu_backward(dA, cache, dZ)
        return dZ
    except check.ARGUMENT_ERRORS:
        pass
    gradient, Z = np.asarray(dA), np.asarray(cache)
    check.same_shape("dA", gradient, "Z", Z)
    return np.where(Z > 0, gradient, gradient.dtype.type(0))


ACTIVATIONS = {"sigmoid": (sigmoid, sigmoid_backward), "relu": (relu, relu_backward)}


def activation_of(name: str) -> tuple[Callable[..., Any], Callable[..., Array]]:
    """The functions of an activation, forward and backward."""
    if type(name) is str and name in ACTIVATIONS:
        return ACTIVATIONS[name]
    return ACTIVATIONS[choice("activation", name, ACTIVATIONS)]


# ------------------------------------------------------------------------------ linear layers


@set_module("dnn_utils")
def linear_forward(A: Any, W: Any, b: Any) -> tuple[Array, LinearCache]:
    """The linear part of a layer: ``Z = W A + b``.

    Parameters
    ----------
    A : array-like (n_before, m)
    W : array-like (n, n_before)
    b : array-like (n, 1)

    Returns
    -------
    Z : array (n, m)
    cache : tuple
        (A, W, b)

    Raises
    ------
    ValueError
        If the shapes do not match.

    Examples
    --------
    >>> Z, cache = linear_forward(np.ones((2, 3)), np.array([[1.0, 2.0]]), np.array([[0.5]]))
    >>> print(Z)
    [[3.5 3.5 3.5]]
    """
    try:
        return affine(A, W, b), (A, W, b)
    except check.ARGUMENT_ERRORS:
        pass
    inputs, weights, bias = check.matrix("A", A), check.matrix("W", W), check.matrix("b", b)
    check_layer("", weights, bias, "A", inputs)
    return affine(inputs, weights, bias), (inputs, weights, bias)


def affine(A: Any, W: Any, b: Any) -> Array:
    """``W A + b``; raise unless the arguments are matrices of floats."""
    Z: Array = W.dot(A)
    if Z.dtype.kind != "f" or b.shape != (Z.shape[0], 1) or A.ndim != 2:
        raise ValueError
    Z += b
    return Z


@set_module("dnn_utils")
def linear_backward(dZ: ArrayLike, cache: LinearCache) -> tuple[Array, Array, Array]:
    """Gradients of a linear layer: ``dW = dZ A_prev^T / m``, ``db = sum(dZ) / m``, ``dA_prev = W^T dZ``.

    Parameters
    ----------
    dZ : array-like (n, m)
    cache : tuple
        (A_prev, W, b)

    Returns
    -------
    dA_prev : array (n_before, m)
    dW : array (n, n_before)
    db : array (n, 1)

    Raises
    ------
    ValueError
        If the shapes do not match.

    Examples
    --------
    >>> cache = np.ones((3, 2)), np.ones((1, 3)), np.zeros((1, 1))
    >>> dA_prev, dW, db = linear_backward(np.ones((1, 2)), cache)
    >>> print(dA_prev.shape, dW, db)
    (3, 2) [[1. 1. 1.]] [[1.]]
    """
    try:
        A_prev, W, b = cache
        return linear_gradients(dZ, A_prev, W, b)
    except check.ARGUMENT_ERRORS:
        pass
    names = ("A_prev", "W", "b")
    entries = zip(names, check.tuple_of("cache", cache, names), strict=True)
    A_prev, W, b = (check.matrix(name, value) for name, value in entries)
    gradient = check.matrix("dZ", dZ)
    check_layer("", W, b, "A_prev", A_prev)
    check.columns("dZ", gradient, "A_prev", A_prev)
    if len(gradient) != len(W):
        raise ValueError(f"{check.describe_shapes('dZ', gradient, 'W', W)}, wanted as many rows in both")
    return linear_gradients(gradient, A_prev, W, b)


def linear_gradients(dZ: Any, A_prev: Array, W: Array, b: Array) -> tuple[Array, Array, Array]:
    """dA_prev, dW and db; raise unless the arguments are matrices of floats."""
    n, scale = W.shape[0], 1 / A_prev.shape[1]
    dW = dZ.dot(A_prev.T)
    dA_prev = W.T.dot(dZ)
    if dW.dtype.kind != "f" or dW.shape != W.shape or dA_prev.shape != A_prev.shape or b.shape != (n, 1):
        raise ValueError
    dW *= scale
    db = np.add.reduce(dZ, axis=1, keepdims=True)
    db *= scale
    return dA_prev, dW, db


# ------------------------------------------------------------------------------ linear layers with activation


@set_module("dnn_utils")
def linear_activation_forward(
    A_prev: ArrayLike, W: ArrayLike, b: ArrayLike, activation: str
) -> tuple[Array, LayerCache]:
    """A layer and its activation: ``A = g(W A_prev + b)``.

    Parameters
    ----------
    A_prev : array-like (n_before, m)
    W : array-like (n, n_before)
    b : array-like (n, 1)
    activation : {"sigmoid", "relu"}

    Returns
    -------
    A : array (n, m)
    cache : tuple
        ((A_prev, W, b), Z)

    Raises
    ------
    ValueError
        If the shapes do not match or the activation is unknown.

    Examples
    --------
    >>> A, cache = linear_activation_forward(np.ones((1, 2)), np.array([[-1.0]]), np.array([[0.5]]), "relu")
    >>> print(A, cache[1])
    [[0. 0.]] [[-0.5 -0.5]]
    """
    forward, _ = activation_of(activation)
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = forward(Z)
    return A, (linear_cache, activation_cache)


@set_module("dnn_utils")
def linear_activation_backward(
    dA: ArrayLike, cache: LayerCache, activation: str
) -> tuple[Array, Array, Array]:
    """Gradients of a layer and its activation.

    Parameters
    ----------
    dA : array-like (n, m)
    cache : tuple
        ((A_prev, W, b), Z)
    activation : {"sigmoid", "relu"}

    Returns
    -------
    dA_prev : array (n_before, m)
    dW : array (n, n_before)
    db : array (n, 1)

    Raises
    ------
    ValueError
        If the shapes do not match or the activation is unknown.

    Examples
    --------
    >>> A, cache = linear_activation_forward(np.ones((1, 2)), np.array([[1.0]]), np.array([[0.5]]), "relu")
    >>> dA_prev, dW, db = linear_activation_backward([[3.0, 5.0]], cache, "relu")
    >>> print(dA_prev, dW, db)
    [[3. 5.]] [[4.]] [[4.]]
    """
    _, backward = activation_of(activation)
    if type(cache) is not tuple or len(cache) != 2:
        check.tuple_of("cache", cache, ("linear_cache", "activation_cache"))
    linear_cache, Z = cache
    return linear_backward(backward(dA, Z), linear_cache)
