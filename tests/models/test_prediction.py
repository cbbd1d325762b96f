"""What a model predicts, and its evaluation."""

import re

import numpy as np
import pytest

import regnet as rn
from models.small import X, random_model
from regnet import Loss
from regnet.models.metrics import r2


def logits(model, X):
    """Forward pass of a `random_model` in plain NumPy, (n_samples, n_outputs)."""
    (W1, W2), (b1, b2) = model.weights, model.biases
    return (W2 @ np.tanh(W1 @ X.T + b1) + b2).T


# ------------------------------------------------------------------------------ prediction


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("output", "n"), [("sigmoid", 1), ("sigmoid", 3), ("softmax", 3), ("identity", 2)])
def test_dtype_in_is_dtype_out(output, n, dtype):
    model = random_model(output, n, dtype)
    out = model.predict(X) if output == "identity" else model.predict_proba(X)
    assert out.dtype == dtype


def test_one_sigmoid_gives_two_columns():
    model = random_model("sigmoid", 1)
    p = 1 / (1 + np.exp(-logits(model, X)[:, 0]))
    found = model.predict_proba(X)
    assert found.shape == (12, 2)
    np.testing.assert_allclose(found, np.column_stack([1 - p, p]), rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), (p > 0.5).astype(int))
    assert model.predict(X).dtype == np.int64


def test_softmax_gives_one_column_per_class_and_the_largest_is_predicted():
    model = random_model("softmax", 3)
    e = np.exp(logits(model, X))
    found = model.predict_proba(X)
    np.testing.assert_allclose(found, e / e.sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), e.argmax(axis=1))


def test_several_sigmoids_are_predicted_one_by_one():
    model = random_model("sigmoid", 3)
    p = 1 / (1 + np.exp(-logits(model, X)))
    np.testing.assert_allclose(model.predict_proba(X), p, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), (p > 0.5).astype(int))
    assert model.predict(X).shape == (12, 3)


@pytest.mark.parametrize(("n", "shape"), [(1, (12,)), (2, (12, 2))])
def test_regression_shapes(n, shape):
    model = random_model("identity", n)
    found = model.predict(X)
    assert found.shape == shape
    np.testing.assert_allclose(found.reshape(12, n), logits(model, X), rtol=1e-12)


def test_regression_applies_the_output_activation():
    model = random_model("tanh", 2)
    np.testing.assert_allclose(model.predict(X), np.tanh(logits(model, X)), rtol=1e-11)


@pytest.mark.parametrize(
    ("output", "classes"),
    [
        ("sigmoid", ["yes", "no"]),
        ("sigmoid", [False, True]),
        ("sigmoid", [10, -3]),
        ("sigmoid", np.array([1.5, 0.5], "float32")),
        ("softmax", ["b", "c", "a"]),
        ("softmax", np.array(["b", "c", "a"], object)),
        ("softmax", np.array([3, 1, 2], "uint8")),
    ],
)
def test_labels_come_back_in_their_own_dtype(output, classes):
    model = random_model(output, 1 if output == "sigmoid" else 3, classes=classes)
    np.testing.assert_array_equal(model.classes, np.sort(classes))
    found = model.predict(X)
    assert found.dtype == np.asarray(classes).dtype
    np.testing.assert_array_equal(found, np.sort(classes)[model.predict_proba(X).argmax(axis=1)])


def test_training_learns_the_classes():
    model = random_model("sigmoid", 1)
    rn.train(model, X, ["no", "yes"] * 6, epochs=1)
    assert model.classes.tolist() == ["no", "yes"]
    assert set(model.predict(X)) <= {"no", "yes"}


def test_prediction_has_no_dropout():
    plain = random_model("sigmoid", 1)
    dropped = random_model("sigmoid", 1, keep_prob=[0.5, 0.5])
    np.testing.assert_array_equal(plain.predict_proba(X), dropped.predict_proba(X))


