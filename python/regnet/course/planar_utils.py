"""The planar data notebook (course 1, week 3): points in a plane, and a plot of decision regions.

Columns are examples. This module has the functions of the notebook's helper file, the same in all editions.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from . import _stream, _synthetic
from ._layers import sigmoid
from ._pictures import draw_decision_boundary as plot_decision_boundary

__all__ = ["load_extra_datasets", "load_planar_dataset", "plot_decision_boundary", "sigmoid"]

Array = NDArray[Any]


def load_planar_dataset() -> tuple[Array, Array]:
    """A flower whose petals have two colours: 400 points from seed 1.

    Returns
    -------
    X, Y
        X float64 (2, 400), Y uint8 (1, 400) of 0 and 1.

    Notes
    -----
    Reseeds NumPy's process-wide legacy stream, as the notebook's helper file does.

    Examples
    --------
    >>> X, Y = load_planar_dataset()
    >>> print(X.shape, Y.dtype, X[:, 0].round(3))
    (2, 400) uint8 [1.204 3.576]
    """
    _stream.reseed(1)
    return _synthetic.petals()


def load_extra_datasets() -> tuple[tuple[Array, Array], ...]:
    """Five more data sets of 200 points: circles, moons, blobs, Gaussian quantiles, no structure.

    Returns
    -------
    noisy_circles, noisy_moons, blobs, gaussian_quantiles, no_structure
        Each (X, y), X of shape (200, 2), rows = examples.

    Raises
    ------
    ImportError
        If scikit-learn, which generates them, is not installed.

    Notes
    -----
    Draws from NumPy's process-wide legacy stream without reseeding it, as the notebook's helper file does.

    Examples
    --------
    >>> [len(X) for X, y in load_extra_datasets()]    # doctest: +SKIP
    [200, 200, 200, 200, 200]
    """
    try:
        from sklearn import datasets
    except ImportError:
        raise ImportError("these data sets need scikit-learn: pip install scikit-learn") from None
    n = 200
    return (
        datasets.make_circles(n, factor=0.5, noise=0.3),
        datasets.make_moons(n, noise=0.2),
        datasets.make_blobs(n, random_state=5, n_features=2, centers=6),
        datasets.make_gaussian_quantiles(cov=0.5, n_samples=n, n_features=2, n_classes=2),
        (_stream.uniform(n, 2), _stream.uniform(n, 2)),
    )
