"""The demo: one network trained in seven ways, and the best that a search finds; a table and a picture."""

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
TWIN_ITERATIONS = 300  # slice of the run that the NumPy twin is timed on
SHARE_HELD_OUT = 0.2  # of the training points, where something is to be decided by them
N_CONFIGURATIONS = 192  # of the search: about ten seconds of a core or two


@dataclass(frozen=True)
class Run:
    """One row of the table: what is done to the course's network and its training."""

    name: str
    hidden: Mapping[str, Any] = field(default_factory=dict)  # keyword arguments of the hidden layers
    penalty: Penalty | None = None
    stops_early: bool = False
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

    def until(self, iterations: int) -> dict[str, Any]:
        """Keyword arguments of `train` that say how long: early stopping waits for a tenth of the run."""
        if not self.stops_early:
            return {"epochs": iterations}
        callbacks = [EarlyStopping(patience=max(iterations // 10, 1))]
        return {"epochs": iterations, "validation": SHARE_HELD_OUT, "callbacks": callbacks}


RUNS = (
    Run("no regularisation"),
    Run("L2, lambda 0.7", penalty=L2(0.7)),
    Run("L1, lambda 0.7", penalty=L1(0.7)),
    Run("L0, lambda 2", {"gates": True}, penalty=L0(2)),
    Run("dropout, keep_prob 0.86", {"keep_prob": 0.86}),
    Run("batch norm", {"batch_norm": True}),
    Run("early stopping", stops_early=True),
)
SEARCHED = "best found by search"
SPACE = {
    "learning_rate": log_uniform(0.03, 1.0),
    "lam": log_uniform(0.01, 10.0),
    "keep_prob": uniform(0.6, 1.0),
}


@dataclass(frozen=True)
class Result:
    """One row of the table and one panel of the picture; a search has no time to compare with NumPy's."""

    name: str
    model: Model
    history: History
    train_accuracy: float
    test_accuracy: float
    seconds: float
    times_faster: float | None

    @property
    def cost(self) -> float:
        """Cost in the epoch whose weights the model has."""
        last, best = len(self.history) - 1, self.history.best_epoch
        return float(self.history.cost[last if best is None else best])


def result(
    name: str, model: Model, history: History, data: Football, seconds: float, times_faster: float | None
) -> Result:
    """The result of a training."""
    X, y, X_test, y_test = data
    accuracies = model.evaluate(X, y).score, model.evaluate(X_test, y_test).score
    return Result(name, model, history, *accuracies, seconds, times_faster)


def run_one(run: Run, data: Football, iterations: int, seed: int, progress: bool) -> Result:
    """Train one network; the NumPy twin takes the first steps of the same run for comparison."""
    X, y = data[:2]
    twin_iterations = min(iterations, TWIN_ITERATIONS)
    started = time.perf_counter()
    train(run.model(seed), X, y, backend="reference", **run.until(twin_iterations), **run.options())
    twin_seconds = (time.perf_counter() - started) / twin_iterations

    model = run.model(seed)
    started = time.perf_counter()
    history = train(model, X, y, progress=progress, **run.until(iterations), **run.options())
    seconds = time.perf_counter() - started
    return result(run.name, model, history, data, seconds, twin_seconds / (seconds / max(len(history), 1)))


def configured(config: Mapping[str, Any]) -> Run:
    """The run that a configuration of the search stands for."""
    hidden, penalty = {"keep_prob": config["keep_prob"]}, L2(config["lam"])
    return Run(SEARCHED, hidden, penalty, learning_rate=config["learning_rate"])


def run_search(data: Football, iterations: int, seed: int, progress: bool) -> Result:
    """Find rate, lambda and keep_prob on points held out, then train the best on all training points."""
    X, y = data[:2]

    def make_model(config: dict[str, Any]) -> tuple[Model, dict[str, Any]]:
        run = configured(config)
        return run.model(seed), run.options()

    started = time.perf_counter()
    found = search(
        make_model,
        X,
        y,
        SPACE,
        n=N_CONFIGURATIONS,
        epochs=iterations,
        validation=SHARE_HELD_OUT,
        monitor="val_cost",  # 42 points tell more by their cost than by how many of them are right
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
    """Where the picture goes; None and the reason if nobody asked for one and matplotlib is missing."""
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
    """Train the network in all ways, search for a better one, print the table and write the picture.

    Parameters
    ----------
    data : path, optional
        The course's MATLAB file; generated points when not given.
    picture : path, optional
        Default ``regnet-demo.png`` in the current folder. When not given and matplotlib is not
        installed, there is no picture and a line that says so.
    iterations, seed, progress
        Steps of gradient descent, seed of everything random, whether to show a bar.

    Returns
    -------
    list of Result

    Raises
    ------
    ImportError
        If a package is missing that an argument needs.
    OSError, ValueError
        If the data cannot be read or the picture not be written.
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
