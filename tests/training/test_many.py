"""`fit_many`: many nets over the same data."""

import re
import sys
import threading

import numpy as np
import pytest

import regnet as rn

X, Y, X_VAL, Y_VAL = rn.datasets.make_football()


def nets(n, **options):
    return [rn.Model.mlp([2, 12, 1], keep_prob=0.8, seed=seed, **options) for seed in range(n)]


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_each_net_has_the_bits_of_a_training_alone(n_threads):
    options = [
        {"optimizer": rn.Adam(0.01)},
        {"penalty": rn.L2(0.7), "batch_size": 16},
        {"epochs": 3, "optimizer": rn.Momentum(0.1)},
        {"validation": (X_VAL, Y_VAL), "callbacks": [rn.EarlyStopping(patience=2)]},
    ]
    together, alone = nets(4), nets(4)
    histories = rn.fit_many(together, X, Y, epochs=12, options=options, n_threads=n_threads)
    for model, own, ours, history in zip(alone, options, together, histories, strict=True):
        expected = rn.train(model, X, Y, **({"epochs": 12} | own))
        np.testing.assert_array_equal(ours.parameters, model.parameters)
        np.testing.assert_array_equal(history.cost, expected.cost)
        assert history.stop_reason == expected.stop_reason


def test_nets_of_different_shape_and_dtype():
    models = [rn.Model.mlp([2, 5, 1], dtype="float64"), rn.Model.mlp([2, 30, 30, 1], dtype="float32")]
    histories = rn.fit_many(models, X.tolist(), Y.tolist(), epochs=4)
    assert [len(history) for history in histories] == [4, 4]
    assert [model.predict(X[:1]).dtype for model in models] == [np.int64] * 2


def test_a_shared_callback_is_copied_for_each_net():
    stopping = rn.EarlyStopping(patience=1)
    models = nets(6)
    histories = rn.fit_many(
        models,
        X,
        Y,
        epochs=80,
        validation=(X_VAL, Y_VAL),
        callbacks=[stopping],
        optimizer=rn.Adam(0.1),
        n_threads=3,
    )
    for model, history in zip(models, histories, strict=True):
        assert history.best_epoch == int(history.val_cost.argmin())
        assert model.evaluate(X_VAL, Y_VAL).cost == pytest.approx(history.val_cost.min(), rel=1e-6)


def test_no_models_is_no_work():
    assert rn.fit_many([], X, Y) == []


def test_progress_counts_models(capfd):
    rn.fit_many(nets(3), X, Y, epochs=2, progress=True)
    assert "3/3" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("models", "keywords", "error", "message"),
    [
        ([3], {}, TypeError, "models[0] is 3, wanted a Model"),
        (3, {}, TypeError, "models is 3, wanted a sequence of Models"),
        (nets(1) * 2, {}, ValueError, "models has the same object twice"),
        (nets(2), {"options": [{}]}, ValueError, "options has 1 entries, wanted 2, one for each model"),
        (nets(1), {"options": [3]}, TypeError, "options[0] is 3, wanted a mapping"),
        (
            nets(1),
            {"options": [{"n_threads": 2}]},
            TypeError,
            "options[0] has 'n_threads', which cannot be set",
        ),
        (nets(1), {"n_threads": 0}, ValueError, "n_threads is 0, wanted a whole number >= 1"),
        (
            nets(2),
            {"options": [{}, {"batch_size": 0}]},
            ValueError,
            "batch_size is 0, wanted a whole number >= 1",
        ),
        (nets(1), {"callbacks": 3}, TypeError, "callbacks is 3, wanted a sequence of callbacks"),
    ],
)
def test_wrong_arguments_are_named(models, keywords, error, message):
    with pytest.raises(error, match=re.escape(message)):
        rn.fit_many(models, X, Y, epochs=1, **keywords)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")
def test_ctrl_c_stops_them_all(ctrl_c_after):
    models = nets(5)
    waiting = models[4].parameters.copy()
    ctrl_c_after(0.5)
    options = {"epochs": 10**7, "batch_size": None, "n_threads": 2}
    histories = rn.fit_many(models, X, Y, on_interrupt="return", **options)
    assert {history.stop_reason for history in histories} == {"interrupted"}
    assert [len(history) > 0 for history in histories] == [True, True, False, False, False]
    assert all(np.isfinite(model.parameters).all() for model in models)
    np.testing.assert_array_equal(models[4].parameters, waiting)


