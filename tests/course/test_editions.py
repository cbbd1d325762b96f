"""Each edition of a notebook gets its own numbers: those that the course and its readers have published."""

import re
import sys

import numpy as np
import pytest
from hypothesis import given

import regnet.course
from regnet.course import (
    dnn_app_utils_v2,
    dnn_app_utils_v3,
    dnn_utils,
    dnn_utils_v2,
    opt_utils,
    opt_utils_2021,
    opt_utils_v1a,
    reg_utils,
)

from .nets import assert_same, nets, untouched

GD_2017 = [0.690736, 0.685273, 0.647072, 0.619525, 0.576584, 0.607243, 0.529403, 0.460768, 0.465586, 0.464518]
MOMENTUM_2017 = [
    0.690741, 0.685341, 0.647145, 0.619594, 0.576665, 0.607324, 0.529476, 0.460936, 0.465780, 0.464740,
]  # fmt: skip
ADAM_2017 = [
    0.690552,
    0.185567,
    0.150852,
    0.074454,
    0.125936,
    0.104235,
    0.100552,
    0.031601,
    0.111709,
    0.197648,
]
GD_2021 = [0.702405, 0.668101, 0.635288, 0.600491, 0.573367]
MOMENTUM_2021 = [0.702413, 0.668167, 0.635388, 0.600591, 0.573444]
DECAY_2021 = [0.701091, 0.661884, 0.658620, 0.656765, 0.655486]


def printed(text):
    """The costs in what a training printed, by epoch or iteration."""
    found = re.findall(r"Cost after (?:epoch|iteration) (\d+): (\S+)", text)
    return {int(where): float(cost) for where, cost in found}


def by_thousands(costs):
    return dict(zip(range(0, 1000 * len(costs), 1000), costs, strict=True))


@pytest.mark.parametrize(
    ("module", "optimizer", "options", "costs", "accuracy"),
    [
        (opt_utils, "gd", {}, GD_2017, 0.7966666666666666),
        (opt_utils, "momentum", {}, MOMENTUM_2017, 0.7966666666666666),
        (opt_utils, "adam", {}, ADAM_2017, 0.94),
        (opt_utils_v1a, "gd", {"num_epochs": 5000}, GD_2021, 0.7166666666666667),
        (opt_utils_2021, "gd", {}, GD_2021, 0.7166666666666667),
        (opt_utils_2021, "momentum", {}, MOMENTUM_2021, 0.7166666666666667),
        (opt_utils_2021, "gd", {"learning_rate": 0.1, "decay": opt_utils_2021.update_lr}, DECAY_2021, None),
    ],
)
def test_model_prints_its_editions_costs(capsys, no_pictures, module, optimizer, options, costs, accuracy):
    X, Y = module.load_dataset(is_plot=False)
    parameters = module.model(X, Y, [2, 5, 2, 1], optimizer, **options)
    assert printed(capsys.readouterr().out) == by_thousands(costs)
    if accuracy is not None:
        module.predict(X, Y, parameters)
        assert capsys.readouterr().out == f"Accuracy: {accuracy}\n"


@pytest.mark.parametrize(("m", "size"), [(1, 64), (64, 64), (65, 64), (100, 30), (300, 500)])
def test_costs_of_the_last_mini_batch(capsys, no_pictures, m, size):
    """The first edition's costs, by its own loop over the single functions; the parameters are v1a's."""
    X, Y = (array[:, :m] for array in opt_utils.load_dataset(is_plot=False))
    parameters, costs = opt_utils.initialize_parameters([2, 5, 2, 1]), []
    v, s = opt_utils.initialize_adam(parameters)
    t = 0
    for epoch in range(201):
        for batch_X, batch_Y in opt_utils.random_mini_batches(X, Y, size, 11 + epoch):
            a3, cache = opt_utils.forward_propagation(batch_X, parameters)
            cost = opt_utils.compute_cost(a3, batch_Y)
            grads = opt_utils.backward_propagation(batch_X, batch_Y, cache)
            t += 1
            parameters, v, s = opt_utils.update_parameters_with_adam(parameters, grads, v, s, t, 0.01)
        costs.append(cost)
    options = {"learning_rate": 0.01, "mini_batch_size": size, "num_epochs": 201}
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    found = opt_utils.model(X, Y, [2, 5, 2, 1], "adam", **options)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    assert capsys.readouterr().out == f"Cost after epoch 0: {costs[0]:f}\n"
    for key, value in parameters.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-8, err_msg=key)
    import matplotlib.pyplot as plt

    [line] = plt.gca().get_lines()
    np.testing.assert_allclose(line.get_ydata(), costs[::100], rtol=1e-8)
    later = opt_utils_v1a.model(X, Y, [2, 5, 2, 1], "adam", print_cost=False, **options)
    assert_same(found, later)


