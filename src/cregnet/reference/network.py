"""The network in NumPy: the same steps as the compiled one, for the same `Plan`.

This module has the training step; `layers` has the passes through the layers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..plan import Plan
from ..spec import LOSSES, OPTIMIZERS
from . import loss, optimizer
from .batch import one_hot
from .gates import open_probability
from .layers import Cache, activate_backward, backward, forward, layer_views, predict, update_statistics
from .outputs import Array, filled
from .penalty import penalty, penalty_backward
from .proximal import clip_norm, clip_values, max_norm, soft_threshold

__all__ = ["network_gradient", "network_predict", "network_sample", "network_train"]


def batches(plan: Plan, n_examples: int, batch_size: int) -> list[tuple[int, int]]:
    """(start, end) of each batch; with batch norm a last batch of one is merged with the one before."""
    starts = [k * batch_size for k in range(plan.count_batches(n_examples, batch_size))]
    return list(zip(starts, [*starts[1:], n_examples], strict=True))


def batch_targets(
    plan: Plan,
    Y: Array | None,
    labels: Array | None,
    weight: Array | None,
    order: Array,
    dtype: np.dtype[Any],
) -> tuple[Array, Array]:
    """Smoothed targets (n[L], m), and the examples' weights divided by the batch size."""
    n, n_outputs = order.size, plan.sizes[-1]
    if labels is not None and labels.size:
        targets = one_hot(labels, order, n_outputs, dtype=dtype)
    else:
        targets = Y[order].T
    n_classes = {"binary": 2, "classes": n_outputs}.get(LOSSES[plan.loss].targets, 0)
    if plan.smoothing > 0 and n_classes:
        targets = (1 - plan.smoothing) * targets + plan.smoothing / n_classes
    each = dtype.type(1 / n)
    return targets, np.full(n, each) if weight is None or not weight.size else weight[order] * each


def add_penalties(plan: Plan, parameters: Array, gradient: Array) -> float:
    """The penalties of the cost; adds their gradients, except that of a proximal penalty, to `gradient`."""
    cost = 0.0
    both = zip(layer_views(plan, parameters), layer_views(plan, gradient), strict=True)
    for layer, (part, d) in enumerate(both):
        l1, l2, l0, proximal = plan.l1[layer], plan.l2[layer], plan.l0[layer], plan.proximal[layer]
        if l1 or l2 or proximal:
            cost += penalty(part.W, l1 + proximal, l2)
            penalty_backward(part.W, d.W, l1, l2)
        if part.log_alpha is not None:
            p = open_probability(part.log_alpha)
            cost += l0 * float(p.sum())
            d.log_alpha[...] += l0 * p * (1 - p)
    return cost


def cost_and_gradient(
    plan: Plan,
    parameters: Array,
    X: Array,
    targets: Array,
    weight: Array,
    masks: Any,
    step: int,
    gradient: Array,
) -> tuple[float, list[Cache]]:
    """Cost of one batch, penalties included, and the caches of the layers; fills `gradient`."""
    caches, Z, A = forward(plan, parameters, X, masks, step)
    row = LOSSES[plan.loss]
    options = dict(zip([option.name for option in row.options], plan.loss_options, strict=True))
    cost, dZ = getattr(loss, plan.loss)(A, targets, weight, **options)
    if row.link is None:  # the loss has returned dA
        dZ = activate_backward(plan, len(plan.activations) - 1, dZ, Z, A)
    backward(plan, parameters, caches, dZ, gradient)
    return cost + add_penalties(plan, parameters, gradient), caches


def optimise(
    plan: Plan, parameters: Array, gradient: Array, moments: Array, learning_rate: float, t: int
) -> None:
    """One step of the plan's optimiser; an option named decay applies to the weights alone."""
    at, step, row = plan.layout, getattr(optimizer, plan.optimizer), OPTIMIZERS[plan.optimizer]
    options = dict(zip([option.name for option in row.options], plan.hyper, strict=True))
    without = {**options, "decay": 0.0} if "decay" in options else options
    counter = (t,) if row.counts else ()
    for parts, values in ((at.W, options), (at.b, without), (at.gamma, without), (at.log_alpha, without)):
        for s in parts:
            if s is not None:
                step(parameters[s], gradient[s], *moments[:, s], learning_rate, *values.values(), *counter)


def update(
    plan: Plan, parameters: Array, gradient: Array, moments: Array, learning_rate: float, t: int
) -> None:
    """Clipping, one step of the optimiser, then the regularisers that act on the updated weights."""
    trained = slice(plan.layout.n_trained)
    if plan.clip_value > 0:
        clip_values(gradient[trained], plan.clip_value, gradient[trained])
    if plan.clip_norm > 0:
        clip_norm(gradient[trained], plan.clip_norm, gradient[trained])
    optimise(plan, parameters[trained], gradient[trained], moments[:, trained], learning_rate, t)
    parts = layer_views(plan, parameters)
    for part, proximal, bound in zip(parts, plan.proximal, plan.max_norm, strict=True):
        if proximal > 0:
            soft_threshold(part.W, learning_rate * proximal, part.W)
        if bound > 0:
            max_norm(part.W, bound, part.W)


