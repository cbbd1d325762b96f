"""Momentum, Adam and learning-rate decay of the optimization notebook.

These are public functions of `opt_utils_v1a` and so of all editions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import cregnet

from .._support.checks import fraction, integer, number
from ._names import set_module
from ._parameters import Arrays, Parameters, check_gradients, one_dtype, ordered_arrays

__all__ = [
    "initialize_adam",
    "initialize_velocity",
    "schedule_lr_decay",
    "update_lr",
    "update_parameters_with_adam",
    "update_parameters_with_momentum",
]

# ------------------------------------------------------------------------------ updates


@set_module("opt_utils_v1a")
def initialize_velocity(parameters: Parameters) -> Arrays:
    """Initial velocity of momentum: zeros in the shapes of the gradients.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., WL, bL.

    Returns
    -------
    dict
        dW1, db1, ..., dWL, dbL.

    Raises
    ------
    ValueError
        If a parameter is missing.

    Examples
    --------
    >>> initialize_velocity({"W1": np.ones((1, 2)), "b1": np.ones((1, 1))})
    {'dW1': array([[0., 0.]]), 'db1': array([[0.]])}
    """
    return {"d" + key: np.zeros(array.shape) for key, array in ordered_arrays(parameters).items()}


@set_module("opt_utils_v1a")
def initialize_adam(parameters: Parameters) -> tuple[Arrays, Arrays]:
    """Initial moments of Adam: zeros in the shapes of the gradients, for the first and the second moment.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., WL, bL.

    Returns
    -------
    v, s : dict
        dW1, db1, ..., dWL, dbL.

    Raises
    ------
    ValueError
        If a parameter is missing.

    Examples
    --------
    >>> v, s = initialize_adam({"W1": np.ones((1, 2)), "b1": np.ones((1, 1))})
    >>> list(v), list(s)
    (['dW1', 'db1'], ['dW1', 'db1'])
    """
    return initialize_velocity(parameters), initialize_velocity(parameters)


@set_module("opt_utils_v1a")
def update_parameters_with_momentum(
    parameters: Parameters,
    grads: Mapping[str, Any],
    v: Mapping[str, Any],
    beta: float,
    learning_rate: float,
) -> tuple[Arrays, Arrays]:
    """One step of momentum: ``v = beta v + (1 - beta) dW``, ``W = W - learning_rate v``.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., WL, bL.
    grads, v : dict
        dW1, db1, ..., dWL, dbL of the same shapes.
    beta : float
        0 <= beta < 1.
    learning_rate : float

    Returns
    -------
    parameters, v : dict
        New dictionaries; the arguments are not modified.

    Raises
    ------
    ValueError
        If a key is missing or shapes differ.

    Examples
    --------
    >>> parameters = {"W1": np.array([[1.0]]), "b1": np.array([[0.0]])}
    >>> grads = {"dW1": np.array([[2.0]]), "db1": np.array([[1.0]])}
    >>> new, v = update_parameters_with_momentum(parameters, grads, initialize_velocity(parameters), 0.9, 0.5)
    >>> print(new["W1"].round(12), v["dW1"].round(12))
    [[0.9]] [[0.2]]
    """
    beta, rate = fraction("beta", beta, zero=True), number("learning_rate", learning_rate)
    arrays = check_gradients(parameters, grads=grads, v=v)
    new_v = {"d" + key: beta * v_old + (1 - beta) * dW for key, (_, dW, v_old) in arrays.items()}
    return {key: W - rate * new_v["d" + key] for key, (W, _, _) in arrays.items()}, new_v


@set_module("opt_utils_v1a")
def update_parameters_with_adam(
    parameters: Parameters,
    grads: Mapping[str, Any],
    v: Mapping[str, Any],
    s: Mapping[str, Any],
    t: int,
    learning_rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    return_corrected: bool = False,
) -> Any:
    """One step of Adam with both bias corrections (Kingma & Ba 2015, algorithm 1).

    ``v = beta1 v + (1 - beta1) dW`` and ``s = beta2 s + (1 - beta2) dW^2``, corrected to
    ``v' = v / (1 - beta1^t)`` and ``s' = s / (1 - beta2^t)``, then
    ``W = W - learning_rate v' / (sqrt(s') + epsilon)``.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., WL, bL.
    grads, v, s : dict
        dW1, db1, ..., dWL, dbL of the same shapes.
    t : int
        Number of this step, counted from 1.
    learning_rate : float
    beta1, beta2 : float
        0 <= beta < 1.
    epsilon : float
        At least 0, outside the root.
    return_corrected : bool
        False, as in the notebook up to v1b: return three dictionaries. True, as in 2021: return v' and s'
        too.

    Returns
    -------
    parameters, v, s, and with `return_corrected` v' and s'
        New dictionaries; the arguments are not modified.

    Raises
    ------
    ValueError
        If a key is missing, shapes differ, or a number is out of range.

    Notes
    -----
    The notebooks up to v1b print an expected output that has epsilon inside the root, but their own formula
    has it outside. This function follows the formula: W2[2, 1] of the test case is -1.09244991, where the
    notebooks print -1.09245036.

    Examples
    --------
    >>> parameters = {"W1": np.array([[1.0]]), "b1": np.array([[0.0]])}
    >>> grads = {"dW1": np.array([[2.0]]), "db1": np.array([[1.0]])}
    >>> new, v, s = update_parameters_with_adam(parameters, grads, *initialize_adam(parameters), t=1)
    >>> print(new["W1"].round(6), v["dW1"].round(6), s["dW1"].round(6))    # the first step is the rate
    [[0.99]] [[0.2]] [[0.004]]
    """
    t, rate = integer("t", t, least=1), number("learning_rate", learning_rate)
    beta1, beta2 = fraction("beta1", beta1, zero=True), fraction("beta2", beta2, zero=True)
    epsilon = number("epsilon", epsilon, least=0)
    new: Arrays = {}
    new_v: Arrays = {}
    new_s: Arrays = {}
    for key, arrays in check_gradients(parameters, grads=grads, v=v, s=s).items():
        d_key = "d" + key
        W, dW, v_old, s_old = one_dtype(arrays)
        new[key], new_v[d_key], new_s[d_key] = W.copy(), v_old.copy(), s_old.copy()
        W_flat, dW_flat, v_flat, s_flat = (a.reshape(-1) for a in (new[key], dW, new_v[d_key], new_s[d_key]))
        cregnet.adam(W_flat, dW_flat, v_flat, s_flat, rate, beta1, beta2, epsilon, t)
    if not return_corrected:
        return new, new_v, new_s
    v_corrected = {key: value / (1 - beta1**t) for key, value in new_v.items()}
    return new, new_v, new_s, v_corrected, {key: value / (1 - beta2**t) for key, value in new_s.items()}


# ------------------------------------------------------------------------------ learning rates


@set_module("opt_utils_v1a")
def update_lr(learning_rate0: float, epoch_num: int, decay_rate: float) -> float:
    """Inverse time decay: ``learning_rate0 / (1 + decay_rate * epoch_num)``.

    Parameters
    ----------
    learning_rate0 : float
        Initial learning rate.
    epoch_num : int
    decay_rate : float

    Returns
    -------
    float

    Examples
    --------
    >>> update_lr(0.5, 2, 1)
    0.16666666666666666
    """
    return learning_rate0 / (1 + decay_rate * epoch_num)


@set_module("opt_utils_v1a")
def schedule_lr_decay(
    learning_rate0: float, epoch_num: int, decay_rate: float, time_interval: int = 1000
) -> Any:
    """Staircase decay: ``learning_rate0 / (1 + decay_rate * floor(epoch_num / time_interval))``.

    Parameters
    ----------
    learning_rate0 : float
        Initial learning rate.
    epoch_num : int
    decay_rate : float
    time_interval : int
        Number of epochs with the same rate.

    Returns
    -------
    NumPy scalar, float64

    Examples
    --------
    >>> print(schedule_lr_decay(0.5, 10, 0.3, 100), schedule_lr_decay(0.5, 100, 0.3, 100))
    0.5 0.3846153846153846
    """
    return learning_rate0 / (1 + decay_rate * np.floor(epoch_num / time_interval))
