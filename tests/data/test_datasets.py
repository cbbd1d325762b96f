"""Data to play with: the football field made here, and the course's own file."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from regnet.datasets import load_football, make_football

# ------------------------------------------------------------------------------ make_football


@pytest.mark.parametrize(("n_train", "n_test"), [(211, 200), (10, 3), (2, 2)])
def test_shapes_and_dtypes(n_train, n_test):
    X_train, y_train, X_test, y_test = make_football(n_train, n_test)
    assert (X_train.shape, X_test.shape) == ((n_train, 2), (n_test, 2))
    assert (y_train.shape, y_test.shape) == ((n_train,), (n_test,))
    assert X_train.dtype == X_test.dtype == np.float64
    assert y_train.dtype == y_test.dtype == np.int64


def test_default_sizes_are_the_course_s():
    assert [len(part) for part in make_football()] == [211, 211, 200, 200]


def test_points_fill_the_field_evenly():
    X, _, X_test, _ = make_football(20_000, 5000)
    for points in (X, X_test):
        assert abs(points).max() < 0.5
        # uniform on -1/2 .. 1/2: mean 0, variance 1/12, fourth moment 1/80
        assert abs(points.mean(axis=0)).max() < 4 * np.sqrt(1 / 12 / len(points))
        assert abs(points.var(axis=0) - 1 / 12).max() < 4 * np.sqrt((1 / 80 - 1 / 144) / len(points))
        assert abs(np.corrcoef(points.T)[0, 1]) < 4 / np.sqrt(len(points))


def test_without_noise_the_diagonal_divides():
    X_train, y_train, X_test, y_test = make_football(500, 500, noise=0)
    np.testing.assert_array_equal(y_train, X_train.sum(axis=1) > 0)
    np.testing.assert_array_equal(y_test, X_test.sum(axis=1) > 0)


@pytest.mark.parametrize("noise", [0.02, 0.07, 0.2])
def test_noise_is_the_standard_deviation_of_the_border(noise):
    stats = pytest.importorskip("scipy.stats")
    X, y, _, _ = make_football(100_000, 2, noise=noise)
    p = stats.norm.cdf(X.sum(axis=1) / np.sqrt(2) / noise)  # probability of class 1
    assert abs(y.mean() - p.mean()) < 4 * np.sqrt((p * (1 - p)).sum()) / len(y)
    wrong = np.minimum(p, 1 - p)  # of being on the other side of the diagonal
    found = (y != (X.sum(axis=1) > 0)).mean()
    assert abs(found - wrong.mean()) < 4 * np.sqrt((wrong * (1 - wrong)).sum()) / len(y)


@pytest.mark.parametrize("sizes", [(211, 200), (20, 20), (5, 5), (2, 2)])
def test_both_classes_occur_in_both_sets(sizes):
    for seed in range(20):
        _, y_train, _, y_test = make_football(*sizes, seed=seed)
        assert set(y_train) == {0, 1}
        assert set(y_test) == {0, 1}


def test_points_depend_on_the_seed_alone():
    first, again, other = make_football(seed=5), make_football(seed=5), make_football(seed=6)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not (first[0] == other[0]).any()


def test_test_points_are_not_training_points():
    X_train, _, X_test, _ = make_football(300, 300)
    assert not set(X_train[:, 0]) & set(X_test[:, 0])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_train": 1}, ValueError, "n_train is 1, wanted a whole number >= 2"),
        ({"n_test": 0}, ValueError, "n_test is 0, wanted a whole number >= 2"),
        ({"n_train": 20.0}, TypeError, "n_train is 20.0, wanted a whole number >= 2"),
        ({"noise": -0.1}, ValueError, "noise is -0.1, wanted a number >= 0"),
        ({"noise": float("nan")}, ValueError, "noise is nan, wanted a number >= 0"),
        ({"noise": None}, TypeError, "noise is None, wanted a number >= 0"),
        ({"seed": -1}, ValueError, "seed is -1, wanted a whole number from 0"),
        ({"seed": 1.5}, TypeError, "seed is 1.5, wanted a whole number from 0"),
    ],
)
def test_wrong_argument_is_named(options, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        make_football(**options)


# ------------------------------------------------------------------------------ load_football


@pytest.fixture
def io():
    return pytest.importorskip("scipy.io")


ARRAYS = {
    "X": np.arange(8.0).reshape(4, 2),
    "y": np.array([[0], [1], [1], [0]], "uint8"),
    "Xval": np.arange(6.0).reshape(3, 2),
    "yval": np.array([[1], [0], [1]], "uint8"),
}


@pytest.mark.parametrize("kind", [Path, str])
def test_the_course_s_file(football, football_mat, kind):
    X_train, y_train, X_test, y_test = load_football(kind(football_mat))
    assert (X_train.shape, y_train.shape) == ((211, 2), (211,))
    assert (X_test.shape, y_test.shape) == ((200, 2), (200,))
    assert X_train.dtype == X_test.dtype == np.float64
    assert y_train.dtype == y_test.dtype == np.int64
    assert X_train.flags.c_contiguous
    assert X_test.flags.c_contiguous
    np.testing.assert_array_equal(X_train, football["X"])
    np.testing.assert_array_equal(y_train, football["y"][:, 0])
    np.testing.assert_array_equal(X_test, football["Xval"])
    np.testing.assert_array_equal(y_test, football["yval"][:, 0])
    assert set(y_train) == set(y_test) == {0, 1}


@pytest.mark.parametrize("do_compression", [False, True])
def test_arrays_of_any_dtype_are_read(io, tmp_path, do_compression):
    path = tmp_path / "field.mat"
    io.savemat(
        path, {**ARRAYS, "X": ARRAYS["X"].astype("int16"), "other": "text"}, do_compression=do_compression
    )
    X_train, y_train, X_test, y_test = load_football(path)
    np.testing.assert_array_equal(X_train, ARRAYS["X"])
    np.testing.assert_array_equal(y_train, [0, 1, 1, 0])
    np.testing.assert_array_equal(X_test, ARRAYS["Xval"])
    np.testing.assert_array_equal(y_test, [1, 0, 1])
    assert X_train.dtype == np.float64
    assert y_train.dtype == np.int64


def test_missing_file_is_named(io, tmp_path):
    path = tmp_path / "nothing.mat"
    with pytest.raises(FileNotFoundError, match=re.escape(f"there is no file {str(path)!r}")):
        load_football(path)


@pytest.mark.parametrize("name", ["X", "y", "Xval", "yval"])
def test_missing_array_is_named(io, tmp_path, name):
    path = tmp_path / "field.mat"
    io.savemat(path, {key: value for key, value in ARRAYS.items() if key != name})
    message = f"{path} has no array {name}, wanted X, y, Xval and yval"
    with pytest.raises(ValueError, match=re.escape(message)):
        load_football(path)


def test_all_missing_arrays_are_named(io, tmp_path):
    path = tmp_path / "field.mat"
    io.savemat(path, {"other": 1})
    with pytest.raises(ValueError, match=re.escape("has no array X, y, Xval, yval, wanted")):
        load_football(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"X",
        b"not a MATLAB file",
        b"nothing that MATLAB wrote, but long enough for a header " * 10,
        bytes(500),
    ],
    ids=["empty", "one byte", "short text", "text", "zeros"],
)
def test_a_file_that_is_not_matlab_s_is_named(io, tmp_path, content):
    path = tmp_path / "field.mat"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"{path} cannot be read as a MATLAB 5 file")):
        load_football(path)


@pytest.mark.parametrize("do_compression", [False, True])
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_named(io, tmp_path, kept, do_compression):
    path = tmp_path / "field.mat"
    X = np.random.default_rng(0).normal(size=(50, 2))
    io.savemat(path, {**ARRAYS, "X": X, "Xval": X}, do_compression=do_compression)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ValueError, match=re.escape(f"{path} ")):
        load_football(path)


def test_missing_scipy_is_named_with_the_extra_that_brings_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    message = "reading a MATLAB file needs SciPy: pip install 'regnet[matlab]'"
    with pytest.raises(ImportError, match=re.escape(message)):
        load_football(tmp_path / "field.mat")
