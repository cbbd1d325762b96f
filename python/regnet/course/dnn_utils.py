"""The deep network notebook, step by step (course 1, week 4): any number of layers; edition of 2021.

Columns are examples. `sigmoid` and `relu` return (A, cache), as in that notebook's helper file. The cache of
a layer is the notebook's, ``((A_prev, W, b), Z)``. `L_layer_model` trains in the compiled engine. Earlier
editions import `dnn_utils_v2`; the week's second notebook imports `dnn_app_utils_v2` or `dnn_app_utils_v3`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._support.checks import integer
from . import _checks as check
from . import _layers
from ._deep_layers import (
    LayerCache,
    affine,
    linear_activation_backward,
    linear_activation_forward,
    linear_backward,
    linear_forward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
)
from ._layers import relu_of_matrix
from ._names import keyword_alias
from ._parameters import (
    Array,
    Parameters,
    check_layers,
    count_layers,
    gradient_descent_step,
    initialize,
    layer_keys,
    n_layers_of,
    xavier,
)
from ._pictures import plot_costs
from ._training import Net, check_sizes, check_training, descend

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

# ------------------------------------------------------------------------------ initial weights


def initialize_parameters(n_x: int, n_h: int, n_y: int) -> dict[str, Array]:
    """Initial weights of two layers, ``0.01 * randn(n, n_before)``, seed 1, and biases 0.

    Parameters
    ----------
    n_x, n_h, n_y : int
        Number of inputs, units of the hidden layer and of the output.

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
    return initialize([integer(name, n, least=1) for name, n in sizes.items()], 1, one_hundredth)


def initialize_parameters_deep(layer_dims: Sequence[int]) -> dict[str, Array]:
    """Initial weights ``0.01 * randn(n, n_before)``, seed 3, and biases 0.

    Parameters
    ----------
    layer_dims : list of int
        Number of inputs, then units of each layer.

    Returns
    -------
    dict
        W1 (n1, n0), b1 (n1, 1), W2, b2, ..., float64.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook does. In the week's second notebook a
    function of this name has another scale and seed, which `L_layer_model` uses too: see `dnn_app_utils_v3`.

    Examples
    --------
    >>> print(initialize_parameters_deep([5, 4, 3])["W1"].round(4)[0])
    [ 0.0179  0.0044  0.001  -0.0186 -0.0028]
    """
    return initialize(layer_dims, 3, one_hundredth)


def one_hundredth(W: Array, n_in: int) -> Array:
    """Scale to standard deviation 0.01."""
    return W * 0.01


# ------------------------------------------------------------------------------ forward


def L_model_forward(X: ArrayLike, parameters: Parameters) -> tuple[Array, list[LayerCache]]:
    """Forward pass: [LINEAR -> RELU] * (L - 1) -> LINEAR -> SIGMOID.

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
        If shapes do not match or a parameter is missing.

    Examples
    --------
    >>> AL, caches = L_model_forward(np.ones((5, 2)), initialize_parameters_deep([5, 4, 3, 1]))
    >>> AL.shape, len(caches)
    ((1, 2), 3)
    """
    try:
        return layer_by_layer(X, [parameters[key] for key in layer_keys(count_layers(len(parameters)))])
    except check.ARGUMENT_ERRORS:
        pass
    A = check.matrix("X", X)
    return layer_by_layer(A, check_layers(parameters, n_layers_of(parameters), A))


def layer_by_layer(X: Any, arrays: list[Array]) -> tuple[Array, list[LayerCache]]:
    """AL and the caches, from W1, b1, ..., WL, bL."""
    A, caches, last = X, [], len(arrays) - 2
    for i in range(0, len(arrays), 2):
        W, b = arrays[i], arrays[i + 1]
        Z = affine(A, W, b)
        caches.append(((A, W, b), Z))
        A = relu_of_matrix(Z) if i < last else _layers.sigmoid(Z)
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
    A, targets = check.outputs_and_labels("AL", AL, Y)
    m, A, targets = A.shape[1], A.ravel(), targets.ravel()
    likelihood = targets.dot(np.log(A)) + (1 - targets).dot(np.log(1 - A))
    return np.array(1 / m * (0.0 - likelihood))


