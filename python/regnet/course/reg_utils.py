"""The regularization notebook (course 2, week 1): three layers, L2, dropout.

Columns are examples. The functions of the notebook's helper file and those that it asks its reader
to write, with the same names, arguments and results; `model` trains in the compiled engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.checks import fraction, integer, number
from . import _checks as check
from . import _shapes, _stream
from ._files import load_2D_dataset
from ._files import load_flat_cats as load_dataset
from ._layers import (
    CACHE,
    Cache,
    Parameters,
    backward,
    check_inputs,
    forward_propagation,
    initialize,
    linear,
    predict,
    predict_dec,
    rectify,
    relu,
    sigmoid,
    total_loss,
    update_parameters,
)
from ._pictures import plot_costs, plot_decision_boundary
from ._training import Net, check_training, descend

__all__ = [
    "backward_propagation",
    "backward_propagation_with_dropout",
    "backward_propagation_with_regularization",
    "compute_cost",
    "compute_cost_with_regularization",
    "forward_propagation",
    "forward_propagation_with_dropout",
    "initialize_parameters",
    "load_2D_dataset",
    "load_dataset",
    "load_planar_dataset",
    "model",
    "plot_decision_boundary",
    "predict",
    "predict_dec",
    "relu",
    "sigmoid",
    "update_parameters",
]

Array = NDArray[Any]
Gradients = dict[str, Array]
DROPOUT_CACHE = ("Z1", "D1", *CACHE[1:5], "D2", *CACHE[5:])
HIDDEN = (20, 3)  # units of the notebook's hidden layers


def initialize_parameters(layer_dims: list[int]) -> dict[str, Array]:
    """Initial weights ``randn(n, n_before) / sqrt(n_before)``, seed 3, and biases 0.

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
    Reseeds NumPy's process-wide legacy stream, as the notebook does.

    Examples
    --------
    >>> parameters = initialize_parameters([2, 20, 3, 1])
    >>> [f"{key} {value.shape}" for key, value in parameters.items()][:2]
    ['W1 (20, 2)', 'b1 (20, 1)']
    """
    return initialize(layer_dims, 3, lambda W, n_in: W / np.sqrt(n_in))


# ------------------------------------------------------------------------------ plain


@check.also_called(A3="a3")
def compute_cost(a3: ArrayLike, Y: ArrayLike) -> Any:
    """Cross-entropy averaged over the examples, with the notebook's `nansum`.

    Parameters
    ----------
    a3 : array-like (1, m)
        Outputs between 0 and 1.
    Y : array-like (1, m)
        Classes, 0 or 1.

    Returns
    -------
    NumPy scalar, float64
        ``nansum(-Y log a3 - (1 - Y) log(1 - a3)) / m``. An output of exactly 0 or 1 that is right
        counts nothing (0 * log 0 is nan), one that is wrong makes the cost infinite.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> print(round(compute_cost([[0.8, 0.1]], [[1, 0]]), 6))
    0.164252
    >>> print(round(compute_cost([[1.0, 0.5]], [[1, 0]]), 6), compute_cost([[1.0, 0.5]], [[0, 0]]))
    0.346574 inf
    """
    total = total_loss(a3, Y, "a3", nan=False)
    return 1 / np.shape(Y)[-1] * total


def backward_propagation(X: ArrayLike, Y: ArrayLike, cache: Cache) -> Gradients:
    """Gradients of the cost with respect to everything in the cache.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
    cache : tuple
        The twelve entries that `forward_propagation` returns.

    Returns
    -------
    dict
        dZ3, dW3, db3, dA2, dZ2, dW2, db2, dA1, dZ1, dW1, db1. The 1/m is in dW and db: with
        ``dZ3 = A3 - Y`` these are ``dW = dZ A_before^T / m``, ``db = sum(dZ) / m``,
        ``dA_before = W^T dZ``, ``dZ_before = dA_before * (A_before > 0)``.

    Raises
    ------
    ValueError
        If the shapes of X, Y and the cache do not fit.

    Examples
    --------
    >>> X, Y = np.ones((2, 5)), np.array([[1, 0, 1, 0, 1]])
    >>> A3, cache = forward_propagation(X, initialize_parameters([2, 20, 3, 1]))
    >>> backward_propagation(X, Y, cache)["dW1"].shape
    (20, 2)
    """
    return backward(X, Y, cache, CACHE)


# ------------------------------------------------------------------------------ L2


def compute_cost_with_regularization(
    A3: ArrayLike, Y: ArrayLike, parameters: Parameters, lambd: float
) -> Any:
    """Cross-entropy and ``lambd / (2 m) * (sum W1^2 + sum W2^2 + sum W3^2)``.

    Parameters
    ----------
    A3, Y : array-like (1, m)
    parameters : dict
        Of which W1, W2 and W3 count.
    lambd : float
        At least 0.

    Returns
    -------
    NumPy scalar, float64

    Raises
    ------
    ValueError
        If the shapes differ, a weight is missing or lambd is negative.

    Examples
    --------
    >>> weights = {f"W{l}": np.ones((1, 1)) for l in (1, 2, 3)}
    >>> print(round(compute_cost_with_regularization([[0.5]], [[1]], weights, 2.0) - np.log(2), 12))
    3.0
    """
    lambd = number("lambd", lambd, least=0)
    cost = 1 / np.shape(Y)[-1] * total_loss(A3, Y, nan=False)
    weights = check.matrices("parameters", parameters, ("W1", "W2", "W3"))
    return cost + lambd / (2 * np.size(Y)) * sum(np.sum(np.square(W)) for W in weights)


def backward_propagation_with_regularization(
    X: ArrayLike, Y: ArrayLike, cache: Cache, lambd: float
) -> Gradients:
    """Gradients of the cost with L2: ``lambd / m * W`` is added to each dW.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
    cache : tuple
        The twelve entries that `forward_propagation` returns.
    lambd : float
        At least 0.

    Returns
    -------
    dict
        The same keys as from `backward_propagation`.

    Raises
    ------
    ValueError
        If shapes do not fit or lambd is negative.

    Examples
    --------
    >>> X, Y = np.ones((2, 5)), np.array([[1, 0, 1, 0, 1]])
    >>> A3, cache = forward_propagation(X, initialize_parameters([2, 20, 3, 1]))
    >>> with_l2 = backward_propagation_with_regularization(X, Y, cache, 0.7)["dW3"]
    >>> bool(np.allclose(with_l2, backward_propagation(X, Y, cache)["dW3"] + 0.7 / 5 * cache[10]))
    True
    """
    lambd = number("lambd", lambd, least=0)
    grads = backward(X, Y, cache, CACHE)
    weights, m = dict(zip(CACHE, cache, strict=True)), np.shape(X)[1]
    return grads | {f"dW{l}": grads[f"dW{l}"] + lambd / m * np.asarray(weights[f"W{l}"]) for l in (3, 2, 1)}


# ------------------------------------------------------------------------------ dropout


def forward_propagation_with_dropout(
    X: ArrayLike, parameters: Parameters, keep_prob: float = 0.5
) -> tuple[Array, Cache]:
    """`forward_propagation` with inverted dropout of both hidden layers, from seed 1.

    Parameters
    ----------
    X : array-like (n_features, m)
    parameters : dict
        W1, b1, W2, b2, W3, b3.
    keep_prob : float
        Probability of keeping a unit, 0 < keep_prob <= 1.

    Returns
    -------
    A3 : array (1, m)
    cache : tuple
        (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3); the masks D are bool.

    Raises
    ------
    ValueError
        If shapes do not fit, a parameter is missing or keep_prob is out of range.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream with 1 in every call, as the notebook does: the masks
    are ``rand(n1, m) < keep_prob``, then ``rand(n2, m) < keep_prob``.

    Examples
    --------
    >>> parameters = initialize_parameters([2, 4, 3, 1])
    >>> A3, cache = forward_propagation_with_dropout(np.ones((2, 5)), parameters, 0.8)
    >>> print(cache[1].astype(int)[0], len(cache))
    [1 1 1 1 1] 14
    """
    keep_prob = fraction("keep_prob", keep_prob, one=True)
    A, (W1, b1, W2, b2, W3, b3) = check_inputs(X, parameters)
    _stream.reseed(1)
    Z1 = linear(W1, b1, A)
    D1 = _stream.uniform(*Z1.shape) < keep_prob
    A1 = rectify(Z1) * D1 / keep_prob
    Z2 = linear(W2, b2, A1)
    D2 = _stream.uniform(*Z2.shape) < keep_prob
    A2 = rectify(Z2) * D2 / keep_prob
    Z3 = linear(W3, b3, A2)
    A3 = sigmoid(Z3)
    return A3, (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)


def backward_propagation_with_dropout(
    X: ArrayLike, Y: ArrayLike, cache: Cache, keep_prob: float
) -> Gradients:
    """Gradients behind `forward_propagation_with_dropout`: dA goes back through the same masks.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
    cache : tuple
        The fourteen entries that `forward_propagation_with_dropout` returns.
    keep_prob : float
        The one of the forward pass.

    Returns
    -------
    dict
        The same keys as from `backward_propagation`; dA2 and dA1 are ``W^T dZ * D / keep_prob``.

    Raises
    ------
    ValueError
        If shapes do not fit or keep_prob is out of range.

    Examples
    --------
    >>> X, Y = np.ones((2, 5)), np.array([[1, 0, 1, 0, 1]])
    >>> A3, cache = forward_propagation_with_dropout(X, initialize_parameters([2, 20, 3, 1]), 0.8)
    >>> backward_propagation_with_dropout(X, Y, cache, 0.8)["dA1"].shape
    (20, 5)
    """
    keep_prob = fraction("keep_prob", keep_prob, one=True)
    return backward(X, Y, cache, DROPOUT_CACHE, keep_prob=keep_prob)


# ------------------------------------------------------------------------------ training


def model(
    X: ArrayLike,
    Y: ArrayLike,
    learning_rate: float = 0.3,
    num_iterations: int = 30000,
    print_cost: bool = True,
    lambd: float = 0,
    keep_prob: float = 1,
) -> dict[str, Array]:
    """Train n-20-3-1 by gradient descent on all examples, in the compiled engine.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
        Classes, 0 or 1.
    learning_rate : float
        Above 0.
    num_iterations : int
        At least 0.
    print_cost : bool
        Print the cost before iterations 0, 10,000, 20,000, ..., and draw its curve at the end, a point
        per 1,000 iterations.
    lambd : float
        L2; 0 is none.
    keep_prob : float
        Dropout of the hidden layers; 1 is none. Not together with lambd.

    Returns
    -------
    dict
        W1, b1, W2, b2, W3, b3 after the last iteration.

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
    The costs printed are those of `compute_cost`, or of `compute_cost_with_regularization`. With dropout
    all iterations have the same masks, because the notebook reseeds in each. The process-wide legacy
    stream ends where the notebook leaves it.

    Examples
    --------
    >>> import regnet as rn
    >>> X, y, _, _ = rn.datasets.make_football(seed=0)
    >>> parameters = model(X.T, y.reshape(1, -1), num_iterations=3000, lambd=0.1, print_cost=False)
    >>> bool(np.mean(predict_dec(parameters, X.T) == y) > 0.9)
    True
    """
    inputs, targets = check_training(X, Y, learning_rate, "num_iterations", num_iterations)
    lambd, keep_prob = number("lambd", lambd, least=0), fraction("keep_prob", keep_prob, one=True)
    if lambd and keep_prob < 1:
        raise ValueError(f"lambd is {lambd:g} and keep_prob is {keep_prob:g}, wanted lambd 0 or keep_prob 1")
    parameters = initialize_parameters([len(inputs), *HIDDEN, 1])
    masks: list[Array | None] | None = None
    if keep_prob < 1:
        cache = forward_propagation_with_dropout(inputs, parameters, keep_prob)[1]
        masks = [None, cache[1].astype(np.uint8), cache[6].astype(np.uint8)]
    net = Net(parameters, inputs, targets, l2=lambd / inputs.shape[1], keep_prob=keep_prob, masks=masks)
    costs: list[float] = []

    def record(iteration: int, now: Mapping[str, Array]) -> None:
        if keep_prob < 1:
            A3 = forward_propagation_with_dropout(inputs, now, keep_prob)[0]
        else:
            A3 = forward_propagation(inputs, now)[0]
        costs.append(compute_cost_with_regularization(A3, targets, now, lambd))
        if iteration % 10000 == 0:
            print(f"Cost after iteration {iteration}: {costs[-1]}")

    found = descend(net, learning_rate, num_iterations, 1000, record if print_cost else None)
    if print_cost:
        plot_costs(costs, "iterations (x1,000)", learning_rate)
    return found


# ------------------------------------------------------------------------------ data


def load_planar_dataset(randomness: float, seed: int) -> tuple[Array, Array]:
    """Two spirals of 25 points each.

    Parameters
    ----------
    randomness : float
        Standard deviation of the radius.
    seed : int

    Returns
    -------
    X, Y
        X float64 (2, 50), Y uint8 (1, 50) of 0 and 1.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook's helper file does. The petals under this
    name belong to course 1, week 3: `planar_utils`.

    Examples
    --------
    >>> X, Y = load_planar_dataset(0.1, seed=1)
    >>> print(X.shape, Y.dtype, X[:, 0].round(3))
    (2, 50) uint8 [0.162 0.   ]
    """
    number("randomness", randomness, least=0)
    seed = integer("seed", seed, least=0, most=2**32 - 1)
    _stream.reseed(seed)
    return _shapes.spirals(randomness)
