"""The regularization notebook: recorded answers, formulas over random shapes, trainings."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import regnet as rn
from regnet.course import reg_utils

from . import transcription
from .nets import assert_close, nets, next_draws, small_net, untouched

CACHE = ("Z1", "A1", "W1", "b1", "Z2", "A2", "W2", "b2", "Z3", "A3", "W3", "b3")
GRADIENTS = ["dZ3", "dW3", "db3", "dA2", "dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"]


def arrays(case):
    """The lists of a recorded answer as arrays."""
    return {key: np.array(value) for key, value in case.items()}


# ------------------------------------------------------------------------------ recorded answers


def test_cost_with_regularization(known_answers):
    case = known_answers["compute_cost_with_regularization"]
    given_, parameters = case["inputs"], arrays(case["inputs"]["parameters"])
    A3, Y = np.array(given_["A3"]), np.array(given_["Y"])
    cost = reg_utils.compute_cost_with_regularization(A3, Y, parameters, given_["lambd"])
    assert cost == pytest.approx(case["expected"]["cost"], rel=case["rtol"])


def recorded_backward(known_answers, name, *extra):
    """Gradients of a recorded case, and the case."""
    case = known_answers[name]
    inputs, cache = case["inputs"], arrays(case["inputs"]["cache"])
    X, Y = np.array(inputs["X"]), np.array(inputs["Y"])
    function = getattr(reg_utils, name)
    grads = function(X, Y, tuple(cache[key] for key in inputs["cache_order"]), *(inputs[e] for e in extra))
    for key, expected in case["expected"].items():
        np.testing.assert_allclose(grads[key], expected, rtol=0, atol=case["atol"], err_msg=key)
    return case


def test_backward_with_regularization(known_answers):
    case = recorded_backward(known_answers, "backward_propagation_with_regularization", "lambd")
    assert len(case["expected"]) == 3


def test_backward_with_dropout(known_answers):
    case = recorded_backward(known_answers, "backward_propagation_with_dropout", "keep_prob")
    assert len(case["expected"]) == 2


def test_forward_with_dropout(known_answers):
    case = known_answers["forward_propagation_with_dropout"]
    X, parameters = np.array(case["inputs"]["X"]), arrays(case["inputs"]["parameters"])
    keep_prob = case["inputs"]["keep_prob"]
    A3, cache = reg_utils.forward_propagation_with_dropout(X, parameters, keep_prob)
    np.testing.assert_allclose(A3, case["expected"]["A3"], rtol=0, atol=case["atol"])
    stream = np.random.RandomState(1)
    np.testing.assert_array_equal(cache[1], stream.rand(2, 5) < keep_prob)
    np.testing.assert_array_equal(cache[6], stream.rand(3, 5) < keep_prob)


@pytest.mark.parametrize("name", ["none", "l2", "dropout"])
def test_football_trainings(football_mat, known_answers, capsys, no_pictures, name):
    case = known_answers["training"][name]
    data = reg_utils.load_2D_dataset(football_mat, is_plot=False)
    train_X, train_Y, test_X, test_Y = data
    with untouched(train_X, train_Y):
        parameters = reg_utils.model(train_X, train_Y, lambd=case["lambd"], keep_prob=case["keep_prob"])
    printed = re.findall(r"Cost after iteration (\d+): (\S+)\n", capsys.readouterr().out)
    assert [int(iteration) for iteration, _ in printed] == [0, 10000, 20000]
    for iteration, cost in printed:
        assert float(cost) == pytest.approx(case["cost"][iteration], rel=known_answers["training"]["rtol"])
    for X, Y, key in ((train_X, train_Y, "train_accuracy"), (test_X, test_Y, "test_accuracy")):
        predictions = reg_utils.predict(X, Y, parameters)
        assert capsys.readouterr().out == f"Accuracy: {case[key]}\n"
        assert np.mean(predictions == Y) == case[key]


# ------------------------------------------------------------------------------ formulas


@given(nets())
def test_forward(net):
    X, _, parameters = net
    with untouched(X, parameters):
        A3, cache = reg_utils.forward_propagation(X, parameters)
    Zs, As = transcription.forward(X, parameters)
    found = dict(zip(CACHE, cache, strict=True))
    for l in (1, 2, 3):
        assert_close(found[f"Z{l}"], Zs[l - 1])
        assert_close(found[f"A{l}"], As[l - 1])
        assert found[f"W{l}"] is parameters[f"W{l}"]
        assert found[f"b{l}"] is parameters[f"b{l}"]
    assert A3 is found["A3"]


@given(nets(), st.sampled_from([0.0, 0.1, 3.0]))
def test_backward(net, lambd):
    X, Y, parameters = net
    _, cache = reg_utils.forward_propagation(X, parameters)
    with untouched(X, Y, cache):
        if lambd:
            grads = reg_utils.backward_propagation_with_regularization(X, Y, cache, lambd)
        else:
            grads = reg_utils.backward_propagation(X, Y, cache)
    _, As = transcription.forward(X, parameters)
    expected = transcription.backward(X, Y, parameters, As, lambd=lambd)
    assert sorted(grads) == sorted(expected) == sorted(GRADIENTS)
    for key, value in expected.items():
        assert_close(grads[key], value)


@given(nets(), st.sampled_from([0.3, 0.86, 1.0]))
def test_dropout(net, keep_prob):
    X, Y, parameters = net
    with untouched(X, parameters):
        A3, cache = reg_utils.forward_propagation_with_dropout(X, parameters, keep_prob)
    stream = np.random.RandomState(1)
    masks = [stream.rand(len(parameters[W]), X.shape[1]) < keep_prob for W in ("W1", "W2")]
    Zs, As = transcription.forward(X, parameters, masks, keep_prob)
    expected = [Zs[0], masks[0], As[0], parameters["W1"], parameters["b1"]]
    expected += [Zs[1], masks[1], As[1], parameters["W2"], parameters["b2"]]
    expected += [Zs[2], As[2], parameters["W3"], parameters["b3"]]
    for one, other in zip(cache, expected, strict=True):
        assert_close(one, other)
    assert A3 is cache[11]
    with untouched(X, Y, cache):
        grads = reg_utils.backward_propagation_with_dropout(X, Y, cache, keep_prob)
    wanted = transcription.backward(X, Y, parameters, As, masks, keep_prob)
    for key in GRADIENTS:
        assert_close(grads[key], wanted[key])


@given(nets(), st.sampled_from([0.0, 0.7]))
def test_costs(net, lambd):
    X, Y, parameters = net
    A3, _ = reg_utils.forward_propagation(X, parameters)
    with untouched(A3, Y, parameters):
        plain = reg_utils.compute_cost(A3, Y)
        cost = reg_utils.compute_cost_with_regularization(A3, Y, parameters, lambd)
    assert plain == pytest.approx(transcription.cost(A3, Y), rel=1e-12)
    squares = sum(w**2 for l in (1, 2, 3) for w in parameters[f"W{l}"].ravel())
    assert cost == pytest.approx(plain + lambd * squares / (2 * X.shape[1]), rel=1e-12)


@given(nets(), st.floats(1e-3, 10))
def test_update(net, rate):
    X, Y, parameters = net
    grads = reg_utils.backward_propagation(X, Y, reg_utils.forward_propagation(X, parameters)[1])
    with untouched(parameters, grads):
        new = reg_utils.update_parameters(parameters, grads, rate)
    assert list(new) == list(parameters)
    for key, value in new.items():
        assert_close(value, parameters[key] - rate * grads["d" + key], rtol=0, atol=0)


@given(nets())
def test_predictions(net):
    X, _, parameters = net
    _, As = transcription.forward(X, parameters)
    with untouched(X, parameters):
        found = reg_utils.predict_dec(parameters, X)
    assert found.dtype == bool
    np.testing.assert_array_equal(found, As[2] > 0.5)


def test_sigmoid_and_relu():
    x = np.array([[-800.0, -1.0, 0.0, 2.0, 800.0]])
    with untouched(x):
        np.testing.assert_allclose(reg_utils.sigmoid(x)[0, 1:4], [1 / (1 + np.e), 0.5, 1 / (1 + np.exp(-2))])
        np.testing.assert_array_equal(reg_utils.sigmoid(x)[0, [0, 4]], [0, 1])
        np.testing.assert_array_equal(reg_utils.relu(x), [[0, 0, 0, 2, 800]])
    assert reg_utils.sigmoid(0.0) == 0.5
    assert reg_utils.relu(np.float32([-1, 2])).dtype == np.float32
    assert reg_utils.sigmoid(np.float32([-1, 2])).dtype == np.float32


def test_saturated_outputs_count_as_in_the_notebook():
    assert reg_utils.compute_cost([[1.0, 0.0, 0.5]], [[1, 0, 1]]) == np.log(2) / 3
    assert reg_utils.compute_cost([[0.0, 0.5]], [[1, 1]]) == np.inf


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, np.float32])
def test_labels_of_any_dtype(dtype):
    X, Y, parameters = small_net()
    A3, cache = reg_utils.forward_propagation(X, parameters)
    expected = reg_utils.backward_propagation(X, Y.astype(float), cache)
    found = reg_utils.backward_propagation(X, Y.astype(dtype), cache)
    for key in GRADIENTS:
        np.testing.assert_array_equal(found[key], expected[key])
    assert reg_utils.compute_cost(A3, Y.astype(dtype)) == reg_utils.compute_cost(A3, Y.astype(float))


def test_float32_stays_float32_and_mixed_becomes_float64():
    X, Y, parameters = small_net()
    single = {key: value.astype(np.float32) for key, value in parameters.items()}
    A3, cache = reg_utils.forward_propagation(X.astype(np.float32), single)
    assert {array.dtype for array in cache} == {np.dtype(np.float32)}
    grads = reg_utils.backward_propagation(X.astype(np.float32), Y, cache)
    assert {array.dtype for array in grads.values()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(A3, reg_utils.forward_propagation(X, parameters)[0], rtol=1e-5)
    mixed = reg_utils.forward_propagation(X, single)
    assert mixed[0].dtype == np.float64
    assert reg_utils.backward_propagation(X, Y, mixed[1])["dW1"].dtype == np.float64


def test_inputs_of_any_layout():
    X, Y, parameters = small_net()
    expected, cache = reg_utils.forward_propagation(X, parameters)
    for other in (np.asfortranarray(X), X.tolist(), np.repeat(X, 2, axis=1)[:, ::2], X.astype(">f8")):
        np.testing.assert_array_equal(reg_utils.forward_propagation(other, parameters)[0], expected)
        np.testing.assert_array_equal(
            reg_utils.backward_propagation(other, Y, cache)["dW1"],
            reg_utils.backward_propagation(X, Y, cache)["dW1"],
        )
    X.flags.writeable = False
    np.testing.assert_array_equal(reg_utils.forward_propagation(X, parameters)[0], expected)


# ------------------------------------------------------------------------------ start, stream, training


def test_initial_parameters():
    parameters = reg_utils.initialize_parameters([2, 20, 3, 1])
    stream = np.random.RandomState(3)
    for l, (n_in, n_out) in enumerate([(2, 20), (20, 3), (3, 1)], start=1):
        np.testing.assert_array_equal(parameters[f"W{l}"], stream.randn(n_out, n_in) / np.sqrt(n_in))
        np.testing.assert_array_equal(parameters[f"b{l}"], np.zeros((n_out, 1)))
    assert next_draws() == stream.rand(3).tolist()


def notebook_loop(X, Y, n, rate=0.3, lambd=0.0, keep_prob=1.0):
    """The notebook's loop over the single functions."""
    parameters = reg_utils.initialize_parameters([len(X), 20, 3, 1])
    for _ in range(n):
        if keep_prob < 1:
            _, cache = reg_utils.forward_propagation_with_dropout(X, parameters, keep_prob)
            grads = reg_utils.backward_propagation_with_dropout(X, Y, cache, keep_prob)
        else:
            _, cache = reg_utils.forward_propagation(X, parameters)
            grads = reg_utils.backward_propagation_with_regularization(X, Y, cache, lambd)
        parameters = reg_utils.update_parameters(parameters, grads, rate)
    return parameters


