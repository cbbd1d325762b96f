"""How many threads are used, and what says so."""

import os

import pytest

import regnet as rn
from regnet.threads import resolve_threads


def cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.mark.parametrize(
    ("variable", "expected"),
    [("1", 1), ("1,2", 1), ("100000", None), ("", None), ("many", None), ("0", None)],
)
def test_none_means_the_usable_cores_or_fewer(monkeypatch, variable, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert resolve_threads(None) == (expected or cores())


def test_none_obeys_threadpoolctl(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = resolve_threads(None)
    with threadpoolctl.threadpool_limits(1):
        assert resolve_threads(None) == 1
        assert resolve_threads(3) == 3
    assert resolve_threads(None) == before


def test_a_number_is_taken_as_it_is(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert resolve_threads(5) == 5


@pytest.mark.parametrize("wrong", [0, -1])
def test_less_than_one_is_refused(wrong):
    with pytest.raises(ValueError, match=f"n_threads is {wrong}, wanted a whole number >= 1"):
        resolve_threads(wrong)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_train_passes_it_to_the_core(monkeypatch, n_threads):
    seen = []
    real = rn.engine.BACKENDS["compiled"].network_train

    class Spy:
        @staticmethod
        def network_train(*arguments):
            seen.append(arguments[15])
            return real(*arguments)

    monkeypatch.setitem(rn.engine.BACKENDS, "compiled", Spy)
    rn.train(rn.Model.mlp([2, 3, 1]), [[0.0, 1.0], [1.0, 0.0]], [0, 1], epochs=1, n_threads=n_threads)
    assert seen == [n_threads]
