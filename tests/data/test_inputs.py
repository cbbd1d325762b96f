"""Inputs: what becomes an array of numbers, and what is refused."""

import re

import numpy as np
import pytest

from regnet.data import check_inputs, inputs

F32, F64 = np.dtype("float32"), np.dtype("float64")


GRID = np.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize(
    "X",
    [
        GRID,
        GRID.astype("float32"),
        GRID.astype("float16"),
        GRID.astype("longdouble"),
        GRID.astype("int64"),
        GRID.astype("uint8"),
        GRID.astype(">f8"),
        np.asfortranarray(GRID),
        np.repeat(np.repeat(GRID, 2, axis=0), 2, axis=1)[::2, ::2],
        GRID[::-1, ::-1].copy()[::-1, ::-1],
        GRID.tolist(),
        tuple(map(tuple, GRID.astype(int).tolist())),
    ],
    ids=["float64", "float32", "float16", "longdouble", "int64", "uint8", "big-endian", "Fortran", "strided",
         "reversed", "list", "tuple"],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
def test_any_numbers_become_a_contiguous_array_of_the_dtype(X, dtype):
    found = check_inputs(X, dtype, 3)
    assert found.dtype == dtype
    assert found.dtype.isnative
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, GRID)


def test_bools_are_numbers():
    np.testing.assert_array_equal(check_inputs([[True, False]], F32, 2), [[1, 0]])


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
def test_no_copy_where_none_is_needed(dtype):
    X = GRID.astype(dtype)
    assert np.shares_memory(check_inputs(X, dtype, 3), X)
    X.flags.writeable = False
    assert np.shares_memory(check_inputs(X, dtype, 3), X)
    assert np.shares_memory(check_inputs(X[1:3], dtype, 3), X)


def test_copies_leave_the_original_alone():
    X = np.asfortranarray(GRID)
    check_inputs(X, F64, 3)[:] = -1
    np.testing.assert_array_equal(X, GRID)


def test_a_memory_map_is_taken(tmp_path):
    X = np.memmap(tmp_path / "X", dtype="float64", mode="w+", shape=(4, 3))
    X[:] = GRID
    assert np.shares_memory(check_inputs(X, F64, 3), X)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.ones((2, 3), object), TypeError, "X has dtype object, wanted numbers (float, integer or bool)"),
        ([["1", "2", "3"]], TypeError, "X has dtype <U1, wanted numbers (float, integer or bool)"),
        (np.ones((2, 3), complex), TypeError, "X has dtype complex128, wanted numbers"),
        (np.zeros((2, 3), "M8[s]"), TypeError, "X has dtype datetime64[s], wanted numbers"),
        (None, TypeError, "X is None, wanted an array, a frame or a list with one entry per row"),
        ("abc", TypeError, "X is 'abc', wanted an array, a frame or a list"),
        ((row for row in GRID), TypeError, "X is a generator, wanted an array, a frame or a list"),
        ({"a": [1.0]}, TypeError, "X is a dict, wanted an array, a frame or a list"),
        ({1.0, 2.0}, TypeError, "X is a set, wanted an array, a frame or a list"),
        (map(abs, [1]), TypeError, "X is a map, wanted an array, a frame or a list"),
        (
            [[1, 2, 3], [4, 5]],
            ValueError,
            "X has 2 values in row 1 and 3 values in row 0, wanted rows of one",
        ),
        (
            ([1, 2, 3], [4, 5, 6], 7),
            ValueError,
            "X has a number in row 2 and 3 values in row 0, wanted",
        ),
        (
            [[1, 2, [3]], [4, 5, 6]],
            ValueError,
            "X has rows with entries of different lengths, wanted one number",
        ),
        (
            [[1, 2, 3], [4, None, 6]],
            TypeError,
            "X has dtype object, wanted numbers (float, integer or bool); it holds None at row 1, column 1",
        ),
        (np.ones((2, 3), object), TypeError, "(float, integer or bool): astype(float) makes them"),
        (
            np.ma.masked_equal(GRID, 4),
            ValueError,
            "X has masked values, wanted all of them: fill them or drop their rows",
        ),
        ([1.0, 2.0, 3.0], ValueError, "X has shape (3,), wanted (n_samples, 3)"),
        (1.0, ValueError, "wanted (n_samples, 3)"),
        (np.ones((2, 3, 1)), ValueError, "X has shape (2, 3, 1), wanted (n_samples, 3)"),
        ([], ValueError, "X has shape (0,), wanted (n_samples, 3)"),
        (np.empty((0, 3)), ValueError, "X is empty: shape (0, 3), wanted at least one row"),
        (np.ones((2, 4)), ValueError, "X has 4 features, wanted 3 as the model's input"),
        (np.ones((2, 0)), ValueError, "X has 0 features, wanted 3 as the model's input"),
    ],
)
def test_wrong_inputs_are_named(X, error, message):
    with pytest.raises(error, match=re.escape(message)):
        check_inputs(X, F64, 3)


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 2), (2, 1), (3, 2)])
def test_a_value_that_is_not_finite_is_named_with_its_place(row, column, value, dtype):
    X = GRID.astype(dtype)
    X[row, column] = value
    X[3, 2] = value  # the first one is named
    message = f"X is {value} at row {row}, column {column}, wanted finite {dtype} numbers"
    with pytest.raises(ValueError, match=re.escape(message)):
        check_inputs(X, dtype, 3)
    with pytest.raises(ValueError, match=re.escape(message)):
        check_inputs(np.asfortranarray(X), dtype, 3)


@pytest.mark.parametrize("at", [0, 6, 7, 8, 13, 14, 20])
def test_the_place_is_right_in_every_block_that_is_looked_at(at, monkeypatch):
    monkeypatch.setattr(inputs, "CHECK_SIZE", 7)
    X = np.zeros((7, 3))
    X.flat[at] = np.nan
    with pytest.raises(ValueError, match=f"row {at // 3}, column {at % 3},"):
        check_inputs(X, F64, 3)


def test_overflow_into_float32_is_named():
    X = GRID.copy()
    X[1, 2] = 1e39
    with pytest.raises(
        ValueError, match=re.escape("X is inf at row 1, column 2, wanted finite float32 numbers")
    ):
        check_inputs(X, F32, 3)
    assert check_inputs(X, F64, 3)[1, 2] == 1e39


def test_the_name_in_the_message_can_be_chosen():
    with pytest.raises(ValueError, match=re.escape("validation X has 3 features, wanted 2")):
        check_inputs(GRID, F64, 2, "validation X")
