"""The scale that callbacks may put on the learning rate, and `ReduceOnPlateau`."""

import copy
import re

import numpy as np
import pytest

import regnet as rn

X, Y, X_TEST, Y_TEST = rn.datasets.make_football(60, 60, noise=0.15)


def net():
    return rn.Model.mlp([2, 8, 1], dtype="float64", seed=3)


def fit(model, callbacks=(), **options):
    options = {"epochs": 12, "batch_size": 20, "optimizer": rn.Adam(0.05), **options}
    return rn.train(model, X, Y, callbacks=callbacks, **options)


def halve_after(*epochs):
    """A callback that halves the rate after these epochs."""

    def halve(training):
        if training.epoch in epochs:
            training.learning_rate_scale *= 0.5

    return halve


# ------------------------------------------------------------------------------ the scale


@pytest.mark.parametrize("backend", ["compiled", "reference"])
def test_the_scale_acts_from_the_next_epoch_on_and_the_history_shows_it(backend):
    model, expected = net(), net()
    history = fit(model, [halve_after(1, 4)], epochs=7, backend=backend)
    np.testing.assert_array_equal(history.learning_rate, [0.05] * 2 + [0.025] * 3 + [0.0125] * 2)
    by_hand = rn.Adam(0.05, schedule=rn.Table({2: 0.025, 5: 0.0125}))
    fit(expected, epochs=7, optimizer=by_hand, backend=backend)
    np.testing.assert_array_equal(model.parameters, expected.parameters)


def test_the_scale_acts_on_the_schedule():
    optimizer = rn.GradientDescent(0.4, schedule=rn.Exponential(0.5))
    history = fit(net(), [halve_after(0)], epochs=4, optimizer=optimizer)
    np.testing.assert_array_equal(history.learning_rate, [0.4, 0.1, 0.05, 0.025])


def test_a_scale_set_before_the_training_acts_at_once():
    class Slow(rn.Callback):
        def before_training(self, training):
            assert training.learning_rate_scale == 1.0
            assert training.base_rate == 0.05
            training.learning_rate_scale = 0.25

    np.testing.assert_array_equal(fit(net(), [Slow()], epochs=2).learning_rate, [0.0125] * 2)


def test_a_scale_of_zero_stands_still():
    model = net()
    before = model.parameters.copy()

    class Still(rn.Callback):
        def before_training(self, training):
            training.learning_rate_scale = 0

    fit(model, [Still()], epochs=2)
    np.testing.assert_array_equal(model.parameters, before)


@pytest.mark.parametrize(
    ("value", "error"), [(-1, ValueError), (float("nan"), ValueError), ("0.5", TypeError), (None, TypeError)]
)
def test_a_wrong_scale_is_named(value, error):
    def spoil(training):
        training.learning_rate_scale = value

    message = f"training.learning_rate_scale is {value!r}, wanted a number >= 0"
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        fit(net(), [spoil])


@pytest.mark.parametrize("way", ["in memory", "copied", "npz", "safetensors"])
def test_a_resumed_training_keeps_the_scale(way, tmp_path):
    if way == "safetensors":
        pytest.importorskip("safetensors")
    whole, parts = net(), net()
    fit(whole, [halve_after(1, 4)], epochs=8)
    fit(parts, [halve_after(1, 4)], epochs=5)  # the last halving is after its last epoch
    if way == "copied":
        parts = copy.deepcopy(parts)
    elif way != "in memory":
        parts.save(tmp_path / f"net.{way}")
        parts = rn.load(tmp_path / f"net.{way}")
    history = fit(parts, epochs=8, resume=True)
    np.testing.assert_array_equal(history.learning_rate, [0.0125] * 3)
    np.testing.assert_array_equal(parts.parameters, whole.parameters)


def test_a_training_that_is_not_resumed_starts_without_the_scale():
    model = net()
    fit(model, [halve_after(1)], epochs=3)
    np.testing.assert_array_equal(fit(model, epochs=2).learning_rate, [0.05] * 2)


# ------------------------------------------------------------------------------ ReduceOnPlateau


def follow(callback, values, rate=1.0):
    """Feed a curve; the rate of each epoch."""
    model, history = rn.Model.mlp([1, 1]), rn.History()
    training = rn.Training(model, history, len(values), True, base_rate=rate)
    callback.before_training(training)
    for epoch, value in enumerate(values):
        training.epoch = epoch
        history.append(**{callback.monitor: [value], "learning_rate": [rate * training.learning_rate_scale]})
        assert not callback.after_epoch(training)
    callback.after_training(training)
    return history.learning_rate.tolist()


NAN = float("nan")


