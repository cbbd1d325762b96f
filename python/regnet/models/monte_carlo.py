"""Prediction with its spread, by predicting many times with dropout on.

A net with dropout, averaged over its masks, approximates a Bayesian one, and the spread of the outputs
measures its uncertainty (Gal & Ghahramani 2016, "Dropout as a Bayesian approximation", equations 6 and 7,
without the noise of the observations, tau^-1). Masks are drawn as in training, with a seed of their own;
input noise is off, batch norm and gates are as in any prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet
from cregnet import Plan

from .. import data
from .._support.checks import integer
from .._support.randomness import check_seed
from .._support.threads import MOST_THREADS, resolve_threads
from ..data.losses import predicts_classes
from .compression import fold

__all__ = ["MonteCarlo", "sample"]

Array = NDArray[Any]

BLOCK = 512  # rows that share a draw of masks as a batch does


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
    n_threads: int | None,
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
    mean, spread = cregnet.network_sample(
        *fold(plan, parameters),
        rows,
        n_samples,
        seed,
        BLOCK,
        n_threads=min(resolve_threads(n_threads), MOST_THREADS),
    )
    if not predicts_classes(plan.loss):
        return MonteCarlo(mean[:, 0], spread[:, 0]) if mean.shape[1] == 1 else MonteCarlo(mean, spread)
    if mean.shape[1] == 1:
        return MonteCarlo(np.hstack([1 - mean, mean]), np.hstack([spread, spread]))
    return MonteCarlo(mean, spread)
