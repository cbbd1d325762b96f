"""Batch norm in models: batches, statistics, prediction, and averages of weights."""

import re

import numpy as np
import pytest

import regnet as rn
from regnet.models.compression import statistics
from regnet.training.batches import resolve_batch_size

X, Y, X_TEST, Y_TEST = rn.datasets.make_football(81, 60, noise=0.15)


def net(dtype="float64", seed=3, **options):
    return rn.Model.mlp([2, 10, 8, 1], batch_norm=True, dtype=dtype, seed=seed, **options)


def fit(model, **options):
    return rn.train(model, X, Y, **{"epochs": 6, "batch_size": 20, "optimizer": rn.Adam(0.01), **options})


def by_hand(model, X, batch=None):
    """Logits in plain NumPy: by the statistics of the model, or by those of a batch."""
    A, B = X.T, None if batch is None else batch.T
    for l, (W, b) in enumerate(zip(model.weights, model.biases, strict=True)):
        gamma, Z = model.gammas[l], W @ A
        if gamma is None:
            return (Z + b).T
        if B is None:
            mean, variance = statistics(model.layout, model.parameters, l)
        else:
            whole = W @ B
            mean, variance = whole.mean(axis=1, keepdims=True), whole.var(axis=1, keepdims=True)
            B = np.maximum(gamma * (whole - mean) / np.sqrt(variance + 1e-5) + b, 0)
        A = np.maximum(gamma * (Z - mean) / np.sqrt(variance + 1e-5) + b, 0)
    raise AssertionError("the output layer has batch norm")


# ------------------------------------------------------------------------------ prediction


@pytest.mark.parametrize("backend", ["compiled", "reference"])
def test_the_cost_of_a_batch_is_by_its_own_statistics(backend):
    model = net()
    model.gammas[0][...] += np.arange(10)[:, None] / 10
    model.biases[1][...] = np.arange(8)[:, None] / 8
    Z = by_hand(model, X, X)[:, 0]
    cost = np.log1p(np.exp(-np.where(Y == 1, Z, -Z))).mean()
    history = fit(model, batch_size=None, epochs=1, backend=backend)
    assert history.cost[0] == pytest.approx(cost, rel=1e-10)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_prediction_does_not_depend_on_the_batch(dtype):
    model = net(dtype, seed=2)
    fit(model)
    together = model.predict_proba(X)
    alone = np.vstack([model.predict_proba(row[None]) for row in X])
    other = model.predict_proba(np.vstack([X, 100 * X]))[: len(X)]
    np.testing.assert_allclose(alone, together, rtol=1e-6)
    np.testing.assert_allclose(other, together, rtol=1e-6)
    p = 1 / (1 + np.exp(-by_hand(model, X)[:, 0]))
    np.testing.assert_allclose(together[:, 1], p, rtol=1e-9 if dtype == "float64" else 1e-4)


def test_statistics_are_weighted_averages_over_the_steps():
    """Full batch at a rate of almost 0: the mean and unbiased variance of Z, after the first step too."""
    for epochs in (1, 5):
        model = net()
        fit(model, batch_size=None, epochs=epochs, optimizer=rn.GradientDescent(1e-12))
        Z = model.weights[0] @ X.T
        mean, variance = statistics(model.layout, model.parameters, 0)
        np.testing.assert_allclose(mean[:, 0], Z.mean(axis=1), rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(variance[:, 0], Z.var(axis=1, ddof=1), rtol=1e-7)
        weight = model.parameters[model.layout.weight][0]
        assert weight == pytest.approx(1 - 0.99**epochs, rel=1e-9)


def test_an_untrained_model_predicts_by_mean_0_and_variance_1():
    model = net()
    np.testing.assert_allclose(
        model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-by_hand(model, X)[:, 0])), rtol=1e-10
    )


