"""The passes through the network's layers: forward in training, backward, and forward in prediction."""

from typing import Any, NamedTuple

import numpy as np

from ..plan import Plan
from ..spec import ACTIVATIONS, LOSSES
from ..spec import BATCH_NORM_DECAY as DECAY
from . import activation
from .batchnorm import batch_norm, batch_norm_backward, batch_norm_predict, batch_norm_statistics
from .bfloat16 import multiply
from .dropout import dropout, dropout_mask
from .gates import draw_gates, gates_backward, prediction_gates
from .noise import apply_factors, gaussian_dropout_factors, gaussian_noise
from .outputs import Array


class Layer(NamedTuple):
    """A layer's parts as views into a flat vector: W (n_out, n_in), the others columns or None."""

    W: Any
    b: Any  # with batch norm beta
    gamma: Any
    mean: Any
    variance: Any
    log_alpha: Any  # of its inputs


class Cache(NamedTuple):
    """What the backward pass of a layer needs from its forward pass; None for features it does not have."""

    Z_prev: Any  # of the previous layer
    A_prev: Any  # activations of the previous layer, before gates and dropout
    A: Any  # the same after gates and dropout: the inputs of this layer
    gates: Any  # z and dz / dlog_alpha
    D: Any  # dropout mask or factors
    normed: Any  # Zhat, mean and variance


def layer_views(plan: Plan, vector: Array) -> list[Layer]:
    """A `Layer` for each layer of the plan."""
    at = plan.layout

    def views(slices: Any, width: int = 1) -> list[Any]:
        return [None if s is None else vector[s].reshape(-1, width) for s in slices]

    W = [views([s], n_in)[0] for s, n_in in zip(at.W, plan.sizes[:-1], strict=True)]
    columns = map(views, (at.b, at.gamma, at.mean, at.variance, at.log_alpha))
    return [Layer(*parts) for parts in zip(W, *columns, strict=True)]


# ------------------------------------------------------------------------------ training


def draw_dropout(plan: Plan, layer: int, A: Array, masks: Any, step: int) -> Any:
    """The dropout mask of a layer, given or drawn, or its Gaussian factors; None without dropout."""
    keep_prob = plan.keep_prob[layer]
    if keep_prob == 1:
        return None
    if plan.gaussian[layer]:
        return gaussian_dropout_factors(A.shape, keep_prob, plan.seed, layer, step, dtype=A.dtype)
    if masks is not None and masks[layer] is not None:
        return masks[layer]
    return dropout_mask(A.shape, keep_prob, plan.seed, layer, step)


def apply_dropout(plan: Plan, layer: int, A: Array, D: Array | None) -> None:
    """Multiply A, or dA in the backward pass, by the mask or the factors, in place."""
    if D is None:
        return
    if plan.gaussian[layer]:
        apply_factors(A, D, A)
    else:
        dropout(A, D, plan.keep_prob[layer], A)


def activate(plan: Plan, layer: int, Z: Array, logits: bool) -> Array:
    """The activation of a layer; with `logits`, not that of an output whose loss is computed from logits."""
    if layer == len(plan.activations) - 1 and LOSSES[plan.loss].link and logits:
        return Z
    return getattr(activation, plan.activations[layer])(Z)


def activate_backward(plan: Plan, layer: int, dA: Array, Z: Array, A: Array) -> Array:
    """dZ of a layer from dA and Z or A, whichever the row of its activation names."""
    name = plan.activations[layer]
    saved = Z if ACTIVATIONS[name].derivative == "input" else A
    return getattr(activation, name + "_backward")(dA, saved)


def forward(
    plan: Plan, parameters: Array, X: Array, masks: Any, step: int
) -> tuple[list[Cache], Array, Array]:
    """The caches of all layers in a training step, and Z and A of the output, which are equal for logits."""
    Z = A = np.array(X.T, order="C")
    if plan.noise > 0:
        gaussian_noise(A, plan.noise, plan.seed, 0, step, A)
    caches = []
    for layer, part in enumerate(layer_views(plan, parameters)):
        before, A, gates, normed = (Z, A), A.copy(), None, None
        if part.log_alpha is not None:
            gates = [g.astype(A.dtype) for g in draw_gates(part.log_alpha, plan.seed, layer, step)]
            A *= gates[0]
        D = draw_dropout(plan, layer, A, masks, step)
        apply_dropout(plan, layer, A, D)
        if part.gamma is None:
            Z = multiply(plan, part.W, A) + part.b
        else:
            Z, *normed = batch_norm(multiply(plan, part.W, A), part.gamma, part.b)
        caches.append(Cache(*before, A, gates, D, normed))
        A = activate(plan, layer, Z, logits=True)
    return caches, Z, A


def backward(plan: Plan, parameters: Array, caches: list[Cache], dZ: Array, gradient: Array) -> None:
    """Fill `gradient` from dZ of the output layer; for statistics it is 0."""
    parts, gradients = layer_views(plan, parameters), layer_views(plan, gradient)
    gradient[plan.layout.n_trained :] = 0
    for layer in range(len(parts) - 1, -1, -1):
        part, d, (Z_prev, A_prev, A, gates, D, normed) = parts[layer], gradients[layer], caches[layer]
        if normed is None:
            d.b[...] = dZ.sum(axis=1, keepdims=True, dtype=np.float64)
        else:
            Zhat, _, variance = normed
            batch_norm_backward(dZ, Zhat, part.gamma, variance, dZ, d.gamma, d.b)
        d.W[...] = multiply(plan, dZ, A.T)
        if gates is not None:
            d.log_alpha[...] = gates_backward(part.W, d.W, *gates)
        if layer > 0:
            dA = multiply(plan, part.W.T, dZ)
            apply_dropout(plan, layer, dA, D)
            if gates is not None:
                dA *= gates[0]
            dZ = activate_backward(plan, layer - 1, dA, Z_prev, A_prev)


def update_statistics(plan: Plan, parameters: Array, caches: list[Cache]) -> None:
    """Update the statistics of batch norm with those of the batch, and the sum of their weights."""
    for part, cache in zip(layer_views(plan, parameters), caches, strict=True):
        if part.gamma is not None:
            Zhat, mean, variance = cache.normed
            batch_norm_statistics(mean, variance, part.mean, part.variance, DECAY, Zhat.shape[1])
    if plan.layout.weight is not None:
        parameters[plan.layout.weight] = DECAY * parameters[plan.layout.weight] + (1 - DECAY)


# ------------------------------------------------------------------------------ prediction


def statistics(plan: Plan, parameters: Array, part: Layer) -> tuple[Array, Array]:
    """The mean and variance that a layer uses for prediction; 0 and 1 before the first step."""
    (weight,) = parameters[plan.layout.weight]
    if weight == 0:
        return np.zeros_like(part.mean), np.ones_like(part.variance)
    return part.mean / weight, part.variance / weight


def predict(plan: Plan, parameters: Array, X: Array, logits: bool, step: int | None = None) -> Array:
    """The output (n[L], n_examples), without draws, but with the dropout of a `step` if it is given."""
    A = np.array(X.T, order="C")
    for layer, part in enumerate(layer_views(plan, parameters)):
        if part.log_alpha is not None:
            A *= prediction_gates(part.log_alpha).astype(A.dtype)
        if step is not None:
            apply_dropout(plan, layer, A, draw_dropout(plan, layer, A, None, step))
        if part.gamma is None:
            A = multiply(plan, part.W, A) + part.b
        else:
            A = multiply(plan, part.W, A)
            batch_norm_predict(A, part.gamma, part.b, *statistics(plan, parameters, part), A)
        A = activate(plan, layer, A, logits)
    return A
