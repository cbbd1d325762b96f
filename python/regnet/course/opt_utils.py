"""The optimization notebook (course 2, week 2), first edition, of 2017: costs are means of one mini-batch.

Two functions differ from `opt_utils_v1a`. `compute_cost` divides by the number of examples of its mini-batch.
`model` trains the same network in the same steps, but prints the cost of the last mini-batch of an epoch, so
that its curve oscillates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from . import _mini_batches, opt_utils_v1a
from ._layers import mean_loss
from ._mini_batches import Decay
from ._parameters import Arrays
from .opt_utils_v1a import *  # noqa: F403

__all__ = opt_utils_v1a.__all__


def compute_cost(a3: ArrayLike, Y: ArrayLike) -> Any:  # type: ignore[no-redef]
    """Cross-entropy averaged over the examples of a mini-batch.

    Parameters
    ----------
    a3 : array-like (1, m)
        Outputs between 0 and 1.
    Y : array-like (1, m)
        Classes, 0 or 1.

    Returns
    -------
    NumPy scalar, float64
        ``sum(-Y log a3 - (1 - Y) log(1 - a3)) / m``. From edition v1a on, it is the sum.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> print(round(compute_cost([[0.8, 0.1]], [[1, 0]]), 6))
    0.164252
    """
    return mean_loss(a3, Y, "a3")


def model(  # type: ignore[no-redef]
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
    """Train three layers on shuffled mini-batches in the compiled engine; print costs of last mini-batches.

    Parameters
    ----------
    X, Y, layers_dims, optimizer, learning_rate, mini_batch_size, beta, beta1, beta2, epsilon, num_epochs
        As in `opt_utils_v1a.model`.
    print_cost : bool
        Print the cost of the last mini-batch of epochs 0, 1,000, 2,000, ..., taken before its update, and at
        the end draw the curve of these costs, one point per 100 epochs.
    decay, decay_rate
        As in `opt_utils_v1a.model`; the notebook of 2017 does not have them.

    Returns
    -------
    dict
        W1, b1, W2, b2, W3, b3 after the last epoch, the same as from `opt_utils_v1a.model`.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid; raised before any work.

    Warns
    -----
    DivergenceWarning
        If the cost stops being finite; the training ends there.

    Examples
    --------
    >>> X, Y = load_dataset(is_plot=False)
    >>> parameters = model(X, Y, [2, 5, 2, 1], "adam", print_cost=False)
    >>> predictions = predict(X, Y, parameters)
    Accuracy: 0.94
    """
    return _mini_batches.train(
        X, Y, layers_dims, optimizer, learning_rate, mini_batch_size, beta, beta1, beta2, epsilon,
        num_epochs, print_cost, decay, decay_rate, last_batch=True,
    )  # fmt: skip
