"""The optimization notebook: mini-batches, updates over random shapes, schedules, trainings, moons."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import regnet as rn
from regnet.course import opt_utils_v1a as opt_utils

from . import transcription
from .nets import assert_close, nets, next_draws, seeds, untouched


def random_like(parameters, seed, positive=False):
    """A dictionary of gradients or moments."""
    rng = np.random.default_rng(seed)
    found = {"d" + key: rng.normal(size=value.shape) for key, value in parameters.items()}
    return {key: value**2 for key, value in found.items()} if positive else found


# ------------------------------------------------------------------------------ mini-batches


@given(seeds, st.integers(1, 40), st.integers(1, 45), st.integers(1, 3))
def test_mini_batches(seed, m, size, n_features):
    X, Y = np.arange(n_features * m).reshape(n_features, m), np.arange(m).reshape(1, m)
    with untouched(X, Y):
        batches = opt_utils.random_mini_batches(X, Y, size, seed)
    draws = next_draws()
    stream = np.random.RandomState(seed)
    order = stream.permutation(m)
    assert draws == stream.rand(3).tolist()
    assert [x.shape[1] for x, _ in batches] == [size] * (m // size) + [m % size] * (m % size > 0)
    np.testing.assert_array_equal(np.hstack([x for x, _ in batches]), X[:, order])
    np.testing.assert_array_equal(np.hstack([y for _, y in batches]), Y[:, order])


def test_mini_batches_are_new_arrays():
    X, Y = np.zeros((2, 3)), np.zeros((1, 3))
    for batch_X, batch_Y in opt_utils.random_mini_batches(X, Y, 64):
        batch_X += 1
        batch_Y += 1
    assert not X.any()
    assert not Y.any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (np.ones((2, 3)), np.ones((1, 4))),
            "X has shape (2, 3) and Y has shape (1, 4), wanted as many columns",
        ),
        ((np.ones((2, 3)), np.ones((1, 3)), 0), "mini_batch_size is 0, wanted a whole number >= 1"),
        ((np.ones((2, 3)), np.ones((1, 3)), 2, -1), "seed is -1, wanted a whole number from 0 to 4294967295"),
        ((np.ones((2, 0)), np.ones((1, 0))), "X has shape (2, 0), wanted at least one column"),
    ],
)
def test_wrong_mini_batches(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        opt_utils.random_mini_batches(*arguments)


# ------------------------------------------------------------------------------ updates


@given(nets(), seeds, st.floats(1e-4, 10))
def test_gradient_descent(net, seed, rate):
    parameters = net[2]
    grads = random_like(parameters, seed)
    with untouched(parameters, grads):
        new = opt_utils.update_parameters_with_gd(parameters, grads, rate)
    for key, value in parameters.items():
        assert_close(new[key], value - rate * grads["d" + key], rtol=0, atol=0)


@given(nets(), seeds, st.floats(0, 0.999), st.floats(1e-4, 10))
def test_momentum(net, seed, beta, rate):
    parameters = net[2]
    grads, v = random_like(parameters, seed), random_like(parameters, seed + 1)
    with untouched(parameters, grads, v):
        new, new_v = opt_utils.update_parameters_with_momentum(parameters, grads, v, beta, rate)
    assert list(new) == list(parameters)
    assert list(new_v) == list(v)
    for key, value in parameters.items():
        expected = beta * v["d" + key] + (1 - beta) * grads["d" + key]
        assert_close(new_v["d" + key], expected)
        assert_close(new[key], value - rate * expected)


@given(nets(), seeds, st.integers(1, 10_000), st.booleans())
def test_adam(net, seed, t, corrected):
    parameters, rng = net[2], np.random.default_rng(seed)
    rate, beta1, beta2, epsilon = (
        10 ** rng.uniform(-4, 0),
        rng.uniform(0, 0.99),
        rng.uniform(0.5, 0.9999),
        1e-8,
    )
    grads, v, s = (random_like(parameters, seed + k, positive=k == 2) for k in range(3))
    with untouched(parameters, grads, v, s):
        found = opt_utils.update_parameters_with_adam(
            parameters, grads, v, s, t, rate, beta1, beta2, epsilon, return_corrected=corrected
        )
    assert len(found) == (5 if corrected else 3)
    for key, value in parameters.items():
        d = "d" + key
        expected = transcription.adam(value, grads[d], v[d], s[d], t, rate, beta1, beta2, epsilon)
        for array, wanted in zip(found, expected, strict=False):
            assert_close(array[d if d in array else key], wanted)


def test_first_steps_of_adam():
    parameters = {"W1": np.array([[1.0, -2.0]]), "b1": np.array([[0.5]])}
    grads = {"dW1": np.array([[3.0, -0.2]]), "db1": np.array([[0.0]])}
    new, v, s = opt_utils.update_parameters_with_adam(
        parameters, grads, *opt_utils.initialize_adam(parameters), t=1, learning_rate=0.1
    )
    assert_close(new["W1"], [[0.9, -1.9]], rtol=1e-6)  # the rate, whatever the size of the gradient
    assert_close(new["b1"], [[0.5]])
    assert_close(v["dW1"], [[0.3, -0.02]])
    assert_close(s["dW1"], [[9e-3, 4e-5]])


def test_starts_are_zeros():
    parameters = {"W1": np.ones((2, 3)), "b1": np.ones((2, 1))}
    v, s = opt_utils.initialize_adam(parameters)
    for found in (opt_utils.initialize_velocity(parameters), v, s):
        assert {key: value.shape for key, value in found.items()} == {"dW1": (2, 3), "db1": (2, 1)}
        assert not any(value.any() for value in found.values())
    assert v["dW1"] is not s["dW1"]


def test_parameters_and_gradients_to_try():
    found = opt_utils.load_params_and_grads(7)
    stream = np.random.RandomState(7)
    shapes = [(2, 3), (2, 1), (3, 3), (3, 1)] * 2
    for array, shape in zip(found, shapes, strict=True):
        np.testing.assert_array_equal(array, stream.randn(*shape))


def test_wrong_updates():
    parameters = {"W1": np.ones((2, 3)), "b1": np.ones((2, 1))}
    grads = {"dW1": np.ones((2, 3)), "db1": np.ones((2, 1))}
    adam, momentum = opt_utils.update_parameters_with_adam, opt_utils.update_parameters_with_momentum
    wrong = grads | {"dW1": np.ones((3, 2))}
    for call, name in (
        (lambda: adam(parameters, wrong, grads, grads, 1), "grads"),
        (lambda: adam(parameters, grads, wrong, grads, 1), "v"),
        (lambda: adam(parameters, grads, grads, wrong, 1), "s"),
        (lambda: momentum(parameters, grads, wrong, 0.9, 0.1), "v"),
        (lambda: opt_utils.update_parameters_with_gd(parameters, wrong, 0.1), "grads"),
    ):
        message = f"parameters['W1'] has shape (2, 3) and {name}['dW1'] has shape (3, 2), wanted the same"
        with pytest.raises(ValueError, match=re.escape(message)):
            call()
    with pytest.raises(ValueError, match="t is 0, wanted a whole number >= 1"):
        adam(parameters, grads, grads, grads, 0)
    with pytest.raises(ValueError, match="beta is 1, wanted 0 <= beta < 1"):
        momentum(parameters, grads, grads, 1, 0.1)
    with pytest.raises(ValueError, match="parameters has no 'b1', only W1"):
        opt_utils.initialize_velocity({"W1": np.ones((1, 1))})
    with pytest.raises(TypeError, match="parameters is a list, wanted a dictionary"):
        opt_utils.initialize_velocity([1])


# ------------------------------------------------------------------------------ rates and cost


@pytest.mark.parametrize("epoch", [0, 1, 999, 1000, 5432])
def test_schedules(epoch):
    assert opt_utils.update_lr(0.5, epoch, 0.3) == 0.5 / (1 + 0.3 * epoch)
    assert opt_utils.schedule_lr_decay(0.5, epoch, 0.3) == 0.5 / (1 + 0.3 * (epoch // 1000))
    assert opt_utils.schedule_lr_decay(0.5, epoch, 0.3, 7) == 0.5 / (1 + 0.3 * (epoch // 7))


def test_wrong_cost():
    with pytest.raises(
        ValueError, match=re.escape("a3 has shape (1, 2) and Y has shape (1, 3), wanted the same")
    ):
        opt_utils.compute_cost(np.ones((1, 2)), np.ones((1, 3)))


@given(nets())
def test_cost_is_a_sum(net):
    X, Y, parameters = net
    a3, _ = opt_utils.forward_propagation(X, parameters)
    with untouched(a3, Y):
        cost = opt_utils.compute_cost(a3, Y)
    assert cost == pytest.approx(transcription.cost(a3, Y) * X.shape[1], rel=1e-12)


# ------------------------------------------------------------------------------ trainings


def notebook_loop(X, Y, sizes, optimizer, size, epochs, rate=0.0007, decay=None):
    """The notebook's loop over the single functions: parameters, and the cost of each epoch."""
    parameters, m, t, here, costs = opt_utils.initialize_parameters(sizes), X.shape[1], 0, rate, []
    v, s = opt_utils.initialize_adam(parameters)
    for epoch in range(epochs):
        total = 0.0
        for batch_X, batch_Y in opt_utils.random_mini_batches(X, Y, size, 11 + epoch):
            a3, cache = opt_utils.forward_propagation(batch_X, parameters)
            total += opt_utils.compute_cost(a3, batch_Y)
            grads = opt_utils.backward_propagation(batch_X, batch_Y, cache)
            t += 1
            if optimizer == "gd":
                parameters = opt_utils.update_parameters_with_gd(parameters, grads, here)
            elif optimizer == "momentum":
                parameters, v = opt_utils.update_parameters_with_momentum(parameters, grads, v, 0.9, here)
            else:
                parameters, v, s = opt_utils.update_parameters_with_adam(parameters, grads, v, s, t, here)
        costs.append(total / m)
        if decay is not None:
            here = decay(rate, epoch, 0.5)
    return parameters, costs


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
@pytest.mark.parametrize(("m", "size"), [(1, 64), (64, 64), (100, 30), (300, 500)])
def test_model_is_the_loop_over_the_functions(capsys, no_pictures, optimizer, m, size):
    X, Y = opt_utils.load_dataset(is_plot=False)
    X, Y = X[:, :m], Y[:, :m]
    expected, costs = notebook_loop(X, Y, [2, 5, 2, 1], optimizer, size, 60)
    draws = next_draws()
    with untouched(X, Y):
        found = opt_utils.model(X, Y, [2, 5, 2, 1], optimizer, mini_batch_size=size, num_epochs=60)
    assert next_draws() == draws  # the process-wide stream is where the notebook leaves it
    assert capsys.readouterr().out == f"Cost after epoch 0: {costs[0]:f}\n"
    assert list(found) == list(expected)
    for key, value in expected.items():
        assert_close(found[key], value, rtol=1e-8)


