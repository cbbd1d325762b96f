"""Callbacks: when they are called, what they may return, and what is no callback."""

import re

import numpy as np
import pytest

import regnet as rn
from training.overfitting import X_TEST, Y_TEST, Recorder, X, Y, fit, net

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
