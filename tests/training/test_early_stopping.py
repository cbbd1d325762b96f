"""Early stopping: its arguments, its patience, and the best weights."""

import re
import signal
import sys

import numpy as np
import pytest

import regnet as rn
from training.overfitting import VALIDATED, X_TEST, Y_TEST, Recorder, X, Y, assert_best, fit, net

# ------------------------------------------------------------------------------ arguments


def test_defaults():
    stopper = rn.EarlyStopping()
    assert repr(stopper) == "EarlyStopping(patience=10, monitor='val_cost', min_delta=0, direction='min')"


@pytest.mark.parametrize(
    ("monitor", "direction"), [("val_cost", "min"), ("val_score", "max"), ("cost", "min")]
)
def test_direction_follows_the_curve(monitor, direction):
    assert rn.EarlyStopping(monitor=monitor).direction == direction
    assert rn.EarlyStopping(monitor=monitor, direction="max").direction == "max"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"patience": 0}, ValueError, "patience is 0, wanted a whole number >= 1"),
        ({"patience": -1}, ValueError, "patience is -1, wanted a whole number >= 1"),
        ({"patience": 2.0}, TypeError, "patience is 2.0, wanted a whole number >= 1"),
        ({"patience": True}, TypeError, "patience is True, wanted a whole number >= 1"),
        ({"patience": None}, TypeError, "patience is None, wanted a whole number >= 1"),
        ({"monitor": "loss"}, ValueError, "monitor is 'loss', wanted one of 'val_cost', 'val_score', 'cost'"),
        ({"monitor": None}, ValueError, "monitor is None, wanted one of 'val_cost', 'val_score', 'cost'"),
        ({"min_delta": -0.1}, ValueError, "min_delta is -0.1, wanted a number >= 0"),
        ({"min_delta": float("nan")}, ValueError, "min_delta is nan, wanted a number >= 0"),
        ({"min_delta": "0"}, TypeError, "min_delta is '0', wanted a number >= 0"),
        ({"direction": "up"}, ValueError, "direction is 'up', wanted one of 'min', 'max'"),
    ],
)
def test_wrong_argument_is_named(options, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        rn.EarlyStopping(**options)


@pytest.mark.parametrize("monitor", ["val_cost", "val_score"])
def test_a_validation_curve_wants_validation(monitor):
    model = net()
    before = model.parameters.copy()
    message = f"EarlyStopping watches {monitor!r}, wanted validation=... in train"
    with pytest.raises(ValueError, match=re.escape(message)):
        fit(model, [rn.EarlyStopping(monitor=monitor)])
    np.testing.assert_array_equal(model.parameters, before)
    assert model.classes is None
    assert model.training_state is None


# ------------------------------------------------------------------------------ patience


def follow(stopper, values):
    """Feed a curve; (epoch of the stop or None, best epoch). Weights after epoch e are all e."""
    model, history = rn.Model.mlp([1, 1]), rn.History()
    training = rn.Training(model, history, len(values), True)
    stopper.before_training(training)
    stopped = None
    for epoch, value in enumerate(values):
        training.epoch = epoch
        history.append(**{stopper.monitor: [value]})
        model.parameters[:] = epoch
        if stopper.after_epoch(training):
            stopped = epoch
            break
    stopper.after_training(training)
    if history.best_epoch is not None:
        np.testing.assert_array_equal(model.parameters, history.best_epoch)
    return stopped, history.best_epoch


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("patience", "values", "stopped", "best"),
    [
        (1, [3, 2, 1, 2, 0], 3, 2),
        (2, [3, 2, 1, 2, 0], None, 4),
        (2, [3, 2, 1, 2, 2, 0], 4, 2),
        (3, [1, 2, 2, 2, 0], 3, 0),
        (2, [1, 1, 1, 1], 2, 0),  # an equal value is no improvement
        (2, [3, 4, 2, 5, 1, 6], None, 4),  # the count starts again at each improvement
        (10, [3, 2, 1], None, 2),
        (2, [2, NAN, NAN, 1], 2, 0),
        (2, [2, NAN, 1, INF, INF], 4, 2),
        (1, [5], None, 0),
    ],
)
def test_patience_counts_epochs_without_improvement(patience, values, stopped, best):
    assert follow(rn.EarlyStopping(patience), values) == (stopped, best)


