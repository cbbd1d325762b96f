"""Users' data: splitting, standardising, and the checks that everything passes once."""

import re
from decimal import Decimal

import mpmath
import numpy as np
import pytest

import regnet as rn
from regnet.data import check_inputs, check_targets, check_weights, inputs, targets
from regnet.data.splitting import split_sizes

F32, F64 = np.dtype("float32"), np.dtype("float64")
BINARY, CATEGORICAL, SQUARED = "binary_cross_entropy", "categorical_cross_entropy", "squared_error"


# ------------------------------------------------------------------------------ sizes of a split


@pytest.mark.parametrize(
    ("n", "sizes"),
    [
        (3, (1, 1, 1)),
        (5, (3, 1, 1)),
        (10, (6, 2, 2)),
        (100, (60, 20, 20)),
        (101, (61, 20, 20)),
        (999_999, (599_999, 200_000, 200_000)),
        (1_000_000, (600_000, 200_000, 200_000)),
        (1_000_001, (980_001, 10_000, 10_000)),
        (2_000_000, (1_960_000, 20_000, 20_000)),
        (50_000_000, (49_000_000, 500_000, 500_000)),
    ],
)
def test_60_20_20_up_to_a_million_and_98_1_1_above(n, sizes):
    assert split_sizes(n) == sizes


@pytest.mark.parametrize(
    ("n", "fractions", "sizes"),
    [
        (2_000_000, (0.995, 0.0025, 0.0025), (1_990_000, 5_000, 5_000)),
        (1_000_001, (0.995, 0.0025, 0.0025), (995_001, 2_500, 2_500)),
        (10, (0.8, 0.1, 0.1), (8, 1, 1)),
        (10, [0.5, 0.3, 0.2], (5, 3, 2)),
        (5, (0.995, 0.0025, 0.0025), (3, 1, 1)),
    ],
)
def test_other_fractions(n, fractions, sizes):
    assert split_sizes(n, fractions) == sizes


@pytest.mark.parametrize("fractions", [(0.1, 0.1, 0.8), (0.02, 0.49, 0.49), (0.98, 0.01, 0.01), None])
@pytest.mark.parametrize("n", [3, 4, 5, 10, 17])
def test_each_set_has_an_example(n, fractions):
    sizes = split_sizes(n, fractions)
    assert sum(sizes) == n
    assert min(sizes) >= 1


# ------------------------------------------------------------------------------ split


def parts(n, y, **options):
    """Numbers of the examples in each set, and their labels."""
    sets = rn.split(np.arange(n), y, **options)
    return [X for X, _ in sets], [labels for _, labels in sets]


@pytest.mark.parametrize("stratify", [None, False, True])
@pytest.mark.parametrize("n", [3, 10, 211, 1000])
def test_every_example_is_in_one_set(n, stratify):
    found, _ = parts(n, np.arange(n) % 2, stratify=stratify)
    assert [len(X) for X in found] == list(split_sizes(n))
    np.testing.assert_array_equal(np.sort(np.concatenate(found)), np.arange(n))


def test_rows_stay_together():
    X, y = np.arange(300.0).reshape(100, 3), np.arange(100)
    for X_part, y_part in rn.split(X, y):
        np.testing.assert_array_equal(X_part, X[y_part])


LABELS = {
    "balanced": [50, 50],
    "unbalanced": [97, 3],
    "three": [50, 30, 20],
    "not divisible": [33, 33, 33],
    "many": [39, 38, 37, 41, 38, 39, 39, 37, 38, 37, 37, 38, 40, 39, 38, 40, 39, 38, 37, 40, 41, 38, 39],
    "long tail": [500, 300, 150, 40, 9, 1],
    "ten classes of one": [90] + [1] * 10,
    "ten classes of three": [70] + [3] * 10,
}  # fmt: skip


