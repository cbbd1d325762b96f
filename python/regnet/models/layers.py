"""Layers: frozen records that describe a network; `Model` allocates its parameters."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from numbers import Real
from typing import Any, Literal, get_args

from cregnet.spec import ACTIVATIONS, ActivationName

from .._support.checks import as_float, boolean, choice, fraction, integer, number
from .._support.keywords import suggests_keywords, suggests_keywords_of
from .initializers import Initializer, InitializerName, as_initializer
from .penalties import L0, Penalty, as_penalty

__all__ = ["Dense", "Input", "Layer"]

DropoutKind = Literal["bernoulli", "gaussian"]
DROPOUT_KINDS: tuple[DropoutKind, ...] = get_args(DropoutKind)


@dataclass(frozen=True, repr=False)
class Layer:
    """Base of the layers: the fields that inputs and dense layers share."""

    units: int
    activation: ActivationName = "identity"
    keep_prob: float = 1.0
    gates: bool = field(default=False, kw_only=True)
    dropout: DropoutKind = field(default="bernoulli", kw_only=True)
    penalty: Penalty | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", integer("units", self.units, least=1))
        choice("activation", self.activation, ACTIVATIONS)
        object.__setattr__(self, "keep_prob", fraction("keep_prob", self.keep_prob, one=True))
        object.__setattr__(self, "gates", boolean("gates", self.gates))
        check_dropout(self.dropout, self.keep_prob)
        if self.penalty is not None and as_penalty(self.penalty).on_gates and not self.gates:
            raise ValueError(f"penalty is {self.penalty!r} and gates is False, wanted gates=True for L0")

    def __repr__(self) -> str:
        # defaults are omitted to keep the repr short
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        kept = [
            f"{f.name}={given[f.name]!r}"
            for f in fields(self)
            if f.default is MISSING or given[f.name] != f.default
        ]
        return f"{type(self).__name__}({', '.join(kept)})"


def check_dropout(dropout: Any, keep_prob: float) -> None:
    """A known kind of dropout; one that is not the default wants keep_prob below 1."""
    if isinstance(dropout, Real) and 0 < as_float(dropout) < 1:  # a rate, as other libraries take it
        raise ValueError(
            f"dropout is {dropout}, wanted one of {', '.join(map(repr, DROPOUT_KINDS))}; "
            f"to drop that share of the units give keep_prob={1 - float(dropout):g}"
        )
    choice("dropout", dropout, DROPOUT_KINDS)
    if dropout != "bernoulli" and keep_prob == 1:
        raise ValueError(
            f"dropout is {dropout!r} and keep_prob is 1, which drops nothing, wanted keep_prob < 1"
        )


@dataclass(frozen=True, init=False, repr=False)
class Input(Layer):
    """The input: the number of features, and their regularisation in training.

    Parameters
    ----------
    units : int
        Features of X.
    keep_prob : float
        Probability of keeping a feature, 0 < keep_prob <= 1; 1 is no dropout.
    noise : float
        Standard deviation of Gaussian noise that is added to the features in training, drawn anew in
        each step; at least 0. For little noise it acts as a penalty on the slopes of the outputs
        (Bishop 1995, "Training with noise is equivalent to Tikhonov regularization").
    gates, dropout
        As for `Dense`.
    penalty : L0, optional
        Of the gates on the features, in place of the training's.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range or of the wrong type.

    Examples
    --------
    >>> Input(784, keep_prob=0.8)
    Input(units=784, keep_prob=0.8)
    """

    noise: float = 0.0

    @suggests_keywords
    def __init__(
        self,
        units: int,
        keep_prob: float = 1.0,
        *,
        noise: float = 0.0,
        gates: bool = False,
        dropout: DropoutKind = "bernoulli",
        penalty: Penalty | None = None,
    ) -> None:
        super().__init__(units, "identity", keep_prob, gates=gates, dropout=dropout, penalty=penalty)
        object.__setattr__(self, "noise", number("noise", noise, least=0))
        if penalty is not None and not all(isinstance(term, L0) for term in penalty.terms):
            raise ValueError(f"penalty is {penalty!r}, wanted L0(...): inputs have gates and no weights")


@suggests_keywords_of
@dataclass(frozen=True, repr=False)
class Dense(Layer):
    """A fully connected layer ``A = activation(W A_prev + b)``, then gates, then dropout.

    Parameters
    ----------
    units : int
        Units of the layer.
    activation : str
        One of the activations in the table of ``docs/guide/names.md``, with the defaults of its options.
    keep_prob : float
        Probability of keeping a unit in training, 0 < keep_prob <= 1 (Srivastava et al. 2014; the
        kept ones are divided by keep_prob, so that prediction needs no scaling). 1 is no dropout.
    init : initialiser, name or None
        Initial W. None: the initialiser that the table names for the activation.
    max_norm : float, optional
        Bound on the norm of each unit's incoming weights, a row of W: after each step a longer row
        is scaled back to it (Srivastava et al. 2014, section 5.1, who use 2 to 4).
    batch_norm : bool
        Normalise ``Z = W A_prev`` over the batch before the activation, as
        ``gamma (Z - mean) / sqrt(variance + 1e-5) + beta`` (Ioffe & Szegedy 2015, algorithm 1). beta
        takes the place of b. Prediction uses exponentially weighted statistics (0.99, corrected for
        their start) and does not depend on the batch. They lag some hundred steps behind, which does
        not matter if the learning rate falls towards the end. Not for the output layer.
    gates : bool
        Multiply each unit by a hard-concrete gate that training can close: see `L0`. Not for the
        output layer.
    dropout : {"bernoulli", "gaussian"}
        Gaussian dropout multiplies by draws of N(1, (1 - keep_prob) / keep_prob), which have the
        mean and variance of the Bernoulli ones (Srivastava et al. 2014, section 10). It wants keep_prob
        below 1.
    penalty : Penalty, optional
        Of this layer, in place of the training's: `L1` and `L2` act on its incoming weights, `L0` on
        its gates. ``Penalty()`` is none.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range or of the wrong type.

    Examples
    --------
    >>> Dense(20, "relu", keep_prob=0.86)
    Dense(units=20, activation='relu', keep_prob=0.86)
    >>> Dense(20, "relu", keep_prob=0)
    Traceback (most recent call last):
        ...
    ValueError: keep_prob is 0, wanted 0 < keep_prob <= 1
    """

    init: Initializer | InitializerName | None = None
    max_norm: float | None = field(default=None, kw_only=True)
    batch_norm: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        as_initializer(self.init, self.activation)
        if self.max_norm is not None:
            object.__setattr__(self, "max_norm", number("max_norm", self.max_norm, above=0))
        object.__setattr__(self, "batch_norm", boolean("batch_norm", self.batch_norm))

    @property
    def initializer(self) -> Initializer:
        """The initialiser by `init`."""
        return as_initializer(self.init, self.activation)
