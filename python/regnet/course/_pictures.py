"""The notebooks' figures, drawn on the current axes with matplotlib, which is optional."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..plotting import CLASSES, CURVES, pyplot
from . import _checks as check

__all__ = ["draw_decision_boundary", "plot_costs", "plot_decision_boundary", "scatter"]

MARGIN = 1.0  # regions reach this far beyond the points, because the notebooks set axis limits up to there
GRID_POINTS = 400  # along each axis, at which the model is evaluated


def show(plt: Any) -> None:
    """Show the figure, unless the backend is Agg, which warns that it cannot."""
    if plt.get_backend().lower() != "agg":
        plt.show()


def plot_costs(costs: Sequence[Any], xlabel: str, learning_rate: float) -> None:
    """Draw the cost curve at the end of a training; without matplotlib, print a line that says so."""
    if find_spec("matplotlib") is None:
        print("(no picture of the costs: pip install 'regnet[plot]')")
        return
    plt = pyplot()
    ax = plt.gca()
    ax.plot(costs, color=CURVES[0])
    ax.set(xlabel=xlabel, ylabel="cost", title=f"Learning rate = {learning_rate}")
    show(plt)


def scatter(X: NDArray[Any], y: NDArray[Any]) -> None:
    """Draw the points of a data set (2, m), coloured by their class (1, m)."""
    draw_points(pyplot().gca(), X, y)


def draw_points(ax: Any, X: NDArray[Any], y: NDArray[Any]) -> None:
    """Draw the points of classes 0 and 1 in two colours."""
    for value, colour in enumerate(CLASSES):
        ax.scatter(*X[:, y[0] == value], c=colour, s=30, edgecolors="white", linewidths=0.5)


def plot_decision_boundary(model: Callable[[Any], ArrayLike], X: ArrayLike, y: ArrayLike) -> None:
    """Draw a model's decision regions and the points on the current axes, and show the figure.

    Parameters
    ----------
    model : function
        Maps points (n, 2), rows = examples, to n classes 0 or 1, such as
        ``lambda x: predict_dec(parameters, x.T)``.
    X : array-like (2, m)
    y : array-like (1, m)
        Classes, 0 or 1.

    Raises
    ------
    ValueError
        If X does not have two rows, or y does not have shape (1, m).
    ImportError
        If matplotlib is not installed.

    Notes
    -----
    The regions reach 1 beyond the points, to fill axis limits that were set before the call. Without such
    limits the axes end near the points.

    Examples
    --------
    >>> X, y = np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([[0, 1]])
    >>> plot_decision_boundary(lambda x: x.sum(axis=1) > 1, X, y)    # doctest: +SKIP
    """
    draw_decision_boundary(model, X, y)
    show(pyplot())


def draw_decision_boundary(model: Callable[[Any], ArrayLike], X: ArrayLike, y: ArrayLike) -> None:
    """Draw a model's decision regions and the points on the current axes, without showing the figure.

    Parameters
    ----------
    model : function
        Maps points (n, 2), rows = examples, to n classes 0 or 1.
    X : array-like (2, m)
    y : array-like (1, m)
        Classes, 0 or 1.

    Raises
    ------
    ValueError
        If X does not have two rows, or y does not have shape (1, m).
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> X, y = np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([[0, 1]])
    >>> draw_decision_boundary(lambda x: x.sum(axis=1) > 1, X, y)    # doctest: +SKIP
    """
    points, classes = check.matrix("X", X), check.labels("y", y)
    if len(points) != 2:
        raise ValueError(f"X has shape {points.shape}, wanted (2, m): only two features can be drawn")
    check.columns("X", points, "y", classes)
    if len(classes) != 1:
        raise ValueError(f"{check.describe_shapes('y', classes, 'X', points)}, wanted y of shape (1, m)")
    plt = pyplot()
    ax = plt.gca()
    low, high = points.min(axis=1), points.max(axis=1)
    autoscale = ax.get_autoscale_on()  # False if limits were set before the call
    x1, x2 = np.meshgrid(*np.linspace(low - MARGIN, high + MARGIN, GRID_POINTS).T)
    regions = np.asarray(model(np.column_stack([x1.ravel(), x2.ravel()])), np.float64)
    ax.contourf(x1, x2, regions.reshape(x1.shape), levels=[-0.5, 0.5, 1.5], colors=CLASSES, alpha=0.3)
    draw_points(ax, points, classes)
    if autoscale:
        edge = 0.08 * (high - low) + (high == low) * MARGIN
        ax.set(xlim=(low[0] - edge[0], high[0] + edge[0]), ylim=(low[1] - edge[1], high[1] + edge[1]))
    ax.set(xlabel="x1", ylabel="x2")
