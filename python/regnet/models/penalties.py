"""Penalties on weights and gates. They add up: ``L1(0.1) + L2(0.7)``.

With m the divisor that `scale` names, the cost gains

    L2: lam / (2 m) * sum W^2      gradient lam / m * W
    L1: lam / (2 m) * sum |W|      gradient lam / (2 m) * sign(W), or a soft threshold after the step
    L0: lam / m * expected number of open gates

Biases and the parameters of batch norm are not penalised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from .._support.checks import boolean, choice, number, shown
from .._support.keywords import suggests_keywords

__all__ = ["L0", "L1", "L2", "TERMS", "Coefficients", "Penalty", "Term", "as_penalty"]

Scale = Literal["examples", "batch", "none"]
SCALES: tuple[Scale, ...] = get_args(Scale)


class Coefficients(NamedTuple):
    """A penalty as the kernels take it, divided by m.

    Attributes
    ----------
    l1, proximal : float
        Of ``sum |W|``, acting by its gradient and by a soft threshold.
    l2 : float
        Of ``1/2 sum W^2``.
    l0 : float
        Of the expected number of open gates.
    """

    l1: float = 0.0
    l2: float = 0.0
    proximal: float = 0.0
    l0: float = 0.0


@dataclass(frozen=True, eq=False)
class Penalty:
    """A sum of penalties, made by ``L1(a) + L2(b)``; without terms there is no penalty.

    Parameters
    ----------
    terms : tuple of L1, L2 and L0

    Examples
    --------
    >>> (L1(0.1) + L2(0.7)).terms
    (L1(0.1), L2(0.7))
    """

    terms: tuple[Term, ...] = ()

    def __add__(self, other: Penalty) -> Penalty:
        if not isinstance(other, Penalty):
            return NotImplemented
        return Penalty(self.terms + other.terms)

    def __repr__(self) -> str:
        return " + ".join(map(repr, self.terms)) or "Penalty()"

    def __eq__(self, other: object) -> bool:
        # by repr, so that a term equals the sum of this one term
        return isinstance(other, Penalty) and repr(other) == repr(self)

    def __hash__(self) -> int:
        return hash(repr(self))

    def coefficients(self, n_examples: int, batch_size: int) -> Coefficients:
        """The sums of the terms' coefficients.

        Parameters
        ----------
        n_examples : int
            Training examples of the fit, the divisor of ``scale="examples"``.
        batch_size : int
            The divisor of ``scale="batch"``.

        Returns
        -------
        Coefficients

        Examples
        --------
        >>> (L1(2.0) + L2(7.0)).coefficients(n_examples=100, batch_size=10)
        Coefficients(l1=0.01, l2=0.07, proximal=0.0, l0=0.0)
        """
        divisor = {"examples": n_examples, "batch": batch_size, "none": 1}
        total = dict.fromkeys(Coefficients._fields, 0.0)
        for term in self.terms:
            total[term.coefficient] += term.lam / (term.divided_by * divisor[term.scale])
        return Coefficients(**total)

    @property
    def on_gates(self) -> bool:
        """Whether one of the terms acts on gates."""
        return any(isinstance(term, L0) for term in self.terms)


@dataclass(frozen=True, init=False, repr=False, eq=False)
class Term(Penalty):
    """One penalty with its strength `lam` and its scale."""

    lam: float = 0.0
    scale: Scale = "examples"

    divided_by = 2  # in addition to m

    @suggests_keywords
    def __init__(self, lam: float, scale: Scale = "examples") -> None:
        object.__setattr__(self, "lam", number("lam", lam, least=0))
        object.__setattr__(self, "scale", choice("scale", scale, SCALES))
        object.__setattr__(self, "terms", (self,))

    @property
    def coefficient(self) -> str:
        """Which of the `Coefficients` this is."""
        return type(self).__name__.lower()

    def __repr__(self) -> str:
        scale = "" if self.scale == "examples" else f", scale={self.scale!r}"
        return f"{type(self).__name__}({self.lam!r}{scale})"


class L2(Term):
    """A penalty on the squared norm of the weights: adds ``lam / (2 m) * sum W^2`` to the cost.

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

    divided_by = 1  # the kernels take 1/2 sum W^2


