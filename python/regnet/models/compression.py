"""Smaller forms of a trained net: batch norm and gates folded into the weights, dead units left out.

Prediction is linear in what batch norm and gates do: by the statistics of training
``gamma (W A - mean) / sqrt(variance + epsilon) + beta`` is another W and b, and a gate z on a unit of
A is a factor of a column of the next W. What is left is a net of dense layers alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import cregnet
from cregnet import Plan

from .layers import Dense, Input, Layer
from .model import Model, aligned_vector
from .penalties import L0, Penalty

__all__ = ["Sparsity", "fold", "folded", "gate_values", "pruned", "sparsity"]

Array = NDArray[Any]

EPSILON = 1e-5  # of batch norm, as the network's kernels have it
GAMMA, ZETA = -0.1, 1.1  # ends of the stretched gates (Louizos, Welling & Kingma 2018, section 4.1)


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


def sparsity(model: Model) -> Sparsity:
    """Share of the weights that are exactly 0; biases do not count.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Sparsity

    Examples
    --------
    >>> model = Model.mlp([2, 4, 1])
    >>> model.weights[0][:2] = 0
    >>> model.sparsity()
    Sparsity(whole=0.3333333333333333, by_layer=(0.5, 0.0))
    """
    zeros = [int((W == 0).sum()) for W in model.weights]
    sizes = [W.size for W in model.weights]
    by_layer = tuple(n / size for n, size in zip(zeros, sizes, strict=True))
    return Sparsity(sum(zeros) / sum(sizes), by_layer)


def gate_values(log_alpha: Array) -> Array:
    """The gates z at prediction (equation 13), computed in double.

    >>> gate_values(np.array([-9.0, 0.0, 9.0]))
    array([0. , 0.5, 1. ])
    """
    open_share = np.exp(-np.logaddexp(0, -log_alpha.astype(np.float64)))  # the sigmoid, without overflow
    return np.clip(open_share * (ZETA - GAMMA) + GAMMA, 0, 1).astype(log_alpha.dtype)


def statistics(model: Model, layer: int) -> tuple[Array, Array]:
    """Mean and variance, (n, 1), by which a layer with batch norm predicts: before training 0 and 1."""
    places = model.layout
    mean, variance = (model.parameters[at[layer]].reshape(-1, 1) for at in (places.mean, places.variance))
    weight = model.parameters[places.weight]
    return (mean / weight, variance / weight) if weight[0] else (mean * 0, variance * 0 + 1)


@lru_cache(maxsize=64)
def dense_plan(plan: Plan) -> Plan:
    """The plan without batch norm and gates."""
    return replace(plan, batch_norm=(), gates=(), l0=())


def fold(model: Model) -> tuple[Plan, Array]:
    """Plan and parameters of the net of dense layers that predicts the same."""
    plan, places = dense_plan(model.plan), dense_plan(model.plan).layout
    parameters = aligned_vector(places.size, model.dtype)
    parts = zip(model.weights, model.biases, model.gammas, model.gates, strict=True)
    for l, (W, b, gamma, z) in enumerate(parts):
        W_out = parameters[places.W[l]].reshape(W.shape)
        b_out = parameters[places.b[l]].reshape(b.shape)
        W = W if z is None else W * z
        if gamma is None:
            W_out[...], b_out[...] = W, b
        else:
            cregnet.batch_norm_fold(W, gamma, b, *statistics(model, l), W_out, b_out, EPSILON)
    return plan, parameters


def folded(model: Model) -> Model:
    """The same net as dense layers without batch norm and gates: it predicts the same up to rounding.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Model
        A new one. Dropout, noise, max-norm and penalties of its layers are those of the model, but for
        `L0`, which has nothing left to act on, and the max-norm of a layer that had batch norm: it
        bounded the weights before they were folded.

    Examples
    --------
    >>> model = Model([Input(2, gates=True), Dense(8, "relu", batch_norm=True), Dense(1, "sigmoid")])
    >>> model
    Model(2-8-1, relu-sigmoid, binary_cross_entropy, float32, 43 parameters)
    >>> model.folded()
    Model(2-8-1, relu-sigmoid, binary_cross_entropy, float32, 33 parameters)
    """
    return rebuild(model, model.sizes, fold(model)[1])


def pruned(model: Model) -> Model:
    """The smaller dense net of the units that survive: it predicts the same up to rounding.

    A hidden unit survives if its gate is open and some weight that is not 0 leads on from it to a unit
    that survives. Gates and batch norm are folded into the weights. The inputs stay as many as they
    were, so that the same X can be given; `Model.gates` tells which of them are closed.

    Parameters
    ----------
    model : Model
        With gates (`L0`), with exact zeros in its weights (``L1(..., proximal=True)``), or with neither;
        then it is `folded`.

    Returns
    -------
    Model
        A new one. A layer keeps at least one unit; a softmax in between keeps all of its units, since
        each changes the others.

    Examples
    --------
    >>> model = Model([Input(2), Dense(8, "relu", gates=True), Dense(1, "sigmoid")], seed=1)
    >>> model.log_alphas[1][3:] = -5
    >>> model.pruned().sizes
    (2, 3, 1)
    """
    dense = folded(model)
    weights, biases, sizes = list(dense.weights), list(dense.biases), list(dense.sizes)
    for l in range(len(sizes) - 2, 0, -1):  # weights[l] lead on from layer l
        if dense.activations[l - 1] == "softmax":
            continue
        alive = (weights[l] != 0).any(axis=0)
        if not alive.any():
            alive[0] = True
        weights[l], sizes[l] = weights[l][:, alive], int(alive.sum())
        weights[l - 1], biases[l - 1] = weights[l - 1][alive], biases[l - 1][alive]
    parts = [x.ravel() for pair in zip(weights, biases, strict=True) for x in pair]
    return rebuild(dense, tuple(sizes), np.concatenate(parts))


def rebuild(model: Model, sizes: tuple[int, ...], parameters: Array) -> Model:
    """A model of dense layers with these sizes and parameters, and all else as in another."""
    layers = [dense_layer(layer, n) for layer, n in zip(model.layers, sizes, strict=True)]
    made = Model(layers, dtype=model.dtype, seed=model.seed, loss=model.loss, classes=model.classes)
    made.parameters[:] = parameters
    made.feature_names = model.feature_names
    return made


def dense_layer(layer: Layer, units: int) -> Layer:
    """A layer with so many units and without batch norm and gates."""
    if isinstance(layer, Input):
        return Input(units, layer.keep_prob, noise=layer.noise, dropout=layer.dropout)
    assert isinstance(layer, Dense)
    penalty = layer.penalty
    if penalty is not None and penalty.on_gates:
        penalty = Penalty(tuple(term for term in penalty.terms if not isinstance(term, L0)))
    max_norm = None if layer.batch_norm else layer.max_norm  # gates fold to shorter rows, batch norm to any
    return replace(layer, units=units, batch_norm=False, gates=False, penalty=penalty, max_norm=max_norm)
