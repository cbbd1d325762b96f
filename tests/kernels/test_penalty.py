"""Penalties: twins, derivative, values by hand."""

import numpy as np
import pytest

from twins import LENGTHS, check_cases, reals

STRENGTHS = ((0.0, 0.0), (0.1, 0.0), (0.0, 0.7), (0.3, 0.2))


def penalty_cases(rng, dtype):
    for n in LENGTHS:
        for strength in STRENGTHS:
            yield reals(rng, n, dtype=dtype), *strength


def penalty_backward_cases(rng, dtype):
    for n in LENGTHS:
        for strength in STRENGTHS:
            W = reals(rng, n, dtype=dtype)
            W[::3] = 0
            yield W, reals(rng, n, dtype=dtype), *strength


CASES = {"penalty": penalty_cases, "penalty_backward": penalty_backward_cases}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype))


def test_backward_is_the_derivative(core):
    W = np.random.default_rng(2).normal(size=20)
    dW, h = np.zeros(20), 1e-6
    core.penalty_backward(W, dW, 0.3, 0.7)
    for k in range(20):
        above, below = W.copy(), W.copy()
        above[k] += h
        below[k] -= h
        numerical = (core.penalty(above, 0.3, 0.7) - core.penalty(below, 0.3, 0.7)) / (2 * h)
        assert dW[k] == pytest.approx(numerical, rel=1e-7, abs=1e-9)


def test_by_hand(core, dtype):
    W = np.array([1, -2, 0, 3], dtype)
    assert core.penalty(W, 0.5, 0.0) == 3
    assert core.penalty(W, 0.0, 2.0) == 14
    dW = np.ones(4, dtype)
    core.penalty_backward(W, dW, 0.5, 2.0)
    np.testing.assert_array_equal(dW, [1 + 0.5 + 2, 1 - 0.5 - 4, 1, 1 + 0.5 + 6])


def test_sum_of_many_float32_squares_is_accumulated_in_double(core):
    W = np.full(20_000_000, 1, np.float32)  # a float32 sum would stop at 2^24
    assert core.penalty(W, 0.0, 2.0) == 20_000_000
