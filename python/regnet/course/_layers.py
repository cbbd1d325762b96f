"""What several of the notebooks share: three layers forward and back, the update, prediction.

The network is always LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID with columns = examples.
Layers and ReLU are kernels of the core, at the notebooks' sizes twice as fast as the same in NumPy. The
output's sigmoid and the cost are NumPy: near saturation a printed cost sees the last bit of the
output. Logarithms of saturated outputs are meant to give inf and nan, as in the notebooks, but without
NumPy's warnings. What a notebook's loop calls runs on its arguments as they come, and checks them only
if that is refused (see `_checks`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet

from .._support.checks import number
from . import _checks as check
from . import _stream

__all__ = [
    "backward",
    "check_cache",
    "check_layers",
    "forward_propagation",
    "half",
    "initialize",
    "layer_keys",
    "n_layers_of",
    "predict",
    "predict_dec",
    "rectify",
    "relu",
    "sigmoid",
    "step",
    "total_loss",
    "update_parameters",
]

Array = NDArray[Any]
Parameters = Mapping[str, Any]
Cache = tuple[Array, ...]
NEEDED = ("A1", "W1", "A2", "W2", "A3", "W3")  # of a cache, on the way back
CACHE = ("Z1", "A1", "W1", "b1", "Z2", "A2", "W2", "b2", "Z3", "A3", "W3", "b3")


# as a decorator errstate costs less than as a context; exp(1000) = inf gives the right 0
@np.errstate(over="ignore")
def sigmoid(x: ArrayLike) -> Array:
    """The logistic function, ``1 / (1 + exp(-x))``, of a number or of an array of any shape.

    Parameters
    ----------
    x : array-like
        Of any shape.

    Returns
    -------
    array
        Of the same shape; float64, or float32 for a float32 array.

    Examples
    --------
    >>> print(sigmoid(np.array([[-1000.0, 0.0, 1000.0]])))
    [[0.  0.5 1. ]]
    """
    s: Array = np.negative(x)
    if type(s) is not np.ndarray or s.dtype.kind != "f":  # a number, or whole numbers
        return 1 / (1 + np.exp(s))
    np.exp(s, s)
    s += 1.0
    return np.reciprocal(s, s)


def relu(x: ArrayLike) -> Array:
    """The rectifier, ``max(0, x)``, of a number or of an array of any shape.

    Parameters
    ----------
    x : array-like
        Of any shape.

    Returns
    -------
    array
        Of the same shape and dtype.

    Examples
    --------
    >>> print(relu(np.array([[-2.0, 0.0, 3.0]])))
    [[0. 0. 3.]]
    """
    if type(x) is np.ndarray and x.ndim == 2 and x.dtype is check.FLOAT64 and x.flags.c_contiguous:
        return rectify(x)
    return np.maximum(0, x)


# ------------------------------------------------------------------------------ parameters


def n_layers_of(parameters: Parameters) -> int:
    """Layers of a dictionary W1, b1, ..., WL, bL, by its length."""
    if not isinstance(parameters, Mapping):
        raise TypeError(f"parameters is a {type(parameters).__name__}, wanted a dictionary")
    return half(len(parameters))


def half(n: int) -> int:
    """Layers of n parameters: half of them, at least one, so that a parameter too few is missed."""
    return max(1, (n + 1) // 2)


@cache
def step_keys(n_layers: int) -> tuple[tuple[str, str], ...]:
    """(W1, dW1), (b1, db1), ..., (bL, dbL)."""
    return tuple(zip(layer_keys(n_layers), layer_keys(n_layers, "d"), strict=True))


@cache
def layer_keys(n_layers: int, prefix: str = "") -> tuple[str, ...]:
    """W1, b1, ..., WL, bL, or dW1, db1, ... with the prefix d."""
    return tuple(f"{prefix}{kind}{l}" for l in range(1, n_layers + 1) for kind in "Wb")


def check_layers(parameters: Parameters, n_layers: int, X: Array | None = None) -> list[tuple[Array, Array]]:
    """W and b of each layer, whose shapes fit each other and the inputs."""
    found: list[tuple[Array, Array]] = []
    before, name = X, "X"
    arrays = check.matrices("parameters", parameters, layer_keys(n_layers))
    for l, (W, b) in enumerate(zip(arrays[::2], arrays[1::2], strict=True), start=1):
        check_layer(l, W, b, name, before)
        before, name = W, f"W{l}"
        found.append((W, b))
    return found


def check_layer(l: int | str, W: Array, b: Array, name: str, before: Array | None) -> None:
    """W of a layer fits its b and what comes before it: its inputs, or W of the layer before."""
    if before is not None:
        check_columns(f"W{l}", W, name, before)
    if b.shape != (W.shape[0], 1):
        raise ValueError(f"{check.shapes(f'b{l}', b, f'W{l}', W)}, wanted b{l} of shape ({W.shape[0]}, 1)")


def check_columns(name_W: str, W: Array, name: str, before: Array) -> None:
    """W has a column for each row of what it is multiplied with."""
    if W.shape[1] != before.shape[0]:
        fit = f"as many columns of {name_W} as rows of {name}"
        raise ValueError(f"{check.shapes(name_W, W, name, before)}, wanted {fit}")


def initialize(
    layer_dims: Sequence[int], seed: int, scale: Callable[[Array, int], Array], name: str = "layer_dims"
) -> dict[str, Array]:
    """Normal weights from the start of a seed, scaled by a function of them and n_in; biases 0."""
    sizes = check.layer_sizes(name, layer_dims)
    _stream.reseed(seed)
    parameters: dict[str, Array] = {}
    for l, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True), start=1):
        parameters[f"W{l}"] = scale(_stream.standard_normal(n_out, n_in), n_in)
        parameters[f"b{l}"] = np.zeros((n_out, 1))
    return parameters


def update_parameters(
    parameters: Parameters, grads: Mapping[str, Any], learning_rate: float
) -> dict[str, Array]:
    """One step of gradient descent, ``W - learning_rate * dW``, on every layer.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., WL, bL.
    grads : dict
        dW1, db1, ... of the same shapes; other entries are not looked at.
    learning_rate : float

    Returns
    -------
    dict
        New parameters; the given ones stay as they are.

    Raises
    ------
    ValueError
        If a key is missing or a gradient has another shape than its parameter.

    Examples
    --------
    >>> parameters = {"W1": np.ones((1, 2)), "b1": np.zeros((1, 1))}
    >>> grads = {"dW1": np.array([[1.0, 2.0]]), "db1": np.array([[-1.0]])}
    >>> new = update_parameters(parameters, grads, 0.1)
    >>> print(new["W1"], new["b1"])
    [[0.9 0.8]] [[0.1]]
    """
    return step(parameters, grads, learning_rate)


def step(parameters: Parameters, grads: Mapping[str, Any], learning_rate: float) -> dict[str, Array]:
    """``W - learning_rate * dW`` on every layer."""
    usual = type(learning_rate) is float and isfinite(learning_rate)
    rate = learning_rate if usual else number("learning_rate", learning_rate)
    try:
        new = {}
        for key, d_key in step_keys(half(len(parameters))):
            W, dW = parameters[key], grads[d_key]
            if W.shape != dW.shape:
                raise ValueError
            new[key] = W - rate * dW
        return new
    except check.REFUSED:
        pass
    pairs = check_gradients(parameters, grads=grads)
    return {key: W - rate * dW for key, (W, dW) in pairs.items()}


def check_gradients(parameters: Parameters, **others: Mapping[str, Any]) -> dict[str, tuple[Array, ...]]:
    """Each parameter W with dW of every other dictionary (gradients, moments), all of one shape."""
    n_layers = n_layers_of(parameters)
    keys, d_keys = layer_keys(n_layers), layer_keys(n_layers, "d")
    first = check.matrices("parameters", parameters, keys)
    columns = [check.matrices(name, dictionary, d_keys) for name, dictionary in others.items()]
    shapes = [W.shape for W in first]
    for name, column in zip(others, columns, strict=True):
        if [dW.shape for dW in column] != shapes:
            for key, W, dW in zip(keys, first, column, strict=True):
                check.same_shape(check.entry("parameters", key), W, check.entry(name, "d" + key), dW)
    return dict(zip(keys, zip(first, *columns, strict=True), strict=True))


# ------------------------------------------------------------------------------ forward and back


def forward_propagation(X: ArrayLike, parameters: Parameters) -> tuple[Array, Cache]:
    """LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID.

    Parameters
    ----------
    X : array-like (n_features, m)
    parameters : dict
        W1, b1, W2, b2, W3, b3.

    Returns
    -------
    A3 : array (1, m)
    cache : tuple
        (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)

    Raises
    ------
    ValueError
        If shapes do not fit or a parameter is missing.

    Examples
    --------
    >>> parameters = {"W1": np.eye(2), "b1": np.zeros((2, 1)), "W2": np.eye(2), "b2": np.zeros((2, 1)),
    ...               "W3": np.array([[1.0, -1.0]]), "b3": np.zeros((1, 1))}
    >>> A3, cache = forward_propagation(np.array([[3.0, 1.0], [3.0, -2.0]]), parameters)
    >>> print(A3.round(3), len(cache))
    [[0.5   0.731]] 12
    """
    try:
        return three_layers(np.ascontiguousarray(X), *[parameters[key] for key in layer_keys(3)])
    except check.REFUSED:
        pass
    inputs, arrays = check_inputs(X, parameters)
    return three_layers(inputs, *arrays)


def three_layers(
    X: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array
) -> tuple[Array, Cache]:
    """A3 and the cache, of arrays that the kernels take as they are."""
    Z1 = linear(W1, b1, X)
    A1 = rectify(Z1)
    Z2 = linear(W2, b2, A1)
    A2 = rectify(Z2)
    Z3 = linear(W3, b3, A2)
    A3 = sigmoid(Z3)
    return A3, (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)


def check_inputs(X: ArrayLike, parameters: Parameters) -> tuple[Array, list[Array]]:
    """X and W1, b1, W2, b2, W3, b3, all of one dtype, whose shapes fit each other."""
    inputs = check.matrix("X", X)
    arrays = check.matrices("parameters", parameters, layer_keys(3))
    n0, (n1, n2, n3) = inputs.shape[0], (W.shape[0] for W in arrays[::2])
    fitting = [(n1, n0), (n1, 1), (n2, n1), (n2, 1), (n3, n2), (n3, 1)]
    if [a.shape for a in arrays] != fitting:
        check_layers(parameters, 3, inputs)  # says which
    inputs, *arrays = one_dtype([inputs, *arrays])
    return inputs, arrays


def one_dtype(arrays: Sequence[Array]) -> list[Array]:
    """The arrays in float64 unless they have a dtype in common; kernels do not mix them."""
    dtype = arrays[0].dtype
    for array in arrays:
        if array.dtype != dtype:
            return [array.astype(np.float64) for array in arrays]
    return list(arrays)


def linear(W: Array, b: Array, A: Array) -> Array:
    """``W A + b``, a new array."""
    if not isinstance(b, np.ndarray):  # the cache is to hold arrays: refused here, then converted
        raise TypeError
    Z = np.empty((W.shape[0], A.shape[1]), A.dtype)
    return cregnet.dense(W, b, A, Z)


def rectify(Z: Array) -> Array:
    """``max(0, Z)`` of a matrix, a new array."""
    return cregnet.relu(Z, np.empty_like(Z))


def check_cache(
    X: ArrayLike, Y: ArrayLike, cache: Any, names: Sequence[str]
) -> tuple[Array, Array, dict[str, Array]]:
    """X, Y and what the way back needs of the cache by name, with shapes that fit each other."""
    targets = check.labels("Y", Y)
    entries = dict(zip(names, check.tuple_of("cache", cache, names), strict=True))
    arrays = check.matrices("cache", entries, NEEDED)
    inputs, *arrays = one_dtype([check.matrix("X", X), *arrays])
    found = dict(zip(NEEDED, arrays, strict=True))
    for D in ("D1", "D2"):
        if D in entries:
            found[D] = check.labels(D, entries[D])
    (n0, m), (n1, n2, n3) = inputs.shape, (W.shape[0] for W in arrays[1::2])
    fitting = [(n1, m), (n1, n0), (n2, m), (n2, n1), (n3, m), (n3, n2), (n1, m), (n2, m)]
    if [a.shape for a in found.values()] != fitting[: len(found)] or targets.shape != (n3, m) or not m:
        explain_cache(inputs, targets, found)
    return inputs, targets, found


def explain_cache(X: Array, Y: Array, found: Mapping[str, Array]) -> None:
    """Say which shapes of a cache do not fit."""
    check.columns("X", X, "Y", Y)
    check.same_shape("A3", found["A3"], "Y", Y)
    before, name = X, "X"
    for l in (1, 2, 3):
        W, A = found[f"W{l}"], found[f"A{l}"]
        check_columns(f"W{l}", W, name, before)
        if A.shape != (W.shape[0], X.shape[1]):
            wanted = f"({W.shape[0]}, {X.shape[1]})"
            raise ValueError(f"{check.shapes(f'A{l}', A, f'W{l}', W)}, wanted A{l} of shape {wanted}")
        if f"D{l}" in found:
            check.same_shape(f"D{l}", found[f"D{l}"], f"A{l}", A)
        before, name = A, f"A{l}"


def backward(
    X: ArrayLike,
    Y: ArrayLike,
    cache: Any,
    names: tuple[str, ...],
    letters: str = "ZA",
    keep_prob: float = 1,
) -> dict[str, Array]:
    """All gradients behind a forward pass whose cache has these names.

    The notebooks differ in where the 1/m is taken: with capital letters in dW and db, with small ones in
    dz3 and thereby in all. dA goes back through the masks D if the cache has any.
    """
    try:
        return way_back(np.ascontiguousarray(X), Y, dict(zip(names, cache, strict=True)), letters, keep_prob)
    except check.REFUSED:
        pass
    return way_back(*check_cache(X, Y, cache, names), letters, keep_prob)


@cache
def back_keys(letters: str) -> tuple[tuple[str, ...], ...]:
    """Names in a cache and of gradients, from the third layer down."""
    z, a = letters[0], letters[1]
    return tuple(
        (f"A{l - 1}", f"W{l}", f"D{l - 1}", f"d{z}{l}", f"dW{l}", f"db{l}", f"d{a}{l - 1}") for l in (3, 2, 1)
    )


def way_back(
    X: Array, Y: Any, cached: Mapping[str, Array], letters: str, keep_prob: float
) -> dict[str, Array]:
    """The gradients, of arrays that the kernels take as they are."""
    A3, each = cached["A3"], 1 / X.shape[1]
    if A3.shape != Y.shape:
        raise ValueError
    dZ = np.subtract(A3, Y)
    if letters.islower():
        dZ *= each
        each = 1.0
    if dZ.dtype != X.dtype:  # labels of another dtype
        dZ = dZ.astype(X.dtype)
    grads: dict[str, Array] = {}
    for key_A, key_W, key_D, key_dZ, key_dW, key_db, key_dA in back_keys(letters):
        A_prev, W = cached.get(key_A, X), cached[key_W]
        dW, db, dA = np.empty(W.shape, W.dtype), np.empty((W.shape[0], 1), W.dtype), np.empty_like(A_prev)
        cregnet.dense_backward(dZ, W, A_prev, dW, db, dA)
        if each != 1:
            dW *= each
            db *= each
        grads[key_dZ], grads[key_dW], grads[key_db] = dZ, dW, db
        if A_prev is not X:
            if key_D in cached:
                D = cached[key_D]
                if D.shape != dA.shape:
                    raise ValueError
                dA = dA * D / keep_prob
            grads[key_dA] = dA
            dZ = np.empty_like(dA)
            cregnet.relu_backward(dA, A_prev, dZ)
    return grads


@np.errstate(divide="ignore", invalid="ignore")
def total_loss(A3: ArrayLike, Y: ArrayLike, name: str = "A3", nan: bool = True) -> Any:
    """``sum(-Y log A3 - (1 - Y) log(1 - A3))``, a NumPy scalar; with `nan` False of what is not nan.

    Saturated outputs give inf or nan. The nan are 0 * log(0): the examples whose output is exactly right.
    """
    A, targets = check.paired(name, A3, Y)
    each = np.log(A) * targets
    wrong = 1 - A
    each += np.log(wrong, wrong) * (1 - targets)
    total = np.add.reduce(each, axis=None)
    if total != total and not nan:
        total = np.nansum(each)
    return 0.0 - total  # not -total, which would be -0.0 for a perfect output


# ------------------------------------------------------------------------------ prediction


def predict(X: ArrayLike, y: ArrayLike, parameters: Parameters) -> NDArray[np.int64]:
    """Classes of a trained three-layer network; prints their accuracy.

    Parameters
    ----------
    X : array-like (n_features, m)
    y : array-like (1, m)
        The right classes, 0 or 1.
    parameters : dict
        W1, b1, W2, b2, W3, b3.

    Returns
    -------
    array (1, m), int
        1 where the output is above one half.

    Raises
    ------
    ValueError
        If shapes do not fit or a parameter is missing.

    Examples
    --------
    >>> parameters = {"W1": np.eye(2), "b1": np.zeros((2, 1)), "W2": np.eye(2), "b2": np.zeros((2, 1)),
    ...               "W3": np.array([[1.0, -1.0]]), "b3": np.zeros((1, 1))}
    >>> print(predict(np.array([[3.0, 0.0], [1.0, 2.0]]), np.array([[1, 1]]), parameters))
    Accuracy: 0.5
    [[1 0]]
    """
    inputs, right = check.matrix("X", X), check.labels("y", y)
    check.columns("X", inputs, "y", right)
    found = predict_dec(parameters, inputs).astype(np.int64)
    print(f"Accuracy: {float(np.mean(found[0] == right[0]))}")
    return found


def predict_dec(parameters: Parameters, X: ArrayLike) -> NDArray[np.bool_]:
    """Classes of a trained three-layer network, for `plot_decision_boundary`.

    Parameters
    ----------
    parameters : dict
        W1, b1, W2, b2, W3, b3.
    X : array-like (n_features, m)

    Returns
    -------
    array (1, m), bool
        True where the output is above one half.

    Raises
    ------
    ValueError
        If shapes do not fit or a parameter is missing.

    Examples
    --------
    >>> parameters = {"W1": np.eye(2), "b1": np.zeros((2, 1)), "W2": np.eye(2), "b2": np.zeros((2, 1)),
    ...               "W3": np.array([[1.0, -1.0]]), "b3": np.zeros((1, 1))}
    >>> print(predict_dec(parameters, np.array([[3.0, 0.0], [1.0, 2.0]])))
    [[ True False]]
    """
    return forward_propagation(X, parameters)[0] > 0.5
