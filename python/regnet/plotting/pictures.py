"""Plots of cost curves and decision boundaries; they need matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..data import check_inputs
from ..data.datasets import Football
from ..data.losses import predicts_classes
from .figures import CLASSES, CURVES, new_figure, pyplot

__all__ = ["plot_cost", "plot_decision_boundary", "plot_demo"]

Array = NDArray[Any]


class Curves(Protocol):
    """The curves of a training, such as a `History`."""

    first_epoch: int

    @property
    def cost(self) -> Array: ...
    @property
    def val_cost(self) -> Array: ...
    def __len__(self) -> int: ...


class Classifier(Protocol):
    """A classifier to be drawn, such as a `Model`."""

    classes: Array | None
    feature_names: tuple[str, ...] | None

    @property
    def loss(self) -> str: ...
    @property
    def sizes(self) -> tuple[int, ...]: ...
    def predict_proba(self, X: ArrayLike) -> Array: ...


class Result(Protocol):
    """One model of the demo."""

    @property
    def name(self) -> str: ...
    @property
    def model(self) -> Classifier: ...
    @property
    def history(self) -> Curves: ...
    @property
    def train_accuracy(self) -> float: ...
    @property
    def test_accuracy(self) -> float: ...


def plot_cost(histories: Mapping[str, Curves], ax: Any = None) -> Any:
    """Cost against epoch, one curve per history, on a logarithmic cost axis.

    Parameters
    ----------
    histories : dict of name to History
    ax : matplotlib Axes, optional
        Where to draw; the current axes when not given.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    ax = pyplot().gca() if ax is None else ax
    for (name, history), colour in zip(histories.items(), CURVES * len(histories), strict=False):
        epochs = history.first_epoch + np.arange(len(history))
        # an image is a few thousand pixels wide: more points would only enlarge the file
        step = max(1, len(epochs) // 3000)
        ax.plot(epochs[::step], history.cost[::step], color=colour, label=name, linewidth=1)
        if history.val_cost.size:
            ax.plot(
                epochs[::step],
                history.val_cost[::step],
                color=colour,
                linestyle="--",
                label=f"{name}, validation",
            )
    ax.set(xlabel="epoch", ylabel="cost J", yscale="log")
    for axis_format in (ax.yaxis.set_major_formatter, ax.yaxis.set_minor_formatter):
        axis_format("{x:.3g}")
    ax.grid(True, which="both", alpha=0.25)
    ax.legend(frameon=False)
    return ax


def plot_decision_boundary(
    model: Classifier,
    X: ArrayLike,
    y: ArrayLike,
    ax: Any = None,
    *,
    test: tuple[ArrayLike, ArrayLike] | None = None,
) -> Any:
    """Decision regions of a two-class model of two features, with its training points.

    Parameters
    ----------
    model : Model
        A trained classifier with two inputs and one sigmoid output.
    X : array-like (n_samples, 2)
    y : array-like (n_samples,)
        Labels, shown by the colour of the points.
    ax : matplotlib Axes, optional
    test : (X, y), optional
        More points, drawn as crosses.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the model has other than two inputs or one output.
    ImportError
        If matplotlib is not installed.
    """
    if model.sizes[0] != 2 or model.sizes[-1] != 1:
        raise ValueError(f"model has {model.sizes[0]} inputs and {model.sizes[-1]} outputs, wanted 2 and 1")
    if not predicts_classes(model.loss):
        wanted = "wanted 'binary_cross_entropy': this one predicts numbers"
        raise ValueError(f"model has the loss {model.loss!r}, {wanted}")
    circles = {"marker": "o", "edgecolors": "white", "linewidths": 0.4}
    crosses = {"marker": "x", "linewidths": 1.2}
    sets: list[Any] = [(*check_points(model, X, y, "X", "y"), "train", circles)]
    if test is not None:
        sets.append((*check_points(model, *test, "test X", "test y"), "test", crosses))
    classes = np.unique(sets[0][1]) if model.classes is None else model.classes
    ax = pyplot().gca() if ax is None else ax
    everything = np.concatenate([points for points, *_ in sets])
    low, high = everything.min(axis=0), everything.max(axis=0)
    margin = 0.04 * (high - low)
    draw_regions(ax, model, low - margin, high + margin)
    for points, labels, name, style in sets:
        for value, colour in zip(classes, CLASSES, strict=False):
            if not (labels == value).any():
                continue
            ax.scatter(*points[labels == value].T, c=colour, s=17, label=f"{name}, class {value}", **style)
    return ax


def check_points(model: Classifier, X: ArrayLike, y: ArrayLike, name_X: str, name_y: str) -> tuple[Any, Any]:
    """Check points (n, 2) and labels (n,); return them as arrays."""
    points = check_inputs(X, np.dtype(np.float64), 2, name_X, model.feature_names)
    labels = np.asarray(y).reshape(-1)
    if len(labels) != len(points):
        raise ValueError(f"{name_y} has shape {np.shape(y)} and {name_X} has {len(points)} rows")
    return points, labels


def draw_regions(ax: Any, model: Classifier, low: NDArray[Any], high: NDArray[Any]) -> None:
    """Draw the probability of the second class as shading, and the contour where it is one half."""
    from matplotlib.colors import LinearSegmentedColormap

    across, up = np.meshgrid(np.linspace(low[0], high[0], 300), np.linspace(low[1], high[1], 300))
    p = model.predict_proba(np.column_stack([across.ravel(), up.ravel()]))[:, 1].reshape(across.shape)
    shades = LinearSegmentedColormap.from_list("two classes", [CLASSES[0], "#ffffff", CLASSES[1]])
    ax.imshow(
        p,
        extent=(low[0], high[0], low[1], high[1]),
        origin="lower",
        cmap=shades,
        vmin=0,
        vmax=1,
        alpha=0.35,
        aspect="auto",
    )
    if p.min() < 0.5 < p.max():
        ax.contour(across, up, p, levels=[0.5], colors="black", linewidths=1.2)


def plot_demo(results: Sequence[Result], points: Football, path: Path) -> Path:
    """Draw the demo: cost curves at the top, below one decision boundary per model, four in a row."""
    n_columns = min(len(results), 4)
    n_rows = -(-len(results) // n_columns)
    figure = new_figure(15, 4.2 + 4 * n_rows)
    grid = figure.add_gridspec(1 + n_rows, n_columns, height_ratios=[1.3, *[1] * n_rows])
    X, y, X_test, y_test = points
    cost_axes = figure.add_subplot(grid[0, : max(n_columns - 1, 1)])
    plot_cost({r.name: r.history for r in results}, cost_axes)
    cost_axes.set(xlabel="iteration", title="cost during training (penalty and dropout included)")
    legend = cost_axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    legend.set_in_layout(False)  # it lies beside the curves, above the last column
    cost_axes.tick_params(which="minor", labelsize=6)
    for number, result in enumerate(results):
        row, column = divmod(number, n_columns)
        ax = figure.add_subplot(grid[1 + row, column])
        plot_decision_boundary(result.model, X, y, ax, test=(X_test, y_test))
        ax.set(
            title=f"{result.name}\ntrain {result.train_accuracy:.1%}, test {result.test_accuracy:.1%}",
            xlabel="x1" if row == n_rows - 1 else "",
            ylabel="x2" if column == 0 else "",
        )
        if number == 0:
            ax.legend(fontsize=7, loc="lower left", framealpha=0.9)
    figure.savefig(path, dpi=110)
    return path
