"""The history of a training: curves, their text and their table."""

import re
import sys
import time
import warnings

import numpy as np
import pytest

import regnet as rn

X, Y, X_TEST, Y_TEST = rn.datasets.make_football(50, 20)


def trained(**options):
    """Model and history of a short training."""
    model = rn.Model.mlp([2, 4, 1], dtype="float64", seed=1)
    return model, rn.train(model, X, Y, optimizer=rn.GradientDescent(0.1), **options)


def test_curves_are_float64_arrays_of_one_entry_per_epoch():
    _, history = trained(epochs=5, validation=(X_TEST, Y_TEST))
    for name in rn.History.CURVES:
        curve = getattr(history, name)
        assert curve.shape == (5,)
        assert curve.dtype == np.float64
        np.testing.assert_array_equal(curve, history.curve(name))
        assert history.last(name) == curve[-1]
    assert len(history) == 5
    assert history.stop_reason == "epochs"
    assert history.best_epoch is None
    assert history.first_epoch == 0


def test_without_validation_its_curves_are_empty():
    _, history = trained(epochs=3)
    assert history.val_cost.shape == history.val_score.shape == (0,)
    assert history.cost.shape == (3,)


def test_first_cost_of_a_full_batch_belongs_to_the_initial_weights():
    start = rn.Model.mlp([2, 4, 1], dtype="float64", seed=1)
    _, history = trained(epochs=2, batch_size=None)
    assert history.cost[0] == pytest.approx(start.evaluate(X, Y).cost, rel=1e-12)


def test_validation_is_that_of_the_weights_after_the_epoch():
    model, history = trained(epochs=4, validation=(X_TEST, Y_TEST))
    result = model.evaluate(X_TEST, Y_TEST)
    assert history.val_cost[-1] == pytest.approx(result.cost, rel=1e-12)
    assert history.val_score[-1] == result.score


def test_rates_and_seconds():
    _, history = trained(epochs=4)
    np.testing.assert_array_equal(history.learning_rate, [0.1] * 4)
    assert (history.seconds > 0).all()


def test_a_resumed_training_goes_on_counting():
    model, first = trained(epochs=3)
    second = rn.train(model, X, Y, epochs=5, optimizer=rn.GradientDescent(0.1), resume=True)
    assert (first.first_epoch, len(first)) == (0, 3)
    assert (second.first_epoch, len(second)) == (3, 2)


def test_no_epochs_are_an_empty_history():
    _, history = trained(epochs=0)
    assert len(history) == 0
    assert history.cost.shape == (0,)


def test_append_adds_to_the_curves_it_names():
    history = rn.History()
    history.append(cost=[1, 2], seconds=np.array([0.5, 0.25]))
    history.append(cost=[3.0])
    np.testing.assert_array_equal(history.cost, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(history.seconds, [0.5, 0.25])
    assert len(history) == 3


def test_a_curve_is_a_copy():
    history = rn.History()
    history.append(cost=[1.0])
    history.cost[0] = 9
    np.testing.assert_array_equal(history.cost, [1.0])


@pytest.mark.parametrize(
    ("costs", "best", "reason", "text"),
    [
        ([], None, "", "History(0 epochs, stopped by nothing yet)"),
        ([0.7, 0.123456789], None, "epochs", "History(2 epochs, cost 0.123457, stopped by epochs)"),
        ([0.7], 0, "early stopping", "History(1 epochs, cost 0.7, best epoch 0, stopped by early stopping)"),
    ],
)
def test_repr(costs, best, reason, text):
    history = rn.History()
    history.append(cost=costs)
    history.best_epoch, history.stop_reason = best, reason
    assert repr(history) == text


def test_frame_has_the_curves_that_there_are_and_the_epoch_as_index():
    pytest.importorskip("pandas")
    _, history = trained(epochs=3, validation=(X_TEST, Y_TEST))
    frame = history.to_frame()
    assert list(frame.columns) == ["cost", "val_cost", "val_score", "learning_rate", "seconds"]
    assert frame.index.tolist() == [0, 1, 2]
    assert frame.index.name == "epoch"
    np.testing.assert_array_equal(frame["val_cost"], history.val_cost)
    _, history = trained(epochs=3)
    assert list(history.to_frame().columns) == ["cost", "learning_rate", "seconds"]


def test_frame_of_a_resumed_training_starts_where_the_first_ended():
    pytest.importorskip("pandas")
    history = rn.History(first_epoch=7)
    history.append(cost=[0.5, 0.4])
    assert history.to_frame().index.tolist() == [7, 8]


def test_frame_of_nothing_is_empty():
    pytest.importorskip("pandas")
    assert len(rn.History().to_frame()) == 0


def test_missing_pandas_is_named_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        ImportError, match=re.escape("History.to_frame needs pandas: pip install 'regnet[frame]'")
    ):
        rn.History().to_frame()


@pytest.mark.parametrize("kind", ["interrupted", "diverged"])
def test_seconds_are_those_of_the_epochs_completed(kind, core_calls):
    def three_of_many(call, n_completed):
        if len(call["costs"]) <= 3:
            return n_completed
        time.sleep(0.3)
        call["costs"][3:] = np.nan
        if kind == "interrupted":  # by a signal handler of the user
            raise KeyboardInterrupt
        return 3

    core_calls(three_of_many)
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rn.DivergenceWarning)
        _, history = trained(epochs=51, on_interrupt="return")
    assert history.stop_reason == kind
    assert len(history) == 4
    assert 0.3 < history.seconds[1:].sum() < time.perf_counter() - started


def test_an_append_that_fails_leaves_the_curves_as_they_were():
    history = rn.History()
    history.append(cost=[1.0], seconds=[2.0])
    for _ in range(2):
        with pytest.raises(ValueError, match="could not convert"):
            history.append(cost=[3.0], seconds=["long"])
        assert (len(history), len(history.cost), len(history.seconds)) == (1, 1, 1)
        assert history.last("cost") == 1
    history.append(cost=[4.0], seconds=[5.0])
    np.testing.assert_array_equal(history.cost, [1, 4])
    np.testing.assert_array_equal(history.seconds, [2, 5])
