"""What a search has found: a table, the best configuration and its net, pictures."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

from numpy.typing import ArrayLike

from ..models.model import Model
from ..training.history import History
from .spaces import Choices, Space

__all__ = ["SearchResult"]

Place = Callable[[dict[str, Any]], float]

SHOWN = 10  # rows of the printed table


class SearchResult:
    """The outcome of `search`; prints as a table of the best rows.

    Attributes
    ----------
    rows : list of dict
        One for each configuration, the best first: its number and round, its hyper-parameters, the
        epochs of its longest training, val_cost and val_score after it, and a note: "diverged" or "".
    best : dict or None
        The best configuration; None when every one has failed.
    model : Model or None
        The net of the best configuration, trained on the training rows (without those held out) for
        all epochs; after Ctrl-C perhaps for fewer, as its row says.
    interrupted : bool
        Whether Ctrl-C ended the search.
    """

    def __init__(
        self,
        rows: list[dict[str, Any]],
        spaces: dict[str, Space],
        monitor: str,
        best: dict[str, Any] | None,
        model: Model | None,
        interrupted: bool,
        fit: Callable[..., tuple[Model, History]],
    ) -> None:
        self.rows, self.monitor, self.best, self.model = rows, monitor, best, model
        self.interrupted = interrupted
        self._spaces, self._fit = spaces, fit

    def refit(self, X: ArrayLike, y: ArrayLike, **options: Any) -> tuple[Model, History]:
        """A new net of the best configuration, trained on other data: say all that there are.

        Parameters
        ----------
        X, y : array-like
            As for `train`.
        **options
            Keyword arguments of `train`, before those of the search. Give validation data when a
            callback watches them, and sample_weight when there is one: the search's belong to its rows.

        Returns
        -------
        Model, History

        Raises
        ------
        ValueError
            If there is no best configuration, or `train` refuses an argument.
        KeyboardInterrupt
            On Ctrl-C, with the pair as its attribute `result`, unless `on_interrupt` is "return".
        """
        if self.best is None:
            raise ValueError("every configuration has failed, wanted at least one to train again")
        return self._fit(self.best, X, y, options)

    def to_frame(self) -> Any:
        """The table as a pandas DataFrame, the best row first, with the configuration's number as index.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise ImportError("SearchResult.to_frame needs pandas: pip install 'regnet[frame]'") from None
        columns = ["number", "round", *self._spaces, "epochs", "val_cost", "val_score", "note"]
        return pd.DataFrame(self.rows, columns=columns).set_index("number")

    def __repr__(self) -> str:
        failed = sum(row["note"] != "" for row in self.rows)
        ended = ", interrupted" if self.interrupted else ""
        best = "none" if self.best is None else ", ".join(f"{k} {short(v)}" for k, v in self.best.items())
        return f"SearchResult({len(self.rows)} configurations, {failed} failed{ended}, best: {best})"

    def __str__(self) -> str:
        if not self.rows:
            return repr(self)
        shown = [list(self.rows[0])] + [[short(v) for v in row.values()] for row in self.rows[:SHOWN]]
        widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
        lines = ["  ".join(f"{v:>{w}}" for v, w in zip(line, widths, strict=True)).rstrip() for line in shown]
        more = len(self.rows) - SHOWN
        rest = [f"... {more} more"] if more > 0 else []
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], *rest, repr(self)])

    # -------------------------------------------------------------------------- pictures

    def plot(self, figure: Any = None) -> Any:
        """Scatter pictures of the configurations: one for each pair of hyper-parameters.

        Colour is the monitored curve, a star the best configuration, a cross one that failed. Each axis
        has the scale of its space; one of `one_minus_log` shows 1 - value.

        Parameters
        ----------
        figure : matplotlib Figure, optional
            Where to draw; a new one when not given.

        Returns
        -------
        matplotlib Figure

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from ..plotting.pictures import pyplot

        plt = pyplot()
        names = list(self._spaces)
        k = max(len(names) - 1, 1)
        if figure is None:
            figure = plt.figure(figsize=(3.2 * k + 1.2, 2.8 * k + 0.4), layout="constrained")
        grid = figure.add_gridspec(k, k)
        pairs = list(combinations(range(len(names)), 2))
        axes = [figure.add_subplot(grid[j - 1, i]) for i, j in pairs] or [figure.add_subplot(grid[0, 0])]
        points = None
        for ax, (i, j) in zip(axes, pairs or [(0, -1)], strict=True):
            points = self._scatter(ax, names[i], None if j < 0 else names[j])
        if points is not None:
            figure.colorbar(points, ax=axes, label=self.monitor, shrink=0.8)
        return figure

    def _scatter(self, ax: Any, name: str, other: str | None) -> Any:
        """One picture: two hyper-parameters, or one and the monitored curve; the coloured points, if any."""
        sound = [row for row in reversed(self.rows) if not row["note"]]  # the best is drawn last, on top
        failed = [row for row in self.rows if row["note"]]
        x, values = set_axis(ax, "x", name, self._spaces[name]), [row[self.monitor] for row in sound]
        if other is None:
            ax.set_ylabel(self.monitor)
            y: Place = lambda row: float(row[self.monitor])  # noqa: E731
        else:
            y = set_axis(ax, "y", other, self._spaces[other])
        ax.grid(True, alpha=0.25)
        ax.scatter([*map(x, failed)], [*map(y, failed)], marker="x", color="#999999", s=22, linewidths=1)
        if not sound:
            return None
        across, up = [*map(x, sound)], [*map(y, sound)]
        points = ax.scatter(across, up, c=values, s=26, cmap="viridis", edgecolors="white", linewidths=0.4)
        ax.scatter(
            across[-1:], up[-1:], marker="*", color="#D55E00", edgecolors="black", linewidths=0.6, s=150
        )
        return points


def short(value: Any) -> str:
    """A value for a table."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def set_axis(ax: Any, way: str, name: str, space: Space) -> Place:
    """Name and scale the x or y axis for a space; returns the place of a row on it."""
    axis = getattr(ax, f"{way}axis")
    axis.set_label_text(name)
    if isinstance(space, Choices):
        axis.set_ticks(range(len(space.values)), [short(v) for v in space.values])
        return lambda row: next(float(i) for i, v in enumerate(space.values) if v is row[name])
    scale = getattr(space, "scale", "")
    if scale in ("log_uniform", "one_minus_log"):
        getattr(ax, f"set_{way}scale")("log")
    if scale == "one_minus_log":
        axis.set_label_text(f"1 - {name}")
        return lambda row: 1 - float(row[name])
    return lambda row: float(row[name])
