"""The deep network application (course 1, week 4): cats or not; edition of 2017.

All is as in `dnn_app_utils_v3`, but for the names of the gradients dA: here dA of a number is what reaches
that layer's inputs, so that the first layer's is dA1; later it is dA0, of the activations of layer 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike, NDArray

from . import dnn_app_utils_v3, dnn_utils
from .dnn_app_utils_v3 import *  # noqa: F403
from .dnn_utils import LayerCache

__all__ = dnn_app_utils_v3.__all__


def L_model_backward(AL: ArrayLike, Y: ArrayLike, caches: Sequence[LayerCache]) -> dict[str, NDArray[Any]]:
    """Gradients of all layers, from the cost of `compute_cost` down; dA1 is that of the inputs.

    Parameters
    ----------
    AL : array-like (n_L, m)
    Y : array-like (n_L, m)
        Classes, 0 or 1.
    caches : list
        What `L_model_forward` returns.

    Returns
    -------
    dict
        dAL, dWL, dbL, ..., dA1, dW1, db1: dA of a number belongs to the inputs of that layer.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> AL, caches = L_model_forward(np.ones((5, 2)), initialize_parameters_deep([5, 4, 1]))
    >>> list(L_model_backward(AL, [[1, 0]], caches))
    ['dA2', 'dW2', 'db2', 'dA1', 'dW1', 'db1']
    """
    grads = dnn_utils.L_model_backward(AL, Y, caches)
    return {f"dA{int(key[2:]) + 1}" if key.startswith("dA") else key: value for key, value in grads.items()}
