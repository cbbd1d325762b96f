"""What each regulariser does in the network: values by hand, bounds, and what prediction leaves out."""

import numpy as np
import pytest

import cregnet
from kernels.networks import (
    FEATURES,
    NO_LABELS,
    OPTIMIZERS,
    gradient,
    make_data,
    make_parameters,
    make_plan,
    n_batches,
    train,
)

EPSILON = 1e-5


def constant_rates(plan, n, batch_size, n_epochs=1, rate=0.1):
    return np.full((n_epochs, n_batches(plan, n, batch_size)), rate)


def predict(network, plan, P, X, logits=False):
    out = np.empty((len(X), plan.sizes[-1]), X.dtype)
    network.network_predict(plan, P, X, out, logits)
    return out


def weights(plan, P):
    """W of each layer, as views."""
    shapes = zip(plan.sizes[1:], plan.sizes[:-1], strict=True)
    return [P[W].reshape(shape) for W, shape in zip(plan.layout.W, shapes, strict=True)]


def identity_net(n, **more):
    """A layer that gives back what it gets, and its parameters: W = I, all else 0."""
    plan = make_plan((n, n), (), "identity", "squared_error", **more)
    P = np.zeros(plan.layout.size)
    weights(plan, P)[0][...] = np.eye(n)
    return plan, P


def what_arrives(network, plan, P, x, step=3):
    """The output of an identity net for one example in training: with targets of 0 that is db."""
    data = x[None], np.zeros((1, len(x))), NO_LABELS, np.empty(0)
    return gradient(network, plan, P, data, step)[1][plan.layout.b[0]]


# ------------------------------------------------------------------------------ after the step


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_proximal_gives_exact_zeros(network, dtype, optimizer):
    rng = np.random.default_rng(1)
    # steps of these have the length of the rate whatever the gradient's, so more is taken off
    coefficient = 0.5 if optimizer in ("rmsprop", "adam", "adamw") else 0.05
    more = {"optimizer": optimizer, "hyper": OPTIMIZERS[optimizer], "proximal": (coefficient, 0.0)}
    plan = make_plan((10, 20, 1), "tanh", **more)
    P, data = make_parameters(plan, rng, dtype, 0.3), make_data(plan, rng, 50, dtype)
    train(network, plan, P, data, constant_rates(plan, 50, 16, 100, rate=0.02), 16)
    first, last = weights(plan, P)
    assert (first == 0).mean() > 0.2
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


# ------------------------------------------------------------------------------ batch norm


def normed(Z, mean, variance, gamma, beta):
    """Batch norm by given statistics; examples are rows here."""
    return gamma * (Z - mean) / np.sqrt(variance + EPSILON) + beta


def test_statistics_are_exponentially_weighted_and_prediction_divides_by_the_weight(network, dtype):
    rng, batch_size = np.random.default_rng(4), 8
    plan = make_plan((3, 4), (), "identity", "squared_error", batch_norm=(True,))
    P, data = make_parameters(plan, rng, dtype, weight=0), make_data(plan, rng, 40, dtype)
    train(network, plan, P, data, constant_rates(plan, 40, batch_size, n_epochs=2, rate=0.0), batch_size)
    W, at, X = weights(plan, P)[0].astype(np.float64), plan.layout, data[0].astype(np.float64)
    mean, variance, weight = np.zeros(4), np.zeros(4), 0.0
    for _ in range(2):
        for start in range(0, 40, batch_size):
            Z = X[start : start + batch_size] @ W.T
            mean = 0.99 * mean + 0.01 * Z.mean(axis=0)
            variance = 0.99 * variance + 0.01 * Z.var(axis=0, ddof=1)
            weight = 0.99 * weight + 0.01
    close = {"rtol": 1e-4 if dtype == np.float32 else 1e-12, "atol": 1e-6 if dtype == np.float32 else 1e-14}
    np.testing.assert_allclose(P[at.mean[0]], mean, **close)
    np.testing.assert_allclose(P[at.variance[0]], variance, **close)
    np.testing.assert_allclose(P[at.weight], [1 - 0.99**10], **close)
    expected = normed(X @ W.T, mean / weight, variance / weight, P[at.gamma[0]], P[at.b[0]])
    np.testing.assert_allclose(predict(network, plan, P, data[0]), expected, **close)


def test_the_statistics_of_one_step_predict_with_that_batch(network):
    rng = np.random.default_rng(4)
    plan = make_plan((3, 4), (), "identity", "squared_error", batch_norm=(True,))
    P, data = make_parameters(plan, rng, weight=0), make_data(plan, rng, 10)
    train(network, plan, P, data, np.array([[0.0]]), 10)
    Z = data[0] @ weights(plan, P)[0].T
    expected = normed(Z, Z.mean(axis=0), Z.var(axis=0, ddof=1), P[plan.layout.gamma[0]], P[plan.layout.b[0]])
    np.testing.assert_allclose(predict(network, plan, P, data[0]), expected, rtol=1e-10, atol=1e-12)


