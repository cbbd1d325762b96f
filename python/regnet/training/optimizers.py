"""Optimisers: frozen records that name a kernel of the core and its options. The learning rate comes first.

Ranges and defaults of the options are those of the kernel's row in `cregnet.spec.OPTIMIZERS`. For a row
without a class here there is `optimizer` (named_optimizers.py).

In the formulas g is the gradient of the cost (penalty included), a the learning rate of the step and t
its number from 1. Everything is elementwise.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from cregnet.spec import OPTIMIZERS, OptimizerName, Option

from .._support.checks import choice, kernel_option, number, set_fields, shown
from .._support.keywords import suggests_keywords_of
from .schedules import Schedule, as_schedule

__all__ = [
    "Adam",
    "AdamW",
    "GradientDescent",
    "Momentum",
    "Optimizer",
    "RMSprop",
    "check_option",
]

Form = Literal["average", "velocity", "nesterov"]
KERNEL_OF: dict[Form, OptimizerName] = {
    "average": "momentum",
    "velocity": "momentum_velocity",
    "nesterov": "nesterov",
}

AnySchedule = Schedule | Callable[[int, int], float] | None


def default(kernel: OptimizerName, name: str) -> float:
    """The default of an option in the row of a kernel."""
    return next(option.default for option in OPTIMIZERS[kernel].options if option.name == name)


def check_option(option: Option, value: Any, name: str) -> float:
    """A number in the range of an option; `name` is that of the argument."""
    if option.name == "epsilon":  # the kernels also take 0, which makes 0 / 0 of a gradient that is 0
        option = option._replace(open=True)
    return kernel_option(option, value, name)


@dataclass(frozen=True)
class Optimizer:
    """Base of the optimisers: a learning rate and its schedule.

    Parameters
    ----------
    learning_rate : float
        Above 0, default 0.01.
    schedule : Schedule or function of (epoch, step), optional
        How the rate changes in the course of the training; None keeps it constant.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type; the message names it.

    Examples
    --------
    >>> isinstance(Adam(), Optimizer)
    True
    """

    learning_rate: float = 0.01
    schedule: AnySchedule = field(default=None, kw_only=True)

    # Names of the fields that hold the kernel's options, in the order of its row.
    OPTION_FIELDS: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        try:
            set_fields(self, learning_rate=number("learning_rate", self.learning_rate, above=0))
            self.check()
        except (TypeError, ValueError) as error:
            misplaced = [value for value in vars(self).values() if isinstance(value, Schedule)]
            if misplaced and self.schedule is None:
                raise TypeError(f"{error}; a schedule is given as schedule={shown(misplaced[0])}") from None
            raise
        as_schedule(self.schedule)

    def check(self) -> None:
        """Check the fields of the subclass: options of the kernel have the ranges of its row."""
        if self.OPTION_FIELDS:
            for name, option in zip(self.OPTION_FIELDS, OPTIMIZERS[self.kernel].options, strict=True):
                set_fields(self, **{name: check_option(option, getattr(self, name), name)})

    @property
    def kernel(self) -> str:
        """Name of the `cregnet` kernel that takes the step."""
        raise NotImplementedError

    @property
    def options(self) -> tuple[float, ...]:
        """Values of the kernel's options, in the order of its row."""
        return tuple(getattr(self, name) for name in self.OPTION_FIELDS)

    @property
    def hyper(self) -> tuple[float, ...]:
        """The former name of `options`."""
        warnings.warn(
            "Optimizer.hyper is deprecated, use Optimizer.options", DeprecationWarning, stacklevel=2
        )
        return self.options


