"""Decorators for what a notebook sees of a function: its module and its argument names."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["keyword_alias", "set_module"]

P = ParamSpec("P")
R = TypeVar("R")


def set_module(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Set `__module__` to the public module `regnet.course.NAME`.

    Some public functions are defined in private modules, to keep each file to one subject. Pickle, help and
    tracebacks should still name the module that a notebook imports, as NumPy's functions name `numpy`.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        function.__module__ = f"regnet.course.{name}"
        return function

    return decorate


def keyword_alias(**aliases: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Accept an argument under a second keyword, because editions of a notebook name it differently."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*arguments: P.args, **keywords: P.kwargs) -> R:
            if keywords:
                for alias in aliases.keys() & keywords.keys():
                    keywords[aliases[alias]] = keywords.pop(alias)
            return function(*arguments, **keywords)

        return call

    return decorate
