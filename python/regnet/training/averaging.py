"""Averages along time: of a curve, and of a net's weights from epoch to epoch.

`SWA` and `EMA` are records with the share of the newest weights; `WeightAverage` holds the
running average, in double, of the flat vector of parameters. From its first epoch on the average is
swapped into the model between the calls into the core, for validation, callbacks and in the end the
user, and swapped out during them: what is validated is what is returned. Batch-norm statistics belong
to the weights they were computed with; `Engine.update_batch_norm` computes those of the average.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.checks import boolean, fraction, integer, shown

__all__ = ["EMA", "SWA", "Averaging", "WeightAverage", "as_averaging", "exponential_average"]

Array = NDArray[Any]


def exponential_average(x: ArrayLike, beta: float, bias_correction: bool = True) -> Array:
    """The exponentially weighted average of a series: ``v_t = beta v_{t-1} + (1 - beta) x_t``, v_0 = 0.

    With bias correction v_t is divided by ``1 - beta^t``, t from 1, so that the first values are
    averages, too, instead of starting near 0. v_t averages about 1 / (1 - beta) values (course 2, week 2).

    Parameters
    ----------
    x : array-like (n, ...)
        The series along the first axis.
    beta : float
        ``0 <= beta < 1``; 0 is the series itself.
    bias_correction : bool

    Returns
    -------
    array, of the shape of x
        float32 stays float32, other dtypes become float64; accumulated in double.

    Raises
    ------
    TypeError
        If x does not hold numbers.
    ValueError
        If x is a single number, or beta is out of range.

    Examples
    --------
    >>> exponential_average([1.0, 1.0, 1.0], beta=0.5, bias_correction=False)
    array([0.5  , 0.75 , 0.875])
    >>> exponential_average([1.0, 1.0, 1.0], beta=0.5)
    array([1., 1., 1.])
    """
    beta = fraction("beta", beta, zero=True)
    boolean("bias_correction", bias_correction)
    series = np.asarray(x)
    if series.dtype.kind not in "biuf":
        raise TypeError(f"x has dtype {series.dtype}, wanted numbers (float, integer or bool)")
    if series.ndim == 0:
        raise ValueError("x is a single number, wanted a series along the first axis")
    averages = np.empty(series.shape, np.float64)
    v: Any = np.zeros(series.shape[1:])
    for t, value in enumerate(series.astype(np.float64)):
        v = beta * v + (1 - beta) * value
        averages[t] = v
    if bias_correction:
        weight = 1 - beta ** np.arange(1, len(series) + 1)
        averages /= weight.reshape(-1, *[1] * (series.ndim - 1))
    return averages.astype(np.float32 if series.dtype == np.float32 else np.float64)


# ------------------------------------------------------------------------------ weights


@dataclass(frozen=True)
class Averaging:
    """Base of the averages of weights: the first averaged epoch, and the share of the newest weights."""

    def first_epoch(self, n_epochs: int) -> int:
        """The first epoch whose weights count.

        Parameters
        ----------
        n_epochs : int
            Epochs of the training.

        Returns
        -------
        int
            Counted from 0.
        """
        return 0

    def share(self, n: int) -> float:
        """Share of the newest weights in ``average += share * (weights - average)``.

        Parameters
        ----------
        n : int
            Number of weights in the average, these included, from 1.

        Returns
        -------
        float
        """
        raise NotImplementedError


@dataclass(frozen=True)
class SWA(Averaging):
    """Stochastic weight averaging: the mean of the weights after each epoch from `start` on.

    Izmailov et al. 2018, algorithm 1, with one epoch as the cycle: after n weights,
    ``mean = (n mean + W) / (n + 1)``. They recommend a high constant or cyclical learning rate from
    the start of the averaging on, which the optimiser's schedule can set.

    Parameters
    ----------
    start : int or float
        Number of an epoch, from 0, or a share of the epochs, between 0 and 1.

    Raises
    ------
    ValueError, TypeError
        If it is neither.

    Examples
    --------
    >>> [SWA(0.75).first_epoch(20), SWA(3).first_epoch(20)]
    [15, 3]
    """

    start: int | float = 0.75

    def __post_init__(self) -> None:
        if isinstance(self.start, numbers.Integral):
            integer("start", self.start, least=0)
        else:
            fraction("start", self.start)

    def first_epoch(self, n_epochs: int) -> int:
        """The epoch `start`, or that share of the epochs, rounded down."""
        return int(self.start if isinstance(self.start, numbers.Integral) else self.start * n_epochs)

    def share(self, n: int) -> float:
        """1 / n."""
        return 1 / n


@dataclass(frozen=True)
class EMA(Averaging):
    """An exponential moving average of the weights, taken once after each epoch.

    ``v = decay v + (1 - decay) W``, corrected for its bias by ``1 / (1 - decay^n)`` after n epochs, so
    that the initial weights do not count (the correction is that of Kingma & Ba 2015, section 3).

    Parameters
    ----------
    decay : float
        ``0 <= decay < 1``; about 1 / (1 - decay) epochs count.

    Raises
    ------
    ValueError, TypeError
        If it is out of range.

    Examples
    --------
    >>> EMA(0.5).share(1), EMA(0.5).share(2) == 0.5 / 0.75
    (1.0, True)
    """

    decay: float = 0.9

    def __post_init__(self) -> None:
        fraction("decay", self.decay, zero=True)

    def share(self, n: int) -> float:
        """(1 - decay) / (1 - decay^n): the recurrence of the bias-corrected average."""
        return (1 - self.decay) / (1 - self.decay**n)


class WeightAverage:
    """The running average of one training's weights, swapped into the model between calls into the core."""

    def __init__(self, averaging: Averaging, parameters: Array, n_epochs: int) -> None:
        self.averaging, self.first = averaging, averaging.first_epoch(n_epochs)
        if 0 < n_epochs <= self.first:
            raise ValueError(
                f"averaging starts at epoch {self.first} and epochs is {n_epochs}, wanted an earlier start"
            )
        self.parameters = parameters
        self.has_statistics = True  # whether the model's batch-norm statistics belong to its present weights
        self.n = 0
        self.trained: Array | None = None  # the parameters of the training itself
        self.mean = np.zeros(0)

    def swap_out(self) -> None:
        """Put the parameters of the training itself back into the model, to train them further."""
        if self.trained is not None:
            self.parameters[:] = self.trained

    def add(self, epoch: int) -> None:
        """Include the weights after an epoch in the average, and swap it in."""
        if epoch < self.first:
            return
        self.trained = self.parameters.copy()
        if self.n == 0:
            self.mean = np.zeros(self.parameters.size)
        self.n += 1
        self.mean += self.averaging.share(self.n) * (self.trained - self.mean)
        self.swap_in()

    def swap_in(self) -> None:
        """Put the average into the model, if there is one; its batch-norm statistics are then out of date."""
        if self.n:
            self.parameters[:] = self.mean
            self.has_statistics = False


def as_averaging(averaging: Any) -> Averaging | None:
    """Check that an argument is None or an average of weights."""
    if averaging is not None and not isinstance(averaging, Averaging):
        raise TypeError(f"averaging is {shown(averaging)}, wanted None, SWA(...) or EMA(...)")
    return averaging
