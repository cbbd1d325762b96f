"""Gathering, one-hot targets and shuffling."""

import numpy as np
import pytest

from twins import check_cases, reals

COUNTS = (0, 1, 15, 16, 17, 40)


def gather_cases(rng, dtype):
    for n_features in (0, 1, 2, 15, 16, 33):
        for n in COUNTS:
            yield (
                reals(rng, 50, n_features, dtype=dtype),
                rng.integers(0, 50, n),
                np.ones((n_features, n), dtype),
            )


def one_hot_cases(rng, dtype):
    for n_classes in (1, 2, 10):
        for n in COUNTS:
            labels = rng.integers(0, n_classes, 50).astype(np.int32)
            yield labels, rng.integers(0, 50, n), n_classes, np.ones((n_classes, n), dtype)


def shuffle_cases(rng, dtype):
    for n in (0, 1, 2, 3, 4, 5, 100, 5000):
        for epoch in (0, 1, 2**33):
            yield np.arange(n), 2**63 + 5, epoch


CASES = {"gather": gather_cases, "one_hot": one_hot_cases, "shuffle": shuffle_cases}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype))


def test_shuffle_is_a_permutation_that_depends_on_seed_and_epoch(core):
    orders = []
    for seed, epoch in ((0, 0), (0, 1), (1, 0)):
        order = np.arange(1000)
        core.shuffle(order, seed, epoch)
        assert sorted(order) == list(range(1000))
        orders.append(tuple(order))
    assert len(set(orders)) == 3


def test_every_place_is_equally_likely(core):
    n, times = 6, 6000
    counts = np.zeros((n, n))
    for epoch in range(times):
        order = np.arange(n)
        core.shuffle(order, 9, epoch)
        counts[np.arange(n), order] += 1
    # chi-squared with (n - 1)^2 = 25 degrees of freedom: 52.6 is exceeded once in a thousand
    assert ((counts - times / n) ** 2 / (times / n)).sum() < 52.6


def test_wrong_orders_and_labels_say_where(core):
    X, A = np.ones((3, 2)), np.ones((2, 2))
    with pytest.raises(ValueError, match=r"order\[1\] is 3, wanted 0 to 2"):
        core.gather(X, np.array([0, 3]), A)
    with pytest.raises(ValueError, match=r"labels\[1\] is 2, wanted 0 to 1"):
        core.one_hot(np.array([0, 2], np.int32), np.array([0, 1]), 2)