def test_before_the_first_step_prediction_takes_mean_0_and_variance_1(network, dtype):
    rng = np.random.default_rng(4)
    plan = make_plan((3, 4), (), "identity", "squared_error", batch_norm=(True,))
    P, X = make_parameters(plan, rng, dtype, weight=0), rng.normal(size=(20, 3)).astype(dtype)
    expected = normed(X @ weights(plan, P)[0].T, 0, 1, P[plan.layout.gamma[0]], P[plan.layout.b[0]])
    np.testing.assert_allclose(predict(network, plan, P, X), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("n", "batch_size", "n_steps"), [(9, 8, 1), (17, 8, 2), (33, 16, 2), (18, 8, 3), (1, 1, 1)]
)
def test_a_last_batch_of_one_joins_the_batch_before_it(network, n, batch_size, n_steps):
    rng = np.random.default_rng(4)
    plan = make_plan((3, 5, 1), "tanh", batch_norm=(True, False))
    P, data = make_parameters(plan, rng, weight=0), make_data(plan, rng, n)
    apart = P.copy()
    costs = train(network, plan, P, data, np.full((1, n_steps), 0.1), batch_size)
    total = 0.0
    for k in range(n_steps):
        rows = slice(k * batch_size, n if k == n_steps - 1 else (k + 1) * batch_size)
        part = [a[rows] if a.size else a for a in data]
        total += len(part[0]) * train(network, plan, apart, part, np.array([[0.1]]), n, first_step=k)[0]
    np.testing.assert_allclose(P, apart, rtol=1e-12, atol=1e-13)
    assert costs[0] == pytest.approx(total / n, rel=1e-12)
    np.testing.assert_allclose(P[plan.layout.weight], 1 - 0.99**n_steps, rtol=1e-12)


def test_without_batch_norm_a_batch_of_one_stays(network):
    rng = np.random.default_rng(4)
    plan = make_plan((3, 5, 1), "tanh", gates=(True, True))
    P, data = make_parameters(plan, rng), make_data(plan, rng, 9)
    apart = P.copy()
    train(network, plan, P, data, np.full((1, 2), 0.1), 8)
    for k, rows in enumerate((slice(8), slice(8, 9))):
        part = [a[rows] if a.size else a for a in data]
        train(network, plan, apart, part, np.array([[0.1]]), 8, first_step=k)
    np.testing.assert_allclose(P, apart, rtol=1e-12, atol=1e-13)


def test_best_weights_come_with_the_statistics_of_their_batch(network):
    """A copy from before the forward pass would, after the first step, predict with none."""
    rng = np.random.default_rng(4)
    plan = make_plan((3, 5, 1), "tanh", batch_norm=(True, True))
    P, data = make_parameters(plan, rng, weight=0), make_data(plan, rng, 10)
    best, at, start = np.full_like(P, np.nan), plan.layout, P.copy()
    train(network, plan, P, data, np.array([[0.1]]), 10, best=best)
    np.testing.assert_array_equal(best[: at.n_trained], start[: at.n_trained])
    np.testing.assert_array_equal(best[at.n_trained :], P[at.n_trained :])
    assert best[at.weight] == pytest.approx(0.01)


@pytest.mark.parametrize("n", [8, 9])
def test_one_batch_by_joining_is_a_full_batch_to_the_best_weights(network, n):
    """The cost of a full batch is that of its weights, not of those of the epoch before."""
    rng = np.random.default_rng(4)
    plan = make_plan((3, 5, 1), "tanh", batch_norm=(True, False))
    P, data = make_parameters(plan, rng, weight=0), make_data(plan, rng, n)
    after_one, best, trained = P.copy(), np.zeros_like(P), slice(plan.layout.n_trained)
    train(network, plan, after_one, data, np.full((1, 1), 0.1), 8)
    first, second, third = train(network, plan, P, data, np.array([[0.1], [100.0], [0.1]]), 8, best=best)
    assert second < first < third  # the step that spoils them comes after the second
    np.testing.assert_array_equal(best[trained], after_one[trained])


def test_scale_of_the_weights_before_batch_norm_does_not_matter(network):
    rng = np.random.default_rng(4)
    plan = make_plan((3, 5, 1), "tanh", batch_norm=(True, False))
    P, data = make_parameters(plan, rng, scale=3.0), make_data(plan, rng, 10)
    scaled = P.copy()
    scaled[plan.layout.W[0]] *= 100
    cost, scaled_cost = (gradient(network, plan, p, data)[0] for p in (P, scaled))
    assert scaled_cost == pytest.approx(cost, rel=1e-4)


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
        A = x[:, None].copy()
        cregnet.gaussian_noise(A, 0.4, 2**40 + 3, 0, step, A)
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


# ------------------------------------------------------------------------------ gates

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
