"""Forward and backward pass of the regularization notebook with dropout: public functions of `reg_utils`."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._support.checks import fraction
from . import _stream
from ._backward import backward
from ._layers import CACHE_NAMES, Cache, check_inputs, linear, relu_of_matrix, sigmoid
from ._names import set_module
from ._parameters import Array, Parameters

__all__ = ["backward_propagation_with_dropout", "forward_propagation_with_dropout"]

Gradients = dict[str, Array]
DROPOUT_CACHE_NAMES = ("Z1", "D1", *CACHE_NAMES[1:5], "D2", *CACHE_NAMES[5:])


@set_module("reg_utils")
def forward_propagation_with_dropout(
    X: ArrayLike, parameters: Parameters, keep_prob: float = 0.5
) -> tuple[Array, Cache]:
    """Forward pass with inverted dropout on both hidden layers; masks from seed 1.

    Parameters
    ----------
    X : array-like (n_features, m)
    parameters : dict
        W1, b1, W2, b2, W3, b3.
    keep_prob : float
        Probability of keeping a unit, 0 < keep_prob <= 1.

    Returns
    -------
    A3 : array (1, m)
    cache : tuple
        (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3); the masks D1 and D2 are bool.

    Raises
    ------
    ValueError
        If shapes do not fit, a parameter is missing or keep_prob is out of range.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream with 1 in every call, as the notebook does. The masks are
    ``rand(n1, m) < keep_prob``, then ``rand(n2, m) < keep_prob``.

    Examples
    --------
    >>> parameters = initialize_parameters([2, 4, 3, 1])
    >>> A3, cache = forward_propagation_with_dropout(np.ones((2, 5)), parameters, 0.8)
    >>> print(cache[1].astype(int)[0], len(cache))
    [1 1 1 1 1] 14
    """
    keep_prob = fraction("keep_prob", keep_prob, one=True)
    A, (W1, b1, W2, b2, W3, b3) = check_inputs(X, parameters)
    _stream.reseed(1)
    Z1 = linear(W1, b1, A)
    D1 = _stream.uniform(*Z1.shape) < keep_prob
    A1 = relu_of_matrix(Z1) * D1 / keep_prob
    Z2 = linear(W2, b2, A1)
    D2 = _stream.uniform(*Z2.shape) < keep_prob
    A2 = relu_of_matrix(Z2) * D2 / keep_prob
    Z3 = linear(W3, b3, A2)
    A3 = sigmoid(Z3)
    return A3, (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)


@set_module("reg_utils")
def backward_propagation_with_dropout(
    X: ArrayLike, Y: ArrayLike, cache: Cache, keep_prob: float
) -> Gradients:
    """Gradients with dropout: dA is multiplied by the masks of the forward pass.

    Parameters
    ----------
    X : array-like (n_features, m)
    Y : array-like (1, m)
    cache : tuple
        The second result of `forward_propagation_with_dropout`, 14 entries.
    keep_prob : float
        As in the forward pass.

    Returns
    -------
    dict
        With the keys of `backward_propagation`; dA2 and dA1 are ``W^T dZ * D / keep_prob``.

    Raises
    ------
    ValueError
        If shapes do not match or keep_prob is out of range.

    Examples
    --------
    >>> X, Y = np.ones((2, 5)), np.array([[1, 0, 1, 0, 1]])
    >>> A3, cache = forward_propagation_with_dropout(X, initialize_parameters([2, 20, 3, 1]), 0.8)
    >>> backward_propagation_with_dropout(X, Y, cache, 0.8)["dA1"].shape
    (20, 5)
    """
    keep_prob = fraction("keep_prob", keep_prob, one=True)
    return backward(X, Y, cache, DROPOUT_CACHE_NAMES, keep_prob=keep_prob)
