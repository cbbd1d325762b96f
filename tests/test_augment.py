"""Transformations of images: exact where they are exact, SciPy's elsewhere, drawn by example and epoch."""

import inspect
import re

import numpy as np
import pytest

import cregnet
import regnet as rn
from regnet.augment.compose import Compose, draw_words
from regnet.augment.resampling import displacements, gaussian, move, resample, rotation, smooth
from regnet.augment.transforms import (
    Elastic,
    HorizontalFlip,
    RandomCrop,
    Rotate,
    Shift,
    Transformation,
    whole_numbers,
)

EVERY = [HorizontalFlip(), Shift(2), Rotate(30), RandomCrop(3), Elastic(20, 2)]
SHAPES = [(7, 7), (6, 9), (1, 1), (5, 4, 3), (8, 8, 1)]


def rows(n=50, shape=(7, 7), dtype=np.float64, seed=0):
    """Rows that are random images, no value 0."""
    size = int(np.prod(shape))
    return (np.random.default_rng(seed).random((n, size)) + 0.5).astype(dtype)


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


# ------------------------------------------------------------------------------ draws


@pytest.mark.parametrize("transformation", EVERY, ids=lambda t: type(t).__name__)
def test_same_seed_same_pictures_other_seed_epoch_or_example_others(transformation):
    augment = Compose([transformation], shape=(7, 7))
    X = rows(64)
    first = augment(X, seed=3, epoch=5)
    np.testing.assert_array_equal(augment(X, seed=3, epoch=5), first)
    for other in ({"seed": 4, "epoch": 5}, {"seed": 3 + 2**32, "epoch": 5}, {"seed": 3, "epoch": 6}):
        assert (augment(X, **other) != first).any(axis=1).mean() > 0.3
    assert (augment(X, seed=3, epoch=5, examples=np.arange(64) + 64) != first).any(axis=1).mean() > 0.3
    same = np.tile(X[:1], (64, 1))
    assert len(np.unique(augment(same), axis=0)) > 1


@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_does_not_depend_on_its_batch(shape, dtype):
    augment = Compose(EVERY, shape=shape)
    X = rows(41, shape, dtype)
    whole = augment(X, seed=1, epoch=2)
    order = np.random.default_rng(0).permutation(41)
    np.testing.assert_array_equal(augment(X[order], seed=1, epoch=2, examples=order), whole[order])
    for size in (1, 2, 5, 17):
        parts = [
            augment(X[i : i + size], seed=1, epoch=2, examples=np.arange(i, min(i + size, 41)))
            for i in range(0, 41, size)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_blocks_of_pictures_do_not_show(monkeypatch):
    augment = Compose(EVERY, shape=(7, 7))
    X = rows(60, dtype=np.float32)
    whole = augment(X)
    monkeypatch.setattr(rn.augment.compose, "BLOCK_PIXELS", 49 * 11)
    np.testing.assert_array_equal(augment(X), whole)
    monkeypatch.setattr(rn.augment.resampling, "BLOCK_PIXELS", 49 * 4)
    np.testing.assert_array_equal(augment(X), whole)


def test_a_transformation_draws_by_its_position():
    X = rows(200)
    flips = Compose([HorizontalFlip(), HorizontalFlip()], shape=(7, 7))(X)
    assert 0.3 < (flips == X).all(axis=1).mean() < 0.7  # the same draws would flip back each time


def test_draws_are_philox_of_the_counter():
    words = draw_words(2**40 + 7, 3, np.array([5, 11]), 2, 6)
    assert words.shape == (2, 6)
    counter = np.array([[11, 1, 3, (cregnet.PURPOSES["augment"] << 28) + 2]], np.uint32)
    out = np.empty((1, 4), np.uint32)
    cregnet.philox(counter, np.array([7, 2**8], np.uint32), out)
    np.testing.assert_array_equal(words[1, 4:], out[0, :2])


# ------------------------------------------------------------------------------ rows


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [0, 1, 2, 30])
def test_shape_and_dtype_are_kept_and_the_input_left_alone(n, shape, dtype):
    X = rows(n, shape, dtype)
    before = X.copy()
    X.flags.writeable = False
    for transformations in ([], EVERY, *[[t] for t in EVERY]):
        found = Compose(transformations, shape=shape)(X)
        assert found.shape == X.shape
        assert found.dtype == dtype
        assert found.flags.c_contiguous
        assert not np.shares_memory(found, X)
        assert np.isfinite(found).all()
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("transformation", EVERY, ids=lambda t: type(t).__name__)
def test_channels_move_together(transformation):
    one = rows(20, (6, 5))
    three = np.repeat(one, 3, axis=1)
    found = Compose([transformation], shape=(6, 5, 3))(three).reshape(20, 30, 3)
    expected = Compose([transformation], shape=(6, 5))(one)
    for channel in range(3):
        np.testing.assert_array_equal(found[..., channel], expected)


