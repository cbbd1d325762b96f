"""What products of bfloat16 change in the result: MNIST, Adult and letters, five seeds in each precision.

    python bench/papers/mixed_precision.py FOLDER [--data FOLDER] [--only mnist,adult,letters] [--seeds 5]
                                           [--epochs N] [--plot FILE.png]

A seed decides initial weights, order of the examples and masks, so it gives both precisions the same start.
Prints test errors, their means and standard errors, and draws the costs of the epochs side by side. FOLDER
gets `results.json` and the nets; a run that was stopped goes on from there.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import letter_recognition
import numpy as np
from runs import DATA, Notebook, load_mnist, mnist, processor, takes_compute_dtype, train_in_pieces

import regnet as rn

PRECISIONS = ("float32", "bfloat16")
Sets = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # X, y, X_test, y_test


@dataclass(frozen=True)
class Job:
    """Data, a net and how it is trained; Adam along a cosine."""

    title: str
    load: Callable[[Path], Sets]
    hidden: tuple[int, ...]
    keep_prob: float
    rate: float
    batch_size: int
    epochs: int
    options: dict[str, Any] = field(default_factory=dict)

    def model(self, n_in: int, n_out: int, seed: int, precision: str) -> rn.Model:
        """The net with its initial weights."""
        narrow = {"compute_dtype": precision} if precision != "float32" else {}
        return rn.Model.mlp([n_in, *self.hidden, n_out], keep_prob=self.keep_prob, seed=seed, **narrow)


def load_letters(folder: Path) -> Sets:
    """The usual split."""
    X, y = letter_recognition.load(folder)
    n = letter_recognition.N_TRAIN
    X_train, X_test = rn.standardize(X[:n], X[n:])[:2]
    return X_train, y[:n], X_test, y[n:]


def load_adult(folder: Path) -> Sets:
    """The official split: numbers standardised, other columns one-hot in the values of training rows."""
    tables = []
    for name in ("adult_train.csv", "adult_test.csv"):
        with (folder / name).open(newline="", encoding="utf-8") as file:
            tables.append(list(csv.DictReader(file)))
    *features, target = tables[0][0]
    numeric = [name for name in features if all(is_number(row[name]) for row in tables[0])]
    values = {name: sorted({row[name] for row in tables[0]}) for name in features if name not in numeric}

    def encoded(rows: list[dict[str, str]]) -> tuple[np.ndarray, np.ndarray]:
        numbers = np.array([[float(row[name]) for name in numeric] for row in rows], np.float32)
        kinds = [[row[name] == value for name in values for value in values[name]] for row in rows]
        return numbers, np.array(kinds, np.float32)

    (numbers, kinds), (numbers_test, kinds_test) = (encoded(rows) for rows in tables)
    numbers, numbers_test = rn.standardize(numbers, numbers_test)[:2]
    X, X_test = np.hstack([numbers, kinds]), np.hstack([numbers_test, kinds_test])
    y, y_test = (np.array([row[target] for row in rows]) for rows in tables)
    return X, y, X_test, y_test


def is_number(text: str) -> bool:
    """Whether a cell holds a number."""
    return text.replace(".", "", 1).lstrip("-").isdigit()


JOBS = {
    "mnist": Job(
        "MNIST", load_mnist, mnist.SIZES[1:-1], mnist.KEEP_PROB, mnist.RATE, mnist.BATCH_SIZE, epochs=10
    ),
    "adult": Job("Adult", load_adult, (256, 256), 0.7, 1e-3, 256, epochs=15),
    # what the search of letter_recognition.py has found
    "letters": Job(
        "letters",
        load_letters,
        (384, 384, 384),
        0.857,
        2.23e-3,
        64,
        epochs=60,
        options={"penalty": rn.L2(0.805)},
    ),
}


def run(job: Job, key: str, notebook: Notebook, given: argparse.Namespace, precisions: list[str]) -> None:
    """Train what is not trained yet, one seed after another, its precisions in turn; note the test errors."""
    X, y, X_test, y_test = job.load(given.data)
    n_classes = len(np.unique(y))
    epochs = given.epochs or job.epochs
    for seed in range(given.seeds):
        for precision in precisions:
            name = f"{key} {precision} seed {seed}"
            model = train_in_pieces(
                notebook,
                name,
                lambda seed=seed, precision=precision: job.model(
                    X.shape[1], 1 if n_classes == 2 else n_classes, seed, precision
                ),
                X,
                y,
                epochs,
                optimizer=rn.Adam(job.rate, schedule=rn.Cosine()),
                batch_size=job.batch_size,
                **job.options,
            )
            notebook.once(f"{name} error", lambda model=model: 1 - model.evaluate(X_test, y_test).score)
    notebook.once(f"{key} test examples", lambda: len(y_test))


def standard_error(values: np.ndarray) -> float:
    """Of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def print_errors(job: Job, key: str, notebook: Notebook, seeds: int, precisions: list[str]) -> None:
    """Test errors by seed, means, and whether the difference is within the standard error of float32."""
    found = {
        precision: np.array(
            [notebook.entries[f"{key} {precision} seed {seed} error"] for seed in range(seeds)]
        )
        for precision in precisions
    }
    print(f"\n{job.title}: test error in percent, seeds 0 to {seeds - 1} ({processor()})")
    for precision, errors in found.items():
        seconds = [
            s for seed in range(seeds) for _, s in notebook.entries[f"{key} {precision} seed {seed} epochs"]
        ]
        print(
            f"{precision:<10}{' '.join(f'{e:.2%}' for e in errors)}   mean {errors.mean():.3%}, "
            f"standard error {standard_error(errors):.3%}, {np.median(seconds):.2f} s an epoch"
        )
    if len(found) < 2:
        return
    wide, narrow = (found[precision] for precision in PRECISIONS)
    difference, allowed = narrow - wide, standard_error(wide)
    n, mean = notebook.entries[f"{key} test examples"], wide.mean()
    print(
        f"difference {difference.mean():+.3%}; standard errors: {allowed:.3%} of float32's mean over seeds, "
        f"{standard_error(difference):.3%} of the difference, "
        f"{np.sqrt(mean * (1 - mean) / n):.3%} of an error of {n:,} test examples"
    )
    met = "met" if abs(difference.mean()) <= allowed else "NOT MET"
    print(f"within one standard error of float32 over the seeds: {met}")


