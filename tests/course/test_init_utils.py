"""The initialization notebook: starts, formulas over random shapes, trainings, circles."""

import re

import numpy as np
import pytest
from hypothesis import given

from regnet.course import init_utils

from . import transcription
from .nets import assert_close, nets, next_draws, untouched

SCALES = {"random": lambda n_in: 10, "he": lambda n_in: np.sqrt(2 / n_in)}


@pytest.mark.parametrize("name", ["random", "he"])
def test_initial_parameters(name):
    parameters = getattr(init_utils, f"initialize_parameters_{name}")([2, 4, 1])
    stream = np.random.RandomState(3)
    for l, (n_in, n_out) in enumerate([(2, 4), (4, 1)], start=1):
        np.testing.assert_array_equal(parameters[f"W{l}"], stream.randn(n_out, n_in) * SCALES[name](n_in))
        np.testing.assert_array_equal(parameters[f"b{l}"], np.zeros((n_out, 1)))
    assert next_draws() == stream.rand(3).tolist()


def test_zeros():
    parameters = init_utils.initialize_parameters_zeros([3, 2, 1])
    shapes = {key: value.shape for key, value in parameters.items()}
    assert shapes == {"W1": (2, 3), "b1": (2, 1), "W2": (1, 2), "b2": (1, 1)}
    assert not any(value.any() for value in parameters.values())


def test_wrong_layer_sizes():
    for name in ("zeros", "random", "he"):
        with pytest.raises(ValueError, match=re.escape("layers_dims[1] is 0, wanted a whole number >= 1")):
            getattr(init_utils, f"initialize_parameters_{name}")([3, 0, 1])


@given(nets())
def test_gradients_and_loss(net):
    X, Y, parameters = net
    a3, cache = init_utils.forward_propagation(X, parameters)
    with untouched(X, Y, cache):
        grads = init_utils.backward_propagation(X, Y, cache)
        loss = init_utils.compute_loss(a3, Y)
    _, As = transcription.forward(X, parameters)
    expected = transcription.backward(X, Y, parameters, As)
    m = X.shape[1]
    names = ["dz3", "dW3", "db3", "da2", "dz2", "dW2", "db2", "da1", "dz1", "dW1", "db1"]
    assert sorted(grads) == sorted(names)
    for name in names:
        is_weight = name[1] in "Wb"
        assert_close(grads[name], expected[name] if is_weight else expected["d" + name[1:].upper()] / m)
    assert loss == pytest.approx(transcription.cost(a3, Y), rel=1e-12)


def test_wrong_shapes():
    with pytest.raises(
        ValueError, match=re.escape("a3 has shape (1, 2) and Y has shape (1, 3), wanted the same")
    ):
        init_utils.compute_loss(np.ones((1, 2)), np.ones((1, 3)))
    parameters = init_utils.initialize_parameters_he([2, 3, 2, 1])
    _, cache = init_utils.forward_propagation(np.ones((2, 3)), parameters)
    message = "X has shape (2, 3) and Y has shape (1, 4), wanted as many columns in both"
    with pytest.raises(ValueError, match=re.escape(message)):
        init_utils.backward_propagation(np.ones((2, 3)), np.ones((1, 4)), cache)


# ------------------------------------------------------------------------------ trainings


@pytest.mark.parametrize("initialization", ["zeros", "he"])
@pytest.mark.parametrize("m", [1, 60])
def test_model_is_the_loop_over_the_functions(initialization, m):
    X, Y, _, _ = init_utils.load_dataset(is_plot=False)
    X, Y = X[:, :m], Y[:, :m]
    parameters = getattr(init_utils, f"initialize_parameters_{initialization}")([2, 10, 5, 1])
    for _ in range(150):
        _, cache = init_utils.forward_propagation(X, parameters)
        grads = init_utils.backward_propagation(X, Y, cache)
        parameters = init_utils.update_parameters(parameters, grads, 0.01)
    found = init_utils.model(X, Y, num_iterations=150, print_cost=False, initialization=initialization)
    for key, value in parameters.items():
        assert_close(found[key], value, rtol=1e-9)


def costs_printed(capsys):
    found = re.findall(r"Cost after iteration (\d+): (\S+)\n", capsys.readouterr().out)
    assert [int(iteration) for iteration, _ in found] == list(range(0, 15000, 1000))
    return [float(cost) for _, cost in found]


def test_zeros_learn_nothing(capsys, no_pictures):
    X, Y, test_X, test_Y = init_utils.load_dataset(is_plot=False)
    parameters = init_utils.model(X, Y, initialization="zeros")
    assert costs_printed(capsys) == pytest.approx([np.log(2)] * 15, rel=1e-12)
    init_utils.predict(X, Y, parameters)
    init_utils.predict(test_X, test_Y, parameters)
    assert capsys.readouterr().out == "Accuracy: 0.5\nAccuracy: 0.5\n"


def test_large_numbers_start_with_an_infinite_cost(capsys, no_pictures):
    X, Y, test_X, test_Y = init_utils.load_dataset(is_plot=False)
    parameters = init_utils.model(X, Y, initialization="random")
    costs = costs_printed(capsys)
    assert costs[0] == np.inf
    assert costs[1] == pytest.approx(0.624, abs=0.003)  # from there on the last bit of a weight matters
    accuracies = [np.mean(init_utils.predict_dec(parameters, x) == y) for x, y in ((X, Y), (test_X, test_Y))]
    assert accuracies == pytest.approx([0.83, 0.86], abs=0.01)


def test_he_separates_the_circles(capsys, no_pictures):
    X, Y, test_X, test_Y = init_utils.load_dataset(is_plot=False)
    parameters = init_utils.model(X, Y)
    costs = costs_printed(capsys)
    assert costs[:2] == pytest.approx([0.8830537463419761, 0.6879825919728063], rel=1e-9)
    assert costs[-1] < 0.08
    init_utils.predict(X, Y, parameters)
    init_utils.predict(test_X, test_Y, parameters)
    assert capsys.readouterr().out == "Accuracy: 0.9933333333333333\nAccuracy: 0.96\n"


def test_wrong_initialization():
    X, Y, _, _ = init_utils.load_dataset(is_plot=False)
    message = "initialization is 'xavier', wanted one of 'zeros', 'random', 'he'"
    with pytest.raises(ValueError, match=re.escape(message)):
        init_utils.model(X, Y, initialization="xavier")


# ------------------------------------------------------------------------------ data


def test_circles_are_scikit_learns():
    datasets = pytest.importorskip("sklearn.datasets", reason="comparing the circles needs scikit-learn")
    found = init_utils.load_dataset(is_plot=False)
    draws = next_draws()
    for (X, Y), (n, seed) in zip((found[:2], found[2:]), ((300, 1), (100, 2)), strict=True):
        np.random.seed(seed)  # noqa: NPY002
        expected_X, expected_Y = datasets.make_circles(n_samples=n, noise=0.05)
        np.testing.assert_array_equal(X, expected_X.T)
        np.testing.assert_array_equal(Y, expected_Y.reshape(1, -1))
    assert next_draws() == draws


def test_circles_look_like_circles():
    X, Y, _, _ = init_utils.load_dataset(is_plot=False)
    radius = np.hypot(*X)
    assert np.mean(Y) == 0.5
    assert radius[Y[0] == 0].mean() == pytest.approx(1, abs=0.02)
    assert radius[Y[0] == 1].mean() == pytest.approx(0.8, abs=0.02)
