"""Prediction on several threads: the same bits, threads that end, forked children, Python threads, Ctrl-C."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

import cregnet
from network.networks import FEATURES, HIDDEN, make_parameters, make_plan

THREADS = (1, 2, 3, 7)
# Rows: one, fewer than a vector, a few (tasks are units of layers), and blocks of rows with a rest of one.
ROWS = (1, 2, 15, 33, 64, 100, 257, 1025)


def same_for_all_threads(core, plan, P, X, **options):
    """The outputs, which are those of one thread with 2, 3 and 7."""
    found = [core.network_predict(plan, P, X, n_threads=n, **options) for n in THREADS]
    for out, finite in found:
        np.testing.assert_array_equal(out, found[0][0])
        assert finite is found[0][1]
    return found[0]


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("rows", ROWS)
def test_same_bits_for_any_number_of_threads(core, dtype, hidden, rows):
    """300,000 parameters: 16 rows are enough work for two threads, 257 for seven."""
    plan = make_plan((203, 517, 351, 5), hidden, "softmax", "categorical_cross_entropy")
    rng = np.random.default_rng(rows)
    P, X = make_parameters(plan, rng, dtype, scale=0.05), rng.normal(size=(rows, 203)).astype(dtype)
    out, finite = same_for_all_threads(core, plan, P, X)
    assert finite
    assert np.isfinite(out).all()
    same_for_all_threads(core, plan, P, X, logits=True)


@pytest.mark.parametrize("feature", [name for name in FEATURES if "batch_norm" in name or "gates" in name])
@pytest.mark.parametrize("rows", [1, 40, 600])
def test_same_bits_for_any_number_of_threads_with(core, dtype, feature, rows):
    """A hidden softmax needs all units of its layer."""
    for hidden in ("tanh", "softmax"):
        plan = make_plan(
            (203, 517, 351, 5), hidden, "softmax", "categorical_cross_entropy", **FEATURES[feature]
        )
        rng = np.random.default_rng(rows)
        P = make_parameters(plan, rng, dtype, scale=0.05, weight=0.7)
        same_for_all_threads(core, plan, P, rng.normal(size=(rows, 203)).astype(dtype))


def test_one_row_of_a_wide_net_on_many_threads(core, dtype):
    """Two million parameters: one row is enough work for two threads."""
    plan = make_plan((1500, 1300, 1, 7), "relu", "softmax", "categorical_cross_entropy")
    rng = np.random.default_rng(0)
    P, x = make_parameters(plan, rng, dtype, scale=0.05), rng.normal(size=(1, 1500)).astype(dtype)
    same_for_all_threads(core, plan, P, x)


@pytest.mark.parametrize("rows", [2, 17, 257, 600])
def test_a_row_is_the_same_in_any_batch(core, dtype, rows):
    plan = make_plan((203, 117, 5), "relu", "softmax", "categorical_cross_entropy")
    rng = np.random.default_rng(1)
    P, X = make_parameters(plan, rng, dtype, scale=0.05), rng.normal(size=(600, 203)).astype(dtype)
    whole = core.network_predict(plan, P, X)[0]
    np.testing.assert_array_equal(core.network_predict(plan, P, X[:rows])[0], whole[:rows])
    np.testing.assert_array_equal(core.network_predict(plan, P, X[-rows:], n_threads=2)[0], whole[-rows:])


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_any_thread_finds_what_is_not_finite(core, dtype, wrong):
    plan = make_plan((203, 517, 351, 5), "relu", "softmax", "categorical_cross_entropy")
    P = np.zeros(plan.layout.size, dtype)
    for rows in (1, 40, 1025):
        for row in {0, rows // 2, rows - 1}:
            X = np.ones((rows, 203), dtype)
            assert core.network_predict(plan, P, X, n_threads=3)[1] is True
            X[row, -1] = wrong
            assert core.network_predict(plan, P, X, n_threads=3)[1] is False


@pytest.mark.parametrize("dropout", ["masks", "gaussian", "first_only", "last_only"])
@pytest.mark.parametrize(("rows", "mask_rows"), [(1, 512), (33, 7), (300, 512), (1100, 512)])
def test_samples_have_the_same_bits_for_any_number_of_threads(core, dtype, dropout, rows, mask_rows):
    keep = {"first_only": (0.8, 1.0, 1.0), "last_only": (1.0, 1.0, 0.6)}.get(dropout, (0.8, 0.7, 0.6))
    plan = make_plan((20, 70, 50, 3), "tanh", "softmax", "categorical_cross_entropy")
    plan = replace(plan, keep_prob=keep, gaussian=(dropout == "gaussian",) * 3)
    rng = np.random.default_rng(rows)
    P, X = make_parameters(plan, rng, dtype, scale=0.5), rng.normal(size=(rows, 20)).astype(dtype)
    mean, spread = core.network_sample(plan, P, X, 6, 5, mask_rows)
    for n_threads in THREADS[1:]:
        other = core.network_sample(plan, P, X, 6, 5, mask_rows, n_threads=n_threads)
        np.testing.assert_array_equal(other, (mean, spread))
    twin = cregnet.reference.network_sample(plan, P, X, 6, 5, mask_rows)
    tolerance = 1e-4 if dtype == np.float32 else 1e-11
    np.testing.assert_allclose((mean, spread), twin, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("n_threads", "message"),
    [(0, "n_threads is 0, wanted"), (-1, "n_threads is -1, wanted"), (1.5, "n_threads is 1.5, wanted")],
)
def test_a_wrong_number_of_threads_is_refused_before_any_work(core, n_threads, message):
    plan = make_plan((2, 3), (), "softmax", "categorical_cross_entropy")
    out = np.full((1, 3), 7.0)
    with pytest.raises((TypeError, ValueError), match=message):
        core.network_predict(plan, np.zeros(9), np.zeros((1, 2)), out, n_threads=n_threads)
    assert (out == 7).all()


# ------------------------------------------------------------------------------ threads of the process


def wide_net(rows=64):
    plan = make_plan((203, 517, 351, 5), "relu", "softmax", "categorical_cross_entropy")
    rng = np.random.default_rng(0)
    return plan, make_parameters(plan, rng, np.float32, scale=0.05), rng.normal(size=(rows, 203)).astype("f4")


def threads_of_the_process():
    return len(os.listdir("/proc/self/task"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads are counted in /proc")
def test_the_threads_end_soon_after_a_prediction():
    arguments = wide_net()
    time.sleep(0.3)
    before = threads_of_the_process()
    for _ in range(5):
        cregnet.network_predict(*arguments, n_threads=5)
    assert before < threads_of_the_process() <= before + 4
    for _ in range(100):
        time.sleep(0.05)
        if threads_of_the_process() == before:
            break
    assert threads_of_the_process() == before


def test_python_threads_predict_at_once():
    """One call owns the pool at a time; the others have threads of their own."""
    plan, P, X = wide_net(300)
    expected, found = cregnet.network_predict(plan, P, X)[0], []

    def work():
        for _ in range(20):
            found.append(np.array_equal(cregnet.network_predict(plan, P, X, n_threads=3)[0], expected))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 120


FORKED = """
import os, sys, threading
import numpy as np
import regnet as rn

