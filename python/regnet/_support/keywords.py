"""Unknown keyword arguments: the error suggests the right one.

Users of other libraries type the names that they know, `learning_rate=` for `train` or `dropout=` for `mlp`.
Python's own message names no alternative. `suggestions` is the table of such names; `suggests_keywords`
decorates a callable so that unknown keywords are looked up there. Its signature does not change, neither
for readers nor for type checkers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["arguments", "check_keywords", "suggests_keywords", "suggests_keywords_of"]

P = ParamSpec("P")
T = TypeVar("T")


def check_keywords(name: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Raise a TypeError for the first unknown name, with a suggestion.

    >>> check_keywords("Adam", ["lr"], ["learning_rate", "beta1"])
    Traceback (most recent call last):
        ...
    TypeError: Adam has no argument 'lr', wanted learning_rate=0.01, the first argument
    """
    for keyword in given:
        if keyword in known:
            continue
        from difflib import get_close_matches  # slow imports, needed for the error alone

        from .suggestions import SUGGESTIONS_FOR

        wanted = SUGGESTIONS_FOR.get(name, {}).get(keyword)
        if wanted is None:
            close = get_close_matches(keyword, known, 1)
            wanted = repr(close[0]) if close else f"one of {', '.join(known)}"
        raise TypeError(f"{name} has no argument {keyword!r}, wanted {wanted}")


def arguments(function: Callable[..., Any]) -> list[str]:
    """Names of a function's arguments, without self and cls; importing `inspect` would take longer."""
    code = getattr(function, "__wrapped__", function).__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return [name for name in names if name not in ("self", "cls")]


def suggests_keywords(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function or `__init__`: the error for an unknown keyword argument has a suggestion."""
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
