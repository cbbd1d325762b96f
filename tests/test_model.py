"""The model: its structure, its one vector of parameters, and its predictions."""

import pickle
import re

import numpy as np
import pytest

import regnet as rn

BINARY, CATEGORICAL, SQUARED = "binary_cross_entropy", "categorical_cross_entropy", "squared_error"
RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3))


def random_model(output, n_outputs, dtype="float64", **options):
    """A 3-4-n_outputs net, biases not 0."""
    model = rn.Model.mlp([3, 4, n_outputs], activation="tanh", output=output, dtype=dtype, seed=2, **options)
    model.parameters[:] = np.random.default_rng(1).normal(size=model.parameters.size)
    return model


def logits(model, X):
    """Forward pass of a `random_model` in plain NumPy, (n_samples, n_outputs)."""
    (W1, W2), (b1, b2) = model.weights, model.biases
    return (W2 @ np.tanh(W1 @ X.T + b1) + b2).T


# ------------------------------------------------------------------------------ structure


def test_structure():
    layers = [
        rn.Input(5, keep_prob=0.8),
        rn.Dense(4, "relu", keep_prob=0.5),
        rn.Dense(3, "tanh"),
        rn.Dense(2, "softmax"),
    ]
    model = rn.Model(layers, seed=7)
    assert model.layers == tuple(layers)
    assert model.sizes == (5, 4, 3, 2)
    assert model.activations == ("relu", "tanh", "softmax")
    assert model.keep_prob == (0.8, 0.5, 1.0)
    assert model.loss == CATEGORICAL
    assert model.dtype == np.float32
    assert model.seed == 7
    assert model.classes is None
    assert model.training_state is None


@pytest.mark.parametrize(
    ("output", "units", "loss"),
    [
        ("sigmoid", 1, BINARY),
        ("sigmoid", 3, BINARY),
        ("softmax", 3, CATEGORICAL),
        ("identity", 1, SQUARED),
        ("tanh", 2, SQUARED),
        ("relu", 1, SQUARED),
    ],
)
def test_output_implies_the_loss(output, units, loss):
    assert rn.Model([rn.Input(2), rn.Dense(units, output)]).loss == loss


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "tanh"])
def test_squared_error_takes_any_output(output):
    assert rn.Model([rn.Input(2), rn.Dense(2, output)], loss=SQUARED).loss == SQUARED


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float32", np.float32),
        ("float64", np.float64),
        (np.float32, np.float32),
        (np.dtype("float64"), np.float64),
        (">f4", np.float32),
    ],
)
def test_dtypes(dtype, expected):
    model = rn.Model.mlp([2, 1], dtype=dtype)
    assert model.dtype == model.parameters.dtype == expected
    assert model.parameters.dtype.isnative


