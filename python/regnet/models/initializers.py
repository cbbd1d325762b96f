"""Initial weights; biases start at 0.

The weights of a seed are the same on every processor. A model draws them in its own dtype. Those of float32
are not rounded from float64; they differ from them by a few roundings.

`n_in` and `n_out` are the units before and after the weights, which have shape (n_out, n_in).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import cregnet
from cregnet.spec import ACTIVATIONS

from .._support.checks import number, shown

__all__ = ["Glorot", "He", "Initializer", "Normal", "Xavier", "Zeros", "as_initializer", "fill_weights"]


class Initializer:
    """Base of the initialisers: a subclass defines `weights`, whose result a model converts to its dtype."""

    def weights(self, n_in: int, n_out: int, seed: int, layer: int) -> NDArray[np.float64]:
        """Initial weights of one layer; they depend on the arguments alone.

        Parameters
        ----------
        n_in, n_out : int
            Units of the layer before and of this one.
        seed : int
            The model's.
        layer : int
            Number of the layer, from 1.

        Returns
        -------
        float64 array (n_out, n_in)
        """
        raise NotImplementedError


class Drawn(Initializer):
    """Base of the initialisers that write weights in their own dtype: a subclass defines `draw`."""

    def draw(self, W: NDArray[Any], seed: int, layer: int, n_threads: int) -> None:
        """Fill an array with initial weights; they do not depend on the number of threads.

        Parameters
        ----------
        W : float32 or float64 array (n_out, n_in)
            Filled, in its own dtype.
        seed : int
            The model's.
        layer : int
            Number of the layer, from 1.
        n_threads : int
            Upper limit.
        """
        raise NotImplementedError

    def weights(self, n_in: int, n_out: int, seed: int, layer: int) -> NDArray[np.float64]:
        """Initial weights of one layer, shape (n_out, n_in); they depend on the arguments alone."""
        W = np.empty((n_out, n_in))
        self.draw(W, seed, layer, 1)
        return W


def fill_weights(initializer: Initializer, W: NDArray[Any], seed: int, layer: int, n_threads: int) -> None:
    """Fill W, shape (n_out, n_in), with the initial weights of a layer."""
    if isinstance(initializer, Drawn) and type(initializer).weights is Drawn.weights:
        initializer.draw(W, seed, layer, n_threads)
    else:  # a class of the user's, which may also override `weights` of one of those below
        W[...] = initializer.weights(W.shape[1], W.shape[0], seed, layer)


@dataclass(frozen=True)
class Zeros(Drawn):
    """W = 0: all units of a layer stay equal, which shows why weights must not start so.

    >>> Zeros().weights(2, 3, seed=0, layer=1).shape
    (3, 2)
    """

    def draw(self, W: NDArray[Any], seed: int, layer: int, n_threads: int) -> None:
        """Fill W with zeros."""
        W.fill(0)


@dataclass(frozen=True)
class Normal(Drawn):
    """W = scale * N(0, 1).

    Parameters
    ----------
    scale : float
        Standard deviation, above 0.

    Raises
    ------
    ValueError, TypeError
        If `scale` is not a number above 0.

    Examples
    --------
    >>> W = Normal(10.0).weights(100, 100, seed=0, layer=1)
    >>> bool(9.5 < W.std() < 10.5)
    True
    """

    scale: float = 0.01

    def __post_init__(self) -> None:
        number("scale", self.scale, above=0)

    def draw(self, W: NDArray[Any], seed: int, layer: int, n_threads: int) -> None:
        """Fill W with draws of scale * N(0, 1)."""
        cregnet.normal_weights(W.shape, self.scale, seed, layer, W, n_threads=n_threads)


@dataclass(frozen=True)
class He(Drawn):
    """W = sqrt(2 / n_in) * N(0, 1): for ReLU (He et al. 2015, equation 10).

    >>> W = He().weights(200, 100, seed=0, layer=1)
    >>> bool(0.095 < W.std() < 0.105)
    True
    """

    def draw(self, W: NDArray[Any], seed: int, layer: int, n_threads: int) -> None:
        """Fill W with draws of sqrt(2 / n_in) * N(0, 1)."""
        cregnet.normal_weights(W.shape, sqrt(2 / W.shape[1]), seed, layer, W, n_threads=n_threads)


@dataclass(frozen=True)
class Xavier(Drawn):
    """W = sqrt(1 / n_in) * N(0, 1): for tanh, also called LeCun's (LeCun et al. 1998, section 4.6).

    >>> W = Xavier().weights(100, 100, seed=0, layer=1)
    >>> bool(0.095 < W.std() < 0.105)
    True
    """

    def draw(self, W: NDArray[Any], seed: int, layer: int, n_threads: int) -> None:
        """Fill W with draws of N(0, 1) / sqrt(n_in)."""
        cregnet.normal_weights(W.shape, sqrt(1 / W.shape[1]), seed, layer, W, n_threads=n_threads)


@dataclass(frozen=True)
class Glorot(Drawn):
    """W uniform in +-sqrt(6 / (n_in + n_out)) (Glorot & Bengio 2010, equation 16).

    >>> W = Glorot().weights(100, 50, seed=0, layer=1)
    >>> bool(abs(W).max() <= 0.2)
    True
    """

    def draw(self, W: NDArray[Any], seed: int, layer: int, n_threads: int) -> None:
        """Fill W with uniform draws in +-sqrt(6 / (n_in + n_out))."""
        cregnet.uniform_weights(W.shape, sqrt(6 / sum(W.shape)), seed, layer, W, n_threads=n_threads)


InitializerName = Literal["zeros", "normal", "he", "xavier", "lecun", "glorot"]
BY_NAME: dict[str, Initializer] = {
    "zeros": Zeros(),
    "normal": Normal(),
    "he": He(),
    "xavier": Xavier(),
    "lecun": Xavier(),  # the same formula under the name of its authors
    "glorot": Glorot(),
}


def as_initializer(init: Any, activation: str) -> Initializer:
    """An initialiser from one, from its name, or from None: the one in the activation's row of the table."""
    if init is None:
        return BY_NAME[ACTIVATIONS[activation].initializer]
    if isinstance(init, Initializer):
        return init
    if isinstance(init, str) and init in BY_NAME:
        return BY_NAME[init]
    names = ", ".join(map(repr, BY_NAME))
    raise ValueError(f"init is {shown(init)}, wanted an initialiser or one of {names}")