class L1(Term):
    """Sparsity by the absolute value: adds ``lam / (2 m) * sum |W|`` to the cost.

    Parameters
    ----------
    lam, scale
        As for `L2`.
    proximal : bool
        False: the gradient ``lam / (2 m) * sign(W)`` pulls weights towards 0; they come near it and
        rarely reach it. True: each step of the optimiser, without the penalty, is followed by the
        soft threshold ``W = sign(W) max(|W| - learning_rate * lam / (2 m), 0)``, which makes exact
        zeros (the forward-backward splitting of Duchi & Singer 2009, section 5.1; with gradient
        descent it is ISTA). `Model.sparsity` counts them.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range.

    Notes
    -----
    With gradient descent and momentum the training approaches the minimum of the cost that includes
    ``|W|``. RMSprop and Adam make steps of about the learning rate, whatever the size of the gradient, while
    the threshold does not change: they need a larger lam for the same number of zeros, and approach
    another minimum.

    Examples
    --------
    >>> (L1(0.1) + L2(0.7)).terms
    (L1(0.1), L2(0.7))
    >>> L1(0.1, proximal=True).coefficients(n_examples=10, batch_size=10).proximal
    0.005
    """

    proximal: bool

    @suggests_keywords
    def __init__(self, lam: float, scale: Scale = "examples", *, proximal: bool = False) -> None:
        super().__init__(lam, scale)
        object.__setattr__(self, "proximal", boolean("proximal", proximal))

    @property
    def coefficient(self) -> str:
        """Which of the `Coefficients` this is."""
        return "proximal" if self.proximal else "l1"

    def __repr__(self) -> str:
        return super().__repr__()[:-1] + (", proximal=True)" if self.proximal else ")")


class L0(Term):
    """A penalty on the number of units: adds ``lam / m * sum p``, p the probability that a gate is open.

    The number of units that are not 0 has no derivative, and finding the best subset is NP-hard.
    Layers with ``gates=True`` multiply each unit by a random gate z from 0 to 1, both ends included,
    whose distribution is learnt; the expected number of open gates is differentiable. `Model.gates`
    has the gates of prediction, `Model.pruned` the smaller model without the closed units.

    Parameters
    ----------
    lam : float
        Strength, at least 0: the cost, times m, of one open gate, whatever the number of its weights.
    scale : {"examples", "batch", "none"}
        What m is: see `L2`.

    Raises
    ------
    ValueError
        If lam is negative or not finite, or scale is unknown; in training, if no layer has gates.

    Notes
    -----
    Louizos, Welling & Kingma 2018, "Learning sparse neural networks through L0 regularization",
    equations 10 to 13, with beta = 2/3, gamma = -0.1, zeta = 1.1:
    ``s = sigmoid((log u - log(1 - u) + log_alpha) / beta)``, u uniform, one per unit and step,
    ``z = min(1, max(0, s (zeta - gamma) + gamma))`` and
    ``p = sigmoid(log_alpha - beta log(-gamma / zeta))``. At prediction
    ``z = min(1, max(0, sigmoid(log_alpha) (zeta - gamma) + gamma))``.

    Examples
    --------
    >>> L0(0.5).coefficients(n_examples=100, batch_size=10).l0
    0.005
    """

    divided_by = 1


TERMS: dict[str, type[Term]] = {kind.__name__: kind for kind in (L1, L2, L0)}


def as_penalty(penalty: Any) -> Penalty:
    """A penalty from one or from None."""
    if penalty is None:
        return Penalty()
    if not isinstance(penalty, Penalty):
        raise TypeError(
            f"penalty is {shown(penalty)}, wanted None or L1(...), L2(...), L0(...) or a sum of them"
        )
    return penalty
