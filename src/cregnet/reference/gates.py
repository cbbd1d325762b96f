"""Hard-concrete gates (Louizos, Welling and Kingma 2018): one factor per unit, often exactly 0.

`log_alpha` and what is made of it are columns (n_units, 1), in double.
"""

import numpy as np

from ..spec import GATE_BETA as BETA
from ..spec import GATE_GAMMA as GAMMA
from ..spec import GATE_ZETA as ZETA
from ..spec import PURPOSES
from .activation import sigmoid
from .dropout import random_words
from .outputs import Array

GATES = PURPOSES["gates"]


def squashed(x: Array) -> Array:
    """The sigmoid of x, as a new array in double."""
    return sigmoid(x.astype(np.float64))


def stretched(s: Array) -> Array:
    """s from (0, 1) to (GAMMA, ZETA), equation 11."""
    return s * (ZETA - GAMMA) + GAMMA


def draw_gates(log_alpha: Array, seed: int, layer: int, step: int) -> tuple[Array, Array]:
    """The gates z of a training step and their derivatives dz/dlog_alpha; equations 10 to 12."""
    words = random_words(log_alpha.size, seed, GATES, layer, step)
    u = (words.reshape(log_alpha.shape) + 0.5) / 2**32
    s = squashed((np.log(u) - np.log(1 - u) + log_alpha) / BETA)
    open_in_part = (stretched(s) > 0) & (stretched(s) < 1)
    slope = np.where(open_in_part, s * (1 - s) / BETA * (ZETA - GAMMA), 0)
    return np.clip(stretched(s), 0, 1), slope


def mean_gates(log_alpha: Array) -> Array:
    """The gates of prediction, equation 13."""
    return np.clip(stretched(squashed(log_alpha)), 0, 1)


def open_probability(log_alpha: Array) -> Array:
    """p = P(z > 0) of each gate, the expectation of the L0 norm; equation 12."""
    return squashed(log_alpha.astype(np.float64) - BETA * np.log(-GAMMA / ZETA))


def gates_backward(W: Array, dW: Array, z: Array, slope: Array) -> Array:
    """Gradient of log_alpha from that of the weights W (n_out, n_units) behind the gates.

    dz = sum(dA * A / z), and the sums over examples of dA * A are those over rows of W * dW.
    """
    along = (W * dW).sum(axis=0, dtype=np.float64).reshape(z.shape)
    return np.divide(along, z, out=np.zeros(z.shape), where=z > 0) * slope
