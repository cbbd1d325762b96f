"""Gates in the network: hard-concrete by hand, and what L0 closes."""

import numpy as np
import pytest

import cregnet
from network.networks import (
    NO_LABELS,
    OPTIMIZERS,
    constant_rates,
    gradient,
    identity_net,
    make_data,
    make_parameters,
    make_plan,
    predict,
    train,
    weights,
    what_arrives,
)

BETA, GAMMA, ZETA = 2 / 3, -0.1, 1.1


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gates_by_hand(log_alpha, seed, layer, step):
    """Louizos, Welling and Kingma (2018), equations 10 and 11, from the words of the draws."""
    words = cregnet.random_words(log_alpha.size, seed, cregnet.PURPOSES["gates"], layer, step)
    u = (words + 0.5) / 2**32
    s = sigmoid((np.log(u) - np.log(1 - u) + log_alpha) / BETA)
    return np.clip(s * (ZETA - GAMMA) + GAMMA, 0, 1)


def test_gates_are_hard_concrete(network):
    plan, P = identity_net(40, gates=(True,), seed=2**40 + 3)
    log_alpha = np.linspace(-3, 3, 40)
    P[plan.layout.log_alpha[0]] = log_alpha
    x = np.linspace(1, 2, 40)
    for step in (0, 3, 2**31):
        expected = gates_by_hand(log_alpha, 2**40 + 3, 0, step)
        assert 0 < (expected == 0).sum() + (expected == 1).sum() < 40
        np.testing.assert_allclose(what_arrives(network, plan, P, x, step), expected * x, rtol=1e-12)
    predicted = np.clip(sigmoid(log_alpha) * (ZETA - GAMMA) + GAMMA, 0, 1)
    np.testing.assert_allclose(predict(network, plan, P, x[None])[0], predicted * x, rtol=1e-12)


def test_a_gate_is_one_number_for_all_examples_of_a_step(network):
    plan, P = identity_net(30, gates=(True,))
    data = np.ones((8, 30)), np.zeros((8, 30)), NO_LABELS, np.empty(0)
    z = what_arrives(network, plan, P, np.ones(30))
    cost, found = gradient(network, plan, P, data)
    assert cost == pytest.approx((z * z).sum() / 2, rel=1e-12)  # its mean would be less with a z each
    np.testing.assert_allclose(found[plan.layout.b[0]], z, rtol=1e-12)


def test_gates_are_open_as_often_as_the_penalty_says(network):
    n, n_steps = 200, 100
    for log_alpha in (-2.0, 0.0, 1.0):
        plan, P = identity_net(n, gates=(True,), l0=(1.0,))
        P[plan.layout.log_alpha[0]] = log_alpha
        z = np.array([what_arrives(network, plan, P, np.ones(n), step) for step in range(n_steps)])
        p = sigmoid(log_alpha - BETA * np.log(-GAMMA / ZETA))
        assert abs((z != 0).mean() - p) < 4 * np.sqrt(p * (1 - p) / z.size)
        nothing = np.zeros((1, n)), np.zeros((1, n)), NO_LABELS, np.empty(0)
        cost, found = gradient(network, plan, P, nothing)
        assert cost == pytest.approx(n * p, rel=1e-12)
        np.testing.assert_allclose(found[plan.layout.log_alpha[0]], p * (1 - p), rtol=1e-10)


def test_closed_gates_do_not_contribute(network, dtype):
    rng = np.random.default_rng(4)
    plan = make_plan((4, 6, 3), "tanh", gates=(False, True), l0=(0.0, 0.1))
    P, data = make_parameters(plan, rng, dtype), make_data(plan, rng, 10, dtype)
    at, closed = plan.layout, np.array([0, 3, 4])
    log_alpha = P[at.log_alpha[1]]
    log_alpha[...] = 50  # open, whatever is drawn
    log_alpha[closed] = -50
    cost, found = gradient(network, plan, P, data)
    without = P.copy()
    weights(plan, without)[1][:, closed] = rng.normal(size=(3, 3))  # whatever their weights are
    other_cost, other = gradient(network, plan, without, data)
    assert other_cost == cost
    np.testing.assert_array_equal(other, found)
    np.testing.assert_array_equal(weights(plan, found)[1][:, closed], 0)
    np.testing.assert_array_equal(weights(plan, found)[0][closed], 0)
    assert np.abs(found[at.log_alpha[1]]).max() < 1e-15  # p is 0 or 1 for all of them
    X = data[0]
    np.testing.assert_array_equal(predict(network, plan, P, X), predict(network, plan, without, X))


def test_open_gates_change_nothing(network):
    rng = np.random.default_rng(4)
    plan, plain = (make_plan((4, 6, 3), "tanh", keep=0.8, **more) for more in ({"gates": (True, True)}, {}))
    P, data = make_parameters(plan, rng), make_data(plan, rng, 10)
    for log_alpha in plan.layout.log_alpha:
        P[log_alpha] = 50
    n = plain.layout.size
    cost, found = gradient(network, plan, P, data)
    plain_cost, plain_found = gradient(network, plain, P[:n], data)
    assert cost == pytest.approx(plain_cost, rel=1e-14)
    np.testing.assert_allclose(found[:n], plain_found, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(found[n:], 0)


def test_l0_closes_the_gates_of_inputs_that_say_nothing(network):
    """What gates are for: of ten inputs two matter."""
    rng = np.random.default_rng(7)
    plan = make_plan((10, 1), (), "identity", "squared_error", gates=(True,), l0=(0.05,), optimizer="adam",
                     hyper=OPTIMIZERS["adam"])  # fmt: skip
    X = rng.normal(size=(200, 10))
    Y = X[:, :1] * 2 - X[:, 1:2]
    P = 0.1 * rng.normal(size=plan.layout.size)
    P[plan.layout.log_alpha[0]] = 1
    train(network, plan, P, (X, Y, NO_LABELS, np.empty(0)), constant_rates(plan, 200, 50, 400, rate=0.02), 50)
    log_alpha = P[plan.layout.log_alpha[0]]
    z = np.clip(sigmoid(log_alpha) * (ZETA - GAMMA) + GAMMA, 0, 1)
    assert (z[:2] > 0.9).all()
    np.testing.assert_array_equal(z[2:], 0)
    np.testing.assert_allclose(predict(network, plan, P, X), Y, atol=0.3)
