"""The gradient with each regulariser against numerical derivatives of the network's own cost."""

import numpy as np
import pytest

import cregnet.reference
from network.networks import (
    HIDDEN,
    IN_THE_GRADIENT,
    LOSS_AND_OUTPUT,
    OUTPUTS,
    gradient,
    make_data,
    make_parameters,
    make_plan,
)

SIZES = (3, 4, 5, 2)
# every hidden activation with every loss, and every output with one hidden activation
NETS = [
    (hidden, loss, output)
    for hidden in HIDDEN
    for loss, output in LOSS_AND_OUTPUT
    if hidden == "tanh" or output == OUTPUTS[loss][0]
]


def numerical_gradient(network, plan, P, data, h=1e-5):
    """Central differences of the cost, at one step and so with the same draws."""
    numerical = np.empty_like(P)
    for k in range(P.size):
        above, below = P.copy(), P.copy()
        above[k] += h
        below[k] -= h
        numerical[k] = (gradient(network, plan, above, data)[0] - gradient(network, plan, below, data)[0]) / (
            2 * h
        )
    return numerical


def difference(a, b):
    """Relative difference of two vectors."""
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))


def make_case(hidden, loss, output, seed=5, **more):
    """A plan of three layers, parameters and seven examples."""
    rng = np.random.default_rng(seed)
    plan = make_plan(SIZES, hidden, output, loss, seed=1, **more)
    data, P = make_data(plan, rng, 7), make_parameters(plan, rng, scale=0.7)
    P[plan.layout.b[-1]] += 4  # an output of ReLU units that are all off would have no gradient to check
    return plan, P, data


@pytest.mark.parametrize(("hidden", "loss", "output"), NETS)
@pytest.mark.parametrize("feature", IN_THE_GRADIENT)
def test_gradient_is_the_derivative_of_the_cost(network, feature, hidden, loss, output):
    plan, P, data = make_case(hidden, loss, output, **IN_THE_GRADIENT[feature])
    _, found = gradient(network, plan, P, data)
    numerical = numerical_gradient(network, plan, P, data)
    assert np.linalg.norm(numerical) > 1e-3
    assert difference(numerical, found) < 1e-7


@pytest.mark.parametrize("part", ["W", "b", "gamma", "log_alpha"])
@pytest.mark.parametrize("loss", ["binary_cross_entropy", "categorical_cross_entropy", "squared_error"])
def test_each_part_of_each_layer_has_its_derivative(network, loss, part):
    """Small parts of the vector count for little in the norm of all."""
    plan, P, data = make_case("tanh", loss, "sigmoid", **IN_THE_GRADIENT["all"])
    _, found = gradient(network, plan, P, data)
    numerical = numerical_gradient(network, plan, P, data)
    for place in getattr(plan.layout, part):
        assert np.linalg.norm(numerical[place]) > 1e-6
        assert difference(numerical[place], found[place]) < 1e-6


@pytest.mark.parametrize("feature", ["batch_norm", "batch_norm_of_one_layer", "all"])
def test_statistics_have_no_gradient_and_no_part_in_the_cost(network, feature):
    plan, P, data = make_case("relu", "binary_cross_entropy", "sigmoid", **IN_THE_GRADIENT[feature])
    cost, found = gradient(network, plan, P, data)
    np.testing.assert_array_equal(found[plan.layout.n_trained :], 0)
    other = P.copy()
    other[plan.layout.n_trained :] *= 3
    kept = other.copy()
    assert gradient(network, plan, other, data)[0] == cost
    np.testing.assert_array_equal(other, kept)  # the gradient does not move them either


def test_proximal_penalty_is_in_the_cost_and_not_in_the_gradient(network):
    plan, P, data = make_case("tanh", "squared_error", "identity", proximal=(0.3, 0.0, 0.2))
    cost, found = gradient(network, plan, P, data)
    plain_cost, plain = gradient(network, *make_case("tanh", "squared_error", "identity")[:2], data)
    first, _, last = (np.abs(P[W]).sum() for W in plan.layout.W)
    assert cost - plain_cost == pytest.approx(0.3 * first + 0.2 * last, rel=1e-12)
    np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize(
    "more",
    [{"max_norm": (0.1, 0.1, 0.1)}, {"clip_value": 1e-3}, {"clip_norm": 1e-3}],
    ids=["max_norm", "clip_value", "clip_norm"],
)
def test_what_acts_in_the_update_leaves_the_gradient(network, more):
    plan, P, data = make_case("tanh", "squared_error", "identity", **more)
    plain = make_case("tanh", "squared_error", "identity")[0]
    cost, found = gradient(network, plan, P, data)
    plain_cost, plain_found = gradient(network, plain, P, data)
    assert cost == plain_cost
    np.testing.assert_array_equal(found, plain_found)


@pytest.mark.parametrize("part", ["gamma", "log_alpha"])
def test_derivative_check_fails_for_a_wrong_gradient(part):
    plan, P, data = make_case("tanh", "squared_error", "identity", **IN_THE_GRADIENT["all"])
    _, found = gradient(cregnet.reference, plan, P, data)
    wrong = found.copy()
    wrong[getattr(plan.layout, part)[0]] *= 1.1
    assert difference(wrong, numerical_gradient(cregnet.reference, plan, P, data)) > 1e-5


def test_ctrl_c_ends_the_gradient_of_a_large_batch(core, ctrl_c_after):
    rng = np.random.default_rng(0)
    plan = make_plan((50, 300, 300, 1), hidden="tanh")
    P, data = make_parameters(plan, rng), make_data(plan, rng, 20_000)
    out = np.empty_like(P)
    ctrl_c_after(0.1)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        for _ in range(1000):
            core.network_gradient(plan, P, *data, 0, None, out)
