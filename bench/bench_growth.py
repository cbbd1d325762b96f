"""Cost as the work grows, and memory: time per epoch by examples and width, peaks in fresh processes.

python bench/bench_growth.py [--repeats 5] [--plot FILE.png] [--json FILE] [--memmap-gb 0.4] [--no-memory]

The deviation is that of the time from what the smallest case promises for so much more work.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from works import machine, random_data, spread

import regnet as rn

STRAIGHT = 0.15  # greatest deviation where nothing leaves the cache
VECTORS = 4  # parameters, gradient, two moments
ANONYMOUS_MB = 500
N, NET, BATCH = 2_000, (32, 64, 64, 10), 32  # growth by examples
WIDTHS, N_WIDTH, BATCH_WIDTH = (96, 192, 384), 1_280, 128  # growth by width: all layers but the output
ADAM_NET, ADAM_N, ADAM_BATCH = (1024, 2048, 2048, 10), 2_048, 256  # memory of Adam: the net of work D
MEMMAP_NET = (784, 64, 10)


def epoch_seconds(
    model: rn.Model, X: np.ndarray, y: np.ndarray, batch_size: int, repeats: int
) -> list[float]:
    """Seconds per epoch on one thread, each over enough epochs for the clock."""

    def run(epochs: int) -> float:
        started = time.perf_counter()
        rn.train(model, X, y, epochs=epochs, batch_size=batch_size, optimizer=rn.Adam(1e-4), n_threads=1)
        return (time.perf_counter() - started) / epochs

    epochs = max(1, round(0.1 / run(1)))
    return [run(epochs) for _ in range(repeats)]


def growth(title: str, cases: list[tuple[str, float, Callable[[], list[float]]]], repeats: int) -> dict:
    """Time every case once per round; print medians and deviations from proportionality."""
    found: list[list[float]] = [[] for _ in cases]
    for _ in range(repeats):
        for seconds, (_, _, run) in zip(found, cases, strict=True):
            seconds += run()
    print(
        f"\n{title}\n{'':<16}{'work':>8}{'median ms':>12}{'min':>10}{'max':>10}{'times':>9}{'deviation':>11}"
    )
    rows = []
    for seconds, (name, work, _) in zip(found, cases, strict=True):
        row = {"name": name, "work": work / cases[0][1], **spread(seconds)}
        row["times"] = row["median"] / (rows[0]["median"] if rows else row["median"])
        row["deviation"] = row["times"] / row["work"] - 1
        rows.append(row)
        ms = "".join(f"{1e3 * row[k]:>{w}.3f}" for k, w in (("median", 12), ("min", 10), ("max", 10)))
        print(f"{name:<16}{row['work']:>8.2f}{ms}{row['times']:>9.2f}{row['deviation']:>+11.1%}")
    worst = max(abs(row["deviation"]) for row in rows)
    print(f"  greatest deviation {worst:.1%} (straight within {STRAIGHT:.0%}: {told(worst <= STRAIGHT)})")
    return {"title": title, "rows": rows}


def told(met: bool) -> str:
    """In words."""
    return "met" if met else "NOT MET"


def by_examples(repeats: int) -> dict:
    """1, 4 and 16 times as many examples."""
    cases = []
    for times in (1, 4, 16):
        X, y = random_data(N * times, NET[0])

        def run(X: np.ndarray = X, y: np.ndarray = y) -> list[float]:
            return epoch_seconds(rn.Model.mlp(NET, seed=3), X, y, BATCH, 1)

        cases.append((f"{N * times:,}", float(len(X)), run))
    title = f"examples: time per epoch of {'-'.join(map(str, NET))}, batch {BATCH}, Adam, float32, one thread"
    return growth(title, cases, repeats)


def by_width(repeats: int) -> dict:
    """1, 2 and 4 times as wide, so about 4 and 16 times the work: that of the products is what counts."""
    cases = []
    for width in WIDTHS:
        X, y = random_data(N_WIDTH, width)
        sizes = (width, width, width, 10)

        def run(X: np.ndarray = X, y: np.ndarray = y, sizes: tuple[int, ...] = sizes) -> list[float]:
            return epoch_seconds(rn.Model.mlp(sizes, seed=3), X, y, BATCH_WIDTH, 1)

        cases.append((f"width {width}", 5.0 * width**2 + 30 * width, run))
    title = f"width: time per epoch of w-w-w-10, {N_WIDTH:,} examples, batch {BATCH_WIDTH}, Adam, one thread"
    return growth(title, cases, repeats)


# ------------------------------------------------------------------------------ memory


def status(name: str) -> int:
    """Bytes that /proc/self/status has under a name."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


