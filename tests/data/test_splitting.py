"""Splitting: the sizes of the sets, their classes, and what stays together."""

import re

import numpy as np
import pytest

import regnet as rn
from regnet.data.splitting import split_sizes

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
