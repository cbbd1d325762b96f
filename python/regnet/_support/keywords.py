"""Unknown keyword arguments: the error suggests the one that is meant.

Users of other libraries type the names that they know, `learning_rate=` for `train` or `dropout=` for `mlp`,
and Python's message suggests nothing. `meanings` is the one table of such names; `suggests_keywords` makes a
callable look them up before it runs. Its signature does not change, for readers and type checkers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["arguments", "check_keywords", "suggests_keywords", "suggests_keywords_of"]

P = ParamSpec("P")
T = TypeVar("T")


def check_keywords(name: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Check that all names are known; the TypeError suggests what is meant by the first one that is not.

    >>> check_keywords("Adam", ["lr"], ["learning_rate", "beta1"])
    Traceback (most recent call last):
        ...
    TypeError: Adam has no argument 'lr', wanted learning_rate=0.01, the first argument
    """
    for keyword in given:
        if keyword in known:
            continue
        from difflib import get_close_matches  # imported late, with the table: they cost milliseconds

        from .meanings import MEANT

        wanted = MEANT.get(name, {}).get(keyword)
        if wanted is None:
            close = get_close_matches(keyword, known, 1)
            wanted = repr(close[0]) if close else f"one of {', '.join(known)}"
        raise TypeError(f"{name} has no argument {keyword!r}, wanted {wanted}")


def arguments(function: Callable[..., Any]) -> list[str]:
    """Names of a function's arguments, without self and cls; `inspect` would take longer than the import."""
    code = getattr(function, "__wrapped__", function).__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return [name for name in names if name not in ("self", "cls")]


def suggests_keywords(function: Callable[P, T]) -> Callable[P, T]:
    """A function or `__init__` whose error for an unknown keyword argument suggests one."""
    names = arguments(function)
    known = frozenset(names)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        if not kwargs.keys() <= known:
            made = function.__name__ == "__init__"
            name = type(args[0]).__name__ if made else function.__qualname__
            check_keywords(name, kwargs, names)
        return function(*args, **kwargs)

    return call


def suggests_keywords_of(kind: type[T]) -> type[T]:
    """`suggests_keywords` for a class with a generated `__init__`, such as a dataclass."""
    kind.__init__ = suggests_keywords(kind.__init__)  # type: ignore[method-assign]
    return kind
