"""Mixed precision by width: nets k-k-k-10 with products in float32 and in bfloat16, seconds of an epoch.

python bench/bench_precision.py [--widths 32,64] [--batches 128] [--threads 2] [--repeats 5] [--json FILE]

From 64 units on, bfloat16 is to be no slower than float32. The costs of both have to agree.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from works import machine, processor, random_data, spread, takes_compute_dtype

import regnet as rn

WIDTHS, BATCHES = (32, 64, 128, 256, 512, 1024), (128, 1024)
LEAST_WIDTH, MOST_RATIO = 64, 1.0  # from so many units on bfloat16 takes at most float32's time
FLOPS, MOST_EXAMPLES = 2e10, 60_000  # of an epoch, about
CLOSE = 0.01  # relative difference of the costs after an epoch


def examples(width: int, batch: int) -> int:
    """A number of examples that makes an epoch long enough for the clock, in whole batches."""
    per_example = 6.0 * (2 * width * width + 10 * width)
    n = min(MOST_EXAMPLES, int(FLOPS / per_example))
    return max(4, n // batch) * batch


def run(width: int, batch: int, threads: int, repeats: int) -> dict[str, Any]:
    """Seconds of an epoch in each precision, in turn, after an epoch of each that does not count."""
    X, y = random_data(examples(width, batch), width)
    precisions = ("float32", "bfloat16") if takes_compute_dtype() else ("float32",)
    seconds: dict[str, list[float]] = {precision: [] for precision in precisions}
    costs = {}
    for repeat in range(repeats + 1):
        for precision in precisions:
            narrow = {"compute_dtype": precision} if precision != "float32" else {}
            model = rn.Model.mlp([width, width, width, 10], seed=3, **narrow)
            options = {"batch_size": batch, "optimizer": rn.Adam(1e-4), "n_threads": threads}
            started = time.perf_counter()
            history = rn.train(model, X, y, epochs=1, **options)
            if repeat:
                seconds[precision].append(time.perf_counter() - started)
            costs[precision] = float(history.cost[-1])
    found = {"width": width, "batch": batch, "examples": len(X)}
    if "bfloat16" in costs:
        np.testing.assert_allclose(costs["bfloat16"], costs["float32"], rtol=CLOSE, err_msg=f"{width}: cost")
        assert costs["bfloat16"] != costs["float32"], "nothing was rounded to bfloat16"
        medians = [spread(seconds[precision])["median"] for precision in ("bfloat16", "float32")]
        found["ratio"] = medians[0] / medians[1]
    return found | {precision: spread(values) for precision, values in seconds.items()}


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--batches", default=",".join(map(str, BATCHES)))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    about = machine()
    print(", ".join(f"{k} {v}" for k, v in about.items()))
    if not takes_compute_dtype():
        print("skipped: bfloat16 (this regnet has no compute_dtype)")
    print(f"\nk-k-k-10, Adam, milliseconds of an epoch, {given.threads} threads ({processor()})")
    print(f"{'k':>6}{'batch':>7}{'examples':>10}{'float32':>11}{'bfloat16':>11}{'ratio':>8}")
    rows = []
    for width in map(int, given.widths.split(",")):
        for batch in map(int, given.batches.split(",")):
            row = run(width, batch, given.threads, given.repeats)
            rows.append(row)
            times = "".join(
                f"{1e3 * row[p]['median']:>11.3g}" if p in row else f"{'-':>11}"
                for p in ("float32", "bfloat16")
            )
            ratio = f"{row['ratio']:>8.2f}" if "ratio" in row else f"{'-':>8}"
            print(f"{width:>6}{batch:>7}{row['examples']:>10,}{times}{ratio}", flush=True)
    ratios = [row["ratio"] for row in rows if "ratio" in row and row["width"] >= LEAST_WIDTH]
    if ratios:
        met = "met" if max(ratios) <= MOST_RATIO else "NOT MET"
        print(f"  from {LEAST_WIDTH} units on: {max(ratios):.2f} at most (floor {MOST_RATIO:g} {met})")
    if given.json:
        given.json.write_text(json.dumps({"machine": about, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