@pytest.mark.parametrize(
    ("options", "values", "rates"),
    [
        ({"patience": 1}, [3, 2, 2, 2, 1, 0], [1, 1, 1, 0.5, 0.25, 0.25]),
        ({"patience": 2}, [3, 2, 2, 2, 2, 2, 2], [1, 1, 1, 1, 0.5, 0.5, 0.25]),
        ({"patience": 2}, [3, 4, 2, 5, 1, 6], [1] * 6),  # the count starts again at each improvement
        ({"patience": 2}, [3, NAN, NAN, 2], [1, 1, 1, 0.5]),
        ({"patience": 2, "min_delta": 0.5}, [3, 2.75, 2.5, 2], [1, 1, 1, 0.5]),
        ({"patience": 1, "monitor": "val_score"}, [0.5, 0.6, 0.5, 0.7], [1, 1, 1, 0.5]),
        ({"patience": 1, "monitor": "val_score", "direction": "min"}, [0.5, 0.6, 0.5], [1, 1, 0.5]),
        ({"patience": 1, "monitor": "cost"}, [3, 3, 3], [1, 1, 0.5]),
        ({"patience": 1, "min_rate": 0.25}, [3] * 6, [1, 1, 0.5, 0.25, 0.25, 0.25]),
        ({"patience": 1, "min_rate": 0.375}, [3] * 5, [1, 1, 0.5, 0.375, 0.375]),
        ({"patience": 1, "min_rate": 2.0}, [3] * 4, [1] * 4),  # never raised
        ({"patience": 1, "factor": 0.125}, [3, 3, 3], [1, 1, 0.125]),
    ],
)
def test_the_rate_falls_when_the_curve_is_flat(options, values, rates):
    assert follow(rn.ReduceOnPlateau(**{"factor": 0.5, **options}), values) == rates


def test_an_object_forgets_its_last_training():
    callback = rn.ReduceOnPlateau(0.5, patience=2)
    assert follow(callback, [0.1, 0.2]) == [1, 1]
    assert follow(callback, [5.0, 5.0, 5.0, 5.0]) == [1, 1, 1, 0.5]


def test_in_a_training_the_rate_falls_where_the_curve_says():
    history = fit(
        net(),
        [rn.ReduceOnPlateau(0.5, patience=2)],
        epochs=60,
        validation=(X_TEST, Y_TEST),
        optimizer=rn.Adam(0.3),
    )
    scale, best, waited, expected = 1.0, np.inf, 0, []
    for value in history.val_cost:
        expected.append(0.3 * scale)
        best, waited = (value, 0) if value < best else (best, waited + 1)
        if waited == 2:
            scale, waited = scale * 0.5, 0
    assert scale < 1
    np.testing.assert_allclose(history.learning_rate, expected, rtol=1e-12)


def test_many_nets_each_have_their_own():
    options = [{"optimizer": rn.Adam(a)} for a in (0.3, 0.1, 0.01)]
    shared = {"epochs": 40, "batch_size": 20, "validation": (X_TEST, Y_TEST)}
    callback = rn.ReduceOnPlateau(0.5, patience=2)
    together, alone = [net() for _ in options], [net() for _ in options]
    histories = rn.fit_many(together, X, Y, options=options, callbacks=[callback], n_threads=2, **shared)
    for model, own, ours, history in zip(alone, options, together, histories, strict=True):
        expected = rn.train(model, X, Y, callbacks=[rn.ReduceOnPlateau(0.5, patience=2)], **own, **shared)
        np.testing.assert_array_equal(history.learning_rate, expected.learning_rate)
        np.testing.assert_array_equal(ours.parameters, model.parameters)
    assert len({history.learning_rate[-1] / history.learning_rate[0] for history in histories}) > 1


def test_resuming_keeps_the_lowered_rate_and_counts_anew():
    model = net()
    callbacks = [rn.ReduceOnPlateau(0.5, patience=2, monitor="cost", min_delta=100)]
    assert fit(model, callbacks, epochs=4).learning_rate.tolist() == [0.05] * 3 + [0.025]
    assert fit(model, callbacks, epochs=8, resume=True).learning_rate.tolist() == [0.025] * 3 + [0.0125]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"factor": 1.0}, ValueError, "factor is 1.0, wanted 0 < factor < 1"),
        ({"factor": 0}, ValueError, "factor is 0, wanted 0 < factor < 1"),
        ({"factor": "0.5"}, TypeError, "factor is '0.5', wanted 0 < factor < 1"),
        ({"patience": 0}, ValueError, "patience is 0, wanted a whole number >= 1"),
        ({"monitor": "loss"}, ValueError, "monitor is 'loss', wanted one of 'val_cost', 'val_score', 'cost'"),
        ({"min_delta": -1}, ValueError, "min_delta is -1, wanted a number >= 0"),
        ({"direction": "up"}, ValueError, "direction is 'up', wanted one of 'min', 'max'"),
        ({"min_rate": -0.1}, ValueError, "min_rate is -0.1, wanted a number >= 0"),
    ],
)
def test_wrong_argument_is_named(options, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        rn.ReduceOnPlateau(**options)


def test_a_validation_curve_wants_validation():
    model = net()
    before = model.parameters.copy()
    with pytest.raises(
        ValueError, match=re.escape("ReduceOnPlateau watches 'val_cost', wanted validation=... in train")
    ):
        fit(model, [rn.ReduceOnPlateau()])
    np.testing.assert_array_equal(model.parameters, before)
