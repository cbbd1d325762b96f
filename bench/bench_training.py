"""Training against what a user would pick instead: the same result first, then interleaved timings.

python bench/bench_training.py [--quick] [--only A,B-dropout] [--repeats 5] [--compile]
                               [--peak GFLOPS] [--json FILE] [--plot FILE.png] [--data FOLDER]

Works: A football, B small, C medium and D large nets (B, C and D also with dropout), E one row predicted,
F dropout masks, G Adam on 4 million parameters, M many nets at once, N a short training per call with
n_threads=None and scikit-learn imported, whose libraries have to be asked for their limits. A ratio is
the peer's best way divided by regnet's best, medians both; more than 1 means that regnet is faster.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import sys
import time
import timeit
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from ratios import plot
from works import (
    DATA,
    Contestant,
    Work,
    limit_threads,
    machine,
    matmul_peak,
    random_data,
    regnet_contestants,
    spread,
    training_work,
)

import cregnet
import regnet as rn

TRAININGS = ("A", "B", "B-dropout", "C", "C-dropout", "D", "D-dropout")
WORKS = (*TRAININGS, "E", "F", "G", "M", "N")
PEERS = {"NumPy": "numpy", "scikit-learn": "sklearn", "torch": "torch", "JAX": "jax"}
# what is compared -> (floor, aim), by work; a peer's name stands for the ratio of its time to regnet's
LIMIT, SCALING, MICROSECONDS = "share of the arithmetic limit", "two threads against one", "microseconds"
TARGETS: dict[str, dict[str, tuple[float, float]]] = {
    "A": {"NumPy": (14, 25), "JAX": (2.5, 5)},
    "B": {"NumPy": (4, 7), "JAX": (1.6, 3), "torch": (12, 22)},
    "B-dropout": {"NumPy": (4.5, 8), "JAX": (3, 6), "torch": (14, 28)},
    "C": {
        "NumPy": (1.5, 1.9),
        "JAX": (1.05, 1.25),
        "torch": (1.4, 1.7),
        LIMIT: (0.65, 0.8),
        SCALING: (1.75, 1.9),
    },
    "C-dropout": {"NumPy": (1.6, 2.1), "JAX": (1.15, 1.45), "torch": (1.8, 2.4)},
    "D": {"JAX": (1.03, 1.2), "torch": (1.15, 1.35), LIMIT: (0.75, 0.9), SCALING: (1.75, 1.9)},
    "D-dropout": {"JAX": (1.05, 1.25), "torch": (1.35, 1.65)},
    "E": {"NumPy": (4, 8), MICROSECONDS: (3, 3)},
    "F": {"torch": (10, 20), "NumPy": (2, 2)},
    "G": {"torch": (1, 1.1)},
    "M": {"one after another": (1.85, 1.95)},
    "N": {"n_threads=1": (0.98, 1)},
}
Seconds = dict[str, list[float]]


def find_peers(names: list[str]) -> dict[str, ModuleType]:
    """The peers that are installed; the others are named."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.import_module(f"peers_{PEERS[name]}")
        except ImportError as error:
            print(f"skipped: {name} ({error})")
    return found


# ------------------------------------------------------------------------------ agreement


def check_agreement(work: Work, peers: dict[str, ModuleType]) -> None:
    """Every contestant does the short form of the work in float64, without dropout, with regnet's result."""
    short = work.head()
    expected: list[tuple[np.ndarray, np.ndarray]] = []
    for contestant in everyone(short, peers):
        with limit_threads(contestant.threads):
            state = contestant.start()
            cost = contestant.run(state)
        found = contestant.finish(state)
        if not expected:
            expected, expected_cost = [(W.copy(), b.copy()) for W, b in found], cost
            moved = max(abs(W - W0).max() for (W, _), (W0, _) in zip(found, short.initial(), strict=True))
            assert moved > 1e-4, "nothing was trained"
        close = contestant.close
        for ours, theirs in zip(expected, found, strict=True):
            for a, b, what in zip(ours, theirs, "Wb", strict=True):
                off = np.mean(~np.isclose(b, a, rtol=close, atol=close))
                allowed = contestant.outliers + (contestant.outliers > 0) / a.size
                assert off <= allowed, f"work {work.key}: {contestant.name}: {off:.2%} of {what} differ"
        message = f"work {work.key}: {contestant.name}: cost"
        np.testing.assert_allclose(cost, expected_cost, rtol=min(10 * close, 1e-4), err_msg=message)