class Sampler(threading.Thread):
    """The greatest of a number of /proc/self/status while a block runs, looked at every few milliseconds."""

    def __init__(self, name: str) -> None:
        super().__init__(daemon=True)
        self.watched, self.peak, self.done = name, 0, threading.Event()

    def __enter__(self) -> Sampler:
        self.start()
        return self

    def __exit__(self, *exception: Any) -> None:
        self.done.set()
        self.join()

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, status(self.watched))
            if self.done.wait(0.002):
                return


def warm_up(sizes: tuple[int, ...]) -> None:
    """A training of next to nothing, so that what is loaded once is not counted."""
    X, y = random_data(60, 8)[0], np.arange(60) % sizes[-1]
    rn.train(rn.Model.mlp([8, 4, sizes[-1]]), X, y, epochs=1, batch_size=32, optimizer=rn.Adam())


def child_adam() -> dict[str, float]:
    """Peak of an Adam training above the data: the resident peak is reset before it."""
    warm_up(ADAM_NET)
    X, y = random_data(ADAM_N, ADAM_NET[0])
    model = rn.Model.mlp(ADAM_NET, init=rn.Normal(0.01), seed=3)
    own = model.parameters.nbytes
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts again from what is resident
    before = status("VmRSS")
    rn.train(model, X, y, epochs=1, batch_size=ADAM_BATCH, optimizer=rn.Adam())
    above = status("VmHWM") - before + own  # the parameters were there already
    activations = 2 * 4 * ADAM_BATCH * sum(ADAM_NET)
    return {"parameters": own, "above": above, "activations": activations}


def child_memmap(path: str, share: str) -> dict[str, float]:
    """Peak of anonymous memory while a file is trained on; a share of it may be held out."""
    warm_up(MEMMAP_NET)
    X = np.memmap(path, np.float32, "r").reshape(-1, MEMMAP_NET[0])
    y = np.arange(len(X)) % MEMMAP_NET[-1]
    model = rn.Model.mlp(MEMMAP_NET, seed=3)
    before, started = status("RssAnon"), time.perf_counter()
    with Sampler("RssAnon") as sampler:
        validation = float(share) or None
        rn.train(model, X, y, epochs=1, batch_size=128, optimizer=rn.Adam(), validation=validation)
    return {
        "bytes": X.nbytes,
        "examples": len(X),
        "before": before,
        "peak": sampler.peak,
        "seconds": time.perf_counter() - started,
    }