model = rn.Model.mlp([203, 517, 351, 5], seed=1)
X = np.random.default_rng(0).normal(size=(64, 203)).astype("f4")
expected = model.predict_proba(X, n_threads=1)
stop = threading.Event()
def work():                      # the pool is owned at the moment of most forks
    while not stop.is_set():
        model.predict_proba(X, n_threads=3)
thread = threading.Thread(target=work)
thread.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        same = all(np.array_equal(model.predict_proba(X, n_threads=3), expected) for _ in range(3))
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
thread.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_predicts_with_threads_of_its_own():
    run = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
import regnet as rn

model = rn.Model([rn.Input(784, 0.8), rn.Dense(1024, "relu"), rn.Dense(1024, "relu"), rn.Dense(10, "softmax")])
X = np.zeros((20_000, 784), np.float32)
how = {"samples": {"mc_samples": 2000}, "rows": {}}[sys.argv[1]]
def interrupt():
    time.sleep(0.1)
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
sent = []
threading.Thread(target=interrupt, daemon=True).start()
try:
    while True:
        model.predict_proba(X, n_threads=2, **how)
except KeyboardInterrupt:
    print(time.perf_counter() - sent[0])
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent with os.kill")
@pytest.mark.parametrize("how", ["samples", "rows"])
def test_ctrl_c_ends_a_prediction(how):
    """A call with samples would take minutes."""
    run = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, how], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) < 5, run.stdout


MEMORY = """
import sys
import numpy as np
import resource
import regnet as rn

model = rn.Model.mlp([203, 517, 351, 5], keep_prob=0.5, seed=1)
sets = [np.zeros((rows, 203), np.float32) for rows in (1, 20, 64, 700)]
def use():
    for X in sets:
        for n_threads in (1, 3):
            model.predict_proba(X, n_threads=n_threads)
        model.predict_proba(X, mc_samples=2, n_threads=3)
for _ in range(20):
    use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(200):
    use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss has other units elsewhere")
def test_many_predictions_keep_no_memory():
    """Each of the 2,400 calls uses up to 8 MB: one in a hundred that were kept would show."""
    run = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 4096, run.stdout
