"""The deep network notebooks: each step over random shapes, the training against its own loop."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import regnet as rn
from regnet.course import dnn_utils

from . import transcription
from .nets import assert_close, assert_same, nets, next_draws, untouched

depths = st.integers(1, 4).flatmap(lambda n: nets(n_layers=n))


@given(depths)
def test_forward_and_backward(net):
    X, Y, parameters = net
    n_layers = len(parameters) // 2
    with untouched(X, Y, parameters):
        AL, caches = dnn_utils.L_model_forward(X, parameters)
        grads = dnn_utils.L_model_backward(AL, Y, caches)
        cost = dnn_utils.compute_cost(AL, Y)
    Zs, As = transcription.forward(X, parameters)
    assert len(caches) == n_layers
    for l, ((A_prev, W, b), Z) in enumerate(caches):
        assert_close(A_prev, As[l - 1] if l else X)
        assert_same((W, b), (parameters[f"W{l + 1}"], parameters[f"b{l + 1}"]))
        assert_close(Z, Zs[l])
    assert_close(AL, As[-1])
    assert cost == pytest.approx(transcription.cost(AL, Y), rel=1e-12)
    expected = transcription.backward(X, Y, parameters, As)
    for l in range(1, n_layers + 1):
        for key in (f"dW{l}", f"db{l}"):
            assert_close(grads[key], expected[key], rtol=1e-8)
    for l in range(1, n_layers):
        assert_close(grads[f"dA{l}"], expected[f"dA{l}"], rtol=1e-8)
    assert_close(grads["dA0"], parameters["W1"].T @ expected["dZ1"], rtol=1e-8)
    assert len(grads) == 3 * n_layers


@given(nets(n_layers=1), st.sampled_from(["sigmoid", "relu"]), st.integers(0, 1000))
def test_one_layer(net, activation, seed):
    A_prev, _, parameters = net
    W, b = parameters["W1"], parameters["b1"]
    with untouched(A_prev, W, b):
        A, cache = dnn_utils.linear_activation_forward(A_prev, W, b, activation)
        Z, linear_cache = dnn_utils.linear_forward(A_prev, W, b)
    assert_close(Z, np.einsum("ik,kj->ij", W, A_prev) + b)
    assert_same(cache, (linear_cache, Z))
    assert_same(linear_cache, (A_prev, W, b))
    assert_close(A, 1 / (1 + np.exp(-Z)) if activation == "sigmoid" else Z * (Z > 0))
    dA = np.random.default_rng(seed).normal(size=A.shape)
    with untouched(dA, cache):
        dA_prev, dW, db = dnn_utils.linear_activation_backward(dA, cache, activation)
    dZ = dA * A * (1 - A) if activation == "sigmoid" else dA * (Z > 0)
    m = A_prev.shape[1]
    assert_close(dA_prev, np.einsum("ik,ij->kj", W, dZ))
    assert_close(dW, np.einsum("ij,kj->ik", dZ, A_prev) / m)
    assert_close(db, dZ.sum(axis=1, keepdims=True) / m)
    assert_same(dnn_utils.linear_backward(dZ, linear_cache)[1].shape, W.shape)


# ------------------------------------------------------------------------------ recorded answers


def test_forward_of_one_neuron(known_answers):
    case = known_answers["forward_one_neuron"]
    given_, expected = case["inputs"], case["expected"]
    x, w, b = np.array(given_["x"])[:, None], np.array([given_["w"]]), np.array([[given_["b"]]])
    A, (_, Z) = dnn_utils.linear_activation_forward(x, w, b, "sigmoid")
    assert Z[0, 0] == pytest.approx(expected["z"], abs=1e-12)
    assert A[0, 0] == pytest.approx(expected["sigmoid"], abs=case["atol"])


def test_forward_of_two_layers(known_answers):
    case = known_answers["two_layer_forward"]
    given_, A = case["inputs"], np.array(case["inputs"]["X"])[:, None]
    for l, name in ((1, "h"), (2, "y")):
        W, b = np.array(given_[f"W{l}"]), np.array(given_[f"b{l}"])[:, None]
        A, _ = dnn_utils.linear_activation_forward(A, W, b, "sigmoid")
        np.testing.assert_allclose(A[:, 0], case["expected"][name], rtol=case["rtol"])


def test_xor_is_learnt_step_by_step(known_answers):
    case = known_answers["xor"]["inputs"]
    X, Y = np.array(case["X"], float).T, np.array(case["Y"])[None]
    # half of all starts end in a local minimum of this net, from where nothing leads to XOR
    stream, sizes = np.random.RandomState(4), case["architecture"]
    parameters = {}
    for l, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True), start=1):
        parameters |= {f"W{l}": stream.randn(n_out, n_in), f"b{l}": np.zeros((n_out, 1))}

    def forward():
        A1, first = dnn_utils.linear_activation_forward(X, parameters["W1"], parameters["b1"], "sigmoid")
        A2, second = dnn_utils.linear_activation_forward(A1, parameters["W2"], parameters["b2"], "sigmoid")
        return A2, first, second

    for _ in range(3000):
        A2, first, second = forward()
        dA1, dW2, db2 = dnn_utils.linear_activation_backward(A2 - Y, second, "sigmoid")  # of (y - yhat)^2 / 2
        _, dW1, db1 = dnn_utils.linear_activation_backward(dA1, first, "sigmoid")
        grads = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
        parameters = dnn_utils.update_parameters(parameters, grads, 8.0)
    assert np.abs(forward()[0] - Y).max() < 0.051


# ------------------------------------------------------------------------------ steps


def test_activations_return_their_argument():
    Z = np.array([[-1.0, 0.0, 2.0]])
    for function in (dnn_utils.sigmoid, dnn_utils.relu):
        A, cache = function(Z)
        assert cache is Z
        assert A is not Z
    dA = np.array([[5.0, 6.0, 7.0]])
    with untouched(dA, Z):
        np.testing.assert_array_equal(dnn_utils.relu_backward(dA, Z), [[0, 0, 7]])
        s = 1 / (1 + np.exp(-Z))
        assert_close(dnn_utils.sigmoid_backward(dA, Z), dA * s * (1 - s))
    assert dnn_utils.relu_backward(np.float32(dA), np.float32(Z)).dtype == np.float32


def test_initial_parameters():
    parameters = dnn_utils.initialize_parameters_deep([5, 4, 3])
    stream = np.random.RandomState(3)
    for l, (n_in, n_out) in enumerate([(5, 4), (4, 3)], start=1):
        np.testing.assert_array_equal(parameters[f"W{l}"], stream.randn(n_out, n_in) * 0.01)
        np.testing.assert_array_equal(parameters[f"b{l}"], np.zeros((n_out, 1)))
    assert next_draws() == stream.rand(3).tolist()


def loop(X, Y, sizes, rate, n):
    """The notebook's loop over the single functions: parameters and the cost of each iteration."""
    stream, parameters, costs = np.random.RandomState(1), {}, []
    for l, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True), start=1):
        parameters[f"W{l}"] = stream.randn(n_out, n_in) / np.sqrt(n_in)
        parameters[f"b{l}"] = np.zeros((n_out, 1))
    for _ in range(n):
        AL, caches = dnn_utils.L_model_forward(X, parameters)
        costs.append(float(dnn_utils.compute_cost(AL, Y)))
        grads = dnn_utils.L_model_backward(AL, Y, caches)
        parameters = dnn_utils.update_parameters(parameters, grads, rate)
    return parameters, costs