# ------------------------------------------------------------------------------ backward


def L_model_backward(AL: ArrayLike, Y: ArrayLike, caches: Sequence[LayerCache]) -> dict[str, Array]:
    """Gradients of all layers with respect to the cost of `compute_cost`.

    Parameters
    ----------
    AL : array-like (n_L, m)
    Y : array-like (n_L, m)
        Classes, 0 or 1.
    caches : list
        The second result of `L_model_forward`.

    Returns
    -------
    dict
        dA0, dW1, db1, dA1, dW2, db2, ...; dA0 is the gradient with respect to X, dA1 to the activations of
        layer 1.

    Raises
    ------
    ValueError
        If the shapes do not match.

    Examples
    --------
    >>> AL, caches = L_model_forward(np.ones((5, 2)), initialize_parameters_deep([5, 4, 1]))
    >>> list(L_model_backward(AL, [[1, 0]], caches))
    ['dA1', 'dW2', 'db2', 'dA0', 'dW1', 'db1']
    """
    A, targets = check.outputs_and_labels("AL", AL, Y)
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


@keyword_alias(parameters="params")
def update_parameters(params: Parameters, grads: Mapping[str, Any], learning_rate: float) -> dict[str, Array]:
    """One step of gradient descent, ``W - learning_rate * dW``, for every parameter.

    Parameters
    ----------
    params : dict
        W1, b1, ..., WL, bL. The keyword `parameters`, which the notebook had before 2021, works too.
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
    >>> params = {"W1": np.ones((1, 2)), "b1": np.zeros((1, 1))}
    >>> grads = {"dW1": np.array([[1.0, 2.0]]), "db1": np.array([[-1.0]])}
    >>> print(update_parameters(params, grads, learning_rate=0.1)["W1"])
    [[0.9 0.8]]
    """
    return gradient_descent_step(params, grads, learning_rate)


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
        Number of inputs, then units of each layer.
    learning_rate : float
        Above 0.
    num_iterations : int
        At least 0.
    print_cost : bool
        Print the cost before iterations 0, 100, 200, ..., and draw its curve at the end.
    return_costs : bool
        False, as in the notebook until 2020: return the parameters, and print costs with six digits. True, as
        in 2021: return (parameters, costs), with one cost per 100 iterations, and print costs with all
        digits, including that before the last iteration.

    Returns
    -------
    parameters : dict
        W1, b1, ..., WL, bL after the last iteration.
    costs : list of arrays of shape ()
        Only with `return_costs`.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid; raised before any work.

    Warns
    -----
    DivergenceWarning
        If the cost stops being finite; the training ends there.

    Notes
    -----
    Initial weights are those of the week's second notebook, ``randn(n, n_before) / sqrt(n_before)``, seed 1.

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
    net = Net(initialize(check_sizes(sizes, inputs), 1, xavier), inputs, targets)
    costs: list[Array] = []

    def record(iteration: int, parameters: Mapping[str, Array]) -> None:
        cost = compute_cost(L_model_forward(inputs, parameters)[0], targets)
        if iteration % 100 == 0:
            costs.append(cost)
        if print_cost:
            print(f"Cost after iteration {iteration}: {cost if return_costs else format(cost, 'f')}")

    recorder = record if print_cost or return_costs else None
    try:
        trained = descend(net, learning_rate, num_iterations, 100, recorder, last=return_costs and print_cost)
    except KeyboardInterrupt as interrupt:
        if return_costs:
            interrupt.result = (getattr(interrupt, "result", None), costs)  # type: ignore[attr-defined]
        raise
    if print_cost:
        plot_costs(costs, "iterations (per hundreds)", learning_rate)
    return (trained, costs) if return_costs else trained
