"""Averages along time."""

import re

import numpy as np
import pytest

import regnet as rn

# ------------------------------------------------------------------------------ exponential_average


def weighted(x, beta, correct):
    """The definition written out: v_t = (1 - beta) sum_s beta^(t - s) x_s."""
    n = len(x)
    weights = np.array(
        [[(1 - beta) * beta ** (t - s) if s <= t else 0.0 for s in range(n)] for t in range(n)]
    )
    if correct:
        weights = weights / weights.sum(axis=1, keepdims=True)
    return np.tensordot(weights, x, axes=1)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("shape", [(1,), (40,), (40, 3), (7, 2, 3)])
def test_it_is_the_weighted_sum_of_the_definition(beta, correct, shape):
    x = np.random.default_rng(1).normal(size=shape)
    found = rn.exponential_average(x, beta, bias_correction=correct)
    np.testing.assert_allclose(found, weighted(x, beta, correct), rtol=1e-12, atol=1e-13)


def test_the_notes_first_days_of_temperature():
    # v_1 = 0.02 * 40 = 0.8 where 40 is meant; (0.98 * 0.8 + 0.02 * 49) / (1 - 0.98^2) of the second day
    uncorrected = rn.exponential_average([40.0, 49.0], 0.98, bias_correction=False)
    np.testing.assert_allclose(uncorrected, [0.8, 0.0196 * 40 + 0.02 * 49], rtol=1e-12)
    corrected = rn.exponential_average([40.0, 49.0], 0.98)
    np.testing.assert_allclose(corrected, [40.0, (0.0196 * 40 + 0.02 * 49) / 0.0396], rtol=1e-12)


def test_a_constant_stays_a_constant_when_corrected():
    np.testing.assert_allclose(rn.exponential_average(np.full(100, 3.0), 0.99), 3.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("float32", "float32"),
        ("float64", "float64"),
        ("int64", "float64"),
        ("bool", "float64"),
        ("float16", "float64"),
    ],
)
def test_dtype(given, wanted):
    assert rn.exponential_average(np.ones(3, given), 0.5).dtype == wanted


def test_sums_are_accumulated_in_double():
    x = np.random.default_rng(2).uniform(size=5000).astype(np.float32)
    exact = rn.exponential_average(x.astype(np.float64), 0.999)
    np.testing.assert_array_equal(rn.exponential_average(x, 0.999), exact.astype(np.float32))


def test_an_empty_series_and_no_change_of_the_argument():
    assert rn.exponential_average([], 0.9).shape == (0,)
    x = np.arange(4.0)
    rn.exponential_average(x, 0.9)
    np.testing.assert_array_equal(x, np.arange(4.0))


@pytest.mark.parametrize(
    ("x", "beta", "error", "message"),
    [
        ([1.0], 1.0, ValueError, "beta is 1.0, wanted 0 <= beta < 1"),
        ([1.0], -0.1, ValueError, "beta is -0.1, wanted 0 <= beta < 1"),
        ([1.0], "0.9", TypeError, "beta is '0.9', wanted 0 <= beta < 1"),
        (["a"], 0.9, TypeError, "x has dtype <U1, wanted numbers (float, integer or bool)"),
        (3.0, 0.9, ValueError, "x is a single number, wanted a series along the first axis"),
    ],
)
def test_wrong_argument_is_named(x, beta, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        rn.exponential_average(x, beta)
