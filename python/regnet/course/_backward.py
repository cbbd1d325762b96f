"""The backward pass of the three-layer network, from the cache of a forward pass to all gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import cregnet

from . import _checks as check
from ._parameters import Array, check_columns, one_dtype

__all__ = ["backward"]

USED_ENTRIES = ("A1", "W1", "A2", "W2", "A3", "W3")  # of a cache; the others have no part in the gradients


def backward(
    X: ArrayLike,
    Y: ArrayLike,
    cache: Any,
    names: tuple[str, ...],
    letters: str = "ZA",
    keep_prob: float = 1,
) -> dict[str, Array]:
    """All gradients of the mean loss, from a cache whose entries have these names.

    The notebooks differ in where they apply the factor 1/m: those that write dZ and dA (`letters` "ZA") in
    dW and db, those that write dz and da ("za") in dz3 and so in every gradient. If the cache has dropout
    masks D, dA is multiplied by them and divided by `keep_prob`.
    """
    try:
        return gradients(np.ascontiguousarray(X), Y, dict(zip(names, cache, strict=True)), letters, keep_prob)
    except check.ARGUMENT_ERRORS:
        pass
    return gradients(*check_cache(X, Y, cache, names), letters, keep_prob)


@cache
def entry_names(letters: str) -> tuple[tuple[str, ...], ...]:
    """Names of the cache's entries and of the gradients, from the third layer to the first."""
    z, a = letters[0], letters[1]
    return tuple(
        (f"A{l - 1}", f"W{l}", f"D{l - 1}", f"d{z}{l}", f"dW{l}", f"db{l}", f"d{a}{l - 1}") for l in (3, 2, 1)
    )


def gradients(
    X: Array, Y: Any, cached: Mapping[str, Array], letters: str, keep_prob: float
) -> dict[str, Array]:
    """The gradients; the kernels raise if an array does not suit them."""
    A3, scale = cached["A3"], 1 / X.shape[1]
    if A3.shape != Y.shape:
        raise ValueError
    dZ = np.subtract(A3, Y)
    if letters.islower():
        dZ *= scale
        scale = 1.0
    if dZ.dtype != X.dtype:  # the labels have another dtype
        dZ = dZ.astype(X.dtype)
    grads: dict[str, Array] = {}
    for key_A, key_W, key_D, key_dZ, key_dW, key_db, key_dA in entry_names(letters):
        A_prev, W = cached.get(key_A, X), cached[key_W]
        dW, db, dA = np.empty(W.shape, W.dtype), np.empty((W.shape[0], 1), W.dtype), np.empty_like(A_prev)
        cregnet.dense_backward(dZ, W, A_prev, dW, db, dA)
        if scale != 1:
            dW *= scale
            db *= scale
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


# ------------------------------------------------------------------------------ checks


def check_cache(
    X: ArrayLike, Y: ArrayLike, cache: Any, names: Sequence[str]
) -> tuple[Array, Array, dict[str, Array]]:
    """X, Y and the used entries of the cache by name; raise unless their shapes match each other."""
    targets = check.labels("Y", Y)
    entries = dict(zip(names, check.tuple_of("cache", cache, names), strict=True))
    arrays = check.matrices("cache", entries, USED_ENTRIES)
    inputs, *arrays = one_dtype([check.matrix("X", X), *arrays])
    cached = dict(zip(USED_ENTRIES, arrays, strict=True))
    for D in ("D1", "D2"):
        if D in entries:
            cached[D] = check.labels(D, entries[D])
    check.columns("X", inputs, "Y", targets)
    check.same_shape("A3", cached["A3"], "Y", targets)
    check_cached_layers(inputs, cached)
    return inputs, targets, cached


def check_cached_layers(X: Array, cached: Mapping[str, Array]) -> None:
    """Raise unless W, A and D of each layer match X and each other."""
    before, name = X, "X"
    for l in (1, 2, 3):
        W, A = cached[f"W{l}"], cached[f"A{l}"]
        check_columns(f"W{l}", W, name, before)
        if A.shape != (W.shape[0], X.shape[1]):
            shapes = check.describe_shapes(f"A{l}", A, f"W{l}", W)
            raise ValueError(f"{shapes}, wanted A{l} of shape ({W.shape[0]}, {X.shape[1]})")
        if f"D{l}" in cached:
            check.same_shape(f"D{l}", cached[f"D{l}"], f"A{l}", A)
        before, name = A, f"A{l}"
