"""Each kernel: its twin's result first, then milliseconds, and GFLOP/s or GB/s beside the machine's peak.

python bench/bench_kernels.py [--only dense,adam] [--repeats 5] [--json FILE]

One thread. Products count multiplications and additions; all others count the bytes that they must read
and write once, over arrays of eight million elements, which no cache holds. The probe
of bandwidth is a copy, which also reads what it overwrites: kernels that work in place can pass 100 %.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import cregnet
import cregnet.reference
import regnet as rn
from cregnet.spec import ACTIVATIONS, LOSSES, OPTIMIZERS, Optimizer

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from works import copy_peak, limit_threads, machine, matmul_peak, spread

from twins import assert_twins, reals

ROWS, COLUMNS = 4096, 2048  # of elementwise kernels
LAYER = (504, 128, 784)  # units, examples, inputs: near work C, whole register tiles
DTYPES = ("float32", "float64")
# timed as a whole by another script
ELSEWHERE = {"network_train": "bench_training.py"}

Case = tuple[list[Any], float, str]  # arguments, amount of work, its unit
FLOPS, BYTES = "GFLOP/s", "GB/s"


def stream(arguments: list[Any], passes: float | None = None) -> Case:
    """A case that is bound by memory: every array is moved once, or `passes` times its first array."""
    arrays = [a for a in arguments if isinstance(a, np.ndarray)]
    moved = sum(a.nbytes for a in arrays) if passes is None else passes * arrays[0].nbytes
    return arguments, float(moved), BYTES


def forward(rng: np.random.Generator, dtype: str) -> Case:
    """Z in, A out."""
    return stream([3 * reals(rng, ROWS, COLUMNS, dtype=dtype), np.empty((ROWS, COLUMNS), dtype)])


def backward(rng: np.random.Generator, dtype: str) -> Case:
    """dA and A in, dZ out."""
    dA, A = reals(rng, ROWS, COLUMNS, dtype=dtype), rng.random((ROWS, COLUMNS)).astype(dtype)
    return stream([dA, A, np.empty_like(A)])


def product(left: tuple[int, int], right: tuple[int, int]) -> Callable[..., Case]:
    """A product of two matrices into one of LAYER's units x examples."""

    def case(rng: np.random.Generator, dtype: str) -> Case:
        n, m, k = LAYER
        A, B = (reals(rng, *shape, dtype=dtype) for shape in (left, right))
        return [A, B, np.empty((n, m), dtype)], 2.0 * n * m * k, FLOPS

    return case


def dense(rng: np.random.Generator, dtype: str) -> Case:
    """W, b, A_prev in, Z out."""
    n, m, k = LAYER
    W, b, A = (reals(rng, *shape, dtype=dtype) for shape in ((n, k), (n, 1), (k, m)))
    return [W, b, A, np.empty((n, m), dtype)], 2.0 * n * m * k, FLOPS


def dense_backward(rng: np.random.Generator, dtype: str) -> Case:
    """dZ, W, A_prev in, dW, db, dA_prev out: two products."""
    n, m, k = LAYER
    dZ, W, A = (reals(rng, *shape, dtype=dtype) for shape in ((n, m), (n, k), (k, m)))
    return [dZ, W, A, np.empty_like(W), np.empty((n, 1), dtype), np.empty_like(A)], 4.0 * n * m * k, FLOPS


def dropped(rng: np.random.Generator, dtype: str) -> Case:
    """A in and out, D in."""
    A, D = reals(rng, ROWS, COLUMNS, dtype=dtype), rng.integers(0, 2, (ROWS, COLUMNS)).astype(np.uint8)
    return [A, D, 0.5, A], 2.0 * A.nbytes + D.nbytes, BYTES


def noise(rng: np.random.Generator, dtype: str) -> Case:
    """A in and out."""
    A = reals(rng, ROWS, COLUMNS, dtype=dtype)
    return stream([A, 0.1, 3, 1, 7, A], passes=2)


def drawn_factors(rng: np.random.Generator, dtype: str) -> Case:
    """M out."""
    return stream([(ROWS, COLUMNS), 0.5, 3, 1, 7, np.empty((ROWS, COLUMNS), dtype)], passes=1)


def drawn_weights(rng: np.random.Generator, dtype: str) -> Case:
    """W out."""
    return stream([(ROWS, COLUMNS), 0.1, 3, 1, np.empty((ROWS, COLUMNS), dtype)], passes=1)


