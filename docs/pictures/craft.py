"""The pictures of docs/guide/craft.md: a diagnosis and a search.

python docs/pictures/craft.py [FOLDER]
"""

from __future__ import annotations

from typing import Any

from drawing import save
from matplotlib.figure import Figure

import regnet as rn

Config = dict[str, Any]


def draw_diagnosis() -> None:
    """diagnosis.png: a net too large for 240 points."""
    X, y, _, _ = rn.datasets.make_football(4000, noise=0.1)
    train, dev, test = rn.split(X, y, (0.06, 0.47, 0.47), seed=0)
    model = rn.Model.mlp([2, 100, 50, 1], seed=3)
    options = {"epochs": 300, "batch_size": 32, "optimizer": rn.Adam(0.005), "n_threads": 1}
    history = rn.train(model, *train, validation=dev, **options)
    found = history.diagnose(train=model.evaluate(*train), test=model.evaluate(*test), human=0.1)
    print(found)
    save(found.plot(Figure(figsize=(11, 4), layout="constrained")), "diagnosis")


def make_model(config: Config) -> tuple[rn.Model, Config]:
    """A net and how to train it, from a configuration."""
    model = rn.Model.mlp([2, config["units"], 20, 1], seed=1)
    return model, {"optimizer": rn.Adam(config["rate"]), "penalty": rn.L2(config["lam"])}


def draw_search() -> None:
    """search.png: 64 configurations in two rounds."""
    X, y, _, _ = rn.datasets.make_football(noise=0.1)
    space = {"rate": rn.log_uniform(1e-4, 1), "lam": rn.log_uniform(1e-2, 100), "units": rn.integers(5, 100)}
    found = rn.search(
        make_model, X, y, space, n=64, epochs=100, batch_size=32, validation=0.3, monitor="val_cost"
    )
    save(found.plot(Figure(figsize=(8.5, 6), layout="constrained")), "search")


if __name__ == "__main__":
    draw_diagnosis()
    draw_search()
