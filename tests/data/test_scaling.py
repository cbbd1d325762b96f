"""Standardising by the scale of the training set, for numbers of any size."""

import re

import mpmath
import numpy as np
import pytest

import regnet as rn


def test_standardize_by_hand():
    # mean 2 and 10; deviation sqrt(((1-2)^2 + (3-2)^2)/2) = 1 and sqrt((16 + 16)/2) = 4
    found = rn.standardize([[1.0, 6.0], [3.0, 14.0]])
    np.testing.assert_array_equal(found, [[-1.0, -1.0], [1.0, 1.0]])


def test_other_sets_use_the_training_set_s_scale():
    train, dev, test = [[1.0, 6.0], [3.0, 14.0]], [[2.0, 10.0]], [[5.0, 2.0], [2.0, 12.0], [0.0, 10.0]]
    found = rn.standardize(train, dev, test)
    assert isinstance(found, tuple)
    np.testing.assert_array_equal(found[0], [[-1.0, -1.0], [1.0, 1.0]])
    np.testing.assert_array_equal(found[1], [[0.0, 0.0]])
    np.testing.assert_array_equal(found[2], [[3.0, -2.0], [0.0, 0.5], [-2.0, 0.0]])


def test_return_scale():
    scaled, (mean, deviation) = rn.standardize([[1.0, 6.0], [3.0, 14.0]], return_scale=True)
    np.testing.assert_array_equal(scaled, [[-1.0, -1.0], [1.0, 1.0]])
    np.testing.assert_array_equal(mean, [2.0, 10.0])
    np.testing.assert_array_equal(deviation, [1.0, 4.0])
    first, second, (mean, _) = rn.standardize([[1.0], [3.0]], [[2.0]], return_scale=True)
    assert (first.shape, second.shape, mean.shape) == ((2, 1), (1, 1), (1,))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("value", [0.0, 5.0, 0.1, 0.7, 123.456, -1e-3])
@pytest.mark.parametrize("n", [1, 2, 3, 6, 7, 100, 211])
def test_a_constant_column_becomes_0(value, n, dtype):
    X = np.column_stack([np.full(n, value), np.arange(n)]).astype(dtype)
    np.testing.assert_array_equal(rn.standardize(X)[:, 0], np.zeros(n))


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        ("float32", "float32"),
        ("float64", "float64"),
        ("int64", "float64"),
        ("uint8", "float64"),
        ("bool", "float64"),
    ],
)
def test_float32_stays_and_all_else_becomes_float64(given, dtype):
    X = np.array([[0, 1], [1, 0], [1, 1]], given)
    first, second = rn.standardize(X, X.astype("float64"))
    assert first.dtype == second.dtype == dtype
    np.testing.assert_allclose(first.mean(axis=0), 0, atol=1e-7)
    np.testing.assert_allclose(first.std(axis=0), 1, rtol=1e-6)


def test_standardize_leaves_its_arguments_alone():
    X = np.array([[1.0], [3.0]])
    rn.standardize(X, X)
    np.testing.assert_array_equal(X, [[1.0], [3.0]])


def test_float32_columns_are_scaled_in_double():
    X = np.repeat((1e6 + np.arange(100_000) % 2).astype(np.float32)[:, None], 2, axis=1)
    np.testing.assert_allclose(rn.standardize(X)[:2, 0], [-1.0, 1.0], rtol=1e-6)


