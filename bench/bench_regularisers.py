"""What each regulariser costs: the same training without and with it, interleaved, one thread.

python bench/bench_regularisers.py [--repeats 5] [--json FILE]

Two nets: one of ordinary size, whose time is products, and a tiny one, whose time is everything else.
The first row is the net without any: what a training does not use costs it nothing, so that this row
is the time of `bench_training.py`'s engine, and the ratios are the price of the thing alone.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from works import machine

import regnet as rn

LAYERS: dict[str, dict[str, Any]] = {
    "max-norm": {"max_norm": 1.0},
    "batch norm": {"batch_norm": True},
    "gates": {"gates": True},
    "dropout 0.5": {"keep_prob": 0.5},
    "Gaussian dropout 0.5": {"keep_prob": 0.5, "dropout": "gaussian"},
}
TRAINING: dict[str, dict[str, Any]] = {
    "L2": {"penalty": rn.L2(0.7)},
    "L1": {"penalty": rn.L1(0.1)},
    "L1, proximal": {"penalty": rn.L1(0.1, proximal=True)},
    "label smoothing": {"label_smoothing": 0.1},
    "clip_value": {"clip_value": 0.1},
    "clip_norm": {"clip_norm": 1.0},
    "class weights": {"class_weight": "balanced"},
    "SWA": {"averaging": rn.SWA(start=0)},
}
NETS: dict[str, tuple[tuple[int, ...], int, int | None, int]] = {  # sizes, examples, batch size, epochs
    "256-256-256-10, batch 128": ((256, 256, 256, 10), 12_800, 128, 2),
    "32-64-64-10, batch 32": ((32, 64, 64, 10), 20_000, 32, 2),
    "2-20-3-2, full batch of 211": ((2, 20, 3, 2), 211, None, 4_000),
}


def run(
    sizes: tuple[int, ...], X: np.ndarray, y: np.ndarray, layer: dict[str, Any], options: dict[str, Any]
) -> float:
    """Seconds of a training."""
    hidden = [rn.Dense(n, "relu", **layer) for n in sizes[1:-1]]
    noise = options.get("noise", 0.0)
    model = rn.Model([rn.Input(sizes[0], noise=noise), *hidden, rn.Dense(sizes[-1], "softmax")], seed=1)
    keywords = {name: value for name, value in options.items() if name != "noise"}
    started = time.perf_counter()
    rn.train(model, X, y, n_threads=1, **keywords)
    return time.perf_counter() - started


def compare(name: str, repeats: int) -> dict[str, float]:
    """Medians of all regularisers on one net, printed with their ratio to none."""
    sizes, n, batch_size, epochs = NETS[name]
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((n, sizes[0]), dtype=np.float32), rng.integers(0, sizes[-1], n)
    shared = {"epochs": epochs, "batch_size": batch_size, "optimizer": rn.Adam(1e-4)}
    cases: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {"none": ({}, {})}
    cases |= {case: (layer, {}) for case, layer in LAYERS.items()}
    cases |= {case: ({}, options) for case, options in TRAINING.items()}
    cases["gates"] = (LAYERS["gates"], {"penalty": rn.L0(0.1)})
    cases["input noise"] = ({}, {"noise": 0.1})
    seconds: dict[str, list[float]] = {case: [] for case in cases}
    for repeat in range(repeats + 1):
        for case, (layer, options) in cases.items():
            value = run(sizes, X, y, layer, shared | options)
            if repeat:
                seconds[case].append(value)
    medians = {case: float(np.median(values)) for case, values in seconds.items()}
    print(f"\n{name}\n{'':<24}{'median s':>10}{'min':>10}{'max':>10}{'x none':>9}")
    for case, values in seconds.items():
        ratio = medians[case] / medians["none"]
        print(f"{case:<24}{medians[case]:>10.4f}{min(values):>10.4f}{max(values):>10.4f}{ratio:>9.2f}")
    return medians


def main() -> None:
    """Compare, print, and write JSON when asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    results = {name: compare(name, given.repeats) for name in NETS}
    if given.json:
        given.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
