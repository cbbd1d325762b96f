"""Batch normalisation: twins, derivative, padding, values by hand, folding, running statistics."""

import numpy as np
import pytest

import cregnet.reference
from twins import SHAPES, assert_twins, check_cases, reals

EPSILON = 1e-5
PADDING = (0, 1, 5)


def column(rng, n_units, dtype):
    return reals(rng, n_units, 1, dtype=dtype)


def shift(rng, n_units, dtype):
    """Means and variances: away from 0, or nothing could be said of relative errors."""
    return (2 + rng.random((n_units, 1))).astype(dtype)


def forward_cases(rng, dtype):
    for number, (n_units, n_examples) in enumerate(SHAPES):
        Z = reals(rng, n_units, n_examples + PADDING[number % 3], dtype=dtype)
        Z += shift(rng, n_units, dtype)
        outputs = [np.full(shape, np.nan, dtype) for shape in (Z.shape, Z.shape, (n_units, 1), (n_units, 1))]
        gamma, beta = column(rng, n_units, dtype), column(rng, n_units, dtype)
        yield Z, gamma, beta, *outputs, {"n_examples": n_examples}


def backward_cases(rng, dtype):
    for number, (n_units, n_examples) in enumerate(SHAPES):
        dA, Zhat = (reals(rng, n_units, n_examples + PADDING[number % 3], dtype=dtype) for _ in range(2))
        dA += 1
        Zhat += 1
        outputs = [np.full(shape, np.nan, dtype) for shape in (dA.shape, (n_units, 1), (n_units, 1))]
        gamma, variance = column(rng, n_units, dtype), shift(rng, n_units, dtype)
        yield dA, Zhat, gamma, variance, *outputs, {"n_examples": n_examples}


def given_statistics(rng, n_units, dtype):
    return (
        *(column(rng, n_units, dtype) for _ in range(2)),
        shift(rng, n_units, dtype),
        shift(rng, n_units, dtype),
    )


def predict_cases(rng, dtype):
    for shape in SHAPES:
        Z, given = reals(rng, *shape, dtype=dtype), given_statistics(rng, shape[0], dtype)
        yield Z, *given, np.zeros(shape, dtype)


def fold_cases(rng, dtype):
    for n_out, n_in in SHAPES:
        W = reals(rng, n_out, n_in, dtype=dtype)
        b_out = np.empty((n_out, 1), dtype)
        yield W, *given_statistics(rng, n_out, dtype), np.empty_like(W), b_out


def statistics_cases(rng, dtype):
    for n_units in (0, 1, 7, 16, 33):
        for decay, n_examples in ((0.9, 1), (0.99, 2), (0.0, 128)):
            yield *(shift(rng, n_units, dtype) for _ in range(4)), decay, n_examples


CASES = {
    "batch_norm": forward_cases,
    "batch_norm_backward": backward_cases,
    "batch_norm_predict": predict_cases,
    "batch_norm_fold": fold_cases,
    "batch_norm_statistics": statistics_cases,
}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype))


# ------------------------------------------------------------------------------ forward and backward


def forward(core, Z, gamma, beta, epsilon=EPSILON, n_examples=None):
    """Zhat, A, mean and variance; Z is left alone."""
    A, Zhat, mean, variance = core.batch_norm(Z, gamma, beta, epsilon=epsilon, n_examples=n_examples)
    return Zhat, A, mean, variance


def test_by_hand(core, dtype):
    Z = np.array([[1, 2, 3, 6]], dtype)  # mean 3, deviations -2 -1 0 3, variance 3.5
    gamma, beta = np.array([[2]], dtype), np.array([[10]], dtype)
    Zhat, A, mean, variance = forward(core, Z, gamma, beta, epsilon=0.5)
    np.testing.assert_allclose(Zhat, [[-1, -0.5, 0, 1.5]], rtol=1e-6)
    np.testing.assert_allclose(A, [[8, 9, 10, 13]], rtol=1e-6)
    assert (mean[0, 0], variance[0, 0]) == (3, 3.5)


