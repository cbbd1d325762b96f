"""`search`: hyper-parameters by random sampling, coarse to fine, many nets at a time.

`strategy` says what is tried and knows no nets; `trials` trains and knows no strategy. They meet in
`Trial`, a row of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import data
from .._support.checks import boolean, choice, shown
from .._support.interrupts import ON_INTERRUPT, Section
from .._support.progress import Progress
from .._support.threads import resolve_threads
from ..models.model import Model
from ..training.history import History
from ..training.loop import train
from .results import SearchResult
from .spaces import as_spaces
from .strategy import COLUMNS, Config, Monitor, Strategy, Trial, explore
from .trials import Trainer, build_model, check_options

__all__ = ["search"]


def search(
    make_model: Callable[[Config], Any],
    X: ArrayLike,
    y: ArrayLike,
    space: Mapping[str, Any],
    *,
    n: int = 64,
    rounds: int = 2,
    epochs: int = 100,
    validation: tuple[ArrayLike, ArrayLike] | float = 0.2,
    monitor: Monitor = "val_score",
    halving: int = 3,
    seed: int = 0,
    n_threads: int | None = None,
    progress: bool = False,
    on_interrupt: str = "raise",
    **options: Any,
) -> SearchResult:
    """Find good hyper-parameters by random sampling, coarse to fine, many nets at a time.

    Parameters
    ----------
    make_model : function of a dict
        Receives a configuration, ``{name: value}``, and returns a `Model`, or a pair of a `Model` and
        a dict of keyword arguments of `train` for it (optimizer, penalty, batch_size, ...). It is
        called anew for each training and must give the same net for the same configuration.
    X : array-like (n_samples, n_features)
    y : array-like (n_samples,) or (n_samples, n_outputs)
        As for `train`.
    space : mapping
        From names to `log_uniform`, `uniform`, `integers`, `one_minus_log`, or a list of choices.
    n : int
        Configurations in all.
    rounds : int
        Number of rounds in which they are drawn. After the first round the intervals are 0.4 times as
        wide as before, around the best so far; choices are kept if the best quarter of the round has them.
    epochs : int
        Length of the longest trainings.
    validation : (X, y) or float
        Data on which configurations are compared, or the share of X to hold out for this (stratified, the
        same for all).
    monitor : {"val_score", "val_cost"}
        What they are compared by: accuracy or R^2, higher is better, or the mean loss. Of equal scores the
        one with the lower cost wins.
    halving : int
        All configurations of a round are trained for epochs / halving^2 epochs, the best 1 / halving of
        them for epochs / halving, and the best 1 / halving of these for all epochs. 1 trains all to the end.
    seed : int
        Seed of the draws and of the share held out; nets have seeds of their own.
    n_threads : int, optional
        Nets trained at the same time; None as in `train`. The result does not depend on it.
    progress : bool
        Whether to show the trainings and configurations done, and the best so far, on standard error.
    on_interrupt : {"raise", "return"}
        Whether Ctrl-C raises KeyboardInterrupt or returns what was found so far.
    **options
        Keyword arguments of `train` for all nets; those that make_model returns override them.

    Returns
    -------
    SearchResult
        The table of all configurations, the best one and its net; after Ctrl-C only of those
        completed. A configuration that diverges is a row with the note "diverged" and no score.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong, make_model does not return a model, or `train` refuses an argument.
    KeyboardInterrupt
        On Ctrl-C, with the result as its attribute `result` (as `train`), unless `on_interrupt` is
        "return".

    Notes
    -----
    Points are random, never a grid (Bergstra & Bengio 2012), spread in each round as a Latin
    hypercube (McKay, Beckman & Conover 1979); halving is that of Jamieson & Talwalkar 2016, with each
    training from the start, so that a schedule fits its length. With callbacks the nets have
    validation curves, which `EarlyStopping` may watch.

    Examples
    --------
    >>> import regnet as rn
    >>> X, y, _, _ = rn.datasets.make_football()
    >>> def make_model(config):
    ...     model = rn.Model.mlp([2, config["units"], 1], seed=1)
    ...     return model, {"optimizer": rn.Adam(config["rate"]), "penalty": rn.L2(config["lam"])}
    >>> space = {"rate": rn.log_uniform(1e-4, 1), "lam": rn.log_uniform(1e-2, 10), "units": [5, 20]}
    >>> found = rn.search(make_model, X, y, space, n=8, epochs=30)
    >>> sorted(found.best), found.model.sizes == (2, found.best["units"], 1)
    (['lam', 'rate', 'units'], True)
    """
    if not callable(make_model):
        raise TypeError(f"make_model is {shown(make_model)}, wanted a function of a configuration")
    spaces = as_spaces(space)
    for name in COLUMNS:
        if name in spaces:
            raise ValueError(f"space has the name {name!r}, which is a column of the table, wanted another")
    strategy = Strategy(n, rounds, epochs, halving, monitor, seed)
    resolve_threads(n_threads)
    boolean("progress", progress)
    check_options("options has", options)
    choice("on_interrupt", on_interrupt, ON_INTERRUPT)
    sets, options = hold_out(X, y, validation, seed, options)

    def fit(config: Config, X: ArrayLike, y: ArrayLike, more: dict[str, Any]) -> tuple[Model, History]:
        model, own = build_model(make_model, config)
        mine = {name: value for name, value in options.items() if name != "sample_weight"}
        try:
            return model, train(model, X, y, **{"epochs": epochs, **mine, **own, **more})
        except KeyboardInterrupt as interrupt:
            interrupt.result = (model, getattr(interrupt, "result", None))  # type: ignore[attr-defined]
            raise

    trials: list[Trial] = []
    with Section(on_interrupt) as section:
        with Progress(strategy.n_trainings(), progress, "search", "training") as bar:
            trainer = Trainer(make_model, sets, options, strategy, n_threads, bar, section)
            try:
                explore(spaces, strategy, trainer.evaluate, trials)
            except KeyboardInterrupt:
                section.set()
        result = section.result = SearchResult(
            [trial.row() for trial in sorted(trials, key=strategy.rank) if trial.length],
            spaces,
            monitor,
            None if trainer.best is None else trainer.best.config,
            trainer.model,
            section.acknowledge(),
            fit,
        )
    return result


def hold_out(
    X: ArrayLike, y: ArrayLike, validation: Any, seed: int, options: dict[str, Any]
) -> tuple[tuple[Any, Any, tuple[Any, Any]], dict[str, Any]]:
    """Split X and y into training and validation data; the weights of examples follow their rows."""
    if isinstance(validation, (tuple, list)):
        if len(validation) != 2:
            raise ValueError(f"validation has {len(validation)} entries, wanted (X, y) or a share of X")
        return (X, y, (validation[0], validation[1])), options
    rows, targets = data.same_length(X, y)
    labels = targets.reshape(-1) if data.is_labels(targets) else None
    held_out, kept = data.hold_out(validation, len(rows), labels, seed)
    weight = options.get("sample_weight")
    if weight is not None:
        weight = data.check_weights(weight, len(rows), np.dtype(np.float64))
        options = {**options, "sample_weight": weight[kept]}
    inside, outside = data.take_rows(rows, kept), data.take_rows(rows, held_out)
    return (inside, targets[kept], (outside, targets[held_out])), options
