"""The deep network application (course 1, week 4): cats or not; edition of 2017.

Only the names of the gradients dA differ from `dnn_app_utils_v3`. Here dA with the number of a layer is the
gradient with respect to that layer's inputs, so that the gradient with respect to X is dA1; later it is dA0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike, NDArray

from . import dnn_app_utils_v3, dnn_utils
from ._deep_layers import LayerCache
from .dnn_app_utils_v3 import *  # noqa: F403

__all__ = dnn_app_utils_v3.__all__


def L_model_backward(AL: ArrayLike, Y: ArrayLike, caches: Sequence[LayerCache]) -> dict[str, NDArray[Any]]:
    """Gradients of all layers with respect to the cost of `compute_cost`; dA1 is that with respect to X.

    Parameters
    ----------
    AL : array-like (n_L, m)
    Y : array-like (n_L, m)
        Classes, 0 or 1.
    caches : list
        The second result of `L_model_forward`.

    Returns
    -------
    dict
        dAL, dWL, dbL, ..., dA1, dW1, db1; dAl is the gradient with respect to the inputs of layer l.

    Raises
    ------
    ValueError
        If the shapes do not match.

    Examples
    --------
    >>> import numpy as np
    >>> AL, caches = L_model_forward(np.ones((5, 2)), initialize_parameters_deep([5, 4, 1]))
    >>> list(L_model_backward(AL, [[1, 0]], caches))
    ['dA2', 'dW2', 'db2', 'dA1', 'dW1', 'db1']
    """
    grads = dnn_utils.L_model_backward(AL, Y, caches)
    return {f"dA{int(key[2:]) + 1}" if key.startswith("dA") else key: value for key, value in grads.items()}
