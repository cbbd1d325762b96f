"""The notebooks' data files, read from the folder `datasets` beside the notebook, as the originals do."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.datasets import load_football
from ._pictures import scatter

__all__ = ["load_2D_dataset", "load_cats", "load_flat_cats"]

Array = NDArray[Any]
Cats = tuple[Array, Array, Array, Array, Array]
TRAIN, TEST = "datasets/train_catvnoncat.h5", "datasets/test_catvnoncat.h5"


def load_2D_dataset(
    path: str | PathLike[str] = "datasets/data.mat", is_plot: bool = True
) -> tuple[Array, Array, Array, Array]:
    """Read the notebook's football points from its MATLAB file and draw the training points.

    Parameters
    ----------
    path : str or path
        The MATLAB file.
    is_plot : bool
        Whether to draw.

    Returns
    -------
    train_X, train_Y, test_X, test_Y
        X float64 (2, m), Y uint8 (1, m) of 0 and 1.

    Raises
    ------
    ImportError
        If SciPy is not installed, or matplotlib is not and `is_plot` is True.
    FileNotFoundError
        If the file does not exist.
    ValueError
        If it is another file.
    """
    X, y, X_test, y_test = load_football(path)
    train_X, test_X = np.ascontiguousarray(X.T), np.ascontiguousarray(X_test.T)
    train_Y, test_Y = (labels.astype(np.uint8).reshape(1, -1) for labels in (y, y_test))
    if is_plot:
        scatter(train_X, train_Y)
    return train_X, train_Y, test_X, test_Y


def load_cats() -> Cats:
    """Read the images, cats or not, from the notebook's two HDF5 files.

    Returns
    -------
    train_x, train_y, test_x, test_y, classes
        x uint8 (m, 64, 64, 3); y int64 (1, m), 1 for a cat; the names of the classes as bytes.

    Raises
    ------
    ImportError
        If h5py is not installed.
    FileNotFoundError
        If the current folder has no datasets/train_catvnoncat.h5 or datasets/test_catvnoncat.h5.
    ValueError
        If one of them cannot be read or lacks an array.
    """
    train_x, train_y = read_hdf5(TRAIN, "train_set_x", "train_set_y")
    test_x, test_y, classes = read_hdf5(TEST, "test_set_x", "test_set_y", "list_classes")
    return train_x, train_y.reshape(1, -1), test_x, test_y.reshape(1, -1), classes


def load_flat_cats() -> Cats:
    """Read the images, cats or not, from the notebook's two HDF5 files, one column per image.

    Returns
    -------
    train_x, train_y, test_x, test_y, classes
        x float64 (12288, m) from 0 to 1; y int64 (1, m), 1 for a cat; the names of the classes as bytes.

    Raises
    ------
    ImportError
        If h5py is not installed.
    FileNotFoundError
        If the current folder has no datasets/train_catvnoncat.h5 or datasets/test_catvnoncat.h5.
    ValueError
        If one of them cannot be read or lacks an array.
    """
    train_x, train_y, test_x, test_y, classes = load_cats()
    train, test = (x.reshape(len(x), -1).T / 255 for x in (train_x, test_x))
    return train, train_y, test, test_y, classes


def read_hdf5(path: str, *names: str) -> list[Array]:
    """The named arrays of an HDF5 file."""
    try:
        import h5py
    except ImportError:
        raise ImportError("reading the images of cats needs h5py: pip install 'regnet[course]'") from None
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"there is no file {path!r} in {str(Path.cwd())!r}; it comes with the notebook, in its folder"
        )
    try:
        with h5py.File(path, "r") as file:
            missing = [name for name in names if name not in file]
            arrays = [] if missing else [np.array(file[name]) for name in names]
    except OSError as error:
        raise ValueError(f"{path} cannot be read as an HDF5 file: {error}") from error
    if missing:
        raise ValueError(f"{path} has no array {', '.join(missing)}, wanted {', '.join(names)}")
    return arrays
