"""MNIST as a first real job: 784-512-512-10, ReLU, dropout 0.5, Adam, batch 128, float32.

    python bench/mnist.py [--data FOLDER] [--epochs 10] [--seed 0] [--cosine] [--augment] [--no-twin]
                          [--compute-dtype bfloat16]

Prints the test error after each epoch, seconds per epoch, and the twin's seconds for one epoch. What products
of bfloat16 change over several seeds is shown by papers/mixed_precision.py, which trains the same net.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from works import machine

import regnet as rn

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

SIZES, KEEP_PROB, RATE, BATCH_SIZE = (784, 512, 512, 10), 0.5, 1e-3, 128
PICTURES = [rn.augment.Shift(1), rn.augment.Rotate(10), rn.augment.Elastic(20, 4)]


def load(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pixels as float32 in [0, 1], rows = images."""
    with np.load(folder / "mnist.npz") as arrays:
        X_train, X_test = (
            np.ascontiguousarray(arrays[name].reshape(-1, 784), np.float32) / 255
            for name in ("X_train", "X_test")
        )
        return X_train, arrays["y_train"], X_test, arrays["y_test"]


def main() -> None:
    """Train, then report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cosine", action="store_true", help="let the rate fall along a cosine")
    parser.add_argument("--augment", action="store_true", help="shift, turn and distort the pictures")
    parser.add_argument("--compute-dtype", help="bfloat16: mixed precision; default: products in float32")
    parser.add_argument("--no-twin", action="store_true")
    given = parser.parse_args()
    X, y, X_test, y_test = load(given.data)

    def new_model() -> rn.Model:
        options = {"compute_dtype": given.compute_dtype} if given.compute_dtype else {}
        return rn.Model.mlp(SIZES, keep_prob=KEEP_PROB, seed=given.seed, **options)

    def show(training: rn.Training) -> None:
        error = 1 - training.model.evaluate(X_test, y_test).score
        cost, seconds = training.history.cost[-1], training.history.seconds[-1]
        epoch = training.epoch + 1
        print(f"epoch {epoch:>2}  cost {cost:.4f}  test error {error:.2%}  {seconds:.2f} s", flush=True)

    print(", ".join(f"{name} {value}" for name, value in machine().items()) + f", seed {given.seed}")
    model = new_model()
    optimizer = rn.Adam(RATE, schedule=rn.Cosine() if given.cosine else None)
    augment = rn.augment.Compose(PICTURES, shape=(28, 28)) if given.augment else None
    options = {"epochs": given.epochs, "batch_size": BATCH_SIZE, "optimizer": optimizer, "augment": augment}
    history = rn.train(model, X, y, callbacks=[show], **options)
    print(f"seconds per epoch: {np.median(history.seconds):.2f} (median of {len(history)})")
    if not given.no_twin:
        print(
            "the NumPy twin takes one epoch (most of it for drawing the same masks in NumPy integers) ...",
            flush=True,
        )
        started = time.perf_counter()
        options = {"epochs": 1, "batch_size": BATCH_SIZE, "optimizer": rn.Adam(RATE), "backend": "reference"}
        rn.train(new_model(), X, y, **options)
        print(f"the NumPy twin's epoch: {time.perf_counter() - started:.2f}")


if __name__ == "__main__":
    main()
