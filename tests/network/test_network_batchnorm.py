"""Batch norm in the network: its statistics, its batches, its best weights."""

import numpy as np
import pytest

from network.networks import (
    constant_rates,
    gradient,
    make_data,
    make_parameters,
    make_plan,
    predict,
    train,
    weights,
)

EPSILON = 1e-5


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
