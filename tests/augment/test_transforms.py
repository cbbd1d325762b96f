"""Each transformation of images: exact where it is exact, SciPy's elsewhere."""

import numpy as np
import pytest

import regnet as rn
from augment.pictures import SHAPES, rows
from regnet.augment.compose import Compose, draw_words
from regnet.augment.resampling import displacements, gaussian, move, resample, rotation, smooth
from regnet.augment.transforms import (
    Elastic,
    HorizontalFlip,
    RandomCrop,
    Rotate,
    Shift,
    whole_numbers,
)


def turned(images, angles, fill=0.0):
    """Images (n, h, w, channels) rotated by given angles."""
    return resample(images, rotation(np.asarray(angles, float), *images.shape[1:3]), fill)


# ------------------------------------------------------------------------------ flips


def test_flip_exchanges_left_and_right():
    X = rows(shape=(5, 6, 2))
    flipped = Compose([HorizontalFlip(1.0)], shape=(5, 6, 2))(X)
    np.testing.assert_array_equal(flipped.reshape(-1, 5, 6, 2), X.reshape(-1, 5, 6, 2)[:, :, ::-1])


@pytest.mark.parametrize("shape", SHAPES)
def test_flip_of_a_flip_is_the_identity(shape):
    X = rows(shape=shape)
    np.testing.assert_array_equal(Compose([HorizontalFlip(1.0)] * 2, shape=shape)(X), X)
    once = Compose([HorizontalFlip(1.0)], shape=shape)
    np.testing.assert_array_equal(once(once(X)), X)


def test_flip_never_and_by_its_share():
    X = rows(4000, (1, 2))
    np.testing.assert_array_equal(Compose([HorizontalFlip(0.0)], shape=(1, 2))(X), X)
    changed = (Compose([HorizontalFlip(0.3)], shape=(1, 2))(X) != X).any(axis=1)
    assert changed.mean() == pytest.approx(0.3, abs=0.03)


# ------------------------------------------------------------------------------ shifts


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("down", "right"), [(0, 0), (2, 0), (0, -1), (-2, 1), (4, 0), (0, 9)])
def test_moves_are_exact(down, right, channels):
    images = rows(shape=(4, 5, channels)).reshape(-1, 4, 5, channels)
    n = len(images)
    moved = move(images, np.full(n, down), np.full(n, right), 9, -1.0)
    for row in range(4):
        for column in range(5):
            source = row - down, column - right
            inside = 0 <= source[0] < 4 and 0 <= source[1] < 5
            expected = images[:, source[0], source[1]] if inside else -1.0
            np.testing.assert_array_equal(moved[:, row, column], np.broadcast_to(expected, (n, channels)))


@pytest.mark.parametrize("kind", [Shift, RandomCrop])
def test_all_shifts_occur_equally_often_and_no_others(kind):
    point = np.zeros((5, 5))
    point[2, 2] = 1
    found = Compose([kind(1)], shape=(5, 5))(np.tile(point.reshape(1, 25), (9000, 1)))
    assert (found.sum(axis=1) == 1).all()
    counts = found.reshape(-1, 5, 5).sum(axis=0)
    np.testing.assert_allclose(counts[1:4, 1:4], 1000, rtol=0.15)
    assert counts.sum() == counts[1:4, 1:4].sum()


def test_a_shift_beyond_the_picture_leaves_nothing():
    found = Compose([Shift(60_000, fill=0.25)], shape=(3, 3))(rows(20, (3, 3)))
    np.testing.assert_array_equal(found, 0.25)


def test_whole_numbers_reach_both_ends():
    words = np.array([0, 2**31, 2**32 - 1], np.uint32)
    assert whole_numbers(words, 2).tolist() == [-2, 0, 2]
    assert whole_numbers(words, 0).tolist() == [0, 0, 0]


# ------------------------------------------------------------------------------ rotations


@pytest.mark.parametrize("turns", [-3, -1, 0, 1, 2, 4])
@pytest.mark.parametrize("shape", [(6, 6, 1), (5, 5, 3)])
def test_quarter_turns_are_exact(turns, shape, dtype):
    images = rows(shape=shape, dtype=dtype).reshape(-1, *shape)
    expected = np.rot90(images, turns, axes=(1, 2))
    np.testing.assert_array_equal(turned(images, [90.0 * turns] * len(images)), expected)


def test_half_turn_of_a_rectangle_is_exact():
    images = rows(shape=(4, 7)).reshape(-1, 4, 7, 1)
    np.testing.assert_array_equal(turned(images, [180.0] * len(images)), images[:, ::-1, ::-1])


