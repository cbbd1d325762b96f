"""Every activation of the table in small nets: trained, checked, saved, folded, pruned and sampled."""

import numpy as np
import pytest

import regnet as rn
from cregnet.spec import ACTIVATIONS

NAMES = [name for name in ACTIVATIONS if name not in ("softmax", "exponential")]  # these are for outputs
CURVED = [name for name in NAMES if name != "identity"]
DTYPES = ["float32", "float64"]
REGULARISERS = {
    "none": {},
    "bernoulli": {"keep_prob": 0.8},
    "gaussian": {"keep_prob": 0.8, "dropout": "gaussian"},
    "batch norm": {"batch_norm": True},
    "gates": {"gates": True},
    "all": {"keep_prob": 0.8, "dropout": "gaussian", "batch_norm": True, "gates": True},
}

rng = np.random.default_rng(0)
X = rng.normal(size=(97, 3))
NUMBERS = np.stack([np.sin(X[:, 0]) + X[:, 1], X[:, 2] ** 2 - X[:, 0]], axis=1)
CLASSES = np.digitize(NUMBERS[:, 0], [-0.5, 0.5])
OUTPUTS = {"identity": NUMBERS, "softmax": CLASSES}


def net(activation, kind="none", output="identity", dtype="float64"):
    """Two hidden layers of one activation with the same regulariser."""
    more = REGULARISERS[kind]
    n_outputs = 3 if output == "softmax" else 2
    hidden = [rn.Dense(9, activation, **more), rn.Dense(5, activation, **more)]
    return rn.Model([rn.Input(3), *hidden, rn.Dense(n_outputs, output)], dtype=dtype, seed=3)


def trained(activation, kind="none", output="identity", dtype="float64", **more):
    """A net after three epochs, and their costs."""
    model = net(activation, kind, output, dtype)
    penalty = rn.L2(0.1) + rn.L0(0.1) if REGULARISERS[kind].get("gates") else rn.L2(0.1)
    optimizer = rn.Momentum(0.02)
    history = rn.train(
        model, X, OUTPUTS[output], epochs=3, batch_size=32, optimizer=optimizer, penalty=penalty, **more
    )
    return model, history.cost


def outputs(model):
    """What a model predicts, as numbers."""
    return model.predict_proba(X) if model.loss == "categorical_cross_entropy" else model.predict(X)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", REGULARISERS)
@pytest.mark.parametrize("activation", NAMES)
def test_the_reference_trains_alike(activation, kind, dtype):
    tolerance = 1e-3 if dtype == "float32" else 1e-9
    for output in OUTPUTS:
        model, cost = trained(activation, kind, output, dtype)
        twin, twin_cost = trained(activation, kind, output, dtype, backend="reference")
        assert model.parameters.dtype == dtype
        assert (model.parameters != net(activation, kind, output, dtype).parameters).any()
        np.testing.assert_allclose(cost, twin_cost, rtol=tolerance)
        np.testing.assert_allclose(model.parameters, twin.parameters, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", NAMES)
def test_two_threads_make_the_same_bits(activation, dtype):
    one, _ = trained(activation, "all", dtype=dtype, n_threads=1)
    two, _ = trained(activation, "all", dtype=dtype, n_threads=2)
    assert (one.parameters == two.parameters).all()


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("kind", REGULARISERS)
@pytest.mark.parametrize("activation", NAMES)
def test_gradients_in_hidden_layers(activation, kind, output):
    model = net(activation, kind, output)
    for b in model.biases:  # at 0, a unit whose inputs are all dropped would be at the kink of relu
        b[...] = 0.1
    assert rn.check_gradients(model, X[:20], OUTPUTS[output][:20]).difference < 1e-7


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_of_an_output_without_a_link(activation):
    layers = [rn.Input(3), rn.Dense(4, "tanh"), rn.Dense(2, activation)]
    model = rn.Model(layers, loss="squared_error", dtype="float64", seed=1)
    assert rn.check_gradients(model, X[:20], NUMBERS[:20]).difference < 1e-7


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", CURVED)
def test_it_learns_a_curve(activation, dtype):
    model = rn.Model.mlp([3, 16, 2], activation=activation, loss="squared_error", dtype=dtype, seed=1)
    rn.train(model, X, NUMBERS, epochs=300, optimizer=rn.Adam(0.03))
    assert model.evaluate(X, NUMBERS).score > 0.95


@pytest.mark.parametrize("activation", CURVED)
def test_it_learns_classes(activation):
    points, labels, new_points, new_labels = rn.datasets.make_football(seed=0)
    model = rn.Model.mlp([2, 20, 3, 1], activation=activation, keep_prob=0.9, seed=3)
    rn.train(model, points, labels, epochs=300, optimizer=rn.Adam(0.02))
    assert model.evaluate(new_points, new_labels).score > 0.85


@pytest.mark.parametrize("file", ["net.npz", "net.safetensors"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", NAMES)
def test_a_file_brings_back_the_bits(activation, dtype, file, tmp_path):
    if file.endswith(".safetensors"):
        pytest.importorskip("safetensors")
    model, _ = trained(activation, "all", dtype=dtype)
    model.save(tmp_path / file)
    loaded = rn.load(tmp_path / file)
    assert loaded.activations == (activation, activation, "identity")
    assert (loaded.predict(X) == model.predict(X)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", NAMES)
def test_smaller_nets_predict_the_same(activation, dtype):
    tolerance = 1e-4 if dtype == "float32" else 1e-12
    for output in OUTPUTS:
        model, _ = trained(activation, "all", output, dtype)
        model.log_alphas[1][:4] = -20  # closed, also where the activation of 0 is not 0
        pruned = model.pruned()
        assert pruned.sizes == (3, 5, 5, model.sizes[-1])
        for smaller in (model.folded(), pruned, pruned.folded()):
            np.testing.assert_allclose(outputs(smaller), outputs(model), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", ["bernoulli", "gaussian", "all"])
@pytest.mark.parametrize("activation", NAMES)
def test_dropout_spreads_the_predictions(activation, kind):
    numbers = trained(activation, kind)[0].predict_mc(X, mc_samples=200)
    classes = trained(activation, kind, "softmax")[0].predict_proba(X, mc_samples=200)
    np.testing.assert_allclose(classes.mean.sum(axis=1), 1, atol=1e-12)
    for found in (numbers, classes):
        assert np.isfinite(found.mean).all()
        assert (found.spread > 0).all()
