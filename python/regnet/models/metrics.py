"""Scores of outputs against targets, by name; higher is better and 1 is perfect.

A metric takes targets and outputs, columns = examples, the weights of the examples and the loss. Outputs
are what the loss takes: logits where it has a link, else activations. Sums are in double.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import data
from ..data.losses import Loss

__all__ = ["METRICS", "accuracy", "d2_absolute_error", "d2_pinball", "d2_poisson_deviance", "r2", "score"]

Array = NDArray[Any]


def score(loss: Loss, Y: Array, Z: Array, weight: Array) -> float:
    """The score of the metric that the row of a loss names.

    >>> score(Loss("squared_error"), np.array([[1.0, 3.0]]), np.array([[1.0, 2.0]]), np.ones(2))
    0.5
    """
    return METRICS[loss.row.metric](Y, Z, weight.astype(np.float64), loss)


def accuracy(Y: Array, Z: Array, weight: Array, loss: Loss) -> float:
    """Share of right classes; of several binary outputs each counts by itself."""
    if loss.row.targets == "classes":
        right = Z.argmax(axis=0) == Y.argmax(axis=0)
    else:
        right = ((Z > 0) == (Y > 0.5)).mean(axis=0)
    return float(np.average(right, weights=weight))


def r2(Y: Array, A: Array, weight: Array, loss: Loss) -> float:
    """Coefficient of determination: 1 - residual / total sum of squares, averaged over the outputs."""
    Y, A = without_overflow(Y, A)
    Y = Y.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # outputs of a diverging net
        mean = np.average(Y, axis=1, weights=weight)[:, None]
        residual = ((Y - A) ** 2 * weight).sum(axis=1)
        total = ((Y - mean) ** 2 * weight).sum(axis=1)
        return explained(residual, total)


def d2_absolute_error(Y: Array, A: Array, weight: Array, loss: Loss) -> float:
    """1 - sum of absolute errors / that of the median, averaged over the outputs."""
    return pinball_score(Y, A, weight, 0.5)


def d2_pinball(Y: Array, A: Array, weight: Array, loss: Loss) -> float:
    """1 - pinball loss / that of the q-quantile of the targets (Koenker & Machado 1999, equation 7)."""
    return pinball_score(Y, A, weight, loss.options["q"])


def d2_poisson_deviance(Y: Array, Z: Array, weight: Array, loss: Loss) -> float:
    """1 - Poisson deviance / that of the mean of the targets, averaged over the outputs; rates exp(Z)."""
    Y = Y.astype(np.float64)
    mean = np.average(Y, axis=1, weights=weight)[:, None]
    log_mean = np.log(np.where(mean > 0, mean, 1))
    with np.errstate(over="ignore", invalid="ignore"):
        residual = (deviance(Y, Z.astype(np.float64)) * weight).sum(axis=1)
        total = (deviance(Y, log_mean) * weight).sum(axis=1)
        return explained(residual, np.where(is_constant(Y, weight), 0, total))


METRICS: dict[str, Callable[[Array, Array, Array, Loss], float]] = {
    metric.__name__: metric for metric in (accuracy, r2, d2_absolute_error, d2_pinball, d2_poisson_deviance)
}

# ------------------------------------------------------------------------------ parts


def explained(residual: Array, total: Array) -> float:
    """Mean over the outputs of 1 - residual / total.

    A constant target leaves nothing to explain: its score is 1 when it is met exactly, else 0, as in
    scikit-learn.
    """
    constant = np.where(residual == 0, 1.0, 0.0)
    return float(np.mean(np.where(total > 0, 1 - residual / np.where(total > 0, total, 1), constant)))


def without_overflow(Y: Array, A: Array) -> tuple[Array, Array]:
    """Both divided by a power of 2 per output where squares of the targets would overflow or underflow."""
    if Y.dtype == np.float64 and (exponents := data.power_of_two(np.abs(Y).max(axis=1))).any():
        return np.ldexp(Y, -exponents[:, None]), np.ldexp(A, -exponents[:, None])
    return Y, A


def is_constant(Y: Array, weight: Array) -> NDArray[np.bool_]:
    """Whether all targets of an output are equal, examples of weight 0 left out."""
    counted = Y[:, weight > 0]
    return np.asarray(counted.min(axis=1) == counted.max(axis=1))


def pinball_score(Y: Array, A: Array, weight: Array, q: float) -> float:
    """1 - pinball loss / that of the best constant, the q-quantile, averaged over the outputs."""
    Y, A = without_overflow(Y, A)
    Y = Y.astype(np.float64)

    def pinball(A: Array) -> Array:
        return (np.maximum(q * (Y - A), (q - 1) * (Y - A)) * weight).sum(axis=1)

    with np.errstate(over="ignore", invalid="ignore"):
        return explained(pinball(A), pinball(weighted_quantile(Y, weight, q)[:, None]))


def weighted_quantile(Y: Array, weight: Array, q: float) -> Array:
    """For each row the least value up to which at least the share q of the weight lies.

    >>> weighted_quantile(np.array([[3.0, 1.0, 2.0]]), np.array([1.0, 1.0, 2.0]), 0.5)
    array([2.])
    """
    order = np.argsort(Y, axis=1)
    cumulative = np.cumsum(weight[order], axis=1)
    place = (cumulative < q * cumulative[:, -1:]).sum(axis=1)
    return np.asarray(np.take_along_axis(Y, order, axis=1)[np.arange(len(Y)), place])


def deviance(Y: Array, Z: Array) -> Array:
    """Half the Poisson deviance of rates exp(Z): ``y log(y / a) - y + a``, without cancellation."""
    counted = Y > 0
    difference = Z - np.log(np.where(counted, Y, 1))
    return np.where(counted, Y * (np.expm1(difference) - difference), np.exp(Z))
