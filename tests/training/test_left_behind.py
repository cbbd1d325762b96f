"""What an error of user code leaves behind: the weights after the last epoch, and a training to resume."""

import re

import numpy as np
import pytest

import regnet as rn

X, Y, X_TEST, Y_TEST = rn.datasets.make_football(60, 20)
PICTURES = np.random.default_rng(0).random((60, 16))


class Oops(Exception):
    """Of user code."""


def net(n_inputs=2, **options):
    return rn.Model.mlp([n_inputs, 8, 1], dtype="float64", seed=1, **options)


def fail_in(epoch):
    """A callback that fails after an epoch."""

    def fail(training):
        if training.epoch == epoch:
            raise Oops

    return fail


def schedule_that_fails(epoch, step):
    if epoch == 3:
        raise Oops
    return 0.1 / (1 + epoch)


def bar_that_fails(monkeypatch):
    def fail(self, n, **values):
        self.done += n
        if self.done == 3:
            raise Oops

    monkeypatch.setattr("regnet._support.progress.Progress.advance", fail)


@pytest.mark.parametrize("where", ["callback", "value", "scale", "schedule", "bar", "validation"])
def test_an_error_between_epochs_can_be_resumed_with_the_same_bits(where, monkeypatch):
    error, match, options = Oops, None, {"callbacks": [lambda training: None]}
    if where == "callback":
        options["callbacks"] = [rn.ReduceOnPlateau(0.5, 1, "cost"), fail_in(2)]
    elif where == "value":
        options["callbacks"] = [lambda training: 1 if training.epoch == 2 else None]
        error, match = TypeError, "returned 1"
    elif where == "scale":
        options["callbacks"] = [lambda t: setattr(t, "learning_rate_scale", -1.0) if t.epoch == 2 else None]
        error, match = ValueError, "training.learning_rate_scale is -1.0, wanted a number >= 0"
    elif where == "schedule":
        options["optimizer"] = rn.Adam(schedule=schedule_that_fails)
    elif where == "bar":
        bar_that_fails(monkeypatch)
    elif where == "validation":
        options["validation"], calls = (X_TEST, Y_TEST), []
        evaluate = rn.Model.evaluate_checked

        def failing(self, *arguments):
            calls.append(arguments)
            if len(calls) == 3:
                raise Oops
            return evaluate(self, *arguments)

        monkeypatch.setattr(rn.Model, "evaluate_checked", failing)
    model, expected = net(keep_prob=0.8), net(keep_prob=0.8)
    with pytest.raises(error, match=match and re.escape(match)):
        rn.train(model, X, Y, epochs=9, batch_size=16, **options)
    monkeypatch.undo()
    assert model.training_state.epoch == 3
    assert list(model.classes) == [0, 1]
    if where == "schedule":
        schedule = lambda epoch, step: 0.1 / (1 + epoch)  # noqa: E731
        options["optimizer"] = rn.Adam(schedule=schedule)
    options["callbacks"] = options["callbacks"][:1] if where == "callback" else []
    rn.train(expected, X, Y, epochs=3, batch_size=16, **options)
    np.testing.assert_array_equal(model.parameters, expected.parameters)
    for each in (model, expected):
        rn.train(each, X, Y, epochs=9, batch_size=16, resume=True, **options)
    np.testing.assert_array_equal(model.parameters, expected.parameters)
    whole = net(keep_prob=0.8)
    if where != "callback":  # a plateau's patience is counted anew
        rn.train(whole, X, Y, epochs=9, batch_size=16, **options)
        np.testing.assert_array_equal(model.parameters, whole.parameters)


class Refusing(rn.Callback):
    """Fails before the training."""

    def before_training(self, training):
        raise Oops


