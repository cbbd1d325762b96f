"""The result of a search: a table, the best configuration and its net, pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike

from ..models.model import Model
from ..training.history import History
from .spaces import Space

__all__ = ["SearchResult"]

SHOWN = 10  # rows of the printed table


class SearchResult:
    """The outcome of `search`; prints as a table of the best rows.

    Attributes
    ----------
    rows : list of dict
        One for each configuration, the best first: its number and round, its hyper-parameters, the
        epochs of its longest training, val_cost and val_score after it, and a note: "diverged" or "".
    best : dict or None
        The best configuration; None if all have diverged.
    model : Model or None
        The net of the best configuration, trained on the training rows (without those held out) for
        all epochs; after Ctrl-C it may be fewer, as its row says.
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
        """Train a new net of the best configuration on other data, such as all data.

        Parameters
        ----------
        X, y : array-like
            As for `train`.
        **options
            Keyword arguments of `train`, which override those of the search. Pass `validation` if a
            callback watches it, and `sample_weight` if there is one: the search's belong to its rows.

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

        Returns
        -------
        pandas.DataFrame

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

        The colour shows the monitored value, a star the best configuration, a cross one that failed. Each
        axis has the scale of its space; for `one_minus_log` it shows 1 - value.

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
        from ..plotting.search import plot_search

        return plot_search(self.rows, self._spaces, self.monitor, short, figure)


def short(value: Any) -> str:
    """A value for a table."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
