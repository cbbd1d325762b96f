"""Dictionaries of parameters, W1, b1, ..., WL, bL, and of gradients, dW1, db1, ..., dWL, dbL.

Keys, initial values, checks of shapes, and the step of gradient descent over all layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support.checks import number
from . import _checks as check
from . import _stream

__all__ = [
    "Array",
    "Arrays",
    "Parameters",
    "check_columns",
    "check_gradients",
    "check_layer",
    "check_layers",
    "count_layers",
    "gradient_descent_step",
    "he",
    "initialize",
    "layer_keys",
    "n_layers_of",
    "one_dtype",
    "ordered_arrays",
    "xavier",
]

Array = NDArray[Any]
Arrays = dict[str, Array]
Parameters = Mapping[str, Any]

# ------------------------------------------------------------------------------ keys


def n_layers_of(parameters: Parameters) -> int:
    """The number of layers of a dictionary W1, b1, ..., WL, bL, from its length."""
    if not isinstance(parameters, Mapping):
        raise TypeError(f"parameters is a {type(parameters).__name__}, wanted a dictionary")
    return count_layers(len(parameters))


def count_layers(n_parameters: int) -> int:
    """The number of layers of n parameters, rounded up and at least 1, so that a missing key is found."""
    return max(1, (n_parameters + 1) // 2)


@cache
def layer_keys(n_layers: int, prefix: str = "") -> tuple[str, ...]:
    """W1, b1, ..., WL, bL, or dW1, db1, ... with the prefix d."""
    return tuple(f"{prefix}{kind}{l}" for l in range(1, n_layers + 1) for kind in "Wb")


@cache
def gradient_keys(n_layers: int) -> tuple[tuple[str, str], ...]:
    """(W1, dW1), (b1, db1), ..., (bL, dbL)."""
    return tuple(zip(layer_keys(n_layers), layer_keys(n_layers, "d"), strict=True))


def ordered_arrays(parameters: Parameters) -> Arrays:
    """W1, b1, W2, b2, ... as arrays, whatever the order of the dictionary."""
    keys = layer_keys(n_layers_of(parameters))
    return dict(zip(keys, check.matrices("parameters", parameters, keys), strict=True))


# ------------------------------------------------------------------------------ initial values


def initialize(
    layer_dims: Sequence[int], seed: int, scale: Callable[[Array, int], Array], name: str = "layer_dims"
) -> Arrays:
    """Standard normal weights of a seed, passed through ``scale(W, n_in)``; biases 0."""
    sizes = check.layer_sizes(name, layer_dims)
    _stream.reseed(seed)
    parameters: Arrays = {}
    for l, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True), start=1):
        parameters[f"W{l}"] = scale(_stream.standard_normal(n_out, n_in), n_in)
        parameters[f"b{l}"] = np.zeros((n_out, 1))
    return parameters


def xavier(W: Array, n_in: int) -> Array:
    """Scale to variance 1 / n_in."""
    return W / np.sqrt(n_in)


def he(W: Array, n_in: int) -> Array:
    """Scale to variance 2 / n_in (He et al. 2015), for ReLU."""
    return W * np.sqrt(2 / n_in)


# ------------------------------------------------------------------------------ checks


def check_layers(parameters: Parameters, n_layers: int, X: Array | None = None) -> list[Array]:
    """W1, b1, ..., WL, bL; raise unless their shapes match each other and X."""
    arrays = check.matrices("parameters", parameters, layer_keys(n_layers))
    before, name = X, "X"
    for l, (W, b) in enumerate(zip(arrays[::2], arrays[1::2], strict=True), start=1):
        check_layer(l, W, b, name, before)
        before, name = W, f"W{l}"
    return arrays


def check_layer(l: int | str, W: Array, b: Array, name: str, before: Array | None) -> None:
    """Raise unless W matches b and `before`, which is the layer's input or W of the layer before."""
    if before is not None:
        check_columns(f"W{l}", W, name, before)
    if b.shape != (W.shape[0], 1):
        shapes = check.describe_shapes(f"b{l}", b, f"W{l}", W)
        raise ValueError(f"{shapes}, wanted b{l} of shape ({W.shape[0]}, 1)")


def check_columns(name_W: str, W: Array, name: str, before: Array) -> None:
    """Raise unless W has one column per row of `before`."""
    if W.shape[1] != before.shape[0]:
        shapes = check.describe_shapes(name_W, W, name, before)
        raise ValueError(f"{shapes}, wanted as many columns of {name_W} as rows of {name}")


def check_gradients(parameters: Parameters, **others: Mapping[str, Any]) -> dict[str, tuple[Array, ...]]:
    """Each parameter with the entry of each other dictionary (gradients, moments) that belongs to it.

    Raise unless these have the same shape.
    """
    n_layers = n_layers_of(parameters)
    keys, d_keys = layer_keys(n_layers), layer_keys(n_layers, "d")
    first = check.matrices("parameters", parameters, keys)
    columns = [check.matrices(name, dictionary, d_keys) for name, dictionary in others.items()]
    shapes = [W.shape for W in first]
    for name, column in zip(others, columns, strict=True):
        if [dW.shape for dW in column] != shapes:
            for key, W, dW in zip(keys, first, column, strict=True):
                name_W, name_dW = check.entry_name("parameters", key), check.entry_name(name, "d" + key)
                check.same_shape(name_W, W, name_dW, dW)
    return dict(zip(keys, zip(first, *columns, strict=True), strict=True))


def one_dtype(arrays: Sequence[Array]) -> list[Array]:
    """The arrays, converted to float64 if their dtypes differ: a kernel takes one dtype."""
    dtype = arrays[0].dtype
    for array in arrays:
        if array.dtype != dtype:
            return [array.astype(np.float64) for array in arrays]
    return list(arrays)


# ------------------------------------------------------------------------------ the step


def gradient_descent_step(parameters: Parameters, grads: Mapping[str, Any], learning_rate: float) -> Arrays:
    """``W - learning_rate * dW`` for every parameter."""
    valid = type(learning_rate) is float and isfinite(learning_rate)
    rate = learning_rate if valid else number("learning_rate", learning_rate)
    try:
        new = {}
        for key, d_key in gradient_keys(count_layers(len(parameters))):
            W, dW = parameters[key], grads[d_key]
            if W.shape != dW.shape:
                raise ValueError
            new[key] = W - rate * dW
        return new
    except check.ARGUMENT_ERRORS:
        pass
    pairs = check_gradients(parameters, grads=grads)
    return {key: W - rate * dW for key, (W, dW) in pairs.items()}
