"""Weights of the examples: how they are scaled, and what is refused."""

import re

import numpy as np
import pytest

from regnet.data import check_weights

F32, F64 = np.dtype("float32"), np.dtype("float64")


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        ([1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]),
        ([1, 2, 3, 2], [0.5, 1.0, 1.5, 1.0]),
        ([0, 0, 0, 5], [0.0, 0.0, 0.0, 4.0]),
        (np.array([True, False, True, False]), [2.0, 0.0, 2.0, 0.0]),
        ([1e300, 1e300, 2e300, 0.0], [1.0, 1.0, 2.0, 0.0]),
        ([1e-300, 1e-300, 2e-300, 0.0], [1.0, 1.0, 2.0, 0.0]),
        ([1e308, 1e308, 1e308, 1e308], [1.0, 1.0, 1.0, 1.0]),
        ([1e-320, 1e-320, 1e-320, 1e-320], [1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_weights_are_scaled_to_a_mean_of_1(weight, expected, dtype):
    found = check_weights(weight, 4, dtype)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_no_weights_are_an_empty_array():
    found = check_weights(None, 4, F32)
    assert found.shape == (0,)
    assert found.dtype == F32


def test_weights_are_not_changed_in_place():
    weight = np.array([1.0, 3.0])
    check_weights(weight, 2, F64)
    np.testing.assert_array_equal(weight, [1.0, 3.0])


@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        ([1.0] * 3, ValueError, "sample_weight has shape (3,), wanted (4,) as X has 4 rows"),
        (np.ones((4, 1)), ValueError, "sample_weight has shape (4, 1), wanted (4,)"),
        (1.0, ValueError, "sample_weight has shape"),
        ([1, 1, -1, 1], ValueError, "sample_weight has a negative value or is all zero, wanted >= 0"),
        ([0, 0, 0, 0], ValueError, "sample_weight has a negative value or is all zero, wanted >= 0"),
        ([1, 1, np.nan, 1], ValueError, "sample_weight is nan at row 2"),
        ([1, 1, 1, np.inf], ValueError, "sample_weight is inf at row 3"),
        (["a"] * 4, TypeError, "sample_weight has dtype <U1, wanted numbers"),
        ("balanced", TypeError, "sample_weight is 'balanced', wanted an array, a frame or a list"),
    ],
)
def test_wrong_weights_are_named(weight, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        check_weights(weight, 4, F64)
