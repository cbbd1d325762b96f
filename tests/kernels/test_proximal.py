"""Soft threshold, max-norm and clipping: twins, values by hand, bounds that hold whoever checks."""

import numpy as np
import pytest

from twins import LENGTHS, SHAPES, check_cases, reals


def soft_threshold_cases(rng, dtype):
    for n in LENGTHS:
        for threshold in (0.0, 0.3, 100.0):
            yield reals(rng, n, dtype=dtype), threshold, np.zeros(n, dtype)


def max_norm_cases(rng, dtype):
    for shape in SHAPES:
        for bound in (1.0, 3.0, 1e6):
            W = reals(rng, *shape, dtype=dtype)
            W[::3] *= 10
            yield W, bound, np.zeros(shape, dtype)


def clip_cases(rng, dtype):
    for n in LENGTHS:
        for bound in (0.1, 1.0, 1e6):
            yield 3 * reals(rng, n, dtype=dtype), bound, np.zeros(n, dtype)


CASES = {
    "soft_threshold": soft_threshold_cases,
    "max_norm": max_norm_cases,
    "clip_values": clip_cases,
    "clip_norm": clip_cases,
}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype))


# ------------------------------------------------------------------------------ soft threshold


def test_soft_threshold_by_hand(core, dtype):
    W = np.array([3, -3, 0.5, -0.5, 1, -1, 0, -0.0, np.inf, -np.inf, np.nan], dtype)
    core.soft_threshold(W, 1.0, W)
    np.testing.assert_array_equal(W, [2, -2, 0, 0, 0, 0, 0, 0, np.inf, -np.inf, np.nan])


def test_soft_threshold_of_zero_changes_nothing(core, dtype):
    W = reals(np.random.default_rng(4), 100, dtype=dtype)
    kept = W.copy()
    core.soft_threshold(W, 0.0, W)
    np.testing.assert_array_equal(W, kept)


def test_soft_threshold_is_the_proximal_step_of_l1(core):
    # the minimum over w of (w - W)^2 / 2 + t |w|, by looking at a fine grid around it
    W = np.random.default_rng(5).normal(size=50)
    found = W.copy()
    core.soft_threshold(found, 0.4, found)
    for before, after in zip(W, found, strict=True):
        w = after + np.linspace(-1, 1, 2001)
        cost = (w - before) ** 2 / 2 + 0.4 * np.abs(w)
        assert (after - before) ** 2 / 2 + 0.4 * abs(after) <= cost.min() + 1e-15


@pytest.mark.parametrize("threshold", [-0.1, np.nan, np.inf])
def test_threshold_outside_is_refused(core, threshold):
    W = np.ones(3)
    with pytest.raises(ValueError, match=r"threshold is .*, wanted a number >= 0"):
        core.soft_threshold(W, threshold, W)
    np.testing.assert_array_equal(W, 1)


# ------------------------------------------------------------------------------ max-norm


def norms(W):
    """Norms of rows, in double."""
    return np.linalg.norm(W.astype(np.float64), axis=1)


def test_max_norm_by_hand(core, dtype):
    W = np.array([[3, 4], [0.3, 0.4], [0, 0], [-30, 40]], dtype)
    core.max_norm(W, 1.0, W)
    np.testing.assert_allclose(W, [[0.6, 0.8], [0.3, 0.4], [0, 0], [-0.6, 0.8]], rtol=1e-6)