def everyone(work: Work, peers: dict[str, ModuleType]) -> list[Contestant]:
    """All contestants of a work, regnet first."""
    return regnet_contestants(work) + [c for peer in peers.values() for c in peer.contestants(work)]


# ------------------------------------------------------------------------------ trainings


def run_training(work: Work, peers: dict[str, ModuleType], repeats: int) -> Seconds:
    """Seconds of each contestant, one run of every contestant per round after a round that does not count."""
    contestants = everyone(work, peers)
    seconds: Seconds = {c.name: [] for c in contestants}
    costs: dict[str, float] = {}
    for repeat in range(repeats + 1):
        for contestant in contestants:
            with limit_threads(contestant.threads):
                state = contestant.start()
                started = time.perf_counter()
                cost = contestant.run(state)
                passed = time.perf_counter() - started
            if repeat:
                seconds[contestant.name].append(passed / contestant.share)
            elif contestant.share == 1:
                costs[contestant.name] = cost
    if work.keep_prob == 1:
        expected = next(iter(costs.values()))
        for (
            name,
            cost,
        ) in costs.items():  # float32 rounds differently in each, so the costs are near, not equal
            np.testing.assert_allclose(cost, expected, rtol=0.01, err_msg=f"work {work.key}: {name}: cost")
    return seconds


def limits(work: Work, seconds: Seconds, peak: float) -> dict[str, float]:
    """Share of what two cores could do, and what the second thread brings."""
    one, two = (spread(seconds[f"regnet, {way}"])["median"] for way in ("1 thread", "2 threads"))
    print(f"one thread: {work.flops() / one / 1e9:.0f} GFLOP/s, two: {work.flops() / two / 1e9:.0f}")
    return {LIMIT: work.flops() / two / (2e9 * peak), SCALING: one / two}


# ------------------------------------------------------------------------------ E, F, G, M, N


def interleave(calls: dict[str, Callable[[], object]], repeats: int, seconds: float = 0.1) -> Seconds:
    """Seconds per call, each repeat long enough for the clock, one repeat of every contestant per round."""
    number = {}
    for name, call in calls.items():
        call()
        number[name] = max(1, int(seconds / (timeit.timeit(call, number=3) / 3)))
    found: Seconds = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            found[name].append(timeit.timeit(call, number=number[name]) / number[name])
    return found


def run_predict(peers: dict[str, ModuleType], repeats: int) -> Seconds:
    """Work E: class probabilities of one row."""
    model = rn.Model.mlp([32, 64, 64, 10], init=rn.He(), seed=3)
    row = np.random.default_rng(0).standard_normal((1, 32), dtype=np.float32)
    calls = {"regnet": lambda: model.predict_proba(row)}
    for peer in peers.values():
        calls |= peer.predictors(model, row)
    for name, call in calls.items():
        np.testing.assert_allclose(call(), model.predict_proba(row), rtol=1e-4, err_msg=f"work E: {name}")
    with limit_threads(1):
        return interleave(calls, repeats)


def run_masks(peers: dict[str, ModuleType], repeats: int) -> Seconds:
    """Work F: seconds per element of a dropout mask, all but JAX on one thread."""
    shape, keep_prob = (1024, 512), 0.86
    D, step = np.empty(shape, np.uint8), iter(range(1 << 40))

    def ours() -> np.ndarray:
        cregnet.dropout_mask(shape, keep_prob, 3, 1, next(step), D)
        return D

    calls: dict[str, Callable[[], Any]] = {"regnet": ours}
    for peer in peers.values():
        calls |= getattr(peer, "masks", lambda n, p: {})(D.size, keep_prob)
    for name, call in calls.items():
        off = abs(np.asarray(call()).mean() - keep_prob)
        assert off < 5 * np.sqrt(keep_prob * (1 - keep_prob) / D.size), f"work F: {name} is off by {off}"
    with limit_threads(1):
        found = interleave(calls, repeats)
    return {name: [s / D.size for s in values] for name, values in found.items()}


