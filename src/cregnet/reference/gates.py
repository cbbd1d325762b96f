"""Hard-concrete gates (Louizos, Welling and Kingma 2018): one factor per unit, often exactly 0.

`log_alpha` and everything computed from it are columns (n_units, 1), in double.
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


def sigmoid_in_double(x: Array) -> Array:
    """The sigmoid of x, computed in double."""
    return sigmoid(x.astype(np.float64))


def stretched(s: Array) -> Array:
    """s stretched from (0, 1) to (GAMMA, ZETA), equation 11."""
    return s * (ZETA - GAMMA) + GAMMA


def draw_gates(log_alpha: Array, seed: int, layer: int, step: int) -> tuple[Array, Array]:
    """The gates z of a training step and their derivatives dz / dlog_alpha; equations 10 to 12."""
    words = random_words(log_alpha.size, seed, GATES, layer, step)
    u = (words.reshape(log_alpha.shape) + 0.5) / 2**32
    s = sigmoid_in_double((np.log(u) - np.log(1 - u) + log_alpha) / BETA)
    partly_open = (stretched(s) > 0) & (stretched(s) < 1)
    slope = np.where(partly_open, s * (1 - s) / BETA * (ZETA - GAMMA), 0)
    return np.clip(stretched(s), 0, 1), slope


def prediction_gates(log_alpha: Array) -> Array:
    """The gates without a draw, for prediction; equation 13."""
    return np.clip(stretched(sigmoid_in_double(log_alpha)), 0, 1)


def open_probability(log_alpha: Array) -> Array:
    """p = P(z > 0) of each gate, whose sum is the expected L0 norm; equation 12."""
    return sigmoid_in_double(log_alpha.astype(np.float64) - BETA * np.log(-GAMMA / ZETA))


def gates_backward(W: Array, dW: Array, z: Array, slope: Array) -> Array:
    """Gradient of log_alpha from dW, where W (n_out, n_units) are the weights after the gates.

    dz = sum(dA * A / z), and the sum over examples of dA * A equals the sum over rows of W * dW.
    """
    along = (W * dW).sum(axis=0, dtype=np.float64).reshape(z.shape)
    return np.divide(along, z, out=np.zeros(z.shape), where=z > 0) * slope
