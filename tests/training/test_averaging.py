"""Averages along time."""

import re
import threading

import numpy as np
import pytest

import regnet as rn

# ------------------------------------------------------------------------------ exponential_average


def weighted(x, beta, correct):
    """The definition written out: v_t = (1 - beta) sum_s beta^(t - s) x_s."""
    n = len(x)
    weights = np.array(
        [[(1 - beta) * beta ** (t - s) if s <= t else 0.0 for s in range(n)] for t in range(n)]
    )
    if correct:
        weights = weights / weights.sum(axis=1, keepdims=True)
    return np.tensordot(weights, x, axes=1)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("shape", [(1,), (40,), (40, 3), (7, 2, 3)])
def test_it_is_the_weighted_sum_of_the_definition(beta, correct, shape):
    x = np.random.default_rng(1).normal(size=shape)
    found = rn.exponential_average(x, beta, bias_correction=correct)
    np.testing.assert_allclose(found, weighted(x, beta, correct), rtol=1e-12, atol=1e-13)


def test_the_notes_first_days_of_temperature():
    # v_1 = 0.02 * 40 = 0.8 where 40 is meant; (0.98 * 0.8 + 0.02 * 49) / (1 - 0.98^2) of the second day
    uncorrected = rn.exponential_average([40.0, 49.0], 0.98, bias_correction=False)
    np.testing.assert_allclose(uncorrected, [0.8, 0.0196 * 40 + 0.02 * 49], rtol=1e-12)
    corrected = rn.exponential_average([40.0, 49.0], 0.98)
    np.testing.assert_allclose(corrected, [40.0, (0.0196 * 40 + 0.02 * 49) / 0.0396], rtol=1e-12)


def test_a_constant_stays_a_constant_when_corrected():
    np.testing.assert_allclose(rn.exponential_average(np.full(100, 3.0), 0.99), 3.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("float32", "float32"),
        ("float64", "float64"),
        ("int64", "float64"),
        ("bool", "float64"),
        ("float16", "float64"),
    ],
)
def test_dtype(given, wanted):
    assert rn.exponential_average(np.ones(3, given), 0.5).dtype == wanted


def test_sums_are_accumulated_in_double():
    x = np.random.default_rng(2).uniform(size=5000).astype(np.float32)
    exact = rn.exponential_average(x.astype(np.float64), 0.999)
    np.testing.assert_array_equal(rn.exponential_average(x, 0.999), exact.astype(np.float32))


def test_an_empty_series_and_no_change_of_the_argument():
    assert rn.exponential_average([], 0.9).shape == (0,)
    x = np.arange(4.0)
    rn.exponential_average(x, 0.9)
    np.testing.assert_array_equal(x, np.arange(4.0))


@pytest.mark.parametrize(
    ("x", "beta", "error", "message"),
    [
        ([1.0], 1.0, ValueError, "beta is 1.0, wanted 0 <= beta < 1"),
        ([1.0], -0.1, ValueError, "beta is -0.1, wanted 0 <= beta < 1"),
        ([1.0], "0.9", TypeError, "beta is '0.9', wanted 0 <= beta < 1"),
        (["a"], 0.9, TypeError, "x has dtype <U1, wanted numbers (float, integer or bool)"),
        (3.0, 0.9, ValueError, "x is a single number, wanted a series along the first axis"),
    ],
)
def test_wrong_argument_is_named(x, beta, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        rn.exponential_average(x, beta)


# ------------------------------------------------------------------------------ weights

X, Y, X_TEST, Y_TEST = rn.datasets.make_football(60, 60, noise=0.15)


def net(dtype="float64"):
    return rn.Model.mlp([2, 20, 20, 1], dtype=dtype, seed=3)


def fit(model, **options):
    options = {"epochs": 12, "batch_size": 20, "optimizer": rn.Adam(0.05), **options}
    return rn.train(model, X, Y, **options)


def recorded(**options):
    """Weights after each epoch of a training without averaging, and its history."""
    model, weights = net(options.pop("dtype", "float64")), []
    history = fit(model, callbacks=[lambda t: weights.append(t.model.parameters.copy())], **options)
    return np.array(weights), history


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("start", "first"), [(0.75, 9), (0.5, 6), (0, 0), (4, 4), (11, 11), (0.01, 0)])
def test_swa_is_the_mean_of_the_recorded_weights(start, first, dtype, backend):
    weights, expected = recorded(dtype=dtype, backend=backend)
    model = net(dtype)
    history = fit(model, averaging=rn.SWA(start), backend=backend)
    mean = weights[first:].astype(np.float64).mean(axis=0)
    assert model.parameters.dtype == dtype
    np.testing.assert_allclose(
        model.parameters, mean.astype(dtype), rtol=1e-12 if dtype == "float64" else 2e-7, atol=1e-14
    )
    np.testing.assert_array_equal(history.cost, expected.cost)  # the training itself is not changed


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 0.999])
def test_ema_is_the_corrected_average_of_the_recorded_weights(decay):
    weights, expected = recorded()
    model = net()
    history = fit(model, averaging=rn.EMA(decay))
    average = rn.exponential_average(weights, decay)[-1]
    np.testing.assert_allclose(model.parameters, average, rtol=1e-10, atol=1e-13)
    np.testing.assert_array_equal(history.cost, expected.cost)


