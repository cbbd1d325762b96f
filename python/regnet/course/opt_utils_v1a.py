"""The optimization notebook (course 2, week 2), editions v1a and v1b: mini-batches, momentum, Adam.

Columns are examples. The functions of the notebook's helper file and those that it asks its reader
to write, with the same names, arguments and results; `model` trains in the compiled engine. In these
editions `compute_cost` sums over a mini-batch, and `model` prints the mean over the epoch. The first
edition is `opt_utils`, that of 2021, which imports this name too, `opt_utils_2021`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet

from .._support.checks import choice, fraction, integer, number
from . import _checks as check
from . import _shapes, _stream
from ._files import load_2D_dataset
from ._layers import (
    Parameters,
    check_gradients,
    forward_propagation,
    initialize,
    layer_keys,
    n_layers_of,
    one_dtype,
    predict,
    predict_dec,
    relu,
    sigmoid,
    total_loss,
)
from ._layers import update_parameters as update_parameters_with_gd
from ._pictures import plot_costs, plot_decision_boundary, scatter
from ._training import Net, check_training, warn_of_divergence
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

Array = NDArray[Any]
Arrays = dict[str, Array]
FIRST_SEED = 11  # of the shuffle before epoch 0; each epoch has the next one
MOST_EPOCHS, MOST_ORDERS = 500, 1 << 20  # of a call into the engine: epochs, and entries of their orders


@check.also_called(layers_dims="layer_dims")
def initialize_parameters(layer_dims: Sequence[int]) -> Arrays:
    """Initial weights for ReLU, ``sqrt(2 / n_before) * randn(n, n_before)``, seed 3, and biases 0.

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
    >>> print(initialize_parameters([2, 4, 1])["W1"].round(2)[0])
    [1.79 0.44]
    """
    return initialize(layer_dims, 3, lambda W, n_in: W * np.sqrt(2 / n_in))


def load_params_and_grads(seed: int = 1) -> tuple[Array, ...]:
    """Random parameters and gradients of two layers, for trying an update.

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
    seed = integer("seed", seed, least=0, most=2**32 - 1)
    _stream.reseed(seed)
    return tuple(_stream.standard_normal(*shape) for shape in ((2, 3), (2, 1), (3, 3), (3, 1)) * 2)


def compute_cost(a3: ArrayLike, Y: ArrayLike) -> Any:
    """Cross-entropy summed over the examples of a mini-batch, to be divided by m after the epoch.

    Parameters
    ----------
    a3 : array-like (1, m)
        Outputs between 0 and 1.
    Y : array-like (1, m)
        Classes, 0 or 1.

    Returns
    -------
    NumPy scalar, float64
        ``sum(-Y log a3 - (1 - Y) log(1 - a3))``. The first edition's is divided by the batch's m.

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
    """Shuffle the examples and cut them into mini-batches, the last one perhaps smaller.

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
        New arrays of at most `mini_batch_size` columns, of the dtypes that X and Y have.

    Raises
    ------
    ValueError
        If X and Y have different numbers of columns, or none.

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
    seed = integer("seed", seed, least=0, most=2**32 - 1)
    _stream.reseed(seed)
    m = inputs.shape[1]
    order = _stream.permutation(m)
    batches = [order[start : start + size] for start in range(0, m, size)]
    return [(inputs[:, batch], targets[:, batch]) for batch in batches]


# ------------------------------------------------------------------------------ updates


def initialize_velocity(parameters: Parameters) -> Arrays:
    """Zeros in the shapes of all gradients.

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
    keys = layer_keys(n_layers_of(parameters))
    arrays = check.matrices("parameters", parameters, keys)
    return {"d" + key: np.zeros(array.shape) for key, array in zip(keys, arrays, strict=True)}


def initialize_adam(parameters: Parameters) -> tuple[Arrays, Arrays]:
    """Zeros in the shapes of all gradients, twice: for the first and the second moment.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., WL, bL.

    Returns
    -------
    v, s : dict
        dW1, db1, ..., dWL, dbL each.

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