@pytest.mark.parametrize("decay", [opt_utils.update_lr, opt_utils.schedule_lr_decay])
def test_decay(monkeypatch, capsys, no_pictures, decay):
    X, Y = opt_utils.load_dataset(is_plot=False)

    def scaled(rate, epoch, decay_rate):
        return decay(rate, 40 * epoch, decay_rate)

    monkeypatch.setattr("regnet.course._mini_batches.MAX_EPOCHS_PER_CALL", 7)
    expected, costs = notebook_loop(X, Y, [2, 5, 2, 1], "adam", 64, 60, 0.01, scaled)
    options = {"learning_rate": 0.01, "num_epochs": 60, "decay": scaled, "decay_rate": 0.5}
    found = opt_utils.model(X, Y, [2, 5, 2, 1], "adam", **options)
    lines = [f"Cost after epoch 0: {costs[0]:f}", f"learning rate after epoch 0: {scaled(0.01, 0, 0.5):f}"]
    assert capsys.readouterr().out.splitlines() == lines
    for key, value in expected.items():
        assert_close(found[key], value, rtol=1e-8)


@pytest.mark.parametrize(
    ("optimizer", "accuracy"), [("gd", 0.7966666666666666), ("momentum", 0.7966666666666666), ("adam", 0.94)]
)
def test_accuracies_of_the_notebook(capsys, no_pictures, optimizer, accuracy):
    X, Y = opt_utils.load_dataset(is_plot=False)
    parameters = opt_utils.model(X, Y, [2, 5, 2, 1], optimizer)
    printed = re.findall(r"Cost after epoch (\d+): (\d\.\d{6})\n", capsys.readouterr().out)
    assert [int(epoch) for epoch, _ in printed] == list(range(0, 10000, 1000))
    costs = [float(cost) for _, cost in printed]
    assert sorted(costs, reverse=True) == costs
    predictions = opt_utils.predict(X, Y, parameters)
    assert np.mean(predictions == Y) == pytest.approx(accuracy, abs=0.004)  # one point of the 300