@pytest.mark.parametrize(("m", "sizes"), [(1, [2, 1]), (50, [2, 7, 5, 4, 1]), (50, [2, 6, 2])])
def test_model_is_the_loop_over_the_functions(capsys, no_pictures, m, sizes):
    X, y, _, _ = rn.datasets.make_football(50, 2)
    X, Y = X[:m].T, np.vstack([y[:m], 1 - y[:m]])[: sizes[-1]]
    expected, costs = loop(X, Y, sizes, 0.1, 250)
    with untouched(X, Y):
        found, recorded = dnn_utils.L_layer_model(X, Y, sizes, 0.1, 250, print_cost=True, return_costs=True)
    for key, value in expected.items():
        assert_close(found[key], value, rtol=1e-9)
    assert [float(cost) for cost in recorded] == pytest.approx(costs[::100], rel=1e-9)
    printed = [line.split(": ") for line in capsys.readouterr().out.splitlines()]
    assert [where for where, _ in printed] == [f"Cost after iteration {k}" for k in (0, 100, 200, 249)]
    assert [cost for _, cost in printed[:3]] == [str(cost) for cost in recorded]
    assert float(printed[-1][1]) == pytest.approx(costs[-1], rel=1e-9)
    # the editions before 2021 print six digits, and not the last iteration
    assert list(dnn_utils.L_layer_model(X, Y, sizes, 0.1, 101, print_cost=True)) == list(found)
    lines = [f"Cost after iteration {k}: {costs[k]:f}" for k in (0, 100)]
    assert capsys.readouterr().out.splitlines() == lines
    dnn_utils.L_layer_model(X, Y, sizes, 0.1, 1)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: dnn_utils.linear_forward(np.ones((3, 2)), np.ones((4, 5)), np.ones((4, 1))),
            "W has shape (4, 5) and A has shape (3, 2), wanted as many columns of W as rows of A",
        ),
        (
            lambda: dnn_utils.linear_forward(np.ones((3, 2)), np.ones((4, 3)), np.ones((4,))),
            "b has shape (4,), wanted two dimensions",
        ),
        (
            lambda: dnn_utils.linear_activation_forward(
                np.ones((3, 2)), np.ones((4, 3)), np.ones((3, 1)), "relu"
            ),
            "b has shape (3, 1) and W has shape (4, 3), wanted b of shape (4, 1)",
        ),
        (
            lambda: dnn_utils.linear_activation_forward(
                np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)), "tanh"
            ),
            "activation is 'tanh', wanted one of 'sigmoid', 'relu'",
        ),
        (
            lambda: dnn_utils.linear_backward(
                np.ones((2, 2)), (np.ones((3, 2)), np.ones((4, 3)), np.ones((4, 1)))
            ),
            "dZ has shape (2, 2) and W has shape (4, 3), wanted as many rows in both",
        ),
        (
            lambda: dnn_utils.linear_backward(
                np.ones((4, 5)), (np.ones((3, 2)), np.ones((4, 3)), np.ones((4, 1)))
            ),
            "dZ has shape (4, 5) and A_prev has shape (3, 2), wanted as many columns in both",
        ),
        (
            lambda: dnn_utils.linear_backward(np.ones((4, 5)), (np.ones((3, 2)), np.ones((4, 3)))),
            "cache has 2 entries, wanted 3: A_prev, W, b",
        ),
        (
            lambda: dnn_utils.relu_backward(np.ones((1, 2)), np.ones((1, 3))),
            "dA has shape (1, 2) and Z has shape (1, 3), wanted the same",
        ),
        (
            lambda: dnn_utils.sigmoid_backward(np.ones((1, 2)), np.ones((1, 3))),
            "dA has shape (1, 2) and Z has shape (1, 3), wanted the same",
        ),
        (
            lambda: dnn_utils.compute_cost(np.ones((1, 2)), np.ones((1, 3))),
            "AL has shape (1, 2) and Y has shape (1, 3), wanted the same",
        ),
        (
            lambda: dnn_utils.L_model_backward(np.ones((1, 2)), np.ones((1, 3)), []),
            "AL has shape (1, 2) and Y has shape (1, 3), wanted the same",
        ),
        (
            lambda: dnn_utils.L_model_backward(np.ones((1, 2)), np.ones((1, 2)), []),
            "caches is [], wanted a list with the cache of each layer",
        ),
        (
            lambda: dnn_utils.L_model_forward(np.ones((2, 3)), {"W1": np.ones((1, 2)), "b2": 0}),
            "parameters has no 'b1', only W1, b2",
        ),
        (
            lambda: dnn_utils.L_layer_model(np.ones((2, 3)), np.ones((1, 3)), [3, 1]),
            "layers_dims is [3, 1] and X has shape (2, 3), wanted [2, ...]",
        ),
        (
            lambda: dnn_utils.L_layer_model(np.ones((2, 3)), np.ones((1, 3)), [2, 2]),
            "Y has shape (1, 3) and X has shape (2, 3), wanted Y of shape (2, 3)",
        ),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
