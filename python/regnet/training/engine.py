"""The engine: checked data and a plan, run for a number of epochs per call into the core.

Everything that a training needs of the core is here; what happens between calls is in loop.py.
"""

from __future__ import annotations

import time
from copy import copy
from dataclasses import dataclass, replace
from threading import Event
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

import cregnet
import cregnet.reference
from cregnet import Plan, n_moments

from .._support.checks import fraction, number, shown
from .._support.interrupts import Section
from ..data import Targets
from ..data.losses import SQUARED
from ..models.model import Model
from ..models.penalties import Penalty, as_penalty
from ..models.state import TrainingState
from .averaging import WeightAverage
from .batches import epoch_order
from .optimizers import Optimizer, as_optimizer
from .schedules import Horizon, as_schedule

if TYPE_CHECKING:
    from ..augment.transforms import Compose

__all__ = ["BACKENDS", "Engine", "Examples", "Rule", "build_plan", "check_rule"]

Array = NDArray[Any]
Backend = Literal["compiled", "reference"]
BACKENDS: dict[Backend, ModuleType] = {"compiled": cregnet, "reference": cregnet.reference}

CALL_SECONDS = 0.1  # length of a call into the core when epochs are shorter than this
MOST_ORDERS = 1 << 20  # entries of the shuffled orders that one call may hold
MOST_THREADS = (1 << 31) - 1  # a C int; the core uses no more than a step can keep busy


@dataclass(frozen=True)
class Examples:
    """Training data as the core takes them; `augment` and `rows` are for `AugmentedEngine` alone.

    With `rows` the examples are these rows of X; targets and weights are those of the examples.
    """

    X: Array
    targets: Targets
    weight: Array
    masks: list[Array | None] | None
    augment: Compose | None = None
    rows: NDArray[np.int64] | None = None

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.X if self.rows is None else self.rows)


@dataclass(frozen=True)
class Rule:
    """How a step is made of a batch: what is minimised, what bounds the gradient, and who steps."""

    optimizer: Optimizer
    penalty: Penalty
    label_smoothing: float = 0.0
    clip_norm: float = 0.0
    clip_value: float = 0.0


def check_rule(
    model: Model,
    optimizer: Optimizer | None,
    penalty: Penalty | None,
    label_smoothing: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
) -> Rule:
    """The arguments of `train` that make the rule, checked."""
    rule = Rule(
        as_optimizer(optimizer),
        as_penalty(penalty),
        fraction("label_smoothing", label_smoothing, zero=True),
        0.0 if clip_norm is None else number("clip_norm", clip_norm, above=0),
        0.0 if clip_value is None else number("clip_value", clip_value, above=0),
    )
    if rule.label_smoothing and model.loss == SQUARED:
        raise ValueError(
            f"label_smoothing is {label_smoothing!r} and the loss is {model.loss!r}, wanted a cross-entropy"
        )
    if rule.penalty.on_gates and not any(layer.gates and layer.penalty is None for layer in model.layers):
        raise ValueError(
            f"penalty is {shown(rule.penalty)} and no layer has gates for L0 (and no penalty of its own), "
            "wanted gates=True in some layer"
        )
    return rule


def build_plan(model: Model, rule: Rule, n: int, batch_size: int) -> Plan:
    """Layers, penalties and the rule of a step as one record: the only place where they come together.

    A layer's own penalty takes the place of the rule's, on its weights and on its gates.
    """
    penalties = [rule.penalty if layer.penalty is None else layer.penalty for layer in model.layers]
    each = [penalty.coefficients(n, batch_size) for penalty in penalties]
    plan = model.plan
    return replace(
        plan,
        l1=tuple(c.l1 for c in each[1:]),
        l2=tuple(c.l2 for c in each[1:]),
        proximal=tuple(c.proximal for c in each[1:]),
        l0=tuple(c.l0 if gated else 0.0 for c, gated in zip(each[:-1], plan.gates, strict=True)),
        optimizer=rule.optimizer.kernel,
        hyper=rule.optimizer.hyper,
        smoothing=rule.label_smoothing,
        clip_norm=rule.clip_norm,
        clip_value=rule.clip_value,
    )


