"""The engine: checked data and a plan, run for a number of epochs per call into the core.

Everything that a training needs of the core is here; what happens between calls is in training.py.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import cregnet
import cregnet.reference
from cregnet import Plan, n_moments

from .augment import Compose
from .averaging import WeightAverage
from .batches import epoch_order
from .data import Targets
from .model import Model, TrainingState
from .optimizers import Optimizer
from .penalties import Penalty
from .schedules import Horizon, as_schedule

__all__ = ["BACKENDS", "Engine", "Examples"]

Array = NDArray[Any]
BACKENDS: dict[str, ModuleType] = {"compiled": cregnet, "reference": cregnet.reference}

CALL_SECONDS = 0.1  # length of a call into the core when epochs are shorter than this
MOST_ORDERS = 1 << 20  # entries of the shuffled orders that one call may hold


@dataclass(frozen=True)
class Examples:
    """Training data as the core takes them; `augment` is for `AugmentedEngine` alone."""

    X: Array
    targets: Targets
    weight: Array
    masks: list[Array | None] | None
    augment: Compose | None = None


def build_plan(model: Model, optimizer: Optimizer, penalty: Penalty, n: int, batch_size: int) -> Plan:
    """Layers, penalty and optimiser as one record: the only place where they come together."""
    l1, l2 = penalty.coefficients(n, batch_size)
    n_layers = len(model.activations)
    return replace(
        model.plan,
        l1=(l1,) * n_layers,
        l2=(l2,) * n_layers,
        optimizer=optimizer.kernel,
        hyper=optimizer.hyper,
    )


class Engine:
    """Runs epochs of one training and keeps the optimiser's moments and the best weights so far."""

    def __init__(
        self,
        model: Model,
        examples: Examples,
        optimizer: Optimizer,
        penalty: Penalty,
        batch_size: int,
        n_epochs: int,
        backend: str,
        state: TrainingState | None,
        n_threads: int,
    ) -> None:
        n = len(examples.X)
        self.model, self.examples, self.optimizer = model, examples, optimizer
        self.batch_size, self.n_batches = batch_size, -(-n // batch_size)
        self.plan = build_plan(model, optimizer, penalty, n, batch_size)
        self.kernels, self.n_threads = BACKENDS[backend], n_threads
        self.horizon = Horizon(n_epochs, n_epochs * self.n_batches)
        self.epoch = 0 if state is None else state.epoch
        if state is None:
            self.moments = np.zeros((n_moments(optimizer.kernel), model.parameters.size), model.dtype)
        else:
            self.moments = state.moments.copy()
        self.best = model.parameters.copy()
        self.best_cost = np.array([np.inf, np.nan])
        self.first_cost = np.nan
        self.learning_rate_scale = 1.0 if state is None else state.learning_rate_scale
        self.average: WeightAverage | None = None
        self.interrupted = False
        self.seconds_per_epoch = np.inf

    def epochs_per_call(self) -> int:
        """As many epochs as fill CALL_SECONDS: one at first, then at most ten times as many as before."""
        n = int(CALL_SECONDS / self.seconds_per_epoch)
        return max(1, min(n, MOST_ORDERS // len(self.examples.X)))

    def learning_rates(self, n_epochs: int) -> NDArray[np.float64]:
        """Rates of the next epochs, one row per epoch and one column per batch; callbacks scale them."""
        epochs = np.arange(self.epoch, self.epoch + n_epochs)
        steps = epochs[:, None] * self.n_batches + np.arange(self.n_batches)
        schedule = as_schedule(self.optimizer.schedule)
        rates = schedule.rates(
            self.optimizer.learning_rate, np.broadcast_to(epochs[:, None], steps.shape), steps, self.horizon
        )
        return np.ascontiguousarray(rates * self.learning_rate_scale, np.float64)

    def orders(self, n_epochs: int) -> NDArray[np.int64]:
        """Shuffled orders, one row per epoch; a full batch is taken as it lies."""
        n = len(self.examples.X)
        if self.n_batches == 1:
            return np.empty((n_epochs, 0), np.int64)
        return np.stack([epoch_order(n, self.model.seed, self.epoch + e) for e in range(n_epochs)])

    def run(self, n_epochs: int) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Train for `n_epochs`; return costs and rates of those completed, and the seconds it took.

        Where weights are averaged, n_epochs is 1. Fewer are completed when the cost is no longer finite,
        and on Ctrl-C, which sets `interrupted`.
        """
        rates = self.learning_rates(n_epochs)
        costs = np.full(n_epochs, np.nan)
        started = time.perf_counter()
        if self.average is not None:
            self.average.hide()
        try:
            self.train_epochs(rates, costs)
        except KeyboardInterrupt:
            self.interrupted = True
        done = int(np.isfinite(costs).sum())
        self.epoch += done
        if self.average is not None and done:
            self.average.add(self.epoch - 1)
        seconds = time.perf_counter() - started
        if np.isnan(self.first_cost):
            self.first_cost = float(self.best_cost[0])  # the first call has one epoch: its first batch
        # a call that was too short to time well may be followed by one of ten times as many epochs
        self.seconds_per_epoch = max(seconds / n_epochs, CALL_SECONDS / (10 * n_epochs))
        return costs[:done], rates[:done, 0], seconds

    def train_epochs(self, rates: NDArray[np.float64], costs: NDArray[np.float64]) -> None:
        """Fill in the costs of the next epochs; those not completed stay NaN."""
        orders, first_step = self.orders(len(rates)), self.epoch * self.n_batches
        self.call(self.examples, orders, rates, first_step, self.best, self.best_cost, costs)

    def call(
        self,
        examples: Examples,
        orders: NDArray[np.int64],
        rates: NDArray[np.float64],
        first_step: int,
        best: Array,
        best_cost: NDArray[np.float64],
        costs: NDArray[np.float64],
    ) -> None:
        """One call into the core."""
        self.kernels.network_train(
            self.plan,
            self.model.parameters,
            self.moments,
            examples.X,
            examples.targets.Y,
            examples.targets.labels,
            examples.weight,
            orders,
            rates,
            self.batch_size,
            first_step,
            examples.masks,
            best,
            best_cost,
            costs,
            self.n_threads,
        )

    def set_back(self) -> None:
        """Go back to the best weights; the moments that led away from them are forgotten."""
        self.model.parameters[:] = self.best
        self.moments[:] = 0

    def state(self) -> TrainingState:
        """What a later training needs to go on from here."""
        return TrainingState(self.optimizer.kernel, self.moments, self.epoch, self.learning_rate_scale)