@suggests_keywords_of
@dataclass(frozen=True)
class GradientDescent(Optimizer):
    """Gradient descent: ``W -= a g`` (Cauchy 1847).

    Parameters
    ----------
    learning_rate : float
        Above 0, default 0.01.
    schedule : Schedule or function of (epoch, step), optional
        How the rate changes; None keeps it constant.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type; the message names it.

    Examples
    --------
    >>> GradientDescent(0.3).kernel
    'gradient_descent'
    >>> GradientDescent(0)
    Traceback (most recent call last):
        ...
    ValueError: learning_rate is 0, wanted a number > 0
    """

    learning_rate: float = OPTIMIZERS["gradient_descent"].learning_rate

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

    Parameters
    ----------
    learning_rate : float
        Above 0, default 0.01.
    beta : float
        Decay rate of v, ``0 <= beta < 1``, default 0.9: about 1 / (1 - beta) gradients count.
    form : {"average", "velocity", "nesterov"}
        Default "average".
    schedule : Schedule or function of (epoch, step), optional
        How the rate changes; None keeps it constant.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type; the message names it.

    Examples
    --------
    >>> Momentum(0.1, beta=0.9, form="nesterov").kernel
    'nesterov'
    """

    learning_rate: float = OPTIMIZERS["momentum"].learning_rate
    beta: float = default("momentum", "beta")
    form: Form = "average"

    OPTION_FIELDS: ClassVar[tuple[str, ...]] = ("beta",)

    def check(self) -> None:
        """Check the form, which names the kernel, and beta."""
        choice("form", self.form, KERNEL_OF)
        super().check()

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return KERNEL_OF[self.form]


@suggests_keywords_of
@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Gradients divided by a moving average of their size (Hinton 2012, lecture 6e).

    ``s = beta s + (1 - beta) g^2; W -= a g / (sqrt(s) + epsilon)``.

    Parameters
    ----------
    learning_rate : float
        Above 0, default 0.01.
    beta : float
        Decay rate of s, ``0 <= beta < 1``, default 0.99 as in PyTorch; the lecture has 0.9.
    epsilon : float
        Above 0, default 1e-8. It is added outside the root, as in PyTorch.
    schedule : Schedule or function of (epoch, step), optional
        How the rate changes; None keeps it constant.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type; the message names it.

    Examples
    --------
    >>> RMSprop(0.001).options
    (0.99, 1e-08)
    """

    beta: float = default("rmsprop", "beta")
    epsilon: float = default("rmsprop", "epsilon")

    OPTION_FIELDS: ClassVar[tuple[str, ...]] = ("beta", "epsilon")

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return "rmsprop"


@suggests_keywords_of
@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, algorithm 1), both moments corrected for their bias.

    ``v = beta1 v + (1 - beta1) g``, ``s = beta2 s + (1 - beta2) g^2``,
    ``W -= a (v / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon)``.

    Parameters
    ----------
    learning_rate : float
        Above 0, default 0.001.
    beta1, beta2 : float
        Decay rates of v and s, ``0 <= beta < 1``, defaults 0.9 and 0.999.
    epsilon : float
        Above 0, default 1e-8. It is added outside the root, after the correction.
    schedule : Schedule or function of (epoch, step), optional
        How the rate changes; None keeps it constant.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type; the message names it.

    Examples
    --------
    >>> Adam(1e-3).options
    (0.9, 0.999, 1e-08)
    """

    learning_rate: float = OPTIMIZERS["adam"].learning_rate
    beta1: float = default("adam", "beta1")
    beta2: float = default("adam", "beta2")
    epsilon: float = default("adam", "epsilon")

    OPTION_FIELDS: ClassVar[tuple[str, ...]] = ("beta1", "beta2", "epsilon")

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return "adam"


@suggests_keywords_of
@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay: ``W *= 1 - a decay`` before each step of Adam.

    Loshchilov & Hutter 2019, algorithm 2, with the learning rate on the decay as in PyTorch. The
    decay acts on weights, not on biases.

    Parameters
    ----------
    learning_rate : float
        Above 0, default 0.001.
    beta1, beta2, epsilon : float
        As for `Adam`.
    weight_decay : float
        At least 0, default 0.01.
    schedule : Schedule or function of (epoch, step), optional
        How the rate changes; None keeps it constant.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type; the message names it.

    Examples
    --------
    >>> AdamW(1e-3, weight_decay=0.1).options
    (0.9, 0.999, 1e-08, 0.1)
    """

    weight_decay: float = default("adamw", "decay")

    OPTION_FIELDS: ClassVar[tuple[str, ...]] = (*Adam.OPTION_FIELDS, "weight_decay")

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return "adamw"
