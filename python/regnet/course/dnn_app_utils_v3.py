"""The deep network application (course 1, week 4): cats or not; editions of 2018 to 2021.

This module has the functions of the notebook's helper file: those of `dnn_utils`, with other initial weights,
and functions that load, classify and show images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _checks as check
from . import dnn_utils
from ._files import load_cats as load_data
from ._parameters import Parameters, initialize, xavier
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
        Number of inputs, then units of each layer.

    Returns
    -------
    dict
        W1 (n1, n0), b1 (n1, 1), W2, b2, ..., float64.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook does. In the week's first notebook a function
    of this name has another scale and seed: see `dnn_utils`.

    Examples
    --------
    >>> print(initialize_parameters_deep([5, 4, 3])["W1"].round(4)[0])
    [ 0.7264 -0.2736 -0.2362 -0.4798  0.387 ]
    """
    return initialize(layer_dims, 1, xavier)


def predict(X: ArrayLike, y: ArrayLike, parameters: Parameters) -> NDArray[np.float64]:
    """Predict classes with a trained network of any number of layers, and print the accuracy.

    Parameters
    ----------
    X : array-like (n_features, m)
    y : array-like (1, m)
        True classes, 0 or 1.
    parameters : dict
        W1, b1, ..., WL, bL.

    Returns
    -------
    array (1, m), float64
        1.0 where the output is above 0.5, else 0.0.

    Raises
    ------
    ValueError
        If shapes do not match or a parameter is missing.

    Notes
    -----
    The accuracy is a sum of terms 1/m, as in the notebook, so 209 correct predictions of 209 give
    0.9999999999999998.

    Examples
    --------
    >>> parameters = {"W1": np.array([[1.0, -1.0]]), "b1": np.zeros((1, 1))}
    >>> print(predict(np.array([[3.0, 0.0], [1.0, 2.0]]), np.array([[1, 1]]), parameters))
    Accuracy: 0.5
    [[1. 0.]]
    """
    inputs, targets = check.inputs_and_labels(X, y)
    p = (L_model_forward(inputs, parameters)[0][:1] > 0.5).astype(np.float64)
    print(f"Accuracy: {float(np.sum((p == targets) / p.shape[1]))}")
    return p


def print_mislabeled_images(classes: ArrayLike, X: ArrayLike, y: ArrayLike, p: ArrayLike) -> None:
    """Show the images whose predicted class is wrong, side by side, each with both classes as its title.

    Parameters
    ----------
    classes : array-like of bytes
        Names of the classes 0 and 1.
    X : array-like (12288, m)
        Images of 64 x 64 pixels with three colours from 0 to 1, one column per image.
    y, p : array-like (1, m)
        True and predicted classes.

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
    predicted = check.labels("p", p)
    images, targets = check.inputs_and_labels(X, y)
    check.same_shape("p", predicted, "y", targets)
    names = [str(np.asarray(name).astype(str)) for name in np.asarray(classes)]
    plt = pyplot()
    plt.rcParams["figure.figsize"] = (40.0, 40.0)  # also of later figures, as in the notebook
    wrong = np.flatnonzero(predicted[0] != targets[0])
    for position, column in enumerate(wrong, start=1):
        ax = plt.subplot(2, len(wrong), position)
        ax.imshow(images[:, column].reshape(64, 64, 3), interpolation="nearest")
        ax.axis("off")
        prediction, true_class = names[int(predicted[0, column])], names[int(targets[0, column])]
        ax.set_title(f"Prediction: {prediction} \n Class: {true_class}")
