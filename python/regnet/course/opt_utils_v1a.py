"""The optimization notebook (course 2, week 2), editions v1a and v1b: mini-batches, momentum, Adam.

Columns are examples. This module has the functions of the notebook's helper file and those that its reader
writes, with the same names, arguments and results; `model` trains in the compiled engine. In these editions
`compute_cost` sums over a mini-batch, and `model` prints the mean over the epoch. The first edition is
`opt_utils`; that of 2021, whose notebook imports this module too, is `opt_utils_2021`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._support.checks import integer
from . import _checks as check
from . import _mini_batches, _stream, _synthetic
from ._files import load_2D_dataset
from ._layers import forward_propagation, predict, predict_dec, relu, sigmoid, total_loss
from ._layers import update_parameters as update_parameters_with_gd
from ._mini_batches import Decay
from ._names import keyword_alias
from ._parameters import Array, Arrays, he, initialize
from ._pictures import plot_decision_boundary, scatter
from ._updates import (
    initialize_adam,
    initialize_velocity,
    schedule_lr_decay,
    update_lr,
    update_parameters_with_adam,
    update_parameters_with_momentum,
)
from .init_utils import backward_propagation

__all__ = [
    "backward_propagation",
    "compute_cost",
    "forward_propagation",
    "initialize_adam",
    "initialize_parameters",
    "initialize_velocity",
    "load_2D_dataset",
    "load_dataset",
    "load_params_and_grads",
    "model",
    "plot_decision_boundary",
    "predict",
    "predict_dec",
    "random_mini_batches",
    "relu",
    "schedule_lr_decay",
    "sigmoid",
    "update_lr",
    "update_parameters_with_adam",
    "update_parameters_with_gd",
    "update_parameters_with_momentum",
]


@keyword_alias(layers_dims="layer_dims")
def initialize_parameters(layer_dims: Sequence[int]) -> Arrays:
    """Initial weights for ReLU, ``sqrt(2 / n_before) * randn(n, n_before)``, seed 3, and biases 0.

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
    >>> print(initialize_parameters([2, 4, 1])["W1"].round(2)[0])
    [1.79 0.44]
    """
    return initialize(layer_dims, 3, he)


def load_params_and_grads(seed: int = 1) -> tuple[Array, ...]:
    """Random parameters and gradients of two layers, for testing an update.

    Parameters
    ----------
    seed : int

    Returns
    -------
    W1 (2, 3), b1 (2, 1), W2 (3, 3), b2 (3, 1), dW1, db1, dW2, db2

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook does.

    Examples
    --------
    >>> W1, b1, W2, b2, dW1, db1, dW2, db2 = load_params_and_grads()
    >>> print(W1.round(2)[0], db2.shape)
    [ 1.62 -0.61 -0.53] (3, 1)
    """
    _stream.reseed(check.check_seed(seed))
    return tuple(_stream.standard_normal(*shape) for shape in ((2, 3), (2, 1), (3, 3), (3, 1)) * 2)


def compute_cost(a3: ArrayLike, Y: ArrayLike) -> Any:
    """Cross-entropy summed over the examples of a mini-batch; `model` divides by m after the epoch.

    Parameters
    ----------
    a3 : array-like (1, m)
        Outputs between 0 and 1.
    Y : array-like (1, m)
        Classes, 0 or 1.

    Returns
    -------
    NumPy scalar, float64
        ``sum(-Y log a3 - (1 - Y) log(1 - a3))``. The first edition divides by the mini-batch's size.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> print(round(compute_cost([[0.8, 0.1]], [[1, 0]]), 6))
    0.328504
    """
    return total_loss(a3, Y, "a3")


def random_mini_batches(
    X: ArrayLike, Y: ArrayLike, mini_batch_size: int = 64, seed: int = 0
) -> list[tuple[Array, Array]]:
    """Shuffle the examples and split them into mini-batches; the last one may be smaller.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
    mini_batch_size : int
        At least 1.
    seed : int

    Returns
    -------
    list of (X, Y)
        New arrays of at most `mini_batch_size` columns, with the dtypes of X and Y.

    Raises
    ------
    ValueError
        If X and Y have different numbers of columns, or no column.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook does.

    Examples
    --------
    >>> batches = random_mini_batches(np.arange(10).reshape(2, 5), np.arange(5).reshape(1, 5), 2)
    >>> print([batch_X.shape for batch_X, _ in batches], batches[0][1])
    [(2, 2), (2, 2), (2, 1)] [[2 0]]
    """
    inputs, targets = check.two_dimensions("X", np.asarray(X)), check.labels("Y", Y)
    check.columns("X", inputs, "Y", targets)
    size = integer("mini_batch_size", mini_batch_size, least=1)
    _stream.reseed(check.check_seed(seed))
    m = inputs.shape[1]
    order = _stream.permutation(m)
    batches = [order[start : start + size] for start in range(0, m, size)]
    return [(inputs[:, batch], targets[:, batch]) for batch in batches]


# ------------------------------------------------------------------------------ training


def model(
    X: ArrayLike,
    Y: ArrayLike,
    layers_dims: Sequence[int],
    optimizer: str,
    learning_rate: float = 0.0007,
    mini_batch_size: int = 64,
    beta: float = 0.9,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    num_epochs: int = 10000,
    print_cost: bool = True,
    decay: Decay | None = None,
    decay_rate: float = 1,
) -> Arrays:
    """Train three layers on shuffled mini-batches in the compiled engine; print mean costs of epochs.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
        Classes, 0 or 1.
    layers_dims : list of int
        Number of inputs, then units of the three layers, of which the last has 1.
    optimizer : {"gd", "momentum", "adam"}
    learning_rate : float
        Above 0.
    mini_batch_size : int
        At least 1.
    beta : float
        Of momentum.
    beta1, beta2, epsilon : float
        Of Adam.
    num_epochs : int
        At least 0.
    print_cost : bool
        Print the cost of epochs 0, 1,000, 2,000, ..., and at the end draw its curve, one point per 100
        epochs.
    decay : function, optional
        ``decay(learning_rate, epoch, decay_rate)`` returns the rate after an epoch: `update_lr`,
        `schedule_lr_decay` or another function. As in the notebook, epochs 0 and 1 have the same rate.
    decay_rate : float
        The third argument of `decay`.

    Returns
    -------
    dict
        W1, b1, W2, b2, W3, b3 after the last epoch.

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
    The cost of an epoch is the mean over its examples, each taken before the update of its mini-batch. It is
    computed from logits, so it is finite where the notebook's is infinite or nan because an output is
    exactly 0 or 1. Epoch e is shuffled with seed 11 + e of the legacy stream; the state of the process-wide
    stream afterwards is the same as after the notebook's own `model`.

    Examples
    --------
    >>> X, Y = load_dataset(is_plot=False)
    >>> parameters = model(X, Y, [2, 5, 2, 1], "adam", print_cost=False)
    >>> predictions = predict(X, Y, parameters)
    Accuracy: 0.94
    """
    return _mini_batches.train(
        X, Y, layers_dims, optimizer, learning_rate, mini_batch_size, beta, beta1, beta2, epsilon,
        num_epochs, print_cost, decay, decay_rate,
    )  # fmt: skip


# ------------------------------------------------------------------------------ data


def load_dataset(is_plot: bool = True) -> tuple[Array, Array]:
    """Two noisy half moons: 300 points from seed 3.

    Parameters
    ----------
    is_plot : bool
        Whether to draw the points.

    Returns
    -------
    train_X, train_Y
        X float64 (2, 300), Y int64 (1, 300) of 0 and 1. The numbers are those of scikit-learn's
        ``make_moons(n_samples=300, noise=0.2)``, but scikit-learn is not needed.

    Raises
    ------
    ImportError
        If matplotlib is not installed and `is_plot` is True.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook does.

    Examples
    --------
    >>> train_X, train_Y = load_dataset(is_plot=False)
    >>> train_X.shape, train_Y.shape
    ((2, 300), (1, 300))
    """
    _stream.reseed(3)
    X, Y = _synthetic.moons(300, 0.2)
    if is_plot:
        scatter(X, Y)
    return X, Y