@pytest.mark.parametrize("how", [{}, {"lambd": 0.7}, {"keep_prob": 0.86}], ids=["none", "L2", "dropout"])
@pytest.mark.parametrize("m", [1, 50])
def test_model_is_the_loop_over_the_functions(how, m):
    X, y, _, _ = rn.datasets.make_football(50, 2)
    X, Y = X[:m].T, y[None, :m]
    expected = notebook_loop(X, Y, 120, **how)
    draws = next_draws()
    found = reg_utils.model(X, Y, num_iterations=120, print_cost=False, **how)
    assert next_draws() == draws  # the process-wide stream is where the notebook leaves it
    assert list(found) == list(expected)
    for key, value in expected.items():
        assert_close(found[key], value, rtol=1e-9)


def test_no_iterations_leave_the_start():
    X, Y, _ = small_net()
    start = reg_utils.initialize_parameters([2, 20, 3, 1])
    for key, value in reg_utils.model(X, Y, num_iterations=0, print_cost=False).items():
        np.testing.assert_array_equal(value, start[key])


def test_a_training_that_diverges_says_so():
    X, y, _, _ = rn.datasets.make_football(50, 2)
    message = "the cost stopped being finite in iteration 1, .*smaller learning_rate"
    with pytest.warns(rn.DivergenceWarning, match=message) as caught:
        reg_utils.model(X.T, y, learning_rate=1e300, num_iterations=100, print_cost=False)
    assert caught[0].filename == __file__


def test_ctrl_c_ends_a_training(ctrl_c_after):
    X, Y, _ = small_net()
    ctrl_c_after(0.2)
    with pytest.raises(KeyboardInterrupt):
        reg_utils.model(X, Y, num_iterations=1_000_000_000, print_cost=False)
