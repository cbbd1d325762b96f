"""Training on mini-batches in the compiled engine: `model` of every edition of the optimization notebook.

Every epoch has its own permutation of the examples, from its own seed, as in the notebook. One call into the
engine trains many epochs, because a call costs more than an epoch of a small network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._support.checks import choice, fraction, integer, number
from . import _stream
from ._parameters import Array, Arrays, he, initialize
from ._pictures import plot_costs
from ._training import Net, check_sizes, check_training, warn_of_divergence

__all__ = ["Decay", "train"]

Decay = Callable[[float, int, float], float]
FIRST_SEED = 11  # of the permutation of epoch 0; each epoch adds 1
# of one call into the engine: epochs, and entries of their permutations
MAX_EPOCHS_PER_CALL, MAX_ENTRIES_PER_CALL = 500, 1 << 20


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
    """`model` of every edition; with `last_batch`, costs are those of last mini-batches, as in 2017."""
    inputs, targets = check_training(X, Y, learning_rate, "num_epochs", num_epochs)
    sizes = check_sizes(layers_dims, inputs, n_layers=3, n_outputs=1)
    batch_size = integer("mini_batch_size", mini_batch_size, least=1)
    engine_optimizer = check_optimizer(optimizer, beta, beta1, beta2, epsilon)
    number("decay_rate", decay_rate)
    rates = epoch_rates(float(learning_rate), num_epochs, decay, decay_rate)
    net = Net(initialize(sizes, 3, he), inputs, targets, *engine_optimizer)
    with net.interruptible():
        costs = run_epochs(net, rates, batch_size, print_cost, decay is not None, last_batch and print_cost)
    if print_cost:
        plot_costs(costs[::100], "epochs (per 100)", learning_rate)
    return net.dictionary()


def check_optimizer(
    optimizer: str, beta: float, beta1: float, beta2: float, epsilon: float
) -> tuple[str, tuple[float, ...]]:
    """The engine's name of an optimizer, and its hyper-parameters; raise if one of them is out of range."""
    momentum = (fraction("beta", beta, zero=True),)
    adam = (
        fraction("beta1", beta1, zero=True),
        fraction("beta2", beta2, zero=True),
        number("epsilon", epsilon, least=0),
    )
    optimizers: dict[str, tuple[str, tuple[float, ...]]] = {
        "gd": ("gradient_descent", ()),
        "momentum": ("momentum", momentum),
        "adam": ("adam", adam),
    }
    return optimizers[choice("optimizer", optimizer, optimizers)]


def epoch_rates(learning_rate: float, n_epochs: int, decay: Decay | None, decay_rate: float) -> Array:
    """Learning rates of epochs 0 to n_epochs; the last one is only printed, after the last epoch."""
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
    """Train, print every 1,000th cost, and return the costs of the completed epochs.

    With `last_batch` the cost of epochs 0, 100, 200, ... is that of their last mini-batch.
    """
    m, n_epochs = net.X.shape[1], len(rates) - 1
    n_batches = -(-m // batch_size)
    costs: list[float] = []
    for first, end in epochs_per_call(n_epochs, m, 100 if last_batch else None):
        orders = _stream.epoch_permutations(m, FIRST_SEED + first, end - first)
        if last_batch and end - first == 1:
            new_costs = train_epoch(net, float(rates[first]), batch_size, orders[0])
        else:
            batch_rates = np.repeat(rates[first:end, None], n_batches, axis=1)
            new_costs = net.run(batch_rates, batch_size, orders)
        costs += new_costs.tolist()
        for epoch in range(-(-first // 1000) * 1000, len(costs), 1000) if print_cost else ():
            print(f"Cost after epoch {epoch}: {costs[epoch]:f}")
            if decays:
                print(f"learning rate after epoch {epoch}: {rates[epoch + 1]:f}")
        if net.section.is_set():  # Ctrl-C
            break
        if len(new_costs) < end - first:
            warn_of_divergence("epoch", len(costs), stacklevel=5)
            break
    if costs:  # later cells of the notebook draw from where its last shuffle leaves the stream
        _stream.reseed(FIRST_SEED + len(costs) - 1)
        _stream.permutation(m)
    return costs


def epochs_per_call(n_epochs: int, m: int, alone: int | None) -> Iterator[tuple[int, int]]:
    """Ranges (start, end) of epochs, one per call into the engine; each multiple of `alone` is a range."""
    most = max(1, min(MAX_EPOCHS_PER_CALL, MAX_ENTRIES_PER_CALL // m))
    first = 0
    while first < n_epochs:
        end = min(first + most, n_epochs)
        if alone is not None:
            end = min(end, first + 1 if first % alone == 0 else -(-first // alone) * alone)
        yield first, end
        first = end


def train_epoch(net: Net, rate: float, batch_size: int, order: Array) -> Array:
    """Train for one epoch, and return the cost of its last mini-batch, taken before the update."""
    before = (len(order) - 1) // batch_size
    if before:
        rest, order = order[: before * batch_size], order[before * batch_size :]
        if not len(net.run(np.full((1, before), rate), batch_size, rows=rest)):
            return np.empty(0)
    return net.run(np.full((1, 1), rate), batch_size, rows=order)