INPUT, HIDDEN, OUTPUT = rn.Input(2), rn.Dense(3, "relu"), rn.Dense(1, "sigmoid")
TWO = [INPUT, OUTPUT]
WRONG = {
    "no layers": (lambda: rn.Model([]), ValueError, "layers is [], wanted Input(...) and then at least one"),
    "input alone": (
        lambda: rn.Model([INPUT]),
        ValueError,
        "wanted Input(...) and then at least one Dense(...)",
    ),
    "no input": (
        lambda: rn.Model([HIDDEN, OUTPUT]),
        ValueError,
        "wanted Input(...) and then at least one Dense",
    ),
    "one layer, no list": (lambda: rn.Model(INPUT), (TypeError, ValueError), "layers is Input(units=2"),
    "second input": (lambda: rn.Model([INPUT, INPUT, OUTPUT]), TypeError, "layers[1] is Input(units=2"),
    "no layer": (lambda: rn.Model([INPUT, HIDDEN, 1]), TypeError, "layers[2] is 1, wanted Dense(...)"),
    "a name": (lambda: rn.Model([INPUT, "relu"]), TypeError, "layers[1] is 'relu', wanted Dense(...)"),
    "dropped outputs": (
        lambda: rn.Model([INPUT, rn.Dense(1, "sigmoid", keep_prob=0.5)]),
        ValueError,
        "keep_prob of the output layer is 0.5, wanted 1: outputs are not dropped",
    ),
    "softmax over one": (
        lambda: rn.Model([INPUT, rn.Dense(1, "softmax")]),
        ValueError,
        "the softmax output has 1 unit, wanted at least 2 (or sigmoid for two classes)",
    ),
    "binary and softmax": (
        lambda: rn.Model([INPUT, rn.Dense(2, "softmax")], loss=BINARY),
        ValueError,
        "loss is 'binary_cross_entropy' and the output activation 'softmax', wanted 'sigmoid'",
    ),
    "categorical and sigmoid": (
        lambda: rn.Model(TWO, loss=CATEGORICAL),
        ValueError,
        "loss is 'categorical_cross_entropy' and the output activation 'sigmoid', wanted 'softmax'",
    ),
    "binary and identity": (
        lambda: rn.Model([INPUT, rn.Dense(1)], loss=BINARY),
        ValueError,
        "loss is 'binary_cross_entropy' and the output activation 'identity', wanted 'sigmoid'",
    ),
    "unknown loss": (
        lambda: rn.Model(TWO, loss="mse"),
        ValueError,
        "loss is 'mse', wanted one of 'binary_cross_entropy', 'categorical_cross_entropy', 'squared_error'",
    ),
    "half precision": (
        lambda: rn.Model(TWO, dtype="float16"),
        ValueError,
        "dtype is 'float16', wanted one of",
    ),
    "whole numbers": (lambda: rn.Model(TWO, dtype=int), ValueError, "dtype is 'int"),
    "no dtype": (lambda: rn.Model(TWO, dtype="single!"), ValueError, "dtype is 'single!', wanted one of"),
    "dtype None": (
        lambda: rn.Model(TWO, dtype=None),
        (TypeError, ValueError),
        "dtype is None, wanted one of",
    ),
    "negative seed": (lambda: rn.Model(TWO, seed=-1), ValueError, "seed is -1, wanted a whole number from 0"),
    "seed None": (lambda: rn.Model(TWO, seed=None), TypeError, "seed is None, wanted a whole number from 0"),
    "too few classes": (
        lambda: rn.Model(TWO, classes=["a"]),
        ValueError,
        "classes has 1 different labels, wanted 2 as the model's output",
    ),
    "equal classes": (
        lambda: rn.Model(TWO, classes=["a", "a"]),
        ValueError,
        "classes has 1 different labels",
    ),
    "too many classes": (
        lambda: rn.Model([INPUT, rn.Dense(3, "softmax")], classes=[1, 2, 3, 4]),
        ValueError,
        "classes has 4 different labels, wanted 3 as the model's output",
    ),
    "classes of numbers": (
        lambda: rn.Model([INPUT, rn.Dense(1)], classes=[0, 1]),
        ValueError,
        "classes is given but the loss is 'squared_error', wanted a cross-entropy",
    ),
    "classes of two types": (
        lambda: rn.Model(TWO, classes=np.array(["a", 1], object)),
        (TypeError, ValueError),
        "classes mixes labels that cannot be sorted",
    ),
    "no units": (lambda: rn.Dense(0), ValueError, "units is 0, wanted a whole number >= 1"),
    "half a unit": (lambda: rn.Dense(2.5), TypeError, "units is 2.5, wanted a whole number >= 1"),
    "no features": (lambda: rn.Input(0), ValueError, "units is 0, wanted a whole number >= 1"),
    "unknown activation": (
        lambda: rn.Dense(2, "swish"),
        ValueError,
        "activation is 'swish', wanted one of 'identity', 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'softmax'",
    ),
    "all dropped": (
        lambda: rn.Dense(2, keep_prob=0),
        ValueError,
        "keep_prob is 0, wanted 0 < keep_prob <= 1",
    ),
    "more than all kept": (
        lambda: rn.Input(2, 1.1),
        ValueError,
        "keep_prob is 1.1, wanted 0 < keep_prob <= 1",
    ),
    "keep_prob None": (lambda: rn.Input(2, None), TypeError, "keep_prob is None, wanted 0 < keep_prob <= 1"),
    "mlp of one size": (
        lambda: rn.Model.mlp([2]),
        ValueError,
        "sizes is [2], wanted at least the inputs and the outputs",
    ),
    "mlp keep_prob": (
        lambda: rn.Model.mlp([2, 3, 1], keep_prob=[0.5, 0.5, 0.5]),
        ValueError,
        "keep_prob has 3 entries, wanted 2, one per layer but the last",
    ),
    "mlp softmax over one": (
        lambda: rn.Model.mlp([2, 1], output="softmax"),
        ValueError,
        "the softmax output has 1 unit",
    ),
}


@pytest.mark.parametrize(("make", "error", "message"), WRONG.values(), ids=WRONG)
def test_wrong_structure_is_named(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


def test_mlp_defaults():
    model = rn.Model.mlp([2, 20, 3, 1])
    assert model.layers == (
        rn.Input(2),
        rn.Dense(20, "relu"),
        rn.Dense(3, "relu"),
        rn.Dense(1, "sigmoid"),
    )
    assert (model.dtype, model.seed, model.loss) == (np.float32, 0, BINARY)
    assert rn.Model.mlp([2, 5]).activations == ("softmax",)


def test_mlp_passes_everything_on():
    model = rn.Model.mlp(
        [2, 20, 3, 2],
        activation="tanh",
        output="sigmoid",
        init="xavier",
        keep_prob=[0.9, 0.8, 0.7],
        dtype="float64",
        seed=4,
        loss=SQUARED,
    )
    assert model.layers == (
        rn.Input(2, 0.9),
        rn.Dense(20, "tanh", 0.8, "xavier"),
        rn.Dense(3, "tanh", 0.7, "xavier"),
        rn.Dense(2, "sigmoid", 1.0, "xavier"),
    )
    assert (model.dtype, model.seed, model.loss) == (np.float64, 4, SQUARED)


def test_one_keep_prob_is_for_the_hidden_layers():
    assert rn.Model.mlp([2, 20, 3, 1], keep_prob=0.86).keep_prob == (1.0, 0.86, 0.86)
    assert rn.Model.mlp([2, 1], keep_prob=0.86).keep_prob == (1.0,)


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (
            rn.Model.mlp([2, 20, 3, 1]),
            "Model(2-20-3-1, relu-relu-sigmoid, " + BINARY + ", float32, 127 parameters)",
        ),
        (
            rn.Model.mlp([4, 3], output="identity", dtype="float64"),
            "Model(4-3, identity, squared_error, float64, 15 parameters)",
        ),
    ],
)
def test_repr(model, text):
    assert repr(model) == text


