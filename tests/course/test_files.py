"""Data sets: those made from a seed, and those read from files beside the notebook."""

import re
import sys

import numpy as np
import pytest

from regnet.course import dnn_app_utils_v2, dnn_app_utils_v3, init_utils, opt_utils, planar_utils, reg_utils

from .nets import next_draws

CLASSES = np.array([b"non-cat", b"cat"])
READERS = [init_utils.load_cat_dataset, reg_utils.load_dataset, dnn_app_utils_v3.load_data]


# ------------------------------------------------------------------------------ from a seed


def test_petals():
    """Point by point, from the course's formula."""
    X, Y = planar_utils.load_planar_dataset()
    draws = next_draws()
    stream = np.random.RandomState(1)
    for j in (0, 1):
        turns, lengths = stream.randn(200), stream.randn(200)
        for k in range(200):
            t = 3.12 * j + 3.12 * k / 199 + 0.2 * turns[k]
            r = 4 * np.sin(4 * t) + 0.2 * lengths[k]
            assert X[:, 200 * j + k] == pytest.approx([r * np.sin(t), r * np.cos(t)], rel=1e-12, abs=1e-12)
            assert Y[0, 200 * j + k] == j
    assert draws == stream.rand(3).tolist()


def test_spirals():
    X, Y = reg_utils.load_planar_dataset(0.3, seed=7)
    draws = next_draws()
    stream = np.random.RandomState(7)
    for j, growth in ((0, 0.3), (1, 0.2)):
        noise = stream.randn(25)
        for k in range(25):
            t = j + (4 * 3.1415 - j) * k / 24
            r = growth * t**2 + 0.3 * noise[k]
            assert X[:, 25 * j + k] == pytest.approx([r * np.cos(t), r * np.sin(t)], rel=1e-12, abs=1e-12)
            assert Y[0, 25 * j + k] == j
    assert draws == stream.rand(3).tolist()
    with pytest.raises(ValueError, match="seed is -1, wanted a whole number"):
        reg_utils.load_planar_dataset(0.1, -1)


def test_extra_data_sets():
    pytest.importorskip("sklearn", reason="the extra data sets are scikit-learn's")
    found = planar_utils.load_extra_datasets()
    assert [X.shape for X, _ in found] == [(200, 2)] * 5
    assert [np.shape(y) for _, y in found] == [(200,)] * 4 + [(200, 2)]


def test_extra_data_sets_need_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match="these data sets need scikit-learn: pip install scikit-learn"):
        planar_utils.load_extra_datasets()


# ------------------------------------------------------------------------------ from files


def images(m):
    rng = np.random.default_rng(m)
    return rng.integers(0, 256, (m, 64, 64, 3), np.uint8), rng.integers(0, 2, m)


@pytest.fixture
def cats(tmp_path, monkeypatch):
    """The two files with a few images, in the current folder's `datasets`."""
    h5py = pytest.importorskip("h5py", reason="the images of cats are HDF5 files")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "datasets").mkdir()
    for name, m in (("train", 6), ("test", 4)):
        x, y = images(m)
        with h5py.File(tmp_path / "datasets" / f"{name}_catvnoncat.h5", "w") as file:
            file[f"{name}_set_x"], file[f"{name}_set_y"], file["list_classes"] = x, y, CLASSES
    return tmp_path / "datasets"


def test_cats_as_images(cats):
    assert dnn_app_utils_v2.load_data is dnn_app_utils_v3.load_data
    train_x, train_y, test_x, test_y, classes = dnn_app_utils_v3.load_data()
    for (x, y), m in (((train_x, train_y), 6), ((test_x, test_y), 4)):
        expected_x, expected_y = images(m)
        assert (x.dtype, y.dtype, y.shape) == (np.uint8, np.int64, (1, m))
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y[0], expected_y)
    assert classes[train_y[0, 0]].decode("utf-8") in ("cat", "non-cat")


@pytest.mark.parametrize("load", READERS[:2])
def test_cats_as_columns(cats, load):
    train_x, train_y, test_x, test_y, classes = load()
    for (x, y), m in (((train_x, train_y), 6), ((test_x, test_y), 4)):
        expected_x, expected_y = images(m)
        assert (x.dtype, x.shape, y.dtype) == (np.float64, (12288, m), np.int64)
        np.testing.assert_array_equal(x[:, 1], expected_x[1].ravel() / 255)
        np.testing.assert_array_equal(y[0], expected_y)
    np.testing.assert_array_equal(classes, CLASSES)


@pytest.mark.parametrize("load", READERS)
def test_cats_that_are_not_there(tmp_path, monkeypatch, load):
    monkeypatch.setitem(sys.modules, "h5py", object())
    monkeypatch.chdir(tmp_path)
    message = (
        f"there is no file 'datasets/train_catvnoncat.h5' in {str(tmp_path)!r}; it comes with the notebook"
    )
    with pytest.raises(FileNotFoundError, match=re.escape(message)):
        load()


@pytest.mark.parametrize("load", READERS)
def test_cats_need_h5py(monkeypatch, load):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=re.escape("needs h5py: pip install 'regnet[course]'")):
        load()


def test_cats_in_other_files(cats):
    h5py = pytest.importorskip("h5py")
    with h5py.File(cats / "train_catvnoncat.h5", "w") as file:
        file["train_set_x"] = images(2)[0]
    message = "datasets/train_catvnoncat.h5 has no array train_set_y, wanted train_set_x, train_set_y"
    with pytest.raises(ValueError, match=message):
        dnn_app_utils_v3.load_data()
    (cats / "train_catvnoncat.h5").write_bytes(b"no HDF5")
    with pytest.raises(ValueError, match=r"datasets/train_catvnoncat.h5 cannot be read as an HDF5 file: "):
        dnn_app_utils_v3.load_data()


def test_football(football, football_mat):
    assert opt_utils.load_2D_dataset is reg_utils.load_2D_dataset
    found = opt_utils.load_2D_dataset(football_mat, is_plot=False)
    for array, name in zip(found, ("X", "y", "Xval", "yval"), strict=True):
        assert array.dtype == football[name].dtype  # the labels' is uint8
        np.testing.assert_array_equal(array, football[name].T)


def test_mislabeled_images(no_pictures):
    import matplotlib.pyplot as plt

    x, _ = images(4)
    X = x.reshape(4, -1).T / 255
    with plt.rc_context():
        dnn_app_utils_v3.print_mislabeled_images(CLASSES, X, [[1, 0, 1, 0]], np.array([[1.0, 1.0, 0.0, 0.0]]))
    titles = [ax.get_title() for ax in plt.gcf().axes]
    assert titles == ["Prediction: cat \n Class: non-cat", "Prediction: non-cat \n Class: cat"]
    np.testing.assert_array_equal(plt.gcf().axes[0].images[0].get_array(), x[1] / 255)
    with pytest.raises(ValueError, match=re.escape("X has shape (12288, 4) and y has shape (1, 1)")):
        dnn_app_utils_v3.print_mislabeled_images(CLASSES, X, [[1]], [[0]])