@pytest.mark.parametrize("fractions", [None, (0.8, 0.1, 0.1), (0.5, 0.25, 0.25)])
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("counts", LABELS.values(), ids=LABELS)
def test_each_class_has_its_share_of_each_set(counts, seed, fractions):
    y = np.repeat(np.arange(len(counts)), counts)
    y = y[np.random.default_rng(seed).permutation(len(y))]
    for labels in parts(len(y), y, seed=seed, fractions=fractions)[1]:
        found = np.bincount(labels, minlength=len(counts))
        shares = np.array(counts) * len(labels) / len(y)
        assert abs(found - shares).max() <= 1


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool, str, object])
def test_labels_of_any_dtype_are_stratified(dtype):
    y = np.array([0] * 80 + [1] * 20).astype(dtype)
    for labels in parts(100, y)[1]:
        assert np.count_nonzero(labels == y[-1]) * 5 == len(labels)


def test_a_column_of_labels_is_stratified():
    y = np.array([0] * 80 + [1] * 20)[:, None]
    for labels in parts(100, y)[1]:
        assert labels.shape == (len(labels), 1)
        assert labels.sum() * 5 == len(labels)


def test_numbers_are_not_stratified_unless_asked():
    y = np.array([0.0] * 80 + [1.0] * 20)
    plain = parts(100, y)
    np.testing.assert_array_equal(plain[0][0], parts(100, y.astype(int), stratify=False)[0][0])
    for labels in parts(100, y, stratify=True)[1]:
        assert labels.sum() * 5 == len(labels)


@pytest.mark.parametrize("stratify", [False, True])
def test_split_depends_on_the_seed_alone(stratify):
    y = np.arange(100) % 2
    first = parts(100, y, seed=5, stratify=stratify)[0]
    np.random.seed(0)  # noqa: NPY002 - NumPy's global state must not matter
    again = parts(100, y, seed=5, stratify=stratify)[0]
    other = parts(100, y, seed=6, stratify=stratify)[0]
    for X_first, X_again in zip(first, again, strict=True):
        np.testing.assert_array_equal(X_first, X_again)
    assert set(first[0]) != set(other[0])


@pytest.mark.parametrize("stratify", [False, True])
def test_sets_are_not_blocks_of_the_data(stratify):
    found = parts(1000, np.arange(1000) % 2, stratify=stratify)[0]
    for X in found:  # the mean of k of 0 .. 999 has this standard error
        assert abs(X.mean() - 499.5) < 4 * 289 / np.sqrt(len(X))
        assert (np.diff(X) < 0).any()


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "<U3"])
def test_dtypes_are_kept(dtype):
    X, y = np.ones((10, 2), dtype), np.array([0, 1] * 5, "int8")
    for X_part, y_part in rn.split(X, y):
        assert X_part.dtype == dtype
        assert y_part.dtype == np.int8


def test_sets_are_copies():
    X, y = np.zeros((10, 2)), np.zeros(10, int)
    for X_part, y_part in rn.split(X, y):
        X_part += 1
        y_part += 1
    assert not X.any()
    assert not y.any()


def test_images_and_lists_can_be_split():
    (X, y), *_ = rn.split(np.zeros((10, 4, 4, 3)), ["a", "b"] * 5)
    assert X.shape == (6, 4, 4, 3)
    assert sorted(y) == ["a"] * 3 + ["b"] * 3


SIX = np.zeros((6, 2))