@pytest.mark.parametrize("n_examples", [2, 3, 16, 37])
@pytest.mark.parametrize("padding", [0, 3])
def test_backward_is_the_derivative(core, n_examples, padding):
    # cost = sum of C * A, so that dA = C
    rng = np.random.default_rng(n_examples)
    n_units, h = 3, 1e-5
    Z = rng.normal(1.0, 2.0, (n_units, n_examples + padding))
    C = rng.normal(size=Z.shape)
    gamma, beta = rng.normal(size=(n_units, 1)), rng.normal(size=(n_units, 1))

    def cost():
        _, A, _, _ = forward(core, Z, gamma, beta, 0.1, n_examples)
        return float((C * A).sum())

    def numerical(array):
        slope = np.zeros_like(array)
        for at in np.ndindex(array.shape):
            kept = array[at]
            array[at] = kept + h
            above = cost()
            array[at] = kept - h
            slope[at] = (above - cost()) / (2 * h)
            array[at] = kept
        return slope

    Zhat, _, _, variance = forward(core, Z, gamma, beta, 0.1, n_examples)
    dZ, dgamma, dbeta = core.batch_norm_backward(C, Zhat, gamma, variance, epsilon=0.1, n_examples=n_examples)
    for ours, array in ((dZ, Z), (dgamma, gamma), (dbeta, beta)):
        slope = numerical(array)
        difference = np.linalg.norm(ours - slope) / (np.linalg.norm(ours) + np.linalg.norm(slope))
        assert difference < 1e-7


def test_gradient_has_nothing_along_the_mean_and_the_deviation(core, dtype):
    # shifting a unit's Z, or stretching it about its mean, changes nothing
    rng = np.random.default_rng(4)
    Z, gamma = reals(rng, 5, 200, dtype=dtype), np.ones((5, 1), dtype)
    Zhat, _, _, variance = forward(core, Z, gamma, gamma, 1e-30)
    dZ, dgamma, dbeta = reals(rng, 5, 200, dtype=dtype), gamma.copy(), gamma.copy()
    core.batch_norm_backward(dZ, Zhat, gamma, variance, dZ, dgamma, dbeta, epsilon=1e-30)
    close = 100 * np.finfo(dtype).eps
    assert np.abs(dZ.sum(axis=1)).max() < close
    assert np.abs((dZ * Zhat).sum(axis=1)).max() < close


@pytest.mark.parametrize("width", [1, 16, 33])
def test_a_batch_of_one_gives_beta_and_no_gradient(core, dtype, width):
    rng = np.random.default_rng(5)
    Z, gamma, beta = reals(rng, 6, width, dtype=dtype), column(rng, 6, dtype), column(rng, 6, dtype)
    Zhat, A, mean, variance = forward(core, Z, gamma, beta, n_examples=1)
    np.testing.assert_array_equal(A[:, :1], beta)
    np.testing.assert_array_equal(mean, Z[:, :1])
    np.testing.assert_array_equal(variance, 0)
    dA = reals(rng, 6, width, dtype=dtype)
    above, dgamma, dbeta = dA[:, :1].copy(), np.empty_like(gamma), np.empty_like(beta)
    core.batch_norm_backward(dA, Zhat, gamma, variance, dA, dgamma, dbeta, n_examples=1)
    np.testing.assert_array_equal(dA, 0)
    np.testing.assert_array_equal(dgamma, 0)
    np.testing.assert_array_equal(dbeta, above)


def test_padding_counts_for_nothing_and_becomes_zero(core, dtype):
    rng = np.random.default_rng(6)
    Z, gamma, beta = reals(rng, 4, 21, dtype=dtype), column(rng, 4, dtype), column(rng, 4, dtype)
    padded = np.full((4, 32), np.nan, dtype)
    padded[:, :21] = Z
    alone, within = forward(core, Z, gamma, beta), forward(core, padded, gamma, beta, n_examples=21)
    for small, large in zip(alone, within, strict=True):
        np.testing.assert_array_equal(large[:, : small.shape[1]], small)
        assert not large[:, small.shape[1] :].any()
    dA = np.full((4, 32), np.nan, dtype)
    dA[:, :21] = Z
    core.batch_norm_backward(dA, within[0], gamma, within[3], dA, n_examples=21)
    assert np.isfinite(dA).all()
    assert not dA[:, 21:].any()


