"""Gaussian noise: twins, the normal distribution, accuracy, counters, and what Gaussian dropout keeps."""

import mpmath
import numpy as np
import pytest

import cregnet
from kernels.test_vecmath import ulps
from twins import SHAPES, check_cases, reals

KEEP = (0.01, 0.14, 0.5, 0.86, 0.999999, 1.0)


def noise_cases(rng, dtype):
    for number, shape in enumerate(SHAPES):
        first = (0, 0, 5, 256, 2**32 - 3)[number % 5]
        A = reals(rng, *shape, dtype=dtype)
        sigma, out = (0.0, 1.0, 0.1)[number % 3], np.zeros(shape, dtype)
        yield A, sigma, 2**63 + number, number % 7, number * 10**8, out, {"first": first}


def factors_cases(rng, dtype):
    for number, shape in enumerate(SHAPES):
        first = (0, 0, 5, 256)[number % 4]
        yield (
            shape,
            KEEP[number % len(KEEP)],
            2**63 + number,
            number % 7,
            number * 10**8,
            np.empty(shape, dtype),
            {"first": first},
        )


def product_cases(rng, dtype):
    for shape in SHAPES:
        yield *(reals(rng, *shape, dtype=dtype) for _ in range(2)), np.zeros(shape, dtype)


CASES = {
    "gaussian_noise": noise_cases,
    "gaussian_dropout_factors": factors_cases,
    "apply_factors": product_cases,
}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype))


def draws(core, shape, dtype=np.float64, seed=3, layer=1, step=7, first=0):
    """Draws of N(0, 1) as they are."""
    return core.gaussian_noise(np.zeros(shape, dtype), 1.0, seed, layer, step, first=first)


# ------------------------------------------------------------------------------ accuracy


def words_of(core, n_examples, layer, step):
    """The four words of each example for units 0 to 3, seed 0, from the counter as documented."""
    counter = np.zeros((n_examples, 4), np.uint32)
    counter[:, 0] = np.arange(n_examples)
    counter[:, 2] = step
    counter[:, 3] = cregnet.PURPOSES["noise"] << 28 | layer
    return core.philox(counter, np.zeros(2, np.uint32))


def exact_draws(words):
    """Box and Muller in long arithmetic; rows are units 0 to 3."""
    rows = [[], [], [], []]
    for example in words:
        for pair in (0, 2):
            u = mpmath.mpf(int(example[pair]) >> 1 | 1) / 2**31
            angle = 2 * mpmath.pi * int(example[pair + 1]) / 2**32
            radius = mpmath.sqrt(-2 * mpmath.log(u))
            rows[pair].append(radius * mpmath.cos(angle))
            rows[pair + 1].append(radius * mpmath.sin(angle))
    return rows


def test_draws_are_right_to_five_ulp(core, dtype):
    ours = draws(core, (4, 3000), dtype, seed=0, layer=2, step=9)
    for row, exact in zip(ours, exact_draws(words_of(core, 3000, 2, 9)), strict=True):
        assert ulps(row, exact, dtype) < 5


def test_draws_with_a_word_at_the_edge_are_right(core, dtype):
    # among five million draws there are words near 0 and 2^32, and angles near each quarter turn
    words = words_of(core, 1_250_000, 2, 9)
    ours = draws(core, (4, 1_250_000), dtype, seed=0, layer=2, step=9)
    edges = set()
    for w in range(4):
        near = words[:, w] + np.uint32(2**15) if w % 2 == 0 else words[:, w] * np.uint32(4) + np.uint32(2**17)
        edges |= set(np.flatnonzero(near < (2**16 if w % 2 == 0 else 2**18)))
    edges = np.array(sorted(edges))
    assert edges.size > 100
    for row, exact in zip(ours[:, edges], exact_draws(words[edges]), strict=True):
        assert ulps(row, exact, dtype) < 5
    assert 4.5 < np.abs(ours).max() < 6.56


def test_float32_is_float64_rounded(core):
    wide = draws(core, (50, 300))
    np.testing.assert_allclose(draws(core, (50, 300), np.float32), wide, rtol=0, atol=1e-6)


# ------------------------------------------------------------------------------ distribution


def test_moments_are_those_of_the_normal(core, dtype):
    E = draws(core, (1000, 1000), dtype).astype(np.float64)
    # standard errors of the first, second, third and fourth moment of N(0, 1), n = 10^6
    for power, expected, error in ((1, 0, 1), (2, 1, 2**0.5), (3, 0, 15**0.5), (4, 3, 96**0.5)):
        assert abs((E**power).mean() - expected) < 4 * error / 1000
    # no unit and no example is favoured: row and column means have the variance of chance
    for axis in (0, 1):
        assert 0.8 < E.mean(axis=axis).var() * 1000 < 1.2


def test_distribution_is_normal(core, dtype):
    stats = pytest.importorskip("scipy.stats", reason="SciPy, for Kolmogorov and Smirnov, is not installed")
    E = draws(core, (1000, 1000), dtype)
    for part in (E.ravel(), *E[:4], E[:, 0]):
        assert stats.kstest(part, "norm").pvalue > 1e-3
    tail = np.count_nonzero(np.abs(E) > 4)
    assert stats.binomtest(tail, E.size, 2 * stats.norm.sf(4)).pvalue > 1e-3


