"""`search`: hyper-parameters by random sampling, coarse to fine, many nets at a time.

Random points, never a grid: with n points each hyper-parameter is tried at n values, whichever of
them turn out to matter (Bergstra & Bengio 2012). Each round draws in a smaller space around the
best so far. Within a round all configurations are trained for a few epochs and only the best part
of them for longer (successive halving: Jamieson & Talwalkar 2016), each time from the start, so
that schedules fit their length.

`explore` is the strategy and knows no nets; `Trainer` trains and knows no strategy; they meet in
`Trial`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from .. import data
from .._support.checks import boolean, choice, integer, shown
from .._support.interrupts import IMPATIENT, ON_INTERRUPT, Section
from .._support.progress import Progress
from .._support.randomness import check_seed, latin_hypercube
from .._support.threads import resolve_threads
from ..models.model import Model
from ..training.arguments import check_examples
from ..training.divergence import DivergenceWarning
from ..training.history import History
from ..training.loop import train
from ..training.many import check_models, fit_each
from .results import SearchResult
from .spaces import Space, as_spaces

__all__ = ["search"]

MOST_LENGTHS = 3  # of trainings within a round: shorter ones than a ninth say little about the longest
GOOD_PART = 4  # the choices of the best quarter of a round stay
ZOOM = 0.4  # width of the next round's intervals, relative to this one's

Config = dict[str, Any]
Monitor = Literal["val_score", "val_cost"]


@dataclass(frozen=True)
class Strategy:
    """How many configurations are drawn, for how long they are trained, and which count as best."""

    n: int
    rounds: int
    epochs: int
    halving: int
    monitor: Monitor
    seed: int

    def __post_init__(self) -> None:
        integer("rounds", self.rounds, least=1)
        integer("n", self.n, least=self.rounds)
        integer("epochs", self.epochs, least=1)
        integer("halving", self.halving, least=1)
        choice("monitor", self.monitor, get_args(Monitor))
        check_seed(self.seed)

    def sizes(self) -> list[int]:
        """Configurations of each round: as equal as can be, the first ones larger."""
        return [(self.n + self.rounds - 1 - r) // self.rounds for r in range(self.rounds)]

    def lengths(self, n: int) -> list[int]:
        """Epochs for which n configurations and the best of them are trained, ascending."""
        most = 1 if self.halving == 1 else MOST_LENGTHS
        divisors = [self.halving**k for k in range(most) if min(n, self.epochs) >= self.halving**k]
        return [self.epochs // divisor for divisor in reversed(divisors)]

    def n_trainings(self) -> int:
        """Trainings of the whole search, when none fails."""
        total = 0
        for n in self.sizes():
            for _ in self.lengths(n):
                total += n
                n = -(-n // self.halving)
        return total

    def value(self, trial: Trial) -> float:
        """What the monitor says of a trial."""
        return trial.val_score if self.monitor == "val_score" else trial.val_cost

    def rank(self, trial: Trial) -> tuple[Any, ...]:
        """Sorts trials: those trained longest first, then by the curve, then by number."""
        value = self.value(trial) if self.monitor == "val_cost" else -self.value(trial)
        return (not trial.sound, -trial.length, value, trial.val_cost, trial.number)


@dataclass
class Trial:
    """One configuration and what came of its longest training; a row of the table."""

    number: int
    round: int
    config: Config
    epochs: int = 0
    val_cost: float = math.nan
    val_score: float = math.nan
    note: str = ""
    length: int = 0

    def settle(
        self,
        length: int,
        epochs: int,
        val_cost: float = math.nan,
        val_score: float = math.nan,
        note: str = "",
    ) -> None:
        """What came of a training meant to have `length` epochs; callbacks may have made it shorter."""
        self.length, self.epochs = length, epochs
        self.val_cost, self.val_score, self.note = val_cost, val_score, note

    @property
    def sound(self) -> bool:
        """Whether it was trained and did not fail."""
        return math.isfinite(self.val_cost) and math.isfinite(self.val_score)

    def row(self) -> dict[str, Any]:
        """The row of the table."""
        outcome = {"epochs": self.epochs, "val_cost": self.val_cost, "val_score": self.val_score}
        return {"number": self.number, "round": self.round, **self.config, **outcome, "note": self.note}


RESERVED = ("number", "round", "epochs", "val_cost", "val_score", "note")


# ------------------------------------------------------------------------------ strategy


def explore(
    spaces: dict[str, Space],
    strategy: Strategy,
    measure: Callable[[list[Trial], int], None],
    trials: list[Trial],
) -> None:
    """Draw, measure, halve and zoom; `trials` fills as it goes, so that an interrupt leaves what there is.

    ``measure(trials, epochs)`` settles each trial.
    """
    for number, n in enumerate(strategy.sizes()):
        fresh = draw(spaces, n, number, len(trials), strategy.seed)
        trials.extend(fresh)
        alive = fresh
        for epochs in strategy.lengths(n):
            measure(alive, epochs)
            n_kept = -(-len(alive) // strategy.halving)
            alive = [trial for trial in sorted(alive, key=strategy.rank)[:n_kept] if trial.sound]
        spaces = zoom(spaces, sorted(trials, key=strategy.rank), sorted(fresh, key=strategy.rank))


def draw(spaces: dict[str, Space], n: int, round: int, first: int, seed: int) -> list[Trial]:
    """n random configurations, numbered from `first`: a Latin hypercube, uniform on each space's scale."""
    points = latin_hypercube(n, len(spaces), seed, "search", round)
    return [
        Trial(
            first + i,
            round,
            {name: space.at(u) for (name, space), u in zip(spaces.items(), point, strict=True)},
        )
        for i, point in enumerate(points)
    ]


