"""Training against plain NumPy: medians of interleaved runs, results compared first.

python bench/bench_training.py [--data FOLDER] [--repeats 5] [--only football|mnist]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import cregnet
import regnet as rn

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ITERATIONS = 30_000


def notebook(X, Y, iterations, lambd=0.0, keep_prob=1.0, learning_rate=0.3):
    """The course's loop in plain NumPy, 2-20-3-1, as a notebook has it; returns W3 and the cost."""
    rng = np.random.RandomState(1)
    stream = np.random.RandomState(3)
    m = X.shape[1]
    W1, W2, W3 = (stream.randn(a, b) / np.sqrt(b) for a, b in ((20, 2), (3, 20), (1, 3)))
    b1, b2, b3 = (np.zeros((n, 1)) for n in (20, 3, 1))
    for _ in range(iterations):
        Z1 = np.dot(W1, X) + b1
        A1 = np.maximum(0, Z1)
        if keep_prob < 1:
            D1 = rng.rand(*A1.shape) < keep_prob
            A1 = A1 * D1 / keep_prob
        Z2 = np.dot(W2, A1) + b2
        A2 = np.maximum(0, Z2)
        if keep_prob < 1:
            D2 = rng.rand(*A2.shape) < keep_prob
            A2 = A2 * D2 / keep_prob
        A3 = 1 / (1 + np.exp(-(np.dot(W3, A2) + b3)))
        logprobs = np.multiply(-np.log(A3), Y) + np.multiply(-np.log(1 - A3), 1 - Y)
        cost = 1.0 / m * np.nansum(logprobs)
        if lambd:
            cost += lambd / (2 * m) * (np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3)))
        dZ3 = A3 - Y
        dW3 = 1.0 / m * np.dot(dZ3, A2.T) + lambd / m * W3
        db3 = 1.0 / m * np.sum(dZ3, axis=1, keepdims=True)
        dA2 = np.dot(W3.T, dZ3)
        if keep_prob < 1:
            dA2 = dA2 * D2 / keep_prob
        dZ2 = np.multiply(dA2, np.int64(A2 > 0))
        dW2 = 1.0 / m * np.dot(dZ2, A1.T) + lambd / m * W2
        db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)
        dA1 = np.dot(W2.T, dZ2)
        if keep_prob < 1:
            dA1 = dA1 * D1 / keep_prob
        dZ1 = np.multiply(dA1, np.int64(A1 > 0))
        dW1 = 1.0 / m * np.dot(dZ1, X.T) + lambd / m * W1
        db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)
        W1 = W1 - learning_rate * dW1
        b1 = b1 - learning_rate * db1
        W2 = W2 - learning_rate * dW2
        b2 = b2 - learning_rate * db2
        W3 = W3 - learning_rate * dW3
        b3 = b3 - learning_rate * db3
    return W3, cost


def football_model(X, y, iterations, lambd=0.0, keep_prob=1.0, backend="compiled"):
    """The same by regnet."""
    model = rn.Model.mlp([2, 20, 3, 1], keep_prob=keep_prob, dtype="float64")
    stream = np.random.RandomState(3)
    for W in model.weights:
        W[...] = stream.randn(*W.shape) / np.sqrt(W.shape[1])
    history = rn.train(
        model,
        X,
        y,
        epochs=iterations,
        batch_size=None,
        optimizer=rn.GradientDescent(0.3),
        penalty=rn.L2(lambd) if lambd else None,
        backend=backend,
    )
    return model.weights[2], history.cost[-1]


