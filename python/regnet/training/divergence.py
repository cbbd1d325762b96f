"""Divergence: when the end of a training counts as one, and the warning about it."""

from __future__ import annotations

import numpy as np

from cregnet import Plan

from ..data import Targets
from ..models.losses import mean_loss
from .engine import Engine
from .history import History

__all__ = ["DIVERGENCE_FACTOR", "DivergenceWarning", "baseline_cost", "divergence"]

DIVERGENCE_FACTOR = 1000
BLOCK = 4096  # examples whose targets are converted to float64 at a time


class DivergenceWarning(RuntimeWarning):
    """The cost grew out of all bounds; the model was set back to its best weights."""


def divergence(engine: Engine, history: History) -> str:
    """Why a training that has run all its epochs counts as diverged, or "".

    Dead ReLUs leave a huge but finite cost. The last cost must exceed the first one, and also the
    baseline: a training that starts far below the baseline may end above its start.
    """
    if not np.isfinite(engine.model.parameters).all():
        return f"the weights stopped being finite in epoch {engine.epoch - 1}"
    if not len(history) or not history.last("cost") > DIVERGENCE_FACTOR * engine.first_cost:
        return ""
    last = history.last("cost")
    if last > DIVERGENCE_FACTOR * baseline_cost(engine.core.plan, engine.examples.targets):
        return f"the cost ended at {last:.3g}, having started at {engine.first_cost:.3g}"
    return ""


def baseline_cost(plan: Plan, targets: Targets) -> float:
    """Mean loss of a model whose outputs, logits where the loss takes them, are all 0.

    >>> plan = Plan((2, 4), ("softmax",), "categorical_cross_entropy", (1.0,), (0.0,), (0.0,))
    >>> labels = np.array([0, 1, 3, 3], np.int32)
    >>> bool(np.isclose(baseline_cost(plan, Targets(np.empty((0, 4)), labels, None)), np.log(4)))
    True
    """
    n, n_outputs = max(len(targets.Y), len(targets.labels)), plan.sizes[-1]
    total = 0.0
    for start in range(0, n, BLOCK):
        rows = np.arange(start, min(start + BLOCK, n))
        Y = targets.take(rows).columns(n_outputs).astype(np.float64)
        weight = np.full(len(rows), 1 / n)
        total += mean_loss(plan, np.zeros_like(Y), Y, weight)
    return total
