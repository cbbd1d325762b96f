"""Optimisers: frozen records that name a kernel and its numbers. The learning rate comes first.

g is the gradient of the cost (penalty included), a the learning rate of the step, t its number
from 1. Everything is elementwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from .._support.checks import choice, fraction, number, shown
from .._support.keywords import suggests_keywords_of
from .schedules import Schedule, as_schedule

__all__ = ["Adam", "AdamW", "GradientDescent", "Momentum", "Optimizer", "RMSprop", "as_optimizer"]

Form = Literal["average", "velocity", "nesterov"]
KERNEL_OF: dict[Form, str] = {"average": "momentum", "velocity": "momentum_velocity", "nesterov": "nesterov"}

AnySchedule = Schedule | Callable[[int, int], float] | None


@dataclass(frozen=True)
class Optimizer:
    """Base of the optimisers: a learning rate and how it changes."""

    learning_rate: float = 0.01
    schedule: AnySchedule = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        try:
            self._keep(learning_rate=number("learning_rate", self.learning_rate, above=0))
            self.check()
        except (TypeError, ValueError) as error:
            misplaced = [value for value in vars(self).values() if isinstance(value, Schedule)]
            if misplaced and self.schedule is None:
                raise TypeError(f"{error}; a schedule is given as schedule={shown(misplaced[0])}") from None
            raise
        as_schedule(self.schedule)

    def check(self) -> None:
        """Check the numbers of the subclass."""

    def _keep(self, **values: float) -> None:
        """Keep numbers as they were checked, in double."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def kernel(self) -> str:
        """Name of the `cregnet` kernel that takes the step."""
        raise NotImplementedError

    @property
    def hyper(self) -> tuple[float, ...]:
        """The kernel's numbers after the learning rate."""
        return ()


@suggests_keywords_of
@dataclass(frozen=True)
class GradientDescent(Optimizer):
    """``W -= a g``.

    Examples
    --------
    >>> GradientDescent(0.3).kernel
    'gradient_descent'
    >>> GradientDescent(0)
    Traceback (most recent call last):
        ...
    ValueError: learning_rate is 0, wanted a number > 0
    """

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return "gradient_descent"


@suggests_keywords_of
@dataclass(frozen=True)
class Momentum(Optimizer):
    """Gradient descent with momentum, in three published forms.

    ``form="average"`` (default)
        ``v = beta v + (1 - beta) g; W -= a v``: v is a moving average of gradients.
    ``form="velocity"``
        ``v = beta v + a g; W -= v`` (Polyak 1964).
    ``form="nesterov"``
        ``v = beta v + a g; W -= beta v + a g`` (Nesterov 1983, as in Sutskever et al. 2013).

    At a constant rate the velocity form with a (1 - beta) takes the steps of the average form with a.

    Examples
    --------
    >>> Momentum(0.1, beta=0.9, form="nesterov").kernel
    'nesterov'
    """

    beta: float = 0.9
    form: Form = "average"

    def check(self) -> None:
        """0 <= beta < 1 and a known form."""
        self._keep(beta=fraction("beta", self.beta, zero=True))
        choice("form", self.form, KERNEL_OF)

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return KERNEL_OF[self.form]

    @property
    def hyper(self) -> tuple[float, ...]:
        """(beta,)"""
        return (self.beta,)


@suggests_keywords_of
@dataclass(frozen=True)
class RMSprop(Optimizer):
    """``s = beta s + (1 - beta) g^2; W -= a g / (sqrt(s) + epsilon)`` (Hinton 2012, lecture 6e).

    Epsilon is outside the root, as in PyTorch, whose default beta of 0.99 this is; the lecture has 0.9.

    Examples
    --------
    >>> RMSprop(0.001).hyper
    (0.99, 1e-08)
    """

    beta: float = 0.99
    epsilon: float = 1e-8

    def check(self) -> None:
        """0 <= beta < 1, epsilon > 0."""
        self._keep(beta=fraction("beta", self.beta, zero=True))
        self._keep(epsilon=number("epsilon", self.epsilon, above=0))

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return "rmsprop"

    @property
    def hyper(self) -> tuple[float, ...]:
        """(beta, epsilon)"""
        return (self.beta, self.epsilon)


@suggests_keywords_of
@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, algorithm 1), both moments corrected for their bias.

    ``v = beta1 v + (1 - beta1) g``, ``s = beta2 s + (1 - beta2) g^2``,
    ``W -= a (v / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon)``.

    Epsilon is outside the root and is added after the correction.

    Examples
    --------
    >>> Adam(1e-3).hyper
    (0.9, 0.999, 1e-08)
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def check(self) -> None:
        """0 <= beta < 1 for both, epsilon > 0."""
        self._keep(beta1=fraction("beta1", self.beta1, zero=True))
        self._keep(beta2=fraction("beta2", self.beta2, zero=True))
        self._keep(epsilon=number("epsilon", self.epsilon, above=0))

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return "adam"

    @property
    def hyper(self) -> tuple[float, ...]:
        """(beta1, beta2, epsilon)"""
        return (self.beta1, self.beta2, self.epsilon)


@suggests_keywords_of
@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay: ``W *= 1 - a decay`` before each step of Adam.

    Loshchilov & Hutter 2019, algorithm 2, with the learning rate on the decay as in PyTorch. The
    decay acts on weights, not on biases.

    Examples
    --------
    >>> AdamW(1e-3, weight_decay=0.1).hyper
    (0.9, 0.999, 1e-08, 0.1)
    """

    weight_decay: float = 0.01

    def check(self) -> None:
        """Adam's checks, and weight_decay >= 0."""
        super().check()
        self._keep(weight_decay=number("weight_decay", self.weight_decay, least=0))

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return "adamw"

    @property
    def hyper(self) -> tuple[float, ...]:
        """(beta1, beta2, epsilon, weight_decay)"""
        return (*super().hyper, self.weight_decay)


def as_optimizer(optimizer: Any) -> Optimizer:
    """An optimiser from one, or Adam from None."""
    if optimizer is None:
        return Adam()
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer is {shown(optimizer)}, wanted an optimiser such as Adam(1e-3)")
    return optimizer
