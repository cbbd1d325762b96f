"""Threads that the system does not start: the same bits from those that there are."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import regnet as rn

X, Y, *_ = rn.datasets.make_football(60, 20)
PICTURES = np.random.default_rng(0).random((60, 16))


def nets(n):
    return [rn.Model.mlp([2, 8, 1], dtype="float64", seed=seed) for seed in range(n)]


@pytest.fixture(params=[0, 1])
def few_threads(monkeypatch, request):
    """So many threads can be started and no more."""
    start, started = threading.Thread.start, []

    def limited(self):
        if len(started) == request.param:
            raise RuntimeError("can't start new thread")
        started.append(self)
        start(self)

    monkeypatch.setattr(threading.Thread, "start", limited)
    return started


def make(config):
    return nets(1)[0], {"optimizer": rn.Adam(config["rate"])}


def found(n_threads):
    space = {"rate": rn.log_uniform(1e-3, 1e-1)}
    return rn.search(make, X, Y, space, n=4, epochs=9, n_threads=n_threads)


def augmented(n_threads):
    model = rn.Model.mlp([16, 8, 1], seed=1)
    augment = rn.augment.Compose([rn.augment.Shift(1)], shape=(4, 4))
    rn.train(model, PICTURES, Y, epochs=3, batch_size=16, augment=augment, n_threads=n_threads)
    return model.parameters


def test_many_nets_are_trained_by_the_threads_there_are(few_threads, request):
    models, expected = nets(4), nets(4)
    rn.fit_many(expected, X, Y, epochs=3, n_threads=1)
    assert not few_threads
    histories = rn.fit_many(models, X, Y, epochs=3, n_threads=4)
    assert len(few_threads) == request.node.callspec.params["few_threads"]
    assert [len(history) for history in histories] == [3] * 4
    for model, other in zip(models, expected, strict=True):
        np.testing.assert_array_equal(model.parameters, other.parameters)


@pytest.mark.usefixtures("few_threads")
def test_a_search_goes_on_with_the_threads_there_are():
    assert found(4).rows == found(1).rows


@pytest.mark.parametrize("few_threads", [0], indirect=True)
def test_pictures_are_made_without_a_helper(few_threads):
    np.testing.assert_array_equal(augmented(4), augmented(1))
    assert not few_threads


LIMITED = """
import os, resource, sys
sys.path.insert(0, sys.argv[1])
import test_few_threads as t
import numpy as np, regnet as rn
expected = t.nets(4)
rn.fit_many(expected, t.X, t.Y, epochs=3, n_threads=1)
rows, parameters = t.found(1).rows, t.augmented(1)  # imports all that this user may not read
os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
models = t.nets(4)
assert len(rn.fit_many(models, t.X, t.Y, epochs=3, n_threads=4)) == 4
assert all(np.array_equal(a.parameters, b.parameters) for a, b in zip(models, expected))
assert t.found(4).rows == rows
assert np.array_equal(t.augmented(4), parameters)
try:
    t.threading.Thread(target=print).start()
except RuntimeError:
    print("no thread was to be had")
"""


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become a user with a limit"
)
def test_under_a_limit_on_processes():
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "no thread was to be had\n", done.stderr
