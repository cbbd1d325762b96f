"""MNIST without its geometry, 784-1024-1024-1024-10, ReLU, dropout, max-norm: Srivastava et al. 2014.

    python bench/papers/mnist_dropout.py FOLDER [--data FOLDER] [--net dropout] [--seed 0]

Three nets of the same shape: with dropout (input kept 0.8, hidden units 0.5) and max-norm, without any
regularisation, and with batch norm instead. For each the rate and what else is open are chosen on 10,000 of
the training images by short trainings on the other 50,000; the choice is trained on all 60,000, and only
then are the 10,000 test images looked at, once per net. FOLDER gets `results.json` and the nets; a run that
was stopped goes on from there, with the same bits.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from runs import DATA, Notebook, load_mnist, train_in_pieces

import regnet as rn

SHARE_HELD_OUT = 1 / 6  # 10,000 of the 60,000
HIDDEN = [1024] * 3


@dataclass(frozen=True)
class Recipe:
    """A net and how it is trained: Adam along a cosine."""

    epochs: int
    rate: float
    keep_prob: tuple[float, float] = (1.0, 1.0)  # of inputs and of hidden units
    max_norm: float | None = None
    batch_norm: bool = False
    batch_size: int = 128

    def model(self, seed: int) -> rn.Model:
        """The net with its initial weights."""
        of_input, of_hidden = self.keep_prob
        hidden = [
            rn.Dense(units, "relu", keep_prob=of_hidden, max_norm=self.max_norm, batch_norm=self.batch_norm)
            for units in HIDDEN
        ]
        layers = [rn.Input(784, keep_prob=of_input), *hidden, rn.Dense(10, "softmax")]
        return rn.Model(layers, dtype="float32", seed=seed)

    def options(self) -> dict[str, Any]:
        """Keyword arguments of `train`."""
        optimizer = rn.Adam(self.rate, schedule=rn.Cosine())
        return {"batch_size": self.batch_size, "optimizer": optimizer}


# The paper's max-norm of 2 to 4 is of weights that prediction halves, where here training doubles the units
# that are kept: 1 to 2 here.
DROPOUT = Recipe(150, 1e-3, keep_prob=(0.8, 0.5))
PLAIN = Recipe(20, 1e-3)
BATCH_NORM = Recipe(30, 1e-3, batch_norm=True)
SELECTION_EPOCHS = 10
CANDIDATES = {
    "dropout": [replace(DROPOUT, rate=rate, max_norm=c) for rate in (1e-3, 2e-3) for c in (1.0, 1.5)],
    "plain": [replace(PLAIN, rate=rate) for rate in (5e-4, 1e-3)],
    "batch norm": [replace(BATCH_NORM, rate=rate) for rate in (1e-3, 2e-3)],
}


def try_out(recipe: Recipe, X: np.ndarray, y: np.ndarray, seed: int) -> dict[str, float]:
    """Error on a sixth of the images, held out, after a short training on the others."""
    history = rn.train(
        recipe.model(seed), X, y, epochs=SELECTION_EPOCHS, validation=SHARE_HELD_OUT, **recipe.options()
    )
    return {
        "error": 1 - float(history.val_score[-1]),
        "cost": float(history.val_cost[-1]),
        "seconds": float(history.seconds.sum()),
    }


def select(notebook: Notebook, net: str, X: np.ndarray, y: np.ndarray, seed: int) -> Recipe:
    """The candidate with the lowest error on the images held out; ties go to the lower cost."""
    tried = []
    for i, recipe in enumerate(CANDIDATES[net]):
        found = notebook.once(f"{net} candidate {i}", lambda recipe=recipe: try_out(recipe, X, y, seed))
        tried.append((found["error"], found["cost"], i))
        print(
            f"{net}: rate {recipe.rate:g}, max-norm {recipe.max_norm}: {found['error']:.2%} wrong of those "
            f"held out, {found['seconds']:.0f} s",
            flush=True,
        )
    return CANDIDATES[net][min(tried)[2]]


def main() -> None:
    """Choose, train, look at the test images; then say what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="for what is found, and to go on from")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--net", choices=list(CANDIDATES), action="append", help="only this one")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    notebook = Notebook(given.folder, seed=given.seed)
    X, y, X_test, y_test = load_mnist(given.data)
    for net in given.net or CANDIDATES:
        recipe = select(notebook, net, X, y, given.seed)
        model = train_in_pieces(
            notebook,
            net,
            lambda recipe=recipe: recipe.model(given.seed),
            X,
            y,
            recipe.epochs,
            **recipe.options(),
        )
        error = notebook.once(
            f"{net} test error", lambda model=model: 1 - model.evaluate(X_test, y_test).score
        )
        seconds = sum(second for _, second in notebook.entries[f"{net} epochs"])
        print(f"{net}: {recipe}\n{net}: test error {error:.2%}, trained in {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