def network_train(
    plan: Plan,
    parameters: Array,
    moments: Array,
    X: Array,
    Y: Array,
    labels: NDArray[np.int32],
    weight: Array,
    orders: NDArray[np.int64],
    learning_rates: NDArray[np.float64],
    batch_size: int,
    first_step: int,
    masks: Sequence[NDArray[np.uint8] | None] | None,
    best: Array,
    best_cost: NDArray[np.float64],
    costs: NDArray[np.float64],
    n_threads: int = 1,
    cancel: Event | None = None,
) -> int:
    """Train for as many epochs as `learning_rates` has rows; return how many were completed."""
    n_examples = X.shape[0]
    gradient, edges = np.empty_like(parameters), batches(plan, n_examples, batch_size)
    for e in range(learning_rates.shape[0]):
        order = orders[e] if orders.shape[1] else np.arange(n_examples)
        total = 0.0
        for k, (start, end) in enumerate(edges):
            if cancel is not None and cancel.is_set():
                return e
            batch = order[start:end]
            targets, batch_weight = batch_targets(plan, Y, labels, weight, batch, parameters.dtype)
            cost, caches = cost_and_gradient(
                plan, parameters, X[batch], targets, batch_weight, masks, first_step, gradient
            )
            update_statistics(plan, parameters, caches)
            if not np.isfinite(cost):
                return e
            if k == 0 and best.size:
                keep_best(parameters, best, best_cost, cost, len(edges) == 1)
            first_step += 1
            update(plan, parameters, gradient, moments, learning_rates[e, k], first_step)
            total += cost * batch.size
        costs[e] = best_cost[1] = total / n_examples
    return learning_rates.shape[0]


def keep_best(parameters: Array, best: Array, best_cost: Array, cost: float, full_batch: bool) -> None:
    """Keep the parameters of the lowest cost: that of a full batch, or of the previous epoch."""
    if not full_batch and np.isfinite(best_cost[1]):
        cost = best_cost[1]
    if cost < best_cost[0]:
        best_cost[0] = cost
        best[...] = parameters


def network_gradient(
    plan: Plan,
    parameters: Array,
    X: Array,
    Y: Array | None,
    labels: NDArray[np.int32] | None,
    weight: Array | None,
    step: int,
    masks: Sequence[NDArray[np.uint8] | None] | None = None,
    gradient: Array | None = None,
) -> tuple[float, Array]:
    """Cost of one batch, penalties included, and its gradient; all draws are those of `step`."""
    order = np.arange(X.shape[0])
    targets, weight = batch_targets(plan, Y, labels, weight, order, parameters.dtype)
    if gradient is None:
        gradient = np.empty_like(parameters)
    return cost_and_gradient(plan, parameters, X, targets, weight, masks, step, gradient)[0], gradient


def network_predict(
    plan: Plan,
    parameters: Array,
    X: Array,
    out: Array | None = None,
    *,
    logits: bool = False,
    n_threads: int = 1,
    compute_dtype: str | None = None,
) -> tuple[Array, bool]:
    """Outputs (n_examples, n[L]) of the network without draws, and whether all of X is finite."""
    plan = replace(plan, compute_dtype=compute_dtype)
    return filled(out, predict(plan, parameters, X, logits).T, parameters.dtype), bool(np.isfinite(X).all())


def network_sample(
    plan: Plan,
    parameters: Array,
    X: Array,
    n_samples: int,
    seed: int,
    mask_rows: int,
    mean: Array | None = None,
    spread: Array | None = None,
    *,
    n_threads: int = 1,
) -> tuple[Array, Array]:
    """Means and standard deviations (n_examples, n[L]) of predictions with dropout on."""
    plan = replace(plan, seed=seed, compute_dtype=None)
    moments = np.empty((2, X.shape[0], plan.sizes[-1]))
    for group, start in enumerate(range(0, X.shape[0], mask_rows)):
        rows = slice(start, start + mask_rows)
        steps = range(group * n_samples, (group + 1) * n_samples)
        samples = (predict(plan, parameters, X[rows], False, step).T for step in steps)
        moments[:, rows] = mean_and_spread(samples)
    return filled(mean, moments[0], parameters.dtype), filled(spread, moments[1], parameters.dtype)


def mean_and_spread(samples: Iterable[Array]) -> tuple[Array, Array]:
    """Mean and standard deviation, in double, one sample after another (Welford 1962)."""
    mean, squares, count = np.zeros(1), np.zeros(1), 0
    for count, x in enumerate(samples, 1):
        away = x - mean
        mean = mean + away / count
        squares = squares + away * (x - mean)
    return mean, np.sqrt(squares / count)
