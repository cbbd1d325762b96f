"""The gradient checking notebook: vectors, the right gradient, and mistakes that are caught by name."""

import re

import numpy as np
import pytest
from hypothesis import given

import regnet as rn
from regnet.course import gc_utils

from . import transcription
from .nets import assert_close, nets, untouched


def notebook_case():
    """The notebook's own net and data: draws from seed 1, and labels without a first dimension."""
    stream = np.random.RandomState(1)
    X, Y = stream.randn(4, 3), np.array([1, 1, 0])
    shapes = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}
    return X, Y, {key: stream.randn(*shape) for key, shape in shapes.items()}


def right_gradients(X, Y, parameters):
    return gc_utils.backward_propagation_n(X, Y, gc_utils.forward_propagation_n(X, Y, parameters)[1])


MISTAKES = {
    "dW2": lambda grads: grads | {"dW2": 2 * grads["dW2"]},
    "db1": lambda grads: grads | {"db1": 4 * grads["db1"]},
}


@given(nets())
def test_forward_and_backward(net):
    X, Y, parameters = net
    with untouched(X, Y, parameters):
        cost, cache = gc_utils.forward_propagation_n(X, Y, parameters)
        grads = gc_utils.backward_propagation_n(X, Y, cache)
    _, As = transcription.forward(X, parameters)
    assert cost == pytest.approx(transcription.cost(As[-1], Y), rel=1e-12)
    expected = transcription.backward(X, Y, parameters, As)
    assert sorted(grads) == sorted(expected)
    for key, value in expected.items():
        assert_close(grads[key], value)


@given(nets(n_layers=2))
def test_vectors_there_and_back(net):
    parameters = net[2]
    with untouched(parameters):
        theta, keys = gc_utils.dictionary_to_vector(dict(reversed(parameters.items())))
    assert theta.shape == (len(keys), 1)
    assert theta.ravel().tolist() == [x for value in parameters.values() for x in value.ravel()]
    assert keys == [key for key, value in parameters.items() for _ in range(value.size)]
    with untouched(theta, parameters):
        back = gc_utils.vector_to_dictionary(theta, parameters)
    for key, value in parameters.items():
        np.testing.assert_array_equal(back[key], value)
    grads = {"dZ1": np.ones((7, 7))} | {"d" + key: value for key, value in reversed(parameters.items())}
    with untouched(grads):
        np.testing.assert_array_equal(gc_utils.gradients_to_vector(grads), theta)


def test_vectors_of_the_notebooks_net():
    _, _, parameters = notebook_case()
    theta, _ = gc_utils.dictionary_to_vector(parameters)
    back = gc_utils.vector_to_dictionary(theta)
    back["W1"][:] = 0
    assert theta.shape == (47, 1)
    assert theta.all()
    np.testing.assert_array_equal(gc_utils.vector_to_dictionary(theta)["W2"], parameters["W2"])


def test_wrong_vectors():
    message = "theta has shape (46, 1), wanted (47, 1): W1 (5, 4), b1 (5, 1), W2 (3, 5)"
    with pytest.raises(ValueError, match=re.escape(message)):
        gc_utils.vector_to_dictionary(np.ones((46, 1)))
    with pytest.raises(ValueError, match="gradients has no 'db1', only dW1"):
        gc_utils.gradients_to_vector({"dW1": np.ones((1, 1))})
    with pytest.raises(ValueError, match="parameters has no 'b1', only W1"):
        gc_utils.dictionary_to_vector({"W1": np.ones((1, 1))})
    with pytest.raises(TypeError, match="gradients is a list, wanted a dictionary"):
        gc_utils.gradients_to_vector([1])


# ------------------------------------------------------------------------------ the check


def test_the_right_gradient_passes(capsys):
    X, Y, parameters = notebook_case()
    gradients = right_gradients(X, Y, parameters)
    with untouched(X, Y, parameters, gradients):
        difference = gc_utils.gradient_check_n(parameters, gradients, X, Y)
        assert capsys.readouterr().out == ""
        assert gc_utils.gradient_check_n(parameters, gradients, X, Y, print_msg=True) == difference
    assert 0 < difference < 1e-7 * 10
    message = f"The backward propagation is right: the difference is {difference:.3g}\n"
    assert capsys.readouterr().out == message


