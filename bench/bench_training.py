"""Training against what a user would pick instead: the same result first, then interleaved timings.

python bench/bench_training.py [--quick] [--only A,B-dropout] [--repeats 5] [--compile]
                               [--peak GFLOPS] [--json FILE] [--plot FILE.png] [--data FOLDER]

Works: A football, B small, C medium and D large nets (B, C and D also with dropout; C and D also in mixed
precision, where float32 and bfloat16 compete in one table), E one row predicted, F dropout masks, G Adam on
4 million parameters, H prediction of 1 row to a million by two nets, M many nets at once, N a short training
per call with n_threads=None and scikit-learn imported, whose libraries have to be asked for their limits. A
ratio is the peer's best way divided by regnet's best, medians both; more than 1 means that regnet is faster.
--only takes `H` for all works whose names start with `H-`.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from agreement import all_precisions, check_agreement, check_cost
from predictions import CASES, LARGE, run_one_row, run_rows
from ratios import plot
from works import (
    DATA,
    Seconds,
    Work,
    busy_seconds,
    interleave,
    limit_threads,
    machine,
    matmul_peak,
    others_share,
    processor,
    random_data,
    spread,
    takes_compute_dtype,
    training_work,
)

import cregnet
import regnet as rn

TRAININGS = ("A", "B", "B-dropout", "C", "C-dropout", "C-bfloat16", "D", "D-dropout", "D-bfloat16")
WORKS = (*TRAININGS, "E", "F", "G", *CASES, "M", "N")
QUICK = tuple(
    key for key in WORKS if not key.endswith("bfloat16") and (key not in CASES or CASES[key].n_rows < LARGE)
)
PEERS = {
    "NumPy": "numpy",
    "scikit-learn": "sklearn",
    "torch": "torch",
    "JAX": "jax",
    "onnxruntime": "onnxruntime",
}
# what is compared -> (floor, aim), by work; a peer's name stands for the ratio of its time to regnet's
LIMIT, SCALING, MICROSECONDS = "share of the arithmetic limit", "two threads against one", "microseconds"
NARROW, FASTEST = "bfloat16 against our float32", "fastest peer in any precision"
PICTURE = (
    "What the same work takes elsewhere, and nets one after another that fit_many trains at once,\n"
    "and calls on one thread, which need not ask how many there may be"
)
AT_MOST = (MICROSECONDS, NARROW)  # better the less; of all others, better the more
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
    "C-bfloat16": {NARROW: (0.62, 0.62), FASTEST: (1.4, 1.6)},
    "D-bfloat16": {NARROW: (0.55, 0.55), FASTEST: (1.35, 1.5)},
    **{key: dict.fromkeys(PEERS, (1.0, 1.0)) for key in CASES},
}
TARGETS["H-small-1"] |= {MICROSECONDS: (1.5, 1.5)}
TARGETS["H-wide-1024"] |= {LIMIT: (0.85, 0.85)}
TARGETS["H-wide-100000"] |= {LIMIT: (0.85, 0.85)}


def find_peers(names: list[str]) -> dict[str, ModuleType]:
    """The peers that are installed; the others are named."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.import_module(f"peers_{PEERS[name]}")
        except ImportError as error:
            print(f"skipped: {name} ({error})")
    return found


# ------------------------------------------------------------------------------ trainings


def run_training(work: Work, peers: dict[str, ModuleType], repeats: int) -> Seconds:
    """Seconds of each contestant, one run of every contestant per round after a round that does not count."""
    contestants = all_precisions(work, peers)
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
        expected = costs[contestants[0].name]
        for contestant in contestants:  # float32 rounds differently in each, so the costs are near, not equal
            if contestant.share == 1:
                check_cost(work, contestant, costs[contestant.name], expected, 0.01)
    return seconds


def limits(work: Work, seconds: Seconds, peak: float) -> dict[str, float]:
    """Share of what two cores could do, and what the second thread brings."""
    one, two = (spread(seconds[f"regnet, {way}"])["median"] for way in ("1 thread", "2 threads"))
    print(f"one thread: {work.flops() / one / 1e9:.0f} GFLOP/s, two: {work.flops() / two / 1e9:.0f}")
    return {LIMIT: work.flops() / two / (2e9 * peak), SCALING: one / two}


def gains(seconds: Seconds) -> dict[str, float]:
    """Our time in bfloat16 over that in float32, and the fastest peer's in any precision over ours."""
    if not takes_compute_dtype():
        print("this regnet has no compute_dtype")
        return {}
    times = {name: spread(values)["median"] for name, values in seconds.items()}
    ours = {name: t for name, t in times.items() if name.startswith("regnet")}
    narrow = min(t for name, t in ours.items() if "bfloat16" in name)
    wide = min(t for name, t in ours.items() if "bfloat16" not in name)
    theirs = [t for name, t in times.items() if name not in ours]
    return {NARROW: narrow / wide} | ({FASTEST: min(theirs) / narrow} if theirs else {})


