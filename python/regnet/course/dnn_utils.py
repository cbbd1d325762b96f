"""The deep network notebook, step by step (course 1, week 4): any number of layers; edition of 2021.

Columns are examples. `sigmoid` and `relu` return (A, cache) here, as in that notebook's helper file.
The caches are the notebook's: ``((A_prev, W, b), Z)`` per layer. `L_layer_model` trains in the
compiled engine. Earlier editions import `dnn_utils_v2`, the week's second notebook `dnn_app_utils_v2`
or `dnn_app_utils_v3`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet

from .._support.checks import choice, integer
from . import _checks as check
from . import _layers
from ._layers import (
    Parameters,
    check_layer,
    check_layers,
    half,
    initialize,
    layer_keys,
    n_layers_of,
    rectify,
    step,
)
from ._pictures import plot_costs
from ._training import Net, check_training, descend

__all__ = [
    "L_layer_model",
    "L_model_backward",
    "L_model_forward",
    "compute_cost",
    "initialize_parameters",
    "initialize_parameters_deep",
    "linear_activation_backward",
    "linear_activation_forward",
    "linear_backward",
    "linear_forward",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "update_parameters",
]

Array = NDArray[Any]
LinearCache = tuple[Array, Array, Array]
LayerCache = tuple[LinearCache, Array]

# ------------------------------------------------------------------------------ activations


def sigmoid(Z: ArrayLike) -> tuple[Array, Array]:
    """The logistic function and its argument, to be kept for the way back.

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


def sigmoid_backward(dA: ArrayLike, cache: ArrayLike) -> Array:
    """``dZ = dA * s * (1 - s)`` with ``s = sigmoid(Z)``.

    Parameters
    ----------
    dA : array-like
    cache : array-like
        Z, of the same shape.

    Returns
    -------
    array

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


def relu(Z: ArrayLike) -> tuple[Array, Array]:
    """The rectifier and its argument, to be kept for the way back.

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