def test_transformations_run_in_their_order():
    X = np.arange(6.0).reshape(1, 6) + 1
    fill = Compose([HorizontalFlip(1.0), Shift(0), Flood()], shape=(2, 3))(X)
    np.testing.assert_array_equal(fill, 9.0)
    flipped_last = Compose([Flood(left=True), HorizontalFlip(1.0)], shape=(2, 3))(X)
    np.testing.assert_array_equal(flipped_last, [[3, 2, 9, 6, 5, 9]])


class Flood(Transformation):
    """A transformation of one's own: everything, or the left column, becomes 9."""

    def __init__(self, left=False):
        self.columns = slice(0, 1 if left else None)

    def apply(self, images, words):
        assert words.shape == (len(images), 1)
        images = images.copy()
        images[:, :, self.columns] = 9.0
        return images


def test_no_name_but_a_documented_one():
    for name in rn.augment.__all__:
        thing = getattr(rn.augment, name)
        assert inspect.getdoc(thing)
        for method, member in vars(thing).items():
            if not method.startswith("_") and inspect.isfunction(member):
                assert inspect.getdoc(member), f"{name}.{method}"


def test_descriptions_print_well_and_compare():
    augment = Compose([Shift(2), Elastic()], shape=(28, 28))
    assert repr(augment) == (
        "Compose(transformations=(Shift(pixels=2, fill=0.0), "
        "Elastic(alpha=34.0, sigma=4.0, fill=0.0)), shape=(28, 28))"
    )
    assert augment == Compose((Shift(2), Elastic()), shape=[28, 28])
    assert augment != Compose((Shift(3), Elastic()), shape=(28, 28))


# ------------------------------------------------------------------------------ errors