@pytest.mark.parametrize(
    ("values", "stopped", "best"),
    [
        ([1.0, 0.5, 0.25], None, 2),
        ([1.0, 0.875, 0.75], None, 2),  # small steps add up: the best is what counts
        ([1.0, 0.875, 0.8125, 0.0], 2, 0),
        ([1.0, 0.75, 0.5], None, 2),
    ],
)
def test_an_improvement_is_more_than_min_delta(values, stopped, best):
    assert follow(rn.EarlyStopping(2, min_delta=0.1875), values) == (stopped, best)


def test_an_improvement_by_min_delta_itself_is_none():
    assert follow(rn.EarlyStopping(1, min_delta=0.25), [1.0, 0.75]) == (1, 0)


@pytest.mark.parametrize(
    ("options", "stopped", "best"),
    [
        ({"monitor": "val_score"}, 4, 2),
        ({"monitor": "val_score", "direction": "max"}, 4, 2),
        ({"monitor": "val_score", "direction": "min"}, 2, 0),
        ({"monitor": "val_cost", "direction": "max"}, 4, 2),
        ({"monitor": "cost"}, 2, 0),
    ],
)
def test_direction_says_which_way_is_better(options, stopped, best):
    assert follow(rn.EarlyStopping(2, **options), [0.5, 0.6, 0.9, 0.8, 0.7, 1.0]) == (stopped, best)


def test_min_delta_holds_for_a_maximum_too():
    stopper = rn.EarlyStopping(2, monitor="val_score", min_delta=0.125)
    assert follow(stopper, [0.5, 0.5625, 0.75, 0.8125, 0.875]) == (4, 2)


def test_an_object_forgets_its_last_training():
    stopper = rn.EarlyStopping(2)
    assert follow(stopper, [0.1, 0.2, 0.3]) == (2, 0)
    assert follow(stopper, [5.0, 4.0, 3.0, 4.0, 4.0]) == (4, 2)


# ------------------------------------------------------------------------------ best weights


@pytest.mark.parametrize("monitor", ["val_cost", "val_score"])
def test_patience_restores_the_best_weights(monitor):
    model, recorder = net(), Recorder()
    history = fit(model, [rn.EarlyStopping(5, monitor), recorder], epochs=200, **VALIDATED)
    assert history.stop_reason == "early stopping"
    assert len(history) == history.best_epoch + 5 + 1
    assert_best(model, history, recorder, monitor)
    result = model.evaluate(X_TEST, Y_TEST)
    assert result.cost == pytest.approx(history.val_cost[history.best_epoch], rel=1e-12)
    assert result.score == history.val_score[history.best_epoch]


def test_the_last_epoch_restores_the_best_weights():
    model, recorder = net(), Recorder()
    history = fit(model, [rn.EarlyStopping(1000), recorder], **VALIDATED)
    assert history.stop_reason == "epochs"
    assert len(history) == 30
    assert_best(model, history, recorder)


def test_another_callback_s_stop_restores_the_best_weights():
    model, recorder = net(), Recorder()
    callbacks = [rn.EarlyStopping(1000), recorder, lambda training: training.epoch == 25]
    history = fit(model, callbacks, **VALIDATED)
    assert history.stop_reason == "callback"
    assert_best(model, history, recorder)


@pytest.mark.parametrize("backend", ["compiled", "reference"])
def test_an_interrupt_restores_the_best_weights(backend):
    def interrupt(training):
        if training.epoch == 25:
            raise KeyboardInterrupt

    model, recorder = net(), Recorder()
    history = fit(
        model,
        [rn.EarlyStopping(1000), recorder, interrupt],
        backend=backend,
        on_interrupt="return",
        **VALIDATED,
    )
    assert history.stop_reason == "interrupted"
    assert len(history) == 26
    assert_best(model, history, recorder)


def test_an_error_in_a_callback_restores_the_best_weights():
    def fail(training):
        if training.epoch == 25:
            raise RuntimeError("no more")

    model, recorder = net(), Recorder()
    with pytest.raises(RuntimeError, match="no more"):
        fit(model, [rn.EarlyStopping(1000), recorder, fail], **VALIDATED)
    assert any((model.parameters == weights).all() for weights in recorder.weights[:25])


@pytest.mark.parametrize("backend", ["compiled", "reference"])
def test_divergence_restores_the_best_weights(backend):
    model, recorder = net(), Recorder()
    optimizer = rn.GradientDescent(0.1, schedule=rn.Table({10: 1e200}))
    with (
        np.errstate(all="ignore"),
        pytest.warns(rn.DivergenceWarning, match="stopped being finite in epoch 1"),
    ):
        history = fit(
            model, [rn.EarlyStopping(1000), recorder], optimizer=optimizer, backend=backend, **VALIDATED
        )
    assert history.stop_reason == "diverged"
    assert history.best_epoch == 9
    np.testing.assert_array_equal(model.parameters, recorder.weights[9])