class Engine:
    """Runs epochs of one training and keeps the optimiser's moments and the best weights so far."""

    def __init__(
        self,
        model: Model,
        examples: Examples,
        rule: Rule,
        batch_size: int,
        n_epochs: int,
        backend: Backend,
        state: TrainingState | None,
        n_threads: int,
    ) -> None:
        n = examples.n
        self.model, self.examples, self.optimizer = model, examples, rule.optimizer
        self.plan = build_plan(model, rule, n, batch_size)
        self.batch_size = batch_size
        self.n_batches = self.plan.count_batches(n, batch_size)
        self.kernels, self.n_threads = BACKENDS[backend], min(n_threads, MOST_THREADS)
        self.horizon = Horizon(n_epochs, n_epochs * self.n_batches)
        self.epoch = 0 if state is None else state.epoch
        if state is None:
            self.moments = np.zeros((n_moments(self.plan.optimizer), model.parameters.size), model.dtype)
        else:
            self.moments = state.moments.copy()
        self.best = model.parameters.copy()
        self.best_cost = np.array([np.inf, np.nan])
        self.first_cost = np.nan
        self.learning_rate_scale = 1.0 if state is None else state.learning_rate_scale
        self.average: WeightAverage | None = None
        self.section = Section()
        self.cancel: Event | None = None
        self.midway = False  # whether the weights are those in the midst of an epoch
        self.seconds_per_epoch = np.inf

    def watch(self, section: Section, cancel: Event | None) -> None:
        """Stop when Ctrl-C is noted in a section, and when another thread sets `cancel`."""
        self.section, self.cancel = section, section.with_event(cancel)

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C was noted or `cancel` set."""
        return self.section.on or (self.cancel is not None and self.cancel.is_set())

    def epochs_per_call(self) -> int:
        """As many epochs as fill CALL_SECONDS: one at first, then at most ten times as many as before."""
        n = int(CALL_SECONDS / self.seconds_per_epoch)
        return max(1, min(n, MOST_ORDERS // self.examples.n))

    def learning_rates(self, n_epochs: int) -> NDArray[np.float64]:
        """Rates of the next epochs, one row per epoch and one column per batch; callbacks scale them."""
        epochs = np.arange(self.epoch, self.epoch + n_epochs)
        steps = epochs[:, None] * self.n_batches + np.arange(self.n_batches)
        schedule = as_schedule(self.optimizer.schedule)
        of_steps = np.broadcast_to(epochs[:, None], steps.shape)
        with self.section.open():
            rates = schedule.rates(self.optimizer.learning_rate, of_steps, steps, self.horizon)
        return np.ascontiguousarray(rates * self.learning_rate_scale, np.float64)

    def orders(self, n_epochs: int) -> NDArray[np.int64]:
        """Shuffled orders, one row per epoch; a full batch is taken as it lies."""
        n = self.examples.n
        if self.n_batches == 1:
            return np.empty((n_epochs, 0), np.int64)
        orders = [epoch_order(n, self.model.seed, self.epoch + e) for e in range(n_epochs)]
        return np.stack(orders) if n_epochs > 1 else orders[0][None]

    def run(self, n_epochs: int) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Train for `n_epochs`; return costs and rates of those completed, and the seconds it took.

        Where weights are averaged, n_epochs is 1. Fewer are completed when the cost is no longer finite
        and when the engine is `stopped`.
        """
        rates = self.learning_rates(n_epochs)
        costs = np.full(n_epochs, np.nan)
        started = time.perf_counter()
        if self.average is not None:
            self.average.hide()
        try:
            self.train_epochs(rates, costs)
        except KeyboardInterrupt:  # in a transformation, or of a handler of the user's own
            self.section.set()
        finally:
            done = int(np.isfinite(costs).sum())
            self.epoch += done
            self.midway = self.midway and done < n_epochs
            if self.average is not None and done:
                self.average.add(self.epoch - 1)
            elif self.average is not None:
                self.average.show()
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
        self.midway = True
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
            self.cancel,
        )

    def settle(self) -> None:
        """Where the model shows an average, make its batch-norm statistics those of the average.

        One epoch in which nothing else moves: every rate is 0. It costs an epoch, so it is done only for
        who looks at the model, and once for the same average.
        """
        average, places = self.average, self.plan.layout
        if average is None or average.settled or places.weight is None:
            return
        still = copy(self)
        still.plan = replace(self.plan, optimizer="gradient_descent", hyper=(), max_norm=())
        still.moments, still.best = np.zeros((0, places.size), self.model.dtype), self.best[:0]
        still.best_cost = np.array([np.inf, np.nan])
        still.watch(self.section, None)
        statistics = self.model.parameters[places.n_trained :]
        mean_of_statistics = statistics.copy()
        statistics[:] = 0
        cost = np.full(1, np.nan)
        try:
            still.train_epochs(np.zeros((1, self.n_batches)), cost)
        except KeyboardInterrupt:
            self.section.set()
        finally:
            average.settled = bool(np.isfinite(cost[0]))
            if not average.settled:
                statistics[:] = mean_of_statistics  # nearer to the truth than a few batches, or none

    def set_back(self) -> None:
        """Go back to the best weights; the moments that led away from them are forgotten."""
        self.model.parameters[:] = self.best
        self.moments[:] = 0

    def state(self) -> TrainingState:
        """What a later training needs to go on from here."""
        return TrainingState(self.optimizer.kernel, self.moments, self.epoch, self.learning_rate_scale)
