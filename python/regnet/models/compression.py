"""Smaller forms of a trained net: batch norm and gates folded into the weights, dead units removed.

At prediction batch norm and gates are linear: with the statistics of training
``gamma (W A - mean) / sqrt(variance + epsilon) + beta`` is another W and b, and a gate z on a unit of
A is a factor of a column of the next W. The result is a net of dense layers alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import cregnet
from cregnet import Layout, Plan
from cregnet.spec import GATE_GAMMA, GATE_ZETA

from .layers import Dense, Input, Layer
from .parameters import aligned_vector, column_views, weight_views
from .penalties import L0, Penalty

__all__ = ["Sparsity", "fold", "folded", "gate_values", "pruned", "sparsity"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Sparsity:
    """Share of the weights that are exactly 0.

    Attributes
    ----------
    whole : float
        Of all weights.
    by_layer : tuple of float
        Of W[1] to W[L].
    """

    whole: float
    by_layer: tuple[float, ...]


def sparsity(weights: Sequence[Array]) -> Sparsity:
    """`Model.sparsity`, of the weights of its layers."""
    zeros = [int((W == 0).sum()) for W in weights]
    sizes = [W.size for W in weights]
    by_layer = tuple(n / size for n, size in zip(zeros, sizes, strict=True))
    return Sparsity(sum(zeros) / sum(sizes), by_layer)


def gate_values(log_alpha: Array) -> Array:
    """The gates z at prediction (Louizos, Welling & Kingma 2018, equation 13), computed in double.

    >>> gate_values(np.array([-9.0, 0.0, 9.0]))
    array([0. , 0.5, 1. ])
    """
    open_share = np.exp(-np.logaddexp(0, -log_alpha.astype(np.float64)))  # the sigmoid, without overflow
    return np.clip(open_share * (GATE_ZETA - GATE_GAMMA) + GATE_GAMMA, 0, 1).astype(log_alpha.dtype)


def statistics(places: Layout, parameters: Array, layer: int) -> tuple[Array, Array]:
    """Mean and variance, (n, 1), that a layer with batch norm predicts with: 0 and 1 before training."""
    mean, variance = (parameters[at[layer]].reshape(-1, 1) for at in (places.mean, places.variance))
    weight = parameters[places.weight]
    return (mean / weight, variance / weight) if weight[0] else (mean * 0, variance * 0 + 1)


@lru_cache(maxsize=64)
def dense_plan(plan: Plan) -> Plan:
    """The plan without batch norm and gates."""
    return replace(plan, batch_norm=(), gates=(), l0=())


def fold(plan: Plan, parameters: Array) -> tuple[Plan, Array]:
    """Plan and parameters of the equivalent net of dense layers."""
    dense, places = dense_plan(plan), plan.layout
    out = aligned_vector(dense.layout.size, parameters.dtype)
    parts = zip(
        weight_views(plan, parameters),
        column_views(parameters, places.b),
        column_views(parameters, places.gamma),
        column_views(parameters, places.log_alpha),
        weight_views(dense, out),
        column_views(out, dense.layout.b),
        strict=True,
    )
    for l, (W, b, gamma, log_alpha, W_out, b_out) in enumerate(parts):
        W = W if log_alpha is None else W * gate_values(log_alpha[:, 0])
        if gamma is None:
            W_out[...], b_out[...] = W, b
        else:
            mean, variance = statistics(places, parameters, l)
            cregnet.batch_norm_fold(W, gamma, b, mean, variance, W_out, b_out)
    return dense, out


def folded(layers: Sequence[Layer], plan: Plan, parameters: Array) -> tuple[list[Layer], Array]:
    """Layers and parameters of `Model.folded`."""
    return dense_layers(layers, plan.sizes), fold(plan, parameters)[1]


def pruned(layers: Sequence[Layer], plan: Plan, parameters: Array) -> tuple[list[Layer], Array]:
    """Layers and parameters of `Model.pruned`."""
    dense, folded_parameters = fold(plan, parameters)
    weights = list(weight_views(dense, folded_parameters))
    biases = list(column_views(folded_parameters, dense.layout.b))
    sizes = list(dense.sizes)
    for l in range(len(sizes) - 2, 0, -1):  # weights[l] have layer l as their input
        if dense.activations[l - 1] == "softmax":
            continue
        alive = (weights[l] != 0).any(axis=0)
        if not alive.any():
            alive[0] = True
        weights[l], sizes[l] = weights[l][:, alive], int(alive.sum())
        weights[l - 1], biases[l - 1] = weights[l - 1][alive], biases[l - 1][alive]
    parts = [x.ravel() for pair in zip(weights, biases, strict=True) for x in pair]
    return dense_layers(layers, sizes), np.concatenate(parts)


def dense_layers(layers: Sequence[Layer], sizes: Sequence[int]) -> list[Layer]:
    """Layers of these sizes without batch norm and gates."""
    return [dense_layer(layer, n) for layer, n in zip(layers, sizes, strict=True)]


def dense_layer(layer: Layer, units: int) -> Layer:
    """A layer with this number of units, without batch norm and gates."""
    if isinstance(layer, Input):
        return Input(units, layer.keep_prob, noise=layer.noise, dropout=layer.dropout)
    assert isinstance(layer, Dense)
    penalty = layer.penalty
    if penalty is not None and penalty.on_gates:
        penalty = Penalty(tuple(term for term in penalty.terms if not isinstance(term, L0)))
    # folding gates shortens rows of the weights, folding batch norm may lengthen them
    max_norm = None if layer.batch_norm else layer.max_norm
    return replace(layer, units=units, batch_norm=False, gates=False, penalty=penalty, max_norm=max_norm)
