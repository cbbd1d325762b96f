"""Monte-Carlo prediction: mean and spread over masks."""

import re

import numpy as np
import pytest

import cregnet
import regnet as rn

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 4))


def net(output="softmax", n=3, dtype="float64", dropout="bernoulli", **options):
    """Dropout on the input and on the second hidden layer, biases not 0."""
    layers = [
        rn.Input(4, 0.9, dropout=dropout),
        rn.Dense(6, "tanh"),
        rn.Dense(5, "relu", 0.7, dropout=dropout),
        rn.Dense(n, output),
    ]
    model = rn.Model(layers, dtype=dtype, seed=2, **options)
    model.parameters[:] = np.random.default_rng(1).normal(size=model.parameters.size)
    return model


def by_hand(model, X, n_samples, seed):
    """Probabilities or numbers of each sample, (n_samples, n, n_outputs), in plain NumPy."""
    found = []
    for step in range(n_samples):
        A = X.T.copy()
        for l, (W, b) in enumerate(zip(model.weights, model.biases, strict=True)):
            keep_prob = model.layers[l].keep_prob
            if keep_prob < 1 and model.layers[l].dropout == "gaussian":
                A = A * cregnet.reference.gaussian_dropout_factors(
                    A.shape, keep_prob, seed, l, step, dtype=A.dtype
                )
            elif keep_prob < 1:
                A = A * cregnet.reference.dropout_mask(A.shape, keep_prob, seed, l, step) / keep_prob
            A = W @ A + b
            getattr(cregnet.reference, model.activations[l])(A, A)
        found.append(A.T)
    return np.array(found)