def relu_backward(dA: Any, cache: Any) -> Array:
    """dA where Z is above 0, else 0.

    Parameters
    ----------
    dA : array-like
    cache : array-like
        Z, of the same shape.

    Returns
    -------
    array

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
    except check.REFUSED:
        pass
    gradient, Z = np.asarray(dA), np.asarray(cache)
    check.same_shape("dA", gradient, "Z", Z)
    return np.where(Z > 0, gradient, gradient.dtype.type(0))


ACTIVATIONS = {"sigmoid": (sigmoid, sigmoid_backward), "relu": (relu, relu_backward)}


def activation_of(name: str) -> tuple[Callable[..., Any], Callable[..., Array]]:
    """An activation and its way back."""
    if type(name) is str and name in ACTIVATIONS:
        return ACTIVATIONS[name]
    return ACTIVATIONS[choice("activation", name, ACTIVATIONS)]


# ------------------------------------------------------------------------------ forward


def initialize_parameters(n_x: int, n_h: int, n_y: int) -> dict[str, Array]:
    """Initial weights of two layers, ``0.01 * randn(n, n_before)``, seed 1, and biases 0.

    Parameters
    ----------
    n_x, n_h, n_y : int
        Units of the inputs, of the hidden layer and of the output.

    Returns
    -------
    dict
        W1 (n_h, n_x), b1 (n_h, 1), W2 (n_y, n_h), b2 (n_y, 1), float64.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook does.

    Examples
    --------
    >>> print(initialize_parameters(3, 2, 1)["W2"].round(4))
    [[ 0.0174 -0.0076]]
    """
    sizes = {"n_x": n_x, "n_h": n_h, "n_y": n_y}
    found = [integer(name, n, least=1) for name, n in sizes.items()]
    return initialize(found, 1, lambda W, n_in: W * 0.01)


def initialize_parameters_deep(layer_dims: Sequence[int]) -> dict[str, Array]:
    """Initial weights ``0.01 * randn(n, n_before)``, seed 3, and biases 0.

    Parameters
    ----------
    layer_dims : list of int
        Units of each layer, the inputs first.

    Returns
    -------
    dict
        W1 (n1, n0), b1 (n1, 1), W2, b2, ..., float64.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook does. The second notebook of that week
    has another start under this name, the one that `L_layer_model` uses: see `dnn_app_utils_v3`.

    Examples
    --------
    >>> print(initialize_parameters_deep([5, 4, 3])["W1"].round(4)[0])
    [ 0.0179  0.0044  0.001  -0.0186 -0.0028]
    """
    return initialize(layer_dims, 3, lambda W, n_in: W * 0.01)


def linear_forward(A: Any, W: Any, b: Any) -> tuple[Array, LinearCache]:
    """``Z = W A + b``.

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
        If the shapes do not fit.

    Examples
    --------
    >>> Z, cache = linear_forward(np.ones((2, 3)), np.array([[1.0, 2.0]]), np.array([[0.5]]))
    >>> print(Z)
    [[3.5 3.5 3.5]]
    """
    try:
        return affine(A, W, b), (A, W, b)
    except check.REFUSED:
        pass
    inputs, weights, bias = check.matrix("A", A), check.matrix("W", W), check.matrix("b", b)
    check_layer("", weights, bias, "A", inputs)
    return affine(inputs, weights, bias), (inputs, weights, bias)


def affine(A: Any, W: Any, b: Any) -> Array:
    """``W A + b`` of matrices of floating-point numbers."""
    Z: Array = W.dot(A)
    if Z.dtype.kind != "f" or b.shape != (Z.shape[0], 1) or A.ndim != 2:
        raise ValueError
    Z += b
    return Z


def linear_activation_forward(
    A_prev: ArrayLike, W: ArrayLike, b: ArrayLike, activation: str
) -> tuple[Array, LayerCache]:
    """``A = g(W A_prev + b)``.

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
        If the shapes do not fit or the activation is another one.

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


def L_model_forward(X: ArrayLike, parameters: Parameters) -> tuple[Array, list[LayerCache]]:
    """[LINEAR -> RELU] * (L - 1) -> LINEAR -> SIGMOID.

    Parameters
    ----------
    X : array-like (n_features, m)
    parameters : dict
        W1, b1, ..., WL, bL.

    Returns
    -------
    AL : array (n_L, m)
    caches : list
        ((A_prev, W, b), Z) of each layer.

    Raises
    ------
    ValueError
        If shapes do not fit or a parameter is missing.

    Examples
    --------
    >>> AL, caches = L_model_forward(np.ones((5, 2)), initialize_parameters_deep([5, 4, 3, 1]))
    >>> AL.shape, len(caches)
    ((1, 2), 3)
    """
    try:
        return layer_by_layer(X, [parameters[key] for key in layer_keys(half(len(parameters)))])
    except check.REFUSED:
        pass
    A = check.matrix("X", X)
    layers = check_layers(parameters, n_layers_of(parameters), A)
    return layer_by_layer(A, [array for layer in layers for array in layer])


def layer_by_layer(X: Any, arrays: list[Array]) -> tuple[Array, list[LayerCache]]:
    """AL and the caches, with W1, b1, ..., WL, bL."""
    A, caches, last = X, [], len(arrays) - 2
    for at in range(0, len(arrays), 2):
        W, b = arrays[at], arrays[at + 1]
        Z = affine(A, W, b)
        caches.append(((A, W, b), Z))
        A = rectify(Z) if at < last else _layers.sigmoid(Z)
    return A, caches