@pytest.mark.parametrize("angle", [-47.0, 3.0, 90.0, 120.0])
@pytest.mark.parametrize("shape", [(9, 9), (6, 11)])
def test_rotation_is_scipys(angle, shape):
    ndimage = pytest.importorskip("scipy.ndimage")
    image = rows(1, shape).reshape(shape)
    expected = ndimage.rotate(image, angle, reshape=False, order=1, mode="grid-constant", cval=0.3)
    found = turned(image.reshape(1, *shape, 1), [angle], 0.3).reshape(shape)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_angles_fill_their_range(monkeypatch):
    seen = []
    monkeypatch.setattr(
        rn.augment.transforms, "rotation", lambda angles, h, w: seen.append(angles) or rotation(angles, h, w)
    )
    Compose([Rotate(20)], shape=(3, 3))(rows(4000, (3, 3)))
    angles = np.concatenate(seen)
    assert len(angles) == 4000
    assert -20 <= angles.min() < -19.9
    assert 19.9 < angles.max() <= 20
    assert abs(angles.mean()) < 1
    np.testing.assert_allclose(np.histogram(angles, 4, (-20, 20))[0], 1000, rtol=0.15)


def test_outside_is_filled():
    X = np.ones((30, 25))
    found = Compose([Rotate(45, fill=-2.0)], shape=(5, 5))(X).reshape(-1, 5, 5)
    assert found[:, 2, 2].min() == 1
    assert found.min() < -1
    for transformation in (Rotate(0), Shift(0), RandomCrop(0), Elastic(0.0)):
        np.testing.assert_array_equal(Compose([transformation], shape=(5, 5))(X), X)


# ------------------------------------------------------------------------------ elastic


@pytest.mark.parametrize("sigma", [0.3, 1.5, 4.0])
def test_smoothing_is_scipys(sigma, dtype):
    ndimage = pytest.importorskip("scipy.ndimage")
    fields = rows(5, (9, 14), dtype)
    expected = ndimage.gaussian_filter(fields.reshape(5, 9, 14), (0, sigma, sigma), mode="constant")
    found = smooth(fields, 9, 14, sigma)
    assert found.dtype == dtype
    np.testing.assert_allclose(found.reshape(5, 9, 14), expected, rtol=20 * np.finfo(dtype).eps)


def test_elastic_is_a_look_at_displaced_places():
    ndimage = pytest.importorskip("scipy.ndimage")
    h, w, n = 10, 12, 4
    X = rows(n, (h, w))
    found = Compose([Elastic(15.0, 2.0, fill=0.5)], shape=(h, w))(X, seed=9, epoch=2)
    words = draw_words(9, 2, np.arange(n), 0, h * w)
    for image, drawn, result in zip(X.reshape(n, h, w), words, found.reshape(n, h, w), strict=True):
        halves = np.stack([drawn & 0xFFFF, drawn >> 16]).reshape(2, h, w)
        u = (halves + 0.5) / 2**15 - 1
        shift = 15.0 * ndimage.gaussian_filter(u, (0, 2.0, 2.0), mode="constant")
        places = np.indices((h, w)) + shift
        expected = ndimage.map_coordinates(image, places, order=1, mode="grid-constant", cval=0.5)
        np.testing.assert_allclose(result, expected, atol=1e-11)


def test_spread_of_the_displacement_is_as_documented():
    words = draw_words(0, 0, np.arange(50), 0, 40 * 40)
    y, x = np.empty((2, 50, 1600))
    displacements(words, 40, 40, 34.0, 4.0)(slice(0, 50), y, x)
    inner = (slice(None), slice(14, 26), slice(14, 26))
    for places, grid in zip((y, x), np.indices((40, 40)), strict=True):
        spread = (places.reshape(50, 40, 40) - grid)[inner].std()
        assert spread == pytest.approx(34 / (4 * np.sqrt(12 * np.pi)), rel=0.1)


def test_rows_and_columns_are_displaced_differently():
    words = draw_words(0, 0, np.arange(20), 0, 400)
    y, x = np.empty((2, 20, 400))
    displacements(words, 20, 20, 34.0, 1.0)(slice(0, 20), y, x)
    rows_, columns = np.indices((20, 20)).reshape(2, 400)
    assert abs(np.corrcoef((y - rows_).ravel(), (x - columns).ravel())[0, 1]) < 0.1


def test_the_matrix_of_the_gaussian_sums_to_one_inside():
    matrix = gaussian(101, 3.0)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert matrix[50].sum() == pytest.approx(1, rel=1e-12)
    assert matrix[0].sum() < 0.6
