"""Trainings that end before their last epoch: divergence and Ctrl-C."""

import re
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest

import regnet as rn
from regnet.training.divergence import baseline_cost
from training.classifiers import classifier, points


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize("batch_size", [None, 32])
@pytest.mark.parametrize(
    "optimizer", [rn.GradientDescent(1e6), rn.Momentum(1e6), rn.Adam(1e6)], ids=lambda o: o.kernel
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_diverging_run_keeps_its_best_weights(optimizer, dtype, batch_size, backend):
    X, y, _, _ = rn.datasets.make_football()
    model = rn.Model.mlp([2, 20, 3, 1], dtype=dtype, seed=1)
    start = model.evaluate(X, y).cost
    with (
        pytest.warns(rn.DivergenceWarning, match="the model was set back to its best weights"),
        np.errstate(all="ignore"),
    ):
        history = rn.train(
            model, X, y, epochs=30, batch_size=batch_size, optimizer=optimizer, backend=backend
        )
    assert history.stop_reason == "diverged"
    assert np.isfinite(model.parameters).all()
    assert model.evaluate(X, y).cost <= 1.5 * start


@pytest.mark.parametrize(
    ("output", "W", "target"),
    [
        ("identity", [[1.0, 2.0, 3.0]], lambda Z: Z),
        ("sigmoid", [[1e4, 0.0, 0.0]], lambda Z: Z[:, 0] > 0),
        ("sigmoid", 1e4 * np.eye(3), lambda Z: (Z > 0).astype(float)),
        ("softmax", 1e4 * np.eye(3), lambda Z: Z.argmax(axis=1)),
    ],
)
def test_a_rise_from_almost_nothing_to_ignorance_is_no_divergence(output, W, target):
    X = np.random.default_rng(0).normal(size=(50, 3))
    model = rn.Model.mlp([3, len(W)], output=output, dtype="float64")
    model.weights[0] = W

    def forget(training):
        training.model.weights[0][...] = 0

    options = {"optimizer": rn.GradientDescent(1e-9), "callbacks": [forget]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = rn.train(model, X, target(X @ np.transpose(W)), epochs=2, **options)
    assert history.cost[0] < 1e-9
    assert history.cost[1] > 0.1
    assert history.stop_reason == "epochs"


def test_divergence_names_the_epoch():
    X, y = np.array([[1.0], [2.0]]), np.array([1.0, 2.0])
    model = rn.Model.mlp([1, 1], output="identity", dtype="float64")
    with pytest.warns(rn.DivergenceWarning, match="stopped being finite in epoch") as caught:
        history = rn.train(model, X, y, epochs=5000, optimizer=rn.GradientDescent(10.0))
    epoch = int(re.search(r"epoch (\d+)", str(caught[0].message)).group(1))
    assert epoch == len(history)
    assert caught[0].filename == __file__
    assert model.evaluate(X, y).cost == pytest.approx(history.cost.min(), rel=1e-12)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")
def test_ctrl_c_is_answered_soon_and_leaves_a_good_model():
    script = """
import sys, time, threading, os, signal
import numpy as np, regnet as rn
rng = np.random.default_rng(0)
X, y = rng.normal(size=(20000, 200)), rng.integers(0, 2, 20000)
model = rn.Model.mlp([200, 400, 400, 1])
def press():
    time.sleep(1.0)
    press.at = time.perf_counter()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press, daemon=True).start()
history = rn.train(model, X, y, epochs=100000, batch_size=64, on_interrupt="return")
late = time.perf_counter() - press.at
assert history.stop_reason == "interrupted", history
assert np.isfinite(model.parameters).all()
print(late)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 5  # answered at all; how soon is measured in bench/


def test_ctrl_c_in_a_callback_ends_the_training_after_its_epoch():
    X, y = points()

    def press(training):
        if training.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    model = classifier()
    history = rn.train(model, X, y, epochs=10, callbacks=[press], on_interrupt="return")
    assert history.stop_reason == "interrupted"
    assert len(history) == 3
    assert model.training_state.epoch == 3


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")
def test_ctrl_c_in_a_call_of_many_epochs_keeps_those_completed(monkeypatch, ctrl_c_after):
    X, y = points()
    monkeypatch.setattr("regnet.training.engine.CALL_SECONDS", 5.0)
    ctrl_c_after(0.5)
    history = rn.train(classifier(), X, y, epochs=10**7, batch_size=None, on_interrupt="return")
    assert history.stop_reason == "interrupted"
    assert len(history) > 1111  # the first three calls have 1, 10 and 100 epochs
    assert np.isfinite(history.cost).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_baseline_of_a_divergence_is_the_loss_of_outputs_of_0(dtype):
    n, rng = 10_000, np.random.default_rng(0)
    numbers = rng.normal(size=(n, 3))
    for output, y, expected in (
        ("identity", numbers, 0.5 * (numbers**2).sum() / n),
        ("tanh", numbers, 0.5 * (numbers**2).sum() / n),
        ("sigmoid", numbers > 0, 3 * np.log(2)),
        ("softmax", rng.integers(3, size=n), np.log(3)),
    ):
        model = rn.Model.mlp([2, 3], output=output, dtype=dtype)
        targets = model.check_targets(y, n)
        assert baseline_cost(model.plan, targets) == pytest.approx(
            expected, rel=1e-7 if dtype[-2:] == "32" else 1e-13
        )
