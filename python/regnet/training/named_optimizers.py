"""Optimisers by the names of their kernels, for any row of `cregnet.spec.OPTIMIZERS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cregnet.spec import OPTIMIZERS, OptimizerName

from .._support.checks import choice, set_fields, shown
from .._support.keywords import check_keywords
from .optimizers import Adam, AnySchedule, Optimizer, check_option

__all__ = ["KernelOptimizer", "as_optimizer", "optimizer"]


@dataclass(frozen=True, repr=False)
class KernelOptimizer(Optimizer):
    """An optimiser given by its kernel's name and the values of its options; `optimizer` makes it."""

    name: OptimizerName = "gradient_descent"
    values: tuple[float, ...] = ()

    def check(self) -> None:
        """Check the values against the row of the kernel."""
        row = OPTIMIZERS[choice("name", self.name, OPTIMIZERS)]
        pairs = zip(row.options, self.values, strict=True)
        set_fields(self, values=tuple(check_option(option, value, option.name) for option, value in pairs))

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return self.name

    @property
    def options(self) -> tuple[float, ...]:
        """Values of the kernel's options, in the order of its row."""
        return self.values

    def __repr__(self) -> str:
        pairs = zip(OPTIMIZERS[self.name].options, self.values, strict=True)
        options = "".join(f", {option.name}={value!r}" for option, value in pairs)
        schedule = "" if self.schedule is None else f", schedule={self.schedule!r}"
        return f"optimizer({self.name!r}, {self.learning_rate!r}{options}{schedule})"


def optimizer(
    name: OptimizerName,
    learning_rate: float | None = None,
    *,
    schedule: AnySchedule = None,
    **options: float,
) -> Optimizer:
    """An optimiser by the name of its kernel: any row of `cregnet.spec.OPTIMIZERS`.

    It trains exactly as the class of the same kernel does, where there is one.

    Parameters
    ----------
    name : str
        Such as "adam"; the keys of `cregnet.spec.OPTIMIZERS`.
    learning_rate : float, optional
        Above 0; None is the default of the row.
    schedule : Schedule or function of (epoch, step), optional
        How the rate changes; None keeps it constant.
    **options : float
        Options of the kernel by the names in its row, which also has their ranges and defaults.

    Returns
    -------
    Optimizer

    Raises
    ------
    ValueError, TypeError
        If the name or an option is unknown, or a number is out of range; the message says what is wanted.

    Examples
    --------
    >>> optimizer("adam", 0.01, beta1=0.8)
    optimizer('adam', 0.01, beta1=0.8, beta2=0.999, epsilon=1e-08)
    >>> optimizer("nesterov").options
    (0.9,)
    >>> optimizer("adam", momentum=0.9)
    Traceback (most recent call last):
        ...
    TypeError: optimizer('adam') has no argument 'momentum', wanted one of learning_rate, schedule, beta1, \
beta2, epsilon
    """
    row = OPTIMIZERS[choice("name", name, OPTIMIZERS)]
    known = [option.name for option in row.options]
    check_keywords(f"optimizer({name!r})", options, ["learning_rate", "schedule", *known])
    rate = row.learning_rate if learning_rate is None else learning_rate
    values = tuple(options.get(option.name, option.default) for option in row.options)
    return KernelOptimizer(rate, name, values, schedule=schedule)


DEFAULT = Adam()  # immutable, and made once: a training of a tiny net takes microseconds


def as_optimizer(given: Any) -> Optimizer:
    """An optimiser from one, from the name of a kernel, or Adam from None."""
    if given is None:
        return DEFAULT
    if isinstance(given, str):
        return optimizer(choice("optimizer", given, OPTIMIZERS))  # type: ignore[arg-type]
    if not isinstance(given, Optimizer):
        raise TypeError(f"optimizer is {shown(given)}, wanted an optimiser such as Adam(1e-3)")
    return given
