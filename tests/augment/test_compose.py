"""`Compose`: what it draws by example and epoch, how rows go through it, what it refuses."""

import inspect
import re

import numpy as np
import pytest

import cregnet
import regnet as rn
from augment.pictures import SHAPES, rows
from regnet.augment.compose import Compose, draw_words
from regnet.augment.transforms import (
    Elastic,
    HorizontalFlip,
    RandomCrop,
    Rotate,
    Shift,
    Transformation,
)

EVERY = [HorizontalFlip(), Shift(2), Rotate(30), RandomCrop(3), Elastic(20, 2)]


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