def zoom(spaces: dict[str, Space], ranked: list[Trial], of_round: list[Trial]) -> dict[str, Space]:
    """Smaller spaces around the best trial so far and, for choices, the best quarter of the round."""
    good = of_round[: -(-len(of_round) // GOOD_PART)]
    best = [trial.config for trial in [ranked[0], *good] if trial.sound]
    if not best:
        return spaces
    return {name: space.zoomed([config[name] for config in best], ZOOM) for name, space in spaces.items()}


# ------------------------------------------------------------------------------ training


class Trainer:
    """Trains configurations on the same data, writes their outcome into the trials, keeps the best net."""

    def __init__(
        self,
        make_model: Callable[[Config], Any],
        sets: tuple[Any, Any, tuple[Any, Any]],
        options: dict[str, Any],
        strategy: Strategy,
        n_threads: int | None,
        bar: Progress,
        section: Section,
    ) -> None:
        self.make_model, self.options, self.strategy = make_model, options, strategy
        self.X, self.y, self.held_out = sets
        self.n_threads, self.bar, self.section = n_threads, bar, section
        self.seen: list[Trial] = []
        self.best: Trial | None = None
        self.model: Model | None = None

    def measure(self, trials: list[Trial], epochs: int) -> None:
        """Train each of the trials for so many epochs; a KeyboardInterrupt leaves those completed."""
        with self.section.open():
            built = [build(self.make_model, trial.config) for trial in trials]
        models = [model for model, _ in built]
        each = check_models(models, [own for _, own in built], {**self.options, "epochs": epochs})
        for keywords in each:
            if keywords["callbacks"]:  # they may want a validation curve; others do not pay for one
                keywords["validation"] = self.held_out
        if not self.seen:  # before any work
            with self.section.open():
                check_examples(models[0], self.X, self.y, self.held_out, each[0].get("sample_weight"))
        waiting = set(range(len(trials)))

        def done(i: int, history: History) -> None:
            self.settle(trials[i], models[i], history, epochs)
            waiting.discard(i)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DivergenceWarning)  # the row says so
                histories = fit_each(models, each, self.X, self.y, self.n_threads, done, self.section)
            for i in sorted(waiting):  # completed while an interrupt was on its way
                self.settle(trials[i], models[i], histories[i], epochs)
        finally:
            self.keep_best([pair for pair in zip(trials, models, strict=True) if pair[0].length == epochs])
        if self.section.is_set():
            raise KeyboardInterrupt

    def settle(self, trial: Trial, model: Model, history: History, length: int) -> None:
        """Write the outcome of a training into its trial, and show the best so far."""
        if history.stop_reason == "interrupted":
            return
        model.training_state = None  # the moments are two thirds of the memory
        if history.stop_reason == "diverged":
            trial.settle(length, len(history), note="diverged")
        else:
            result = model.evaluate(*self.held_out)
            trial.settle(length, len(history), result.cost, result.score)
        self.seen.append(trial)
        shown: dict[str, float] = {"configurations": len({seen.number for seen in self.seen})}
        best = min(self.seen, key=self.strategy.rank)
        if best.sound:
            shown[f"best {self.strategy.monitor}"] = self.strategy.value(best)
        with self.section.open(IMPATIENT):
            self.bar.advance(1, **shown)

    def keep_best(self, trained: list[tuple[Trial, Model]]) -> None:
        """Keep the best of these and of the one kept so far, whose longer training replaces it."""
        if self.best is not None and self.model is not None and all(t is not self.best for t, _ in trained):
            trained = [(self.best, self.model), *trained]
        sound = [pair for pair in trained if pair[0].sound]
        self.best, self.model = min(sound, key=lambda pair: self.strategy.rank(pair[0]), default=(None, None))


def build(make_model: Callable[[Config], Any], config: Config) -> tuple[Model, Config]:
    """What make_model returns: a model, and keyword arguments of train if any."""
    made = make_model(dict(config))
    model, own = made if isinstance(made, tuple) and len(made) == 2 else (made, {})
    if not isinstance(model, Model) or not isinstance(own, Mapping):
        raise TypeError(
            f"make_model returned {shown(made)} for {config!r}, wanted a Model or (Model, dict of keyword "
            "arguments of train)"
        )
    check_options(f"make_model returned for {config!r}", own)
    return model, dict(own)


OWN = ("epochs", "validation", "resume", "n_threads", "progress", "cancel", "on_interrupt")


def check_options(where: str, options: Mapping[str, Any]) -> None:
    """Keyword arguments of train that a search may pass on."""
    for name in OWN:
        if name in options:
            raise TypeError(f"{where} the option {name!r}, which belongs to the search")


# ------------------------------------------------------------------------------ the search


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
        They are drawn in so many rounds, each after the first in intervals 0.4 times as wide as
        before, around the best so far; of choices stay those of the best quarter of the round.
    epochs : int
        Length of the longest trainings.
    validation : (X, y) or float
        Data that decide, or the share of X to hold out for it (stratified, the same for all).
    monitor : {"val_score", "val_cost"}
        What decides: accuracy or R^2, higher is better, or the mean loss. Ties go to the lower cost.
    halving : int
        All configurations of a round are trained for epochs / halving^2, the best 1 / halving of
        them for epochs / halving, and the best of these for all epochs. 1 trains all to the end.
    seed : int
        Of the draws and of the share held out; nets have seeds of their own.
    n_threads : int, optional
        Nets trained at the same time; None as in `train`. The result does not depend on it.
    progress : bool
        Show on standard error the trainings and configurations done, and the best so far.
    on_interrupt : {"raise", "return"}
        Whether Ctrl-C raises KeyboardInterrupt or returns what was found so far.
    **options
        Keyword arguments of `train` for all nets; those that make_model returns go before.

    Returns
    -------
    SearchResult
        The table of all configurations, the best one and its net; after Ctrl-C of those
        completed. A configuration that diverges is a row with the note "diverged" and no score.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong, what make_model returns is no model, or `train` refuses it.
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
    for name in RESERVED:
        if name in spaces:
            raise ValueError(f"space has the name {name!r}, which is a column of the table, wanted another")
    strategy = Strategy(n, rounds, epochs, halving, monitor, seed)
    resolve_threads(n_threads)
    boolean("progress", progress)
    check_options("options has", options)
    choice("on_interrupt", on_interrupt, ON_INTERRUPT)
    sets, options = hold_out(X, y, validation, seed, options)

    def fit(config: Config, X: ArrayLike, y: ArrayLike, more: dict[str, Any]) -> tuple[Model, History]:
        model, own = build(make_model, config)
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
                explore(spaces, strategy, trainer.measure, trials)
            except KeyboardInterrupt:
                section.set()
        result = section.result = SearchResult(
            [trial.row() for trial in sorted(trials, key=strategy.rank) if trial.length],
            spaces,
            monitor,
            None if trainer.best is None else trainer.best.config,
            trainer.model,
            section.take(),
            fit,
        )
    return result


def hold_out(
    X: ArrayLike, y: ArrayLike, validation: Any, seed: int, options: dict[str, Any]
) -> tuple[tuple[Any, Any, tuple[Any, Any]], dict[str, Any]]:
    """Training X and y and the data held out; weights of the examples go with their rows."""
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