def test_what_the_first_edition_divides_by_m():
    a3, Y = np.array([[0.8, 0.1, 0.6]]), np.array([[1, 0, 1]])
    assert opt_utils_v1a.compute_cost(a3, Y) == opt_utils_2021.compute_cost(a3, Y)
    assert opt_utils.compute_cost(a3, Y) == 1 / 3 * opt_utils_v1a.compute_cost(a3, Y)
    for name in set(opt_utils.__all__) - {"compute_cost", "model"}:
        assert getattr(opt_utils, name) is getattr(opt_utils_v1a, name)


def test_adam_of_2021_returns_the_corrected_moments():
    parameters = {"W1": np.array([[1.0]]), "b1": np.array([[0.0]])}
    grads = {"dW1": np.array([[2.0]]), "db1": np.array([[1.0]])}
    v, s = opt_utils.initialize_adam(parameters)
    five = opt_utils_2021.update_parameters_with_adam(parameters, grads, v, s, 3)
    assert_same(five[:3], opt_utils_v1a.update_parameters_with_adam(parameters, grads, v, s, 3))
    assert_same(five[3], {key: value / (1 - 0.9**3) for key, value in five[1].items()})
    assert_same(five[4], {key: value / (1 - 0.999**3) for key, value in five[2].items()})


def test_adam_follows_the_formula():
    """W2[2, 1] of the notebook's test case; its expected output up to v1b has epsilon inside the root."""
    stream = np.random.RandomState(1)
    shapes = {"W1": (2, 3), "b1": (2, 1), "W2": (3, 3), "b2": (3, 1)}
    parameters = {key: stream.randn(*shape) for key, shape in shapes.items()}
    grads = {"d" + key: stream.randn(*shape) for key, shape in shapes.items()}
    v, s = opt_utils.initialize_adam(parameters)
    for module in (opt_utils, opt_utils_v1a, opt_utils_2021):
        new, *_ = module.update_parameters_with_adam(parameters, grads, v, s, t=2)
        assert f"{new['W2'][2, 1]:.8f}" == "-1.09244991"


# ------------------------------------------------------------------------------ course 1, week 4


@given(nets())
def test_gradients_of_activations_have_other_names_in_2017(net):
    X, Y, parameters = net
    AL, caches = dnn_app_utils_v3.L_model_forward(X, parameters)
    later = dnn_app_utils_v3.L_model_backward(AL, Y, caches)
    first = dnn_app_utils_v2.L_model_backward(AL, Y, caches)
    assert list(later) == ["dA2", "dW3", "db3", "dA1", "dW2", "db2", "dA0", "dW1", "db1"]
    assert list(first) == ["dA3", "dW3", "db3", "dA2", "dW2", "db2", "dA1", "dW1", "db1"]
    assert_same(list(first.values()), list(later.values()))


@pytest.mark.parametrize("module", [dnn_app_utils_v2, dnn_app_utils_v3])
def test_starts_of_the_application(module):
    parameters = module.initialize_parameters_deep([5, 4, 3])
    stream = np.random.RandomState(1)
    np.testing.assert_array_equal(parameters["W1"], stream.randn(4, 5) / np.sqrt(5))
    np.testing.assert_array_equal(parameters["W2"], stream.randn(3, 4) / np.sqrt(4))
    assert module.initialize_parameters is dnn_utils.initialize_parameters


