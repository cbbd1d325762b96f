"""Prediction with its spread, by predicting many times with dropout on.

A net with dropout, averaged over its masks, approximates a Bayesian one, and the spread of the outputs
measures its uncertainty (Gal & Ghahramani 2016, "Dropout as a Bayesian approximation", equations 6 and 7,
without the noise of the observations, tau^-1). Masks are drawn as in training, with a seed of their own;
input noise is off, batch norm and gates are as in any prediction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet
from cregnet import Plan

from .. import data
from .._support.checks import integer
from .._support.randomness import check_seed
from ..data.losses import predicts_classes
from .compression import fold
from .parameters import column_views, weight_views

__all__ = ["MonteCarlo", "sample"]

Array = NDArray[Any]

BLOCK = 512  # rows at a time: their activations stay in cache


@dataclass(frozen=True)
class MonteCarlo:
    """Mean and spread of the predictions of a net with dropout over its masks.

    Attributes
    ----------
    mean : array
        Mean of the samples, of the shape of the prediction.
    spread : array
        Their standard deviation (division by the number of samples).
    """

    mean: Array
    spread: Array


def sample(
    plan: Plan,
    parameters: Array,
    X: ArrayLike,
    feature_names: tuple[str, ...] | None,
    mc_samples: int,
    seed: int,
) -> MonteCarlo:
    """Mean and spread of `mc_samples` predictions with dropout; see `Model.predict_proba`."""
    n_samples = integer("mc_samples", mc_samples, least=2)
    check_seed(seed)
    rows = data.check_inputs(X, parameters.dtype, plan.sizes[0], "X", feature_names)
    if min(plan.keep_prob) == 1:
        raise ValueError(
            f"mc_samples is {n_samples} but no layer has dropout, wanted keep_prob < 1 in some layer: "
            "without it all samples are the same"
        )
    net = DropoutNet(*fold(plan, parameters), seed)
    mean, spread = (np.empty((len(rows), plan.sizes[-1]), parameters.dtype) for _ in range(2))
    for number, start in enumerate(range(0, len(rows), BLOCK)):
        block = slice(start, start + BLOCK)
        mean[block], spread[block] = moments(net.samples(rows[block], n_samples, number * n_samples))
    if not predicts_classes(plan.loss):
        return MonteCarlo(mean[:, 0], spread[:, 0]) if mean.shape[1] == 1 else MonteCarlo(mean, spread)
    if mean.shape[1] == 1:
        return MonteCarlo(np.hstack([1 - mean, mean]), np.hstack([spread, spread]))
    return MonteCarlo(mean, spread)


def moments(samples: Iterator[Array]) -> tuple[Array, Array]:
    """Mean and standard deviation, in double, one sample at a time (Welford 1962)."""
    first = next(samples).astype(np.float64)
    mean, squares, n = first, np.zeros_like(first), 1
    for x in samples:
        n += 1
        away = x - mean
        mean = mean + away / n
        squares += away * (x - mean)
    return mean, np.sqrt(squares / n)


class DropoutNet:
    """A net of dense layers with dropout, run forward by the kernels."""

    def __init__(self, plan: Plan, parameters: Array, seed: int) -> None:
        self.plan, self.seed = plan, seed
        self.weights = weight_views(plan, parameters)
        self.biases = column_views(parameters, plan.layout.b)

    def samples(self, rows: Array, n_samples: int, first_step: int) -> Iterator[Array]:
        """Outputs (n_rows, n_outputs) with the masks of steps first_step to first_step + n_samples - 1."""
        dropped = [l for l, keep_prob in enumerate(self.plan.keep_prob) if keep_prob < 1]
        A = np.ascontiguousarray(rows.T)
        for l in range(dropped[0]):  # all samples are the same before the first dropout
            A = self.layer(l, A)
        for step in range(first_step, first_step + n_samples):
            out = A.copy()
            for l in range(dropped[0], len(self.weights)):
                if l in dropped:
                    self.drop(l, out, step)
                out = self.layer(l, out)
            yield out.T

    def layer(self, l: int, A_prev: Array) -> Array:
        """Activations of layer l + 1 from those of layer l."""
        Z = cregnet.dense(self.weights[l], self.biases[l], A_prev)
        getattr(cregnet, self.plan.activations[l])(Z, Z)
        return Z

    def drop(self, l: int, A: Array, step: int) -> None:
        """The dropout of layer l, in place."""
        keep_prob = self.plan.keep_prob[l]
        if self.plan.gaussian[l]:
            M = cregnet.gaussian_dropout_factors(A.shape, keep_prob, self.seed, l, step, dtype=A.dtype)
            cregnet.apply_factors(A, M, A)
        else:
            D = cregnet.dropout_mask(A.shape, keep_prob, self.seed, l, step)
            cregnet.dropout(A, D, keep_prob, A)
