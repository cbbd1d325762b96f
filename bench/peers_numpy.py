"""Plain NumPy as a careful user writes it: BLAS, one flat parameter vector, buffers made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from works import THREADS, Contestant, Predictor, Work, count_threads, rows_layers

import regnet as rn


class Net:
    """A multi-layer perceptron with rows = examples; parameters, gradient and moments are flat vectors."""

    def __init__(self, work: Work) -> None:
        self.work, self.order = work, work.order()
        dtype, initial = work.dtype, work.initial()
        self.flat = np.concatenate([p.ravel() for pair in initial for p in pair])
        self.gradient = np.empty_like(self.flat)
        self.layers, self.gradients = (self.views(v, initial) for v in (self.flat, self.gradient))
        self.V, self.S, self.T, self.U = (np.zeros_like(self.flat) for _ in range(4))
        shapes = [(work.size, n) for n in work.sizes[1:]]
        self.A, self.dA = ([np.empty(shape, dtype) for shape in shapes] for _ in range(2))
        self.masks = [np.empty(shape, dtype) for shape in shapes[:-1]]
        self.X = np.empty((work.size, work.sizes[0]), dtype)
        self.Y = work.y.astype(dtype)[:, None] if work.binary else np.eye(work.sizes[-1], dtype=dtype)
        self.rng = np.random.Generator(np.random.SFC64(0))
        self.t = 0

    @staticmethod
    def views(vector: np.ndarray, like: list[tuple[np.ndarray, np.ndarray]]) -> list[Any]:
        """(W, b) of each layer as views of a flat vector."""
        found, at = [], 0
        for W, b in like:
            middle = at + W.size
            found.append((vector[at:middle].reshape(W.shape), vector[middle : middle + b.size]))
            at = middle + b.size
        return found

    def step(self, rows: np.ndarray) -> float:
        """One batch: forward, backward, update; returns the sum of its losses."""
        work, m, last = self.work, len(rows), len(self.layers) - 1
        keep, kind = work.keep_prob, self.flat.dtype.type
        X = work.X if m == len(work.X) else np.take(work.X, rows, axis=0, out=self.X[:m], mode="clip")
        A = X
        for l, (W, b) in enumerate(self.layers):
            A = np.dot(A, W, out=self.A[l][:m])
            A += b
            if l < last:
                np.maximum(A, 0, out=A)
                if keep < 1:
                    D = self.rng.random(out=self.masks[l][:m], dtype=A.dtype)
                    np.multiply(keep > D, kind(1 / keep), out=D)
                    A *= D
        dZ = self.dA[last][:m]
        if work.binary:
            Y = self.Y[rows] if m < len(work.X) else self.Y
            loss = float(np.logaddexp(0, A).sum() - np.vdot(A, Y))
            np.divide(1, 1 + np.exp(-A), out=A)
        else:
            Y = self.Y[work.y[rows]]
            A -= A.max(axis=1, keepdims=True)
            picked = float(A[np.arange(m), work.y[rows]].sum())
            np.exp(A, out=A)
            total = A.sum(axis=1, keepdims=True)
            loss = float(np.log(total).sum()) - picked
            A /= total
        np.subtract(A, Y, out=dZ)
        dZ *= kind(1 / m)
        for l in range(last, -1, -1):
            dW, db = self.gradients[l]
            A = self.A[l - 1][:m] if l else X
            np.dot(A.T, dZ, out=dW)
            dZ.sum(axis=0, out=db)
            if l:
                dZ = np.dot(dZ, self.layers[l][0].T, out=self.dA[l - 1][:m])
                dZ *= A > 0  # a dropped unit has A = 0, so its mask is in this already
                if keep < 1:
                    dZ *= kind(1 / keep)
        self.update()
        return loss

    def update(self) -> None:
        """Adam or gradient descent on the flat vectors, in place."""
        rate, g, kind = self.work.learning_rate, self.gradient, self.flat.dtype.type
        if not self.work.adam:
            g *= kind(rate)
            self.flat -= g
            return
        self.t += 1
        adam_in_place(self.flat, g, self.V, self.S, self.T, self.U, self.t, rate, self.work.epsilon)

    def run(self) -> float:
        """All epochs; the mean loss of the last."""
        n, size = len(self.work.X), self.work.size
        for _ in range(self.work.epochs):
            loss = sum(self.step(self.order[i : i + size]) for i in range(0, n, size))
        return loss / n


def adam_in_place(W, g, V, S, T, U, t: int, rate=1e-3, epsilon=1e-8) -> None:
    """Algorithm 1 of Kingma and Ba without a new array; T and U are scratch."""
    kind = W.dtype.type
    V *= kind(0.9)
    np.multiply(g, kind(0.1), out=T)
    V += T
    S *= kind(0.999)
    np.multiply(g, g, out=T)
    T *= kind(0.001)
    S += T
    np.sqrt(S, out=T)
    T *= kind(1 / np.sqrt(1 - 0.999**t))
    T += kind(epsilon)
    np.divide(V, T, out=U)
    U *= kind(rate / (1 - 0.9**t))
    W -= U


class Notebook:
    """The course's loop for work A as a notebook has it: columns = examples, a new array for each result."""

    def __init__(self, work: Work) -> None:
        self.layers = [(W.T.copy(), b[:, None].copy()) for W, b in work.initial()]
        self.X, self.Y, self.work = np.ascontiguousarray(work.X.T), work.y[None].astype(work.dtype), work

    def run(self) -> float:
        """All steps; the cost of the last, before its update."""
        (W1, b1), (W2, b2), (W3, b3) = self.layers
        X, Y, m, rate = self.X, self.Y, self.X.shape[1], self.work.learning_rate
        for _ in range(self.work.epochs):
            A1 = np.maximum(0, np.dot(W1, X) + b1)
            A2 = np.maximum(0, np.dot(W2, A1) + b2)
            A3 = 1 / (1 + np.exp(-(np.dot(W3, A2) + b3)))
            cost = np.nansum(np.multiply(-np.log(A3), Y) + np.multiply(-np.log(1 - A3), 1 - Y)) / m
            dZ3 = A3 - Y
            dW3, db3 = np.dot(dZ3, A2.T) / m, np.sum(dZ3, axis=1, keepdims=True) / m
            dZ2 = np.multiply(np.dot(W3.T, dZ3), np.int64(A2 > 0))
            dW2, db2 = np.dot(dZ2, A1.T) / m, np.sum(dZ2, axis=1, keepdims=True) / m
            dZ1 = np.multiply(np.dot(W2.T, dZ2), np.int64(A1 > 0))
            dW1, db1 = np.dot(dZ1, X.T) / m, np.sum(dZ1, axis=1, keepdims=True) / m
            W1, b1 = W1 - rate * dW1, b1 - rate * db1
            W2, b2 = W2 - rate * dW2, b2 - rate * db2
            W3, b3 = W3 - rate * dW3, b3 - rate * db3
        self.layers = [(W1, b1), (W2, b2), (W3, b3)]
        return float(cost)


