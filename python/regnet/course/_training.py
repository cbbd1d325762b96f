"""The notebooks' training loops, run by the compiled engine.

The engine's parameters are one vector, W1, b1, W2, b2, ..., each row by row; a notebook's are a dictionary.
One call into the engine runs the iterations from one recorded cost to the next. After Ctrl-C, `model` raises
a KeyboardInterrupt whose attribute `result` holds the parameters so far.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet
from cregnet import Plan, n_moments

from .._support.checks import integer, number
from .._support.interrupts import Section
from .._support.threads import resolve_threads
from ..training.loop import DivergenceWarning
from . import _checks as check

__all__ = ["Net", "check_sizes", "check_training", "descend", "flatten", "unflatten", "warn_of_divergence"]

Array = NDArray[Any]


def flatten(parameters: Mapping[str, Array]) -> NDArray[np.float64]:
    """The arrays of a dictionary, in its order, as one new vector."""
    return np.concatenate([np.ravel(a) for a in parameters.values()]).astype(np.float64)


def unflatten(vector: Array, like: Mapping[str, Array]) -> dict[str, Array]:
    """A vector as a dictionary of new arrays with the keys and shapes of `like`."""
    arrays, start = {}, 0
    for key, array in like.items():
        size = int(np.size(array))
        arrays[key] = vector[start : start + size].reshape(np.shape(array)).copy()
        start += size
    return arrays


def check_training(
    X: ArrayLike, Y: ArrayLike, learning_rate: float, name: str, n: int, n_outputs: int = 1
) -> tuple[Array, Array]:
    """X (n_features, m) and Y (n_outputs, m) as finite float64; raise if an argument is invalid.

    `name` and `n` are the name and value of the number of iterations or epochs.
    """
    number("learning_rate", learning_rate, above=0)
    integer(name, n, least=0)
    inputs, targets = check.inputs_and_labels(X, Y, "Y")
    if len(targets) != n_outputs:
        wanted = f"({n_outputs}, {inputs.shape[1]})"
        raise ValueError(f"{check.describe_shapes('Y', targets, 'X', inputs)}, wanted Y of shape {wanted}")
    for argument, array in (("X", inputs), ("Y", targets)):
        if not np.isfinite(array).all():
            raise ValueError(f"{argument} has values that are not finite, wanted numbers alone")
    return inputs.astype(np.float64), targets.astype(np.float64)


def check_sizes(
    layers_dims: Sequence[int], X: Array, n_layers: int | None = None, n_outputs: int | None = None
) -> list[int]:
    """The argument `layers_dims` as a list; raise unless it matches X, and the other numbers if given."""
    sizes = check.layer_sizes("layers_dims", layers_dims, n_layers)
    if sizes[0] != len(X) or n_outputs not in (None, sizes[-1]):
        wanted = f"[{len(X)}, ...]" if n_outputs is None else f"[{len(X)}, ..., {n_outputs}]"
        raise ValueError(f"layers_dims is {sizes} and X has shape {X.shape}, wanted {wanted}")
    return sizes


@dataclass
class Net:
    """A network of the course in the engine: ReLU layers, then a sigmoid layer, float64.

    `parameters` holds the initial values, `vector` the current ones.
    """

    parameters: dict[str, Array]
    X: Array
    Y: Array
    optimizer: str = "gradient_descent"
    hyperparameters: tuple[float, ...] = ()
    l2: float = 0.0
    keep_prob: float = 1.0
    masks: Sequence[Array | None] | None = None

    def __post_init__(self) -> None:
        weights = [a for key, a in self.parameters.items() if key.startswith("W")]
        n_layers = len(weights)
        self.plan = Plan(
            sizes=(weights[0].shape[1], *(len(W) for W in weights)),
            activations=("relu",) * (n_layers - 1) + ("sigmoid",),
            loss="binary_cross_entropy",
            keep_prob=(1.0,) + (self.keep_prob,) * (n_layers - 1),
            l1=(0.0,) * n_layers,
            l2=(self.l2,) * n_layers,
            optimizer=self.optimizer,
            hyper=self.hyperparameters,
        )
        self.vector = flatten(self.parameters)
        self.moments = np.zeros((n_moments(self.optimizer), self.vector.size))
        self.rows, self.targets = (np.ascontiguousarray(a.T) for a in (self.X, self.Y))
        self.steps = 0
        self.section = Section()

    def dictionary(self) -> dict[str, Array]:
        """The current parameters, as new arrays."""
        return unflatten(self.vector, self.parameters)

    @contextmanager
    def interruptible(self) -> Iterator[Section]:
        """Context in which Ctrl-C stops the engine, then raises a KeyboardInterrupt with the parameters."""
        with Section() as self.section:
            try:
                yield self.section
            finally:
                self.section.result = self.dictionary()
                self.section.acknowledge()

    def run(
        self, rates: Array, batch_size: int, orders: Array | None = None, rows: Array | None = None
    ) -> NDArray[np.float64]:
        """Train for one epoch per row of `rates` (n_epochs, n_batches); return the costs of completed epochs.

        `orders` has one permutation of the examples per epoch. If `rows` is given, train on these examples
        only, in this order.
        """
        costs = np.full(len(rates), np.nan)
        no_labels, unused = np.empty(0, np.int32), np.empty(0)
        done = cregnet.network_train(
            self.plan,
            self.vector,
            self.moments,
            self.rows if rows is None else self.rows[rows],
            self.targets if rows is None else self.targets[rows],
            no_labels,
            unused,
            np.empty((len(rates), 0), np.int64) if orders is None else orders,
            rates,
            batch_size,
            self.steps,
            self.masks,
            unused,
            np.array([np.inf, np.nan]),
            costs,
            resolve_threads(None),
            self.section.with_event(None),
        )
        self.steps += done * rates.shape[1]
        return costs[:done]


def warn_of_divergence(what: str, number: int, stacklevel: int = 4) -> None:
    """Warn that a training ended early; the default stacklevel is the line that calls `model`."""
    warnings.warn(
        f"the cost stopped being finite in {what} {number}, and the training with it; the parameters are "
        "those it had then (a smaller learning_rate may help)",
        DivergenceWarning,
        stacklevel=stacklevel,
    )


def recording_intervals(n: int, every: int, last: bool) -> Iterator[tuple[int, int]]:
    """Ranges (start, end) of the iterations between two recorded costs.

    With `last` the last iteration is a range of its own, so that a cost is recorded before it.

    >>> list(recording_intervals(5, 2, last=False)), list(recording_intervals(4, 2, last=True))
    ([(0, 2), (2, 4), (4, 5)], [(0, 2), (2, 3), (3, 4)])
    """
    for start in range(0, n, every):
        end = min(start + every, n)
        if last and end == n and start < n - 1:
            yield start, n - 1
            start = n - 1
        yield start, end


def descend(
    net: Net,
    learning_rate: float,
    num_iterations: int,
    every: int,
    record: Callable[[int, dict[str, Array]], None] | None,
    last: bool = False,
) -> dict[str, Array]:
    """Full-batch gradient descent; return the trained parameters.

    Calls ``record(iteration, parameters)`` before iterations 0, every, 2 every, ..., and with `last` also
    before the last one.
    """
    m = net.X.shape[1]
    with net.interruptible() as section:
        for start, end in recording_intervals(num_iterations, every, last):
            if record is not None:
                with section.user_code():
                    record(start, net.dictionary())
            rates = np.full((end - start, 1), float(learning_rate))
            done = len(net.run(rates, m))
            if section.is_set():
                break
            if done < len(rates):
                warn_of_divergence("iteration", start + done)
                break
    return net.dictionary()
