"""Works E and H: class probabilities of given rows, ours and those of every peer.

E is one row on one thread. H is two nets with 1 row to a million, every contestant on one thread and on two;
from LARGE rows on, everybody with two threads alone, and the peers that keep every layer's activations of all
rows also get them in blocks, which caches can hold.
"""

from __future__ import annotations

import time
import timeit
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType

import numpy as np
from works import THREADS, Predictor, Seconds, count_threads, interleave, limit_threads, takes_compute_dtype

import regnet as rn

NETS = {"small": (32, 64, 64, 10), "wide": (784, 512, 512, 10)}
ROWS = {"small": (1, 16, 1_024, 1_000_000), "wide": (1, 16, 1_024, 100_000)}  # a million wide rows are 3 GB
LARGE, BLOCK = 50_000, 4_096
CLOSE = 1e-4  # difference of a probability that is allowed
CLOSE_BFLOAT16 = 2e-2
PAUSE = 0.03  # seconds in which the idle threads of the last contestant go to sleep


@dataclass(frozen=True)
class Case:
    """A net and a number of rows."""

    net: str
    n_rows: int

    @property
    def key(self) -> str:
        """As in `--only`."""
        return f"H-{self.net}-{self.n_rows}"

    @property
    def title(self) -> str:
        """For the table."""
        rows = "one row" if self.n_rows == 1 else f"{self.n_rows:,} rows"
        return f"predict_proba of {rows}, {'-'.join(map(str, NETS[self.net]))}, float32"

    def flops(self) -> float:
        """Multiplications and additions of the products."""
        sizes = NETS[self.net]
        return 2.0 * self.n_rows * sum(a * b for a, b in zip(sizes[:-1], sizes[1:], strict=True))


CASES = {case.key: case for case in (Case(net, n) for net in NETS for n in ROWS[net])}


def regnet_predictors(model: rn.Model) -> list[Predictor]:
    """predict_proba, limited to one thread and to two as by any user of threadpoolctl."""
    ways = [Predictor("regnet", count_threads(n), model.predict_proba, n) for n in THREADS]
    if takes_compute_dtype():
        narrow = partial(model.predict_proba, compute_dtype="bfloat16")
        ways += [Predictor("regnet bfloat16", count_threads(n), narrow, n) for n in THREADS]
    return ways


def in_blocks(predictor: Predictor) -> Predictor:
    """The same way, a block of rows at a time, into one array."""

    def predict(X: np.ndarray) -> np.ndarray:
        first = predictor.predict(X[:BLOCK])
        out = np.empty((len(X), first.shape[1]), first.dtype)
        out[:BLOCK] = first
        for start in range(BLOCK, len(X), BLOCK):
            out[start : start + BLOCK] = predictor.predict(X[start : start + BLOCK])
        return out

    return replace(predictor, way=f"{predictor.way}, blocks of {BLOCK:,}", predict=predict)


def everyone(model: rn.Model, peers: dict[str, ModuleType], n_rows: int) -> list[Predictor]:
    """All ways that can win, regnet's first."""
    found = regnet_predictors(model)
    found += [way for peer in peers.values() for way in getattr(peer, "predictors", lambda model: [])(model)]
    if n_rows < LARGE:
        return found
    found = [way for way in found if way.threads == max(THREADS)]
    return found + [in_blocks(way) for way in found if way.peer in ("NumPy", "torch", "onnxruntime")]


def check_agreement(key: str, ways: list[Predictor], X: np.ndarray, expected: np.ndarray) -> None:
    """Everybody's probabilities are ours."""
    for way in ways:
        close = CLOSE_BFLOAT16 if way.peer == "regnet bfloat16" else CLOSE
        found = way.predict(X)
        assert found.shape == expected.shape, f"work {key}: {way.name}: {found.shape}"
        np.testing.assert_allclose(found, expected, rtol=close, atol=close, err_msg=f"work {key}: {way.name}")


def run_one_row(peers: dict[str, ModuleType], repeats: int) -> Seconds:
    """Work E: class probabilities of one row on one thread."""
    model = rn.Model.mlp([32, 64, 64, 10], init=rn.He(), seed=3)
    row = np.random.default_rng(0).standard_normal((1, 32), dtype=np.float32)
    ways = [way for way in everyone(model, peers, 1) if way.threads == 1 or way.peer == "JAX"]
    check_agreement("E", ways, row, model.predict_proba(row))
    with limit_threads(1):
        for way in ways:
            way.prepare()
        return interleave({way.name: lambda way=way: way.predict(row) for way in ways}, repeats)


def run_rows(case: Case, peers: dict[str, ModuleType], repeats: int, seconds: float = 0.05) -> Seconds:
    """Work H: seconds per call of every way, `repeats` rounds of at least so many seconds each."""
    model = rn.Model.mlp(NETS[case.net], init=rn.He(), seed=3)
    X = np.random.default_rng(0).standard_normal((case.n_rows, NETS[case.net][0]), dtype=np.float32)
    ways = everyone(model, peers, case.n_rows)
    check_agreement(case.key, ways, X, model.predict_proba(X))
    found: Seconds = {way.name: [] for way in ways}
    for _ in range(repeats):
        for way in ways:
            with limit_threads(way.threads):
                way.prepare()
                time.sleep(PAUSE)
                found[way.name].append(seconds_per_call(way, X, seconds))
    return found


def seconds_per_call(way: Predictor, X: np.ndarray, seconds: float) -> float:
    """The mean over about so many seconds, at least one call, after calls that do not count."""

    def call() -> object:
        return way.predict(X)

    warm = timeit.timeit(call, number=1)
    if warm < seconds:
        warm = timeit.timeit(call, number=3) / 3
    number = max(1, int(seconds / warm))
    return timeit.timeit(call, number=number) / number