def test_an_error_of_one_net_ends_the_others():
    def fail(training):
        if training.model is models[1]:
            raise OSError("disk full")

    models = nets(3)
    options = [{"epochs": 10**7, "callbacks": [fail]}, {"epochs": 5, "callbacks": [fail]}, {"epochs": 10**7}]
    with pytest.raises(OSError, match="disk full"):
        rn.fit_many(models, X, Y, options=options, n_threads=2)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("regnet")]


def test_nets_can_be_trained_from_another_thread():
    found = []
    thread = threading.Thread(target=lambda: found.extend(rn.fit_many(nets(3), X, Y, epochs=2, n_threads=2)))
    thread.start()
    thread.join()
    assert [len(history) for history in found] == [2, 2, 2]


def test_a_training_is_cancelled_in_the_midst_of_an_epoch():
    cancel, n = threading.Event(), 1_000_000  # an epoch of some seconds
    timer = threading.Timer(0.3, cancel.set)
    timer.start()
    model = rn.Model.mlp([2, 64, 64, 1])
    X, y = np.zeros((n, 2), np.float32), np.arange(n) % 2
    history = rn.train(model, X, y, epochs=1, batch_size=1, cancel=cancel)
    timer.join()
    assert history.stop_reason == "interrupted"
    assert len(history) == 0


def test_a_training_can_be_cancelled_from_another_thread():
    cancel = threading.Event()
    timer = threading.Timer(0.3, cancel.set)
    timer.start()
    history = rn.train(nets(1)[0], X, Y, epochs=10**7, batch_size=None, cancel=cancel)
    timer.join()
    assert history.stop_reason == "interrupted"
    assert 0 < len(history) < 10**7
    again = rn.train(nets(1)[0], X, Y, epochs=3, cancel=cancel)
    assert again.stop_reason == "interrupted"
    assert len(again) == 0


@pytest.mark.parametrize(
    ("sizes", "X", "y", "message"),
    [
        ([2, 1], [[0, 1], [1, np.nan]], [0, 1], "X is nan at row 1, column 1, wanted finite float32 numbers"),
        ([2, 1], np.eye(3, 2), [0, 1], "y has shape (2,) and X has 3 rows, wanted one target per row"),
        ([3, 1], np.eye(3, 2), [0, 1, 1], "X has 2 features, wanted 3 as the model's input"),
        ([2, 4], np.eye(3, 2), [0, 1, 1], "y has 2 classes, wanted 4 as the model's output"),
    ],
)
def test_shared_data_are_checked_before_any_work(sizes, X, y, message):
    models = [rn.Model.mlp([2, 3, 1], seed=1), rn.Model.mlp(sizes, seed=2)]
    before = [model.parameters.copy() for model in models]
    with pytest.raises(ValueError, match=re.escape(message)):
        rn.fit_many(models, X, y, epochs=1, n_threads=1)
    for model, parameters in zip(models, before, strict=True):
        np.testing.assert_array_equal(model.parameters, parameters)


def test_one_y_for_nets_that_take_it_differently():
    def models():
        return [
            rn.Model.mlp([2, 4, 1], seed=1),
            rn.Model.mlp([2, 4, 2], seed=1),
            rn.Model.mlp([2, 4, 1], dtype="float64", seed=1),
            rn.Model.mlp([2, 4, 1], loss="squared_error", output="identity", seed=1),
            rn.Model.mlp([2, 4, 3], classes=[0, 1, 2], seed=1),
            rn.Model.mlp([2, 4, 3], classes=[-1, 0, 1], seed=1),
        ]

    together, alone = models(), models()
    rn.fit_many(together, X, Y, epochs=3, validation=0.25)
    for ours, model in zip(together, alone, strict=True):
        rn.train(model, X, Y, epochs=3, validation=0.25)
        np.testing.assert_array_equal(ours.parameters, model.parameters)
        np.testing.assert_array_equal(ours.classes, model.classes)
