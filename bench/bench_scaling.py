"""Training on more cores than there are: what is measured here on 1 and 2, and what a model makes of it.

python bench/bench_scaling.py [--works C,D] [--batches 2048] [--compiler cc] [--domain-bandwidth GB/s]
                              [--only inputs]

Prints the inputs (seconds per barrier on 1 and 2 threads and, with too few cores, on 4, 8 and 64; the cost
of starting threads; memory bandwidth; the serial part of an epoch), checks the model against two threads, and
predicts 8, 16 and 64 cores. The model is `scaling_model.py`; docs/scaling.md says what it assumes.
"""

from __future__ import annotations

import argparse
import functools
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scaling_model import Costs, Division, Machine, Step, predict
from works import best_time, limit_threads, machine, processor, random_data

import cregnet
import regnet as rn

NETS = {"C": (784, 512, 512, 10), "D": (1024, 2048, 2048, 10)}
BATCHES = {"C": (128, 512, 2048, 8192), "D": (256, 2048)}
PASS_COLUMNS = 1024  # examples that go through the layers together, of forward_backward.pxi
SOURCE = Path(__file__).resolve().parents[1] / "src" / "cregnet" / "c"
ROUNDS = {1: 10_000_000, 2: 500_000, 4: 200, 8: 100, 64: 20}  # barriers of a measurement

REPEATS = 3  # calls of each kind, in turn
ALONE = 0.93  # of the time of its cores that a call has used if nobody else had them

TODAY = Division()
CHANGED = Division(large_shares=64, placed=True, tree=True)


# ------------------------------------------------------------------------------ inputs


def build_barrier(compiler: str, folder: Path) -> Path | None:
    """The program that times the core's own barriers; None without a compiler or the sources."""
    if shutil.which(compiler) is None or not (SOURCE / "team.h").exists():
        print(f"skipped: barriers (no {compiler}, or no sources beside bench)")
        return None
    program, source = folder / "barrier", Path(__file__).with_name("barrier.c")
    subprocess.run(
        [compiler, "-O2", "-std=c11", "-pthread", "-I", str(SOURCE), str(source), "-o", str(program)],
        check=True,
    )
    return program


def barrier_seconds(program: Path, threads: int, rounds: int) -> float:
    """Per barrier; with 0 rounds, of a team that starts, does nothing and ends. The least of five."""
    command = [str(program), str(threads), str(rounds)]
    found = [
        float(subprocess.run(command, capture_output=True, check=True, text=True).stdout) for _ in range(5)
    ]
    return min(found)


def read_bandwidth(threads: int) -> float:
    """Bytes a second that so many threads read from memory together."""
    arrays = [np.ones(1 << 25) for _ in range(threads)]  # 256 MB each, beyond every cache
    with ThreadPoolExecutor(threads) as pool:
        seconds = best_time(lambda: list(pool.map(np.max, arrays)), 1.0)
    return sum(a.nbytes for a in arrays) / seconds


def order_seconds(n: int) -> float:
    """One epoch's order of n examples, which is drawn before the core is called."""
    return best_time(lambda: rn.training.batches.epoch_order(n, seed=3, epoch=0))


def print_inputs(compiler: str) -> float:
    """Print them; return the seconds of a barrier of two threads."""
    two = 2e-7
    with tempfile.TemporaryDirectory() as folder:
        program = build_barrier(compiler, Path(folder))
        if program:
            print(f"\nthe core's barrier ({processor()})")
            for threads, rounds in ROUNDS.items():
                each, start = (barrier_seconds(program, threads, r) for r in (rounds, 0))
                two = each if threads == 2 else two
                print(f"{threads:>8}{1e6 * each:>14.4g}{1e6 * start:>18.4g}")
    for n in (30_000, 1_000_000):
        print(f"order of {n:,} examples, drawn by one thread: {1e3 * order_seconds(n):.3g} ms an epoch")
    return two


# ------------------------------------------------------------------------------ costs of one thread


