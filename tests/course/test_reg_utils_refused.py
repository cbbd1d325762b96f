"""The regularization notebook: what its functions refuse, by name."""

import re

import numpy as np
import pytest

from regnet.course import reg_utils

from .nets import small_net

CACHE = ("Z1", "A1", "W1", "b1", "Z2", "A2", "W2", "b2", "Z3", "A3", "W3", "b3")


def drop(parameters, key):
    return {k: v for k, v in parameters.items() if k != key}


def test_a_missing_parameter_is_named():
    X, _, parameters = small_net()
    message = "parameters has no 'b2', only W1, b1, W2, W3, b3"
    for call in (reg_utils.forward_propagation, reg_utils.forward_propagation_with_dropout):
        with pytest.raises(ValueError, match=re.escape(message)):
            call(X, drop(parameters, "b2"))
    with pytest.raises(ValueError, match="parameters has no 'W2', only"):
        reg_utils.compute_cost_with_regularization([[0.5]], [[1]], drop(parameters, "W2"), 0.1)
    with pytest.raises(ValueError, match="parameters has no 'W1', only nothing"):
        reg_utils.forward_propagation(X, {})
    with pytest.raises(TypeError, match="parameters is a list, wanted a dictionary"):
        reg_utils.forward_propagation(X, [1, 2])


SHAPES = [
    ({"X": (3, 3)}, "W1 has shape (2, 2) and X has shape (3, 3), wanted as many columns of W1 as rows of X"),
    (
        {"W2": (2, 3)},
        "W2 has shape (2, 3) and W1 has shape (2, 2), wanted as many columns of W2 as rows of W1",
    ),
    ({"b3": (1, 3)}, "b3 has shape (1, 3) and W3 has shape (1, 2), wanted b3 of shape (1, 1)"),
    ({"X": (2,)}, "X has shape (2,), wanted two dimensions"),
    ({"W1": (2, 2, 1)}, "parameters['W1'] has shape (2, 2, 1), wanted two dimensions"),
]


@pytest.mark.parametrize(("shapes", "message"), SHAPES)
def test_wrong_shapes_forward(shapes, message):
    X, _, parameters = small_net()
    given_ = {"X": X} | parameters | {key: np.ones(shape) for key, shape in shapes.items()}
    X = given_.pop("X")
    for call in (reg_utils.forward_propagation, reg_utils.forward_propagation_with_dropout):
        with pytest.raises(ValueError, match=re.escape(message)):
            call(X, given_)


@pytest.mark.parametrize(
    ("what", "shape", "message"),
    [
        ("Y", (1, 4), "X has shape (2, 3) and Y has shape (1, 4), wanted as many columns in both"),
        ("Y", (2, 3), "A3 has shape (1, 3) and Y has shape (2, 3), wanted the same"),
        (
            "X",
            (5, 3),
            "W1 has shape (2, 2) and X has shape (5, 3), wanted as many columns of W1 as rows of X",
        ),
        ("A1", (2, 7), "A1 has shape (2, 7) and W1 has shape (2, 2), wanted A1 of shape (2, 3)"),
        (
            "W3",
            (1, 5),
            "W3 has shape (1, 5) and A2 has shape (2, 3), wanted as many columns of W3 as rows of A2",
        ),
    ],
)
def test_wrong_shapes_backward(what, shape, message):
    X, Y, parameters = small_net()
    cache = dict(zip(CACHE, reg_utils.forward_propagation(X, parameters)[1], strict=True))
    given_ = {"X": X, "Y": Y} | cache | {what: np.ones(shape)}
    with pytest.raises(ValueError, match=re.escape(message)):
        reg_utils.backward_propagation(given_["X"], given_["Y"], tuple(given_[key] for key in CACHE))


def test_wrong_masks():
    X, Y, parameters = small_net()
    cache = list(reg_utils.forward_propagation_with_dropout(X, parameters, 0.5)[1])
    cache[1] = np.ones((2, 4))
    with pytest.raises(
        ValueError, match=re.escape("D1 has shape (2, 4) and A1 has shape (2, 3), wanted the same")
    ):
        reg_utils.backward_propagation_with_dropout(X, Y, tuple(cache), 0.5)


