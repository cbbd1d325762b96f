"""Layers: frozen records that describe a network. `Model` turns them into memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .checks import choice, fraction, integer
from .initializers import Initializer, as_initializer

__all__ = ["ACTIVATIONS", "Dense", "Input", "Layer"]

ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "softmax")


@dataclass(frozen=True)
class Layer:
    """Base of the layers."""

    units: int
    activation: str = "identity"
    keep_prob: float = 1.0


@dataclass(frozen=True, init=False)
class Input(Layer):
    """The input: how many features, and how many of them dropout keeps.

    Parameters
    ----------
    units : int
        Features of X.
    keep_prob : float
        Probability of keeping a feature, 0 < keep_prob <= 1; 1 is no dropout.

    Examples
    --------
    >>> Input(784, keep_prob=0.8)
    Input(units=784, activation='identity', keep_prob=0.8)
    """

    def __init__(self, units: int, keep_prob: float = 1.0) -> None:
        object.__setattr__(self, "units", integer("units", units, least=1))
        object.__setattr__(self, "activation", "identity")
        object.__setattr__(self, "keep_prob", fraction("keep_prob", keep_prob, one=True))


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer ``A = activation(W A_prev + b)``, then inverted dropout.

    Parameters
    ----------
    units : int
        Units of the layer.
    activation : {"identity", "sigmoid", "tanh", "relu", "leaky_relu", "softmax"}
        Leaky ReLU has slope 0.01 below 0.
    keep_prob : float
        Probability of keeping a unit in training, 0 < keep_prob <= 1 (Srivastava et al. 2014; the
        kept ones are divided by keep_prob, so that prediction needs no scaling). 1 is no dropout.
    init : initialiser, name or None
        How W starts. None: He for ReLU and leaky ReLU, else Glorot.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range or of the wrong type.

    Examples
    --------
    >>> Dense(20, "relu", keep_prob=0.86).units
    20
    >>> Dense(20, "relu", keep_prob=0)
    Traceback (most recent call last):
        ...
    ValueError: keep_prob is 0, wanted 0 < keep_prob <= 1
    """

    init: Initializer | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", integer("units", self.units, least=1))
        choice("activation", self.activation, ACTIVATIONS)
        object.__setattr__(self, "keep_prob", fraction("keep_prob", self.keep_prob, one=True))
        as_initializer(self.init, self.activation)

    @property
    def initializer(self) -> Any:
        """The initialiser that `init` stands for."""
        return as_initializer(self.init, self.activation)
