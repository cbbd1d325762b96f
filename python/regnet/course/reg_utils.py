"""The regularization notebook (course 2, week 1): three layers, L2, dropout.

Columns are examples. This module has the functions of the notebook's helper file and those that its reader
writes, with the same names, arguments and results; `model` trains in the compiled engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._support.checks import fraction, number
from . import _checks as check
from . import _stream, _synthetic
from ._backward import backward
from ._dropout import backward_propagation_with_dropout, forward_propagation_with_dropout
from ._files import load_2D_dataset
from ._files import load_flat_cats as load_dataset
from ._layers import (
    CACHE_NAMES,
    Cache,
    forward_propagation,
    mean_loss,
    predict,
    predict_dec,
    relu,
    sigmoid,
    update_parameters,
)
from ._names import keyword_alias
from ._parameters import Array, Parameters, initialize, xavier
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

Gradients = dict[str, Array]
HIDDEN_UNITS = (20, 3)  # of the notebook's network


def initialize_parameters(layer_dims: list[int]) -> dict[str, Array]:
    """Initial weights ``randn(n, n_before) / sqrt(n_before)``, seed 3, and biases 0.

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
    Reseeds NumPy's process-wide legacy stream, as the notebook does.

    Examples
    --------
    >>> parameters = initialize_parameters([2, 20, 3, 1])
    >>> [f"{key} {value.shape}" for key, value in parameters.items()][:2]
    ['W1 (20, 2)', 'b1 (20, 1)']
    """
    return initialize(layer_dims, 3, xavier)


# ------------------------------------------------------------------------------ without regularization


@keyword_alias(A3="a3")
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
        ``nansum(-Y log a3 - (1 - Y) log(1 - a3)) / m``. An output of exactly 0 or 1 contributes 0 if it is
        correct (0 * log 0 is nan, which `nansum` skips); otherwise the cost is infinite.

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
    return mean_loss(a3, Y, "a3", nan=False)


def backward_propagation(X: ArrayLike, Y: ArrayLike, cache: Cache) -> Gradients:
    """Gradients of the cost with respect to parameters, activations and pre-activations.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
    cache : tuple
        The second result of `forward_propagation`, 12 entries.

    Returns
    -------
    dict
        dZ3, dW3, db3, dA2, dZ2, dW2, db2, dA1, dZ1, dW1, db1. The factor 1/m is in dW and db:
        ``dZ3 = A3 - Y``, ``dW = dZ A_before^T / m``, ``db = sum(dZ) / m``, ``dA_before = W^T dZ``,
        ``dZ_before = dA_before * (A_before > 0)``.

    Raises
    ------
    ValueError
        If the shapes of X, Y and the cache do not match.

    Examples
    --------
    >>> X, Y = np.ones((2, 5)), np.array([[1, 0, 1, 0, 1]])
    >>> A3, cache = forward_propagation(X, initialize_parameters([2, 20, 3, 1]))
    >>> backward_propagation(X, Y, cache)["dW1"].shape
    (20, 2)
    """
    return backward(X, Y, cache, CACHE_NAMES)


# ------------------------------------------------------------------------------ L2 penalty


def compute_cost_with_regularization(
    A3: ArrayLike, Y: ArrayLike, parameters: Parameters, lambd: float
) -> Any:
    """Cross-entropy plus the L2 penalty ``lambd / (2 m) * (sum W1^2 + sum W2^2 + sum W3^2)``.

    Parameters
    ----------
    A3 : array-like (1, m)
        Outputs between 0 and 1.
    Y : array-like (1, m)
        Classes, 0 or 1.
    parameters : dict
        Has W1, W2, W3; other entries are ignored.
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
    cost = mean_loss(A3, Y, nan=False)
    weights = check.matrices("parameters", parameters, ("W1", "W2", "W3"))
    return cost + lambd / (2 * np.size(Y)) * sum(np.sum(np.square(W)) for W in weights)


