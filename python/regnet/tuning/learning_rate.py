"""`find_learning_rate`: the learning-rate range test of Smith (2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.checks import choice, fraction, integer, number
from .._support.interrupts import ON_INTERRUPT, Section
from .._support.keywords import suggests_keywords
from .._support.threads import resolve_threads
from ..data import weigh_classes
from ..models.model import Model, check_model
from ..models.penalties import Penalty
from ..training.averaging import exponential_average
from ..training.batches import epoch_order, resolve_batch_size
from ..training.engine import Engine, Examples, Rule, build_plan, check_rule
from ..training.loop import check_examples
from ..training.optimizers import Optimizer
from ..training.schedules import Horizon, Rates, Schedule

__all__ = ["LearningRateRange", "find_learning_rate"]

DIVERGED = 3.0  # a rise above the lowest point of so many times the initial cost ends the test

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Rising(Schedule):
    """``a0 * ratio ** (step / (n_steps - 1))``: from a0 to ``ratio * a0``, equal steps of the logarithm."""

    ratio: float

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """The rate of each step."""
        return a0 * self.ratio ** (step / (horizon.n_steps - 1))


@dataclass(frozen=True)
class LearningRateRange:
    """What `find_learning_rate` returns.

    Attributes
    ----------
    rates : array (n,)
        Learning rates tried, ascending; fewer than asked for when the cost diverged.
    costs : array (n,)
        Cost of the batch before the step at that rate, penalty included.
    smoothed : array (n,)
        Their exponentially weighted average, corrected for its bias.
    suggestion : float or None
        The rate at which the cost falls most steeply, the noise of the batches taken out; None where it
        does not fall.
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
    optimizer: Optimizer | None = None,
    penalty: Penalty | None = None,
    label_smoothing: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    sample_weight: ArrayLike | None = None,
    class_weight: Mapping[Any, float] | str | None = None,
    n_threads: int | None = None,
    on_interrupt: str = "raise",
) -> LearningRateRange:
    """Train a copy of a model at rising rates and see where the cost falls and where it diverges.

    Parameters
    ----------
    model : Model
        Is not changed.
    X : array-like (n_samples, n_features)
    y : array-like (n_samples,) or (n_samples, n_outputs)
        As for `train`.
    lowest, highest : float
        ``0 < lowest < highest``: the rates of the first and the last step; between them they rise
        exponentially.
    n_steps : int
        Steps, each with a batch of its own, at least 10.
    smoothing : float
        beta of `exponential_average`, ``0 <= smoothing < 1``.
    optimizer : Optimizer, optional
        As for `train`, but for its learning rate and schedule, which do not count.
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
    Smith 2017, "Cyclical learning rates", section 3.3, with rates that rise exponentially. It goes by what
    the steps have changed: the cost of each batch less its cost by the initial weights, with the same
    dropout masks, smoothed. The costs themselves vary from batch to batch by more than a low rate changes
    them. The test ends when the change rises above its lowest point by three times the initial cost, or
    a cost is not finite; it is made to diverge, so there is no warning. The suggestion is a start, not
    an optimum: what the picture shows counts.

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
    rule = check_rule(model, optimizer, penalty, label_smoothing, clip_norm, clip_value)
    rising = replace(rule.optimizer, learning_rate=lowest, schedule=Rising(highest / lowest))
    rule, threads, copy = replace(rule, optimizer=rising), resolve_threads(n_threads), model.copy()
    examples, _ = check_examples(copy, X, y, None, sample_weight)
    weight = weigh_classes(class_weight, examples.weight, examples.targets, model.dtype)
    size = resolve_batch_size(batch_size, len(examples.X), any(model.plan.batch_norm))
    examples = replace(examples, weight=weight)
    with Section(on_interrupt) as section:
        pairs = rising_costs(copy, examples, rule, size, n_steps, threads, section)
        found = section.result = range_of(*pairs, lowest, highest, n_steps, smoothing)
        section.acknowledge()
    return found


def range_of(
    costs: Curve, initial: Curve, lowest: float, highest: float, n_steps: int, smoothing: float
) -> LearningRateRange:
    """What the costs of the steps, and those by the initial weights, say of the rates."""
    change = exponential_average(costs - initial, smoothing)
    rise = change - np.minimum.accumulate(change)
    over = np.flatnonzero(rise > DIVERGED * np.mean(initial)) if len(rise) else rise
    n = int(over[0]) + 1 if over.size else len(costs)
    rates = lowest * (highest / lowest) ** (np.arange(n) / (n_steps - 1))
    smoothed = exponential_average(costs[:n], smoothing)
    return LearningRateRange(rates, costs[:n], smoothed, steepest(rates, change[:n]))


def rising_costs(
    model: Model,
    examples: Examples,
    rule: Rule,
    size: int,
    n_steps: int,
    n_threads: int,
    section: Section,
) -> tuple[Curve, Curve]:
    """Costs of each step's batch before the step, and by the initial weights; trains the model.

    Both are as long as they are finite, and until Ctrl-C.
    """
    n, costs = len(examples.X), []
    per_epoch = n // size  # a smaller last batch has a noisier cost: it is left out
    # engines with one batch per epoch: their costs are those of the batches
    batch = part(examples, np.arange(size))
    moving, still = (
        Engine(net, batch, rule, size, n_steps, "compiled", None, n_threads) for net in (model, model.copy())
    )
    moving.plan = still.plan = build_plan(model, rule, n, size)  # the penalty's m is that of all examples
    still.learning_rate_scale = 0.0
    for engine in (moving, still):
        engine.watch(section, None)
    for step in range(n_steps):
        epoch, number_of_batch = divmod(step, per_epoch)
        if per_epoch > 1:
            if number_of_batch == 0:
                order = epoch_order(n, model.seed, epoch)
            moving.examples = still.examples = part(examples, order[number_of_batch * size :][:size])
        try:
            pair = [cost for engine in (moving, still) for cost in engine.run(1)[0]]
        except KeyboardInterrupt:
            section.set()
        if section.is_set() or len(pair) < 2:  # not finite
            break
        costs.append(pair)
    both = np.array(costs, np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def part(examples: Examples, rows: NDArray[np.int64]) -> Examples:
    """Some of the examples."""
    weight = examples.weight[rows] if examples.weight.size else examples.weight
    return Examples(examples.X[rows], examples.targets.take(rows), weight, None)


def steepest(rates: Curve, change: Curve) -> float | None:
    """The rate at which the cost falls most steeply per decade, up to its lowest point."""
    until = int(change.argmin()) + 1 if len(change) else 0
    if until < 2:
        return None
    slope = np.gradient(change, np.log10(rates))[:until]
    return float(rates[slope.argmin()]) if slope.min() < 0 else None