@pytest.mark.parametrize(
    ("X", "y", "options", "error", "message"),
    [
        (SIX, [0] * 5, {}, ValueError, "X has shape (6, 2) and y (5,), wanted the same number of rows"),
        (1.0, [0], {}, ValueError, "X has shape () and y (1,), wanted the same number of rows"),
        (SIX[:2], [0, 1], {}, ValueError, "X has 2 rows, wanted at least 3 to split in three"),
        (
            SIX,
            [0] * 6,
            {"fractions": (0.6, 0.2, 0.1)},
            ValueError,
            "fractions is (0.6, 0.2, 0.1), wanted three shares that sum to 1",
        ),
        (
            SIX,
            [0] * 6,
            {"fractions": (0.8, 0.2)},
            ValueError,
            "fractions is (0.8, 0.2), wanted three shares that sum to 1",
        ),
        (SIX, [0] * 6, {"fractions": (1.0, 0.0, 0.0)}, ValueError, "a share of fractions is 1.0, wanted 0 <"),
        (SIX, [0] * 6, {"fractions": ("1", 0, 0)}, TypeError, "a share of fractions is '1', wanted 0 <"),
        (SIX, [0] * 6, {"fractions": 0.6}, (TypeError, ValueError), "fractions is 0.6, wanted three shares"),
        (SIX, [0] * 6, {"stratify": "x"}, TypeError, "stratify is 'x', wanted True or False"),
        (SIX, [0] * 6, {"stratify": 1}, TypeError, "stratify is 1, wanted True or False"),
        (SIX, [0] * 6, {"seed": -1}, ValueError, "seed is -1, wanted a whole number"),
        (SIX, [0] * 6, {"seed": None}, TypeError, "seed is None, wanted a whole number"),
    ],
)
def test_split_names_a_wrong_argument(X, y, options, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        rn.split(X, y, **options)


# ------------------------------------------------------------------------------ standardize


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


# ------------------------------------------------------------------------------ check_inputs

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


# ------------------------------------------------------------------------------ check_weights


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


# ------------------------------------------------------------------------------ check_targets: classes

TWO = {
    "int": ([1, 0, 0, 1], [0, 1], [1, 0, 0, 1]),
    "int, not from 0": ([7, -2, -2, 7], [-2, 7], [1, 0, 0, 1]),
    "uint8": (np.array([1, 0, 0, 1], "uint8"), [0, 1], [1, 0, 0, 1]),
    "bool": ([True, False, False, True], [False, True], [1, 0, 0, 1]),
    "str": (["yes", "no", "no", "yes"], ["no", "yes"], [1, 0, 0, 1]),
    "bytes": ([b"b", b"a", b"a", b"b"], [b"a", b"b"], [1, 0, 0, 1]),
    "object strings": (np.array(["yes", "no", "no", "yes"], object), ["no", "yes"], [1, 0, 0, 1]),
    "float": ([1.5, 0.5, 0.5, 1.5], [0.5, 1.5], [1, 0, 0, 1]),
    "column": ([[1], [0], [0], [1]], [0, 1], [1, 0, 0, 1]),
    "column of strings": ([["b"], ["a"], ["a"], ["b"]], ["a", "b"], [1, 0, 0, 1]),
    "dates": (
        np.array(["2021", "2020", "2020", "2021"], "M8[Y]"),
        np.array(["2020", "2021"], "M8[Y]"),
        [1, 0, 0, 1],
    ),
}


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize(("y", "classes", "numbers"), TWO.values(), ids=TWO)
def test_two_classes_become_a_column_of_0_and_1(y, classes, numbers, dtype):
    found = check_targets(y, BINARY, 1, 4, None, dtype)
    np.testing.assert_array_equal(found.Y, np.array(numbers)[:, None])
    assert found.Y.dtype == dtype
    assert found.labels.size == 0
    np.testing.assert_array_equal(found.classes, classes)
    assert found.classes.dtype == np.asarray(y).dtype
    np.testing.assert_array_equal(found.columns(1), [numbers])


THREE = {
    "int": ([2, 0, 1, 0], [0, 1, 2]),
    "int, with gaps": ([90, 10, 30, 10], [10, 30, 90]),
    "str": (["c", "a", "b", "a"], ["a", "b", "c"]),
    "object strings": (np.array(["c", "a", "b", "a"], object), ["a", "b", "c"]),
    "float": ([2.5, 0.5, 1.5, 0.5], [0.5, 1.5, 2.5]),
    "column": ([[2], [0], [1], [0]], [0, 1, 2]),
}


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize(("y", "classes"), THREE.values(), ids=THREE)
def test_several_classes_become_class_numbers(y, classes, dtype):
    found = check_targets(y, CATEGORICAL, 3, 4, None, dtype)
    np.testing.assert_array_equal(found.labels, [2, 0, 1, 0])
    assert found.labels.dtype == np.int32
    assert found.Y.shape == (0, 3)
    np.testing.assert_array_equal(found.classes, classes)
    columns = found.columns(3)
    np.testing.assert_array_equal(columns, [[0, 1, 0, 1], [0, 0, 1, 0], [1, 0, 0, 0]])
    assert columns.dtype == dtype


def test_a_softmax_over_two_takes_two_classes():
    found = check_targets(["b", "a", "a"], CATEGORICAL, 2, 3, None, F64)
    np.testing.assert_array_equal(found.labels, [1, 0, 0])


@pytest.mark.parametrize(
    ("y", "classes", "numbers"),
    [
        ([5, 5], np.array([2, 5, 9]), [1, 1]),
        ([5.0, 9.0], np.array([2, 5, 9]), [1, 2]),
        (["bb"], np.array(["a", "bb", "ccc"]), [1]),
        (np.array(["bb"], object), np.array(["a", "bb", "ccc"]), [1]),
        (["bb"], np.array(["a", "bb", "ccc"], object), [1]),
    ],
)
def test_known_classes_need_not_all_occur(y, classes, numbers):
    found = check_targets(y, CATEGORICAL, 3, len(y), classes, F64)
    np.testing.assert_array_equal(found.labels, numbers)
    assert found.classes is classes


@pytest.mark.parametrize(
    ("y", "classes", "shown"),
    [
        ([0, 7], [0, 1], "y has the label 7, wanted one of 0, 1"),
        ([0, 0.5], [0, 1], "y has the label 0.5, wanted one of 0, 1"),
        (["no", "x"], ["no", "yes"], "y has the label 'x', wanted one of 'no', 'yes'"),
        (np.array(["no", "x"], object), ["no", "yes"], "y has the label 'x', wanted one of 'no', 'yes'"),
        (["0", "1"], [0, 1], "y has the label '0', wanted one of 0, 1"),
        ([0, 1], ["0", "1"], "y has the label 0, wanted one of '0', '1'"),
        ([-1], list(range(40)), "y has the label -1, wanted one of 0, 1, 2, 3, 4, ..., 38, 39"),
    ],
)
def test_unknown_label_is_named(y, classes, shown):
    loss, n_outputs = (BINARY, 1) if len(classes) == 2 else (CATEGORICAL, len(classes))
    with pytest.raises(ValueError, match="^" + re.escape(shown) + "$"):
        check_targets(y, loss, n_outputs, len(y), np.array(classes), F64)


@pytest.mark.parametrize("n_classes", [2, 10, 15, 30, 200])
def test_strings_are_not_taken_for_numbers(n_classes):
    classes = np.arange(n_classes)
    loss, n_outputs = (BINARY, 1) if n_classes == 2 else (CATEGORICAL, n_classes)
    with pytest.raises(ValueError, match="y has the label"):
        check_targets(classes.astype(str), loss, n_outputs, n_classes, classes, F64)


@pytest.mark.parametrize(
    ("y", "loss", "n_outputs", "message"),
    [
        ([0, 1, 2], BINARY, 1, "y has 3 classes, wanted 2 as the model's output"),
        ([0, 0, 0], BINARY, 1, "y has 1 class, wanted 2 as the model's output"),
        ([0, 1, 0], CATEGORICAL, 3, "y has 2 classes, wanted 3 as the model's output"),
        ([0, 1, 2], CATEGORICAL, 2, "y has 3 classes, wanted 2 as the model's output"),
        (["a", "b", "c"], BINARY, 1, "y has 3 classes, wanted 2 as the model's output"),
        ([0, 1, 0], CATEGORICAL, 3, "pass classes=... to Model when some have no example"),
        ([0, 1, 0], BINARY, 3, "y has one column, wanted 3: one 0 or 1 per sigmoid output"),
        ([[0], [1], [0]], BINARY, 3, "y has one column, wanted 3: one 0 or 1 per sigmoid output"),
        ([0.0, np.nan, 1.0], BINARY, 1, "y is nan at row 1, wanted finite float64 numbers"),
        ([0.0, np.inf, 1.0], CATEGORICAL, 3, "y is inf at row 1"),
        (np.array([0.0, np.nan, 1.0], "f4"), BINARY, 1, "y is nan at row 1, wanted finite float32 numbers"),
        ([0, 1], BINARY, 1, "y has shape (2,) and X has 3 rows, wanted one target per row"),
        (1, BINARY, 1, "y has shape () and X has 3 rows, wanted one target per row"),
        (np.zeros((3, 1, 1)), BINARY, 1, "y has shape (3, 1, 1), wanted one label per row"),
        (np.zeros((3, 2, 2)), CATEGORICAL, 2, "y has shape (3, 2, 2)"),
        (np.zeros((3, 0)), BINARY, 1, "y has shape (3, 0)"),
    ],
)
def test_wrong_labels_are_named(y, loss, n_outputs, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_targets(y, loss, n_outputs, 3, None, F64)


@pytest.mark.parametrize(("loss", "n_outputs"), [(BINARY, 1), (CATEGORICAL, 2)])
def test_targets_without_a_column_are_refused_where_classes_are_known_too(loss, n_outputs):
    with pytest.raises(ValueError, match=re.escape("y has shape (3, 0)")):
        check_targets(np.zeros((3, 0)), loss, n_outputs, 3, np.array([0, 1]), F64)


def test_labels_that_cannot_be_sorted_are_named():
    y = np.array(["a", 1, "b"], object)
    message = "y mixes labels that cannot be sorted, wanted labels of one type"
    with pytest.raises(TypeError, match=re.escape(message)):
        check_targets(y, BINARY, 1, 3, None, F64)
    with pytest.raises(TypeError, match=re.escape(message)):
        rn.split(np.zeros((3, 1)), y)


NAN, NAT = float("nan"), np.datetime64("NaT")
GAPS = {
    "None": ([None, "a", "a"], 0),
    "None among numbers": ([1, None, 1], 1),
    "NaN among texts": ([NAN, "a", "b"], 0),
    "one NaN": (np.array([1.0, NAN, 1.0], object), 1),
    "NaN twice": (np.array([1.0, NAN, NAN], object), 1),
    "Decimal": ([Decimal(1), Decimal(2), Decimal("NaN")], 2),
    "NaT": (np.array(["2020", "2020", "NaT"], "M8[Y]"), 2),
    "NaT to the nanosecond": (np.array(["2020", "NaT", "2021"], "M8[ns]"), 1),
    "NaT of times": (np.array([1, "NaT", 1], "m8[s]"), 1),
    "NaT as an object": (np.array([np.datetime64("2020"), NAT, np.datetime64("2021")], object), 1),
    "complex": (np.array([1, 2j, NAN]), 2),
}


@pytest.mark.parametrize(("y", "row"), GAPS.values(), ids=GAPS)
def test_a_missing_label_is_no_class(y, row):
    message = rf"has no label at row {row} \(.*\), wanted one in every row$"
    X, model = np.zeros((3, 1)), rn.Model.mlp([1, 1])
    for train in (lambda: rn.train(model, X, y), lambda: rn.fit_many([model], X, y)):
        with pytest.raises(ValueError, match="^y " + message):
            train()
    with pytest.raises(ValueError, match="^y " + message):
        model.evaluate(X, y)
    with pytest.raises(ValueError, match="^y " + message):
        rn.split(X, y, stratify=True)
    with pytest.raises(ValueError, match="^validation y " + message):
        rn.train(model, np.zeros((2, 1)), [0, 1], validation=(X, y))
    assert model.classes is None
    with pytest.raises(
        ValueError, match=rf"^classes has no label at entry {row} \(.*\), wanted one in every entry$"
    ):
        rn.Model.mlp([1, 2], classes=y)


def test_missing_labels_of_other_packages_are_no_class():
    pd = pytest.importorskip("pandas")
    for y in (pd.Series(["a", pd.NA, "b"], dtype=object), pd.Series(["a", None, "b"], dtype="string")):
        with pytest.raises(ValueError, match=r"^y has no label at row 1 \(<NA>\), wanted one in every row$"):
            check_targets(y, BINARY, 1, 3, None, F64)
    with pytest.raises(ValueError, match=r"^y has no label at row 1 \(NaT\)"):
        check_targets(pd.Series(pd.to_datetime(["2020-01-01", None, "2021-01-01"])), BINARY, 1, 3, None, F64)


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy 2 has StringDType")
def test_a_missing_text_is_no_class():
    y = np.array(["a", NAN, "b"], dtype=np.dtypes.StringDType(na_object=NAN))
    with pytest.raises(ValueError, match=r"^y has no label at row 1 \(nan\), wanted one in every row$"):
        check_targets(y, BINARY, 1, 3, None, F64)


@pytest.mark.parametrize("key", [NAN, None, NAT])
def test_class_weights_are_of_labels(key):
    X, y = np.zeros((2, 1)), [0.0, 1.0]
    with pytest.raises(ValueError, match=r"^class_weight has the label .*, wanted one of 0.0, 1.0$"):
        rn.train(rn.Model.mlp([1, 1]), X, y, class_weight={key: 2.0})


IDENTITY = 'to predict numbers give the output layer the activation "identity": output="identity"'


@pytest.mark.parametrize(
    ("y", "n_outputs", "message"),
    [
        (np.linspace(0, 1, 50), 1, f"y has 50 classes, wanted 2 as the model's output; {IDENTITY}"),
        ([0.5, 1.5, 2.5], 1, f"y has 3 classes, wanted 2 as the model's output; {IDENTITY}"),
        (np.arange(50), 3, f"y has 50 classes, wanted 3 as the model's output; {IDENTITY}"),
        ([0, 1, 2], 1, "y has 3 classes, wanted 2 as the model's output; for 3 classes it wants 3 softmax"),
        (
            list("abcd"),
            3,
            "y has 4 classes, wanted 3 as the model's output; for 4 classes it wants 4 softmax",
        ),
    ],
)
def test_too_many_classes_say_what_may_be_meant(y, n_outputs, message):
    loss = BINARY if n_outputs == 1 else CATEGORICAL
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        check_targets(y, loss, n_outputs, len(y), None, F64)


# ------------------------------------------------------------------------------ check_targets: probabilities


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


# ------------------------------------------------------------------------------ check_targets: numbers


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


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64", "float64", "U3", "object", "bool"])
@pytest.mark.parametrize("labels", [[3, 1, 3, 7, 1], [-128, 127, 5], [-3, -3], [0], [5, 10**15, 5]])
def test_distinct_labels_are_those_of_unique(labels, dtype):
    labels = np.array(labels).astype(dtype)
    found, numbers = targets.distinct(labels)
    expected, inverse = np.unique(labels, return_inverse=True)
    assert found.dtype == labels.dtype
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(numbers, inverse)


@pytest.mark.parametrize(
    ("loss", "n_outputs"), [("binary_cross_entropy", 1), ("categorical_cross_entropy", 2)]
)
def test_labels_are_numbered_by_the_models_classes_not_by_those_present(loss, n_outputs):
    found = check_targets([7, 7], loss, n_outputs, 2, np.array([3, 7]), np.dtype("float64"))
    np.testing.assert_array_equal(found.columns(n_outputs)[-1], [1, 1])
