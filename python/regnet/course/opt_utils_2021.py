"""The optimization notebook (course 2, week 2), edition of 2021, whose import line names `opt_utils_v1a`.

Two functions differ from `opt_utils_v1a`, both of which the notebook defines itself: `model` trains for 5,000
epochs by default, and `update_parameters_with_adam` also returns the corrected moments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from . import _mini_batches, opt_utils_v1a
from ._mini_batches import Decay
from ._parameters import Arrays, Parameters
from .opt_utils_v1a import *  # noqa: F403

__all__ = opt_utils_v1a.__all__


def update_parameters_with_adam(  # type: ignore[no-redef]
    parameters: Parameters,
    grads: Mapping[str, Any],
    v: Mapping[str, Any],
    s: Mapping[str, Any],
    t: int,
    learning_rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Any:
    """One step of Adam with both bias corrections (Kingma & Ba 2015, algorithm 1); return those moments too.

    Parameters
    ----------
    parameters, grads, v, s, t, learning_rate, beta1, beta2, epsilon
        As in `opt_utils_v1a.update_parameters_with_adam`.

    Returns
    -------
    parameters, v, s, v_corrected, s_corrected
        New dictionaries; the arguments are not modified.

    Raises
    ------
    ValueError
        If a key is missing, shapes differ, or a number is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> parameters = {"W1": np.array([[1.0]]), "b1": np.array([[0.0]])}
    >>> grads = {"dW1": np.array([[2.0]]), "db1": np.array([[1.0]])}
    >>> *_, v_corrected, s_corrected = update_parameters_with_adam(
    ...     parameters, grads, *initialize_adam(parameters), t=1)
    >>> print(v_corrected["dW1"], s_corrected["dW1"])
    [[2.]] [[4.]]
    """
    return opt_utils_v1a.update_parameters_with_adam(
        parameters, grads, v, s, t, learning_rate, beta1, beta2, epsilon, return_corrected=True
    )


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
    num_epochs: int = 5000,
    print_cost: bool = True,
    decay: Decay | None = None,
    decay_rate: float = 1,
) -> Arrays:
    """Train three layers on shuffled mini-batches in the compiled engine, for 5,000 epochs by default.

    Parameters
    ----------
    X, Y, layers_dims, optimizer, learning_rate, mini_batch_size, beta, beta1, beta2, epsilon, num_epochs,
    print_cost, decay, decay_rate
        As in `opt_utils_v1a.model`.

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

    Examples
    --------
    >>> X, Y = load_dataset(is_plot=False)
    >>> parameters = model(X, Y, [2, 5, 2, 1], "gd", print_cost=False)
    >>> predictions = predict(X, Y, parameters)
    Accuracy: 0.7166666666666667
    """
    return _mini_batches.train(
        X, Y, layers_dims, optimizer, learning_rate, mini_batch_size, beta, beta1, beta2, epsilon,
        num_epochs, print_cost, decay, decay_rate,
    )  # fmt: skip