@pytest.mark.parametrize("dropout", ["bernoulli", "gaussian"])
@pytest.mark.parametrize(("output", "n"), [("softmax", 3), ("sigmoid", 2), ("identity", 2)])
def test_mean_and_spread_are_those_of_the_samples(output, n, dropout):
    model = net(output, n, dropout=dropout)
    samples = by_hand(model, X, 20, seed=7)
    predict = model.predict_mc if output == "identity" else model.predict_proba
    found = predict(X, mc_samples=20, seed=7)
    np.testing.assert_allclose(found.mean, samples.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(found.spread, samples.std(axis=0), rtol=1e-9, atol=1e-13)


def test_one_sigmoid_gives_two_columns():
    model = net("sigmoid", 1)
    p = by_hand(model, X, 10, seed=0)[..., 0]
    found = model.predict_proba(X, mc_samples=10)
    np.testing.assert_allclose(found.mean, np.stack([1 - p.mean(0), p.mean(0)], axis=1), rtol=1e-9)
    np.testing.assert_allclose(found.spread, np.stack([p.std(0)] * 2, axis=1), rtol=1e-9)


def test_one_number_has_the_shape_of_predict():
    model = net("identity", 1)
    found = model.predict_mc(X, mc_samples=5)
    assert found.mean.shape == found.spread.shape == model.predict(X).shape


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_in_is_dtype_out(dtype):
    found = net(dtype=dtype).predict_proba(X, mc_samples=3)
    assert found.mean.dtype == found.spread.dtype == dtype
    np.testing.assert_allclose(found.mean.sum(axis=1), 1, rtol=1e-6)


def test_the_seed_decides():
    model = net()
    first, again, other = (model.predict_proba(X, mc_samples=4, seed=seed).mean for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_array_equal(first, model.copy().predict_proba(X, mc_samples=4, seed=3).mean)


def test_many_rows_are_taken_in_blocks_with_masks_of_their_own(monkeypatch):
    model = net()
    whole = model.predict_proba(X, mc_samples=4)
    monkeypatch.setattr("regnet.models.monte_carlo.BLOCK", 16)
    blocks = model.predict_proba(np.vstack([X[:16], X[:16]]), mc_samples=4)
    np.testing.assert_allclose(blocks.mean[:16], whole.mean[:16], rtol=1e-12)
    assert (blocks.mean[16:] != blocks.mean[:16]).all()


def test_the_mean_of_many_samples_of_a_linear_net_is_its_prediction():
    model = rn.Model([rn.Input(4, 0.6), rn.Dense(1)], dtype="float64", seed=1)
    found = model.predict_mc(X, mc_samples=4000)
    exact = np.sqrt(0.4 / 0.6 * (X**2 @ model.weights[0].T ** 2)[:, 0])
    assert abs(found.mean - model.predict(X)).max() < 4 * exact.max() / np.sqrt(4000)
    np.testing.assert_allclose(found.spread, exact, rtol=0.1)


def test_batch_norm_and_gates_are_as_at_prediction():
    layers = [
        rn.Input(4, gates=True),
        rn.Dense(6, "relu", 1 - 1e-12, batch_norm=True, gates=True),
        rn.Dense(3, "softmax"),
    ]
    model = rn.Model(layers, dtype="float64", seed=2)
    rn.train(model, X, np.arange(30) % 3, epochs=5, batch_size=8)
    model.log_alphas[0][1] = -5
    found = model.predict_proba(X, mc_samples=2)  # nothing is ever dropped
    np.testing.assert_allclose(found.mean, model.predict_proba(X), rtol=1e-9)
    np.testing.assert_allclose(found.spread, 0, atol=1e-15)


@pytest.mark.parametrize("dropout", ["bernoulli", "gaussian"])
def test_the_spread_is_larger_far_from_the_data_than_at_it(dropout):
    x = np.linspace(-1, 1, 100)[:, None]
    y = np.sin(3 * x[:, 0])
    layers = [
        rn.Input(1),
        rn.Dense(50, "relu", 0.9, dropout=dropout),
        rn.Dense(50, "relu", 0.9, dropout=dropout),
        rn.Dense(1),
    ]
    model = rn.Model(layers, dtype="float64", seed=5)
    rn.train(model, x, y, epochs=400, batch_size=20, optimizer=rn.Adam(0.01))
    at_data = model.predict_mc(x).spread
    far = model.predict_mc([[-6.0], [-4.0], [4.0], [6.0]]).spread
    assert far.min() > 3 * at_data.max()


def test_the_spread_of_probabilities_is_larger_between_the_classes():
    data, y, _, _ = rn.datasets.make_football(200, 10, noise=0.0, seed=1)
    model = rn.Model.mlp([2, 40, 40, 1], keep_prob=0.8, seed=3)
    rn.train(model, data, y, epochs=300, optimizer=rn.Adam(0.01))
    line = data[:100, None] + np.linspace(0, 1, 20)[:, None] * (data[100:, None] - data[:100, None])
    grid = np.vstack(list(line))  # from one point to another, often across the boundary
    p = model.predict_proba(grid)[:, 1]
    spread = model.predict_proba(grid, mc_samples=50).spread[:, 1]
    unsure = abs(p - 0.5) < 0.4
    assert unsure.sum() > 20
    assert spread[unsure].mean() > 2 * spread[~unsure].mean()


SINGLE = rn.Model.mlp([4, 3], keep_prob=1.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: SINGLE.predict_proba(X, mc_samples=50),
            ValueError,
            "mc_samples is 50 but no layer has dropout, wanted keep_prob < 1 in some layer: "
            "without it all samples are the same",
        ),
        (
            lambda: net().predict_proba(X, mc_samples=1),
            ValueError,
            "mc_samples is 1, wanted a whole number >= 2",
        ),
        (
            lambda: net().predict_proba(X, mc_samples=2.5),
            TypeError,
            "mc_samples is 2.5, wanted a whole number >= 2",
        ),
        (
            lambda: net().predict_proba(X, mc_samples=5, seed=-1),
            ValueError,
            f"seed is -1, wanted a whole number from 0 to {2**64 - 1}",
        ),
        (
            lambda: net().predict_mc(X),
            ValueError,
            "predict_mc wants a model that predicts numbers; this one has predict_proba",
        ),
        (
            lambda: net("identity", 1).predict_proba(X, mc_samples=5),
            ValueError,
            "predict_proba wants a model with a cross-entropy; this one predicts numbers",
        ),
        (
            lambda: net().predict_proba([[np.nan] * 4], mc_samples=5),
            ValueError,
            "X is nan at row 0, column 0, wanted finite float64 numbers",
        ),
    ],
)
def test_wrong_argument_is_named(call, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        call()
