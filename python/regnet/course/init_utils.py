"""The initialization notebook (course 2, week 1): weights of zeros, of large random numbers, of He et al.

Columns are examples. This module has the functions of the notebook's helper file and those that its reader
writes, with the same names, arguments and results; `model` trains in the compiled engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._support.checks import choice
from . import _checks as check
from . import _stream, _synthetic
from ._backward import backward
from ._files import load_flat_cats as load_cat_dataset
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
from ._parameters import Array, he, initialize
from ._pictures import plot_costs, plot_decision_boundary, scatter
from ._training import Net, check_training, descend

__all__ = [
    "backward_propagation",
    "compute_loss",
    "forward_propagation",
    "initialize_parameters_he",
    "initialize_parameters_random",
    "initialize_parameters_zeros",
    "load_cat_dataset",
    "load_dataset",
    "model",
    "plot_decision_boundary",
    "predict",
    "predict_dec",
    "relu",
    "sigmoid",
    "update_parameters",
]

HIDDEN_UNITS = (10, 5)  # of the notebook's network


# ------------------------------------------------------------------------------ initial weights


def initialize_parameters_zeros(layers_dims: Sequence[int]) -> dict[str, Array]:
    """All weights and biases 0, so that the units of a layer stay equal.

    Parameters
    ----------
    layers_dims : list of int
        Number of inputs, then units of each layer.

    Returns
    -------
    dict
        W1 (n1, n0), b1 (n1, 1), W2, b2, ..., float64.

    Examples
    --------
    >>> print(initialize_parameters_zeros([3, 2, 1])["W2"])
    [[0. 0.]]
    """
    sizes = check.layer_sizes("layers_dims", layers_dims)
    parameters: dict[str, Array] = {}
    for l, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True), start=1):
        parameters |= {f"W{l}": np.zeros((n_out, n_in)), f"b{l}": np.zeros((n_out, 1))}
    return parameters


def initialize_parameters_random(layers_dims: Sequence[int]) -> dict[str, Array]:
    """Weights that are too large, ``10 * randn(n, n_before)``, seed 3, and biases 0.

    Parameters
    ----------
    layers_dims : list of int
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
    >>> print(initialize_parameters_random([3, 2, 1])["W1"].round(2)[0])
    [17.89  4.37  0.96]
    """
    return initialize(layers_dims, 3, lambda W, n_in: W * 10, "layers_dims")


def initialize_parameters_he(layers_dims: Sequence[int]) -> dict[str, Array]:
    """Weights for ReLU, ``sqrt(2 / n_before) * randn(n, n_before)``, seed 3, and biases 0 (He et al. 2015).

    Parameters
    ----------
    layers_dims : list of int
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
    >>> print(initialize_parameters_he([2, 4, 1])["W1"].round(2)[0])
    [1.79 0.44]
    """
    return initialize(layers_dims, 3, he, "layers_dims")


INITIALIZATIONS = {
    "zeros": initialize_parameters_zeros,
    "random": initialize_parameters_random,
    "he": initialize_parameters_he,
}

# ------------------------------------------------------------------------------ functions


def compute_loss(a3: ArrayLike, Y: ArrayLike) -> Any:
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
        ``nansum(-Y log a3 - (1 - Y) log(1 - a3)) / m``. It is infinite if an output is exactly 0 or 1 and
        wrong, as happens with too large initial weights.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> print(round(compute_loss([[0.8, 0.1]], [[1, 0]]), 6), compute_loss([[1.0, 0.1]], [[0, 0]]))
    0.164252 inf
    """
    return mean_loss(a3, Y, "a3", nan=False)


def backward_propagation(X: ArrayLike, Y: ArrayLike, cache: Cache) -> dict[str, Array]:
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
        dz3, dW3, db3, da2, dz2, dW2, db2, da1, dz1, dW1, db1. Unlike in the regularization notebook, the
        factor 1/m is in all of them, because ``dz3 = (a3 - Y) / m``.

    Raises
    ------
    ValueError
        If the shapes of X, Y and the cache do not match.

    Examples
    --------
    >>> X, Y = np.ones((2, 5)), np.array([[1, 0, 1, 0, 1]])
    >>> a3, cache = forward_propagation(X, initialize_parameters_he([2, 10, 5, 1]))
    >>> sorted(backward_propagation(X, Y, cache))[:4]
    ['dW1', 'dW2', 'dW3', 'da1']
    """
    return backward(X, Y, cache, CACHE_NAMES, letters="za")


# ------------------------------------------------------------------------------ training


def model(
    X: ArrayLike,
    Y: ArrayLike,
    learning_rate: float = 0.01,
    num_iterations: int = 15000,
    print_cost: bool = True,
    initialization: str = "he",
) -> dict[str, Array]:
    """Train n-10-5-1 by gradient descent on all examples, in the compiled engine.

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
        Print the cost before iterations 0, 1,000, 2,000, ..., and draw its curve at the end.
    initialization : {"zeros", "random", "he"}

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
        If the engine's cost stops being finite; the training ends there. The engine computes the cost from
        logits, so it can be finite where that of `compute_loss` is infinite.

    Examples
    --------
    >>> X, Y, _, _ = load_dataset(is_plot=False)
    >>> parameters = model(X, Y, num_iterations=1001, initialization="zeros")    # doctest: +SKIP
    Cost after iteration 0: 0.6931471805599453
    Cost after iteration 1000: 0.6931471805599453
    >>> predictions = predict(X, Y, model(X, Y, num_iterations=15000, print_cost=False))
    Accuracy: 0.9933333333333333
    """
    inputs, targets = check_training(X, Y, learning_rate, "num_iterations", num_iterations)
    initialize_parameters = INITIALIZATIONS[choice("initialization", initialization, INITIALIZATIONS)]
    costs: list[float] = []

    def record(iteration: int, parameters: Mapping[str, Array]) -> None:
        costs.append(compute_loss(forward_propagation(inputs, parameters)[0], targets))
        print(f"Cost after iteration {iteration}: {costs[-1]}")

    net = Net(initialize_parameters([len(inputs), *HIDDEN_UNITS, 1]), inputs, targets)
    trained = descend(net, learning_rate, num_iterations, 1000, record if print_cost else None)
    if print_cost:
        plot_costs(costs, "iterations (x1,000)", learning_rate)
    return trained


# ------------------------------------------------------------------------------ data


def load_dataset(is_plot: bool = True) -> tuple[Array, Array, Array, Array]:
    """Two noisy circles: 300 training points from seed 1, 100 test points from seed 2.

    Parameters
    ----------
    is_plot : bool
        Whether to draw the training points.

    Returns
    -------
    train_X, train_Y, test_X, test_Y
        X float64 (2, m), Y int64 (1, m), 0 for the outer circle and 1 for the inner one. The numbers are
        those of scikit-learn's ``make_circles(noise=0.05)``, but scikit-learn is not needed.

    Raises
    ------
    ImportError
        If matplotlib is not installed and `is_plot` is True.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook does.

    Examples
    --------
    >>> train_X, train_Y, test_X, test_Y = load_dataset(is_plot=False)
    >>> train_X.shape, train_Y.shape, test_X.shape, test_Y.shape
    ((2, 300), (1, 300), (2, 100), (1, 100))
    """
    _stream.reseed(1)
    train_X, train_Y = _synthetic.circles(300, 0.05)
    _stream.reseed(2)
    test_X, test_Y = _synthetic.circles(100, 0.05)
    if is_plot:
        scatter(train_X, train_Y)
    return train_X, train_Y, test_X, test_Y