def update_parameters_with_momentum(
    parameters: Parameters,
    grads: Mapping[str, Any],
    v: Mapping[str, Any],
    beta: float,
    learning_rate: float,
) -> tuple[Arrays, Arrays]:
    """One step of momentum: ``v = beta v + (1 - beta) dW``, ``W - learning_rate v``.

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
        New ones; the given ones stay as they are.

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
    rows = check_gradients(parameters, grads=grads, v=v)
    new_v = {"d" + key: beta * v_here + (1 - beta) * dW for key, (_, dW, v_here) in rows.items()}
    return {key: W - rate * new_v["d" + key] for key, (W, _, _) in rows.items()}, new_v


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
    ``W - learning_rate v' / (sqrt(s') + epsilon)``.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., WL, bL.
    grads, v, s : dict
        dW1, db1, ..., dWL, dbL of the same shapes.
    t : int
        Number of this step, from 1.
    learning_rate : float
    beta1, beta2 : float
        0 <= beta < 1.
    epsilon : float
        At least 0, outside the root.
    return_corrected : bool
        False: the notebook up to v1b, which returns three dictionaries. True: that of 2021, which
        returns v' and s' too.

    Returns
    -------
    parameters, v, s, and v' and s' if asked for
        New dictionaries; the given ones stay as they are.

    Raises
    ------
    ValueError
        If a key is missing, shapes differ, or a number is out of range.

    Notes
    -----
    The expected output printed in the notebooks up to v1b is that of an epsilon inside the root, against
    the formula that these notebooks give themselves and that is followed here: -1.09245036 for W2[2, 1] of
    the test case, where the formula has -1.09244991.

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
    for key, row in check_gradients(parameters, grads=grads, v=v, s=s).items():
        d = "d" + key
        W, dW, v_here, s_here = one_dtype(row)
        new[key], new_v[d], new_s[d] = W.copy(), v_here.copy(), s_here.copy()
        W_flat, dW_flat, v_flat, s_flat = (a.reshape(-1) for a in (new[key], dW, new_v[d], new_s[d]))
        cregnet.adam(W_flat, dW_flat, v_flat, s_flat, rate, beta1, beta2, epsilon, t)
    if not return_corrected:
        return new, new_v, new_s
    v_corrected = {key: value / (1 - beta1**t) for key, value in new_v.items()}
    return new, new_v, new_s, v_corrected, {key: value / (1 - beta2**t) for key, value in new_s.items()}


# ------------------------------------------------------------------------------ learning rates


def update_lr(learning_rate0: float, epoch_num: int, decay_rate: float) -> float:
    """Inverse time: ``learning_rate0 / (1 + decay_rate * epoch_num)``.

    Parameters
    ----------
    learning_rate0 : float
        Rate at the start.
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


def schedule_lr_decay(
    learning_rate0: float, epoch_num: int, decay_rate: float, time_interval: int = 1000
) -> Any:
    """Inverse time in stairs: ``learning_rate0 / (1 + decay_rate * floor(epoch_num / time_interval))``.

    Parameters
    ----------
    learning_rate0 : float
        Rate at the start.
    epoch_num : int
    decay_rate : float
    time_interval : int
        Epochs of a stair.

    Returns
    -------
    NumPy scalar, float64

    Examples
    --------
    >>> print(schedule_lr_decay(0.5, 10, 0.3, 100), schedule_lr_decay(0.5, 100, 0.3, 100))
    0.5 0.3846153846153846
    """
    return learning_rate0 / (1 + decay_rate * np.floor(epoch_num / time_interval))


# ------------------------------------------------------------------------------ training

Decay = Callable[[float, int, float], float]


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
    """Train three layers on shuffled mini-batches, in the compiled engine; prints means over an epoch.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
        Classes, 0 or 1.
    layers_dims : list of int
        Units of the inputs and of three layers, the last one 1.
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
        Print the cost of epochs 0, 1,000, 2,000, ..., and draw its curve at the end, a point per 100.
    decay : function, optional
        `update_lr`, `schedule_lr_decay` or another one of (learning_rate, epoch, decay_rate). As in the
        notebook it is called after an epoch: epochs 0 and 1 have the same rate.
    decay_rate : float

    Returns
    -------
    dict
        W1, b1, W2, b2, W3, b3 after the last epoch.

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
    An epoch's cost is the mean over its examples, each batch's taken before its update, from logits: it
    is finite where the notebook's becomes infinite or nan because an output is exactly 0 or 1.
    Epoch e is shuffled with seed 11 + e of the legacy stream, and the process-wide one ends where the
    notebook leaves it.

    Examples
    --------
    >>> X, Y = load_dataset(is_plot=False)
    >>> parameters = model(X, Y, [2, 5, 2, 1], "adam", print_cost=False)
    >>> predictions = predict(X, Y, parameters)
    Accuracy: 0.94
    """
    return train(
        X, Y, layers_dims, optimizer, learning_rate, mini_batch_size, beta, beta1, beta2, epsilon,
        num_epochs, print_cost, decay, decay_rate,
    )  # fmt: skip


def train(
    X: ArrayLike,
    Y: ArrayLike,
    layers_dims: Sequence[int],
    optimizer: str,
    learning_rate: float,
    mini_batch_size: int,
    beta: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    num_epochs: int,
    print_cost: bool,
    decay: Decay | None,
    decay_rate: float,
    last_batch: bool = False,
) -> Arrays:
    """What `model` does in each edition; `last_batch` is the first one's way to report costs."""
    inputs, targets = check_training(X, Y, learning_rate, "num_epochs", num_epochs)
    sizes = check.layer_sizes("layers_dims", layers_dims, 3)
    if (sizes[0], sizes[-1]) != (len(inputs), 1):
        raise ValueError(
            f"layers_dims is {sizes} and X has shape {inputs.shape}, wanted [{len(inputs)}, ..., 1]"
        )
    size = integer("mini_batch_size", mini_batch_size, least=1)
    kernel, hyper = check_optimizer(optimizer, beta, beta1, beta2, epsilon)
    number("decay_rate", decay_rate)
    rates = epoch_rates(float(learning_rate), num_epochs, decay, decay_rate)
    net = Net(initialize_parameters(sizes), inputs, targets, kernel, hyper)
    with net.answering_ctrl_c():
        costs = run_epochs(net, rates, size, print_cost, decay is not None, last_batch and print_cost)
    if print_cost:
        plot_costs(costs[::100], "epochs (per 100)", learning_rate)
    return net.dictionary()