def test_the_sum_is_in_double():
    """Of many float32 weights the mean is the one of exact sums, rounded once."""
    weights, _ = recorded(dtype="float32", epochs=400)
    model = net("float32")
    fit(model, averaging=rn.SWA(0), epochs=400)
    exact = weights.astype(np.longdouble).mean(axis=0)
    np.testing.assert_allclose(model.parameters, exact.astype(np.float32), rtol=1.3e-7, atol=0)


def test_a_view_of_the_weights_stays_one():
    model = net()
    view = model.weights[0]
    fit(model, averaging=rn.SWA())
    assert np.shares_memory(view, model.parameters)


def test_validation_and_callbacks_see_the_average():
    weights, _ = recorded()
    seen, model = [], net()
    history = fit(
        model,
        averaging=rn.SWA(8),
        validation=(X_TEST, Y_TEST),
        callbacks=[lambda t: seen.append(t.model.parameters.copy())],
    )
    for epoch in range(12):
        expected = weights[epoch] if epoch < 8 else weights[8 : epoch + 1].mean(axis=0)
        np.testing.assert_allclose(seen[epoch], expected, rtol=1e-12, atol=1e-14)
    assert history.val_cost[-1] == pytest.approx(model.evaluate(X_TEST, Y_TEST).cost, rel=1e-12)


def test_early_stopping_restores_the_best_average():
    seen, model = [], net()
    callbacks = [rn.EarlyStopping(100), lambda t: seen.append(t.model.parameters.copy())]
    history = fit(model, averaging=rn.EMA(0.8), validation=(X_TEST, Y_TEST), callbacks=callbacks, epochs=40)
    best = int(history.val_cost.argmin())
    assert history.best_epoch == best < 39
    np.testing.assert_array_equal(model.parameters, seen[best])
    assert model.evaluate(X_TEST, Y_TEST).cost == pytest.approx(history.val_cost.min(), rel=1e-12)


