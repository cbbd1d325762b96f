"""Letter recognition (Frey & Slate 1991): 16,000 letters to train on, 4,000 to be judged by.

    python bench/papers/letter_recognition.py FOLDER [--data FOLDER] [--n 32] [--epochs 60]

`rn.search` chooses the hyper-parameters on a fifth of the 16,000, held out from them. Nets of the best
configuration are then trained on all 16,000, one for each of five seeds, and only then are the 4,000 looked
at, once. FOLDER gets `results.json` and the nets; a run that was stopped goes on from there, the search
from its beginning.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from runs import DATA, Notebook, train_in_pieces

import regnet as rn

N_TRAIN = 16_000  # the usual split: the first 16,000 rows, the last 4,000
SEEDS = range(5)

SPACE = {
    "units": [128, 256, 384],
    "hidden": [2, 3],
    "keep_prob": rn.uniform(0.6, 1.0),
    "rate": rn.log_uniform(3e-4, 3e-2),
    "lam": rn.log_uniform(1e-3, 10),
    "batch_size": [64, 128, 256],
}


def load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Sixteen numbers from 0 to 15 per letter, and the letters."""
    rows = np.loadtxt(folder / "letter_recognition.csv", delimiter=",", skiprows=1, dtype=str)
    return rows[:, 1:].astype(np.float32), rows[:, 0]


def make_model(config: dict[str, Any], seed: int = 0) -> tuple[rn.Model, dict[str, Any]]:
    """The net of a configuration, and how it is trained."""
    hidden = [rn.Dense(config["units"], "relu", keep_prob=config["keep_prob"])] * config["hidden"]
    model = rn.Model([rn.Input(16), *hidden, rn.Dense(26, "softmax")], dtype="float32", seed=seed)
    return model, {
        "optimizer": rn.Adam(config["rate"], schedule=rn.Cosine()),
        "penalty": rn.L2(config["lam"]),
        "batch_size": config["batch_size"],
    }


def main() -> None:
    """Search, train, look at the test rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="for what is found, and to go on from")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--n", type=int, default=32, help="configurations of the search")
    parser.add_argument("--epochs", type=int, default=60)
    given = parser.parse_args()
    notebook = Notebook(given.folder, n=given.n, epochs=given.epochs)
    X, y = load(given.data)
    X, X_test = rn.standardize(X[:N_TRAIN], X[N_TRAIN:])[:2]

    def search() -> dict[str, Any]:
        started = time.perf_counter()
        found = rn.search(make_model, X, y[:N_TRAIN], SPACE, n=given.n, epochs=given.epochs, progress=True)
        print(found)
        return {"rows": found.rows, "seconds": time.perf_counter() - started}

    searched = notebook.once("search", search)
    best = {name: searched["rows"][0][name] for name in SPACE}
    models = []
    for seed in SEEDS:
        _, options = make_model(best)
        models.append(
            train_in_pieces(
                notebook,
                f"seed {seed}",
                lambda seed=seed: make_model(best, seed)[0],
                X,
                y[:N_TRAIN],
                given.epochs,
                **options,
            )
        )
    accuracies = notebook.once("test", lambda: [m.evaluate(X_test, y[N_TRAIN:]).score for m in models])
    print(f"chosen in {searched['seconds']:.0f} s: {best}")
    for seed, accuracy in zip(SEEDS, accuracies, strict=True):
        seconds = sum(s for _, s in notebook.entries[f"seed {seed} epochs"])
        print(f"seed {seed}: test accuracy {accuracy:.4f}, trained in {seconds:.0f} s")
    print(f"mean {np.mean(accuracies):.4f}, standard deviation {np.std(accuracies, ddof=1):.4f}")


if __name__ == "__main__":
    main()