@np.errstate(divide="ignore", invalid="ignore")
def compute_cost(AL: ArrayLike, Y: ArrayLike) -> Array:
    """Cross-entropy averaged over the examples: ``-(Y log AL^T + (1 - Y) log(1 - AL)^T) / m``.

    Parameters
    ----------
    AL : array-like (1, m)
        Outputs between 0 and 1.
    Y : array-like (1, m)
        Classes, 0 or 1.

    Returns
    -------
    array of shape (), float64
        nan where an output is exactly 0 or 1, as in the notebook.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> print(compute_cost([[0.8, 0.9, 0.4]], [[1, 1, 0]]).round(6))
    0.279777
    """
    A, targets = check.paired("AL", AL, Y)
    m, A, targets = A.shape[1], A.ravel(), targets.ravel()
    likelihood = targets.dot(np.log(A)) + (1 - targets).dot(np.log(1 - A))
    return np.array(1 / m * (0.0 - likelihood))


# ------------------------------------------------------------------------------ backward


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
        If the shapes do not fit.

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
    except check.REFUSED:
        pass
    names = ("A_prev", "W", "b")
    entries = zip(names, check.tuple_of("cache", cache, names), strict=True)
    A_prev, W, b = (check.matrix(name, value) for name, value in entries)
    gradient = check.matrix("dZ", dZ)
    check_layer("", W, b, "A_prev", A_prev)
    check.columns("dZ", gradient, "A_prev", A_prev)
    if len(gradient) != len(W):
        raise ValueError(f"{check.shapes('dZ', gradient, 'W', W)}, wanted as many rows in both")
    return linear_gradients(gradient, A_prev, W, b)


def linear_gradients(dZ: Any, A_prev: Array, W: Array, b: Array) -> tuple[Array, Array, Array]:
    """dA_prev, dW and db of matrices of floating-point numbers."""
    n, each = W.shape[0], 1 / A_prev.shape[1]
    dW = dZ.dot(A_prev.T)
    dA_prev = W.T.dot(dZ)
    if dW.dtype.kind != "f" or dW.shape != W.shape or dA_prev.shape != A_prev.shape or b.shape != (n, 1):
        raise ValueError
    dW *= each
    db = np.add.reduce(dZ, axis=1, keepdims=True)
    db *= each
    return dA_prev, dW, db


