"""Numbers printed in the course notes, through the public interface."""

import numpy as np
import pytest

import cregnet
import regnet as rn
from builds import load_core


def notebook_weights(model):
    """np.random.seed(3); W = randn(n_l, n_{l-1}) / sqrt(n_{l-1}); b = 0."""
    stream = np.random.RandomState(3)
    for W, b in zip(model.weights, model.biases, strict=True):
        W[...] = stream.randn(*W.shape) / np.sqrt(W.shape[1])
        b[...] = 0


def notebook_masks(case):
    """The same draws in every iteration; rows = examples."""
    stream = np.random.RandomState(1)
    D1 = stream.rand(20, 211) < case["keep_prob"]
    D2 = stream.rand(3, 211) < case["keep_prob"]
    return [None, D1.T, D2.T]


@pytest.mark.parametrize("isa", cregnet.available_isas())
@pytest.mark.parametrize("name", ["none", "l2", "dropout"])
def test_football_trainings(football, known_answers, monkeypatch, name, isa):
    monkeypatch.setattr("cregnet.network_train", load_core(isa).network_train)
    X, y, X_test, y_test = football["X"], football["y"][:, 0], football["Xval"], football["yval"][:, 0]
    case = known_answers["training"][name]
    model = rn.Model.mlp(case["architecture"], keep_prob=case["keep_prob"], dtype="float64")
    notebook_weights(model)
    history = rn.train(
        model,
        X,
        y,
        epochs=case["num_iterations"],
        batch_size=None,
        optimizer=rn.GradientDescent(case["learning_rate"]),
        penalty=rn.L2(case["lambd"]) if case["lambd"] else None,
        dropout_masks=notebook_masks(case) if name == "dropout" else None,
    )
    if name != "dropout":  # the notebook's own cost leaves out saturated outputs there
        for iteration, cost in case["cost"].items():
            assert history.cost[int(iteration)] == pytest.approx(cost, rel=known_answers["training"]["rtol"])
    else:
        assert history.cost[0] == pytest.approx(case["cost"]["0"], rel=1e-8)
    assert model.evaluate(X, y).score == case["train_accuracy"]
    assert model.evaluate(X_test, y_test).score == case["test_accuracy"]
    assert np.mean(model.predict(X_test) == y_test) == case["test_accuracy"]


def test_football_by_the_twin_starts_the_same_way(football, known_answers):
    X, y = football["X"], football["y"][:, 0]
    case = known_answers["training"]["l2"]
    histories = []
    for backend in ("compiled", "reference"):
        model = rn.Model.mlp(case["architecture"], dtype="float64")
        notebook_weights(model)
        options = {"batch_size": None, "optimizer": rn.GradientDescent(0.3), "penalty": rn.L2(0.7)}
        histories.append(rn.train(model, X, y, epochs=200, backend=backend, **options))
    assert histories[1].cost[0] == pytest.approx(case["cost"]["0"], rel=1e-12)
    np.testing.assert_allclose(histories[0].cost, histories[1].cost, rtol=1e-11)


def test_forward_of_one_neuron(known_answers):
    case = known_answers["forward_one_neuron"]
    given, expected = case["inputs"], case["expected"]
    model = rn.Model.mlp([3, 1], dtype="float64")
    model.weights[0] = [given["w"]]
    model.biases[0] = [[given["b"]]]
    assert model.predict_proba([given["x"]])[0, 1] == pytest.approx(expected["sigmoid"], abs=case["atol"])
    linear = rn.Model.mlp([3, 1], output="identity", dtype="float64")
    linear.parameters[:] = model.parameters
    assert linear.predict([given["x"]])[0] == pytest.approx(expected["z"], abs=1e-12)


def test_forward_of_two_layers(known_answers):
    case = known_answers["two_layer_forward"]
    given, expected = case["inputs"], case["expected"]
    model = rn.Model.mlp([3, 3, 2], activation="sigmoid", output="sigmoid", dtype="float64")
    model.weights[0], model.weights[1] = given["W1"], given["W2"]
    model.biases[0] = np.reshape(given["b1"], (3, 1))
    model.biases[1] = np.reshape(given["b2"], (2, 1))
    np.testing.assert_allclose(model.predict_proba([given["X"]])[0], expected["y"], rtol=case["rtol"])
    hidden = rn.Model.mlp([3, 3], output="sigmoid", dtype="float64")
    hidden.weights[0], hidden.biases[0] = given["W1"], np.reshape(given["b1"], (3, 1))
    np.testing.assert_allclose(hidden.predict_proba([given["X"]])[0], expected["h"], rtol=case["rtol"])


@pytest.mark.parametrize("backend", ["compiled", "reference"])
def test_xor_is_learnt(known_answers, backend):
    given = known_answers["xor"]["inputs"]
    model = rn.Model.mlp(
        given["architecture"],
        activation="sigmoid",
        output="sigmoid",
        loss="squared_error",
        init=rn.Normal(1.0),
        dtype="float64",
        seed=1,
    )
    rn.train(
        model,
        given["X"],
        given["Y"],
        epochs=5000,
        batch_size=None,
        optimizer=rn.GradientDescent(2.0),
        backend=backend,
    )
    assert np.abs(model.predict(given["X"]) - given["Y"]).max() < 0.051


def test_softmax_loss(known_answers, core):
    case = known_answers["softmax_cross_entropy"]
    Z = np.log(np.array(case["inputs"]["yhat"]))[:, None]
    Y = np.array(case["inputs"]["y"], float)[:, None]
    cost, _ = core.categorical_cross_entropy(Z, Y)
    assert cost == pytest.approx(case["expected"]["loss"], rel=1e-14)


def test_softmax_loss_through_a_model(known_answers):
    case = known_answers["softmax_cross_entropy"]
    model = rn.Model.mlp([1, 4], dtype="float64", classes=[0, 1, 2, 3])
    model.parameters[:] = 0
    model.biases[0] = np.log(np.array(case["inputs"]["yhat"]))[:, None]
    label = int(np.argmax(case["inputs"]["y"]))
    assert model.evaluate([[0.0]], [label]).cost == pytest.approx(case["expected"]["loss"], rel=1e-14)


@pytest.mark.parametrize(
    ("n", "which"), [(100, 0), (10_000, 0), (1_000_000, 0), (1_000_001, 1), (5_000_000, 1)]
)
def test_split_rule(known_answers, n, which):
    case = known_answers["split"]["cases"][which]
    sizes = rn.data.split_sizes(n)
    assert sum(sizes) == n
    np.testing.assert_allclose(np.array(sizes) / n, case["fractions"], atol=1 / n)
    if "alternative" in case:
        np.testing.assert_allclose(
            np.array(rn.data.split_sizes(n, case["alternative"])) / n, case["alternative"], atol=1 / n
        )
