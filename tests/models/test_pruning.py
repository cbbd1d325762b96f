"""Sparsity, folding and pruning: smaller nets that predict the same."""

import re

import numpy as np
import pytest

import regnet as rn
from regnet.models.compression import gate_values, statistics

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 6))


def random_net(dtype="float64", output="softmax", activation="relu", **options):
    """A net with batch norm and gates in several places, all parts of its vector random."""
    layers = [
        rn.Input(6, 0.9, noise=0.1, gates=True),
        rn.Dense(8, activation, 0.8, gates=True, batch_norm=True, max_norm=3.0),
        rn.Dense(7, "tanh", batch_norm=True),
        rn.Dense(5, "relu", gates=True, penalty=rn.L0(0.1) + rn.L2(0.2)),
        rn.Dense(3, output),
    ]
    model, rng = rn.Model(layers, dtype=dtype, seed=1, **options), np.random.default_rng(1)
    places = model.layout
    model.parameters[:] = rng.normal(size=places.size)
    for log_alpha in model.log_alphas:
        if log_alpha is not None:
            log_alpha[...] = rng.normal(scale=4, size=log_alpha.shape)
    model.parameters[places.weight] = 0.3
    for variance in places.variance:
        if variance is not None:
            model.parameters[variance] = rng.uniform(0.1, 2, 100)[: variance.stop - variance.start]
    return model


def outputs(model, X):
    return model.predict(X) if model.loss == "squared_error" else model.predict_proba(X)


def assert_predicts_the_same(found, model, X=X):
    """To 1e-6, for a few rows and for many."""
    for rows in (X[:3], X):
        expected = outputs(model, rows)
        assert expected.std() > 1e-3
        np.testing.assert_allclose(outputs(found, rows), expected, rtol=1e-6, atol=1e-6)


# ------------------------------------------------------------------------------ sparsity and gates