def contestants(work: Work) -> list[Contestant]:
    """In place on one thread and on two; the notebook too where the work is the course's."""
    if work.mixed:  # NumPy has no products of bfloat16
        return []
    found = [
        Contestant(
            "NumPy",
            count_threads(threads),
            lambda: Net(work),
            Net.run,
            lambda net: net.layers,
            threads,
        )
        for threads in (THREADS if work.batch_size else (1,))  # products of work A are too small for two
    ]
    if work.batch_size is None:

        def finish(notebook: Notebook) -> list[tuple[np.ndarray, np.ndarray]]:
            return [(W.T, b.ravel()) for W, b in notebook.layers]

        found.append(Contestant("NumPy", "notebook", lambda: Notebook(work), Notebook.run, finish))
    return found


def predictors(model: rn.Model) -> list[Predictor]:
    """In place after each product, on one thread and on two."""
    *hidden, (W_out, b_out) = rows_layers(model)

    def predict(X: np.ndarray) -> np.ndarray:
        A = X
        for W, b in hidden:
            A = A @ W
            A += b
            np.maximum(A, 0, out=A)
        A = A @ W_out
        A += b_out
        A -= A.max(axis=1, keepdims=True)
        np.exp(A, out=A)
        A /= A.sum(axis=1, keepdims=True)
        return A

    return [Predictor("NumPy", count_threads(n), predict, n) for n in THREADS]


def masks(n: int, keep_prob: float) -> dict[str, Callable[[], np.ndarray]]:
    """Ways to draw n elements of 0 and 1."""
    rng, pcg = (np.random.Generator(kind(0)) for kind in (np.random.SFC64, np.random.PCG64))
    U, threshold = np.empty(n, np.float32), np.uint32(keep_prob * 2**32)

    def raw() -> np.ndarray:
        return rng.bit_generator.random_raw(n // 2).view(np.uint32) < threshold

    def short() -> np.ndarray:
        return rng.integers(0, 1 << 16, n, dtype=np.uint16) < np.uint16(keep_prob * (1 << 16))

    return {
        "NumPy, SFC64 float32": lambda: rng.random(out=U, dtype=np.float32) < keep_prob,
        "NumPy, PCG64 float32": lambda: pcg.random(out=U, dtype=np.float32) < keep_prob,
        "NumPy, SFC64 32 raw bits": raw,
        "NumPy, SFC64 16 bits": short,
    }


def adam_steps(W: np.ndarray, g: np.ndarray) -> dict[str, tuple[Callable[[], object], np.ndarray]]:
    """Steps of Adam on a copy of W; the copy shows the result."""
    ours, t = W.copy(), [0]
    V, S, T, U = (np.zeros_like(W) for _ in range(4))

    def step() -> None:
        t[0] += 1
        adam_in_place(ours, g, V, S, T, U, t[0])

    return {"NumPy, in place": (step, ours)}