@pytest.mark.parametrize("n", [1, 2, 255, 256, 257, 1000])
def test_a_row_s_prediction_does_not_depend_on_its_neighbours(n):
    model, many = random_model("softmax", 3), np.random.default_rng(3).normal(size=(n, 3))
    together = model.predict_proba(many)
    alone = np.vstack([model.predict_proba(row[None]) for row in many[:: max(1, n // 20)]])
    np.testing.assert_allclose(together[:: max(1, n // 20)], alone, rtol=1e-13)


@pytest.mark.parametrize(
    "given",
    [X.tolist(), np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X.astype("float32"), X.astype(">f8")],
    ids=["list", "Fortran", "strided", "float32", "big-endian"],
)
def test_any_layout_is_predicted(given):
    model = random_model("identity", 1)
    np.testing.assert_allclose(model.predict(given), model.predict(X), rtol=1e-5)


def test_read_only_inputs_are_predicted_and_nothing_is_written():
    given = X.copy()
    given.flags.writeable = False
    random_model("identity", 1).predict(given)
    np.testing.assert_array_equal(given, X)


@pytest.mark.parametrize("scale", [1e3, 1e6])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("output", "n"), [("sigmoid", 1), ("softmax", 3)])
def test_huge_logits_give_finite_probabilities(output, n, dtype, scale):
    model = random_model(output, n, dtype)
    model.weights[-1][...] *= scale
    found = model.predict_proba(X)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    assert np.isfinite(model.evaluate(X, np.arange(12) % (2 if n == 1 else n)).cost)


def test_predict_proba_wants_a_classifier():
    message = "predict_proba wants a model with a cross-entropy; this one predicts numbers"
    with pytest.raises(ValueError, match=re.escape(message)):
        random_model("identity", 1).predict_proba(X)


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (X[:, :2], ValueError, "X has 2 features, wanted 3 as the model's input"),
        (X[0], ValueError, "X has shape (3,), wanted (n_samples, 3)"),
        (X[:0], ValueError, "X is empty: shape (0, 3)"),
        (X * np.nan, ValueError, "X is nan at row 0, column 0"),
        ([["a", "b", "c"]], TypeError, "X has dtype <U1, wanted numbers"),
    ],
)
def test_wrong_inputs_are_named(method, given, error, message):
    with pytest.raises(error, match=re.escape(message)):
        getattr(random_model("sigmoid", 1), method)(given)


# ------------------------------------------------------------------------------ evaluate

WEIGHTS = {"equal": None, "unequal": [0.0, 1, 2, 3, 0.5, 1, 1, 0, 4, 1, 2, 0.25]}


def weighted_mean(values, weight):
    """Mean over the examples."""
    return float(np.average(values, weights=weight))


@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
def test_evaluate_one_sigmoid(weight):
    model, y = random_model("sigmoid", 1), np.arange(12) % 3 // 2
    p = 1 / (1 + np.exp(-logits(model, X)[:, 0]))
    loss = -y * np.log(p) - (1 - y) * np.log(1 - p)
    found = model.evaluate(X, np.array(["no", "yes"])[y], weight)
    assert found.cost == pytest.approx(weighted_mean(loss, weight), rel=1e-12)
    assert found.score == pytest.approx(weighted_mean((p > 0.5) == y, weight), rel=1e-12)
    assert found.metric == "accuracy"
    assert 0 < found.score < 1


@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("kind", ["labels", "one-hot", "probabilities"])
def test_evaluate_softmax(kind, weight):
    model, labels = random_model("softmax", 3), np.arange(12) % 3
    p = np.exp(logits(model, X))
    p /= p.sum(axis=1, keepdims=True)
    Y = np.eye(3)[labels]
    if kind == "probabilities":
        Y = 0.8 * Y + 0.2 / 3
    found = model.evaluate(X, labels if kind == "labels" else Y, weight)
    assert found.cost == pytest.approx(weighted_mean(-(Y * np.log(p)).sum(axis=1), weight), rel=1e-12)
    assert found.score == pytest.approx(weighted_mean(p.argmax(axis=1) == labels, weight), rel=1e-12)
    assert found.metric == "accuracy"
    assert 0 < found.score < 1


@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
def test_evaluate_several_sigmoids(weight):
    model, Y = random_model("sigmoid", 3), np.random.default_rng(4).integers(0, 2, (12, 3))
    p = 1 / (1 + np.exp(-logits(model, X)))
    loss = (-Y * np.log(p) - (1 - Y) * np.log(1 - p)).sum(axis=1)
    found = model.evaluate(X, Y, weight)
    assert found.cost == pytest.approx(weighted_mean(loss, weight), rel=1e-12)
    right = ((p > 0.5) == Y).mean(axis=1)  # share of an example's outputs that are right
    assert found.score == pytest.approx(weighted_mean(right, weight), rel=1e-12)
    assert found.metric == "accuracy"


@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("n", [1, 2])
def test_evaluate_squared_error(n, weight):
    model, Y = random_model("identity", n), np.random.default_rng(5).normal(size=(12, n))
    A = logits(model, X)
    found = model.evaluate(X, Y, weight)
    assert found.cost == pytest.approx(weighted_mean(((A - Y) ** 2).sum(axis=1) / 2, weight), rel=1e-12)
    w = np.ones((12, 1)) if weight is None else np.array(weight)[:, None]
    mean = (w * Y).sum(axis=0) / w.sum()
    r2 = 1 - (w * (Y - A) ** 2).sum(axis=0) / (w * (Y - mean) ** 2).sum(axis=0)
    assert found.score == pytest.approx(r2.mean(), rel=1e-12)
    assert found.metric == "r2"


def constant_model(value):
    """A model that predicts one number."""
    model = rn.Model.mlp([1, 1], output="identity", dtype="float64", init="zeros")
    model.biases[0] = [[value]]
    return model


@pytest.mark.parametrize(
    ("prediction", "y", "score"),
    [
        (2.0, [1.0, 3.0], 0.0),  # the mean explains nothing
        (3.0, [1.0, 3.0], 1 - 4 / 2),  # worse than the mean
        (5.0, [5.0, 5.0], 1.0),  # nothing to explain, and met
        (4.0, [5.0, 5.0], 0.0),  # nothing to explain, and missed
    ],
)
def test_r2_as_scikit_learn_has_it(prediction, y, score):
    assert constant_model(prediction).evaluate([[0.0], [0.0]], y).score == pytest.approx(score)


@pytest.mark.parametrize("exponent", [-1000, -560, 530, 1000])
def test_r2_of_targets_far_from_1(exponent):
    # R^2 has no scale: a power of two, which changes no digit, must not change it
    rng = np.random.default_rng(0)
    Y, A, weight = rng.normal(size=(2, 30)), rng.normal(size=(2, 30)), rng.uniform(size=30)
    with np.errstate(all="raise"):
        found = r2(np.ldexp(Y, exponent), np.ldexp(A, exponent), weight, Loss("squared_error"))
    assert found == r2(Y, A, weight, Loss("squared_error"))


def test_r2_of_outputs_without_bounds_is_minus_infinity():
    with np.errstate(all="raise"):
        found = r2(np.array([[1.0, 2.0]]), np.array([[1e200, 1.0]]), np.ones(2), Loss("squared_error"))
    assert found == -np.inf


def test_a_weight_of_0_leaves_an_example_out():
    model, y = random_model("sigmoid", 1), np.arange(12) % 2
    weight = np.arange(12) < 7
    part, whole = model.evaluate(X[:7], y[:7]), model.evaluate(X, y, weight)
    assert whole.cost == pytest.approx(part.cost, rel=1e-12)
    assert whole.score == pytest.approx(part.score, rel=1e-12)


def test_float32_evaluates_like_float64():
    y = np.arange(12) % 3
    low, high = (
        random_model("softmax", 3, dtype).evaluate(X, y, WEIGHTS["unequal"]) for dtype in ("f4", "f8")
    )
    assert low.cost == pytest.approx(high.cost, rel=1e-5)
    assert low.score == pytest.approx(high.score, rel=1e-6)


def test_evaluate_changes_nothing():
    model = random_model("sigmoid", 1)
    before = model.parameters.copy()
    model.evaluate(X, ["a", "b"] * 6)
    assert model.classes is None
    np.testing.assert_array_equal(model.parameters, before)


@pytest.mark.parametrize(
    ("y", "weight", "message"),
    [
        ([0, 1], None, "y has shape (2,) and X has 12 rows, wanted one target per row"),
        ([0, 1, 2] * 4, None, "y has 3 classes, wanted 2 as the model's output"),
        ([0, 1] * 6, [1.0], "sample_weight has shape (1,), wanted (12,) as X has 12 rows"),
        ([0, 1] * 6, [-1.0] * 12, "sample_weight has a negative value or is all zero"),
    ],
)
def test_evaluate_names_wrong_targets_and_weights(y, weight, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        random_model("sigmoid", 1).evaluate(X, y, weight)


def test_evaluate_names_an_unknown_label():
    model = random_model("sigmoid", 1, classes=["no", "yes"])
    with pytest.raises(ValueError, match=r"y has the label .*'perhaps'.*, wanted one of 'no', 'yes'"):
        model.evaluate(X, ["perhaps"] * 12)


def test_arrays_from_odd_addresses_are_copied():
    """As a memory map has them that begins behind a header of an odd length."""
    model = rn.Model.mlp([3, 5, 2], seed=1)
    X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    memory = np.zeros(X.nbytes + 1, np.uint8)
    crooked = memory[1:].view(np.float32).reshape(X.shape)
    crooked[...] = X
    assert not crooked.flags.aligned
    np.testing.assert_array_equal(model.predict_proba(crooked), model.predict_proba(X))
    other, y = model.copy(), np.arange(40) % 2
    rn.train(model, X, y, epochs=2)
    rn.train(other, crooked, y, epochs=2)
    np.testing.assert_array_equal(model.parameters, other.parameters)