def backward_propagation_with_regularization(
    X: ArrayLike, Y: ArrayLike, cache: Cache, lambd: float
) -> Gradients:
    """Gradients of the cost with the L2 penalty: as `backward_propagation`, plus ``lambd / m * W`` in dW.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
    cache : tuple
        The second result of `forward_propagation`, 12 entries.
    lambd : float
        At least 0.

    Returns
    -------
    dict
        With the keys of `backward_propagation`.

    Raises
    ------
    ValueError
        If shapes do not match or lambd is negative.

    Examples
    --------
    >>> X, Y = np.ones((2, 5)), np.array([[1, 0, 1, 0, 1]])
    >>> A3, cache = forward_propagation(X, initialize_parameters([2, 20, 3, 1]))
    >>> with_l2 = backward_propagation_with_regularization(X, Y, cache, 0.7)["dW3"]
    >>> bool(np.allclose(with_l2, backward_propagation(X, Y, cache)["dW3"] + 0.7 / 5 * cache[10]))
    True
    """
    lambd = number("lambd", lambd, least=0)
    grads = backward(X, Y, cache, CACHE_NAMES)
    weights, m = dict(zip(CACHE_NAMES, cache, strict=True)), np.shape(X)[1]
    return grads | {f"dW{l}": grads[f"dW{l}"] + lambd / m * np.asarray(weights[f"W{l}"]) for l in (3, 2, 1)}


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
        Print the cost before iterations 0, 10,000, 20,000, ..., and at the end draw its curve, one point per
        1,000 iterations.
    lambd : float
        Coefficient of the L2 penalty; 0 for none.
    keep_prob : float
        Probability of keeping a hidden unit, 0 < keep_prob <= 1; 1 for no dropout. Only one of `lambd` and
        `keep_prob` can be set.

    Returns
    -------
    dict
        W1, b1, W2, b2, W3, b3 after the last iteration.

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
    The printed costs are those of `compute_cost`, or of `compute_cost_with_regularization`. With dropout all
    iterations have the same masks, because the notebook reseeds in each. The state of NumPy's process-wide
    legacy stream afterwards is the same as after the notebook's own `model`.

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
    parameters = initialize_parameters([len(inputs), *HIDDEN_UNITS, 1])
    masks: list[Array | None] | None = None
    if keep_prob < 1:
        cache = forward_propagation_with_dropout(inputs, parameters, keep_prob)[1]
        masks = [None, cache[1].astype(np.uint8), cache[6].astype(np.uint8)]
    net = Net(parameters, inputs, targets, l2=lambd / inputs.shape[1], keep_prob=keep_prob, masks=masks)
    costs: list[float] = []

    def record(iteration: int, parameters: Mapping[str, Array]) -> None:
        if keep_prob < 1:
            A3 = forward_propagation_with_dropout(inputs, parameters, keep_prob)[0]
        else:
            A3 = forward_propagation(inputs, parameters)[0]
        costs.append(compute_cost_with_regularization(A3, targets, parameters, lambd))
        if iteration % 10000 == 0:
            print(f"Cost after iteration {iteration}: {costs[-1]}")

    trained = descend(net, learning_rate, num_iterations, 1000, record if print_cost else None)
    if print_cost:
        plot_costs(costs, "iterations (x1,000)", learning_rate)
    return trained


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
    Reseeds NumPy's process-wide legacy stream, as the notebook's helper file does. The function of this name
    in `planar_utils` (course 1, week 3) returns the petals.

    Examples
    --------
    >>> X, Y = load_planar_dataset(0.1, seed=1)
    >>> print(X.shape, Y.dtype, X[:, 0].round(3))
    (2, 50) uint8 [0.162 0.   ]
    """
    number("randomness", randomness, least=0)
    _stream.reseed(check.check_seed(seed))
    return _synthetic.spirals(randomness)