@pytest.mark.parametrize("stop", ["callback", "interrupt", "cancel"])
def test_stopped_before_its_end_the_model_has_the_average_so_far(stop):
    weights, _ = recorded()
    cancel = threading.Event()

    def end(training):
        if training.epoch == 9:
            if stop == "interrupt":
                raise KeyboardInterrupt
            if stop == "cancel":
                cancel.set()
            return stop == "callback"
        return None

    model = net()
    fit(model, averaging=rn.SWA(5), callbacks=[end], cancel=cancel, on_interrupt="return")
    np.testing.assert_allclose(model.parameters, weights[5:10].mean(axis=0), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("looked_at", [False, True])
def test_ctrl_c_while_statistics_are_gathered_leaves_those_averaged(core_calls, looked_at):
    """However often it is pressed: a history comes back, and the net does not predict without statistics."""

    def gathering(call, n_completed):
        if call["plan"].optimizer == "gradient_descent":  # the training has Adam
            call["costs"][:] = np.nan
            raise KeyboardInterrupt
        return n_completed

    core_calls(gathering)
    model = rn.Model.mlp([2, 20, 1], batch_norm=True, seed=3)
    seen = {"callbacks": [lambda training: None]} if looked_at else {}
    history = fit(model, averaging=rn.SWA(0), optimizer=rn.Adam(), on_interrupt="return", **seen)
    assert history.stop_reason == "interrupted"
    assert len(history) >= 1
    assert model.parameters[model.layout.weight].all()


def test_a_cancelled_training_still_gathers_the_statistics_of_its_average(core_calls):
    expected = rn.Model.mlp([2, 20, 1], batch_norm=True, seed=3)
    fit(expected, averaging=rn.SWA(0), epochs=4)
    cancel = threading.Event()

    def cancelled(call, n_completed):
        if len(calls) == 4:
            cancel.set()
        return n_completed

    calls = core_calls(cancelled)
    model = rn.Model.mlp([2, 20, 1], batch_norm=True, seed=3)
    history = fit(model, averaging=rn.SWA(0), cancel=cancel)
    assert history.stop_reason == "interrupted"
    assert len(history) == 4
    np.testing.assert_array_equal(model.parameters, expected.parameters)


@pytest.mark.parametrize("epoch", [3, 8])
def test_ctrl_c_within_an_epoch_leaves_the_average_so_far(core_calls, epoch):
    weights, _ = recorded()

    def interrupted(call, n_completed):
        if len(calls) == epoch + 1:
            call["costs"][:] = np.nan  # of this epoch: it was not completed
            raise KeyboardInterrupt
        return n_completed

    calls = core_calls(interrupted)
    model = net()
    history = fit(model, averaging=rn.SWA(5), on_interrupt="return")
    assert history.stop_reason == "interrupted"
    assert len(history) == epoch
    expected = weights[5:8].mean(axis=0) if epoch == 8 else weights[epoch]
    np.testing.assert_allclose(model.parameters, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("averaging", [None, rn.SWA(0), rn.EMA(0.5)])
def test_divergence_leaves_the_best_weights_of_the_training_itself(averaging):
    model, optimizer = net(), rn.GradientDescent(0.1, schedule=rn.Table({6: 1e200}))
    with pytest.warns(rn.DivergenceWarning, match="set back to its best weights"):
        history = fit(model, averaging=averaging, optimizer=optimizer)
    assert history.stop_reason == "diverged"
    plain = net()
    with pytest.warns(rn.DivergenceWarning):
        fit(plain, optimizer=optimizer, callbacks=[rn.Callback()])
    np.testing.assert_array_equal(model.parameters, plain.parameters)


def test_an_average_cannot_be_resumed_and_says_so(tmp_path):
    model = net()
    fit(model, averaging=rn.SWA())
    assert model.training_state is None
    model.save(tmp_path / "net.npz")
    for averaged in (model, rn.load(tmp_path / "net.npz")):
        with pytest.raises(
            ValueError,
            match=re.escape(
                "resume is True but the model has no training to go on from: its last one was interrupted, "
                "was averaged, was set back to earlier weights, or never was"
            ),
        ):
            fit(averaged, epochs=20, resume=True)


def test_a_resumed_training_may_begin_to_average():
    weights, _ = recorded(epochs=16)
    model = net()
    fit(model, epochs=12)
    history = fit(model, epochs=16, resume=True, averaging=rn.SWA(0.75))
    assert len(history) == 4
    np.testing.assert_allclose(model.parameters, weights[12:].mean(axis=0), rtol=1e-12, atol=1e-14)


def test_a_training_stopped_before_the_average_began_can_be_resumed():
    weights, _ = recorded()
    model = net()
    fit(model, averaging=rn.SWA(8), callbacks=[lambda t: t.epoch == 5])
    np.testing.assert_array_equal(model.parameters, weights[5])
    fit(model, averaging=rn.SWA(8), resume=True)
    np.testing.assert_allclose(model.parameters, weights[8:].mean(axis=0), rtol=1e-12, atol=1e-14)


def test_many_nets_have_their_own_averages():
    options = [{"averaging": rn.SWA(4)}, {"averaging": rn.EMA(0.7)}, {}]
    shared = {"epochs": 9, "batch_size": 20}
    together = [net() for _ in options]
    rn.fit_many(together, X, Y, options=options, n_threads=2, **shared)
    for own, ours in zip(options, together, strict=True):
        alone = net()
        rn.train(alone, X, Y, **own, **shared)
        np.testing.assert_array_equal(ours.parameters, alone.parameters)


def test_no_epochs_are_nothing_to_average():
    model = net()
    before = model.parameters.copy()
    fit(model, epochs=0, averaging=rn.SWA())
    np.testing.assert_array_equal(model.parameters, before)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: rn.SWA(-1), ValueError, "start is -1, wanted a whole number >= 0"),
        (lambda: rn.SWA(1.0), ValueError, "start is 1.0, wanted 0 < start < 1"),
        (lambda: rn.SWA("last"), TypeError, "start is 'last', wanted 0 < start < 1"),
        (lambda: rn.SWA(True), TypeError, "start is True, wanted a whole number >= 0"),
        (lambda: rn.EMA(1), ValueError, "decay is 1, wanted 0 <= decay < 1"),
        (lambda: rn.EMA("0.9"), TypeError, "decay is '0.9', wanted 0 <= decay < 1"),
        (
            lambda: fit(net(), averaging=rn.SWA(12)),
            ValueError,
            "averaging starts at epoch 12 and epochs is 12, wanted an earlier start",
        ),
        (
            lambda: fit(net(), averaging=0.9),
            TypeError,
            "averaging is 0.9, wanted None, SWA(...) or EMA(...)",
        ),
    ],
)
def test_wrong_averaging_is_named(make, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        make()
