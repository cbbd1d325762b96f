"""The model: its structure and its one vector of parameters."""

import pickle
import re

import numpy as np
import pytest

import regnet as rn
from cregnet.spec import ACTIVATIONS, LOSSES
from models.small import X, random_model

BINARY, CATEGORICAL, SQUARED = "binary_cross_entropy", "categorical_cross_entropy", "squared_error"

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
        f"loss is 'mse', wanted one of {', '.join(map(repr, LOSSES))}",
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
        f"activation is 'swish', wanted one of {', '.join(map(repr, ACTIVATIONS))}",
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