def in_fresh_process(*arguments: str) -> dict[str, float]:
    """What a child of this script prints."""
    command = [sys.executable, __file__, "--child", *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def memory_of_adam() -> dict[str, float]:
    """In units of parameter vectors, beside what is allowed."""
    found = in_fresh_process("adam")
    unit = found["parameters"]
    used, allowed = found["above"] / unit, VECTORS + found["activations"] / unit
    print(f"\nmemory of an Adam training, {'-'.join(map(str, ADAM_NET))}, batch {ADAM_BATCH}, float32")
    print(f"  a parameter vector: {unit / 1e6:.1f} MB; peak above the data: {found['above'] / 1e6:.1f} MB")
    print(f"  = {used:.2f} vectors; {VECTORS} and two batches of activations are {allowed:.2f}", end=" ")
    print(f"({told(used <= allowed)})")
    return found | {"used": used, "allowed": allowed}


def memory_of_memmap(gigabytes: float) -> dict[str, float]:
    """A file of that size, written in pieces, trained on for an epoch and removed."""
    piece, _ = random_data(8_192, MEMMAP_NET[0])
    handle, path = tempfile.mkstemp(suffix=".f32")
    try:
        with os.fdopen(handle, "wb") as file:
            for _ in range(max(1, round(gigabytes * 1e9 / piece.nbytes))):
                file.write(piece.data)
        whole, held_out = (in_fresh_process("memmap", path, share) for share in ("0", "0.1"))
    finally:
        os.unlink(path)
    print(
        f"\nmemory of a training on np.memmap, {whole['bytes'] / 1e9:.2f} GB, {whole['examples']:,} examples"
    )
    for found, what, more in ((whole, "all rows", 0), (held_out, "0.1 held out", 0.1 * whole["bytes"] / 1e6)):
        peak, most = found["peak"] / 1e6, ANONYMOUS_MB + more
        print(f"  {what}, anonymous: {found['before'] / 1e6:.0f} MB before, peak {peak:.0f} MB", end=" ")
        print(f"(under {most:.0f} MB: {told(peak < most)}); {found['seconds']:.1f} s")
    return whole | {"held_out": held_out}


# ------------------------------------------------------------------------------ picture


def plot(tables: list[dict], path: Path) -> None:
    """Time against work, both logarithmic, with the straight line and its band of 15 %."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    fig, axes = plt.subplots(1, len(tables), figsize=(5.2 * len(tables), 4.2), layout="constrained")
    for ax, table in zip(np.atleast_1d(axes), tables, strict=True):
        rows = table["rows"]
        work = np.array([row["work"] for row in rows])
        line = 1e3 * rows[0]["median"] * work
        ms = np.array([[1e3 * row[k] for k in ("median", "min", "max")] for row in rows]).T
        ax.fill_between(
            work, line * (1 - STRAIGHT), line * (1 + STRAIGHT), color="0.88", label=f"{STRAIGHT:.0%}"
        )
        ax.plot(work, line, color="0.5", lw=1, ls="--", label="proportional to the work")
        error = [ms[0] - ms[1], ms[2] - ms[0]]
        ax.errorbar(work, ms[0], error, fmt="o", color="#c44e52", capsize=3, label="median, min to max")
        for x, y, row in zip(work, ms[0], rows, strict=True):
            text = f"{row['name']}\n{row['deviation']:+.1%}"
            ax.annotate(text, (x, y), (9, -6), textcoords="offset points", fontsize=8, va="top")
        ax.set_xscale("log", base=2)
        ax.set_yscale("log", base=2)
        ax.set_xlim(work[0] / 1.5, work[-1] * 2.6)
        ax.set_ylim(line[0] / 2, line[-1] * 2)
        ax.xaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_major_formatter("{x:.3g}")
        ax.set_xlabel("work, in units of the smallest")
        ax.set_ylabel("ms per epoch")
        ax.set_title(table["title"].split(":")[0])
        ax.legend(fontsize=8, loc="upper left")
        ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(path, dpi=130)
    print(f"\npicture: {path}")


def main() -> None:
    """Growth, then memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--memmap-gb", type=float, default=0.4)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        found = child_adam() if given.child[0] == "adam" else child_memmap(*given.child[1:])
        print(json.dumps(found))
        return
    about = machine()
    print(", ".join(f"{k} {v}" for k, v in about.items()))
    results: dict[str, Any] = {"machine": about}
    tables = results["growth"] = [by_examples(given.repeats), by_width(given.repeats)]
    if given.no_memory or not Path("/proc/self/status").exists():
        print("\nskipped: memory" + ("" if given.no_memory else " (no /proc/self/status here)"))
    else:
        results["adam"], results["memmap"] = memory_of_adam(), memory_of_memmap(given.memmap_gb)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1))
    if given.plot:
        plot(tables, given.plot)


if __name__ == "__main__":
    main()
