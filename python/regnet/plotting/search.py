"""Plots of a search: pairs of hyper-parameters, and the costs of the learning-rate range test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

from numpy.typing import NDArray

from .figures import BLACK, BLUE, GREY, VERMILION, pyplot

__all__ = ["plot_rates", "plot_search"]

Row = Mapping[str, Any]
Place = Callable[[Row], float]
Label = Callable[[Any], str]
Curve = NDArray[Any]


def plot_rates(rates: Curve, costs: Curve, smoothed: Curve, suggestion: float | None, ax: Any = None) -> Any:
    """Plot cost against learning rate, with the suggestion."""
    plt = pyplot()
    ax = plt.gca() if ax is None else ax
    ax.plot(rates, costs, ".", color=GREY, markersize=3, label="cost of a batch")
    ax.plot(rates, smoothed, color=BLUE, label="smoothed")
    if suggestion is not None:
        label = f"suggestion {suggestion:.3g}"
        ax.axvline(suggestion, color=VERMILION, linestyle="--", linewidth=1, label=label)
    if len(smoothed):
        start = float(smoothed[0])
        low, high = float(smoothed.min()), float(smoothed.max())
        if start > low:
            high = min(high, start + (start - low))  # the diverged costs are outside the axes
        margin = 0.1 * (high - low) or 0.1
        ax.set_ylim(low - margin, high + margin)
    ax.set(xlabel="learning rate", ylabel="cost J", xscale="log")
    ax.grid(True, which="both", alpha=0.25)
    ax.legend(frameon=False)
    return ax


def plot_search(
    rows: Sequence[Row], spaces: Mapping[str, Any], monitor: str, label: Label, figure: Any = None
) -> Any:
    """Scatter plots of the configurations, one for each pair of hyper-parameters.

    A space has either `values`, whose tick labels `label` makes, or a `scale`.
    """
    plt = pyplot()
    names = list(spaces)
    k = max(len(names) - 1, 1)
    if figure is None:
        figure = plt.figure(figsize=(3.2 * k + 1.2, 2.8 * k + 0.4), layout="constrained")
    grid = figure.add_gridspec(k, k)
    pairs = list(combinations(range(len(names)), 2))
    axes = [figure.add_subplot(grid[j - 1, i]) for i, j in pairs] or [figure.add_subplot(grid[0, 0])]
    points = None
    for ax, (i, j) in zip(axes, pairs or [(0, -1)], strict=True):
        points = scatter(ax, rows, spaces, monitor, label, names[i], None if j < 0 else names[j])
    if points is not None:
        figure.colorbar(points, ax=axes, label=monitor, shrink=0.8)
    return figure


def scatter(
    ax: Any,
    rows: Sequence[Row],
    spaces: Mapping[str, Any],
    monitor: str,
    label: Label,
    name: str,
    other: str | None,
) -> Any:
    """One plot: two hyper-parameters, or one and the monitored value; returns the coloured points, if any."""
    successful = [row for row in reversed(rows) if not row["note"]]  # the best is drawn last, on top
    failed = [row for row in rows if row["note"]]
    x, values = set_axis(ax, "x", name, spaces[name], label), [row[monitor] for row in successful]
    if other is None:
        ax.set_ylabel(monitor)
        y: Place = lambda row: float(row[monitor])  # noqa: E731
    else:
        y = set_axis(ax, "y", other, spaces[other], label)
    ax.grid(True, alpha=0.25)
    ax.scatter([*map(x, failed)], [*map(y, failed)], marker="x", color=GREY, s=22, linewidths=1)
    if not successful:
        return None
    across, up = [*map(x, successful)], [*map(y, successful)]
    points = ax.scatter(across, up, c=values, s=26, cmap="viridis", edgecolors="white", linewidths=0.4)
    ax.scatter(across[-1:], up[-1:], marker="*", color=VERMILION, edgecolors=BLACK, linewidths=0.6, s=150)
    return points


def set_axis(ax: Any, way: str, name: str, space: Any, label: Label) -> Place:
    """Set label and scale of the x or y axis for a space; return a function from a row to its coordinate."""
    axis = getattr(ax, f"{way}axis")
    axis.set_label_text(name)
    values = getattr(space, "values", None)
    if values is not None:
        axis.set_ticks(range(len(values)), [label(v) for v in values])
        return lambda row: next(float(i) for i, v in enumerate(values) if v is row[name])
    scale = getattr(space, "scale", "")
    if scale in ("log_uniform", "one_minus_log"):
        getattr(ax, f"set_{way}scale")("log")
    if scale == "one_minus_log":
        axis.set_label_text(f"1 - {name}")
        return lambda row: 1 - float(row[name])
    return lambda row: float(row[name])