def test_it_helps_where_the_features_are_badly_scaled():
    """100 epochs on features with a large mean, which hold a plain net up."""
    scores = []
    for batch_norm in (False, True):
        model = rn.Model.mlp([2, 20, 1], batch_norm=batch_norm, seed=3)
        optimizer = rn.GradientDescent(0.1, schedule=rn.Cosine())
        rn.train(model, X + 5, Y, epochs=100, batch_size=20, optimizer=optimizer)
        scores.append(model.evaluate(X_TEST + 5, Y_TEST).score)
    assert scores[1] > scores[0] + 0.2


# ------------------------------------------------------------------------------ batches


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize(("batch_size", "n_batches"), [(20, 4), (16, 5), (40, 2), (27, 3), (2, 40), (79, 2)])
def test_a_last_batch_of_one_trains_with_the_one_before(batch_size, n_batches, backend):
    steps = []
    schedule = lambda epoch, step: steps.append(step) or 0.01  # noqa: E731
    model = net()
    history = fit(model, batch_size=batch_size, backend=backend, optimizer=rn.Adam(0.01, schedule=schedule))
    assert max(steps) + 1 == 6 * n_batches
    assert np.isfinite(history.cost).all()
    assert np.isfinite(model.parameters).all()
    assert history.cost[-1] < history.cost[0]


def test_all_but_one_are_a_full_batch():
    models = [net(), net()]
    for model, batch_size in zip(models, (80, None), strict=True):
        fit(model, batch_size=batch_size)
    np.testing.assert_array_equal(models[0].parameters, models[1].parameters)


@pytest.mark.parametrize("n", range(2, 40))
def test_no_batch_has_one_example(n):
    plain, normed = (rn.Model.mlp([2, 3, 1], batch_norm=on).plan for on in (False, True))
    for batch_size in range(2, 12):
        size = resolve_batch_size(batch_size, n, batch_norm=True)
        n_batches = normed.count_batches(n, size)
        last = n - (n_batches - 1) * size
        assert 2 <= last <= size + 1
        assert plain.count_batches(n, batch_size) == len(range(0, n, batch_size))


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("piece_bytes", [1, 1 << 21])
def test_augmented_epochs_join_them_too(monkeypatch, piece_bytes, n_threads):
    monkeypatch.setattr("regnet.training.augmented.PIECE_BYTES", piece_bytes)
    rng = np.random.default_rng(0)
    images, labels = rng.random((81, 12)), np.arange(81) % 3
    results = []
    for augment in (None, rn.augment.Compose([], shape=(3, 4))):
        model = rn.Model.mlp([12, 6, 3], batch_norm=True, dtype="float64", seed=1)
        history = rn.train(
            model, images, labels, epochs=3, batch_size=8, augment=augment, n_threads=n_threads
        )
        results.append((model.parameters, history.cost))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: fit(net(), batch_size=1),
            "batch_size is 1, wanted at least 2: batch norm normalises over a batch",
        ),
        (
            lambda: rn.train(net(classes=[0, 1]), X[:1], Y[:1]),
            "X has 1 row to train on, wanted at least 2: batch norm normalises over a batch",
        ),
        (
            lambda: rn.find_learning_rate(net(), X, Y, batch_size=1),
            "batch_size is 1, wanted at least 2: batch norm normalises over a batch",
        ),
    ],
)
def test_batches_of_one_are_refused(call, message):
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        call()


# ------------------------------------------------------------------------------ best weights and averages


def test_early_stopping_restores_the_statistics_of_the_best_epoch():
    model = net()
    history = fit(
        model,
        epochs=60,
        optimizer=rn.Adam(0.05),
        validation=(X_TEST, Y_TEST),
        callbacks=[rn.EarlyStopping(100)],
    )
    assert history.best_epoch < 59
    assert model.evaluate(X_TEST, Y_TEST).cost == pytest.approx(history.val_cost.min(), rel=1e-12)