def test_two_layers_to_start_from():
    parameters = dnn_utils_v2.initialize_parameters(3, 2, 1)
    stream = np.random.RandomState(1)
    np.testing.assert_array_equal(parameters["W1"], stream.randn(2, 3) * 0.01)
    np.testing.assert_array_equal(parameters["W2"], stream.randn(1, 2) * 0.01)
    assert list(parameters) == ["W1", "b1", "W2", "b2"]
    with pytest.raises(ValueError, match="n_h is 0, wanted a whole number >= 1"):
        dnn_utils.initialize_parameters(3, 0, 1)


def test_predictions_of_the_application(capsys):
    parameters = {"W1": np.array([[1.0, -1.0]]), "b1": np.zeros((1, 1))}
    X, y = np.vstack([np.arange(209.0), np.full(209, 3.5)]), (np.arange(209) > 3).astype(int)[None]
    with untouched(X, y, parameters):
        p = dnn_app_utils_v3.predict(X, y, parameters)
    assert capsys.readouterr().out == "Accuracy: 0.9999999999999998\n"  # as the notebook prints it
    np.testing.assert_array_equal(p, y)
    assert dnn_app_utils_v3.predict(X[:, :1], [1], parameters) == 0  # a label in a list, as its last cell has
    assert capsys.readouterr().out == "Accuracy: 0.0\n"
    message = r"X has shape \(2, 209\) and y has shape \(1, 1\), wanted as many columns"
    with pytest.raises(ValueError, match=message):
        dnn_app_utils_v3.predict(X, [1], parameters)


# ------------------------------------------------------------------------------ keywords


def test_keywords_are_the_originals_and_ours():
    a3, Y = np.array([[0.8, 0.1]]), np.array([[1, 0]])
    assert reg_utils.compute_cost(a3=a3, Y=Y) == reg_utils.compute_cost(A3=a3, Y=Y)
    for module in (opt_utils, opt_utils_v1a):
        assert_same(
            module.initialize_parameters(layer_dims=[2, 1]), module.initialize_parameters(layers_dims=[2, 1])
        )
    given = {"W1": np.ones((1, 2)), "b1": np.zeros((1, 1))}
    rest = {"grads": {"d" + key: value for key, value in given.items()}, "learning_rate": 0.5}
    for module in (dnn_utils, dnn_utils_v2, dnn_app_utils_v2, dnn_app_utils_v3):
        new = module.update_parameters(params=given, **rest)
        assert_same(new, module.update_parameters(parameters=given, **rest))
        assert_same(new["W1"], np.full((1, 2), 0.5))
    with pytest.raises(TypeError, match="multiple values"):
        dnn_utils.update_parameters(given, parameters=given, **rest)


# ------------------------------------------------------------------------------ install


def test_two_editions_share_a_name(monkeypatch):
    for name in regnet.course.MODULES:
        monkeypatch.setitem(sys.modules, name, None)
    for edition, expected in (("2021", opt_utils_2021), ("by name", opt_utils_v1a)):
        regnet.course.install(edition)
        assert sys.modules["opt_utils_v1a"] is expected
        assert sys.modules["opt_utils"] is opt_utils
    with pytest.raises(ValueError, match="edition is '2020', wanted one of 'by name', '2021'"):
        regnet.course.install("2020")


# ------------------------------------------------------------------------------ notebooks