def check_optimizer(
    optimizer: str, beta: float, beta1: float, beta2: float, epsilon: float
) -> tuple[str, tuple[float, ...]]:
    """The engine's name of an optimizer, and its numbers."""
    momentum = (fraction("beta", beta, zero=True),)
    adam = (
        fraction("beta1", beta1, zero=True),
        fraction("beta2", beta2, zero=True),
        number("epsilon", epsilon, least=0),
    )
    kinds: dict[str, tuple[str, tuple[float, ...]]] = {
        "gd": ("gradient_descent", ()),
        "momentum": ("momentum", momentum),
        "adam": ("adam", adam),
    }
    return kinds[choice("optimizer", optimizer, kinds)]


def epoch_rates(learning_rate: float, n_epochs: int, decay: Decay | None, decay_rate: float) -> Array:
    """Rates of epochs 0 to n_epochs, the last one for what is printed after the last epoch."""
    rates = np.full(n_epochs + 1, learning_rate)
    if decay is not None:
        if not callable(decay):
            raise TypeError(f"decay is {decay!r}, wanted None or a function such as update_lr")
        rates[1:] = [decay(learning_rate, epoch, decay_rate) for epoch in range(n_epochs)]
        if not np.isfinite(rates).all():
            raise ValueError(f"decay gave a rate of {rates[~np.isfinite(rates)][0]}, wanted finite numbers")
    return rates


def run_epochs(
    net: Net, rates: Array, batch_size: int, print_cost: bool, decays: bool, last_batch: bool
) -> list[float]:
    """Train; the costs of all epochs, printed every 1,000.

    With `last_batch` the cost of epochs 0, 100, 200, ... is that of their last mini-batch.
    """
    m, n_epochs = net.X.shape[1], len(rates) - 1
    n_batches = -(-m // batch_size)
    costs: list[float] = []
    for first, end in pieces(n_epochs, m, 100 if last_batch else None):
        orders = _stream.orders(m, FIRST_SEED + first, end - first)
        if last_batch and end - first == 1:
            found = last_of_epoch(net, float(rates[first]), batch_size, orders[0])
        else:
            here = np.repeat(rates[first:end, None], n_batches, axis=1)
            found = net.run(here, batch_size, orders)
        costs += found.tolist()
        for epoch in range(-(-first // 1000) * 1000, len(costs), 1000) if print_cost else ():
            print(f"Cost after epoch {epoch}: {costs[epoch]:f}")
            if decays:
                print(f"learning rate after epoch {epoch}: {rates[epoch + 1]:f}")
        if net.section.is_set():  # Ctrl-C
            break
        if len(found) < end - first:
            warn_of_divergence("epoch", len(costs), stacklevel=5)
            break
    if costs:  # the process-wide stream as the last epoch's shuffle leaves it
        _stream.reseed(FIRST_SEED + len(costs) - 1)
        _stream.permutation(m)
    return costs


def pieces(n_epochs: int, m: int, alone: int | None) -> Iterator[tuple[int, int]]:
    """First and end of the epochs of each call into the engine; each multiple of `alone` has its own."""
    most = max(1, min(MOST_EPOCHS, MOST_ORDERS // m))
    first = 0
    while first < n_epochs:
        end = min(first + most, n_epochs)
        if alone is not None:
            end = min(end, first + 1 if first % alone == 0 else -(-first // alone) * alone)
        yield first, end
        first = end


def last_of_epoch(net: Net, rate: float, batch_size: int, order: Array) -> Array:
    """Train for one epoch, and return the cost of its last mini-batch before its update."""
    before = (len(order) - 1) // batch_size
    if before:
        rest, order = order[: before * batch_size], order[before * batch_size :]
        if not len(net.run(np.full((1, before), rate), batch_size, rows=rest)):
            return np.empty(0)
    return net.run(np.full((1, 1), rate), batch_size, rows=order)


# ------------------------------------------------------------------------------ data


def load_dataset(is_plot: bool = True) -> tuple[Array, Array]:
    """Two noisy half moons: 300 points from seed 3.

    Parameters
    ----------
    is_plot : bool
        Whether to draw them.

    Returns
    -------
    train_X, train_Y
        X float64 (2, 300), Y int64 (1, 300) of 0 and 1: the numbers of scikit-learn's
        ``make_moons(n_samples=300, noise=0.2)``, which is not needed.

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
    X, Y = _shapes.moons(300, 0.2)
    if is_plot:
        scatter(X, Y)
    return X, Y
