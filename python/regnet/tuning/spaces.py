"""Spaces of hyper-parameters: the ranges and scales from which `regnet.search` draws.

A space maps a number u in (0, 1) to a value. Drawing u uniformly draws the value uniformly on the
space's own scale: the logarithm of a learning rate, the logarithm of 1 - beta. `zoomed` gives the
smaller space around a good value, within the bounds of the first one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._support.checks import fraction, integer, number, shown

__all__ = ["Choices", "Interval", "Space", "as_spaces", "integers", "log_uniform", "one_minus_log", "uniform"]

# Each scale: from value to coordinate, and back. An integer k stands for the coordinates from k to k + 1.
SCALES: dict[str, tuple[Callable[[Any], float], Callable[[float], Any]]] = {
    "uniform": (float, float),
    "log_uniform": (math.log, math.exp),
    "one_minus_log": (lambda beta: -math.log(1 - beta), lambda x: 1 - math.exp(-x)),
    "integers": (lambda k: k + 0.5, math.floor),
}


class Space:
    """Base of the spaces."""

    def at(self, u: float) -> Any:
        """The value for u in (0, 1)."""
        raise NotImplementedError

    def zoomed(self, best: Sequence[Any], factor: float) -> Space:
        """The space around good values, the best one first, `factor` times as wide."""
        raise NotImplementedError


@dataclass(frozen=True)
class Interval(Space):
    """Numbers from `low` to `high`, uniform on a scale; made by `uniform`, `log_uniform` and so on.

    `window` is the part that remains after zooming, in coordinates of the scale.
    """

    scale: str
    low: float
    high: float
    window: tuple[float, float]

    def at(self, u: float) -> Any:
        """The value u of the way along the window."""
        start, stop = self.window
        value = SCALES[self.scale][1](start + u * (stop - start))
        return min(max(value, self.low), self.high)  # rounding may exceed the bounds a little

    def zoomed(self, best: Sequence[Any], factor: float) -> Interval:
        """A window around the best value, moved to lie within the one before."""
        start, stop = self.window
        width = factor * (stop - start)
        first = SCALES[self.scale][0](best[0]) - width / 2
        first = min(max(first, start), stop - width)
        return replace(self, window=(first, first + width))

    def __repr__(self) -> str:
        return f"{self.scale}({self.low:g}, {self.high:g})"


@dataclass(frozen=True)
class Choices(Space):
    """One of some values, all equally likely; a list or tuple in a space becomes this."""

    values: tuple[Any, ...]

    def at(self, u: float) -> Any:
        """The value number floor(u n)."""
        return self.values[min(int(u * len(self.values)), len(self.values) - 1)]

    def zoomed(self, best: Sequence[Any], factor: float) -> Choices:
        """The choices among the good values; by identity, since comparing arrays gives no single truth."""
        return Choices(tuple(v for v in self.values if any(v is b for b in best)))

    def __repr__(self) -> str:
        return repr(list(self.values))


def interval(scale: str, low: Any, high: Any) -> Interval:
    """An interval between numbers whose order is still to be checked."""
    if low >= high:
        raise ValueError(f"low is {low!r} and high is {high!r}, wanted low < high")
    coordinate = SCALES[scale][0]
    start, stop = coordinate(low), coordinate(high)
    return Interval(scale, low, high, (low, high + 1) if scale == "integers" else (start, stop))


def uniform(low: float, high: float) -> Interval:
    """Numbers from low to high, all equally likely.

    Parameters
    ----------
    low, high : float
        ``low < high``.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError, TypeError
        If they are not finite numbers in ascending order.

    Examples
    --------
    >>> uniform(0.5, 0.9).at(0.25)
    0.6
    """
    return interval("uniform", number("low", low), number("high", high))


def log_uniform(low: float, high: float) -> Interval:
    """Positive numbers whose logarithm is uniform: each decade is equally likely.

    The scale for learning rates and strengths of penalties.

    Parameters
    ----------
    low, high : float
        ``0 < low < high``.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError, TypeError
        If they are not positive numbers in ascending order.

    Examples
    --------
    >>> round(log_uniform(1e-4, 1).at(0.5), 12)
    0.01
    """
    return interval("log_uniform", number("low", low, above=0), number("high", high, above=0))


def one_minus_log(low: float, high: float) -> Interval:
    """Numbers below 1 whose distance from 1 is log-uniform: for beta near 1.

    A momentum of 0.9 averages about 10 gradients, one of 0.999 about 1000; between them the
    number of gradients, 1 / (1 - beta), should be spread by decades.

    Parameters
    ----------
    low, high : float
        ``0 <= low < high < 1``.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError, TypeError
        If they are not numbers in this range, in ascending order.

    Examples
    --------
    >>> round(one_minus_log(0.9, 0.999).at(0.5), 12)
    0.99
    """
    return interval("one_minus_log", fraction("low", low, zero=True), fraction("high", high))


def integers(low: int, high: int) -> Interval:
    """Whole numbers from low to high, both included, all equally likely.

    Parameters
    ----------
    low, high : int
        ``low < high``.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError, TypeError
        If they are not whole numbers in ascending order.

    Examples
    --------
    >>> [integers(1, 3).at(u) for u in (0.1, 0.5, 0.9)]
    [1, 2, 3]
    """
    return interval("integers", integer("low", low, least=-(2**53)), integer("high", high, least=-(2**53)))


def as_spaces(space: Any) -> dict[str, Space]:
    """The spaces of a mapping from names; lists and tuples become choices."""
    if not isinstance(space, Mapping):
        raise TypeError(
            f"space is {shown(space)}, wanted a mapping from name to log_uniform(...) or the like"
        )
    if not space:
        raise ValueError("space is empty, wanted at least one hyper-parameter")
    return {check_name(name): as_space(name, values) for name, values in space.items()}


def check_name(name: Any) -> str:
    """Check that the name of a hyper-parameter is a string."""
    if not isinstance(name, str):
        raise TypeError(f"space has the name {name!r}, wanted a text")
    return name


def as_space(name: str, values: Any) -> Space:
    """One space."""
    if isinstance(values, Space):
        return values
    if not isinstance(values, (list, tuple)):
        raise TypeError(
            f"space[{name!r}] is {values!r}, wanted log_uniform(...), uniform(...), integers(...), "
            "one_minus_log(...) or a list of choices"
        )
    if not values:
        raise ValueError(f"space[{name!r}] is empty, wanted at least one choice")
    return Choices(tuple(values))