LOOP = """
def model(X, Y, layers_dims, num_epochs):
    parameters, seed = initialize_parameters(layers_dims), 10
    for i in range(num_epochs):
        seed, cost_total = seed + 1, 0
        np.random.seed(seed)
        order = list(np.random.permutation(X.shape[1]))
        X_here, Y_here = X[:, order], Y[:, order]
        for k in range(0, X.shape[1], 64):
            batch_X, batch_Y = X_here[:, k:k + 64], Y_here[:, k:k + 64]
            a3, caches = forward_propagation(batch_X, parameters)
            cost = compute_cost(a3, batch_Y)
            cost_total += cost
            grads = backward_propagation(batch_X, batch_Y, caches)
            for l in (1, 2, 3):
                for kind in "Wb":
                    key = kind + str(l)
                    parameters[key] = parameters[key] - 0.0007 * grads["d" + key]
        cost_avg = cost_total / X.shape[1]
        if i % 1000 == 0:
            print("Cost after epoch %i: %f" % (i, {}))
    return parameters

train_X, train_Y = load_dataset()
parameters = model(train_X, train_Y, [2, 5, 2, 1], 1001)
predictions = predict(train_X, train_Y, parameters)
"""
IMPORTS = """
import numpy as np
import matplotlib.pyplot as plt
from {0} import load_params_and_grads, initialize_parameters, forward_propagation, backward_propagation
from {0} import compute_cost, predict, predict_dec, plot_decision_boundary, load_dataset
"""


@pytest.mark.parametrize(
    ("module", "cost", "costs"),
    [("opt_utils", "cost", GD_2017[:2]), ("opt_utils_v1a", "cost_avg", GD_2021[:2])],
)
def test_an_optimization_notebook_with_its_own_model(run, module, cost, costs):
    done, _ = run(IMPORTS.format(module), LOOP.replace("{}", cost), options=["--output"])
    assert done.returncode == 0, done.stderr
    assert printed(done.stdout) == by_thousands(costs)


PUBLIC_TESTS = """
import numpy as np
from dlai_tools.testing_utils import single_test, multiple_test

def cost_test(target):
    shape = {"name": "shape_check", "input": [np.array([[0.5]]), np.array([[1]])],
             "expected": np.float64(0.6931471805599453), "error": "Wrong shape"}
    single_test([shape, shape | {"name": "equation_output_check"}], target)
"""


def test_a_notebook_of_2021(run):
    """It imports `public_tests`, which imports the tests of exercises, and gets the model of 2021."""
    done, _ = run(
        IMPORTS.format("opt_utils_v1a") + "from public_tests import *",
        "cost_test(compute_cost)",
        "from opt_utils_v1a import model\ntrain_X, train_Y = load_dataset()",
        "parameters = model(train_X, train_Y, [2, 5, 2, 1], optimizer = 'gd')",
        options=["--output"],
        files={"public_tests.py": PUBLIC_TESTS},
    )
    assert done.returncode == 0, done.stderr
    assert "All tests passed." in done.stdout
    assert printed(done.stdout) == by_thousands(GD_2021)


def test_a_regularization_notebook_with_its_own_model(run):
    done, _ = run(
        "import numpy as np\n"
        "from reg_utils import sigmoid, relu, plot_decision_boundary, initialize_parameters\n"
        "from reg_utils import compute_cost, predict, forward_propagation, backward_propagation\n"
        "from reg_utils import update_parameters, load_planar_dataset",
        "train_X, train_Y = load_planar_dataset(randomness=0.1, seed=2)\n"
        "parameters = initialize_parameters([2, 20, 3, 1])\n"
        "for i in range(301):\n"
        "    a3, cache = forward_propagation(train_X, parameters)\n"
        "    cost = compute_cost(a3, train_Y)\n"
        "    assert cost.shape == ()\n"
        "    grads = backward_propagation(train_X, train_Y, cache)\n"
        "    parameters = update_parameters(parameters, grads, 0.03)\n"
        "    if i % 100 == 0:\n"
        "        print('Cost after iteration {}: {}'.format(i, cost))",
        "from reg_utils import model\nmodel(train_X, train_Y, learning_rate=0.03, num_iterations=301)",
        options=["--output"],
    )
    assert done.returncode == 0, done.stderr
    costs = printed(done.stdout)
    assert list(costs) == [0, 100, 200, 300]
    assert done.stdout.count(f"Cost after iteration 0: {costs[0]}\n") == 2  # its own loop's, and the engine's