def test_sparsity_counts_exact_zeros_of_the_weights():
    model = rn.Model.mlp([4, 5, 1])
    assert model.sparsity() == rn.Sparsity(0.0, (0.0, 0.0))  # biases are 0 and do not count
    model.weights[0][:, :2] = 0
    model.weights[0][0, 2] = 1e-30
    model.weights[1][...] = -0.0
    assert model.sparsity() == rn.Sparsity(15 / 25, (0.5, 1.0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gates_are_equation_13(dtype):
    log_alpha = np.array([-1e4, -700, -3, -2.3, 0, 1, 2.3, 3, 700, 1e4], dtype)
    exact = 1 / (1 + np.exp(-np.longdouble(log_alpha))) * 1.2 - 0.1
    found = gate_values(log_alpha)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, np.clip(exact, 0, 1).astype(dtype), rtol=1e-6, atol=1e-12)
    assert found[0] == found[1] == found[2] == 0
    assert found[-1] == found[-2] == found[-3] == 1


# ------------------------------------------------------------------------------ folded


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
def test_folded_predicts_the_same(output, dtype):
    model = random_net(dtype, output)
    folded = model.folded()
    assert folded.sizes == model.sizes
    assert folded.layout.size == folded.layout.n_trained
    assert folded.dtype == model.dtype
    assert_predicts_the_same(folded, model)


def test_folded_is_the_formula():
    model = random_net()
    mean, variance = statistics(model.layout, model.parameters, 0)
    z = model.gates[0]
    scale = model.gammas[0] / np.sqrt(variance + 1e-5)
    folded = model.folded()
    np.testing.assert_allclose(folded.weights[0], scale * model.weights[0] * z, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(folded.biases[0], model.biases[0] - scale * mean, rtol=1e-12)


def test_statistics_are_corrected_for_their_start():
    model = random_net()
    places = model.layout
    mean, variance = statistics(model.layout, model.parameters, 1)
    np.testing.assert_allclose(mean[:, 0], model.parameters[places.mean[1]] / 0.3, rtol=1e-15)
    np.testing.assert_allclose(variance[:, 0], model.parameters[places.variance[1]] / 0.3, rtol=1e-15)
    model.initialize()
    mean, variance = statistics(model.layout, model.parameters, 1)
    assert not mean.any()
    np.testing.assert_array_equal(variance, np.ones((7, 1)))


def test_a_folded_model_keeps_what_is_not_folded():
    model = random_net(classes=["a", "b", "c"])
    folded = model.folded()
    assert folded.layers == (
        rn.Input(6, 0.9, noise=0.1),
        rn.Dense(8, "relu", 0.8),
        rn.Dense(7, "tanh"),
        rn.Dense(5, "relu", penalty=rn.L2(0.2)),
        rn.Dense(3, "softmax"),
    )
    assert folded.classes.tolist() == ["a", "b", "c"]
    assert (folded.seed, folded.loss) == (model.seed, model.loss)
    before = model.parameters.copy()
    folded.parameters[:] = 0
    np.testing.assert_array_equal(model.parameters, before)


@pytest.mark.parametrize("options", [{"batch_norm": True}, {"gates": True}], ids=str)
def test_a_folded_model_trains_on_from_its_own_predictions(options):
    """Batch norm folds to rows longer than the bound on W was: the next step must not cut them short."""
    layers = [rn.Input(6), rn.Dense(8, "relu", max_norm=0.5, **options), rn.Dense(1, "sigmoid")]
    model = rn.Model(layers, dtype="float64", seed=1)
    rn.train(model, X, X[:, 0] > 0, epochs=10)
    folded = model.folded()
    rn.train(folded, X, X[:, 0] > 0, epochs=1, optimizer=rn.GradientDescent(1e-12))
    np.testing.assert_allclose(folded.predict_proba(X), model.predict_proba(X), atol=1e-9)


def test_a_dense_model_folds_to_a_copy():
    model = rn.Model.mlp([6, 4, 3], seed=2)
    folded = model.folded()
    np.testing.assert_array_equal(folded.parameters, model.parameters)
    assert not np.shares_memory(folded.parameters, model.parameters)


def test_prediction_and_evaluation_of_many_rows_use_the_folded_net(monkeypatch):
    model, folds = random_net(), []
    fold = rn.models.compression.fold
    monkeypatch.setattr("regnet.models.prediction.fold", lambda *net: folds.append(1) or fold(*net))
    n = 256
    monkeypatch.setattr("regnet.models.prediction.FOLD_ROWS", n)
    few, many = np.resize(X, (n - 1, 6)), np.resize(X, (n, 6))
    model.predict(few)
    assert not folds
    model.predict(many)
    model.evaluate(many, np.arange(n) % 3)
    assert len(folds) == 2
    rn.Model.mlp([6, 4, 3]).predict(many)
    assert len(folds) == 2
    np.testing.assert_allclose(
        model.predict_proba(many)[:-1], model.predict_proba(few), rtol=1e-9, atol=1e-12
    )


def test_a_number_that_is_not_finite_is_found_in_the_folded_net_too(monkeypatch):
    monkeypatch.setattr("regnet.models.prediction.FOLD_ROWS", 400)
    many = X.copy()
    many[300, 2] = np.nan
    with pytest.raises(
        ValueError, match=re.escape("X is nan at row 300, column 2, wanted finite float64 numbers")
    ):
        random_net().predict(many)


# ------------------------------------------------------------------------------ pruned


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
def test_pruned_is_smaller_and_predicts_the_same(output, dtype):
    model = random_net(dtype, output)
    model.log_alphas[1][[0, 3]] = -6
    model.log_alphas[3][4] = -6
    pruned = model.pruned()
    open_units = [int((z != 0).sum()) for z in model.gates if z is not None]
    assert pruned.sizes == (6, open_units[1], 7, open_units[2], 3)
    assert pruned.sizes[1] <= 6
    assert_predicts_the_same(pruned, model)
    assert pruned.layers == tuple(
        rn.models.compression.dense_layer(layer, n)
        for layer, n in zip(model.layers, pruned.sizes, strict=True)
    )


def test_closed_inputs_stay_and_count_for_nothing():
    model = random_net()
    model.log_alphas[0][2] = -6
    pruned = model.pruned()
    assert pruned.sizes[0] == 6
    assert not pruned.weights[0][:, 2].any()
    other = X.copy()
    other[:, 2] += 100
    np.testing.assert_array_equal(pruned.predict_proba(other), pruned.predict_proba(X))


def test_units_without_a_way_to_the_output_are_pruned_backwards():
    model = rn.Model.mlp([6, 5, 4, 2], dtype="float64", seed=1)
    model.weights[2][:, [1, 3]] = 0  # units 1 and 3 of layer 2 lead nowhere
    model.weights[1][[0, 2], 4] = 0  # unit 4 of layer 1 leads to these two alone
    pruned = model.pruned()
    assert pruned.sizes == (6, 4, 2, 2)
    assert_predicts_the_same(pruned, model)


def test_a_softmax_in_between_keeps_its_units():
    model = random_net(activation="softmax")
    model.log_alphas[1][:4] = -6
    pruned = model.pruned()
    assert pruned.sizes[1] == 8
    assert_predicts_the_same(pruned, model)


def test_one_unit_stays_where_none_survives():
    model = random_net()
    model.log_alphas[3][:] = -9
    pruned = model.pruned()
    assert pruned.sizes[3] == 1
    assert not pruned.weights[3].any()
    np.testing.assert_allclose(pruned.predict_proba(X), model.predict_proba(X), rtol=1e-12)


def test_a_pruned_model_can_be_trained_and_saved(tmp_path):
    model = random_net()
    pruned = model.pruned()
    y = np.arange(len(X)) % 3
    rn.train(pruned, X, y, epochs=2)
    pruned.save(tmp_path / "net.npz")
    np.testing.assert_array_equal(rn.load(tmp_path / "net.npz").predict(X), pruned.predict(X))