def factors(rng: np.random.Generator, dtype: str) -> Case:
    """A in and out, M in."""
    A, M = (reals(rng, ROWS, COLUMNS, dtype=dtype) for _ in range(2))
    return stream([A, M, A], passes=3)


def units(rng: np.random.Generator, dtype: str, n_columns: int) -> list[Any]:
    """Columns of a number for each unit, between 1 and 2."""
    return [(1 + rng.random((ROWS, 1))).astype(dtype) for _ in range(n_columns)]


def batch_norm(rng: np.random.Generator, dtype: str) -> Case:
    """Z in and out, A out."""
    Z = reals(rng, ROWS, COLUMNS, dtype=dtype)
    gamma, beta, mean, variance = units(rng, dtype, 4)
    return stream([Z, gamma, beta, np.empty_like(Z), Z, mean, variance], passes=3)


def batch_norm_backward(rng: np.random.Generator, dtype: str) -> Case:
    """dA in and out, Zhat in."""
    dA, Zhat = (1 + reals(rng, ROWS, COLUMNS, dtype=dtype) for _ in range(2))
    gamma, variance, dgamma, dbeta = units(rng, dtype, 4)
    return stream([dA, Zhat, gamma, variance, dA, dgamma, dbeta], passes=3)


def batch_norm_predict(rng: np.random.Generator, dtype: str) -> Case:
    """Z in and out."""
    Z = reals(rng, ROWS, COLUMNS, dtype=dtype)
    return stream([Z, *units(rng, dtype, 4), Z], passes=2)


def batch_norm_fold(rng: np.random.Generator, dtype: str) -> Case:
    """W in, W_out out."""
    W = reals(rng, ROWS, COLUMNS, dtype=dtype)
    return stream([W, *units(rng, dtype, 4), np.empty_like(W), *units(rng, dtype, 1)], passes=2)


def batch_norm_statistics(rng: np.random.Generator, dtype: str) -> Case:
    """mean and variance in, their running averages in and out: those of one layer, in cache."""
    return stream([*units(rng, dtype, 4), 0.9, 128], passes=6)


def loss(rng: np.random.Generator, dtype: str) -> Case:
    """Z and Y in, dZ out."""
    n = ROWS * COLUMNS // 16
    Z, Y = 3 * reals(rng, 16, n, dtype=dtype), np.eye(16, dtype=dtype)[:, rng.integers(0, 16, n)].copy()
    return stream([Z, Y, np.full(n, 1 / n, dtype), np.empty_like(Z)])


def penalised(rng: np.random.Generator, dtype: str) -> Case:
    """W in."""
    return stream([reals(rng, ROWS * COLUMNS, dtype=dtype), 1e-3, 1e-2])


def penalised_backward(rng: np.random.Generator, dtype: str) -> Case:
    """W in, dW in and out."""
    W, dW = (reals(rng, ROWS * COLUMNS, dtype=dtype) for _ in range(2))
    return stream([W, dW, 1e-3, 1e-2], passes=3)


def in_place(*shape: int, number: float, passes: float) -> Callable[..., Case]:
    """One array, scaled or cut by a number."""

    def case(rng: np.random.Generator, dtype: str) -> Case:
        x = reals(rng, *shape, dtype=dtype)
        return stream([x, number, x], passes)

    return case


def optimizer(row: Optimizer) -> Callable[..., Case]:
    """W and the moments in and out, dW in."""
    numbers = [row.learning_rate, *(option.default for option in row.options), *([7] if row.counts else [])]
    n_moments = len(row.moments)

    def case(rng: np.random.Generator, dtype: str) -> Case:
        W, dW = (reals(rng, ROWS * COLUMNS, dtype=dtype) for _ in range(2))
        moments = [np.abs(reals(rng, ROWS * COLUMNS, dtype=dtype)) for _ in range(n_moments)]
        return stream([W, dW, *moments, *numbers], passes=3 + 2 * n_moments)

    return case


def gather(rng: np.random.Generator, dtype: str) -> Case:
    """Rows of X in, columns of A out: a batch of 128 out of 4,096 examples."""
    X, order = reals(rng, ROWS, COLUMNS, dtype=dtype), rng.integers(0, ROWS, 128)
    A = np.empty((COLUMNS, 128), dtype)
    return [X, order, A], 2.0 * A.nbytes, BYTES