def test_wrong_caches():
    X, Y, parameters = small_net()
    _, cache = reg_utils.forward_propagation(X, parameters)
    with pytest.raises(ValueError, match="cache has 12 entries, wanted 14: Z1, D1, A1, W1, b1, Z2"):
        reg_utils.backward_propagation_with_dropout(X, Y, cache, 0.5)
    with pytest.raises(TypeError, match=r"cache is a dict, wanted a tuple \(Z1, A1, W1"):
        reg_utils.backward_propagation(X, Y, {})


def test_wrong_shapes_of_costs_updates_and_predictions():
    X, Y, parameters = small_net()
    with pytest.raises(
        ValueError, match=re.escape("a3 has shape (1, 2) and Y has shape (1, 3), wanted the same")
    ):
        reg_utils.compute_cost(np.ones((1, 2)), Y)
    with pytest.raises(ValueError, match=re.escape("a3 has shape (1, 0), wanted at least one column")):
        reg_utils.compute_cost(np.ones((1, 0)), np.ones((1, 0)))
    grads = {"d" + key: value for key, value in parameters.items()} | {"dW2": np.ones((2, 5))}
    message = "parameters['W2'] has shape (2, 2) and grads['dW2'] has shape (2, 5), wanted the same"
    with pytest.raises(ValueError, match=re.escape(message)):
        reg_utils.update_parameters(parameters, grads, 0.1)
    with pytest.raises(ValueError, match="grads has no 'db3', only"):
        reg_utils.update_parameters(parameters, drop(grads | {"dW2": np.ones((2, 2))}, "db3"), 0.1)
    message = "X has shape (2, 3) and y has shape (1, 2), wanted as many columns in both"
    with pytest.raises(ValueError, match=re.escape(message)):
        reg_utils.predict(X, np.ones((1, 2)), parameters)


def test_what_is_not_numbers():
    _, _, parameters = small_net()
    with pytest.raises(TypeError, match="X has dtype <U1, wanted numbers"):
        reg_utils.forward_propagation([["a", "b"]], parameters)
    with pytest.raises(TypeError, match=re.escape("parameters['W1'] has dtype object, wanted numbers")):
        reg_utils.forward_propagation(np.ones((2, 2)), parameters | {"W1": [[None]]})


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"Y": [[1, 0]]},
            ValueError,
            "X has shape (2, 3) and Y has shape (1, 2), wanted as many columns in both",
        ),
        (
            {"Y": np.ones((2, 3))},
            ValueError,
            "Y has shape (2, 3) and X has shape (2, 3), wanted Y of shape (1, 3)",
        ),
        ({"X": np.full((2, 3), np.nan)}, ValueError, "X has values that are not finite"),
        ({"learning_rate": 0}, ValueError, "learning_rate is 0, wanted a number > 0"),
        ({"num_iterations": -1}, ValueError, "num_iterations is -1, wanted a whole number >= 0"),
        ({"num_iterations": 1.5}, TypeError, "num_iterations is 1.5, wanted a whole number >= 0"),
        ({"lambd": -1}, ValueError, "lambd is -1, wanted a number >= 0"),
        ({"keep_prob": 0}, ValueError, "keep_prob is 0, wanted 0 < keep_prob <= 1"),
        (
            {"lambd": 0.7, "keep_prob": 0.86},
            ValueError,
            "lambd is 0.7 and keep_prob is 0.86, wanted lambd 0 or",
        ),
    ],
)
def test_wrong_arguments_of_model(change, error, message):
    X, Y, _ = small_net()
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    with pytest.raises(error, match=re.escape(message)):
        reg_utils.model(**({"X": X, "Y": Y} | change))
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ([2, 0], ValueError, "layer_dims[1] is 0, wanted a whole number >= 1"),
        ([2], ValueError, "layer_dims is [2], wanted at least the inputs and one layer"),
        (3, TypeError, "layer_dims is 3, wanted a list of layer sizes"),
    ],
)
def test_wrong_layer_sizes(sizes, error, message):
    with pytest.raises(error, match=re.escape(message)):
        reg_utils.initialize_parameters(sizes)


def test_a_missing_file_is_named():
    pytest.importorskip("scipy")
    with pytest.raises(FileNotFoundError, match=re.escape("there is no file 'datasets/data.mat'")):
        reg_utils.load_2D_dataset()