@pytest.mark.parametrize("bound", [1e-30, 0.1, 1 / 3, 2.0, 3.7, 1e20])
@pytest.mark.parametrize("n_in", [1, 2, 17, 1000, 20_000])
def test_norms_are_never_above_the_bound(core, dtype, bound, n_in):
    rng = np.random.default_rng(n_in)
    W = (10 * bound * (0.1 + rng.random((200_000 // n_in if n_in > 17 else 2000, n_in)))).astype(dtype)
    core.max_norm(W, bound, W)
    assert (norms(W) <= bound).all()
    np.testing.assert_allclose(norms(W), bound, rtol=1e-6 if dtype == np.float32 else 1e-11)
    kept = W.copy()
    core.max_norm(W, bound, W)  # once within, a row is not touched again
    np.testing.assert_array_equal(W, kept)


def test_max_norm_leaves_what_is_not_finite(core, dtype):
    W = np.array([[np.nan, 5], [np.inf, 5], [3, 4]], dtype)
    core.max_norm(W, 1.0, W)
    np.testing.assert_array_equal(W[:2], [[np.nan, 5], [np.inf, 5]])
    assert norms(W)[2] <= 1


@pytest.mark.parametrize("bound", [0.0, -1.0, np.nan, np.inf])
def test_bound_of_max_norm_outside_is_refused(core, bound):
    W = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"bound is .*, wanted a number > 0"):
        core.max_norm(W, bound, W)
    np.testing.assert_array_equal(W, 1)


# ------------------------------------------------------------------------------ clipping


def test_clip_values_by_hand(core, dtype):
    gradient = np.array([0.5, -0.5, 2, -2, 7, np.inf, -np.inf, np.nan, 0], dtype)
    core.clip_values(gradient, 2.0, gradient)
    np.testing.assert_array_equal(gradient, [0.5, -0.5, 2, -2, 2, 2, -2, np.nan, 0])


@pytest.mark.parametrize("bound", [1e-60, 1e-40, 0.1, 0.7, 1 / 3, 16777217.0, 1e39])
def test_clipped_values_are_never_above_the_bound(core, dtype, bound):
    # 0.1 and 16777217 are between two numbers of float32; 1e39 is above all of them, 1e-60 below
    gradient = np.array([np.inf, -np.inf, 1, -1], dtype)
    core.clip_values(gradient, bound, gradient)
    assert np.abs(gradient.astype(np.float64)).max() <= bound


def test_clip_norm_by_hand(core, dtype):
    gradient = np.array([3, -4, 12], dtype)
    assert core.clip_norm(gradient, 20.0, gradient)[1] == 13
    np.testing.assert_array_equal(gradient, [3, -4, 12])
    assert core.clip_norm(gradient, 1.3, gradient)[1] == 13
    np.testing.assert_allclose(gradient, [0.3, -0.4, 1.2], rtol=1e-6)
    assert core.clip_norm(np.zeros(5, dtype), 1.0)[1] == 0


@pytest.mark.parametrize("bound", [1e-30, 0.1, 1 / 3, 5.0])
def test_clipped_norm_is_never_above_the_bound(core, dtype, bound):
    rng = np.random.default_rng(3)
    for n in (1, 2, 3, 10, 15, 16, 17, 1000, 300_000):
        for _ in range(50 if n < 20 else 3):
            gradient = (bound * (1 + 9 * rng.random(n))).astype(dtype)
            before = np.linalg.norm(gradient.astype(np.float64))
            assert core.clip_norm(gradient, bound, gradient)[1] == pytest.approx(before, rel=1e-12)
            after = np.linalg.norm(gradient.astype(np.float64))
            assert after <= bound
            assert after == pytest.approx(bound, rel=1e-6 if dtype == np.float32 else 1e-10)


def test_norm_of_many_float32_squares_is_accumulated_in_double(core):
    assert core.clip_norm(np.full(20_000_000, 1, np.float32), 1e9)[1] == pytest.approx(
        20_000_000**0.5, rel=1e-12
    )


def test_clip_norm_leaves_what_is_not_finite(core, dtype):
    for wrong in (np.nan, np.inf):
        gradient = np.array([wrong, 5], dtype)
        assert not np.isfinite(core.clip_norm(gradient, 1.0, gradient)[1])
        np.testing.assert_array_equal(gradient, [wrong, 5])


@pytest.mark.parametrize("bound", [0.0, -1.0, np.nan, np.inf])
def test_bound_of_clipping_outside_is_refused(core, bound):
    gradient = np.ones(3)
    for kernel in (core.clip_values, core.clip_norm):
        with pytest.raises(ValueError, match=r"bound is .*, wanted a number > 0"):
            kernel(gradient, bound, gradient)
    np.testing.assert_array_equal(gradient, 1)
