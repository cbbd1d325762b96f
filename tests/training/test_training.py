"""`train`: what it does to the model, and what it records."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import regnet as rn
from training.classifiers import classifier, points


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize(
    "optimizer",
    [
        rn.GradientDescent(0.5),
        rn.Momentum(0.5),
        rn.Momentum(0.1, form="velocity"),
        rn.Momentum(0.1, form="nesterov"),
        rn.RMSprop(0.01),
        rn.Adam(0.02),
        rn.AdamW(0.02),
    ],
    ids=lambda o: o.kernel,
)
def test_every_optimizer_learns(optimizer, backend):
    X, y = points()
    model = classifier()
    history = rn.train(model, X, y, epochs=40, batch_size=32, optimizer=optimizer, backend=backend)
    assert history.cost[-1] < 0.5 * history.cost[0]
    assert model.evaluate(X, y).score > 0.9


@pytest.mark.parametrize("keep_prob", [1.0, 0.7])
@pytest.mark.parametrize("batch_size", [None, 32, 50])
def test_backends_train_the_same_model(batch_size, keep_prob):
    X, y = points(classes=3)
    models = []
    for backend in ("compiled", "reference"):
        model = rn.Model.mlp(
            [2, 9, 7, 3], keep_prob=[keep_prob] * 3, activation="tanh", dtype="float64", seed=4
        )
        options = {"optimizer": rn.Adam(0.01, schedule=rn.Cosine()), "penalty": rn.L1(0.1) + rn.L2(0.5)}
        weight = np.linspace(0.5, 1.5, len(X))
        history = rn.train(
            model, X, y, epochs=6, batch_size=batch_size, sample_weight=weight, backend=backend, **options
        )
        models.append((model, history))
    np.testing.assert_allclose(models[0][0].parameters, models[1][0].parameters, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(models[0][1].cost, models[1][1].cost, rtol=1e-10)


def test_same_seed_same_bits_another_seed_other_bits():
    X, y = points()
    runs = []
    for seed in (5, 5, 6):
        model = rn.Model.mlp([2, 8, 1], keep_prob=0.8, seed=seed)
        rn.train(model, X, y, epochs=5, batch_size=16)
        runs.append(model.parameters)
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).mean() > 0.9


@pytest.mark.parametrize("what", ["shuffling", "dropout"])
def test_seed_reaches(what):
    X, y = points()
    runs = []
    for seed in (5, 6):
        model = rn.Model.mlp([2, 8, 1], keep_prob=0.8 if what == "dropout" else 1.0, seed=seed)
        model.parameters[:] = np.linspace(-1, 1, model.parameters.size)
        rn.train(model, X, y, epochs=1, batch_size=None if what == "dropout" else 16)
        runs.append(model.parameters)
    assert (runs[0] != runs[1]).any()


def test_n_threads_does_not_change_a_bit():
    X, y = points()
    runs = []
    for n_threads in (None, 1, 2, 7):
        model = rn.Model.mlp([2, 8, 1], keep_prob=0.8)
        rn.train(model, X, y, epochs=3, batch_size=16, n_threads=n_threads)
        runs.append(model.parameters)
    for other in runs[1:]:
        np.testing.assert_array_equal(runs[0], other)


def test_dtype_is_kept(dtype):
    X, y = points()
    model = rn.Model.mlp([2, 4, 1], dtype=dtype)
    rn.train(model, X.astype(dtype), y, epochs=2)
    assert model.parameters.dtype == model.weights[0].dtype == dtype
    assert model.predict_proba(X.astype(dtype)).dtype == dtype


@pytest.mark.parametrize("labels", [["ham", "spam"], [-1, 7], [False, True], [0.5, 2.5]])
def test_labels_come_back_as_they_went_in(labels):
    X, y = points()
    y = np.array(labels)[y]
    model = classifier()
    rn.train(model, X, y, epochs=30, optimizer=rn.Adam(0.05))
    predicted = model.predict(X)
    assert predicted.dtype == y.dtype
    assert set(predicted) == set(labels)
    assert np.mean(predicted == y) > 0.9
    np.testing.assert_array_equal(model.classes, np.sort(labels))


def test_weights_of_the_sample_count_like_repetitions():
    X, y = points(60)
    repeat = np.random.default_rng(1).integers(0, 4, 60)
    weighted, repeated = classifier(), classifier()
    options = {"epochs": 50, "batch_size": None, "optimizer": rn.GradientDescent(0.3)}
    rn.train(weighted, X, y, sample_weight=repeat, **options)
    rn.train(repeated, np.repeat(X, repeat, axis=0), np.repeat(y, repeat), **options)
    np.testing.assert_allclose(weighted.parameters, repeated.parameters, rtol=1e-10)


def test_l2_divisor_is_the_number_of_training_examples():
    X, y = points(100)
    model = classifier()
    before = model.parameters.copy()
    plain, penalised = model.copy(), model.copy()
    options = {"epochs": 1, "batch_size": None, "optimizer": rn.GradientDescent(1.0)}
    cost = rn.train(plain, X, y, **options).cost[0]
    cost_l2 = rn.train(penalised, X, y, penalty=rn.L2(30.0), **options).cost[0]
    squares = sum((W**2).sum() for W in model.weights)
    assert cost_l2 - cost == pytest.approx(30.0 / (2 * 100) * squares, rel=1e-12)
    for W0, W1, W2 in zip(model.weights, plain.weights, penalised.weights, strict=True):
        np.testing.assert_allclose(W1 - W2, 30.0 / 100 * W0, rtol=1e-9)
    for b1, b2 in zip(plain.biases, penalised.biases, strict=True):
        np.testing.assert_array_equal(b1, b2)
    np.testing.assert_array_equal(model.parameters, before)


def test_cost_of_an_epoch_is_the_mean_over_examples_before_each_update():
    X, y = points(50)
    model = classifier()
    history = rn.train(model.copy(), X, y, epochs=1, batch_size=20, optimizer=rn.GradientDescent(1e-300))
    # at a rate that moves nothing the batches' costs average to the cost of the whole
    assert history.cost[0] == pytest.approx(model.evaluate(X, y).cost, rel=1e-12)


def test_history_has_an_entry_per_epoch():
    X, y = points()
    schedule = rn.Exponential(0.5)
    history = rn.train(
        classifier(), X, y, epochs=4, validation=(X, y), optimizer=rn.Adam(0.1, schedule=schedule)
    )
    for name in ("cost", "val_cost", "val_score", "learning_rate", "seconds"):
        assert getattr(history, name).shape == (4,)
        assert np.isfinite(getattr(history, name)).all()
    np.testing.assert_allclose(history.learning_rate, [0.1, 0.05, 0.025, 0.0125])
    assert history.stop_reason == "epochs"


def test_validation_values_are_those_of_evaluate():
    X, y = points()
    X_val, y_val = points(40, seed=3)
    seen = []
    model = classifier(keep_prob=0.8)
    history = rn.train(
        model,
        X,
        y,
        epochs=3,
        validation=(X_val, y_val),
        callbacks=[lambda training: seen.append(training.model.evaluate(X_val, y_val))],
    )
    np.testing.assert_array_equal(history.val_cost, [e.cost for e in seen])
    np.testing.assert_array_equal(history.val_score, [e.score for e in seen])


def test_a_share_for_validation_is_held_out_and_stratified(core_calls):
    X, y = points(100, classes=2)
    trained = core_calls()
    rn.train(classifier(), X, y, epochs=1, validation=0.2)
    assert trained[0]["X"].shape == (80, 2)
    assert abs(trained[0]["Y"].sum() - 0.8 * y.sum()) <= 1


def test_data_in_place_are_not_copied_or_changed():
    X, y = points()
    X, before = np.ascontiguousarray(X, np.float64), X.copy()
    X.flags.writeable = False
    y.flags.writeable = False
    rn.train(classifier(), X, y, epochs=2)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("layout", ["fortran", "strided", "list", "integer", "bool"])
def test_other_kinds_of_input_train_the_same(layout):
    X, y = points()
    X = np.round(4 * X)
    if layout == "bool":
        X = X > 0
    given = {
        "fortran": np.asfortranarray(X),
        "strided": np.repeat(X, 2, axis=1)[:, ::2],
        "list": X.tolist(),
        "integer": X.astype(np.int32),
        "bool": X,
    }[layout]
    models = [classifier(), classifier()]
    rn.train(models[0], np.ascontiguousarray(X, np.float64), y, epochs=2)
    rn.train(models[1], given, y, epochs=2)
    np.testing.assert_array_equal(models[0].parameters, models[1].parameters)


def test_no_epochs_changes_nothing():
    X, y = points()
    model = classifier()
    before = model.parameters.copy()
    history = rn.train(model, X, y, epochs=0)
    assert len(history) == 0
    assert history.stop_reason == "epochs"
    np.testing.assert_array_equal(model.parameters, before)


@pytest.mark.parametrize("optimizer", [rn.Adam(0.01), rn.Momentum(0.1)])
def test_resumed_training_has_the_bits_of_an_uninterrupted_one(tmp_path, optimizer):
    X, y = points()
    whole = rn.Model.mlp([2, 8, 1], keep_prob=0.8, seed=2)
    expected = rn.train(whole, X, y, epochs=10, batch_size=16, optimizer=optimizer)
    part = rn.Model.mlp([2, 8, 1], keep_prob=0.8, seed=2)
    rn.train(part, X, y, epochs=4, batch_size=16, optimizer=optimizer)
    part.save(tmp_path / "part.npz")
    part = rn.load(tmp_path / "part.npz")
    history = rn.train(part, X, y, epochs=10, batch_size=16, optimizer=optimizer, resume=True)
    np.testing.assert_array_equal(part.parameters, whole.parameters)
    np.testing.assert_array_equal(history.cost, expected.cost[4:])
    assert history.first_epoch == 4


def test_grouping_of_epochs_does_not_change_a_bit():
    """With a callback each epoch is a call of its own; without one many go into a call."""
    X, y = points()
    one_by_one, grouped = classifier(keep_prob=0.8), classifier(keep_prob=0.8)
    rn.train(one_by_one, X, y, epochs=300, batch_size=16, callbacks=[lambda training: None])
    rn.train(grouped, X, y, epochs=300, batch_size=16)
    np.testing.assert_array_equal(one_by_one.parameters, grouped.parameters)


def test_trained_in_several_python_threads_at_once():
    X, y = points()
    alone = rn.Model.mlp([2, 16, 1], keep_prob=0.8)
    rn.train(alone, X, y, epochs=50, batch_size=16)
    models = [rn.Model.mlp([2, 16, 1], keep_prob=0.8) for _ in range(4)]
    threads = [
        threading.Thread(target=rn.train, args=(m, X, y), kwargs={"epochs": 50, "batch_size": 16})
        for m in models
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for model in models:
        np.testing.assert_array_equal(model.parameters, alone.parameters)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_trains_in_a_forked_child():
    script = """
