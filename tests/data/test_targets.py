"""Targets that are probabilities or numbers."""

import re

import numpy as np
import pytest

from regnet.data import check_targets

F32, F64 = np.dtype("float32"), np.dtype("float64")
BINARY, CATEGORICAL, SQUARED = "binary_cross_entropy", "categorical_cross_entropy", "squared_error"


# ------------------------------------------------------------------------------ probabilities


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize(
    "y", [[[0, 1, 0], [1, 0, 0]], [[0.2, 0.5, 0.3], [1 / 3, 1 / 3, 1 / 3]], np.eye(3, dtype=bool)[:2]]
)
def test_softmax_takes_probabilities_that_sum_to_1(y, dtype):
    found = check_targets(y, CATEGORICAL, 3, 2, None, dtype)
    np.testing.assert_allclose(found.Y, np.asarray(y, float), rtol=1e-6)
    assert found.Y.dtype == dtype
    assert found.labels.size == 0
    assert found.classes is None
    columns = found.columns(3)
    assert columns.flags.c_contiguous
    np.testing.assert_array_equal(columns, found.Y.T)


@pytest.mark.parametrize("y", [[[0, 1, 1], [0, 0, 0]], [[0.2, 0.9, 1.0], [0.0, 0.5, 0.1]]])
def test_several_sigmoids_take_any_probabilities(y):
    found = check_targets(y, BINARY, 3, 2, None, F64)
    np.testing.assert_array_equal(found.Y, y)
    assert found.classes is None


@pytest.mark.parametrize(
    ("y", "loss", "error", "message"),
    [
        ([[0.5, 0.5], [0.5, 0.5]], CATEGORICAL, ValueError, "y has shape (2, 2), wanted (2, 3)"),
        ([[0.5, 0.5], [0.5, 0.5]], BINARY, ValueError, "y has shape (2, 2), wanted (2, 3)"),
        (
            [[0, 1, 1], [1, 0, 0]],
            CATEGORICAL,
            ValueError,
            "rows of y do not all sum to 1, wanted probabilities",
        ),
        (
            [[0, 1, 2], [1, 0, 0]],
            BINARY,
            ValueError,
            "y has values from 0 to 2, wanted probabilities from 0 to 1",
        ),
        ([[-0.5, 1, 0.5], [1, 0, 0]], CATEGORICAL, ValueError, "y has values from -0.5 to 1, wanted prob"),
        ([[0, np.nan, 1], [1, 0, 0]], CATEGORICAL, ValueError, "y is nan at row 0, column 1"),
        ([["a", "b", "c"]] * 2, CATEGORICAL, TypeError, "y has dtype <U1, wanted numbers"),
    ],
)
def test_wrong_probabilities_are_named(y, loss, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        check_targets(y, loss, 3, 2, None, F64)


def test_two_columns_for_one_sigmoid_are_refused():
    with pytest.raises(ValueError, match=re.escape("y has shape (2, 2), wanted (2, 1)")):
        check_targets([[0, 1], [1, 0]], BINARY, 1, 2, None, F64)


# ------------------------------------------------------------------------------ numbers


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize("y", [[1, 2, 3], [[1], [2], [3]], np.array([1, 2, 3], "uint8")])
def test_one_number_per_row(y, dtype):
    found = check_targets(y, SQUARED, 1, 3, None, dtype)
    np.testing.assert_array_equal(found.Y, [[1], [2], [3]])
    assert found.Y.dtype == dtype
    assert found.Y.flags.c_contiguous
    assert found.labels.size == 0
    assert found.classes is None


def test_several_numbers_per_row():
    y = np.asfortranarray([[1.5, 2.0], [3.0, -4.0], [5.0, 6.0]])
    found = check_targets(y, SQUARED, 2, 3, None, F64)
    np.testing.assert_array_equal(found.Y, y)
    np.testing.assert_array_equal(found.columns(2), y.T)


@pytest.mark.parametrize(
    ("y", "n_outputs", "error", "message"),
    [
        ([1.0, 2.0, 3.0], 2, ValueError, "y has shape (3, 1), wanted (3, 2)"),
        (np.ones((3, 2)), 1, ValueError, "y has shape (3, 2), wanted (3, 1)"),
        (np.ones((3, 0)), 1, ValueError, "y has shape (3, 0), wanted (3, 1)"),
        (np.ones((3, 1, 1)), 1, ValueError, "y has shape (3, 1, 1), wanted (3, 1)"),
        ([1.0, 2.0], 1, ValueError, "y has shape (2,) and X has 3 rows"),
        ([1.0, np.nan, 3.0], 1, ValueError, "y is nan at row 1, column 0, wanted finite float32 numbers"),
        ([1.0, 2.0, 1e39], 1, ValueError, "y is inf at row 2, column 0, wanted finite float32 numbers"),
        (["a", "b", "c"], 1, TypeError, "y has dtype <U1, wanted numbers (float, integer or bool)"),
        (np.array([1, 2, 3], object), 1, TypeError, "y has dtype object, wanted numbers"),
    ],
)
def test_wrong_numbers_are_named(y, n_outputs, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        check_targets(y, SQUARED, n_outputs, 3, None, F32)


@pytest.mark.parametrize(("loss", "y"), [(BINARY, [0, 1, 2]), (SQUARED, [np.nan, 0, 0]), (SQUARED, [0])])
def test_the_name_in_the_message_of_targets_can_be_chosen(loss, y):
    with pytest.raises(ValueError, match=r"^validation y "):
        check_targets(y, loss, 1, 3, None, F64, "validation y")
