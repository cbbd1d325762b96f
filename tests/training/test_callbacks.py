"""Callbacks: when they are called, how they stop a training, and early stopping's best weights."""

import re
import signal
import sys

import numpy as np
import pytest

import regnet as rn

X, Y, X_TEST, Y_TEST = rn.datasets.make_football(60, 60, noise=0.15)


def net():
    """A net that overfits the few noisy points."""
    return rn.Model.mlp([2, 20, 20, 1], dtype="float64", seed=3)


def fit(model, callbacks, **options):
    options = {"epochs": 30, "batch_size": 20, "optimizer": rn.Adam(0.05), **options}
    return rn.train(model, X, Y, callbacks=callbacks, **options)


class Recorder(rn.Callback):
    """Keeps the weights after each epoch, and what was called."""

    def __init__(self):
        self.weights, self.calls = [], []

    def before_training(self, training):
        self.calls.append("before")

    def after_epoch(self, training):
        self.calls.append(training.epoch)
        self.weights.append(training.model.parameters.copy())

    def after_training(self, training):
        self.calls.append("after")


# ------------------------------------------------------------------------------ any callback


def test_hooks_are_called_in_order():
    recorder = Recorder()
    fit(net(), [recorder], epochs=3)
    assert recorder.calls == ["before", 0, 1, 2, "after"]


def test_the_base_class_does_nothing():
    plain, watched = net(), net()
    fit(plain, [], epochs=3)
    history = fit(watched, [rn.Callback()], epochs=3)
    np.testing.assert_array_equal(plain.parameters, watched.parameters)
    assert history.stop_reason == "epochs"


def test_a_callback_sees_the_training_so_far():
    seen = []

    def look(training):
        history = training.history
        seen.append((training.epoch, len(history.cost), len(history.val_cost), training.n_epochs))
        assert training.has_validation
        assert training.model is model

    model = net()
    fit(model, [look], epochs=3, validation=(X_TEST, Y_TEST))
    assert seen == [(0, 1, 1, 3), (1, 2, 2, 3), (2, 3, 3, 3)]


def test_callbacks_are_called_in_their_order():
    calls = []
    fit(net(), [lambda training: calls.append("a"), lambda training: calls.append("b")], epochs=2)
    assert calls == ["a", "b", "a", "b"]


@pytest.mark.parametrize("callbacks", [None, (), []])
def test_there_may_be_none(callbacks):
    assert len(fit(net(), callbacks, epochs=2)) == 2


@pytest.mark.parametrize("wrap", [lambda f: f, lambda f: [f], lambda f: (f,), lambda f: iter([f])])
def test_a_function_stops_the_training(wrap):
    def stop(training):
        return training.epoch == 4

    history = fit(net(), wrap(stop))
    assert len(history) == 5
    assert history.stop_reason == "callback"


def test_a_callback_object_stops_the_training_with_its_own_reason():
    class Enough(rn.Callback):
        stop_reason = "good enough"

        def after_epoch(self, training):
            return True

    history = fit(net(), Enough())
    assert len(history) == 1
    assert history.stop_reason == "good enough"


def test_the_others_still_see_the_epoch_that_one_stops():
    recorder = Recorder()
    fit(net(), [lambda training: True, recorder])
    assert recorder.calls == ["before", 0, "after"]


def test_a_callback_may_change_the_weights():
    model = net()

    def zero(training):
        training.model.parameters[:] = 0

    fit(model, [zero], epochs=2)
    assert not model.parameters.any()


def test_after_training_is_called_when_a_callback_fails():
    recorder = Recorder()

    def fail(training):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        fit(net(), [recorder, fail])
    assert recorder.calls == ["before", 0, "after"]


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([3], "callbacks has 3, wanted a Callback or a function of one argument"),
        (["early stopping"], "callbacks has 'early stopping', wanted a Callback"),
        ([None], "callbacks has None, wanted a Callback"),
        ([[lambda training: None]], "callbacks has [<function"),
        (
            [rn.EarlyStopping],
            "callbacks has <class 'regnet.training.callbacks.EarlyStopping'>, wanted a Callback",
        ),
        (
            rn.EarlyStopping,
            "callbacks has <class 'regnet.training.callbacks.EarlyStopping'>, wanted a Callback",
        ),
        (3, "callbacks is 3, wanted"),
    ],
)
def test_what_is_no_callback_is_refused_with_nothing_changed(callbacks, message):
    model = net()
    before = model.parameters.copy()
    with pytest.raises(TypeError, match=re.escape(message)):
        fit(model, callbacks)
    np.testing.assert_array_equal(model.parameters, before)
    assert model.classes is None


# ------------------------------------------------------------------------------ EarlyStopping: arguments


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


# ------------------------------------------------------------------------------ EarlyStopping: patience


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


# ------------------------------------------------------------------------------ EarlyStopping: best weights

VALIDATED = {"validation": (X_TEST, Y_TEST)}


def assert_best(model, history, recorder, monitor="val_cost"):
    """The model has the weights of the best epoch, and that is not the last."""
    curve = history.curve(monitor)
    best = int(curve.argmax() if monitor == "val_score" else curve.argmin())
    assert history.best_epoch == best
    assert best < len(history) - 1
    np.testing.assert_array_equal(model.parameters, recorder.weights[best])
    assert (model.parameters != recorder.weights[-1]).any()


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


