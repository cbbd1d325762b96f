"""The engine: checked data and a plan, run for a number of epochs per call into the core.

Everything that a training needs of the core is here; what happens between the calls is in loop.py.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from threading import Event
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

import cregnet
import cregnet.reference
from cregnet import Plan, n_moments

from .._support.interrupts import Section
from .._support.threads import MOST_THREADS
from ..data import Targets
from ..models.model import Model
from ..models.state import TrainingState
from .averaging import WeightAverage
from .batches import epoch_order
from .schedules import Horizon, as_schedule
from .settings import StepSettings, build_plan

if TYPE_CHECKING:
    from ..augment.compose import Compose

__all__ = ["BACKENDS", "CoreCall", "Engine", "EpochRun", "Examples"]

Array = NDArray[Any]
Backend = Literal["compiled", "reference"]
BACKENDS: dict[Backend, ModuleType] = {"compiled": cregnet, "reference": cregnet.reference}

CALL_SECONDS = 0.1  # length of a call into the core when epochs are shorter than this
MOST_ORDERS = 1 << 20  # entries of the shuffled orders that one call may hold


@dataclass(frozen=True)
class Examples:
    """Training data in the form that the core takes; only `AugmentedEngine` uses `augment` and `rows`.

    With `rows` the examples are these rows of X; targets and weights have one entry per example.
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
class CoreCall:
    """The core's `network_train` with the arguments that are the same in all calls of a training.

    Attributes
    ----------
    model : Model
        Whose parameters are trained.
    moments : array (n_moments, n_parameters)
        The optimiser's vectors.
    best : array (n_parameters,) or empty
        Receives the parameters of the lowest cost so far, unless it is empty.
    best_cost : array (2,)
        That cost, and the mean cost of the last epoch.
    section : Section
        Ctrl-C noted there stops a call, as `cancel` does when another thread sets it.
    """

    kernels: ModuleType
    plan: Plan
    model: Model
    moments: Array
    best: Array
    best_cost: NDArray[np.float64]
    batch_size: int
    n_threads: int
    section: Section
    cancel: Event | None = None

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C was noted or `cancel` set."""
        return self.section.on or (self.cancel is not None and self.cancel.is_set())

    def train(
        self,
        examples: Examples,
        orders: NDArray[np.int64],
        rates: NDArray[np.float64],
        first_step: int,
        costs: NDArray[np.float64],
    ) -> int:
        """Train for one epoch per row of `rates`, fill in their costs, return how many were completed."""
        n_completed: int = self.kernels.network_train(
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
            self.best,
            self.best_cost,
            costs,
            self.n_threads,
            self.section.with_event(self.cancel),
        )
        return n_completed


@dataclass
class EpochRun:
    """Epochs that are run one after the other, and the outcome.

    Attributes
    ----------
    rates : array (n_epochs, n_batches)
    costs : array (n_epochs,)
        NaN for epochs that were not completed.
    n_completed : int
    mid_epoch : bool
        Whether the run ended within an epoch, so that the parameters belong to none.
    seconds : float
    """

    rates: NDArray[np.float64]
    costs: NDArray[np.float64] = field(init=False)
    n_completed: int = 0
    mid_epoch: bool = False
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.costs = np.full(len(self.rates), np.nan)

    @property
    def complete(self) -> bool:
        """Whether all epochs were completed."""
        return self.n_completed == len(self.costs)


class Engine:
    """Runs epochs of one training; owns the optimiser's moments, the best weights and the epoch count."""

    def __init__(
        self,
        model: Model,
        examples: Examples,
        settings: StepSettings,
        batch_size: int,
        n_epochs: int,
        backend: Backend,
        n_threads: int,
        section: Section,
        cancel: Event | None,
        state: TrainingState | None,
        average: WeightAverage | None,
    ) -> None:
        self.model, self.examples, self.optimizer, self.average = model, examples, settings.optimizer, average
        plan = build_plan(model, settings, examples.n, batch_size)
        self.n_batches = plan.count_batches(examples.n, batch_size)
        self.horizon = Horizon(n_epochs, n_epochs * self.n_batches)
        if state is None:
            moments = np.zeros((n_moments(plan.optimizer), model.parameters.size), model.dtype)
        else:
            moments = state.moments.copy()
        self.core = CoreCall(
            BACKENDS[backend],
            plan,
            model,
            moments,
            model.parameters.copy(),
            np.array([np.inf, np.nan]),
            batch_size,
            min(n_threads, MOST_THREADS),
            section,
            cancel,
        )
        self.epoch = 0 if state is None else state.epoch
        self.mid_epoch = False  # whether the parameters are those within an epoch
        self.first_cost = np.nan
        self.seconds_per_epoch = np.inf

    @property
    def section(self) -> Section:
        """Where Ctrl-C is noted."""
        return self.core.section

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C was noted or `cancel` set."""
        return self.core.stopped

    def epochs_per_call(self) -> int:
        """As many epochs as fill CALL_SECONDS: one at first, then at most ten times as many as before."""
        n = int(CALL_SECONDS / self.seconds_per_epoch)
        return max(1, min(n, MOST_ORDERS // self.examples.n))

    def learning_rates(self, n_epochs: int, scale: float) -> NDArray[np.float64]:
        """Rates of the next epochs times `scale`, one row per epoch and one column per batch."""
        epochs = np.arange(self.epoch, self.epoch + n_epochs)
        steps = epochs[:, None] * self.n_batches + np.arange(self.n_batches)
        schedule = as_schedule(self.optimizer.schedule)
        of_steps = np.broadcast_to(epochs[:, None], steps.shape)
        with self.section.user_code():
            rates = schedule.rates(self.optimizer.learning_rate, of_steps, steps, self.horizon)
        return np.ascontiguousarray(rates * scale, np.float64)

    def orders(self, n_epochs: int) -> NDArray[np.int64]:
        """Shuffled orders, one row per epoch; a full batch keeps the order of the rows."""
        n = self.examples.n
        if self.n_batches == 1:
            return np.empty((n_epochs, 0), np.int64)
        orders = [epoch_order(n, self.model.seed, self.epoch + e) for e in range(n_epochs)]
        return np.stack(orders) if n_epochs > 1 else orders[0][None]

    def run(self, n_epochs: int, scale: float) -> EpochRun:
        """Train for `n_epochs` with the learning rates times `scale`; 1 epoch where weights are averaged.

        Fewer are completed if the cost stops being finite or the engine is `stopped`.
        """
        run = EpochRun(self.learning_rates(n_epochs, scale))
        started = time.perf_counter()
        if self.average is not None:
            self.average.swap_out()
        try:
            self.train_epochs(self.core, run)
        except KeyboardInterrupt:  # raised by a transformation, or by a signal handler of the user
            self.section.set()
        finally:
            self.epoch += run.n_completed
            self.mid_epoch = run.mid_epoch
            if self.average is not None and run.n_completed:
                self.average.add(self.epoch - 1)
            elif self.average is not None:
                self.average.swap_in()
        run.seconds = time.perf_counter() - started
        if np.isnan(self.first_cost):
            self.first_cost = float(self.core.best_cost[0])  # the first call has one epoch: its first batch
        # a call that was too short to time well may be followed by one of ten times as many epochs
        self.seconds_per_epoch = max(run.seconds / n_epochs, CALL_SECONDS / (10 * n_epochs))
        return run

    def train_epochs(self, core: CoreCall, run: EpochRun) -> None:
        """Run the next epochs; fill in costs and `n_completed`."""
        orders, first_step = self.orders(len(run.rates)), self.epoch * self.n_batches
        try:
            run.n_completed = core.train(self.examples, orders, run.rates, first_step, run.costs)
        except BaseException:  # of a signal handler: the costs tell which epochs were completed
            run.n_completed = int(np.isfinite(run.costs).sum())
            raise
        finally:
            run.mid_epoch = not run.complete

    def update_batch_norm(self) -> None:
        """Recompute the batch-norm statistics for the average, if the model shows one without them.

        A pass over the data with learning rates of 0, which changes nothing else. It takes about as long
        as an epoch, so it is done at most once per average, and only before something uses the model.
        """
        average, layout = self.average, self.core.plan.layout
        if average is None or average.has_statistics or layout.weight is None:
            return
        statistics_pass = replace(
            self.core,
            plan=replace(self.core.plan, optimizer="gradient_descent", hyper=(), max_norm=()),
            moments=np.zeros((0, layout.size), self.model.dtype),
            best=self.core.best[:0],
            best_cost=np.array([np.inf, np.nan]),
            cancel=None,  # a training that was cancelled gets the statistics of its average, too
        )
        run = EpochRun(np.zeros((1, self.n_batches)))
        statistics = self.model.parameters[layout.n_trained :]
        mean_of_statistics = statistics.copy()
        statistics[:] = 0
        try:
            self.train_epochs(statistics_pass, run)
        except KeyboardInterrupt:
            self.section.set()
        finally:
            average.has_statistics = run.complete
            if not run.complete:
                statistics[:] = mean_of_statistics  # closer than statistics of a few batches, or of none

    def restore_best(self) -> None:
        """Restore the best weights; reset the moments, which belong to the weights that diverged."""
        self.model.parameters[:] = self.core.best
        self.core.moments[:] = 0

    def state(self, learning_rate_scale: float) -> TrainingState:
        """What a later training needs to resume from here."""
        return TrainingState(self.optimizer.kernel, self.core.moments, self.epoch, learning_rate_scale)
