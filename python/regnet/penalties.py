"""Penalties on the weights. They add up: ``L1(0.1) + L2(0.7)``.

With m the divisor that `scale` names, the cost gains

    L2: lam / (2 m) * sum W^2      gradient lam / m * W
    L1: lam / (2 m) * sum |W|      gradient lam / (2 m) * sign(W)

Biases are not penalised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .checks import choice, number

__all__ = ["L1", "L2", "Penalty", "as_penalty"]

SCALES = ("examples", "batch", "none")


@dataclass(frozen=True)
class Penalty:
    """A sum of terms; `L1` and `L2` are its terms."""

    terms: tuple[Term, ...] = ()

    def __add__(self, other: Penalty) -> Penalty:
        if not isinstance(other, Penalty):
            return NotImplemented
        return Penalty(self.terms + other.terms)

    def coefficients(self, n_examples: int, batch_size: int) -> tuple[float, float]:
        """(l1, l2) with cost ``l1 * sum |W| + l2 / 2 * sum W^2``.

        Parameters
        ----------
        n_examples : int
            Training examples of the fit, the divisor of ``scale="examples"``.
        batch_size : int
            The divisor of ``scale="batch"``.

        Examples
        --------
        >>> (L1(2.0) + L2(7.0)).coefficients(n_examples=100, batch_size=10)
        (0.01, 0.07)
        """
        divisor = {"examples": n_examples, "batch": batch_size, "none": 1}
        l1 = sum(term.lam / (2 * divisor[term.scale]) for term in self.terms if isinstance(term, L1))
        l2 = sum(term.lam / divisor[term.scale] for term in self.terms if isinstance(term, L2))
        return float(l1), float(l2)


@dataclass(frozen=True, init=False)
class Term(Penalty):
    """One penalty with its strength `lam` and its scale."""

    lam: float = 0.0
    scale: str = "examples"

    def __init__(self, lam: float, scale: str = "examples") -> None:
        object.__setattr__(self, "lam", number("lam", lam, least=0))
        object.__setattr__(self, "scale", choice("scale", scale, SCALES))
        object.__setattr__(self, "terms", (self,))

    def __repr__(self) -> str:
        scale = "" if self.scale == "examples" else f", scale={self.scale!r}"
        return f"{type(self).__name__}({self.lam!r}{scale})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and repr(other) == repr(self)

    def __hash__(self) -> int:
        return hash(repr(self))


class L2(Term):
    """Weight decay by the squared norm: adds ``lam / (2 m) * sum W^2`` to the cost.

    Parameters
    ----------
    lam : float
        Strength, at least 0.
    scale : {"examples", "batch", "none"}
        What m is: the training examples of the fit (the course's definition, default), the batch
        size (scikit-learn's alpha), or 1 (Keras; halve theirs, which has no 1/2).

    Raises
    ------
    ValueError
        If lam is negative or not finite, or scale is unknown.

    Examples
    --------
    >>> L2(0.7)
    L2(0.7)
    >>> L2(-1)
    Traceback (most recent call last):
        ...
    ValueError: lam is -1, wanted a number >= 0
    """


class L1(Term):
    """Sparsity by the absolute value: adds ``lam / (2 m) * sum |W|`` to the cost.

    Parameters and errors are those of `L2`. The gradient ``lam / (2 m) * sign(W)`` pulls weights
    towards 0; without a proximal step they come near it and rarely reach it.

    Examples
    --------
    >>> (L1(0.1) + L2(0.7)).terms
    (L1(0.1), L2(0.7))
    """


def as_penalty(penalty: Any) -> Penalty:
    """A penalty from one or from None."""
    if penalty is None:
        return Penalty()
    if not isinstance(penalty, Penalty):
        raise TypeError(f"penalty is {penalty!r}, wanted None or L1(...), L2(...) or a sum of them")
    return penalty
