"""Docstrings of the kernels that have a row in `cregnet.spec`: activations and optimisers.

In the core such a kernel has only one sentence and an example. The sections between them follow from its
row. They are added here, at import, so that each is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .spec import ACTIVATIONS, LOSSES, OPTIMIZERS, Option

__all__ = ["complete"]

FORWARD = """Z : array_like, shape (n_units, n_examples)
A : ndarray, optional
    Filled and returned; may be Z."""
BACKWARD = """dA, {given} : array_like, shape (n_units, n_examples)
    Gradient of the cost with respect to the activations, and {given}.
dZ : ndarray, optional
    Filled and returned; may be dA or {given}."""
LOSS = """{given}, Y : array_like, shape (n_units, n_examples)
    {outputs}, and targets.
weight : array_like, shape (n_examples,), optional
    By default 1 / n_examples each: the mean.
d{given} : ndarray, optional
    Filled and returned; may be {given}."""
COST = """cost : float
    Sum over the examples of weight times loss.
d{given} : ndarray, shape (n_units, n_examples)
    Gradient of the cost."""
UPDATED = """W : ndarray, any shape
    Updated in place.
dW : array_like, the same shape"""
MOMENT = """{moment} : ndarray, the same shape
    Updated in place; zeros before the first step."""
COUNTED = """t : int, at least 1
    Number of this step.
n_threads : int, at least 1
    Upper limit; a small array uses fewer. The bits do not depend on it."""
MATRIX = "{} : ndarray, shape (n_units, n_examples)"
RAISES = """Raises
------
TypeError, ValueError
    If an array or a number is not as described; the message names it."""


def complete(kernels: Mapping[str, Any]) -> None:
    """Complete the docstrings of activations, losses and optimisers."""
    for name, row in ACTIVATIONS.items():
        given = "Z" if row.derivative == "input" else "A"
        options = describe(row.options)
        write(kernels[name], [FORWARD, *options], MATRIX.format("A"))
        write(kernels[name + "_backward"], [BACKWARD.format(given=given), *options], MATRIX.format("dZ"))
    for name, loss in LOSSES.items():
        given, outputs = ("Z", "Logits") if loss.link else ("A", "Outputs")
        parts = [LOSS.format(given=given, outputs=outputs), *describe(loss.options)]
        write(kernels[name], parts, COST.format(given=given))
    for name, step in OPTIMIZERS.items():
        moments = [MOMENT.format(moment=moment) for moment in step.moments]
        parts = [UPDATED, *moments, "learning_rate : float", *describe(step.options)]
        write(kernels[name], parts + ([COUNTED] if step.counts else []))


def describe(options: Iterable[Option]) -> list[str]:
    """A line for each option, with its range."""
    return [f"{option.name} : float, {option.wanted().removeprefix('a number ')}" for option in options]


def write(kernel: Callable[..., Any], parameters: list[str], returns: str = "") -> None:
    """Insert the sections between the first sentence of a docstring and its example."""
    if not kernel.__doc__:  # python -OO
        return
    sentence, example = kernel.__doc__.replace("\n    ", "\n").rstrip().split("\n\n", 1)
    sections = ["Parameters\n----------\n" + "\n".join(parameters), RAISES]
    if returns:
        sections.insert(1, "Returns\n-------\n" + returns)
    kernel.__doc__ = "\n\n".join([sentence, *sections, "Examples\n--------\n" + example])
