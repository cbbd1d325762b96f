"""The deep network notebooks (course 1, week 4): any number of layers, step by step.

Columns are examples. `sigmoid` and `relu` return (A, cache) here, as in that notebook's helper file.
The caches are the notebook's: ``((A_prev, W, b), Z)`` per layer. `L_layer_model` trains in the
compiled engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import choice
from . import _checks as check
from . import _layers
from ._layers import Parameters, check_layer, check_layers, initialize, n_layers_of, update_parameters
from ._pictures import plot_costs
from ._training import Net, check_training, descend

__all__ = [
    "L_layer_model",
    "L_model_backward",
    "L_model_forward",
    "compute_cost",
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


def relu_backward(dA: ArrayLike, cache: ArrayLike) -> Array:
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
    gradient, Z = np.asarray(dA), np.asarray(cache)
    check.same_shape("dA", gradient, "Z", Z)
    return np.where(Z <= 0, gradient.dtype.type(0), gradient)


ACTIVATIONS = {"sigmoid": (sigmoid, sigmoid_backward), "relu": (relu, relu_backward)}

# ------------------------------------------------------------------------------ forward


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
    has another start under this name, the one that `L_layer_model` uses.

    Examples
    --------
    >>> print(initialize_parameters_deep([5, 4, 3])["W1"].round(4)[0])
    [ 0.0179  0.0044  0.001  -0.0186 -0.0028]
    """
    return initialize(layer_dims, 3, lambda W, n_in: W * 0.01)


def linear_forward(A: ArrayLike, W: ArrayLike, b: ArrayLike) -> tuple[Array, LinearCache]:
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
    inputs, weights, bias = check.matrix("A", A), check.matrix("W", W), check.matrix("b", b)
    check_layer("", weights, bias, "A", inputs)
    return np.dot(weights, inputs) + bias, (inputs, weights, bias)


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
    forward, _ = ACTIVATIONS[choice("activation", activation, ACTIVATIONS)]
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
    A = check.matrix("X", X)
    layers = check_layers(parameters, max(1, n_layers_of(parameters)), A)
    caches: list[LayerCache] = []
    for l, (W, b) in enumerate(layers, start=1):
        A, cache = linear_activation_forward(A, W, b, "sigmoid" if l == len(layers) else "relu")
        caches.append(cache)
    return A, caches


def compute_cost(AL: ArrayLike, Y: ArrayLike) -> float:
    """Cross-entropy averaged over the examples: ``-(Y log AL^T + (1 - Y) log(1 - AL)^T) / m``.

    Parameters
    ----------
    AL : array-like (1, m)
        Outputs between 0 and 1.
    Y : array-like (1, m)
        Classes, 0 or 1.

    Returns
    -------
    float
        nan where an output is exactly 0 or 1, as in the notebook.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> print(round(compute_cost([[0.8, 0.9, 0.4]], [[1, 1, 0]]), 6))
    0.279777
    """
    each = _layers.losses(AL, Y, "AL")
    return float(np.sum(each) / each.shape[1])


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
    names = ("A_prev", "W", "b")
    entries = zip(names, check.tuple_of("cache", cache, names), strict=True)
    A_prev, W, b = (check.matrix(name, value) for name, value in entries)
    gradient = check.matrix("dZ", dZ)
    check_layer("", W, b, "A_prev", A_prev)
    check.columns("dZ", gradient, "A_prev", A_prev)
    if len(gradient) != len(W):
        raise ValueError(f"{check.shapes('dZ', gradient, 'W', W)}, wanted as many rows in both")
    m = A_prev.shape[1]
    dW = 1 / m * np.dot(gradient, A_prev.T)
    db = 1 / m * np.sum(gradient, axis=1, keepdims=True)
    return np.dot(W.T, gradient), dW, db


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
    _, backward = ACTIVATIONS[choice("activation", activation, ACTIVATIONS)]
    linear_cache, Z = check.tuple_of("cache", cache, ("linear_cache", "activation_cache"))
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
    A, targets = check.labels("AL", AL), check.labels("Y", Y)
    check.same_shape("AL", A, "Y", targets)
    if not isinstance(caches, (list, tuple)) or not caches:
        raise ValueError(f"caches is {caches!r}, wanted a list with the cache of each layer")
    with np.errstate(divide="ignore", invalid="ignore"):
        dA = -(np.divide(targets, A) - np.divide(1 - targets, 1 - A))
    grads: dict[str, Array] = {}
    for l in range(len(caches), 0, -1):
        activation = "sigmoid" if l == len(caches) else "relu"
        dA, dW, db = linear_activation_backward(dA, caches[l - 1], activation)
        grads |= {f"dA{l - 1}": dA, f"dW{l}": dW, f"db{l}": db}
    return grads


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
        False: the notebook's first version, which returns the parameters. True: the later one, which
        returns (parameters, costs), a cost per 100 iterations.

    Returns
    -------
    parameters : dict
        W1, b1, ..., WL, bL after the last iteration.
    costs : list of float
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
    >>> len(costs), costs[-1] < 0.5 * costs[0]
    (20, True)
    """
    sizes = check.layer_sizes("layers_dims", layers_dims)
    inputs, targets = check_training(X, Y, learning_rate, "num_iterations", num_iterations, sizes[-1])
    if sizes[0] != len(inputs):
        raise ValueError(
            f"layers_dims is {sizes} and X has shape {inputs.shape}, wanted [{len(inputs)}, ...]"
        )
    start = initialize(sizes, 1, lambda W, n_in: W / np.sqrt(n_in))
    costs: list[float] = []

    def record(iteration: int, now: Mapping[str, Array]) -> None:
        costs.append(compute_cost(L_model_forward(inputs, now)[0], targets))
        if print_cost:
            print(f"Cost after iteration {iteration}: {costs[-1]}")

    wanted = record if print_cost or return_costs else None
    try:
        found = descend(Net(start, inputs, targets), learning_rate, num_iterations, 100, wanted)
    except KeyboardInterrupt as interrupt:
        if return_costs:
            interrupt.result = (getattr(interrupt, "result", None), costs)  # type: ignore[attr-defined]
        raise
    if print_cost:
        plot_costs(costs, "iterations (per hundreds)", learning_rate)
    return (found, costs) if return_costs else found
