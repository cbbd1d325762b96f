"""Learning-rate schedules: functions of the epoch (from 0) and the step (from 0).

a0 is the optimiser's learning rate. A schedule is evaluated for many steps at once: `rates` takes
arrays of epochs and steps and returns an array of the same shape. A Python function
``f(epoch, step) -> rate`` is a schedule too; it is called once per step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .._support.checks import fraction, integer, number, set_fields, shown
from .._support.keywords import suggests_keywords_of
from .base_schedule import Horizon, Rates, Schedule, as_schedule

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


@suggests_keywords_of
@dataclass(frozen=True)
class InverseTime(Schedule):
    """``a0 / (1 + rate * epoch)`` (course 2, week 2).

    Parameters
    ----------
    rate : float
        At least 0.

    Raises
    ------
    ValueError, TypeError
        If it is not such a number.

    Examples
    --------
    >>> InverseTime(1.0).rates(0.2, np.array([0, 1, 3]), np.zeros(3), Horizon(4, 4))
    array([0.2 , 0.1 , 0.05])
    """

    rate: float

    def __post_init__(self) -> None:
        set_fields(self, rate=number("rate", self.rate, least=0))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """a0 / (1 + rate * epoch)."""
        return a0 / (1 + self.rate * epoch)


@suggests_keywords_of
@dataclass(frozen=True)
class Exponential(Schedule):
    """``base ** epoch * a0`` (course 2, week 2).

    Parameters
    ----------
    base : float
        ``0 < base <= 1``, default 0.95.

    Raises
    ------
    ValueError, TypeError
        If it is not such a number.

    Examples
    --------
    >>> Exponential(0.5).rates(0.8, np.array([0, 1, 2]), np.zeros(3), Horizon(3, 3))
    array([0.8, 0.4, 0.2])
    """

    base: float = 0.95

    def __post_init__(self) -> None:
        set_fields(self, base=fraction("base", self.base, one=True))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """base ** epoch * a0."""
        return a0 * self.base**epoch


@suggests_keywords_of
@dataclass(frozen=True)
class PowerLaw(Schedule):
    """``k / epoch * a0`` with the epochs counted from 1 (course 2, week 2).

    Parameters
    ----------
    k : float
        Above 0, default 1.

    Raises
    ------
    ValueError, TypeError
        If it is not such a number.

    Examples
    --------
    >>> PowerLaw(1.0).rates(0.6, np.array([0, 1, 2]), np.zeros(3), Horizon(3, 3))
    array([0.6, 0.3, 0.2])
    """

    k: float = 1.0

    def __post_init__(self) -> None:
        set_fields(self, k=number("k", self.k, above=0))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """k / (epoch + 1) * a0."""
        return a0 * self.k / (epoch + 1)


@suggests_keywords_of
@dataclass(frozen=True)
class InverseSqrt(Schedule):
    """``k / sqrt(t) * a0`` with t the step (mini-batch) counted from 1 (course 2, week 2).

    Parameters
    ----------
    k : float
        Above 0, default 1.

    Raises
    ------
    ValueError, TypeError
        If it is not such a number.

    Examples
    --------
    >>> InverseSqrt(1.0).rates(0.6, np.zeros(3), np.array([0, 3, 8]), Horizon(1, 9))
    array([0.6, 0.3, 0.2])
    """

    k: float = 1.0

    def __post_init__(self) -> None:
        set_fields(self, k=number("k", self.k, above=0))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """k / sqrt(step + 1) * a0."""
        return a0 * self.k / np.sqrt(step + 1)


@suggests_keywords_of
@dataclass(frozen=True)
class Staircase(Schedule):
    """``factor ** floor(epoch / every) * a0``: discrete drops (course 2, week 2).

    Parameters
    ----------
    every : int
        Epochs between two drops, at least 1, default 10.
    factor : float
        ``0 < factor <= 1``, default 0.5.

    Raises
    ------
    ValueError, TypeError
        If an argument is not such a number.

    Examples
    --------
    >>> Staircase(every=10, factor=0.5).rates(0.4, np.array([9, 10, 20]), np.zeros(3), Horizon(30, 30))
    array([0.4, 0.2, 0.1])
    """

    every: int = 10
    factor: float = 0.5

    def __post_init__(self) -> None:
        set_fields(self, every=integer("every", self.every, least=1))
        set_fields(self, factor=fraction("factor", self.factor, one=True))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """factor ** floor(epoch / every) * a0."""
        return a0 * self.factor ** np.floor(epoch / float(self.every))


@suggests_keywords_of
@dataclass(frozen=True)
class Table(Schedule):
    """Rates set by hand; before the first entry the rate is a0.

    Parameters
    ----------
    table : mapping from int to float
        ``{first epoch: rate}``: epochs at least 0, rates at least 0. A rate holds until the next entry.

    Raises
    ------
    ValueError, TypeError
        If it is not a mapping, is empty, or an entry is out of range.

    Examples
    --------
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
        """The rate of the last entry that starts at or before each epoch."""
        first_epochs = sorted(self.table)
        rates = np.array([a0, *(self.table[first] for first in first_epochs)], np.float64)
        return rates[np.searchsorted(np.array(first_epochs, np.float64), epoch, side="right")]