def one_hot(rng: np.random.Generator, dtype: str) -> Case:
    """Labels and order in, Y out."""
    n = ROWS * COLUMNS // 16
    labels, order = rng.integers(0, 16, n).astype(np.int32), rng.permutation(n)
    return stream([labels, order, 16, np.empty((16, n), dtype)])


def network(rng: np.random.Generator, dtype: str) -> tuple[rn.Model, list[Any], float]:
    """A 784-512-512-10 network, a batch of 128 and its targets, and flops of one product per layer."""
    model = rn.Model.mlp([784, 512, 512, 10], init=rn.He(), dtype=dtype, seed=3)
    X, y = reals(rng, 128, 784, dtype=dtype), rng.integers(0, 10, 128)
    y[:10] = np.arange(10)
    targets = model.check_targets(y, 128)
    flops = 2.0 * 128 * sum(W.size for W in model.weights)
    return model, [X, targets.Y, targets.labels], flops


def network_predict(rng: np.random.Generator, dtype: str) -> Case:
    """One forward pass."""
    model, (X, _, _), flops = network(rng, dtype)
    return [model.plan, model.parameters, X, np.empty((128, 10), X.dtype)], flops, FLOPS


def network_sample(rng: np.random.Generator, dtype: str) -> Case:
    """Eight samples with dropout on."""
    model, (X, _, _), flops = network(rng, dtype)
    plan = replace(model.plan, keep_prob=(1.0, 0.5, 0.5))
    outputs = [np.empty((128, 10), X.dtype) for _ in range(2)]
    work = 8 * flops - 7 * 2.0 * 128 * model.weights[0].size  # the first layer is computed once
    return [plan, model.parameters, X, 8, 3, 512, *outputs], work, FLOPS


def network_gradient(rng: np.random.Generator, dtype: str) -> Case:
    """Forward and backward."""
    model, batch, flops = network(rng, dtype)
    work = 3 * flops - 2.0 * 128 * model.weights[0].size  # no gradient with respect to the input
    weight, gradient = np.empty(0, dtype), np.empty_like(model.parameters)
    return [model.plan, model.parameters, *batch, weight, 0, None, gradient], work, FLOPS


def integers(name: str, rng: np.random.Generator) -> Case:
    """Kernels on whole numbers alone, for which there is no float32 and float64."""
    n = ROWS * COLUMNS // 4
    if name == "philox":
        counter = rng.integers(0, 2**32, (n, 4), np.uint32)
        return stream([counter, np.array([1, 2], np.uint32), np.empty_like(counter)])
    if name == "random_words":
        return stream([4 * n, 3, 4, 1, 7, np.empty(4 * n, np.uint32)])
    if name == "dropout_mask":
        return stream([(ROWS, COLUMNS), 0.86, 3, 1, 7, np.empty((ROWS, COLUMNS), np.uint8)])
    return stream([np.arange(60_000), 3, 7], passes=2)  # shuffle: MNIST's number of examples


n_units, n_examples, n_inputs = LAYER
CASES: dict[str, Callable[..., Case]] = {
    **dict.fromkeys(ACTIVATIONS, forward),
    **{f"{name}_backward": backward for name in ACTIVATIONS},
    "dense": dense,
    "dense_backward": dense_backward,
    "matmul": product((n_units, n_inputs), (n_inputs, n_examples)),
    "matmul_tn": product((n_inputs, n_units), (n_inputs, n_examples)),
    "matmul_nt": product((n_units, n_inputs), (n_examples, n_inputs)),
    "dropout": dropped,
    "dropout_backward": dropped,
    "gaussian_noise": noise,
    "gaussian_dropout_factors": drawn_factors,
    "apply_factors": factors,
    "normal_weights": drawn_weights,
    "uniform_weights": drawn_weights,
    **dict.fromkeys(LOSSES, loss),
    "penalty": penalised,
    "penalty_backward": penalised_backward,
    "soft_threshold": in_place(ROWS * COLUMNS, number=0.1, passes=2),
    "max_norm": in_place(ROWS, COLUMNS, number=40.0, passes=2),
    "clip_values": in_place(ROWS * COLUMNS, number=1.0, passes=2),
    "clip_norm": in_place(ROWS * COLUMNS, number=1e9, passes=1),
    **{name: optimizer(row) for name, row in OPTIMIZERS.items()},
    "batch_norm": batch_norm,
    "batch_norm_backward": batch_norm_backward,
    "batch_norm_predict": batch_norm_predict,
    "batch_norm_fold": batch_norm_fold,
    "batch_norm_statistics": batch_norm_statistics,
    "gather": gather,
    "one_hot": one_hot,
    "network_predict": network_predict,
    "network_sample": network_sample,
    "network_gradient": network_gradient,
}
INTEGER_KERNELS = ("philox", "random_words", "dropout_mask", "shuffle")