def test_a_training_that_diverges_says_so():
    X, Y = opt_utils.load_dataset(is_plot=False)
    with pytest.warns(rn.DivergenceWarning, match="the cost stopped being finite in epoch") as caught:
        opt_utils.model(1e100 * X, Y, [2, 5, 2, 1], "gd", learning_rate=1e300, print_cost=False)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers_dims": [2, 5, 1]}, "layers_dims is [2, 5, 1], wanted 4 sizes: inputs and 3 layers"),
        (
            {"layers_dims": [3, 5, 2, 1]},
            "layers_dims is [3, 5, 2, 1] and X has shape (2, 300), wanted [2, ..., 1]",
        ),
        ({"optimizer": "sgd"}, "optimizer is 'sgd', wanted one of 'gd', 'momentum', 'adam'"),
        ({"mini_batch_size": 0}, "mini_batch_size is 0, wanted a whole number >= 1"),
        ({"num_epochs": -1}, "num_epochs is -1, wanted a whole number >= 0"),
        ({"learning_rate": -1}, "learning_rate is -1, wanted a number > 0"),
        ({"beta": 1.0}, "beta is 1.0, wanted 0 <= beta < 1"),
        ({"beta2": 2}, "beta2 is 2, wanted 0 <= beta2 < 1"),
        ({"epsilon": -1}, "epsilon is -1, wanted a number >= 0"),
        (
            {"decay": lambda rate, epoch, decay_rate: np.nan},
            "decay gave a rate of nan, wanted finite numbers",
        ),
        ({"Y": [[1, 0]]}, "X has shape (2, 300) and Y has shape (1, 2), wanted as many columns in both"),
    ],
)
def test_wrong_arguments_of_model(change, message):
    X, Y = opt_utils.load_dataset(is_plot=False)
    draws = np.random.get_state()[2]  # noqa: NPY002
    arguments = {"X": X, "Y": Y, "layers_dims": [2, 5, 2, 1], "optimizer": "adam", "num_epochs": 3} | change
    with pytest.raises(ValueError, match=re.escape(message)):
        opt_utils.model(**arguments)
    assert np.random.get_state()[2] == draws  # noqa: NPY002
    with pytest.raises(TypeError, match=r"^decay is 0\.5, wanted None or a function such as update_lr$"):
        opt_utils.model(X, Y, [2, 5, 2, 1], "adam", decay=0.5)


# ------------------------------------------------------------------------------ data


def test_moons_are_scikit_learns():
    datasets = pytest.importorskip("sklearn.datasets", reason="comparing the moons needs scikit-learn")
    X, Y = opt_utils.load_dataset(is_plot=False)
    draws = next_draws()
    np.random.seed(3)  # noqa: NPY002
    expected_X, expected_Y = datasets.make_moons(n_samples=300, noise=0.2)
    np.testing.assert_array_equal(X, expected_X.T)
    np.testing.assert_array_equal(Y, expected_Y.reshape(1, -1))
    assert next_draws() == draws


def test_moons_look_like_moons():
    X, Y = opt_utils.load_dataset(is_plot=False)
    assert np.mean(Y) == 0.5
    upper, lower = X[:, Y[0] == 0], X[:, Y[0] == 1]
    np.testing.assert_allclose(upper.mean(axis=1), [0, 2 / np.pi], atol=0.1)
    np.testing.assert_allclose(lower.mean(axis=1), [1, 0.5 - 2 / np.pi], atol=0.1)