def test_divergence_never_leaves_worse_weights_than_the_first():
    model = rn.Model.mlp([2, 4, 1], output="identity", dtype="float64", seed=3)
    first = model.evaluate(X, Y).cost
    with pytest.warns(rn.DivergenceWarning, match="stopped being finite"):
        fit(model, [rn.EarlyStopping(monitor="cost")], batch_size=None, optimizer=rn.GradientDescent(1e120))
    assert np.isfinite(model.parameters).all()
    assert model.evaluate(X, Y).cost <= first


def test_the_training_cost_can_be_watched_without_validation():
    model, recorder = net(), Recorder()
    optimizer = rn.GradientDescent(0.1, schedule=rn.Table({5: 3.0}))  # too large a step from epoch 5
    history = fit(model, [rn.EarlyStopping(3, monitor="cost"), recorder], optimizer=optimizer, epochs=100)
    assert history.best_epoch == int(history.cost.argmin())
    np.testing.assert_array_equal(model.parameters, recorder.weights[history.best_epoch])


def test_best_weights_are_copied_not_shared():
    model = net()
    history = fit(model, [rn.EarlyStopping(1000)], **VALIDATED)
    cost = model.evaluate(X_TEST, Y_TEST).cost
    assert cost == pytest.approx(history.val_cost.min(), rel=1e-12)
    again = net()
    fit(again, [rn.EarlyStopping(1000)], **VALIDATED)
    np.testing.assert_array_equal(model.parameters, again.parameters)


def test_views_stay_views_after_restoring():
    model = net()
    view = model.weights[0]
    fit(model, [rn.EarlyStopping(2)], **VALIDATED)
    assert np.shares_memory(view, model.parameters)


def test_a_resumed_training_counts_its_epochs_from_the_very_first():
    model = net()
    fit(model, [], epochs=4)
    recorder = Recorder()
    history = fit(model, [rn.EarlyStopping(1000), recorder], epochs=20, resume=True, **VALIDATED)
    assert recorder.calls[1] == 4
    assert history.best_epoch == 4 + int(history.val_cost.argmin())
    np.testing.assert_array_equal(model.parameters, recorder.weights[history.best_epoch - 4])


def test_no_epochs_leave_the_weights_alone():
    model = net()
    before = model.parameters.copy()
    history = fit(model, [rn.EarlyStopping(2)], epochs=0, **VALIDATED)
    np.testing.assert_array_equal(model.parameters, before)
    assert history.best_epoch is None


def test_early_stopping_sees_the_epoch_that_an_error_ended():
    costs = []

    def end(training):
        costs.append(training.history.val_cost[-1])
        if len(costs) > 1 and costs[-1] < min(costs[:-1]):
            raise OSError

    model = net()
    with pytest.raises(OSError):  # noqa: PT011
        fit(model, [end, rn.EarlyStopping(1000)], **VALIDATED)
    assert model.evaluate(X_TEST, Y_TEST).cost == pytest.approx(costs[-1], rel=1e-12)


@pytest.mark.parametrize("line", range(12))
def test_early_stopping_keeps_epoch_and_weights_together(line):
    """Ctrl-C at each of its lines: the best weights are those of the best epoch."""
    costs, lines = [], []

    def trace(frame, event, argument):
        if frame.f_code is rn.EarlyStopping.after_epoch.__code__ and len(costs) == 3:
            lines.append(frame.f_lineno)
            if len(lines) == line + 1:
                signal.raise_signal(signal.SIGINT)
            return trace
        return None

    model = net()
    before, traced = signal.signal(signal.SIGINT, signal.default_int_handler), sys.gettrace()
    watch = lambda training: costs.append(training.history.val_cost[-1])  # noqa: E731
    try:
        sys.settrace(trace)
        options = {"validation": (X_TEST, Y_TEST), "on_interrupt": "return"}
        history = fit(model, [watch, rn.EarlyStopping(1000)], epochs=20, **options)
    finally:
        sys.settrace(traced)
        signal.signal(signal.SIGINT, before)
    pressed = len(lines) == line + 1
    assert pressed or line > 5
    if pressed:
        assert len(history) == 3
        assert history.val_cost.argmin() == 2  # it was about to be kept
    assert history.best_epoch == history.val_cost.argmin()
    assert model.evaluate(X_TEST, Y_TEST).cost == history.val_cost.min()
