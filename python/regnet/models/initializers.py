"""Initial weights; biases start at 0.

`n_in` and `n_out` are the units before and after the weights, which have shape (n_out, n_in).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cregnet.spec import ACTIVATIONS

from .._support import randomness
from .._support.checks import number, shown

__all__ = ["Glorot", "He", "Initializer", "Normal", "Xavier", "Zeros", "as_initializer"]


class Initializer:
    """Base of the initialisers: a subclass defines `weights`."""

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


def normal_weights(n_in: int, n_out: int, seed: int, layer: int, scale: float) -> NDArray[np.float64]:
    """scale * N(0, 1), shape (n_out, n_in)."""
    return scale * randomness.normal(n_out * n_in, seed, "weights", layer).reshape(n_out, n_in)


@dataclass(frozen=True)
class Zeros(Initializer):
    """W = 0: all units of a layer stay equal, which shows why weights must not start so.

    >>> Zeros().weights(2, 3, seed=0, layer=1).shape
    (3, 2)
    """

    def weights(self, n_in: int, n_out: int, seed: int, layer: int) -> NDArray[np.float64]:
        """Zeros of shape (n_out, n_in)."""
        return np.zeros((n_out, n_in))


@dataclass(frozen=True)
class Normal(Initializer):
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

    def weights(self, n_in: int, n_out: int, seed: int, layer: int) -> NDArray[np.float64]:
        """scale * N(0, 1), shape (n_out, n_in)."""
        return normal_weights(n_in, n_out, seed, layer, self.scale)


@dataclass(frozen=True)
class He(Initializer):
    """W = sqrt(2 / n_in) * N(0, 1): for ReLU (He et al. 2015, equation 10).

    >>> W = He().weights(200, 100, seed=0, layer=1)
    >>> bool(0.095 < W.std() < 0.105)
    True
    """

    def weights(self, n_in: int, n_out: int, seed: int, layer: int) -> NDArray[np.float64]:
        """sqrt(2 / n_in) * N(0, 1), shape (n_out, n_in)."""
        return normal_weights(n_in, n_out, seed, layer, float(np.sqrt(2 / n_in)))


@dataclass(frozen=True)
class Xavier(Initializer):
    """W = sqrt(1 / n_in) * N(0, 1): for tanh, also called LeCun's (LeCun et al. 1998, section 4.6).

    >>> W = Xavier().weights(100, 100, seed=0, layer=1)
    >>> bool(0.095 < W.std() < 0.105)
    True
    """

    def weights(self, n_in: int, n_out: int, seed: int, layer: int) -> NDArray[np.float64]:
        """N(0, 1) / sqrt(n_in), shape (n_out, n_in)."""
        return normal_weights(n_in, n_out, seed, layer, float(np.sqrt(1 / n_in)))


@dataclass(frozen=True)
class Glorot(Initializer):
    """W uniform in +-sqrt(6 / (n_in + n_out)) (Glorot & Bengio 2010, equation 16).

    >>> W = Glorot().weights(100, 50, seed=0, layer=1)
    >>> bool(abs(W).max() <= 0.2)
    True
    """

    def weights(self, n_in: int, n_out: int, seed: int, layer: int) -> NDArray[np.float64]:
        """Uniform in +-sqrt(6 / (n_in + n_out)), shape (n_out, n_in)."""
        limit = np.sqrt(6 / (n_in + n_out))
        u = randomness.uniform(n_out * n_in, seed, "weights", layer)
        return limit * (2 * u - 1).reshape(n_out, n_in)


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