def test_a_unit_is_the_same_alone_and_among_others(core, dtype):
    rng = np.random.default_rng(7)
    Z, gamma, beta = reals(rng, 9, 100, dtype=dtype), column(rng, 9, dtype), column(rng, 9, dtype)
    together = forward(core, Z, gamma, beta)
    for i in range(9):
        alone = forward(core, Z[i : i + 1].copy(), gamma[i : i + 1], beta[i : i + 1])
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], all_of_them[i])


def test_a_mean_large_beside_the_deviation(core):
    # float32 numbers about 1000: the mean itself cannot be told in float32 to what is needed here
    Z = (1000 + 0.01 * np.random.default_rng(8).normal(size=(3, 500))).astype(np.float32)
    one = np.ones((3, 1), np.float32)
    Zhat, _, _, variance = forward(core, Z, one, one, 1e-10)
    wide = Z.astype(np.float64)
    exact = (wide - wide.mean(axis=1, keepdims=True)) / wide.std(axis=1, keepdims=True)
    np.testing.assert_allclose(Zhat, exact, rtol=0, atol=3e-6)
    np.testing.assert_allclose(variance[:, 0], wide.var(axis=1), rtol=1e-6)


def test_not_a_number_stays_in_its_unit(core, dtype):
    Z = reals(np.random.default_rng(9), 3, 40, dtype=dtype)
    Z[1, 7] = np.nan
    _, A, _, _ = forward(core, Z, np.ones((3, 1), dtype), np.zeros((3, 1), dtype))
    np.testing.assert_array_equal(np.isnan(A).any(axis=1), [False, True, False])


# ------------------------------------------------------------------------------ prediction


@pytest.mark.parametrize("in_place", [False, True])
def test_folded_weights_predict_the_same(core, dtype, in_place):
    rng = np.random.default_rng(10)
    W, X = reals(rng, 20, 30, dtype=dtype), reals(rng, 30, 50, dtype=dtype)
    gamma, beta, mean, variance = given_statistics(rng, 20, dtype)
    zero, Z, folded = np.zeros((20, 1), dtype), np.empty((20, 50), dtype), np.empty((20, 50), dtype)
    core.dense(W, zero, X, Z)
    core.batch_norm_predict(Z, gamma, beta, mean, variance, Z)
    W_out, b_out = W if in_place else np.empty_like(W), np.empty((20, 1), dtype)
    core.batch_norm_fold(W, gamma, beta, mean, variance, W_out, b_out)
    core.dense(W_out, b_out, X, folded)
    np.testing.assert_allclose(folded, Z, rtol=0, atol=1e-5 if dtype == np.float32 else 1e-13)


def test_prediction_by_the_statistics_of_a_batch_is_its_training_output(core, dtype):
    rng = np.random.default_rng(11)
    Z, gamma, beta = reals(rng, 5, 60, dtype=dtype), column(rng, 5, dtype), column(rng, 5, dtype)
    _, A, mean, variance = forward(core, Z, gamma, beta)
    core.batch_norm_predict(Z, gamma, beta, mean, variance, Z)
    np.testing.assert_allclose(Z, A, rtol=0, atol=100 * np.finfo(dtype).eps)


def test_statistics_corrected_for_their_bias(core):
    # the same batch again and again: whatever t, the corrected statistics are the batch's own
    mean, variance = np.array([[3.0], [-1.0]]), np.array([[4.0], [0.5]])
    running_mean, running_variance = np.zeros((2, 1)), np.zeros((2, 1))
    for t in range(1, 30):
        core.batch_norm_statistics(mean, variance, running_mean, running_variance, 0.9, 5)
        correction = 1 - 0.9**t
        np.testing.assert_allclose(running_mean / correction, mean, rtol=1e-13)
        np.testing.assert_allclose(running_variance / correction, variance * 5 / 4, rtol=1e-13)


