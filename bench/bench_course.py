"""The course's trainings against the same loops in plain NumPy: the same numbers first, then the clock.

python bench/bench_course.py [--repeats 5] [--quick] [--json FILE] [--data FOLDER]

Four trainings of the notebooks: n-20-3-1 on the football points for 30,000 iterations without
regularisation, with L2 and with dropout, and 2-5-2-1 on 300 moons for 10,000 epochs of Adam on
mini-batches of 64. Then the single functions, as the course has them, as a plain line of NumPy and
over the kernels: the reason why they are NumPy.
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
from works import DATA, best_time, football, limit_threads, machine, spread

import cregnet
from regnet.course import opt_utils, reg_utils

Arrays = dict[str, np.ndarray]
# work -> (floor, aim) of NumPy's time over regnet's
TARGETS = {"no regularisation": (12, 25), "L2": (12, 25), "dropout": (12, 25), "Adam": (20, 20)}
SHORT = 300  # iterations or epochs after which both must have the same parameters
Run = Callable[[int], Arrays]


def works(data: Path) -> dict[str, tuple[int, Run, Run]]:
    """Length, regnet's way and NumPy's way of each training."""
    points, labels = football(data)
    X, Y = np.ascontiguousarray(points.T), labels.reshape(1, -1)
    moons_X, moons_Y = opt_utils.load_dataset(is_plot=False)

    def regularized(**how: float) -> tuple[int, Run, Run]:
        return (
            30_000,
            lambda n: reg_utils.model(X, Y, num_iterations=n, print_cost=False, **how),
            lambda n: notebook.regularized(X, Y, n, **how),
        )

    def adam(n: int) -> Arrays:
        return opt_utils.model(moons_X, moons_Y, [2, 5, 2, 1], "adam", num_epochs=n, print_cost=False)

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


# ------------------------------------------------------------------------------ single functions


def over_kernels(X: np.ndarray, parameters: Arrays) -> np.ndarray:
    """The forward pass by the kernels, on arrays known to suit them."""
    A = X
    for l in (1, 2, 3):
        W = parameters[f"W{l}"]
        Z = np.empty((len(W), X.shape[1]))
        cregnet.dense(W, parameters[f"b{l}"], A, Z)
        A = np.empty_like(Z)
        (cregnet.relu if l < 3 else cregnet.sigmoid)(Z, A)
    return A


def backward_over_kernels(X: np.ndarray, Y: np.ndarray, cache: tuple[np.ndarray, ...]) -> Arrays:
    """The weights' gradients by the kernels, on arrays known to suit them."""
    _, A1, W1, _, _, A2, W2, _, _, A3, W3, _ = cache
    dZ, grads = (A3 - Y) / X.shape[1], {}
    for l, (W, A_prev) in ((3, (W3, A2)), (2, (W2, A1)), (1, (W1, X))):
        dW, db, dA = np.empty_like(W), np.empty((len(W), 1)), np.empty_like(A_prev)
        cregnet.dense_backward(dZ, W, A_prev, dW, db, dA)
        grads |= {f"dW{l}": dW, f"db{l}": db}
        if l > 1:
            dZ = np.empty_like(dA)
            cregnet.relu_backward(dA, A_prev, dZ)
    return grads


def adam_over_kernels(parameters: Arrays, grads: Arrays, v: Arrays, s: Arrays) -> Arrays:
    """A step of Adam by the kernel, on copies."""
    new: Arrays = {}
    for key, W in parameters.items():
        d = "d" + key
        flat, first, second = W.flatten(), v[d].flatten(), s[d].flatten()
        cregnet.adam(flat, grads[d].ravel(), first, second, 0.01, 0.9, 0.999, 1e-8, 2)
        new[key] = flat.reshape(W.shape)
    return new


def time_functions() -> dict[str, dict[str, float]]:
    """Microseconds of a forward and a backward pass and of a step of Adam, three ways each."""
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((2, 211)), rng.integers(0, 2, (1, 211))
    parameters = reg_utils.initialize_parameters([2, 20, 3, 1])
    cache = reg_utils.forward_propagation(X, parameters)[1]
    grads = reg_utils.backward_propagation(X, Y, cache)
    v, s = opt_utils.initialize_adam(parameters)
    np.testing.assert_allclose(over_kernels(X, parameters), cache[9], rtol=1e-12)
    for key, dW in backward_over_kernels(X, Y, cache).items():
        np.testing.assert_allclose(dW, grads[key], rtol=1e-9, atol=1e-14, err_msg=key)
    notebook_cache = notebook.forward(X, parameters)[1]
    ways: dict[str, dict[str, Callable[[], Any]]] = {
        "forward_propagation": {
            "course": lambda: reg_utils.forward_propagation(X, parameters),
            "NumPy": lambda: notebook.forward(X, parameters),
            "kernels": lambda: over_kernels(X, parameters),
        },
        "backward_propagation": {
            "course": lambda: reg_utils.backward_propagation(X, Y, cache),
            "NumPy": lambda: notebook.backward(X, Y, notebook_cache),
            "kernels": lambda: backward_over_kernels(X, Y, cache),
        },
        "update_parameters_with_adam": {
            "course": lambda: opt_utils.update_parameters_with_adam(parameters, grads, v, s, 2),
            "NumPy": lambda: notebook.adam(dict(parameters), grads, dict(v), dict(s), 2, 0.01),
            "kernels": lambda: adam_over_kernels(parameters, grads, v, s),
        },
    }
    return {name: {way: best_time(call) * 1e6 for way, call in calls.items()} for name, calls in ways.items()}


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
        functions = time_functions()
    found = report(seconds)
    print(f"\n{'microseconds':<32}{'course':>9}{'NumPy':>9}{'kernels':>9}")
    for name, ways in functions.items():
        print(f"{name:<32}" + "".join(f"{ways[way]:>9.1f}" for way in ("course", "NumPy", "kernels")))
    if given.json:
        given.json.write_text(json.dumps({"trainings": found, "functions": functions}, indent=1))


if __name__ == "__main__":
    main()
