"""`find_learning_rate`: the learning-rate range test of Smith (2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cregnet import Plan, n_moments
from cregnet.spec import OptimizerName

from .._support.checks import choice, fraction, integer, number
from .._support.interrupts import ON_INTERRUPT, Section
from .._support.keywords import suggests_keywords
from .._support.threads import MOST_THREADS, resolve_threads
from ..data import weigh_classes
from ..models.model import Model, check_model
from ..models.penalties import Penalty
from ..training.arguments import check_examples
from ..training.averaging import exponential_average
from ..training.batches import epoch_order, resolve_batch_size
from ..training.engine import BACKENDS, CoreCall, Examples
from ..training.optimizers import Optimizer
from ..training.settings import build_plan, check_step_settings

__all__ = ["LearningRateRange", "find_learning_rate"]

DIVERGED = 3.0  # a rise above the lowest point by this many times the initial cost ends the test

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class LearningRateRange:
    """What `find_learning_rate` returns.

    Attributes
    ----------
    rates : array (n,)
        Learning rates tried, ascending; fewer than asked for if the cost diverged.
    costs : array (n,)
        Cost of the batch before the step at that rate, penalty included.
    smoothed : array (n,)
        Their exponentially weighted average, corrected for its bias.
    suggestion : float or None
        The rate at which the cost falls most steeply, without the noise of the batches; None if it does
        not fall.
    """

    rates: Curve
    costs: Curve
    smoothed: Curve
    suggestion: float | None

    def __repr__(self) -> str:
        tried = f"{len(self.rates)} rates"
        if len(self.rates):
            tried += f" from {self.rates[0]:.3g} to {self.rates[-1]:.3g}"
        found = "none" if self.suggestion is None else f"{self.suggestion:.3g}"
        return f"LearningRateRange({tried}, suggestion {found})"

    def plot(self, ax: Any = None) -> Any:
        """Cost against learning rate, the suggestion marked.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; the current axes when not given.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from ..plotting.search import plot_rates

        return plot_rates(self.rates, self.costs, self.smoothed, self.suggestion, ax)


@suggests_keywords
def find_learning_rate(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    n_steps: int = 100,
    smoothing: float = 0.8,
    batch_size: int | Literal["auto"] | None = "auto",
    optimizer: Optimizer | OptimizerName | None = None,
    penalty: Penalty | None = None,
    label_smoothing: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    sample_weight: ArrayLike | None = None,
    class_weight: Mapping[Any, float] | str | None = None,
    n_threads: int | None = None,
    on_interrupt: str = "raise",
) -> LearningRateRange:
    """Train a copy of a model at rising rates to find where the cost falls and where it diverges.

    Parameters
    ----------
    model : Model
        It is not changed.
    X : array-like (n_samples, n_features)
    y : array-like (n_samples,) or (n_samples, n_outputs)
        As for `train`.
    lowest, highest : float
        ``0 < lowest < highest``: the rates of the first and the last step. They rise exponentially.
    n_steps : int
        Number of steps, at least 10; each has its own batch.
    smoothing : float
        beta of `exponential_average`, ``0 <= smoothing < 1``.
    optimizer : Optimizer or str, optional
        As for `train`; its learning rate and schedule are ignored.
    batch_size, penalty, label_smoothing, clip_norm, clip_value, sample_weight, class_weight, n_threads
        As for `train`.
    on_interrupt : {"raise", "return"}
        Whether Ctrl-C raises KeyboardInterrupt or returns the rates tried so far.

    Returns
    -------
    LearningRateRange
        With `rates`, `costs`, `smoothed`, `suggestion` and `plot`.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong; the message names it.
    KeyboardInterrupt
        On Ctrl-C, with the rates tried so far as its attribute `result` (as `train`), unless
        `on_interrupt` is "return".

    Notes
    -----
    Smith 2017, "Cyclical learning rates", section 3.3, with rates that rise exponentially. The test
    measures the change that the steps make: the cost of each batch minus its cost with the initial
    weights and the same dropout masks, smoothed. The costs themselves vary from batch to batch by more
    than a low rate changes them. The test ends when the change rises above its lowest point by three
    times the initial cost, or a cost is not finite. Divergence is expected, so there is no warning. The
    suggestion is a starting point, not an optimum: look at the picture.

    Examples
    --------
    >>> import regnet as rn
    >>> X, y, _, _ = rn.datasets.make_football()
    >>> model = rn.Model.mlp([2, 20, 3, 1], seed=3)
    >>> found = find_learning_rate(model, X, y, optimizer=rn.Adam())
    >>> 1e-4 < found.suggestion < 1
    True
    """
    check_model(model, X, y)
    lowest, highest = number("lowest", lowest, above=0), number("highest", highest, above=0)
    if lowest >= highest:
        raise ValueError(f"lowest is {lowest!r} and highest is {highest!r}, wanted lowest < highest")
    integer("n_steps", n_steps, least=10)
    fraction("smoothing", smoothing, zero=True)
    choice("on_interrupt", on_interrupt, ON_INTERRUPT)
    settings = check_step_settings(model, optimizer, penalty, label_smoothing, clip_norm, clip_value)
    threads = resolve_threads(n_threads)
    examples, _ = check_examples(model, X, y, None, sample_weight)
    weight = weigh_classes(class_weight, examples.weight, examples.targets, model.dtype)
    batch_size = resolve_batch_size(batch_size, examples.n, any(model.plan.batch_norm))
    examples, plan = replace(examples, weight=weight), build_plan(model, settings, examples.n, batch_size)
    with Section(on_interrupt) as section:
        trained, untrained = (core_call(model.copy(), plan, batch_size, threads, section) for _ in range(2))
        rates = rising_rates(lowest, highest, n_steps)
        pairs = batch_costs(trained, untrained, examples, rates)
        found = section.result = learning_rate_range(*pairs, lowest, highest, n_steps, smoothing)
        section.acknowledge()
    return found