# ------------------------------------------------------------------------------ F, G, M, N


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
    best = min(row["median"] for name, row in rows.items() if name.split(",")[0] == "regnet")
    print(f"\n{key}. {title} ({processor()})")
    print(f"{'':<44}{'median ' + unit:>12}{'min':>10}{'max':>10}{'x regnet':>10}")
    for name, row in rows.items():
        row["ratio"] = row["median"] / best
        numbers = "".join(f"{row[k]:>{w}.4g}" for k, w in (("median", 12), ("min", 10), ("max", 10)))
        print(f"{name:<44}{numbers}{row['ratio']:>10.2f}")
    measured = dict(extra or {})
    for name, row in rows.items():
        peer = name.split(",")[0]
        if peer != "regnet":
            measured[peer] = min(row["ratio"], measured.get(peer, np.inf))
    if unit == "us":
        measured[MICROSECONDS] = best
    targets = []
    for what, (floor, aim) in TARGETS[key].items():
        if what not in measured:
            print(f"  {what}: not measured")
            continue
        value, sign = measured[what], -1 if what in AT_MOST else 1
        met = {"floor": sign * value >= sign * floor, "aim": sign * value >= sign * aim}
        targets.append({"what": what, "measured": value, "floor": floor, "aim": aim, "met": met})
        told = ", ".join(
            f"{k} {v:g} {'met' if met[k] else 'NOT MET'}" for k, v in (("floor", floor), ("aim", aim))
        )
        print(f"  {what}: {value:.3g} ({told})")
    return {"work": key, "title": title, "unit": unit, "rows": rows, "targets": targets}


def run_work(
    key: str, given: argparse.Namespace, peers: dict[str, ModuleType], repeats: int, peak: float
) -> dict | None:
    """The report of one work; None where it cannot run."""
    if key in TRAININGS:
        work = training_work(key, given.data, given.quick)
        check_agreement(work, peers)
        seconds = run_training(work, peers, repeats)
        extra = gains(seconds) if work.mixed else None
        if key in ("C", "D"):
            extra = limits(work, seconds, peak)
        return report(key, work.title, seconds, "s", extra)
    if key in CASES:
        case = CASES[key]
        seconds = run_rows(case, peers, repeats)
        best = min(spread(v)["median"] for name, v in seconds.items() if name.startswith("regnet,"))
        share = {LIMIT: case.flops() / best / (2e9 * peak)}
        print(f"\n{LIMIT}: {share[LIMIT]:.2f}", end="")
        return report(key, case.title, seconds, "us" if best < 1e-3 else "ms", share)
    if key == "E":
        return report(key, "predict_proba of one row, 32-64-64-10", run_one_row(peers, repeats), "us")
    if key == "F":
        return report(key, "dropout mask, 1024 x 512, per element", run_masks(peers, repeats), "ns")
    if key == "G":
        return report(key, "Adam on 4 million float32 parameters", run_adam(peers, repeats), "ms")
    if key == "M":
        title = "16 nets of work B, on two threads and one after another on one"
        return report(key, title, run_many(repeats), "s")
    try:
        seconds = run_calls(repeats)
    except ImportError as error:
        print(f"\nskipped: work N ({error})")
        return None
    return report(key, "10,000 x 50-100-7, one epoch per call, scikit-learn imported", seconds, "ms")


def works_named(name: str) -> list[str]:
    """The works of a name of --only: the one with this key, or all whose keys start with it and a hyphen."""
    found = [name] if name in WORKS else [key for key in WORKS if key.startswith(f"{name}-")]
    if not found:
        sys.exit(f"--only names {name}, wanted some of {', '.join(WORKS)}")
    return found


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
    keys = QUICK if given.quick else WORKS
    if given.only:
        keys = tuple(key for name in given.only.split(",") for key in works_named(name))
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
        before, started = busy_seconds(), time.perf_counter()
        found = run_work(key, given, peers, repeats, peak)
        others = others_share(before, time.perf_counter() - started)
        print(f"  other processes had {others:.1%} of the cores")
        results += [found | {"others": others}] if found else []
        sys.stdout.flush()
    if given.json:
        given.json.write_text(json.dumps({"machine": about | {"peak": peak}, "works": results}, indent=1))
    if given.plot:
        contestants = [*PEERS, "one after another", "n_threads=1"]
        predicted = [found for found in results if found["work"] in CASES]
        if trained := [found for found in results if found not in predicted]:
            plot(trained, contestants, PICTURE, given.plot)
        if predicted:
            path = given.plot.with_stem(f"{given.plot.stem}-predict")
            plot(predicted, contestants, "What the same prediction takes elsewhere: net and rows", path)


if __name__ == "__main__":
    main()