# ------------------------------------------------------------------------------ TimeBudget


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still but for what a callback adds to `clock.now`."""

    class Clock:
        now = 100.0

        def perf_counter(self):
            return self.now

    made = Clock()
    monkeypatch.setattr("regnet.training.callbacks.time", made)
    return made


@pytest.mark.parametrize(
    ("durations", "epochs"),
    [
        ([1, 1, 1, 1, 1, 1, 1], 5),  # the sixth would end after 5 s
        ([2, 2, 2, 2], 2),  # the third would
        ([1, 1, 3, 1], 3),
        ([9, 1], 1),  # the first is run in any case
    ],
)
def test_a_time_budget_stops_before_the_epoch_that_would_be_too_much(clock, durations, epochs):
    def tick(training):
        clock.now += durations[training.epoch]

    history = fit(net(), [tick, rn.TimeBudget(5)])
    assert len(history) == epochs
    assert history.stop_reason == "time budget"


def test_a_time_budget_begins_anew_with_each_training(clock):
    def tick(training):
        clock.now += 1

    budget = rn.TimeBudget(3)
    assert [len(fit(net(), [tick, budget])) for _ in range(2)] == [3, 3]


def test_a_time_budget_is_by_the_wall_clock():
    history = fit(net(), [rn.TimeBudget(0.1)], epochs=10**9)
    assert history.stop_reason == "time budget"
    assert 1 <= len(history) < 10**9


def test_a_time_budget_restores_the_best_weights_with_early_stopping(clock):
    def tick(training):
        clock.now += 1

    model, recorder = net(), Recorder()
    callbacks = [rn.EarlyStopping(1000), recorder, tick, rn.TimeBudget(26)]
    history = fit(model, callbacks, **VALIDATED)
    assert history.stop_reason == "time budget"
    assert len(history) == 26
    assert_best(model, history, recorder)


def test_a_training_stopped_by_its_budget_can_go_on(clock):
    def tick(training):
        clock.now += 1

    whole, parts = net(), net()
    fit(whole, [], epochs=8)
    fit(parts, [tick, rn.TimeBudget(5)], epochs=8)
    assert len(fit(parts, [], epochs=8, resume=True)) == 3
    np.testing.assert_array_equal(parts.parameters, whole.parameters)


@pytest.mark.parametrize(
    ("seconds", "error", "message"),
    [
        (0, ValueError, "seconds is 0, wanted a number > 0"),
        (float("inf"), ValueError, "seconds is inf, wanted a number > 0"),
        ("1", TypeError, "seconds is '1', wanted a number > 0"),
    ],
)
def test_a_wrong_budget_is_named(seconds, error, message):
    assert repr(rn.TimeBudget(2.5)) == "TimeBudget(2.5)"
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        rn.TimeBudget(seconds)


# ------------------------------------------------------------------------------ what callbacks return


@pytest.mark.parametrize("answer", [None, False, np.False_])
def test_these_let_a_training_go_on(answer):
    assert len(fit(net(), [lambda training: answer], epochs=3)) == 3


@pytest.mark.parametrize("answer", [True, np.True_])
def test_true_stops_it(answer):
    assert len(fit(net(), [lambda training: answer], epochs=3)) == 1


class Counting(rn.Callback):
    """Returns what a progress bar's method might."""

    def after_epoch(self, training):
        return 1

    def __repr__(self):
        return "Counting()"


def show(training):
    return training.history.cost


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (show, "the callback show returned an array of shape (1,)"),
        (lambda training: 0, "the callback <lambda> returned 0, wanted True to stop the training, "),
        (lambda training: "no", "the callback <lambda> returned 'no', wanted True to stop the training"),
        (
            Counting(),
            "the callback Counting() returned 1, wanted True to stop the training, or False or None",
        ),
    ],
)
def test_anything_else_is_an_error_that_says_so(callback, message):
    model, told = net(), []

    class Last(rn.Callback):
        def after_training(self, training):
            told.append(len(training.history))

    with pytest.raises(TypeError, match=re.escape(message)):
        fit(model, [callback, Last()], epochs=3)
    assert told == [1]
    assert model.training_state.epoch == 1


class FromKeras(rn.Callback):
    """The names of Keras."""

    def on_epoch_end(self, epoch, logs=None):
        raise AssertionError

    def on_train_begin(self, logs=None):
        raise AssertionError


class FromLightning:
    """The names of Lightning, in a class of its own."""

    def on_train_epoch_start(self, trainer, module):
        raise AssertionError


class Duck:
    """Our names, in a class of its own, that can be called besides."""

    def after_epoch(self, training):
        raise AssertionError

    def __call__(self, training):
        raise AssertionError


class Both(rn.Callback):
    """A callback that serves two libraries."""

    def on_epoch_end(self, epoch, logs=None):
        raise AssertionError

    def after_epoch(self, training):
        return True


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (
            FromKeras(),
            "callbacks has FromKeras with on_train_begin, on_epoch_end, "
            "wanted before_training and after_epoch",
        ),
        (
            FromLightning(),
            "callbacks has FromLightning with on_train_epoch_start, wanted before_training, after_epoch or "
            "after_training in a class derived from regnet.Callback",
        ),
        (Duck(), "callbacks has Duck with after_epoch, wanted them in a class derived from regnet.Callback"),
    ],
)
def test_methods_that_would_never_be_called_are_refused(callback, message):
    model = net()
    before = model.parameters.copy()
    for call in (lambda: fit(model, [callback]), lambda: rn.fit_many([model], X, Y, callbacks=[callback])):
        with pytest.raises(TypeError, match="^" + re.escape(message) + "$"):
            call()
    np.testing.assert_array_equal(model.parameters, before)


def test_a_callback_may_serve_two_libraries():
    assert len(fit(net(), [Both()])) == 1


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