def test_running_variance_is_unbiased(core):
    # batches of three from numbers of variance 4: the biased variances average 8/3
    rng = np.random.default_rng(12)
    batches = rng.normal(0, 2, (20_000, 1, 3))
    found = []
    for Z in batches:
        variance = np.array([[Z.var()]])
        running = np.zeros((1, 1))
        core.batch_norm_statistics(np.zeros((1, 1)), variance, np.zeros((1, 1)), running, 0.0, 3)
        found.append(running[0, 0])
    assert abs(np.mean(found) - 4) < 4 * np.std(found) / np.sqrt(len(found))


# ------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("epsilon", [0.0, -1.0, np.nan, np.inf])
def test_epsilon_outside_is_refused(core, epsilon):
    one, Z = np.ones((2, 1)), np.ones((2, 3))
    message = r"epsilon is .*, wanted a number > 0"
    with pytest.raises(ValueError, match=message):
        forward(core, Z, one, one, epsilon)
    with pytest.raises(ValueError, match=message):
        core.batch_norm_backward(Z, Z, one, one, epsilon=epsilon)
    with pytest.raises(ValueError, match=message):
        core.batch_norm_predict(Z, one, one, one, one, Z, epsilon=epsilon)
    with pytest.raises(ValueError, match=message):
        core.batch_norm_fold(Z, one, one, one, one, epsilon=epsilon)
    np.testing.assert_array_equal(Z, 1)


@pytest.mark.parametrize("n_examples", [-1, 4])
def test_examples_beyond_the_columns_are_refused(core, n_examples):
    one, Z = np.ones((2, 1)), np.ones((2, 3))
    message = rf"n_examples is {n_examples}, wanted a whole number from 0 to 3"
    with pytest.raises(ValueError, match=message):
        forward(core, Z, one, one, EPSILON, n_examples)
    with pytest.raises(ValueError, match=message):
        core.batch_norm_backward(Z, Z, one, one, n_examples=n_examples)


@pytest.mark.parametrize("decay", [-0.1, 1.0, np.nan])
def test_decay_outside_is_refused(core, decay):
    one = np.ones((2, 1))
    with pytest.raises(ValueError, match=r"decay is .*, wanted 0 <= decay < 1"):
        core.batch_norm_statistics(one, one, one, one, decay, 3)


def test_statistics_of_no_examples_are_refused(core):
    one = np.ones((2, 1))
    with pytest.raises(ValueError, match="n_examples is 0, wanted a whole number >= 1"):
        core.batch_norm_statistics(one, one, one, one, 0.9, 0)


def test_shapes_must_fit(core):
    one, Z, wrong = np.ones((2, 1)), np.ones((2, 3)), np.ones((3, 1))
    with pytest.raises(ValueError, match=r"gamma has shape \(3, 1\), wanted \(2, 1\)"):
        core.batch_norm(Z, wrong, one)
    with pytest.raises(ValueError, match=r"A has shape \(2, 2\), wanted \(2, 3\)"):
        core.batch_norm(Z, one, one, np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"Zhat has shape \(3, 1\), wanted \(2, 3\)"):
        core.batch_norm_backward(Z, wrong, one, one)
    with pytest.raises(ValueError, match=r"variance has shape \(3, 1\), wanted \(2, 1\)"):
        core.batch_norm_predict(Z, one, one, one, wrong)
    with pytest.raises(ValueError, match=r"b_out has shape \(3, 1\), wanted \(2, 1\)"):
        core.batch_norm_fold(Z, one, one, one, one, None, wrong)
    with pytest.raises(ValueError, match=r"running_mean has shape \(3, 1\), wanted \(2, 1\)"):
        core.batch_norm_statistics(one, one, wrong, one, 0.9, 3)


def test_twin_is_compared_with_padding_that_is_not_a_number(core):
    Z = np.full((2, 5), np.nan)
    Z[:, :3] = [[1, 2, 4], [3, 3, 9]]
    one = np.ones((2, 1))
    outputs = np.empty_like(Z), np.empty_like(Z), one.copy(), one.copy()
    assert_twins(
        core.batch_norm, cregnet.reference.batch_norm, (Z, one, one.copy(), *outputs, {"n_examples": 3})
    )
