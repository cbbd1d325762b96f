"""What regularisers do in the network: values by hand, bounds, and what prediction leaves out."""

import numpy as np
import pytest

import cregnet
from network.networks import (
    FEATURES,
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

# ------------------------------------------------------------------------------ after the step


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_proximal_gives_exact_zeros(network, dtype, optimizer):
    rng = np.random.default_rng(1)
    # with a second coefficient the steps have the length of the rate whatever the gradient's: more is taken off
    coefficient = 0.9 if len(OPTIMIZERS[optimizer]) > 1 else 0.05
    more = {"optimizer": optimizer, "hyper": OPTIMIZERS[optimizer], "proximal": (coefficient, 0.0)}
    plan = make_plan((10, 20, 1), "tanh", **more)
    P, data = make_parameters(plan, rng, dtype, 0.3), make_data(plan, rng, 50, dtype)
    train(network, plan, P, data, constant_rates(plan, 50, 16, 100, rate=0.02), 16)
    first, last = weights(plan, P)
    assert (first == 0).mean() > 0.05
    assert (first != 0).any()
    assert (last != 0).all()  # a layer without a coefficient
    assert (P[plan.layout.b[0]] != 0).all()


def test_proximal_step_by_hand(network):
    # gradient descent on W with a gradient of 0: inputs are 0
    plan = make_plan((4, 1), (), "identity", "squared_error", proximal=(3.0,))
    P = np.array([0.5, -0.2, 1.0, -2.0, 7.0])
    data = np.zeros((2, 4)), np.full((2, 1), 7.0), NO_LABELS, np.empty(0)
    costs = train(network, plan, P, data, np.array([[0.1]]), 2)
    np.testing.assert_allclose(P, [0.2, 0, 0.7, -1.7, 7], rtol=1e-14)
    assert costs[0] == pytest.approx(3 * 3.7)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_max_norm_holds_after_every_step(network, dtype, optimizer):
    rng = np.random.default_rng(1)
    bounds = (0.3, 1.0, 0.0)
    plan = make_plan((6, 8, 5, 2), "relu", optimizer=optimizer, hyper=OPTIMIZERS[optimizer], max_norm=bounds)
    P, data = make_parameters(plan, rng, dtype), make_data(plan, rng, 20, dtype)
    for step in range(10):
        train(network, plan, P, data, constant_rates(plan, 20, 20), 20, first_step=step)
        for W, bound in zip(weights(plan, P)[:2], bounds[:2], strict=True):
            assert (np.linalg.norm(W.astype(np.float64), axis=1) <= bound).all()
        assert (np.linalg.norm(weights(plan, P)[2], axis=1) > 1).any()


@pytest.mark.parametrize("feature", ["gates_l0", "batch_norm", "all"])
def test_clip_norm_bounds_the_step(network, feature):
    rng, rate, bound = np.random.default_rng(2), 0.3, 0.01
    plan = make_plan((6, 8, 5, 2), "tanh", clip_norm=bound, **FEATURES[feature])
    P, data = make_parameters(plan, rng), make_data(plan, rng, 20)
    trained = slice(plan.layout.n_trained)
    for step in range(5):
        before = P.copy()
        _, unclipped = gradient(network, plan, P, data, step)
        train(network, plan, P, data, np.array([[rate]]), 20, first_step=step)
        moved = (before - P)[trained]
        length = np.linalg.norm(unclipped)
        assert length > bound
        assert np.linalg.norm(moved) <= rate * bound * (1 + 1e-12)
        np.testing.assert_allclose(moved, rate * bound / length * unclipped[trained], rtol=1e-9, atol=1e-14)


def test_clip_value_bounds_each_number(network):
    rng, rate, bound = np.random.default_rng(2), 0.3, 0.003
    plan = make_plan((6, 8, 5, 2), "tanh", clip_value=bound, **FEATURES["all"])
    P, data = make_parameters(plan, rng), make_data(plan, rng, 20)
    before, trained = P.copy(), slice(plan.layout.n_trained)
    _, unclipped = gradient(network, plan, P, data, 4)
    train(network, plan, P, data, np.array([[rate]]), 20, first_step=4)
    clipped = np.clip(unclipped, -bound, bound)
    assert 0.1 < (clipped != unclipped).mean() < 1
    np.testing.assert_allclose((before - P)[trained], rate * clipped[trained], rtol=1e-9, atol=1e-14)


def test_values_are_clipped_before_the_norm_and_penalties_before_both(network):
    # inputs are 0, so the gradient of W is that of the penalties, and that of b is b - target
    plan = make_plan((2, 1), (), "identity", "squared_error", l2=2.0, clip_value=3.0, clip_norm=2.5)
    P = np.array([4.0, 0.0, 9.0])  # gradient (8, 0, 4), by value (3, 0, 3), by norm 3 / sqrt(18) * 2.5
    data = np.zeros((2, 2)), np.full((2, 1), 5.0), NO_LABELS, np.empty(0)
    train(network, plan, P, data, np.array([[1.0]]), 2)
    step = 2.5 / np.sqrt(2)
    np.testing.assert_allclose(P, [4 - step, 0, 9 - step], rtol=1e-12)


def test_update_goes_clipping_optimiser_threshold_then_norm(network):
    plan = make_plan(
        (2, 1), (), "identity", "squared_error", l2=1.0, clip_value=1.0, proximal=(2.0,), max_norm=(2.0,)
    )
    P = np.array([6.0, -0.5, 5.0])  # gradient (6, -0.5, 0), clipped (1, -0.5, 0)
    data = np.zeros((2, 2)), np.full((2, 1), 5.0), NO_LABELS, np.empty(0)
    train(network, plan, P, data, np.array([[0.5]]), 2)
    # step: (5.5, -0.25); threshold 1: (4.5, 0); norm 2: (2, 0)
    np.testing.assert_allclose(P, [2, 0, 5], rtol=1e-12)


def test_decoupled_decay_is_for_weights_alone(network):
    # inputs of 0 and targets that are met: no gradient anywhere, so only the decay moves anything
    more = {"optimizer": "adamw", "hyper": (0.9, 0.999, 1e-8, 0.5), "batch_norm": (True,), "gates": (True,)}
    plan = make_plan((3, 2), (), "identity", "squared_error", **more)
    P = make_parameters(plan, np.random.default_rng(3))
    before, at = P.copy(), plan.layout
    data = np.zeros((4, 3)), np.tile(P[at.b[0]], (4, 1)), NO_LABELS, np.empty(0)
    train(network, plan, P, data, np.array([[0.1]]), 4)
    np.testing.assert_allclose(P[at.W[0]], 0.95 * before[at.W[0]], rtol=1e-14)
    for part in (at.b[0], at.gamma[0], at.log_alpha[0]):
        np.testing.assert_array_equal(P[part], before[part])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_moments_of_statistics_stay_0(network, optimizer):
    rng = np.random.default_rng(3)
    plan = make_plan(
        (4, 6, 5, 2), "tanh", optimizer=optimizer, hyper=OPTIMIZERS[optimizer], **FEATURES["all"]
    )
    P, data = make_parameters(plan, rng), make_data(plan, rng, 12)
    moments = np.zeros((cregnet.n_moments(optimizer), P.size))
    orders, rates = np.empty((5, 0), np.int64), np.full((5, 3), 0.01)
    network.network_train(plan, P, moments, *data, orders, rates, 4, 0, None, np.empty(0),
                          np.array([np.inf, np.nan]), np.zeros(5))  # fmt: skip
    np.testing.assert_array_equal(moments[:, plan.layout.n_trained :], 0)
    assert all((row[: plan.layout.n_trained] != 0).any() for row in moments)


# ------------------------------------------------------------------------------ prediction


@pytest.mark.parametrize("feature", FEATURES)
def test_prediction_does_not_depend_on_the_batch(network, dtype, feature):
    rng = np.random.default_rng(4)
    plan = make_plan((4, 7, 5, 3), "tanh", "softmax", "categorical_cross_entropy", **FEATURES[feature])
    P, data = make_parameters(plan, rng, dtype, weight=0), make_data(plan, rng, 30, dtype)
    train(network, plan, P, data, constant_rates(plan, 30, 8), 8)
    X = rng.normal(size=(300, 4)).astype(dtype)
    kept, together = P.copy(), predict(network, plan, P, X)
    for size in (1, 2, 17, 299):
        apart = np.concatenate([predict(network, plan, P, X[k : k + size]) for k in range(0, 300, size)])
        close = 1e-5 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(apart, together, rtol=close, atol=close)
    np.testing.assert_array_equal(P, kept)


@pytest.mark.parametrize(
    "more",
    [
        {"noise": 0.5},
        {"gaussian": (True, True, True), "keep": 0.5},
        {"smoothing": 0.3},
        {"proximal": (0.1, 0.1, 0.1)},
        {"max_norm": (0.1, 0.1, 0.1)},
        {"clip_value": 0.1, "clip_norm": 0.1},
    ],
    ids=lambda more: "+".join(more),
)
def test_prediction_knows_nothing_of_what_is_for_training(network, dtype, more):
    rng = np.random.default_rng(4)
    plain = make_plan((4, 7, 5, 3), "tanh")
    P, X = make_parameters(plain, rng, dtype), rng.normal(size=(20, 4)).astype(dtype)
    plan = make_plan((4, 7, 5, 3), "tanh", **more)
    np.testing.assert_array_equal(predict(network, plan, P, X), predict(network, plain, P, X))


# ------------------------------------------------------------------------------ smoothing


def test_smoothed_classes_by_hand(network):
    # probabilities 1/2, 1/4, 1/4; target (0.8, 0.1, 0.1): (0.8 + 2 * 0.2) log 2
    plan = make_plan((1, 3), (), "softmax", "categorical_cross_entropy", smoothing=0.3)
    P = np.concatenate([np.zeros(3), np.log([0.5, 0.25, 0.25])])
    by_label = np.ones((1, 1)), np.empty((0, 0)), np.zeros(1, np.int32), np.empty(0)
    one_hot = np.ones((1, 1)), np.array([[1.0, 0, 0]]), NO_LABELS, np.empty(0)
    for data in (by_label, one_hot):
        cost, found = gradient(network, plan, P, data)
        assert cost == pytest.approx(1.2 * np.log(2), rel=1e-14)
        np.testing.assert_allclose(found[3:], [0.5 - 0.8, 0.15, 0.15], rtol=1e-13)


def test_smoothed_binary_target_by_hand(network):
    # three units, each with two classes: targets (1, 0, 0.5) become (0.9, 0.1, 0.5)
    plan = make_plan((1, 3), (), "sigmoid", "binary_cross_entropy", smoothing=0.2)
    P = np.concatenate([np.zeros(3), np.log([1 / 3, 1.0, 1.0])])  # probabilities 1/4, 1/2 and 1/2
    data = np.ones((1, 1)), np.array([[1.0, 0.0, 0.5]]), NO_LABELS, np.empty(0)
    cost, found = gradient(network, plan, P, data)
    expected = -0.9 * np.log(0.25) - 0.1 * np.log(0.75) + 2 * np.log(2)
    assert cost == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(found[3:], [0.25 - 0.9, 0.5 - 0.1, 0], rtol=1e-13, atol=1e-15)


def test_a_step_of_training_has_the_smoothed_cost(network):
    plan = make_plan((1, 3), (), "softmax", "categorical_cross_entropy", smoothing=0.3)
    P = np.concatenate([np.zeros(3), np.log([0.5, 0.25, 0.25])])
    data = np.zeros((2, 1)), np.empty((0, 0)), np.zeros(2, np.int32), np.empty(0)
    costs = train(network, plan, P, data, np.array([[1.0]]), 2)
    assert costs[0] == pytest.approx(1.2 * np.log(2), rel=1e-14)
    np.testing.assert_allclose(P[3:], np.log([0.5, 0.25, 0.25]) - [-0.3, 0.15, 0.15], rtol=1e-13)


def test_squared_error_is_not_smoothed(network):
    rng = np.random.default_rng(4)
    plain, smoothed = (make_plan((3, 2), (), "identity", "squared_error", smoothing=s) for s in (0.0, 0.3))
    P, data = make_parameters(plain, rng), make_data(plain, rng, 10)
    assert gradient(network, plain, P, data)[0] == gradient(network, smoothed, P, data)[0]


# ------------------------------------------------------------------------------ noise and Gaussian dropout


def test_noise_and_factors_are_those_of_the_stand_alone_kernels(network):
    x = np.random.default_rng(4).normal(size=9)
    for step in (0, 3, 2**31):
        plan, P = identity_net(9, noise=0.4, seed=2**40 + 3)
        A = cregnet.gaussian_noise(x[:, None], 0.4, 2**40 + 3, 0, step)
        np.testing.assert_allclose(what_arrives(network, plan, P, x, step), A[:, 0], rtol=1e-13)
        plan, P = identity_net(9, gaussian=(True,), keep=0.6, noise=0.4, seed=2**40 + 3)
        M = cregnet.gaussian_dropout_factors((9, 1), 0.6, 2**40 + 3, 0, step)
        np.testing.assert_allclose(what_arrives(network, plan, P, x, step), (A * M)[:, 0], rtol=1e-13)


def test_every_step_of_training_draws_anew(network):
    """Steps k of a call and a gradient of step k see the same draws."""
    rng = np.random.default_rng(4)
    plan = make_plan((4, 7, 5, 3), "tanh", **FEATURES["all"])
    P, data = make_parameters(plan, rng), make_data(plan, rng, 12)
    by_hand = P.copy()
    train(network, plan, P, data, np.full((4, 1), 0.1), 12, first_step=6)
    trained = slice(plan.layout.n_trained)
    for step in range(6, 10):
        by_hand[trained] -= 0.1 * gradient(network, plan, by_hand, data, step)[1][trained]
    np.testing.assert_allclose(P[trained], by_hand[trained], rtol=1e-10, atol=1e-12)
