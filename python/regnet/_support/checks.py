"""Checks of arguments; their messages name the argument, its value and what is wanted."""

from __future__ import annotations

import math
import numbers
import reprlib
from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

from cregnet.spec import Option

__all__ = ["boolean", "choice", "fraction", "integer", "kernel_option", "number", "set_fields", "shown"]


class Shown(reprlib.Repr):
    """Reprs for messages: long ones are cut; arrays and frames are shown by their shape."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = 80
        self.maxother = 200

    def repr_instance(self, x: Any, level: int) -> str:
        """Show an object with a shape by its shape."""
        shape = getattr(x, "shape", None)
        if isinstance(shape, tuple) and shape and not isinstance(x, type):
            kind = "an array" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
            return f"{kind} of shape {tuple(shape)}"
        return super().repr_instance(x, level)

    def repr_int(self, x: int, level: int) -> str:
        """Show a very large integer by its size: Python does not print more than 4300 digits."""
        return repr(x) if abs(x) < 10**40 else f"an integer of {x.bit_length()} bits"


shown = Shown().repr

Name = TypeVar("Name", bound=str)


def number(name: str, value: Any, *, above: float | None = None, least: float | None = None) -> float:
    """Return a finite real number as a float, or raise an error.

    >>> number("lam", 0.7, least=0)
    0.7
    >>> number("lam", -1, least=0)
    Traceback (most recent call last):
        ...
    ValueError: lam is -1, wanted a number >= 0
    """
    wanted = "a finite number"
    if above is not None:
        wanted = f"a number > {above:g}"
    elif least is not None:
        wanted = f"a number >= {least:g}"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {shown(value)}, wanted {wanted}")
    x = as_float(value)
    good = math.isfinite(x) and (above is None or x > above) and (least is None or x >= least)
    if not good:
        raise ValueError(f"{name} is {shown(value)}, wanted {wanted}")
    return x


def kernel_option(option: Option, value: Any, name: str) -> float:
    """Return a number in the range of a kernel's option; `name` is that of the argument.

    >>> kernel_option(Option("beta1", 0.9, below=1.0), 1.5, "beta1")
    Traceback (most recent call last):
        ...
    ValueError: beta1 is 1.5, wanted 0 <= beta1 < 1
    """
    if option.below == math.inf:
        bound = {"above" if option.open else "least": option.least}
        return number(name, value, **bound)
    wanted = f"{option.least:g} {'<' if option.open else '<='} {name} < {option.below:g}"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {shown(value)}, wanted {wanted}")
    x = as_float(value)
    if not (option.least < x or (x == option.least and not option.open)) or not x < option.below:
        raise ValueError(f"{name} is {shown(value)}, wanted {wanted}")
    return x


def as_float(value: Any) -> float:
    """A real number as a float; infinite if it is too large, as the literal 1e400 is."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def fraction(name: str, value: Any, *, zero: bool = False, one: bool = False) -> float:
    """Return a number between 0 and 1; `zero` and `one` say whether the ends are allowed.

    >>> fraction("keep_prob", 1.1, one=True)
    Traceback (most recent call last):
        ...
    ValueError: keep_prob is 1.1, wanted 0 < keep_prob <= 1
    """
    wanted = f"0 {'<=' if zero else '<'} {name} {'<=' if one else '<'} 1"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {shown(value)}, wanted {wanted}")
    x = as_float(value)
    if not ((x > 0 or (zero and x == 0)) and (x < 1 or (one and x == 1))):
        raise ValueError(f"{name} is {shown(value)}, wanted {wanted}")
    return x


def integer(name: str, value: Any, *, least: int, most: int | None = None) -> int:
    """Return a whole number in a range.

    >>> integer("batch_size", 0, least=1)
    Traceback (most recent call last):
        ...
    ValueError: batch_size is 0, wanted a whole number >= 1
    """
    wanted = f"a whole number >= {least}" if most is None else f"a whole number from {least} to {most}"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} is {shown(value)}, wanted {wanted}")
    n = int(value)
    if n < least or (most is not None and n > most):
        raise ValueError(f"{name} is {shown(value)}, wanted {wanted}")
    return n


def boolean(name: str, value: Any) -> bool:
    """Return True or False, Python's or NumPy's.

    >>> boolean("gates", 1)
    Traceback (most recent call last):
        ...
    TypeError: gates is 1, wanted True or False
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {shown(value)}, wanted True or False")
    return bool(value)


def choice(name: str, value: Any, choices: Iterable[Name]) -> Name:
    """Return one of a set of names.

    >>> choice("backend", "cuda", ("compiled", "reference"))
    Traceback (most recent call last):
        ...
    ValueError: backend is 'cuda', wanted one of 'compiled', 'reference'
    """
    allowed = list(choices)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} is {shown(value)}, wanted one of {', '.join(map(repr, allowed))}")
    return allowed[allowed.index(value)]


def set_fields(record: Any, **values: Any) -> None:
    """Set fields of a frozen record to the values that its checks returned."""
    for name, value in values.items():
        object.__setattr__(record, name, value)
