"""The deep network application (course 1, week 4): cats or not; editions of 2018 to 2021.

The functions of the notebook's helper file: those of `dnn_utils`, with other initial weights, and what
loads, predicts and shows images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _checks as check
from . import dnn_utils
from ._files import load_cats as load_data
from ._layers import Parameters, initialize
from ._pictures import pyplot
from .dnn_utils import *  # noqa: F403
from .dnn_utils import L_model_forward

__all__ = ["load_data", "predict", "print_mislabeled_images"]
__all__ += dnn_utils.__all__

Array = NDArray[Any]


def initialize_parameters_deep(layer_dims: Sequence[int]) -> dict[str, Array]:  # type: ignore[no-redef]
    """Initial weights ``randn(n, n_before) / sqrt(n_before)``, seed 1, and biases 0.

    Parameters
    ----------
    layer_dims : list of int
        Units of each layer, the inputs first.

    Returns
    -------
    dict
        W1 (n1, n0), b1 (n1, 1), W2, b2, ..., float64.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook does. The week's first notebook has another
    start under this name: `dnn_utils`.

    Examples
    --------
    >>> print(initialize_parameters_deep([5, 4, 3])["W1"].round(4)[0])
    [ 0.7264 -0.2736 -0.2362 -0.4798  0.387 ]
    """
    return initialize(layer_dims, 1, lambda W, n_in: W / np.sqrt(n_in))


def predict(X: ArrayLike, y: ArrayLike, parameters: Parameters) -> NDArray[np.float64]:
    """Classes of a trained network of any number of layers; prints their accuracy.

    Parameters
    ----------
    X : array-like (n_features, m)
    y : array-like (1, m)
        The right classes, 0 or 1.
    parameters : dict
        W1, b1, ..., WL, bL.

    Returns
    -------
    array (1, m), float64
        1.0 where the output is above one half, else 0.0.

    Raises
    ------
    ValueError
        If shapes do not fit or a parameter is missing.

    Notes
    -----
    The accuracy is a sum of m parts of 1/m, as the notebook has it: all right are 0.9999999999999998 of 209.

    Examples
    --------
    >>> parameters = {"W1": np.array([[1.0, -1.0]]), "b1": np.zeros((1, 1))}
    >>> print(predict(np.array([[3.0, 0.0], [1.0, 2.0]]), np.array([[1, 1]]), parameters))
    Accuracy: 0.5
    [[1. 0.]]
    """
    inputs, right = check.matrix("X", X), check.labels("y", y)
    check.columns("X", inputs, "y", right)
    p = (L_model_forward(inputs, parameters)[0][:1] > 0.5).astype(np.float64)
    print(f"Accuracy: {float(np.sum((p == right) / p.shape[1]))}")
    return p


def print_mislabeled_images(classes: ArrayLike, X: ArrayLike, y: ArrayLike, p: ArrayLike) -> None:
    """Show the images whose prediction is wrong, side by side, with both classes above.

    Parameters
    ----------
    classes : array-like of bytes
        Names of the classes 0 and 1.
    X : array-like (12288, m)
        Images of 64 x 64 pixels of three colours from 0 to 1, a column each.
    y, p : array-like (1, m)
        The right classes and the predicted ones.

    Raises
    ------
    ValueError
        If X, y and p have different numbers of columns.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> print_mislabeled_images([b"non-cat", b"cat"], np.zeros((12288, 1)), [[1]], [[0]])    # doctest: +SKIP
    """
    images, right, found = check.matrix("X", X), check.labels("y", y), check.labels("p", p)
    check.columns("X", images, "y", right)
    check.same_shape("p", found, "y", right)
    names = [str(np.asarray(name).astype(str)) for name in np.asarray(classes)]
    plt = pyplot()
    plt.rcParams["figure.figsize"] = (40.0, 40.0)  # of later figures too, as the notebook has it
    wrong = np.flatnonzero(found[0] != right[0])
    for place, column in enumerate(wrong, start=1):
        ax = plt.subplot(2, len(wrong), place)
        ax.imshow(images[:, column].reshape(64, 64, 3), interpolation="nearest")
        ax.axis("off")
        ax.set_title(f"Prediction: {names[int(found[0, column])]} \n Class: {names[int(right[0, column])]}")
