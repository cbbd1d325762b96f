"""Training the configurations of a search on the same data, many nets at a time. It knows no strategy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from .._support.checks import shown
from .._support.interrupts import GRACE_SECONDS, Section
from .._support.progress import Progress
from ..models.model import Model
from ..training.arguments import check_examples
from ..training.divergence import DivergenceWarning
from ..training.history import History
from ..training.many import check_models, fit_each
from .strategy import Config, Strategy, Trial

__all__ = ["Trainer", "build_model", "check_options"]


class Trainer:
    """Trains configurations on the same data, records their outcomes in the trials, keeps the best net."""

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
        self.recorded: list[Trial] = []
        self.best: Trial | None = None
        self.model: Model | None = None

    def evaluate(self, trials: list[Trial], epochs: int) -> None:
        """Train each of the trials for this number of epochs; a KeyboardInterrupt keeps those completed."""
        with self.section.user_code():
            built = [build_model(self.make_model, trial.config) for trial in trials]
        models = [model for model, _ in built]
        each = check_models(models, [own for _, own in built], {**self.options, "epochs": epochs})
        for keywords in each:
            if keywords["callbacks"]:  # which may watch a validation curve; otherwise it is not computed
                keywords["validation"] = self.held_out
        if not self.recorded:  # the first call checks the data before any work
            with self.section.user_code():
                check_examples(models[0], self.X, self.y, self.held_out, each[0].get("sample_weight"))
        unrecorded = set(range(len(trials)))

        def done(i: int, history: History) -> None:
            self.record(trials[i], models[i], history, epochs)
            unrecorded.discard(i)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DivergenceWarning)  # the row says so
                histories = fit_each(models, each, self.X, self.y, self.n_threads, done, self.section)
            for i in sorted(unrecorded):  # completed while an interrupt was being handled
                self.record(trials[i], models[i], histories[i], epochs)
        finally:
            self.keep_best([pair for pair in zip(trials, models, strict=True) if pair[0].length == epochs])
        if self.section.is_set():
            raise KeyboardInterrupt

    def record(self, trial: Trial, model: Model, history: History, length: int) -> None:
        """Record the outcome of a training in its trial, and show the best so far."""
        if history.stop_reason == "interrupted":
            return
        model.training_state = None  # Adam's moments take two thirds of the memory
        if history.stop_reason == "diverged":
            trial.record(length, len(history), note="diverged")
        else:
            result = model.evaluate(*self.held_out, n_threads=1)  # other threads train
            trial.record(length, len(history), result.cost, result.score)
        self.recorded.append(trial)
        shown: dict[str, float] = {"configurations": len({t.number for t in self.recorded})}
        best = min(self.recorded, key=self.strategy.rank)
        if best.succeeded:
            shown[f"best {self.strategy.monitor}"] = self.strategy.value(best)
        with self.section.user_code(GRACE_SECONDS):
            self.bar.advance(1, **shown)

    def keep_best(self, trained: list[tuple[Trial, Model]]) -> None:
        """Keep the best of these and the one kept so far; a longer training of the same trial replaces it."""
        if self.best is not None and self.model is not None and all(t is not self.best for t, _ in trained):
            trained = [(self.best, self.model), *trained]
        successful = [pair for pair in trained if pair[0].succeeded]
        self.best, self.model = min(
            successful, key=lambda pair: self.strategy.rank(pair[0]), default=(None, None)
        )


def build_model(make_model: Callable[[Config], Any], config: Config) -> tuple[Model, Config]:
    """Call make_model: the model, and the keyword arguments of train, which may be none."""
    made = make_model(dict(config))
    model, own = made if isinstance(made, tuple) and len(made) == 2 else (made, {})
    if not isinstance(model, Model) or not isinstance(own, Mapping):
        raise TypeError(
            f"make_model returned {shown(made)} for {config!r}, wanted a Model or (Model, dict of keyword "
            "arguments of train)"
        )
    check_options(f"make_model returned for {config!r}", own)
    return model, dict(own)


SEARCH_OPTIONS = ("epochs", "validation", "resume", "n_threads", "progress", "cancel", "on_interrupt")


def check_options(where: str, options: Mapping[str, Any]) -> None:
    """Check that keyword arguments for train are not among those that the search sets itself."""
    for name in SEARCH_OPTIONS:
        if name in options:
            raise TypeError(f"{where} the option {name!r}, which belongs to the search")