def recorded(**options):
    """The vectors after each epoch of a training without averaging."""
    model, seen = net(), []
    fit(model, callbacks=[lambda t: seen.append(t.model.parameters.copy())], **options)
    return np.array(seen)


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize("watched", [False, True])
def test_an_average_has_statistics_of_its_own(watched, backend):
    model = net()
    history = fit(
        model,
        batch_size=None,
        averaging=rn.SWA(3),
        validation=(X_TEST, Y_TEST) if watched else None,
        backend=backend,
    )
    trained = slice(model.layout.n_trained)
    weights = recorded(batch_size=None, backend=backend)[3:]
    np.testing.assert_allclose(
        model.parameters[trained], weights.mean(axis=0)[trained], rtol=1e-10, atol=1e-13
    )
    Z = model.weights[0] @ X.T
    mean, variance = statistics(model.layout, model.parameters, 0)
    np.testing.assert_allclose(mean[:, 0], Z.mean(axis=1), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(variance[:, 0], Z.var(axis=1, ddof=1), rtol=1e-9)
    np.testing.assert_allclose(
        model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-by_hand(model, X, X)[:, 0])), rtol=0.05
    )
    if watched:
        assert history.val_cost[-1] == pytest.approx(model.evaluate(X_TEST, Y_TEST).cost, rel=1e-12)


@pytest.mark.parametrize("averaging", [rn.SWA(2), rn.EMA(0.8)])
def test_looking_at_an_average_does_not_change_the_training(averaging):
    plain, looked, unwatched = net(keep_prob=0.8), net(keep_prob=0.8), net(keep_prob=0.8)
    expected = fit(plain)
    history = fit(looked, averaging=averaging, validation=(X_TEST, Y_TEST))
    fit(unwatched, averaging=averaging)
    np.testing.assert_array_equal(history.cost, expected.cost)
    np.testing.assert_array_equal(looked.parameters, unwatched.parameters)


def test_early_stopping_restores_the_best_average_with_its_statistics():
    model = net()
    history = fit(
        model,
        epochs=60,
        optimizer=rn.Adam(0.05),
        averaging=rn.EMA(0.7),
        validation=(X_TEST, Y_TEST),
        callbacks=[rn.EarlyStopping(100)],
    )
    assert history.best_epoch < 59
    assert model.evaluate(X_TEST, Y_TEST).cost == pytest.approx(history.val_cost.min(), rel=1e-12)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_an_average_of_an_augmented_training_has_statistics_of_the_same_pictures(n_threads):
    rng = np.random.default_rng(0)
    images, labels = rng.random((41, 12)), np.arange(41) % 3
    results = []
    for augment in (None, rn.augment.Compose([], shape=(3, 4))):
        model = rn.Model.mlp([12, 6, 3], batch_norm=True, dtype="float64", seed=1)
        rn.train(
            model,
            images,
            labels,
            epochs=4,
            batch_size=8,
            averaging=rn.SWA(2),
            augment=augment,
            n_threads=n_threads,
        )
        results.append(model.parameters)
    np.testing.assert_array_equal(*results)


def test_ctrl_c_leaves_an_average_with_its_statistics():
    def interrupt(training):
        if training.epoch == 4:
            raise KeyboardInterrupt

    model = net()
    options = {"averaging": rn.SWA(2), "callbacks": [interrupt]}
    history = fit(model, batch_size=None, on_interrupt="return", **options)
    assert history.stop_reason == "interrupted"
    Z = model.weights[0] @ X.T
    np.testing.assert_allclose(
        statistics(model.layout, model.parameters, 0)[0][:, 0], Z.mean(axis=1), rtol=1e-9, atol=1e-12
    )


def test_a_diverged_average_is_set_back_whole():
    model, optimizer = net(), rn.GradientDescent(0.1, schedule=rn.Table({4: 1e300}))
    with pytest.warns(rn.DivergenceWarning):
        fit(model, averaging=rn.SWA(1), optimizer=optimizer, epochs=9)
    assert np.isfinite(model.parameters).all()
    assert np.isfinite(model.evaluate(X, Y).cost)