def numpy_mlp(X, y, model, n_classes, batch_size, keep_prob):
    """One epoch of ReLU layers, softmax and Adam in plain NumPy with BLAS; rows = examples.

    Starts from the model's weights, shuffles as regnet does, draws masks with NumPy's fastest generator.
    """
    rng = np.random.Generator(np.random.SFC64(0))
    parameters = [
        p for W, b in zip(model.weights, model.biases, strict=True) for p in (W.T.copy(), b.ravel().copy())
    ]
    V, S = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters]
    one_hot = np.eye(n_classes, dtype=X.dtype)
    keep = X.dtype.type(1 / keep_prob)
    batches = rn.mini_batches(X, y, batch_size, seed=model.seed)
    for t, (A, labels) in enumerate(batches, start=1):
        activations, masks = [A], []
        for layer in range(0, len(parameters), 2):
            A = A @ parameters[layer]
            A += parameters[layer + 1]
            if layer < len(parameters) - 2:
                np.maximum(A, 0, out=A)
                if keep_prob < 1:
                    D = (rng.random(A.shape, dtype=X.dtype) < keep_prob) * keep
                    A *= D
                    masks.append(D)
                activations.append(A)
        A -= A.max(axis=1, keepdims=True)
        np.exp(A, out=A)
        A /= A.sum(axis=1, keepdims=True)
        dZ = (A - one_hot[labels]) / X.dtype.type(len(labels))
        gradients = []
        for layer in range(len(parameters) - 2, -1, -2):
            A = activations[layer // 2]
            gradients[:0] = [A.T @ dZ, dZ.sum(axis=0)]
            if layer:
                dZ = dZ @ parameters[layer].T
                dZ *= A > 0
                if keep_prob < 1:
                    dZ *= masks[layer // 2 - 1]
        step, root = 1e-3 / (1 - 0.9**t), 1 / np.sqrt(1 - 0.999**t)
        for p, g, v, s in zip(parameters, gradients, V, S, strict=True):
            v *= 0.9
            v += 0.1 * g
            s *= 0.999
            s += 0.001 * np.square(g)
            p -= X.dtype.type(step) * v / (np.sqrt(s) * X.dtype.type(root) + X.dtype.type(1e-8))
    return parameters


def measure(contestants: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each contestant, one run of every contestant per round."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(repeats):
        for name, run in contestants.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def report(title: str, seconds: dict[str, list[float]], scale: dict[str, float] | None = None) -> None:
    """A line per contestant: median, spread, and how many times regnet is faster."""
    scale = scale or {}
    medians = {name: statistics.median(values) * scale.get(name, 1) for name, values in seconds.items()}
    print(f"\n{title}\n{'':<14}{'median s':>10}{'min':>10}{'max':>10}{'regnet is':>12}")
    for name, values in seconds.items():
        k = scale.get(name, 1)
        print(
            f"{name:<14}{medians[name]:>10.4f}{min(values) * k:>10.4f}{max(values) * k:>10.4f}"
            f"{medians[name] / medians['regnet']:>10.1f} x"
        )


def bench_football(data: Path, repeats: int) -> None:
    """Work A: 30,000 full-batch steps in float64; the twin is timed on a tenth of them."""
    X, y, _, _ = rn.datasets.load_football(data / "football.mat")
    columns, targets = np.ascontiguousarray(X.T), y[None].astype(float)
    for lambd in (0.0, 0.7):
        ours, theirs = football_model(X, y, 500, lambd), notebook(columns, targets, 500, lambd)
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-9)
        np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-10)
        contestants = {
            "regnet": lambda lambd=lambd: football_model(X, y, ITERATIONS, lambd),
            "NumPy": lambda lambd=lambd: notebook(columns, targets, ITERATIONS, lambd),
            "twin": lambda lambd=lambd: football_model(X, y, ITERATIONS // 10, lambd, backend="reference"),
        }
        report(f"football 2-20-3-1, lambda {lambd}", measure(contestants, repeats), {"twin": 10})
    contestants = {
        "regnet": lambda: football_model(X, y, ITERATIONS, keep_prob=0.86),
        "NumPy": lambda: notebook(columns, targets, ITERATIONS, keep_prob=0.86),
        "twin": lambda: football_model(X, y, ITERATIONS // 10, keep_prob=0.86, backend="reference"),
    }
    report("football 2-20-3-1, dropout 0.86", measure(contestants, repeats), {"twin": 10})


def bench_mnist(data: Path, repeats: int) -> None:
    """One epoch of 784-512-512-10, batch 128, Adam, float32, with and without dropout."""
    with np.load(data / "mnist.npz") as arrays:
        mixed = np.random.default_rng(0).permutation(60_000)  # the file is sorted by digit
        X = arrays["X_train"].reshape(60_000, 784)[mixed].astype(np.float32) / 255
        y = arrays["y_train"][mixed]

    def epoch(backend: str, keep_prob: float, n: int = 60_000) -> rn.Model:
        model = rn.Model.mlp([784, 512, 512, 10], keep_prob=keep_prob, seed=0)
        rn.train(model, X[:n], y[:n], epochs=1, batch_size=128, optimizer=rn.Adam(1e-3), backend=backend)
        return model

    def plain(keep_prob: float, n: int = 60_000) -> list[np.ndarray]:
        return numpy_mlp(X[:n], y[:n], rn.Model.mlp([784, 512, 512, 10], seed=0), 10, 128, keep_prob)

    for keep_prob in (1.0, 0.5):
        ours, theirs = (epoch(backend, keep_prob, 1280) for backend in ("compiled", "reference"))
        np.testing.assert_allclose(ours.parameters, theirs.parameters, atol=2e-3)
        if keep_prob == 1:
            for W, theirs_W in zip(ours.weights, plain(1.0, 1280)[::2], strict=True):
                np.testing.assert_allclose(W, theirs_W.T, atol=2e-3)
        contestants = {
            "regnet": lambda keep_prob=keep_prob: epoch("compiled", keep_prob),
            "NumPy": lambda keep_prob=keep_prob: plain(keep_prob),
        }
        if (
            keep_prob == 1
        ):  # the twin draws Philox words in NumPy integers, so with dropout it is no contestant
            contestants["twin"] = lambda keep_prob=keep_prob: epoch("reference", keep_prob)
        report(f"MNIST 784-512-512-10, one epoch, keep_prob {keep_prob}", measure(contestants, repeats))


def main() -> None:
    """Run the works asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", choices=["football", "mnist"])
    given = parser.parse_args()
    print(f"regnet {rn.__version__}, {cregnet.isa()}, NumPy {np.__version__}")
    if given.only != "mnist":
        bench_football(given.data, given.repeats)
    if given.only != "football":
        bench_mnist(given.data, given.repeats)


if __name__ == "__main__":
    main()