@pytest.mark.parametrize(
    ("sets", "error", "message"),
    [
        (([1.0, 2.0],), ValueError, "X has shape (2,), wanted (n_samples, n_features)"),
        ((np.ones((2, 2)), [1.0, 2.0]), ValueError, "set 2 has shape (2,), wanted (n_samples, 2)"),
        ((np.empty((0, 2)),), ValueError, "X is empty: shape (0, 2)"),
        ((np.ones((2, 2)), np.ones((1, 2)), np.ones((1, 3))), ValueError, "set 3 has 3 features, wanted 2"),
        (([[1.0, np.nan]],), ValueError, "X is nan at row 0, column 1"),
        ((np.ones((2, 2)), [[1.0, 2.0], [np.inf, 0.0]]), ValueError, "set 2 is inf at row 1, column 0"),
        (([["a", "b"]],), TypeError, "X has dtype <U1, wanted numbers"),
    ],
)
def test_standardize_names_a_wrong_set(sets, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        rn.standardize(*sets)


POINTS = np.random.default_rng(0).normal(1, 2, size=(40, 3))


def plainly(X, *others):
    """The textbook's formula in double, which is right for numbers whose squares are ordinary ones."""
    mean, deviation = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
    return [((A - mean) / deviation).astype(X.dtype) for A in (X, *others)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ordinary_numbers_are_standardized_to_the_same_bits_as_ever(dtype):
    for exponent in range(-36, 37, 4) if dtype == "float32" else (*range(-118, 119, 4), -119, 119):
        X = (POINTS * 10.0**exponent).astype(dtype)
        for found, expected in zip(rn.standardize(X, X[:7]), plainly(X, X[:7]), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("exponent", [-1000, -900, -600, -450, 450, 530, 800, 1000, 1020])
def test_a_scale_far_from_1_changes_no_bit(exponent):
    # a power of two changes no digit of X: the result, which has no scale, must stay the same
    X = np.ldexp(POINTS, exponent)
    with np.errstate(all="raise"):
        found, other, (mean, deviation) = rn.standardize(X, X[:7], return_scale=True)
    np.testing.assert_array_equal(found, rn.standardize(POINTS))
    np.testing.assert_array_equal(other, found[:7])
    np.testing.assert_array_equal(mean, np.ldexp(POINTS.mean(axis=0), exponent))
    np.testing.assert_array_equal(deviation, np.ldexp(POINTS.std(axis=0), exponent))


@pytest.mark.parametrize("scale", [1e160, 1e-170, 3e307, 1e-300, 1e-310, 5e-324])
def test_numbers_of_any_size_are_standardized_to_rounding(scale):
    with np.errstate(under="ignore"):
        X = np.round(POINTS * 100) * (scale / 100) if scale > 1e-300 else np.round(POINTS * 1000) * scale
    with np.errstate(all="raise"):
        found = rn.standardize(X)
    with mpmath.workprec(2400):  # every number of double precision is exact in so many digits
        for given, made in zip(X.T, found.T, strict=True):
            exact = [mpmath.mpf(float(x)) for x in given]
            mean = mpmath.fsum(exact) / len(exact)
            deviation = mpmath.sqrt(mpmath.fsum((x - mean) ** 2 for x in exact) / len(exact))
            expected = [float((x - mean) / deviation) for x in exact]
            np.testing.assert_allclose(made, expected, rtol=1e-14, atol=1e-14)


def test_columns_far_apart_are_standardized_together():
    scales = np.array([1e160, 1.0, 1e-170])
    found, other = rn.standardize(POINTS * scales, POINTS[:5] * scales)
    np.testing.assert_allclose(found, rn.standardize(POINTS), rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(found[:, 1], rn.standardize(POINTS)[:, 1])
    np.testing.assert_array_equal(other, found[:5])


def test_a_mean_that_would_overflow():
    found, (mean, deviation) = rn.standardize([[1.7e308], [1.5e308], [1.6e308]], return_scale=True)
    np.testing.assert_allclose(found[:, 0], np.sqrt(1.5) * np.array([1, -1, 0]), rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose([mean[0], deviation[0]], [1.6e308, 1e307 * np.sqrt(2 / 3)], rtol=1e-13)


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 5e-324])
def test_a_constant_column_far_from_1_becomes_0(value):
    found, (mean, deviation) = rn.standardize([[value]] * 3, return_scale=True)
    np.testing.assert_array_equal(found, np.zeros((3, 1)))
    np.testing.assert_array_equal([mean[0], deviation[0]], [value, 1.0])


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        (
            ([[1e-170], [2e-170]], [[1.0], [1e160]]),
            "set 2 is 1e+160 at row 1, column 0: more deviations of X from",
        ),
        (
            ([[1.0], [1 + 2**-52]], [[0.0]], [[-1e300]]),
            "set 3 is -1e+300 at row 0, column 0: more deviations of X",
        ),
        ((np.array([[1e-30], [2e-30]], "f4"), np.array([[1e30]], "f4")), "set 2 is 1"),
        (([[1e308], [1e308]], [[-1e308]]), "set 2 is -1e+308 at row 0, column 0: more deviations"),
    ],
)
def test_a_scaled_value_that_overflows_is_named(sets, message):
    with np.errstate(all="raise"), pytest.raises(ValueError, match="^" + re.escape(message)):
        rn.standardize(*sets)


def test_a_deviation_that_cannot_be_held_is_named():
    X = [[0.0, 0.0], [1.0, 5e-324], [2.0, 1.5e-323]]
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(rn.standardize(X)[:, 1], rn.standardize([[0.0], [1.0], [3.0]])[:, 0])
        with pytest.raises(
            ValueError, match=r"^column 1 of X has a deviation of .*, too small for all digits"
        ):
            rn.standardize(X, return_scale=True)


@pytest.mark.parametrize("value", ["x", 1, None])
def test_return_scale_is_true_or_false(value):
    with pytest.raises(TypeError, match=rf"^return_scale is {value!r}, wanted True or False$"):
        rn.standardize([[1.0], [2.0]], return_scale=value)
