"""Batches: how many examples at a time, and in which order."""

import re

import numpy as np
import pytest

import regnet as rn
from regnet.training.batches import epoch_order, resolve_batch_size


@pytest.mark.parametrize(
    ("batch_size", "n", "resolved"),
    [
        (None, 1, 1),
        (None, 5000, 5000),
        ("auto", 1, 1),
        ("auto", 199, 199),
        ("auto", 200, 128),
        ("auto", 5000, 128),
        (1, 10, 1),
        (9, 10, 9),
        (10, 10, 10),
        (11, 10, 10),
        (np.int64(4), 10, 4),
    ],
)
def test_batch_size(batch_size, n, resolved):
    assert resolve_batch_size(batch_size, n) == resolved


@pytest.mark.parametrize(
    ("batch_size", "error", "message"),
    [
        (0, ValueError, "batch_size is 0, wanted a whole number >= 1"),
        (-3, ValueError, "batch_size is -3, wanted a whole number >= 1"),
        ("all", ValueError, "batch_size is 'all', wanted a whole number >= 1, 'auto' or None"),
        (2.0, TypeError, "batch_size is 2.0, wanted a whole number >= 1"),
        (True, TypeError, "batch_size is True, wanted a whole number >= 1"),
    ],
)
def test_wrong_batch_size_is_named(batch_size, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        resolve_batch_size(batch_size, 10)


# ------------------------------------------------------------------------------ order


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 211, 10_000])
def test_an_order_has_every_example_once(n):
    order = epoch_order(n, seed=3, epoch=2)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


def test_an_order_depends_on_seed_and_epoch_alone():
    first = epoch_order(100, seed=3, epoch=2)
    np.random.seed(0)  # noqa: NPY002 - NumPy's global state must not matter
    np.testing.assert_array_equal(epoch_order(100, seed=3, epoch=2), first)
    for other in ({"seed": 4, "epoch": 2}, {"seed": 3, "epoch": 1}, {"seed": 3 + 2**32, "epoch": 2}):
        assert (epoch_order(100, **other) != first).mean() > 0.9


def test_every_example_is_at_every_place_equally_often():
    counts = np.zeros((5, 5))
    for epoch in range(2000):
        counts[np.arange(5), epoch_order(5, seed=0, epoch=epoch)] += 1
    # each cell is binomial(2000, 1/5)
    assert abs(counts - 400).max() < 4.5 * np.sqrt(2000 * 0.2 * 0.8)


# ------------------------------------------------------------------------------ mini_batches


@pytest.mark.parametrize(
    ("n", "batch_size", "sizes"),
    [
        (6, 2, [2, 2, 2]),
        (5, 2, [2, 2, 1]),
        (5, 1, [1] * 5),
        (5, 5, [5]),
        (5, 9, [5]),
        (1, 1, [1]),
        (0, 3, []),
    ],
)
def test_batches_cover_each_row_once_and_the_last_may_be_smaller(n, batch_size, sizes):
    X, y = np.arange(3.0 * n).reshape(n, 3), np.arange(n)
    batches = list(rn.mini_batches(X, y, batch_size))
    assert [len(X_batch) for X_batch, _ in batches] == sizes
    assert [len(y_batch) for _, y_batch in batches] == sizes
    seen = np.concatenate([y_batch for _, y_batch in batches]) if sizes else []
    np.testing.assert_array_equal(np.sort(seen), y)
    for X_batch, y_batch in batches:
        np.testing.assert_array_equal(X_batch, X[y_batch])


def test_default_size_is_64():
    assert [len(y) for _, y in rn.mini_batches(np.zeros((130, 1)), np.zeros(130))] == [64, 64, 2]


def test_images_and_lists_come_in_batches():
    X_batch, y_batch = next(rn.mini_batches(np.zeros((5, 4, 4)), ["a"] * 5, 2))
    assert X_batch.shape == (2, 4, 4)
    assert y_batch.tolist() == ["a", "a"]


def test_batches_are_copies_of_the_dtype():
    X, y = np.zeros((4, 2), np.float32), np.zeros(4, np.uint8)
    for X_batch, y_batch in rn.mini_batches(X, y, 2):
        assert (X_batch.dtype, y_batch.dtype) == (np.float32, np.uint8)
        X_batch += 1
    assert not X.any()


@pytest.mark.parametrize("batch_size", [1, 4, 7, 10])
def test_train_takes_these_batches_in_this_order(batch_size):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(10, 3)), rng.normal(size=10)
    model = rn.Model.mlp([3, 4, 1], activation="tanh", output="identity", dtype="float64", seed=8)
    by_hand, optimizer = model.copy(), rn.GradientDescent(0.1)
    rn.train(model, X, y, epochs=2, batch_size=batch_size, optimizer=optimizer)
    for epoch in range(2):
        for X_batch, y_batch in rn.mini_batches(X, y, batch_size, seed=8, epoch=epoch):
            rn.train(by_hand, X_batch, y_batch, epochs=1, batch_size=None, optimizer=optimizer)
    np.testing.assert_allclose(model.parameters, by_hand.parameters, rtol=1e-12)


@pytest.mark.parametrize("batch_size", [5, 100])
def test_one_batch_is_taken_as_it_lies_as_in_training(batch_size):
    [(X_batch, y_batch)] = rn.mini_batches(np.arange(10.0).reshape(5, 2), np.arange(5), batch_size)
    np.testing.assert_array_equal(y_batch, np.arange(5))
    np.testing.assert_array_equal(X_batch, np.arange(10.0).reshape(5, 2))


@pytest.mark.parametrize(
    ("X", "y", "options", "error", "message"),
    [
        (
            np.zeros((3, 2)),
            [0, 1],
            {},
            ValueError,
            "X has shape (3, 2) and y (2,), wanted the same number of rows",
        ),
        (1.0, 2.0, {}, ValueError, "X has shape () and y (), wanted the same number of rows"),
        ([1], [2], {"batch_size": 0}, ValueError, "batch_size is 0, wanted a whole number >= 1"),
        ([1], [2], {"batch_size": 2.5}, TypeError, "batch_size is 2.5, wanted a whole number >= 1"),
        ([1], [2], {"seed": -1}, ValueError, "seed is -1, wanted a whole number from 0"),
        ([1], [2], {"epoch": -1}, ValueError, "epoch is -1, wanted a whole number >= 0"),
        ([1], [2], {"epoch": "first"}, TypeError, "epoch is 'first', wanted a whole number >= 0"),
    ],
)
def test_wrong_argument_is_named_before_the_first_batch(X, y, options, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        rn.mini_batches(X, y, **options)
