"""Learning-rate schedules: functions of the epoch (from 0) and the step (from 0).

a0 is the optimiser's learning rate. A schedule is evaluated for many steps at once: `rates` takes
arrays of epochs and steps and returns an array of the same shape. A Python function
``f(epoch, step) -> rate`` is a schedule too, called once per step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support.checks import fraction, integer, number, shown
from .._support.keywords import suggests_keywords_of

__all__ = [
    "Cosine",
    "Exponential",
    "InverseSqrt",
    "InverseTime",
    "OneCycle",
    "PowerLaw",
    "Schedule",
    "Staircase",
    "Table",
    "Warmup",
    "as_schedule",
]

Rates = NDArray[Any]


@dataclass(frozen=True)
class Horizon:
    """How long the training is meant to be: what `Cosine` and `OneCycle` stretch over."""

    n_epochs: int
    n_steps: int


class Schedule:
    """Base of the schedules; by itself the constant rate a0."""

    def _keep(self, **values: float) -> None:
        """Keep numbers as they were checked, in double: powers of integers and fractions know no bound."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """Learning rate of each (epoch, step); arrays of one shape in, the same shape out."""
        return np.full(np.shape(epoch), a0)


@suggests_keywords_of
@dataclass(frozen=True)
class InverseTime(Schedule):
    """``a0 / (1 + rate * epoch)``.

    >>> InverseTime(1.0).rates(0.2, np.array([0, 1, 3]), np.zeros(3), Horizon(4, 4))
    array([0.2 , 0.1 , 0.05])
    """

    rate: float

    def __post_init__(self) -> None:
        self._keep(rate=number("rate", self.rate, least=0))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """a0 / (1 + rate * epoch)."""
        return a0 / (1 + self.rate * epoch)


@suggests_keywords_of
@dataclass(frozen=True)
class Exponential(Schedule):
    """``base ** epoch * a0``.

    >>> Exponential(0.5).rates(0.8, np.array([0, 1, 2]), np.zeros(3), Horizon(3, 3))
    array([0.8, 0.4, 0.2])
    """

    base: float = 0.95

    def __post_init__(self) -> None:
        self._keep(base=fraction("base", self.base, one=True))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """base ** epoch * a0."""
        return a0 * self.base**epoch


@suggests_keywords_of
@dataclass(frozen=True)
class PowerLaw(Schedule):
    """``k / epoch * a0`` with the epochs counted from 1.

    >>> PowerLaw(1.0).rates(0.6, np.array([0, 1, 2]), np.zeros(3), Horizon(3, 3))
    array([0.6, 0.3, 0.2])
    """

    k: float = 1.0

    def __post_init__(self) -> None:
        self._keep(k=number("k", self.k, above=0))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """k / (epoch + 1) * a0."""
        return a0 * self.k / (epoch + 1)


@suggests_keywords_of
@dataclass(frozen=True)
class InverseSqrt(Schedule):
    """``k / sqrt(t) * a0`` with t the step (mini-batch) counted from 1.

    >>> InverseSqrt(1.0).rates(0.6, np.zeros(3), np.array([0, 3, 8]), Horizon(1, 9))
    array([0.6, 0.3, 0.2])
    """

    k: float = 1.0

    def __post_init__(self) -> None:
        self._keep(k=number("k", self.k, above=0))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """k / sqrt(step + 1) * a0."""
        return a0 * self.k / np.sqrt(step + 1)


@suggests_keywords_of
@dataclass(frozen=True)
class Staircase(Schedule):
    """``factor ** floor(epoch / every) * a0``: discrete drops.

    >>> Staircase(every=10, factor=0.5).rates(0.4, np.array([9, 10, 20]), np.zeros(3), Horizon(30, 30))
    array([0.4, 0.2, 0.1])
    """

    every: int = 10
    factor: float = 0.5

    def __post_init__(self) -> None:
        self._keep(every=integer("every", self.every, least=1))
        self._keep(factor=fraction("factor", self.factor, one=True))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """factor ** floor(epoch / every) * a0."""
        return a0 * self.factor ** np.floor(epoch / float(self.every))


@suggests_keywords_of
@dataclass(frozen=True)
class Table(Schedule):
    """Rates by hand: ``{first epoch: rate}``; before the first entry the rate is a0.

    >>> Table({2: 0.1, 4: 0.01}).rates(0.5, np.array([0, 2, 3, 9]), np.zeros(4), Horizon(10, 10))
    array([0.5 , 0.1 , 0.1 , 0.01])
    """

    table: Mapping[int, float]

    def __post_init__(self) -> None:
        if not isinstance(self.table, Mapping) or not self.table:
            raise TypeError(f"table is {shown(self.table)}, wanted a mapping from epoch to learning rate")
        for epoch, rate in self.table.items():
            integer("an epoch of table", epoch, least=0)
            number("a rate of table", rate, least=0)

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """The entry with the largest epoch not after this one."""
        starts = np.array(sorted(self.table), np.float64)
        values = np.array([a0] + [self.table[start] for start in sorted(self.table)], np.float64)
        return values[np.searchsorted(starts, epoch, side="right")]


@suggests_keywords_of
@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from a0 to ``final * a0`` over the training, step by step.

    Loshchilov & Hutter 2017 (SGDR), equation 5, without restarts.

    >>> Cosine().rates(1.0, np.zeros(3), np.array([0, 50, 100]), Horizon(1, 100)).round(12)
    array([1. , 0.5, 0. ])
    """

    final: float = 0.0

    def __post_init__(self) -> None:
        self._keep(final=fraction("final", self.final, zero=True, one=True))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """a0 * (final + (1 - final) * (1 + cos(pi * step / n_steps)) / 2)."""
        done = np.minimum(step / horizon.n_steps, 1)
        return a0 * (self.final + (1 - self.final) * (1 + np.cos(np.pi * done)) / 2)


