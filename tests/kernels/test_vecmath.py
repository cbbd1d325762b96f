"""exp, log and tanh of the core against long arithmetic: errors in units in the last place."""

import mpmath
import numpy as np
import pytest

mpmath.mp.prec = 120


def ulps(values, exact, dtype):
    """Errors in units in the last place of the exact values."""
    exponent = np.array([mpmath.frexp(e)[1] for e in exact])
    bits = np.finfo(dtype).nmant + 1
    tiny = np.finfo(dtype).minexp
    unit = [mpmath.ldexp(1, int(max(e - bits, tiny - bits + 1))) for e in exponent]
    return max(float(abs(mpmath.mpf(float(v)) - e) / u) for v, e, u in zip(values, exact, unit, strict=True))


def points(dtype, low, high, n=400):
    return np.random.default_rng(0).uniform(low, high, (1, n)).astype(dtype)


@pytest.mark.parametrize(("low", "high"), [(-30, 30), (-1, 1), (-1e-3, 1e-3), (-700, 700)])
def test_sigmoid_is_right_to_four_ulp(core, dtype, low, high):
    if dtype == np.float32:
        low, high = max(low, -80), min(high, 80)
    Z = points(dtype, low, high)
    A = np.empty_like(Z)
    core.sigmoid(Z, A)
    assert ulps(A[0], [1 / (1 + mpmath.exp(-mpmath.mpf(float(z)))) for z in Z[0]], dtype) < 4


@pytest.mark.parametrize(("low", "high"), [(-30, 30), (-1, 1), (-1e-3, 1e-3), (-1e-20, 1e-20)])
def test_tanh_is_right_to_four_ulp(core, dtype, low, high):
    Z = points(dtype, low, high)
    A = np.empty_like(Z)
    core.tanh(Z, A)
    assert ulps(A[0], [mpmath.tanh(mpmath.mpf(float(z))) for z in Z[0]], dtype) < 4


def test_exp_reaches_subnormal_numbers(core):
    Z = np.array([[-720.0, -740.0, -745.0]])  # sigmoid(z) = exp(z) down here
    A = np.empty_like(Z)
    core.sigmoid(Z, A)
    np.testing.assert_allclose(A, np.exp(Z), rtol=0, atol=5e-324)
    assert A[0, 2] > 0


@pytest.mark.parametrize(("low", "high"), [(-40, 40), (-1, 1), (-1e-3, 1e-3)])
def test_binary_cost_of_one_example_is_right(core, low, high):
    for z in points(np.float64, low, high, 60)[0]:
        Z, Y = np.array([[z]]), np.array([[0.0]])
        exact = mpmath.log(1 + mpmath.exp(mpmath.mpf(float(z))))
        assert abs(core.binary_cross_entropy(Z, Y)[0] / float(exact) - 1) < 1e-15


def test_log_sum_is_right_for_many_classes(core):
    for n in (2, 10, 1000):
        Z = points(np.float64, -3, 3, n).reshape(n, 1)
        Y = np.zeros((n, 1))
        Y[0] = 1
        exact = mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(float(z))) for z in Z[:, 0])) - mpmath.mpf(
            float(Z[0, 0])
        )
        cost, _ = core.categorical_cross_entropy(Z, Y)
        assert abs(cost / float(exact) - 1) < 1e-14