# ------------------------------------------------------------------------------ parameters


def test_parameters_are_weights_and_biases_layer_by_layer():
    model = rn.Model.mlp([3, 4, 2], dtype="float64")
    model.parameters[:] = np.arange(26)
    np.testing.assert_array_equal(model.weights[0], np.arange(12).reshape(4, 3))
    np.testing.assert_array_equal(model.biases[0], np.arange(12, 16).reshape(4, 1))
    np.testing.assert_array_equal(model.weights[1], np.arange(16, 24).reshape(2, 4))
    np.testing.assert_array_equal(model.biases[1], np.arange(24, 26).reshape(2, 1))


def test_the_same_seed_gives_the_same_weights_and_another_others():
    first, again, other = (rn.Model.mlp([3, 4, 2], seed=seed).parameters for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first[:12] != other[:12]).all()


def test_writing_into_a_view_changes_the_prediction():
    model = random_model("identity", 1)
    before = model.predict(X)
    model.biases[-1][...] += 5
    np.testing.assert_allclose(model.predict(X), before + 5, rtol=1e-12)
    model.weights[-1][...] *= 0
    np.testing.assert_allclose(model.predict(X), np.full(12, model.biases[-1][0, 0]))


def test_assigning_an_entry_copies_into_the_view():
    model = random_model("identity", 1)
    view, W = model.weights[1], np.ones((1, 4))
    model.weights[1] = W
    np.testing.assert_array_equal(view, W)
    W[:] = 9
    np.testing.assert_array_equal(model.weights[1], np.ones((1, 4)))
    model.biases[-1] = [[7]]
    assert model.parameters[-1] == 7
    model.weights[0] = np.arange(12).reshape(4, 3).tolist()
    np.testing.assert_array_equal(model.parameters[:12], np.arange(12))


@pytest.mark.parametrize(
    ("entry", "value", "message"),
    [
        (0, np.ones((3, 4)), "entry 0 has shape (4, 3), got an array of shape (3, 4)"),
        (1, 1.0, "entry 1 has shape (1, 4), got an array of shape ()"),
        (-1, np.ones(4), "entry -1 has shape (1, 4), got an array of shape (4,)"),
    ],
)
def test_assigning_another_shape_is_an_error_that_changes_nothing(entry, value, message):
    model = random_model("identity", 1)
    before = model.parameters.copy()
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        model.weights[entry] = value
    np.testing.assert_array_equal(model.parameters, before)


def test_assigning_all_entries_copies_into_all_views():
    model = random_model("identity", 1)
    model.weights[:] = [np.full((4, 3), 2.0), np.full((1, 4), 3.0)]
    np.testing.assert_array_equal(model.parameters[:12], np.full(12, 2.0))
    np.testing.assert_array_equal(model.parameters[16:20], np.full(4, 3.0))


def test_initialize_goes_back_to_the_start_in_place():
    model = rn.Model.mlp([3, 4, 1], seed=5)
    start, view = model.parameters.copy(), model.weights[0]
    model.parameters[:] = 9
    model.initialize()
    np.testing.assert_array_equal(model.parameters, start)
    assert np.shares_memory(view, model.parameters)


COPIES = {
    "new": lambda model: model,
    "copy": lambda model: model.copy(),
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "copy of a pickle": lambda model: pickle.loads(pickle.dumps(model)).copy(),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_parameters_start_on_a_64_byte_border(make, dtype):
    models = [make(rn.Model.mlp([2, n, 1], dtype=dtype)) for n in range(1, 30)]
    assert [model.parameters.ctypes.data % 64 for model in models] == [0] * 29


@pytest.mark.parametrize("make", [COPIES["copy"], COPIES["pickle"]], ids=["copy", "pickle"])
def test_a_copy_is_equal_and_independent(make):
    model = random_model("softmax", 3, classes=["a", "b", "c"])
    rn.train(model, X, ["a", "b", "c"] * 4, epochs=2)
    copied = make(model)
    assert repr(copied) == repr(model)
    assert copied.layers == model.layers
    np.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(copied.classes, model.classes)
    np.testing.assert_array_equal(copied.training_state.moments, model.training_state.moments)
    before = model.parameters.copy()
    copied.weights[0][...] = 0  # the copy's views are views of the copy
    assert not copied.parameters[:12].any()
    copied.training_state.moments[...] = 0
    np.testing.assert_array_equal(model.parameters, before)
    assert model.training_state.moments.any()


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