def learning_rate_range(
    costs: Curve, initial: Curve, lowest: float, highest: float, n_steps: int, smoothing: float
) -> LearningRateRange:
    """The result, from the costs of the steps and of the same batches with the initial weights."""
    change = exponential_average(costs - initial, smoothing)
    rise = change - np.minimum.accumulate(change)
    over = np.flatnonzero(rise > DIVERGED * np.mean(initial)) if len(rise) else rise
    n = int(over[0]) + 1 if over.size else len(costs)
    rates = rising_rates(lowest, highest, n_steps)[:n]
    smoothed = exponential_average(costs[:n], smoothing)
    return LearningRateRange(rates, costs[:n], smoothed, steepest(rates, change[:n]))


def core_call(model: Model, plan: Plan, batch_size: int, n_threads: int, section: Section) -> CoreCall:
    """Calls into the core that train a model and do not keep its best weights."""
    return CoreCall(
        BACKENDS["compiled"],
        plan,
        model,
        moments=np.zeros((n_moments(plan.optimizer), model.parameters.size), model.dtype),
        best=model.parameters[:0],
        best_cost=np.array([np.inf, np.nan]),
        batch_size=batch_size,
        n_threads=min(n_threads, MOST_THREADS),
        section=section,
    )


def rising_rates(lowest: float, highest: float, n_steps: int) -> Curve:
    """Rates from the lowest to the highest, equal steps of the logarithm."""
    return lowest * (highest / lowest) ** (np.arange(n_steps) / (n_steps - 1))


def batch_costs(
    trained: CoreCall, untrained: CoreCall, examples: Examples, rates: Curve
) -> tuple[Curve, Curve]:
    """Costs of each step's batch before the step, and with the initial weights; one step per rate.

    Both end before the first cost that is not finite, or at Ctrl-C.
    """
    n, size, section = examples.n, trained.batch_size, trained.section
    n_batches = n // size  # a smaller last batch is left out: its cost is noisier
    in_order, no_order = np.arange(n), np.empty((1, 0), np.int64)
    costs: list[tuple[float, float]] = []
    for step, rate in enumerate(rates):
        epoch, number_of_batch = divmod(step, n_batches)
        if number_of_batch == 0:
            order = epoch_order(n, trained.model.seed, epoch) if n_batches > 1 else in_order
        if n_batches > 1 or step == 0:
            batch = select(examples, order[number_of_batch * size :][:size])
        pair, n_completed = np.empty((2, 1)), 0
        try:
            for core, scale, cost in zip((trained, untrained), (1.0, 0.0), pair, strict=True):
                n_completed += core.train(batch, no_order, np.full((1, 1), scale * rate), step, cost)
        except KeyboardInterrupt:  # raised by a signal handler of the user
            section.set()
        if section.is_set() or n_completed < 2:  # not finite
            break
        costs.append((pair[0, 0], pair[1, 0]))
    both = np.array(costs, np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def select(examples: Examples, rows: NDArray[np.int64]) -> Examples:
    """The examples of some rows."""
    weight = examples.weight[rows] if examples.weight.size else examples.weight
    return Examples(examples.X[rows], examples.targets.take(rows), weight, None)


def steepest(rates: Curve, change: Curve) -> float | None:
    """The rate at which the cost falls most steeply per decade, up to its lowest point."""
    until = int(change.argmin()) + 1 if len(change) else 0
    if until < 2:
        return None
    slope = np.gradient(change, np.log10(rates))[:until]
    return float(rates[slope.argmin()]) if slope.min() < 0 else None