@suggests_keywords_of
@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from a0 to ``final * a0`` over the training, step by step.

    Loshchilov & Hutter 2017 (SGDR), equation 5, without restarts.

    Parameters
    ----------
    final : float
        ``0 <= final <= 1``, default 0.

    Raises
    ------
    ValueError, TypeError
        If it is not such a number.

    Examples
    --------
    >>> Cosine().rates(1.0, np.zeros(3), np.array([0, 50, 100]), Horizon(1, 100)).round(12)
    array([1. , 0.5, 0. ])
    """

    final: float = 0.0

    def __post_init__(self) -> None:
        set_fields(self, final=fraction("final", self.final, zero=True, one=True))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """a0 * (final + (1 - final) * (1 + cos(pi * step / n_steps)) / 2)."""
        done = np.minimum(step / horizon.n_steps, 1)
        return a0 * (self.final + (1 - self.final) * (1 + np.cos(np.pi * done)) / 2)


@suggests_keywords_of
@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up from ``a0 / divide`` to a0 over the first part, then down to ``a0 / divide / final_divide``.

    Both ways along half a cosine (Smith & Topin 2018; defaults as in PyTorch). a0 is the peak.

    Parameters
    ----------
    rise : float
        Share of the steps in which the rate rises, ``0 < rise < 1``, default 0.3.
    divide : float
        At least 1, default 25.
    final_divide : float
        At least 1, default 1e4.

    Raises
    ------
    ValueError, TypeError
        If an argument is not such a number.

    Examples
    --------
    >>> OneCycle().rates(1.0, np.zeros(3), np.array([0, 30, 100]), Horizon(1, 101)).round(3)
    array([0.04, 1.  , 0.  ])
    """

    rise: float = 0.3
    divide: float = 25.0
    final_divide: float = 1e4

    def __post_init__(self) -> None:
        set_fields(self, rise=fraction("rise", self.rise))
        set_fields(self, divide=number("divide", self.divide, least=1))
        set_fields(self, final_divide=number("final_divide", self.final_divide, least=1))

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """The peak is at `rise` of the training; the last step has the lowest rate."""
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
    """A linear rise over the first `steps` steps, then another schedule (Goyal et al. 2017).

    Step t (from 0) of the rise has ``(t + 1) / (steps + 1)`` of the rate of `then`.

    Parameters
    ----------
    steps : int
        At least 1.
    then : Schedule or function of (epoch, step), optional
        None is the constant rate a0.

    Raises
    ------
    ValueError, TypeError
        If steps is not such a number or then is no schedule.

    Examples
    --------
    >>> Warmup(3).rates(0.4, np.zeros(5), np.arange(5), Horizon(1, 5))
    array([0.1, 0.2, 0.3, 0.4, 0.4])
    """

    steps: int
    then: Schedule | Callable[[int, int], float] | None = None

    def __post_init__(self) -> None:
        set_fields(self, steps=integer("steps", self.steps, least=1))
        as_schedule(self.then)

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """min(1, (step + 1) / (steps + 1)) times the rate of `then`."""
        rise = np.minimum((np.asarray(step) + 1) / float(self.steps + 1), 1)
        return rise * as_schedule(self.then).rates(a0, epoch, step, horizon)