WANTED = "wanted a sequence of transformations such as Shift(2) and Rotate(15)"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: HorizontalFlip(1.5), ValueError, "p is 1.5, wanted 0 <= p <= 1"),
        (lambda: HorizontalFlip("no"), TypeError, "p is 'no', wanted 0 <= p <= 1"),
        (lambda: Shift(-1), ValueError, "pixels is -1, wanted a whole number from 0 to 65536"),
        (lambda: Shift(1.5), TypeError, "pixels is 1.5, wanted a whole number from 0 to 65536"),
        (lambda: Shift(1, fill=np.nan), ValueError, "fill is nan, wanted a finite number"),
        (lambda: RandomCrop(10**6), ValueError, "padding is 1000000, wanted a whole number from 0 to 65536"),
        (lambda: RandomCrop(1, fill="0"), TypeError, "fill is '0', wanted a finite number"),
        (lambda: Rotate(-5), ValueError, "degrees is -5, wanted a number >= 0"),
        (lambda: Rotate(5, fill=np.inf), ValueError, "fill is inf, wanted a finite number"),
        (lambda: Elastic(alpha=-1), ValueError, "alpha is -1, wanted a number >= 0"),
        (lambda: Elastic(sigma=0), ValueError, "sigma is 0, wanted a number > 0"),
        (lambda: Elastic(fill=None), TypeError, "fill is None, wanted a finite number"),
        (lambda: Compose(Shift(1), (2, 2)), TypeError, f"transformations is {Shift(1)!r}, {WANTED}"),
        (lambda: Compose([Shift], (2, 2)), TypeError, f"transformations has {Shift!r}, {WANTED}"),
        (lambda: Compose([], 28), ValueError, "shape is 28, wanted (h, w) or (h, w, channels)"),
        (lambda: Compose([], (4,)), ValueError, "shape is (4,), wanted (h, w) or (h, w, channels)"),
        (lambda: Compose([], (4, 0)), ValueError, "an entry of shape is 0, wanted a whole number >= 1"),
        (lambda: Compose([], (4, 2.0)), TypeError, "an entry of shape is 2.0, wanted a whole number >= 1"),
    ],
)
def test_what_is_wrong_is_named(make, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        make()


@pytest.mark.parametrize(
    ("X", "options", "error", "message"),
    [
        (np.zeros((2, 5)), {}, ValueError, "X has shape (2, 5), wanted (n_samples, 4)"),
        (np.zeros((2, 2, 2)), {}, ValueError, "X has shape (2, 2, 2), wanted (n_samples, 4)"),
        (np.zeros((2, 4), np.uint8), {}, TypeError, "X has dtype uint8, wanted float32 or float64"),
        (
            np.zeros((2, 4)),
            {"seed": -1},
            ValueError,
            f"seed is -1, wanted a whole number from 0 to {2**64 - 1}",
        ),
        (
            np.zeros((2, 4)),
            {"epoch": -1},
            ValueError,
            f"epoch is -1, wanted a whole number from 0 to {2**32 - 1}",
        ),
        (
            np.zeros((2, 4)),
            {"examples": [1]},
            ValueError,
            "examples has shape (1,), wanted (2,) as X has 2 rows",
        ),
        (
            np.zeros((2, 4)),
            {"examples": [-1, 0]},
            ValueError,
            f"examples has numbers from -1 to 0, wanted 0 to {2**32 - 1}",
        ),
        (
            np.zeros((2, 4)),
            {"examples": [0.5, 1]},
            TypeError,
            "examples has dtype float64, wanted whole numbers",
        ),
    ],
)
def test_what_is_wrong_in_a_call_is_named(X, options, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        Compose([Shift(1)], shape=(2, 2))(X, **options)


def test_a_transformation_without_apply_is_named():
    with pytest.raises(NotImplementedError, match=r"^Transformation has no method apply\(images, words\)$"):
        Compose([Transformation()], shape=(2, 2))(np.zeros((1, 4)))


class Careless(Transformation):
    """A transformation that does with the images what it is told."""

    def __init__(self, function):
        self.function = function

    def __repr__(self):
        return "Careless()"

    def apply(self, images, words):
        return self.function(images)


def test_a_transformation_that_changes_the_shape_is_named():
    careless = Careless(lambda images: images[:, 1:])
    with pytest.raises(
        ValueError, match=r"^Careless\(\) made images of shape \(3, 1, 2, 1\), wanted \(3, 2, 2, 1\)$"
    ):
        Compose([careless], shape=(2, 2))(np.zeros((3, 4)))


def test_a_transformation_cannot_change_the_rows_it_was_given():
    X = rows(3, (2, 2))
    before = X.copy()
    with pytest.raises(ValueError, match="read-only"):
        Compose([Careless(lambda images: np.multiply(images, 2, out=images))], shape=(2, 2))(X)
    np.testing.assert_array_equal(X, before)
    assert X.flags.writeable


def test_a_transformation_of_another_dtype_leaves_the_dtype():
    found = Compose([Careless(lambda images: images.astype(np.float64))], shape=(2, 2))(
        rows(3, (2, 2), np.float32)
    )
    assert found.dtype == np.float32