def run_adam(peers: dict[str, ModuleType], repeats: int) -> Seconds:
    """Work G: a step of Adam on 4 million float32 parameters."""
    n = 4_000_000
    rng = np.random.default_rng(0)
    W, g = (rng.standard_normal(n, dtype=np.float32) for _ in range(2))

    def regnet_steps(call: Callable[..., object]) -> tuple[Callable[[], object], np.ndarray]:
        ours, V, S, t = W.copy(), np.zeros_like(W), np.zeros_like(W), iter(range(1, 1 << 40))
        return lambda: call(ours, g, V, S, 1e-3, 0.9, 0.999, 1e-8, next(t)), ours

    pool = ThreadPoolExecutor(2)

    def halves(*arguments: Any) -> None:
        # the kernel has no threads of its own, but it frees the interpreter and works element by element
        arrays, numbers = arguments[:4], arguments[4:]
        parts = (slice(0, n // 2), slice(n // 2, n))
        list(pool.map(lambda part: cregnet.adam(*(a[part] for a in arrays), *numbers), parts))

    steps = {"regnet, 1 thread": regnet_steps(cregnet.adam)}
    if "n_threads" in (inspect.getdoc(cregnet.adam) or ""):
        steps["regnet, 2 threads"] = regnet_steps(lambda *a: cregnet.adam(*a, n_threads=2))
    else:
        steps["regnet, 2 Python threads"] = regnet_steps(halves)
    for peer in peers.values():
        steps |= getattr(peer, "adam_steps", lambda W, g: {})(W, g)
    for _ in range(3):
        for step, _ in steps.values():
            step()
    for name, (_, after) in steps.items():
        np.testing.assert_allclose(
            after, steps["regnet, 1 thread"][1], rtol=1e-5, atol=1e-6, err_msg=f"G: {name}"
        )
    with pool:
        return interleave({name: step for name, (step, _) in steps.items()}, repeats)


def run_many(repeats: int) -> Seconds:
    """Work M: sixteen nets of work B by `fit_many` on two threads, and one after another on one."""
    work = training_work("B")
    options = {"epochs": 1, "batch_size": work.batch_size, "optimizer": work.optimizer()}

    def models() -> list[rn.Model]:
        return [rn.Model.mlp(work.sizes, seed=seed) for seed in range(16)]

    def together(nets: list[rn.Model]) -> None:
        rn.fit_many(nets, work.X, work.y, n_threads=2, **options)

    def apart(nets: list[rn.Model]) -> None:
        for net in nets:
            rn.train(net, work.X, work.y, n_threads=1, **options)

    seconds: Seconds = {"regnet, fit_many": [], "one after another": []}
    for repeat in range(repeats + 1):
        ours, theirs = models(), models()
        rounds = zip(seconds.values(), (ours, theirs), (together, apart), strict=True)
        for values, nets, run in rounds:
            started = time.perf_counter()
            run(nets)
            if repeat:
                values.append(time.perf_counter() - started)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a.parameters, b.parameters)
    return seconds


def run_calls(repeats: int) -> Seconds:
    """Work N: one epoch per call of 10,000 rows of 50-100-7, asking how many threads there may be or not."""
    import sklearn.neural_network  # noqa: F401 -- with the libraries that come with it

    X, y = random_data(10_000, 50, 7)

    def training(n_threads: int | None) -> tuple[Callable[[], object], rn.Model]:
        model = rn.Model.mlp([50, 100, 7], seed=3)
        return lambda: rn.train(model, X, y, epochs=1, n_threads=n_threads), model

    calls = {"regnet, n_threads=None": training(None), "n_threads=1": training(1)}
    for call, _ in calls.values():
        call()
    asked, told = (model.parameters for _, model in calls.values())
    np.testing.assert_array_equal(asked, told, err_msg="work N: n_threads=None")
    with limit_threads(1):  # one thread for both: they differ in the asking alone
        return interleave({name: call for name, (call, _) in calls.items()}, 3 * repeats)


# ------------------------------------------------------------------------------ report


def report(key: str, title: str, seconds: Seconds, unit: str, extra: dict[str, float] | None = None) -> dict:
    """Print a work's table and its targets; return them."""
    scale = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit]
    rows = {name: {k: v * scale for k, v in spread(values).items()} for name, values in seconds.items()}
    best = min(row["median"] for name, row in rows.items() if name.startswith("regnet"))
    print(f"\n{key}. {title}\n{'':<28}{'median ' + unit:>12}{'min':>10}{'max':>10}{'x regnet':>10}")
    for name, row in rows.items():
        row["ratio"] = row["median"] / best
        numbers = "".join(f"{row[k]:>{w}.4g}" for k, w in (("median", 12), ("min", 10), ("max", 10)))
        print(f"{name:<28}{numbers}{row['ratio']:>10.2f}")
    measured = dict(extra or {})
    for name, row in rows.items():
        peer = name.split(",")[0]
        if peer != "regnet":
            measured[peer] = min(row["ratio"], measured.get(peer, np.inf))
    if key == "E":
        measured[MICROSECONDS] = best
    targets = []
    for what, (floor, aim) in TARGETS[key].items():
        if what not in measured:
            print(f"  {what}: not measured")
            continue
        value, sign = measured[what], -1 if what == MICROSECONDS else 1  # time is better the less
        met = {"floor": sign * value >= sign * floor, "aim": sign * value >= sign * aim}
        targets.append({"what": what, "measured": value, "floor": floor, "aim": aim, "met": met})
        told = ", ".join(
            f"{k} {v:g} {'met' if met[k] else 'NOT MET'}" for k, v in (("floor", floor), ("aim", aim))
        )
        print(f"  {what}: {value:.3g} ({told})")
    return {"work": key, "title": title, "unit": unit, "rows": rows, "targets": targets}


