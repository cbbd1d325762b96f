"""How a training on transformed images ends, and the helper that makes them."""

import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import regnet as rn
from regnet.augment import Compose, Shift
from regnet.training.augmented import ahead, one_by_one
from training.pictures import NOTHING, SOME, images, net, probe


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """Whatever a test does, the helper has ended."""
    yield
    assert not [t for t in threading.enumerate() if t.name.startswith("regnet-augment")]


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("batch_size", [None, 32])
def test_a_diverging_run_goes_back_to_the_same_best_weights(batch_size):
    X, _ = images()
    options = {"epochs": 400, "batch_size": batch_size, "optimizer": rn.GradientDescent(0.01)}
    results = []
    for augment in (None, NOTHING[0]):
        model = rn.Model.mlp([24, 3], output="identity", dtype="float64")
        with pytest.warns(rn.DivergenceWarning, match="set back to its best weights"):
            history = rn.train(model, 100 * X, X[:, :3], augment=augment, **options)
        results.append((model.parameters, history))
    (plain, expected), (found, history) = results
    assert history.stop_reason == expected.stop_reason == "diverged"
    assert len(history) == len(expected)
    np.testing.assert_array_equal(found, plain)


def test_best_weights_are_those_of_a_training_without(monkeypatch):
    monkeypatch.setattr(rn.training.augmented, "PIECE_BYTES", 1)
    X, y = images()
    found = []
    for augment in (None, NOTHING[0]):  # the last epochs raise the cost, the very last one makes it infinite
        model, schedule = net(0.5), rn.Table({30: 0.5, 40: 1e200})
        options = {"batch_size": 16, "optimizer": rn.GradientDescent(0.1, schedule=schedule)}
        with pytest.warns(rn.DivergenceWarning, match="set back to its best weights") as caught:
            history = rn.train(model, X, y, epochs=60, augment=augment, **options)
        found.append((model.parameters, history.cost, str(caught[0].message)))
    (plain, costs, message), (augmented, pieces, same) = found
    assert costs[-1] > costs.min()
    np.testing.assert_allclose(pieces, costs, rtol=1e-14)
    np.testing.assert_array_equal(augmented, plain)
    assert same == message


@pytest.mark.parametrize("n_threads", [1, 2])
def test_what_goes_wrong_in_a_transformation_reaches_the_user(n_threads):
    def fail(images):
        raise LookupError("no such picture")

    X, y = images()
    model = net()
    with pytest.raises(LookupError, match=r"^no such picture$"):
        rn.train(model, X, y, epochs=3, augment=probe(fail), n_threads=n_threads)
    assert model.training_state is None


def test_pictures_are_made_in_a_helper_unless_there_is_one_thread():
    X, y = images()
    for n_threads, helped in ((1, False), (2, True)):
        names = set()
        augment = probe(lambda images, names=names: names.add(threading.current_thread().name))
        rn.train(net(), X, y, epochs=2, augment=augment, n_threads=n_threads)
        assert len(names) == 1
        assert names.pop().startswith("regnet-augment") == helped


def test_the_helper_is_one_piece_ahead_and_no_more():
    made, used = [], []

    def make(task, stop):
        made.append(task)
        return task

    for result in ahead(make, range(20)):
        deadline = time.monotonic() + 10
        while len(made) < min(result + 2, 20) and time.monotonic() < deadline:
            time.sleep(0.001)
        used.append(result)
        assert len(made) == min(result + 2, 20)
    assert used == made == list(range(20))


@pytest.mark.parametrize("make", [ahead, one_by_one])
def test_no_tasks_no_results(make):
    assert list(make(lambda task, stop: task, [])) == []


def test_closing_stops_the_helper_and_waits_for_it():
    ended = []

    def make(task, stop):
        if task > 0:
            assert stop.wait(10)
            ended.append(task)
        return task

    results = ahead(make, range(100))
    assert next(results) == 0
    results.close()
    assert ended == [1]


def test_an_error_of_a_wait_is_not_taken_for_a_wait():
    def make(task, stop):
        raise TimeoutError("of the transformation")

    with pytest.raises(TimeoutError, match=r"^of the transformation$"):
        list(ahead(make, range(3)))


@pytest.mark.parametrize("n_threads", [1, 2])
def test_ctrl_c_while_pictures_are_made(ctrl_c_after, n_threads):
    X, y = images()
    model = net()
    ctrl_c_after(0.3)
    history = rn.train(
        model,
        X,
        y,
        epochs=10_000,
        augment=probe(lambda images: time.sleep(0.05)),
        n_threads=n_threads,
        on_interrupt="return",
    )
    assert history.stop_reason == "interrupted"
    assert np.isfinite(model.parameters).all()
    assert model.training_state is None or model.training_state.epoch == len(history)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_ctrl_c_while_the_core_trains(ctrl_c_after, n_threads):
    X, y = np.random.default_rng(0).random((4000, 400), np.float32), np.arange(4000) % 2
    model = rn.Model.mlp([400, 300, 300, 1])
    ctrl_c_after(0.5)
    augment = Compose([Shift(1)], shape=(20, 20))
    options = {"batch_size": 64, "augment": augment, "n_threads": n_threads}
    history = rn.train(model, X, y, epochs=100_000, on_interrupt="return", **options)
    assert history.stop_reason == "interrupted"


def test_ctrl_c_in_a_callback():
    X, y = images()

    def press(training):
        if training.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    history = rn.train(net(), X, y, epochs=10, callbacks=[press], augment=SOME, on_interrupt="return")
    assert history.stop_reason == "interrupted"
    assert len(history) == 3


def test_cancelled_from_another_thread():
    X, y = images()
    cancel = threading.Event()
    timer = threading.Timer(0.2, cancel.set)
    timer.start()
    history = rn.train(net(), X, y, epochs=10**6, augment=SOME, cancel=cancel)
    timer.join()
    assert history.stop_reason == "interrupted"


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no fork")
def test_trains_in_a_forked_child():
    script = """
import os, sys
import numpy as np, regnet as rn
X, y = np.random.default_rng(0).random((300, 36)), np.arange(300) % 2
augment = rn.augment.Compose([rn.augment.Rotate(20)], shape=(6, 6))
def fit():
    model = rn.Model.mlp([36, 20, 1], keep_prob=0.8)
    rn.train(model, X, y, epochs=5, batch_size=16, augment=augment, n_threads=2)
    return model.parameters.tobytes()
ours = fit()
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, fit())
    os._exit(0)
theirs = os.read(read, 1 << 20)
os.wait()
sys.exit(0 if ours == theirs else 1)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], timeout=60, check=False)
    assert done.returncode == 0