@functools.cache
def step_seconds(sizes: tuple[int, ...], n: int) -> dict[int, tuple[float, float]]:
    """Seconds of a step of a batch of n on one thread and on two, and of a call beside its steps.

    They come from calls of so many steps and of twice as many, the least of some of each. Calls in which
    other processes had one of the cores do not count, as long as there are others.
    """
    steps = max(1, min(20, 8_192 // n))
    X, y = random_data(2 * n * steps, sizes[0])
    model = rn.Model.mlp(sizes, seed=3)
    calls: dict[tuple[int, int], list[tuple[bool, float]]] = {
        (t, part): [] for t in (1, 2) for part in (1, 2)
    }
    options = {"epochs": 1, "batch_size": n, "optimizer": rn.Adam(1e-4)}
    rn.train(model, X, y, n_threads=2, **options)
    for _ in range(2 * REPEATS):
        for (threads, part), done in calls.items():
            if sum(not shared for shared, _ in done) >= REPEATS:
                continue
            m, started, used = part * n * steps, time.perf_counter(), time.process_time()
            rn.train(model, X[:m], y[:m], n_threads=threads, **options)
            passed, used = time.perf_counter() - started, time.process_time() - used
            done.append((used < ALONE * threads * passed, passed))
    if any(min(done)[0] for done in calls.values()):
        print(f"batch {n}: other processes had a core in every call: the next line has too much waiting")
    least = {key: min(done)[1] for key, done in calls.items()}
    found = {}
    for threads in (1, 2):
        short, long = least[threads, 1], least[threads, 2]
        found[threads] = (long - short) / steps, max(0.0, 2 * short - long)
    return found


def measured_costs(sizes: tuple[int, ...]) -> Costs:
    """Of the kernels on one thread; each is measured when the model first asks for it."""
    layers = list(zip(sizes[:-1], sizes[1:], strict=True))
    n_weights = sum(a * b for a, b in layers)

    def ones(*shape: int) -> np.ndarray:
        return np.full(shape, 0.01, np.float32)

    @functools.cache
    def columns(width: int) -> float:
        total = 0.0
        for l, (n_in, n_out) in enumerate(layers):
            W, A, Z = ones(n_out, n_in), ones(n_in, width), ones(n_out, width)
            total += best_time(lambda W=W, A=A, Z=Z: cregnet.matmul(W, A, Z), 0.1)
            if l > 0:
                total += best_time(lambda W=W, A=A, Z=Z: cregnet.matmul_tn(W, Z, A), 0.1)
        return total

    def forward_backward(width: int) -> float:
        full, left = divmod(width, PASS_COLUMNS)
        return (full * columns(PASS_COLUMNS) if full else 0.0) + (columns(left) if left else 0.0)

    @functools.cache
    def adam() -> float:
        W, g, V, S = (ones(n_weights) for _ in range(4))
        return best_time(lambda: cregnet.adam(W, g, V, S, 1e-3, 0.9, 0.999, 1e-8, 10), 0.2) / n_weights

    @functools.cache
    def block(l: int, rows: int, n: int) -> float:
        n_in = layers[l][0]
        dZ, AT, dW = ones(rows, n), ones(n, n_in), ones(rows, n_in)
        return best_time(lambda: cregnet.matmul(dZ, AT, dW), 0.1) + adam() * rows * n_in

    @functools.cache
    def rest(n: int) -> float:
        kernels = forward_backward(n)
        for l, (n_in, n_out) in enumerate(layers):
            rows = TODAY.block_rows(n_out, n_in, n)
            kernels += TODAY.blocks(n_out, n_in, n, 1)[0] * block(l, rows, n)
        return step_seconds(sizes, n)[1][0] - kernels

    return Costs(sizes, forward_backward, block, rest)


# ------------------------------------------------------------------------------ report


def machines(line: float, domain_bandwidth: float) -> list[Machine]:
    """Those of the prediction; what leaves a domain is assumed."""
    shared = {"line": line, "line_across": 3 * line, "line_between": 8 * line}
    shared["domain_bandwidth"] = domain_bandwidth
    return [
        Machine("2 cores, this machine", 2, **shared),
        Machine("8 cores, one L3", 8, **shared),
        Machine("16 cores, two L3", 16, 2, **shared),
        Machine("64 cores, eight L3, two NUMA nodes", 64, 8, 2, **shared),
    ]


def print_work(key: str, batches: tuple[int, ...], about: list[Machine]) -> None:
    """The tables of one net: the check against two threads with the predictions, and the parts of a step."""
    sizes, (here, *others) = NETS[key], about
    costs = measured_costs(sizes)
    print(f"\n{key}. {'-'.join(map(str, sizes))}, Adam, float32: times as fast as one thread ({processor()})")
    print(
        f"{'':>7}{'ms on one thread':>20}{'two threads':^20}", *(f"{m.cores:>5} cores{'':>8}" for m in others)
    )
    print(
        f"{'batch':>7}{'a step':>10}{'a call':>10}{'measured':>10}{'model':>10}",
        "    today   changed" * len(others),
    )
    steps = []
    for n in batches:
        one = predict(costs, here, TODAY, n, 1).seconds
        two = [step_seconds(sizes, n)[2][0], predict(costs, here, TODAY, n, 2).seconds]
        late = max(0.0, two[0] / two[1] - 1)
        ways = [(m, division) for m in others for division in (TODAY, CHANGED)]
        found = [predict(costs, m, division, n, m.cores, late) for m, division in ways]
        times = "".join(f"{one / seconds:>10.2f}" for seconds in two)
        call = 1e3 * step_seconds(sizes, n)[1][1]
        print(
            f"{n:>7}{1e3 * one:>10.3g}{call:>10.3g}{times} ",
            "".join(f"{one / step.seconds:>9.1f}" for step in found),
        )
        steps += [(n, "today", found[-2]), (n, "changed", found[-1])]
    print(f"\n{key}. {others[-1].name}: microseconds of a step, and what share of the threads' time is idle")
    print_parts(steps)


def print_parts(steps: list[tuple[int, str, Step]]) -> None:
    """What takes the time of each step."""
    parts = {
        "examples": "examples",
        "weights": "weights",
        "fetch_weights": "fetch W",
        "fetch_activations": "fetch A",
        "serial": "serial",
        "waiting": "waiting",
        "barriers": "barriers",
    }
    heads = "".join(f"{head:>10}" for head in parts.values())
    print(f"{'batch':>7}{'':>9}{'threads':>9}{heads}{'of columns':>12}{'of blocks':>11}")
    for n, which, step in steps:
        times = "".join(f"{1e6 * getattr(step, name):>10.1f}" for name in parts)
        print(f"{n:>7}{which:>9}{step.threads:>9}{times}{step.idle_columns:>12.0%}{step.idle_blocks:>11.0%}")


def main() -> None:
    """Measure, check, predict."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", default="C,D", help="of C and D")
    parser.add_argument("--batches", help="comma-separated; default: some for each work")
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--only", choices=["inputs"])
    parser.add_argument(
        "--domain-bandwidth", type=float, help="GB/s of an L3 domain; default: measured on two threads"
    )
    given = parser.parse_args()
    print(", ".join(f"{k} {v}" for k, v in machine().items()))
    with limit_threads(1):
        two = print_inputs(given.compiler)
        bandwidth = {n: read_bandwidth(n) for n in (1, 2)}
        print("read from memory:", ", ".join(f"{n} threads {b / 1e9:.3g} GB/s" for n, b in bandwidth.items()))
        if given.only:
            return
        domain = 1e9 * given.domain_bandwidth if given.domain_bandwidth else bandwidth[2]
        for key in given.works.split(","):
            batches = tuple(map(int, given.batches.split(","))) if given.batches else BATCHES[key]
            print_work(key, batches, machines(two / 2, domain))


if __name__ == "__main__":
    main()