def missing() -> list[str]:
    """Kernels without a benchmark."""
    kernels = {name for family in cregnet.KERNELS.values() for name in family}
    return sorted(kernels - CASES.keys() - set(INTEGER_KERNELS) - ELSEWHERE.keys())


def clock(run: Callable[[], object], repeats: int, seconds: float = 0.03) -> list[float]:
    """Seconds per call of each repeat, all long enough for the clock."""
    run()
    started = time.perf_counter()
    run()
    number = max(1, int(seconds / max(time.perf_counter() - started, 1e-9)))
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        for _ in range(number):
            run()
        found.append((time.perf_counter() - started) / number)
    return found


def measure(name: str, dtype: str, repeats: int) -> dict[str, Any]:
    """Check a kernel against its twin, then time both."""
    rng = np.random.default_rng(1)
    arguments, work, unit = integers(name, rng) if dtype == "-" else CASES[name](rng, dtype)
    kernel, twin = getattr(cregnet, name), getattr(cregnet.reference, name)
    assert_twins(kernel, twin, arguments, scale=10)  # longer sums than in the tests
    theirs = copy.deepcopy(arguments)
    started = time.perf_counter()
    twin(*theirs)
    twin_seconds = time.perf_counter() - started
    seconds = spread(clock(lambda: kernel(*arguments), repeats))
    rate = work / seconds["median"] / 1e9
    return {"kernel": name, "dtype": dtype, **seconds, "rate": rate, "unit": unit, "twin": twin_seconds}


def main() -> None:
    """Measure the kernels asked for; refuse if one has no benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="kernels, comma-separated")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if names := missing():
        sys.exit(f"no benchmark for {', '.join(names)}: add one to CASES")
    wanted = given.only.split(",") if given.only else [*CASES, *INTEGER_KERNELS]
    if unknown := set(wanted) - CASES.keys() - set(INTEGER_KERNELS):
        sys.exit(f"--only names {', '.join(sorted(unknown))}, wanted kernels of bench_kernels.py")
    about = machine()
    print(", ".join(f"{k} {v}" for k, v in about.items()))
    peaks = {(FLOPS, dtype): matmul_peak(dtype) for dtype in DTYPES}
    copied = copy_peak()
    peaks |= {(BYTES, dtype): copied for dtype in (*DTYPES, "-")}
    single, double = (peaks[FLOPS, dtype] for dtype in DTYPES)
    print(f"one core: {single:.0f} GFLOP/s in float32, {double:.0f} in float64 (best product measured),")
    print(f"{copied:.0f} GB/s (a copy beyond the caches, read and written)\n")
    heads = "".join(f"{head:>9}" for head in ("ms", "min", "max", "rate"))
    print(f"{'kernel':<26}{'dtype':<9}{heads} {'':<8}{'of peak':>8}{'twin ms':>10}")
    rows = []
    with limit_threads(1):
        for name in wanted:
            for dtype in ("-",) if name in INTEGER_KERNELS else DTYPES:
                row = measure(name, dtype, given.repeats)
                row["of_peak"] = row["rate"] / peaks[row["unit"], dtype]
                rows.append(row)
                ms = "".join(f"{1e3 * row[k]:>9.3f}" for k in ("median", "min", "max"))
                rate = f"{row['rate']:>9.1f} {row['unit']:<8}{row['of_peak']:>8.0%}"
                print(f"{name:<26}{dtype:<9}{ms}{rate}{1e3 * row['twin']:>10.2f}", flush=True)
    for name, where in ELSEWHERE.items():
        print(f"{name:<26}see {where}")
    if given.json:
        found = {f"{unit} {dtype}": value for (unit, dtype), value in peaks.items()}
        given.json.write_text(json.dumps({"machine": about, "peaks": found, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
