"""Plot of a diagnosis: errors, the gaps between them, and the learning curves."""

from __future__ import annotations

from typing import Any, Protocol

from .figures import GAPS, pyplot
from .pictures import Curves, plot_cost

__all__ = ["plot_diagnosis"]


class Errors(Protocol):
    """The errors of a `Diagnosis`."""

    @property
    def human(self) -> float: ...
    @property
    def train(self) -> float: ...
    @property
    def dev(self) -> float: ...
    @property
    def test(self) -> float | None: ...
    @property
    def tolerance(self) -> float: ...
    @property
    def verdict(self) -> str: ...
    @property
    def history(self) -> Curves | None: ...


def plot_diagnosis(diagnosis: Errors, figure: Any = None) -> Any:
    """Plot the errors and their gaps, and the learning curves if there is a history."""
    plt = pyplot()
    curves = diagnosis.history is not None and len(diagnosis.history) > 0
    if figure is None:
        figure = plt.figure(figsize=(10 if curves else 5.5, 4), layout="constrained")
    axes = figure.subplots(1, 2 if curves else 1, squeeze=False)[0]
    if diagnosis.history is not None and curves:
        plot_cost({"cost": diagnosis.history}, axes[0])
        axes[0].set_title("learning curves")
    plot_errors(diagnosis, axes[-1])
    return figure


def plot_errors(diagnosis: Errors, ax: Any) -> None:
    """Draw one bar per error; the part above the previous error is the gap, drawn in colour."""
    d = diagnosis
    errors = {"human": d.human, "training": d.train, "dev": d.dev}
    if d.test is not None:
        errors["test"] = d.test
    values = list(errors.values())
    ax.bar(list(errors), values, color="#cccccc", width=0.6)
    names = ("avoidable bias", "variance", "dev/test gap")
    for i, (name, colour) in enumerate(zip(names[: len(values) - 1], GAPS, strict=False), start=1):
        below, gap = values[i - 1], values[i] - values[i - 1]
        high = gap > d.tolerance
        # a negative gap is drawn as an outline
        style = (
            {"color": colour, "alpha": 1.0 if high else 0.45}
            if gap > 0
            else {"fill": False, "linestyle": ":"}
        )
        ax.bar([i], [gap], bottom=below, width=0.6, **style)
        ax.plot([i - 1.3, i + 0.3], [below, below], color="black", linewidth=0.8)
        ax.annotate(
            f"{name}\n{gap:+.3g}",
            (i, max(values[i], below)),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            fontweight="bold" if high else "normal",
        )
    ax.set(ylabel="error", title=f"verdict: {d.verdict}")
    ax.set_ylim(0, 1.3 * max(values) or 1.0)  # space for the names above the bars
