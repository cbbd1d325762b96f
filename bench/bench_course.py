"""The course's trainings against the same loops in plain NumPy: the same numbers first, then the clock.

python bench/bench_course.py [--repeats 5] [--quick] [--json FILE] [--data FOLDER]

Four trainings of the notebooks: n-20-3-1 on the football points for 30,000 iterations without
regularisation, with L2 and with dropout, and 2-5-2-1 on 300 moons for 10,000 epochs of Adam on
mini-batches of 64. Then the loops that a notebook writes itself, over the course's helpers and over
the same in plain NumPy, helper by helper.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import peers_notebook as notebook
from works import DATA, football, limit_threads, machine, spread

from regnet.course import dnn_app_utils_v3, init_utils, opt_utils_v1a, reg_utils

Arrays = dict[str, np.ndarray]
# work -> (floor, aim) of NumPy's time over regnet's
TARGETS = {"no regularisation": (12, 25), "L2": (12, 25), "dropout": (12, 25), "Adam": (20, 20)}
SHORT = 300  # iterations or epochs after which both must have the same parameters
Run = Callable[[int], Arrays]


def works(data: Path) -> dict[str, tuple[int, Run, Run]]:
    """Length, regnet's way and NumPy's way of each training."""
    points, labels = football(data)
    X, Y = np.ascontiguousarray(points.T), labels.reshape(1, -1)
    moons_X, moons_Y = opt_utils_v1a.load_dataset(is_plot=False)

    def regularized(**how: float) -> tuple[int, Run, Run]:
        return (
            30_000,
            lambda n: reg_utils.model(X, Y, num_iterations=n, print_cost=False, **how),
            lambda n: notebook.regularized(X, Y, n, **how),
        )

    def adam(n: int) -> Arrays:
        return opt_utils_v1a.model(moons_X, moons_Y, [2, 5, 2, 1], "adam", num_epochs=n, print_cost=False)

    return {
        "no regularisation": regularized(),
        "L2": regularized(lambd=0.7),
        "dropout": regularized(keep_prob=0.86),
        "Adam": (10_000, adam, lambda n: notebook.optimized(moons_X, moons_Y, n)),
    }


def check_agreement(name: str, ours: Run, theirs: Run) -> None:
    """Both have the same parameters after a short training that has moved them."""
    start, found, expected = ours(0), ours(SHORT), theirs(SHORT)
    assert max(abs(found[key] - start[key]).max() for key in start) > 1e-2, f"{name}: nothing was trained"
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-8, atol=1e-10, err_msg=f"{name}: {key}")


def time_training(length: int, ours: Run, theirs: Run, repeats: int) -> dict[str, list[float]]:
    """Seconds of both in turn, after a short round that does not count."""
    seconds: dict[str, list[float]] = {"regnet": [], "NumPy": []}
    for repeat in range(repeats + 1):
        for name, run in zip(seconds, (ours, theirs), strict=True):
            started = time.perf_counter()
            run(length if repeat else SHORT)
            if repeat:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def report(seconds: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """Print the table; return it."""
    print(f"\n{'training':<20}{'NumPy s':>10}{'regnet s':>10}{'ratio':>8}{'floor':>7}{'aim':>5}")
    found: dict[str, Any] = {}
    for name, values in seconds.items():
        numbers = {who: spread(v) for who, v in values.items()}
        ratio = numbers["NumPy"]["median"] / numbers["regnet"]["median"]
        floor, aim = TARGETS[name]
        verdict = "aim met" if ratio >= aim else "floor met" if ratio >= floor else "BELOW THE FLOOR"
        times = "".join(f"{numbers[who]['median']:>10.3f}" for who in ("NumPy", "regnet"))
        print(f"{name:<20}{times}{ratio:>8.1f}{floor:>7}{aim:>5}   {verdict}")
        found[name] = numbers | {"ratio": ratio}
    return found


# ------------------------------------------------------------------------------ a notebook's own loop

Loop = tuple[Callable[..., Any], ...]  # forward pass, cost, backward pass, update


def own_loops(data: Path) -> dict[str, tuple[np.ndarray, np.ndarray, list[int], Loop, Loop]]:
    """Data, sizes, regnet's helpers and NumPy's for each notebook that calls them in its `model`."""
    points, labels = football(data)
    circles_X, circles_Y, _, _ = init_utils.load_dataset(is_plot=False)
    moons_X, moons_Y = opt_utils_v1a.load_dataset(is_plot=False)
    order = np.random.default_rng(0).permutation(300).tolist()
    batch = (moons_X[:, order][:, 64:128], moons_Y[:, order][:, 64:128])  # as the notebook slices it
    rng = np.random.default_rng(0)
    deep = (rng.random((20, 50)), rng.integers(0, 2, (1, 50)))
    cats = (rng.random((12288, 209)), rng.integers(0, 2, (1, 209)))

    def ours(module: Any, cost: str) -> Loop:
        # the optimization notebook defines its update itself
        update = getattr(module, "update_parameters", notebook.update)
        return module.forward_propagation, getattr(module, cost), module.backward_propagation, update

    application = dnn_app_utils_v3
    deep_ours = (
        application.L_model_forward,
        application.compute_cost,
        application.L_model_backward,
        application.update_parameters,
    )
    deep_numpy = (notebook.deep_forward, notebook.deep_cost, notebook.deep_backward, notebook.update)
    plain, by_m = notebook.backward, notebook.backward_by_m
    forward, mean, total, update = notebook.forward, notebook.mean_cost, notebook.sum_cost, notebook.update
    return {
        "regularization": (
            points.T,
            labels.reshape(1, -1),
            [2, 20, 3, 1],
            ours(reg_utils, "compute_cost"),
            (forward, mean, plain, update),
        ),
        "initialization": (
            circles_X,
            circles_Y,
            [2, 10, 5, 1],
            ours(init_utils, "compute_loss"),
            (forward, mean, by_m, update),
        ),
        "optimization": (
            *batch,
            [2, 5, 2, 1],
            ours(opt_utils_v1a, "compute_cost"),
            (forward, total, by_m, update),
        ),
        "deep, 20-7-5-1": (*deep, [20, 7, 5, 1], deep_ours, deep_numpy),
        "deep, cats": (*cats, [12288, 20, 7, 5, 1], deep_ours, deep_numpy),
    }


def iterate(X: np.ndarray, Y: np.ndarray, sizes: list[int], helpers: Loop, n: int) -> tuple[list[float], Any]:
    """Seconds in each helper over n iterations, and the parameters: the loop that a notebook writes."""
    forward, cost_of, backward, update = helpers
    deep = "deep" in forward.__name__ or forward.__name__ == "L_model_forward"
    parameters, seconds, clock = notebook.initial(sizes, 1), [0.0] * 4, time.thread_time
    for _ in range(n):
        marks = [clock()]
        A, cache = forward(X, parameters)
        marks.append(clock())
        cost_of(A, Y)
        marks.append(clock())
        grads = backward(A if deep else X, Y, cache)
        marks.append(clock())
        parameters = update(parameters, grads, 0.01)
        marks.append(clock())
        for at in range(4):
            seconds[at] += marks[at + 1] - marks[at]
    return seconds, parameters


def time_loops(data: Path, quick: bool) -> dict[str, dict[str, list[float]]]:
    """Microseconds of each helper per iteration, medians of turns; the same parameters first."""
    found = {}
    for name, (X, Y, sizes, ours, theirs) in own_loops(data).items():
        n, turns = (5, 3) if X.size > 1e6 else (300, 5 if quick else 21)
        expected = iterate(X, Y, sizes, theirs, 5)[1]
        for key, value in iterate(X, Y, sizes, ours, 5)[1].items():
            np.testing.assert_allclose(value, expected[key], rtol=1e-9, atol=1e-13, err_msg=f"{name}: {key}")
        seconds: dict[str, list[list[float]]] = {"course": [], "NumPy": []}
        for _ in range(turns):
            for who, helpers in (("course", ours), ("NumPy", theirs)):
                seconds[who].append(iterate(X, Y, sizes, helpers, n)[0])
        found[name] = {who: (np.median(rows, axis=0) / n * 1e6).tolist() for who, rows in seconds.items()}
    return found


def report_loops(found: dict[str, dict[str, list[float]]]) -> None:
    """Times as fast as NumPy, helper by helper and all together."""
    print(f"\n{'own loop':<20}{'NumPy us':>10}{'course us':>10}{'ratio':>8}   forward, cost, back, update")
    for name, ways in found.items():
        total = {who: sum(each) for who, each in ways.items()}
        each = ", ".join(f"{b / a:.2f}" for a, b in zip(ways["course"], ways["NumPy"], strict=True))
        ratio = total["NumPy"] / total["course"]
        print(f"{name:<20}{total['NumPy']:>10.1f}{total['course']:>10.1f}{ratio:>8.2f}   {each}")


def main() -> None:
    """Check, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of each training, twice")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    print(json.dumps(machine(), indent=None))
    find_spec("sklearn") and import_module("sklearn.neural_network")  # its libraries too, as in a notebook
    seconds = {}
    # BLAS threads do not help products of this size, and a warning per saturated output costs NumPy time
    with limit_threads(1), np.errstate(all="ignore"):
        for name, (length, ours, theirs) in works(given.data).items():
            check_agreement(name, ours, theirs)
            length, repeats = (length // 10, 2) if given.quick else (length, given.repeats)
            seconds[name] = time_training(length, ours, theirs, repeats)
        loops = time_loops(given.data, given.quick)
    found = report(seconds)
    report_loops(loops)
    if given.json:
        given.json.write_text(json.dumps({"trainings": found, "loops": loops}, indent=1))


if __name__ == "__main__":
    main()