def linear_activation_backward(
    dA: ArrayLike, cache: LayerCache, activation: str
) -> tuple[Array, Array, Array]:
    """Gradients of a layer with its activation.

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
        If the shapes do not fit or the activation is another one.

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


def L_model_backward(AL: ArrayLike, Y: ArrayLike, caches: Sequence[LayerCache]) -> dict[str, Array]:
    """Gradients of all layers, from the cost of `compute_cost` down.

    Parameters
    ----------
    AL : array-like (n_L, m)
    Y : array-like (n_L, m)
        Classes, 0 or 1.
    caches : list
        What `L_model_forward` returns.

    Returns
    -------
    dict
        dA0, dW1, db1, dA1, dW2, db2, ...: dA of a number belongs to the activations of that layer.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> AL, caches = L_model_forward(np.ones((5, 2)), initialize_parameters_deep([5, 4, 1]))
    >>> list(L_model_backward(AL, [[1, 0]], caches))
    ['dA1', 'dW2', 'db2', 'dA0', 'dW1', 'db1']
    """
    A, targets = check.paired("AL", AL, Y)
    if not isinstance(caches, (list, tuple)) or not caches:
        raise ValueError(f"caches is {caches!r}, wanted a list with the cache of each layer")
    with np.errstate(divide="ignore", invalid="ignore"):
        dA = np.divide(1 - targets, 1 - A) - np.divide(targets, A)
    grads: dict[str, Array] = {}
    for l in range(len(caches), 0, -1):
        activation = "sigmoid" if l == len(caches) else "relu"
        dA, dW, db = linear_activation_backward(dA, caches[l - 1], activation)
        grads[f"dA{l - 1}"], grads[f"dW{l}"], grads[f"db{l}"] = dA, dW, db
    return grads


@check.also_called(parameters="params")
def update_parameters(params: Parameters, grads: Mapping[str, Any], learning_rate: float) -> dict[str, Array]:
    """One step of gradient descent, ``W - learning_rate * dW``, on every layer.

    Parameters
    ----------
    params : dict
        W1, b1, ..., WL, bL; before 2021 the notebook called it `parameters`, which is taken, too.
    grads : dict
        dW1, db1, ... of the same shapes; other entries are not looked at.
    learning_rate : float

    Returns
    -------
    dict
        New parameters; the given ones stay as they are.

    Raises
    ------
    ValueError
        If a key is missing or a gradient has another shape than its parameter.

    Examples
    --------
    >>> params = {"W1": np.ones((1, 2)), "b1": np.zeros((1, 1))}
    >>> grads = {"dW1": np.array([[1.0, 2.0]]), "db1": np.array([[-1.0]])}
    >>> print(update_parameters(params, grads, learning_rate=0.1)["W1"])
    [[0.9 0.8]]
    """
    return step(params, grads, learning_rate)


# ------------------------------------------------------------------------------ training


def L_layer_model(
    X: ArrayLike,
    Y: ArrayLike,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    return_costs: bool = False,
) -> Any:
    """Train [LINEAR -> RELU] * (L - 1) -> LINEAR -> SIGMOID on all examples, in the compiled engine.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
        Classes, 0 or 1.
    layers_dims : list of int
        Units of each layer, the inputs first.
    learning_rate : float
        Above 0.
    num_iterations : int
        At least 0.
    print_cost : bool
        Print the cost before iterations 0, 100, 200, ..., and draw its curve at the end.
    return_costs : bool
        False: the notebook up to 2020, which returns the parameters and prints six digits of a cost. True:
        that of 2021, which returns (parameters, costs), a cost per 100 iterations, and prints all digits,
        also before the last iteration.

    Returns
    -------
    parameters : dict
        W1, b1, ..., WL, bL after the last iteration.
    costs : list of arrays of shape ()
        If asked for.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong; nothing has been done then.

    Warns
    -----
    DivergenceWarning
        If the cost stops being finite. The training ends there.

    Notes
    -----
    The start is that of the second notebook of the week, ``randn(n, n_before) / sqrt(n_before)``, seed 1.

    Examples
    --------
    >>> import regnet as rn
    >>> X, y, _, _ = rn.datasets.make_football(seed=0)
    >>> parameters, costs = L_layer_model(X.T, y, [2, 10, 4, 1], 0.3, 2000, return_costs=True)
    >>> len(costs), bool(costs[-1] < 0.5 * costs[0])
    (20, True)
    """
    sizes = check.layer_sizes("layers_dims", layers_dims)
    inputs, targets = check_training(X, Y, learning_rate, "num_iterations", num_iterations, sizes[-1])
    if sizes[0] != len(inputs):
        raise ValueError(
            f"layers_dims is {sizes} and X has shape {inputs.shape}, wanted [{len(inputs)}, ...]"
        )
    start = initialize(sizes, 1, lambda W, n_in: W / np.sqrt(n_in))
    costs: list[Array] = []

    def record(iteration: int, now: Mapping[str, Array]) -> None:
        cost = compute_cost(L_model_forward(inputs, now)[0], targets)
        if iteration % 100 == 0:
            costs.append(cost)
        if print_cost:
            print(f"Cost after iteration {iteration}: {cost if return_costs else format(cost, 'f')}")

    wanted, last = record if print_cost or return_costs else None, return_costs and print_cost
    try:
        found = descend(Net(start, inputs, targets), learning_rate, num_iterations, 100, wanted, last)
    except KeyboardInterrupt as interrupt:
        if return_costs:
            interrupt.result = (getattr(interrupt, "result", None), costs)  # type: ignore[attr-defined]
        raise
    if print_cost:
        plot_costs(costs, "iterations (per hundreds)", learning_rate)
    return (found, costs) if return_costs else found
