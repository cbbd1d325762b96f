"""Gradient checking: the backward pass against differences of the cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

import cregnet

from .. import data
from .._support.checks import number
from .._support.keywords import suggests_keywords
from ..models.model import Model, check_model
from ..models.penalties import Penalty
from .optimizers import GradientDescent
from .settings import build_plan, check_step_settings

__all__ = ["GradientCheck", "check_gradients"]


@dataclass(frozen=True)
class GradientCheck:
    """Result of `check_gradients`.

    Attributes
    ----------
    difference : float
        ``||numerical - backward|| / (||numerical|| + ||backward||)`` over all parameters.
    by_parameter : dict
        The same for each of W1, b1, gamma1, W2, ... and log_alpha0, ...; with batch norm b is beta.
    """

    difference: float
    by_parameter: dict[str, float]


def relative(a: np.ndarray, b: np.ndarray) -> float:
    """Distance of two vectors relative to their norms; 0 for two zero vectors."""
    length = float(np.linalg.norm(a) + np.linalg.norm(b))
    return float(np.linalg.norm(a - b)) / length if length else 0.0


@suggests_keywords
def check_gradients(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    *,
    penalty: Penalty | None = None,
    label_smoothing: float = 0.0,
    epsilon: float = 1e-5,
) -> GradientCheck:
    """Compare the gradient of the cost with its central differences, in float64.

    Dropout, noise and gates of the model are on, with the draws of step 0, and batch norm uses the
    statistics of the batch. A proximal `L1` is left out: it acts after the step. The model is not changed.

    Parameters
    ----------
    model : Model
    X, y : array-like
        As for `train`; a few examples suffice. The time grows with the square of the parameters.
    penalty, label_smoothing
        As for `train`.
    epsilon : float
        Step of the differences, above 0. A pre-activation closer to 0 than this shows ReLU's kink. In a
        new net, whose b is 0, that happens for an example whose inputs are all dropped or gated to 0.

    Returns
    -------
    GradientCheck
        A difference of at most 1e-7 is right; above 1e-5 the gradient is wrong.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong; the message names it.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> model = Model.mlp([4, 3, 1], activation="tanh", dtype="float64")
    >>> check_gradients(model, rng.normal(size=(5, 4)), [0, 1, 1, 0, 1]).difference < 1e-7
    True
    """
    check_model(model, X, y)
    epsilon = number("epsilon", epsilon, above=0)
    dtype = np.dtype(np.float64)
    inputs = data.check_inputs(X, dtype, model.sizes[0], "X", model.feature_names)
    n = len(inputs)
    targets = data.check_targets(y, model.loss, model.sizes[-1], n, model.classes, dtype)
    settings = check_step_settings(model, GradientDescent(), penalty, label_smoothing)
    plan = replace(build_plan(model, settings, n, n), proximal=())
    no_weight = np.empty(0)

    def cost(parameters: np.ndarray, gradient: np.ndarray) -> float:
        """Cost at these parameters; fills `gradient`."""
        value: float = cregnet.network_gradient(
            plan, parameters, inputs, targets.Y, targets.labels, no_weight, 0, None, gradient
        )
        return value

    parameters = model.parameters.astype(np.float64)
    backward, unused, numerical = (np.zeros_like(parameters) for _ in range(3))
    cost(parameters, backward)
    for k, value in enumerate(parameters[: plan.layout.n_trained].copy()):
        parameters[k] = value + epsilon
        above = cost(parameters, unused)
        parameters[k] = value - epsilon
        below = cost(parameters, unused)
        parameters[k] = value
        numerical[k] = (above - below) / (2 * epsilon)
    by_parameter = {name: relative(numerical[at], backward[at]) for name, at in parts(plan.layout)}
    return GradientCheck(relative(numerical, backward), by_parameter)


def parts(places: cregnet.Layout) -> Iterator[tuple[str, slice]]:
    """Names of the trained parameters, and their slices of the vector."""
    for l, of_layer in enumerate(zip(places.W, places.b, places.gamma, strict=True), start=1):
        for name, at in zip(("W", "b", "gamma"), of_layer, strict=True):
            if at is not None:
                yield f"{name}{l}", at
    for l, at in enumerate(places.log_alpha):
        if at is not None:
            yield f"log_alpha{l}", at