def test_neighbours_are_independent(core):
    # units of the same four share words, units of the same pair share both
    E = draws(core, (8, 200_000))
    for values in (E, E**2, np.abs(E)):
        correlation = np.corrcoef(values) - np.eye(8)
        assert np.abs(correlation).max() < 4 / np.sqrt(200_000)
    for row in E:
        assert abs(np.corrcoef(row[1:], row[:-1])[0, 1]) < 4 / np.sqrt(200_000)


def test_steps_layers_seeds_and_purposes_are_independent(core):
    columns = [
        draws(core, (200, 200), seed=seed, layer=layer, step=step).ravel()
        for seed, layer, step in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2**32, 0, 0))
    ]
    columns.append(core.gaussian_dropout_factors((200, 200), 0.5, 0, 0, 0).ravel())
    correlation = np.corrcoef(columns) - np.eye(6)
    assert np.abs(correlation).max() < 4 / np.sqrt(200 * 200)


# ------------------------------------------------------------------------------ counters


@pytest.mark.parametrize("cuts", [(1, 2, 3), (7, 33, 256), (16, 300, 511), (255, 257, 600)])
def test_any_split_of_the_columns_has_the_same_bits(core, dtype, cuts):
    whole = draws(core, (6, 700), dtype)
    edges = (0, *cuts, 700)
    parts = [draws(core, (6, b - a), dtype, first=a) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    M = core.gaussian_dropout_factors((6, 700), 0.8, 3, 1, 7, dtype=dtype)
    parts = [
        core.gaussian_dropout_factors((6, b - a), 0.8, 3, 1, 7, first=a, dtype=dtype)
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), M)


def test_a_draw_does_not_depend_on_the_number_of_units(core, dtype):
    np.testing.assert_array_equal(draws(core, (5, 17), dtype), draws(core, (50, 300), dtype)[:5, :17])


# ------------------------------------------------------------------------------ what it is for


def test_noise_is_added(core, dtype):
    A = reals(np.random.default_rng(2), 20, 50, dtype=dtype)
    noisy = core.gaussian_noise(A, 0.25, 3, 1, 7)
    expected = A + dtype.type(0.25) * draws(core, (20, 50), dtype)
    np.testing.assert_allclose(noisy, expected, rtol=0, atol=4 * np.finfo(dtype).eps)


def test_no_noise_changes_nothing(core, dtype):
    A = reals(np.random.default_rng(2), 20, 50, dtype=dtype)
    np.testing.assert_array_equal(core.gaussian_noise(A, 0.0, 3, 1, 7), A)
    np.testing.assert_array_equal(core.gaussian_dropout_factors((20, 50), 1.0, 3, 1, 7), 1)


@pytest.mark.parametrize("keep_prob", [0.2, 0.5, 0.9])
def test_gaussian_dropout_has_the_moments_of_inverted_dropout(core, dtype, keep_prob):
    # D / keep_prob has mean 1 and variance (1 - keep_prob) / keep_prob
    M = core.gaussian_dropout_factors((1000, 1000), keep_prob, 3, 1, 7, dtype=dtype)
    D = core.dropout_mask((1000, 1000), keep_prob, 3, 1, 7)
    variance = (1 - keep_prob) / keep_prob
    wide = M.astype(np.float64)
    assert abs(wide.mean() - 1) < 4 * np.sqrt(variance) / 1000
    assert abs(wide.var() / variance - 1) < 4 * np.sqrt(2) / 1000
    assert abs((D / keep_prob).var() / wide.var() - 1) < 0.02


def test_factors_are_their_own_derivative(core):
    rng = np.random.default_rng(3)
    A, C, M, h = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), 1e-6

    def cost(A):
        return (C * core.apply_factors(A, M)).sum()

    dA = core.apply_factors(C, M)
    for at in np.ndindex(A.shape):
        step = np.zeros_like(A)
        step[at] = h
        assert dA[at] == pytest.approx((cost(A + step) - cost(A - step)) / (2 * h), rel=1e-7, abs=1e-9)


# ------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("sigma", [-0.1, np.nan, np.inf])
def test_sigma_outside_is_refused(core, sigma):
    A = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"sigma is .*, wanted a number >= 0"):
        core.gaussian_noise(A, sigma, 0, 0, 0, A)
    np.testing.assert_array_equal(A, 1)


@pytest.mark.parametrize("keep_prob", [0.0, 1.1, -0.5, np.nan])
def test_keep_prob_outside_is_refused(core, keep_prob):
    with pytest.raises(ValueError, match=r"keep_prob is .*, wanted 0 < keep_prob <= 1"):
        core.gaussian_dropout_factors((2, 2), keep_prob, 0, 0, 0)


def test_layer_and_first_must_fit_their_words(core):
    A = np.ones((2, 2))
    for kernel, given, number in (
        (core.gaussian_noise, A, 0.1),
        (core.gaussian_dropout_factors, (2, 2), 0.5),
    ):
        with pytest.raises(ValueError, match="layer is 268435456, wanted a whole number from 0 to"):
            kernel(given, number, 0, 2**28, 0, A)
        with pytest.raises(ValueError, match="first is -1, wanted a whole number >= 0"):
            kernel(given, number, 0, 0, 0, A, first=-1)
        with pytest.raises(ValueError, match=r"first is .*, wanted a whole number from 0 to"):
            kernel(given, number, 0, 0, 0, A, first=2**63 - 1)
    np.testing.assert_array_equal(A, 1)


def test_factors_must_have_the_shape_of_the_activations(core):
    with pytest.raises(ValueError, match=r"M has shape \(2, 4\), wanted \(2, 3\)"):
        core.apply_factors(np.ones((2, 3)), np.ones((2, 4)))
