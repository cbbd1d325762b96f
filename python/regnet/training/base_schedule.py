"""What all learning-rate schedules share: the base class, and schedules made of Python functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support.checks import number, shown

__all__ = ["Horizon", "Rates", "Schedule", "as_schedule"]

Rates = NDArray[Any]


@dataclass(frozen=True)
class Horizon:
    """The planned length of the training, over which `Cosine` and `OneCycle` stretch."""

    n_epochs: int
    n_steps: int


class Schedule:
    """Base of the schedules; by itself the constant rate a0.

    A schedule of one's own overrides `rates`.

    Examples
    --------
    >>> Schedule().rates(0.2, np.array([0, 1]), np.zeros(2), Horizon(2, 2))
    array([0.2, 0.2])
    """

    def rates(self, a0: float, epoch: Rates, step: Rates, horizon: Horizon) -> Rates:
        """Learning rate of each step.

        Parameters
        ----------
        a0 : float
            The optimiser's learning rate.
        epoch, step : int arrays of one shape
            Numbers from 0; steps are counted from the first epoch on.
        horizon : Horizon
            Epochs and steps of the whole training.

        Returns
        -------
        array of the same shape
        """
        return np.full(np.shape(epoch), a0)


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