def plot(keys: list[str], notebook: Notebook, seeds: int, precisions: list[str], path: Path) -> None:
    """The mean cost of each epoch: a row for each data set, a column for each precision, and their ratio."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    both = len(precisions) > 1
    size = {"figsize": (4.2 * (len(precisions) + both), 2.6 * len(keys)), "layout": "constrained"}
    fig, axes = plt.subplots(len(keys), len(precisions) + both, squeeze=False, **size)
    for row, key in zip(axes, keys, strict=True):
        costs = {
            precision: np.array(
                [[c for c, _ in notebook.entries[f"{key} {precision} seed {s} epochs"]] for s in range(seeds)]
            )
            for precision in precisions
        }
        epochs = np.arange(1, costs[precisions[0]].shape[1] + 1)
        for ax, (precision, curves) in zip(row, costs.items(), strict=False):
            ax.plot(epochs, curves.T, lw=1)
            ax.set(title=f"{JOBS[key].title}, {precision}", ylabel="training cost")
            ax.sharey(row[0])
        if both:
            row[-1].plot(epochs, (costs["bfloat16"] / costs["float32"]).T, lw=1)
            row[-1].axhline(1, color="grey", lw=0.8, zorder=0)
            row[-1].set(title="bfloat16 over float32", ylabel="ratio of costs")
        for ax in row:
            ax.spines[["top", "right"]].set_visible(False)
            ax.set_xlabel("epoch")
            ax.xaxis.get_major_locator().set_params(integer=True)
    fig.suptitle(f"Costs of {seeds} seeds, a line each", fontsize=11)
    fig.savefig(path, dpi=130)
    print(f"picture: {path}")


def main() -> None:
    """Train, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="for what is found, and to go on from")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--only", default=",".join(JOBS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="default: MNIST 10, Adult 15, letters 60")
    parser.add_argument("--plot", type=Path, help="default: curves.png in FOLDER")
    given = parser.parse_args()
    notebook = Notebook(given.folder, epochs=given.epochs)
    precisions = list(PRECISIONS) if takes_compute_dtype() else ["float32"]
    if len(precisions) == 1:
        print("skipped: bfloat16 (this regnet has no compute_dtype)")
    keys = given.only.split(",")
    for key in keys:
        run(JOBS[key], key, notebook, given, precisions)
    for key in keys:
        print_errors(JOBS[key], key, notebook, given.seeds, precisions)
    plot(keys, notebook, given.seeds, precisions, given.plot or given.folder / "curves.png")


if __name__ == "__main__":
    main()
