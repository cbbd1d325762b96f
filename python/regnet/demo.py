"""The demo: one network trained three ways, a table and a picture."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .datasets import Football, load_football, make_football
from .history import History
from .initializers import Xavier
from .model import Model
from .optimizers import GradientDescent
from .penalties import L2, Penalty
from .training import train

__all__ = ["PICTURE", "Result", "run_demo"]

PICTURE = "regnet-demo.png"
TWIN_ITERATIONS = 300  # slice of the run that the NumPy twin is timed on

RUNS: tuple[tuple[str, float, Penalty | None], ...] = (
    ("no regularisation", 1.0, None),
    ("L2, lambda 0.7", 1.0, L2(0.7)),
    ("dropout, keep_prob 0.86", 0.86, None),
)


@dataclass(frozen=True)
class Result:
    """One row of the table and one panel of the picture."""

    name: str
    model: Model
    history: History
    train_accuracy: float
    test_accuracy: float
    seconds: float
    times_faster: float


def new_model(keep_prob: float, seed: int) -> Model:
    """The course's network."""
    return Model.mlp([2, 20, 3, 1], init=Xavier(), keep_prob=keep_prob, dtype="float64", seed=seed)


def run_one(
    name: str,
    keep_prob: float,
    penalty: Penalty | None,
    data: Football,
    iterations: int,
    seed: int,
    progress: bool,
) -> Result:
    """Train one network; the NumPy twin takes the first steps of the same run for comparison."""
    X, y, X_test, y_test = data
    options: dict[str, Any] = {"batch_size": None, "optimizer": GradientDescent(0.3), "penalty": penalty}

    twin_iterations = min(iterations, TWIN_ITERATIONS)
    started = time.perf_counter()
    train(new_model(keep_prob, seed), X, y, epochs=twin_iterations, backend="reference", **options)
    twin_seconds = (time.perf_counter() - started) / twin_iterations

    model = new_model(keep_prob, seed)
    started = time.perf_counter()
    history = train(model, X, y, epochs=iterations, progress=progress, **options)
    seconds = time.perf_counter() - started
    if history.stop_reason == "interrupted":
        raise KeyboardInterrupt
    return Result(
        name,
        model,
        history,
        model.evaluate(X, y).score,
        model.evaluate(X_test, y_test).score,
        seconds,
        twin_seconds / (seconds / iterations),
    )


def table(results: list[Result]) -> str:
    """The table that the demo prints."""
    head = f"{'model':<25}{'train acc.':>11}{'test acc.':>11}{'final cost':>12}{'seconds':>9}{'x NumPy':>9}"
    rows = [
        f"{r.name:<25}{r.train_accuracy:>11.3f}{r.test_accuracy:>11.3f}{r.history.cost[-1]:>12.4f}"
        f"{r.seconds:>9.2f}{r.times_faster:>9.1f}"
        for r in results
    ]
    return "\n".join([head, "-" * len(head), *rows])


def run_demo(
    *,
    data: Path | None = None,
    picture: Path | None = None,
    iterations: int = 30_000,
    seed: int = 3,
    progress: bool = True,
) -> list[Result]:
    """Train the three networks, print the table and write the picture.

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
    from . import plotting

    if picture is not None:
        picture = plotting.picture_path(picture)  # before any work
    points = make_football(seed=seed) if data is None else load_football(data)
    print(
        f"2-20-3-1 on {len(points[0])} training, {len(points[2])} test points, {iterations} iterations each"
    )
    results = [run_one(*run, points, iterations, seed, progress) for run in RUNS]
    print(table(results))
    try:
        path = plotting.plot_demo(results, points, picture or Path(PICTURE))
    except ImportError as error:
        print(f"no picture: {error}", file=sys.stderr)
    else:
        print(f"picture: {path}")
    return results
