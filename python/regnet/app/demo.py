"""The demo: one network with seven kinds of regularisation and after a search, as a table and a figure."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._support.checks import boolean
from ..data.datasets import Football, load_football, make_football
from ..models.initializers import Xavier
from ..models.layers import Dense, Input
from ..models.model import Model
from ..models.penalties import L0, L1, L2, Penalty
from ..training.callbacks import EarlyStopping
from ..training.history import History
from ..training.loop import train
from ..training.optimizers import GradientDescent
from ..tuning.searching import search
from ..tuning.spaces import log_uniform, uniform

__all__ = ["PICTURE", "Result", "run_demo"]

PICTURE = "regnet-demo.png"
TWIN_ITERATIONS = 300  # on which the NumPy twin is timed, because it is slow
VALIDATION_FRACTION = 0.2  # of the training points, for early stopping and the search
N_CONFIGURATIONS = 192  # of the search: some seconds on one or two cores


@dataclass(frozen=True)
class Run:
    """One row of the table: how the course's network is regularised and trained."""

    name: str
    hidden: Mapping[str, Any] = field(default_factory=dict)  # keyword arguments of the hidden layers
    penalty: Penalty | None = None
    early_stopping: bool = False
    learning_rate: float = 0.3

    def model(self, seed: int) -> Model:
        """The course's network, 2-20-3-1."""
        init = Xavier()
        hidden = [Dense(units, "relu", init=init, **self.hidden) for units in (20, 3)]
        return Model([Input(2), *hidden, Dense(1, "sigmoid", init=init)], dtype="float64", seed=seed)

    def options(self) -> dict[str, Any]:
        """Keyword arguments of `train`: full batches and gradient descent, as in the course."""
        optimizer = GradientDescent(self.learning_rate)
        return {"batch_size": None, "optimizer": optimizer, "penalty": self.penalty}

    def duration(self, iterations: int) -> dict[str, Any]:
        """Keyword arguments of `train` for its length; the patience is a tenth of the iterations."""
        if not self.early_stopping:
            return {"epochs": iterations}
        callbacks = [EarlyStopping(patience=max(iterations // 10, 1))]
        return {"epochs": iterations, "validation": VALIDATION_FRACTION, "callbacks": callbacks}


RUNS = (
    Run("no regularisation"),
    Run("L2, lambda 0.7", penalty=L2(0.7)),
    Run("L1, lambda 0.7", penalty=L1(0.7)),
    Run("L0, lambda 2", {"gates": True}, penalty=L0(2)),
    Run("dropout, keep_prob 0.86", {"keep_prob": 0.86}),
    Run("batch norm", {"batch_norm": True}),
    Run("early stopping", early_stopping=True),
)
SEARCHED = "best found by search"
SPACE = {
    "learning_rate": log_uniform(0.03, 1.0),
    "lam": log_uniform(0.01, 10.0),
    "keep_prob": uniform(0.6, 1.0),
}


@dataclass(frozen=True)
class Result:
    """One row of the table and one panel of the figure; `times_faster` is None for the search."""

    name: str
    model: Model
    history: History
    train_accuracy: float
    test_accuracy: float
    seconds: float
    times_faster: float | None

    @property
    def cost(self) -> float:
        """Cost of the epoch whose weights the model has."""
        last, best = len(self.history) - 1, self.history.best_epoch
        return float(self.history.cost[last if best is None else best])


def result(
    name: str, model: Model, history: History, data: Football, seconds: float, times_faster: float | None
) -> Result:
    """The result of a training, with the accuracies on both sets."""
    X, y, X_test, y_test = data
    accuracies = model.evaluate(X, y).score, model.evaluate(X_test, y_test).score
    return Result(name, model, history, *accuracies, seconds, times_faster)


def run_one(run: Run, data: Football, iterations: int, seed: int, progress: bool) -> Result:
    """Train one network, and time the NumPy twin on the first iterations of the same run."""
    X, y = data[:2]
    twin_iterations = min(iterations, TWIN_ITERATIONS)
    started = time.perf_counter()
    train(run.model(seed), X, y, backend="reference", **run.duration(twin_iterations), **run.options())
    twin_seconds = (time.perf_counter() - started) / twin_iterations

    model = run.model(seed)
    started = time.perf_counter()
    history = train(model, X, y, progress=progress, **run.duration(iterations), **run.options())
    seconds = time.perf_counter() - started
    return result(run.name, model, history, data, seconds, twin_seconds / (seconds / max(len(history), 1)))


def run_of(config: Mapping[str, Any]) -> Run:
    """The run with the hyper-parameters of a configuration."""
    hidden, penalty = {"keep_prob": config["keep_prob"]}, L2(config["lam"])
    return Run(SEARCHED, hidden, penalty, learning_rate=config["learning_rate"])


def run_search(data: Football, iterations: int, seed: int, progress: bool) -> Result:
    """Search learning rate, lambda and keep_prob on validation points, then train the best on all points."""
    X, y = data[:2]

    def make_model(config: dict[str, Any]) -> tuple[Model, dict[str, Any]]:
        run = run_of(config)
        return run.model(seed), run.options()

    started = time.perf_counter()
    found = search(
        make_model,
        X,
        y,
        SPACE,
        n=N_CONFIGURATIONS,
        epochs=iterations,
        validation=VALIDATION_FRACTION,
        monitor="val_cost",  # the accuracy on 42 points is too coarse to rank by
        seed=seed,
        progress=progress,
    )
    model, history = found.refit(X, y, progress=progress)
    return result(SEARCHED, model, history, data, time.perf_counter() - started, None)


def table(results: list[Result]) -> str:
    """The table that the demo prints."""
    head = f"{'model':<25}{'train acc.':>11}{'test acc.':>11}{'final cost':>12}{'seconds':>9}{'x NumPy':>9}"
    rows = [
        f"{r.name:<25}{r.train_accuracy:>11.3f}{r.test_accuracy:>11.3f}{r.cost:>12.4f}{r.seconds:>9.2f}"
        + ("" if r.times_faster is None else f"{r.times_faster:>9.1f}")
        for r in results
    ]
    return "\n".join([head, "-" * len(head), *rows])


def picture_to_write(asked_for: Path | None) -> tuple[Path | None, str]:
    """The path of the figure; None and the reason if none was asked for and matplotlib is missing."""
    from .. import plotting

    try:
        return plotting.picture_path(asked_for or Path(PICTURE)), ""
    except ImportError as error:
        if asked_for is not None:
            raise
        return None, str(error)


def run_demo(
    *,
    data: Path | None = None,
    picture: Path | None = None,
    iterations: int = 30_000,
    seed: int = 3,
    progress: bool = True,
) -> list[Result]:
    """Train the network with each kind of regularisation, run a search, print a table and write a figure.

    Parameters
    ----------
    data : path, optional
        The course's MATLAB file; by default points are generated.
    picture : path, optional
        File of the figure, by default ``regnet-demo.png`` in the current folder. If it is not given and
        matplotlib is not installed, a line says so and no figure is written.
    iterations : int
        Steps of gradient descent, at least 1.
    seed : int
        Seed of initial weights, dropout masks, generated points and the search.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    list of Result
        One per row of the table.

    Raises
    ------
    ImportError
        If a package that an argument needs is not installed.
    OSError, ValueError
        If the data cannot be read or the figure cannot be written.
    """
    from .. import plotting

    boolean("progress", progress)
    path, no_picture = picture_to_write(picture)  # before any work
    points = make_football(seed=seed) if data is None else load_football(data)
    print(
        f"2-20-3-1 on {len(points[0])} training, {len(points[2])} test points, {iterations} iterations each",
        flush=True,
    )
    results = [run_one(run, points, iterations, seed, progress) for run in RUNS]
    results.append(run_search(points, iterations, seed, progress))
    print(table(results))
    if path is None:
        print(f"no picture: {no_picture}", file=sys.stderr)
    else:
        print(f"picture: {plotting.plot_demo(results, points, path)}")
    return results