def refuse(*arguments):
    raise Oops


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("where", ["before", "schedule", "augment", "bar", "threads", "scale"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_an_error_before_the_first_step_changes_nothing(where, trained, n_threads, monkeypatch):
    n_inputs = 16 if where == "augment" else 2
    inputs = PICTURES if where == "augment" else X
    model = net(n_inputs)
    if trained:
        rn.train(model, inputs, Y, epochs=2)
    state, classes, parameters = model.training_state, model.classes, model.parameters.copy()
    options, error = {"n_threads": n_threads}, Oops
    if where == "before":
        options["callbacks"] = [Refusing()]
    elif where == "schedule":
        options["optimizer"] = rn.Adam(schedule=refuse)
    elif where == "augment":
        options["augment"] = rn.augment.Compose([Broken()], shape=(4, 4))
    elif where == "bar":
        monkeypatch.setattr("regnet._support.progress.Progress.__enter__", refuse)
    elif where == "threads":
        monkeypatch.setattr("cregnet.network_train", refuse)
    else:
        options["callbacks"] = [Scaling()]
        error = ValueError
    with pytest.raises(error):
        rn.train(model, inputs, Y, epochs=4, resume=trained, **options)
    assert model.training_state is state
    assert model.classes is classes
    np.testing.assert_array_equal(model.parameters, parameters)


class Scaling(rn.Callback):
    """Sets a scale that is none."""

    def before_training(self, training):
        training.learning_rate_scale = -1.0


class Broken(rn.augment.Transformation):
    """A transformation that fails."""

    def apply(self, images, words):
        raise Oops


def test_more_threads_than_a_c_int_are_no_more_than_there_is_work_for():
    model, expected = net(), net()
    rn.train(model, X, Y, epochs=3, n_threads=2**31)
    rn.train(expected, X, Y, epochs=3, n_threads=1)
    np.testing.assert_array_equal(model.parameters, expected.parameters)
    assert model.training_state.epoch == 3
    augment = rn.augment.Compose([rn.augment.Shift(1)], shape=(4, 4))
    rn.train(net(16), PICTURES, Y, epochs=1, n_threads=2**70, augment=augment)
    rn.fit_many([net(), net()], X, Y, epochs=1, n_threads=2**70)
    rn.find_learning_rate(net(), X, Y, n_threads=2**70)


class Telling(rn.Callback):
    """Writes down that the end was told, and may fail."""

    def __init__(self, told, error=None):
        self.told, self.error = told, error

    def after_training(self, training):
        self.told.append(type(self.error).__name__)
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("during", [False, True])
def test_all_callbacks_are_told_of_the_end_whatever_one_raises(during):
    told = []
    callbacks = [Telling(told), Telling(told, Oops("first")), Telling(told, OSError("second")), Telling(told)]
    model, stopping = net(), rn.EarlyStopping(100)
    options = {"validation": (X_TEST, Y_TEST), "optimizer": rn.Adam(0.5)}
    costs = []

    def watch(training):
        costs.append(training.history.val_cost[-1])
        if during and training.epoch == 15:
            raise ZeroDivisionError

    with pytest.raises(Oops, match="first") as caught:
        rn.train(model, X, Y, epochs=20, callbacks=[*callbacks, watch, stopping], **options)
    assert told == ["NoneType", "Oops", "OSError", "NoneType"]
    assert isinstance(caught.value.__context__, ZeroDivisionError if during else type(None))
    assert model.evaluate(X_TEST, Y_TEST).cost == min(costs)  # also that of an epoch it was not told of


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("where", ["between", "within"])
def test_an_error_of_a_transformation_can_be_resumed_between_epochs_alone(monkeypatch, n_threads, where):
    shift, pieces = rn.augment.Shift(1), []

    class Failing(rn.augment.Transformation):
        def n_words(self, h, w):
            return shift.n_words(h, w)

        def apply(self, images, words):
            pieces.append(len(images))
            if len(pieces) == (
                5 if where == "between" else 6
            ):  # the first or second piece of the third epoch
                raise Oops
            return shift.apply(images, words)

    monkeypatch.setattr("regnet.training.augmented.PIECE_BYTES", 30 * 16 * 8)
    model, two_epochs = net(16), net(16)
    options = {"batch_size": 10, "n_threads": n_threads}
    with pytest.raises(Oops):
        rn.train(
            model, PICTURES, Y, epochs=9, augment=rn.augment.Compose([Failing()], shape=(4, 4)), **options
        )
    monkeypatch.undo()
    options["augment"] = rn.augment.Compose([shift], shape=(4, 4))
    rn.train(two_epochs, PICTURES, Y, epochs=2, **options)
    assert np.array_equal(model.parameters, two_epochs.parameters) == (where == "between")
    assert (model.training_state is None) == (where == "within")
    if where == "between":
        for each in (model, two_epochs):
            rn.train(each, PICTURES, Y, epochs=5, resume=True, **options)
        np.testing.assert_array_equal(model.parameters, two_epochs.parameters)


def test_an_average_is_in_the_model_whatever_ended_the_training():
    model, expected = net(batch_norm=True), net(batch_norm=True)
    options = {"averaging": rn.SWA(0), "batch_size": 16}
    with pytest.raises(Oops):
        rn.train(model, X, Y, epochs=9, optimizer=rn.Adam(schedule=schedule_that_fails), **options)
    schedule = lambda epoch, step: 0.1 / (1 + epoch)  # noqa: E731
    rn.train(expected, X, Y, epochs=3, optimizer=rn.Adam(schedule=schedule), **options)
    np.testing.assert_array_equal(model.parameters, expected.parameters)
    assert model.training_state is None


def test_nets_that_a_stop_has_not_begun_keep_what_they_had():
    models = [net() for _ in range(3)]
    for model in models[1:]:
        rn.train(model, X, Y, epochs=2)
    states = [model.training_state for model in models]

    def stop(training):
        raise KeyboardInterrupt

    options = [{"callbacks": [stop]}, {"resume": True}, {}]
    histories = rn.fit_many(models, X, Y, epochs=4, options=options, n_threads=1, on_interrupt="return")
    assert [len(history) for history in histories] == [1, 0, 0]
    assert models[1].training_state is states[1]
    assert models[2].training_state is states[2]