@suggests_keywords_of
@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up from ``a0 / divide`` to a0 over the first part, then down to ``a0 / divide / final_divide``.

    Both ways along half a cosine (Smith & Topin 2018; defaults as in PyTorch). a0 is the peak.

    >>> OneCycle().rates(1.0, np.zeros(3), np.array([0, 30, 100]), Horizon(1, 101)).round(3)
    array([0.04, 1.  , 0.  ])
    """

    rise: float = 0.3
    divide: float = 25.0
    final_divide: float = 1e4

    def __post_init__(self) -> None:
        self._keep(rise=fraction("rise", self.rise))
        self._keep(divide=number("divide", self.divide, least=1))
        self._keep(final_divide=number("final_divide", self.final_divide, least=1))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """The last step of the training has the lowest rate."""
        start, end = a0 / self.divide, a0 / self.divide / self.final_divide
        last = max(horizon.n_steps - 1, 1)
        peak = self.rise * last
        up = np.clip(step / peak, 0, 1)
        down = np.clip((step - peak) / max(last - peak, 1e-12), 0, 1)
        rising = start + (a0 - start) * (1 - np.cos(np.pi * up)) / 2
        falling = end + (a0 - end) * (1 + np.cos(np.pi * down)) / 2
        return np.where(step < peak, rising, falling)


@suggests_keywords_of
@dataclass(frozen=True)
class Warmup(Schedule):
    """A straight rise over the first `steps` steps, then another schedule (Goyal et al. 2017).

    Step t (from 0) of the rise has ``(t + 1) / (steps + 1)`` of the rate of `then`.

    >>> Warmup(3).rates(0.4, np.zeros(5), np.arange(5), Horizon(1, 5))
    array([0.1, 0.2, 0.3, 0.4, 0.4])
    """

    steps: int
    then: Schedule | Callable[[int, int], float] | None = None

    def __post_init__(self) -> None:
        self._keep(steps=integer("steps", self.steps, least=1))
        as_schedule(self.then)

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """min(1, (step + 1) / (steps + 1)) times the rate of `then`."""
        rise = np.minimum((np.asarray(step) + 1) / float(self.steps + 1), 1)
        return rise * as_schedule(self.then).rates(a0, epoch, step, horizon)


@dataclass(frozen=True)
class ByFunction(Schedule):
    """A Python function ``f(epoch, step) -> learning rate``."""

    function: Callable[[int, int], float]

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """f(epoch, step), one call per step."""
        pairs = zip(np.ravel(epoch), np.ravel(step), strict=True)
        values = [
            number("the rate that schedule returned", self.function(int(e), int(t)), least=0)
            for e, t in pairs
        ]
        return np.array(values, dtype=np.float64).reshape(np.shape(epoch))


def as_schedule(schedule: Any) -> Schedule:
    """A schedule from one, from a function, or from None (constant)."""
    if schedule is None:
        return Schedule()
    if isinstance(schedule, Schedule):
        return schedule
    if callable(schedule) and not isinstance(schedule, type):
        return ByFunction(schedule)
    raise TypeError(f"schedule is {shown(schedule)}, wanted None, a schedule or a function of (epoch, step)")