def main() -> None:
    """Run the works asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--repeats", type=int, help="default 5, with --quick 3")
    parser.add_argument("--only", help=f"comma-separated, from {','.join(WORKS)}")
    parser.add_argument("--quick", action="store_true", help="less data, fewer repeats, no torch, no JAX")
    parser.add_argument("--compile", action="store_true", help="torch.compile too")
    parser.add_argument("--peak", type=float, help="GFLOP/s of one core in float32; default: measured")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    keys = given.only.split(",") if given.only else list(WORKS)
    if unknown := [key for key in keys if key not in WORKS]:
        sys.exit(f"--only names {', '.join(unknown)}, wanted some of {', '.join(WORKS)}")
    repeats = given.repeats or (3 if given.quick else 5)
    about = machine()
    print(", ".join(f"{k} {v}" for k, v in about.items()))
    peers = find_peers(["NumPy", "scikit-learn"] if given.quick else list(PEERS))
    if "torch" in peers:
        peers["torch"].COMPILE = given.compile
    peak = given.peak or matmul_peak()
    print(f"one core: {peak:.0f} GFLOP/s in float32 ({'given' if given.peak else 'best product measured'})")

    results = []
    for key in keys:
        if key in TRAININGS:
            work = training_work(key, given.data, given.quick)
            check_agreement(work, peers)
            seconds = run_training(work, peers, repeats)
            extra = limits(work, seconds, peak) if key in ("C", "D") else None
            results.append(report(key, work.title, seconds, "s", extra))
        elif key == "E":
            results.append(
                report(key, "predict_proba of one row, 32-64-64-10", run_predict(peers, repeats), "us")
            )
        elif key == "F":
            title = "dropout mask, 1024 x 512, per element"
            results.append(report(key, title, run_masks(peers, repeats), "ns"))
        elif key == "G":
            title = "Adam on 4 million float32 parameters"
            results.append(report(key, title, run_adam(peers, repeats), "ms"))
        elif key == "N":
            title = "10,000 x 50-100-7, one epoch per call, scikit-learn imported"
            try:
                results.append(report(key, title, run_calls(repeats), "ms"))
            except ImportError as error:
                print(f"\nskipped: work N ({error})")
        elif hasattr(rn, "fit_many"):
            title = "16 nets of work B, on two threads and one after another on one"
            results.append(report(key, title, run_many(repeats), "s"))
        else:
            print("\nskipped: work M (this regnet has no fit_many)")
        sys.stdout.flush()
    if given.json:
        given.json.write_text(json.dumps({"machine": about | {"peak": peak}, "works": results}, indent=1))
    if given.plot:
        plot(results, [*PEERS, "one after another", "n_threads=1"], given.plot)


if __name__ == "__main__":
    main()
