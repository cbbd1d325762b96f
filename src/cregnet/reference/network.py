"""The network in NumPy: the same straight line as the compiled one, for the same `Plan`."""

import numpy as np

from ..plan import parameter_slices
from . import activation, loss, optimizer
from .batch import one_hot
from .dropout import dropout, dropout_backward, dropout_mask
from .penalty import penalty, penalty_backward


def layer_views(plan, vector):
    """(W, b) of each layer as views into a flat vector."""
    shapes = zip(plan.sizes[:-1], plan.sizes[1:], strict=True)
    return [
        (vector[W].reshape(n_out, n_in), vector[b].reshape(n_out, 1))
        for (n_in, n_out), (W, b) in zip(shapes, parameter_slices(plan.sizes), strict=True)
    ]


def draw_mask(plan, layer, A, masks, step):
    """The mask of a layer for a step: the ready one where there is one."""
    keep_prob = plan.keep_prob[layer]
    D = np.empty(A.shape, np.uint8)
    if masks is not None and masks[layer] is not None:
        D[...] = masks[layer]
    else:
        dropout_mask(D, keep_prob, plan.seed, layer, step)
    return D


def forward(plan, parameters, X, masks=None, step=None):
    """Activations A[0] .. A[L], before and after dropout, and masks; without a step no dropout.

    For a cross-entropy A[L] holds logits.
    """
    A = np.array(X.T, order="C")
    whole, activations, kept = [], [], []
    last = len(plan.activations) - 1
    for layer, (W, b) in enumerate(layer_views(plan, parameters)):
        whole.append(A)
        if step is not None and plan.keep_prob[layer] < 1:
            kept.append(draw_mask(plan, layer, A, masks, step))
            A = A.copy()
            dropout(A, kept[-1], plan.keep_prob[layer])
        else:
            kept.append(None)
        activations.append(A)
        A = W @ A + b
        if layer < last or plan.loss == "squared_error":
            getattr(activation, plan.activations[layer])(A, A)
    return [*whole, A], [*activations, A], kept


def backward(plan, parameters, whole, activations, kept, dZ, gradient):
    """Fill `gradient` from dZ of the output layer."""
    views = layer_views(plan, parameters)
    gradients = layer_views(plan, gradient)
    for layer in range(len(views) - 1, -1, -1):
        (W, _), (dW, db) = views[layer], gradients[layer]
        dW[...] = dZ @ activations[layer].T
        db[...] = dZ.sum(axis=1, keepdims=True, dtype=np.float64)
        if layer > 0:
            dA = W.T @ dZ
            if kept[layer] is not None:
                dropout_backward(dA, kept[layer], plan.keep_prob[layer])
            getattr(activation, plan.activations[layer - 1] + "_backward")(dA, whole[layer], dA)
            dZ = dA


def batch_targets(plan, Y, labels, weight, order, dtype):
    """Targets (n[L], m) and the examples' weights over the batch size."""
    n = order.size
    if labels.size:
        targets = np.empty((plan.sizes[-1], n), dtype)
        one_hot(labels, order, targets)
    else:
        targets = Y[order].T
    each = dtype.type(1 / n)
    return targets, weight[order] * each if weight.size else np.full(n, each)


def cost_and_gradient(plan, parameters, X, targets, weight, masks, step, gradient):
    """Cost of one batch with its penalty; fills `gradient`."""
    whole, activations, kept = forward(plan, parameters, X, masks, step)
    output = activations[-1]
    dZ = np.empty_like(output)
    cost = getattr(loss, plan.loss)(output, targets, weight, dZ)
    if plan.loss == "squared_error":
        getattr(activation, plan.activations[-1] + "_backward")(dZ, output, dZ)
    backward(plan, parameters, whole, activations, kept, dZ, gradient)
    for (W, _), l1, l2 in zip(parameter_slices(plan.sizes), plan.l1, plan.l2, strict=True):
        if l1 or l2:
            cost += penalty(parameters[W], l1, l2)
            penalty_backward(parameters[W], gradient[W], l1, l2)
    return cost


def update(plan, parameters, gradient, moments, learning_rate, t):
    """One step of the plan's optimiser; AdamW's decay is for weights, not for biases."""
    step = getattr(optimizer, plan.optimizer)
    counter = (t,) if plan.optimizer in ("adam", "adamw") else ()
    if plan.optimizer != "adamw":
        step(parameters, gradient, *moments, learning_rate, *plan.hyper, *counter)
        return
    *hyper, decay = plan.hyper
    for W, b in parameter_slices(plan.sizes):
        step(parameters[W], gradient[W], *moments[:, W], learning_rate, *hyper, decay, t)
        step(parameters[b], gradient[b], *moments[:, b], learning_rate, *hyper, 0.0, t)


def network_train(
    plan,
    parameters,
    moments,
    X,
    Y,
    labels,
    weight,
    orders,
    learning_rates,
    batch_size,
    first_step,
    masks,
    best,
    best_cost,
    costs,
    n_threads=1,
):
    """Train for as many epochs as `learning_rates` has rows; return how many were completed."""
    n_examples = X.shape[0]
    gradient = np.empty_like(parameters)
    for e in range(learning_rates.shape[0]):
        order = orders[e] if orders.shape[1] else np.arange(n_examples)
        total = 0.0
        for k, start in enumerate(range(0, n_examples, batch_size)):
            batch = order[start : start + batch_size]
            targets, batch_weight = batch_targets(plan, Y, labels, weight, batch, parameters.dtype)
            cost = cost_and_gradient(
                plan, parameters, X[batch], targets, batch_weight, masks, first_step, gradient
            )
            if not np.isfinite(cost):
                return e
            if k == 0 and best.size:
                remember_best(parameters, best, best_cost, cost, batch_size >= n_examples)
            first_step += 1
            update(plan, parameters, gradient, moments, learning_rates[e, k], first_step)
            total += cost * batch.size
        costs[e] = best_cost[1] = total / n_examples
    return learning_rates.shape[0]


def remember_best(parameters, best, best_cost, cost, full_batch):
    """Keep the parameters of the lowest cost: a full batch's own, else that of the epoch before."""
    if not full_batch and np.isfinite(best_cost[1]):
        cost = best_cost[1]
    if cost < best_cost[0]:
        best_cost[0] = cost
        best[...] = parameters


def network_gradient(plan, parameters, X, Y, labels, weight, step, masks, gradient):
    """Cost of one batch, penalty included, and its gradient; dropout masks are those of `step`."""
    order = np.arange(X.shape[0])
    targets, weight = batch_targets(plan, Y, labels, weight, order, parameters.dtype)
    return cost_and_gradient(plan, parameters, X, targets, weight, masks, step, gradient)


def network_predict(plan, parameters, X, out, logits=False):
    """Outputs of the network without dropout: X (n_examples, n[0]), out (n_examples, n[L]).

    Returns whether all numbers of X are finite.
    """
    A = forward(plan, parameters, X)[1][-1]
    if plan.loss != "squared_error" and not logits:
        getattr(activation, plan.activations[-1])(A, A)
    out[...] = A.T
    return bool(np.isfinite(X).all())