import os, sys
import numpy as np, regnet as rn
X, y, _, _ = rn.datasets.make_football()
def fit():
    model = rn.Model.mlp([2, 20, 1], keep_prob=0.8)
    rn.train(model, X, y, epochs=20, batch_size=16)
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


def test_progress_is_shown_on_standard_error(capfd):
    X, y = points()
    rn.train(classifier(), X, y, epochs=20, progress=True)
    shown = capfd.readouterr()
    assert "20/20" in shown.err
    assert "cost" in shown.err
    assert shown.out == ""


def test_progress_without_tqdm(capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    X, y = points()
    rn.train(classifier(), X, y, epochs=20, progress=True)
    assert "epoch 20/20, cost" in capfd.readouterr().err


def test_silent_by_default(capfd):
    X, y = points()
    rn.train(classifier(), X, y, epochs=2)
    assert capfd.readouterr() == ("", "")


def test_gradient_check_finds_the_right_gradient_and_leaves_the_model():
    X, y = points(12, classes=3)
    model = rn.Model.mlp([2, 5, 3], activation="tanh", keep_prob=0.8, seed=2)
    before = model.parameters.copy()
    check = rn.check_gradients(model, X, y, penalty=rn.L1(0.1) + rn.L2(0.7))
    assert check.difference < 1e-7
    assert set(check.by_parameter) == {"W1", "b1", "W2", "b2"}
    np.testing.assert_array_equal(model.parameters, before)


def test_time_between_epochs_is_recorded():
    X, y = points()
    started = time.perf_counter()
    history = rn.train(classifier(), X, y, epochs=50)
    assert 0 < history.seconds.sum() <= time.perf_counter() - started
