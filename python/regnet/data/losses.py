"""Losses: a name with its options. What a loss is stands in its row of `cregnet.spec.LOSSES`."""

from __future__ import annotations

from dataclasses import dataclass

from cregnet import spec
from cregnet.spec import LOSSES, LossName

from .._support.checks import choice, number, shown

__all__ = ["Loss", "as_loss", "predicts_classes"]


@dataclass(frozen=True, init=False, repr=False)
class Loss:
    """A loss with options, for ``Model(..., loss=...)``.

    Parameters
    ----------
    name : str
        One of the losses in the table of ``docs/guide/names.md``.
    **options : float
        Options of that loss; those left out have their defaults.

    Attributes
    ----------
    name : str
    values : tuple of float
        Values of all options, in the order of the table.

    Raises
    ------
    ValueError, TypeError
        If there is no such loss or option, or a value is out of its range.

    Examples
    --------
    >>> Loss("squared_error")
    Loss('squared_error')
    >>> Loss("squared_error", delta=2.0)
    Traceback (most recent call last):
        ...
    TypeError: the loss 'squared_error' has no option 'delta', wanted none
    """

    name: LossName
    values: tuple[float, ...]

    def __init__(self, name: LossName, **options: float) -> None:
        known = LOSSES[choice("loss", name, LOSSES)].options
        names = [option.name for option in known]
        for given in options:
            if given not in names:
                wanted = ", ".join(map(repr, names)) or "none"
                raise TypeError(f"the loss {name!r} has no option {given!r}, wanted {wanted}")
        values = tuple(
            option.check(number(option.name, options.get(option.name, option.default))) for option in known
        )
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "values", values)

    @property
    def row(self) -> spec.Loss:
        """The row of the table of losses."""
        return LOSSES[self.name]

    @property
    def options(self) -> dict[str, float]:
        """The options with their values."""
        return {option.name: value for option, value in zip(self.row.options, self.values, strict=True)}

    def __str__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{self.name}({options})" if options else self.name

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"Loss({self.name!r}{options})"


def as_loss(loss: Loss | LossName) -> Loss:
    """A loss from one or from its name.

    Raises
    ------
    ValueError, TypeError
        If it is neither.
    """
    if isinstance(loss, Loss):
        return loss
    if not isinstance(loss, str):
        raise TypeError(f"loss is {shown(loss)}, wanted the name of a loss or Loss(...)")
    return Loss(loss)


def predicts_classes(loss: str) -> bool:
    """Whether targets of this loss are classes, and not numbers.

    >>> predicts_classes("categorical_cross_entropy"), predicts_classes("squared_error")
    (True, False)
    """
    return LOSSES[loss].targets in ("binary", "classes")