@given(nets())
def test_the_right_gradient_passes_for_any_net(net):
    X, Y, parameters = net
    # a coarser step than the notebook's, whose rounding is as large as a small gradient
    difference = gc_utils.gradient_check_n(parameters, right_gradients(X, Y, parameters), X, Y, 1e-5)
    kinks = [np.abs(Z).min() for Z in transcription.forward(X, parameters)[0][:2]]
    assert difference < 1e-6 or min(kinks) < 1e-3


@pytest.mark.parametrize("name", MISTAKES)
def test_each_planted_mistake_is_named(capsys, name):
    X, Y, parameters = notebook_case()
    wrong = MISTAKES[name](right_gradients(X, Y, parameters))
    difference = gc_utils.gradient_check_n(parameters, wrong, X, Y, print_msg=True)
    assert difference > 1e-2
    error = {"dW2": 1 / 3, "db1": 3 / 5}[name]
    message = "There is a mistake in the backward propagation. The largest relative error is that of"
    assert capsys.readouterr().out == f"{message} {name}: {error:.3g}\n"


def test_both_mistakes_are_named_the_worse_one_first(capsys):
    X, Y, parameters = notebook_case()
    wrong = MISTAKES["db1"](MISTAKES["dW2"](right_gradients(X, Y, parameters)))
    difference = gc_utils.gradient_check_n(parameters, wrong, X, Y, print_msg=True)
    assert difference == pytest.approx(0.285093, abs=1e-5)  # what the notebook prints with both
    assert capsys.readouterr().out.endswith("is that of db1: 0.6 (too large also: dW2)\n")


def test_rounding_in_a_gradient_of_nearly_nothing_is_not_blamed(capsys):
    X, Y, parameters = notebook_case()
    parameters |= {"W2": 1e-12 * parameters["W2"], "b2": np.ones((3, 1))}
    right = right_gradients(X, Y, parameters)
    assert 0 < np.abs(right["dW1"]).max() < 1e-11  # less than the rounding of a difference of costs
    wrong = MISTAKES["dW2"](right)
    gc_utils.gradient_check_n(parameters, wrong, X, Y, print_msg=True)
    assert "is that of dW2: 0.333\n" in capsys.readouterr().out


def test_a_gradient_that_is_nan_is_named(capsys):
    X, Y, parameters = notebook_case()
    gradients = right_gradients(X, Y, parameters)
    gradients["dW3"] = np.full((1, 3), np.nan)
    assert np.isnan(gc_utils.gradient_check_n(parameters, gradients, X, Y, print_msg=True))
    assert "is that of dW3: nan" in capsys.readouterr().out


def test_wrong_arguments():
    X, Y, parameters = notebook_case()
    gradients = right_gradients(X, Y, parameters)
    message = "parameters['W2'] has shape (3, 5) and gradients['dW2'] has shape (5, 3), wanted the same"
    with pytest.raises(ValueError, match=re.escape(message)):
        gc_utils.gradient_check_n(parameters, gradients | {"dW2": gradients["dW2"].T}, X, Y)
    with pytest.raises(ValueError, match="epsilon is 0, wanted a number > 0"):
        gc_utils.gradient_check_n(parameters, gradients, X, Y, epsilon=0)
    saturated = parameters | {"b3": np.array([[1e4]])}
    with pytest.raises(ValueError, match="the cost at the given parameters is inf, wanted a finite one"):
        gc_utils.gradient_check_n(saturated, gradients, X, [0, 0, 0])


def test_every_regnet_model_can_be_checked():
    X, Y, _ = notebook_case()
    model = rn.Model.mlp([4, 5, 3, 1], activation="tanh", dtype="float64", seed=1)
    assert rn.check_gradients(model, X.T, Y, penalty=rn.L2(0.7)).difference < 1e-7
