"""Initial weights of the core: twins, bits, accuracy, distributions, counters."""

import math

import mpmath
import numpy as np
import pytest

import cregnet
from builds import load_core
from kernels.test_vecmath import ulps
from twins import SHAPES, check_cases

# Around the four elements of a counter, the 1024 of a block, and the least that two and three threads share.
WEIGHT_SHAPES = (*SHAPES, (1, 1023), (32, 32), (5, 205), (257, 512), (384, 521))
KERNELS = ("normal_weights", "uniform_weights")


def cases(rng, dtype):
    for number, shape in enumerate(WEIGHT_SHAPES):
        scale, seed = (1.0, 0.0, 0.05)[number % 3], (2**63 + number, number)[number % 2]
        yield shape, scale, seed, number % 7, np.empty(shape, dtype), {"n_threads": 1 + number % 3}


CASES = dict.fromkeys(KERNELS, cases)


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype))


def draws(core, name, shape=(1000, 1000), dtype=np.float64, seed=3, layer=1, n_threads=1):
    """Draws of N(0, 1) or of the uniform distribution on (-1, 1) as they are."""
    return getattr(core, name)(shape, 1.0, seed, layer, dtype=dtype, n_threads=n_threads)


# ------------------------------------------------------------------------------ bits


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("shape", [(1, 1), (7, 13), (784, 300), (1, 65536 * 7 + 5)])
def test_bits_are_equal_for_any_number_of_threads(core, dtype, name, shape):
    one = draws(core, name, shape, dtype)
    for n_threads in (2, 7, 2**40):
        assert draws(core, name, shape, dtype, n_threads=n_threads).tobytes() == one.tobytes()


@pytest.mark.parametrize("name", KERNELS)
def test_bits_are_equal_on_every_instruction_set(core, dtype, name):
    # a million draws, for the builds differ in few of the bits if one of them has fused operations
    baseline = load_core("baseline")
    for seed, layer in ((3, 1), (2**64 - 1, 2**28 - 1)):
        ours, theirs = (draws(c, name, dtype=dtype, seed=seed, layer=layer) for c in (core, baseline))
        assert ours.tobytes() == theirs.tobytes()


def test_uniform_weights_have_the_bits_of_the_twin(core, dtype):
    twin = draws(cregnet.reference, "uniform_weights", dtype=dtype)
    assert draws(core, "uniform_weights", dtype=dtype).tobytes() == twin.tobytes()


RECORDED = {
    "normal_weights": {
        "float32": [
            "-0x1.26e9e80000000p+0",
            "0x1.83077c0000000p-4",
            "-0x1.8eac440000000p-3",
            "0x1.36698c0000000p-2",
            "-0x1.18e0b00000000p-1",
            "0x1.84fa6c0000000p-2",
        ],
        "float64": [
            "-0x1.26e9e7a55eba0p+0",
            "0x1.83077b3912a65p-4",
            "-0x1.8eac403ab32a0p-3",
            "0x1.36698aa738e0fp-2",
            "-0x1.18e0b17ec3362p-1",
            "0x1.84fa6ba4a0322p-2",
        ],
    },
    "uniform_weights": {
        "float32": [
            "-0x1.b93bee0000000p-2",
            "-0x1.aacdc00000000p-7",
            "0x1.15e4f60000000p-2",
            "-0x1.45eea40000000p-3",
            "-0x1.6ec7280000000p-4",
            "-0x1.8acf280000000p-4",
        ],
        "float64": [
            "-0x1.b93beffe00000p-2",
            "-0x1.aacda84000000p-7",
            "0x1.15e4f53a00000p-2",
            "-0x1.45eea62c00000p-3",
            "-0x1.6ec7277800000p-4",
            "-0x1.8acf236800000p-4",
        ],
    },
}


@pytest.mark.parametrize("name", KERNELS)
def test_values_of_a_seed(core, name):
    """Recorded once: a seed's weights are not to change from version to version, nor between processors."""
    found = {
        dtype: [float(x).hex() for x in getattr(core, name)((2, 3), 0.5, 3, 1, dtype=dtype).ravel()]
        for dtype in ("float32", "float64")
    }
    assert found == RECORDED[name]


@pytest.mark.parametrize("name", KERNELS)
def test_an_element_does_not_depend_on_the_shape(core, dtype, name):
    large = draws(core, name, (300, 700), dtype).ravel()
    for n in (1, 2, 3, 4, 5, 1023, 1024, 1025, 5000):
        np.testing.assert_array_equal(draws(core, name, (1, n), dtype)[0], large[:n])


# ------------------------------------------------------------------------------ accuracy


def words(core, n):
    """The words of `draws`."""
    return core.random_words(n, 3, cregnet.PURPOSES["weights"], 1, 0)


def test_normal_weights_are_right_to_five_ulp(core, dtype):
    exact = []
    for radius, angle in words(core, 6000).reshape(-1, 2).tolist():
        r = mpmath.sqrt(-2 * mpmath.log(mpmath.mpf(radius >> 1 | 1) / 2**31))
        a = 2 * mpmath.pi * angle / 2**32
        exact += [r * mpmath.cos(a), r * mpmath.sin(a)]
    assert ulps(draws(core, "normal_weights", (6, 1000), dtype).ravel(), exact, dtype) < 5


def test_uniform_weights_are_the_middles_of_equal_parts(core, dtype):
    bits = 24 if dtype == np.float32 else 32
    middle = 2 * (words(core, 6000).astype(np.int64) >> (32 - bits)) + 1 - 2**bits
    np.testing.assert_array_equal(draws(core, "uniform_weights", (6, 1000), dtype).ravel(), middle / 2**bits)


@pytest.mark.parametrize("name", KERNELS)
def test_float32_draws_are_close_to_those_of_float64(core, name):
    """They are made of the same words, but rounded at each step, and not once at the end."""
    single, double = (draws(core, name, dtype=dtype) for dtype in (np.float32, np.float64))
    np.testing.assert_allclose(single, double, rtol=0, atol=2e-6)
    assert (single != double.astype(np.float32)).any()


@pytest.mark.parametrize("name", KERNELS)
def test_scale_is_a_factor(core, dtype, name):
    scaled = getattr(core, name)((100, 100), 0.3, 3, 1, dtype=dtype)
    expected = 0.3 * draws(core, name, (100, 100), dtype).astype(np.float64)
    np.testing.assert_allclose(scaled, expected, rtol=3 * np.finfo(dtype).eps)


# ------------------------------------------------------------------------------ distribution


def kolmogorov_smirnov(sample, distribution):
    """sqrt(n) times the largest distance between the sample's distribution function and the true one."""
    expected, n = distribution(np.sort(sample)), len(sample)
    above, below = np.arange(1, n + 1) / n - expected, expected - np.arange(n) / n
    return np.sqrt(n) * max(above.max(), below.max())


def normal_distribution(x):
    """Phi."""
    return np.array([(1 + math.erf(value)) / 2 for value in x / 2**0.5])


DISTRIBUTIONS = {"normal_weights": normal_distribution, "uniform_weights": lambda x: (x + 1) / 2}
LARGEST = 1.95  # the statistic of Kolmogorov and Smirnov is larger with probability 1e-3


@pytest.mark.parametrize("name", KERNELS)
def test_distribution(core, dtype, name):
    E = draws(core, name, dtype=dtype).astype(np.float64)
    for part in (E[:20].ravel(), *E[:2], E[:, 0], *E.ravel()[:20000].reshape(-1, 4).T):
        assert kolmogorov_smirnov(part, DISTRIBUTIONS[name]) < LARGEST


def test_kolmogorov_and_smirnov_find_another_distribution(core):
    E = draws(core, "normal_weights", (1, 20000))[0]
    assert kolmogorov_smirnov(1.1 * E, normal_distribution) > LARGEST
    assert kolmogorov_smirnov(E + 0.05, normal_distribution) > LARGEST


# moments 1 to 4 and the standard deviation of the power, for one draw
MOMENTS = {
    "normal_weights": ((0, 1), (1, 2**0.5), (0, 15**0.5), (3, 96**0.5)),
    "uniform_weights": ((0, 3**-0.5), (1 / 3, (4 / 45) ** 0.5), (0, 7**-0.5), (1 / 5, (16 / 225) ** 0.5)),
}


@pytest.mark.parametrize("name", KERNELS)
def test_moments(core, dtype, name):
    E = draws(core, name, dtype=dtype).astype(np.float64)
    for power, (expected, error) in enumerate(MOMENTS[name], start=1):
        assert abs((E**power).mean() - expected) < 4 * error / 1000
    # no row and no column is favoured: their means have the variance of chance
    for axis in (0, 1):
        assert 0.8 < E.mean(axis=axis).var() * 1000 / MOMENTS[name][1][0] < 1.2


@pytest.mark.parametrize("name", KERNELS)
def test_neighbours_are_independent(core, name):
    # elements of the same counter share its words, those of the same pair share both of theirs
    E = draws(core, name).ravel().reshape(-1, 8).T
    for values in (E, E**2, np.abs(E)):
        correlation = np.corrcoef(values) - np.eye(8)
        assert np.abs(correlation).max() < 4 / np.sqrt(E.shape[1])


@pytest.mark.parametrize("name", KERNELS)
def test_seeds_layers_and_purposes_are_independent(core, name):
    shape = (200, 200)
    keys = ((0, 0), (1, 0), (0, 1), (2**32, 0))
    columns = [draws(core, name, shape, seed=seed, layer=layer).ravel() for seed, layer in keys]
    columns.append(core.gaussian_noise(np.zeros(shape), 1.0, 0, 0, 0).ravel())
    columns.append(core.gaussian_dropout_factors(shape, 0.5, 0, 0, 0).ravel())
    columns.append(core.dropout_mask(shape, 0.5, 0, 0, 0).ravel().astype(float))
    correlation = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(correlation).max() < 4 / np.sqrt(200 * 200)


# ------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("scale", [-0.1, np.nan, np.inf])
def test_scale_outside_is_refused(core, scale):
    W = np.ones((2, 3))
    for kernel, name in ((core.normal_weights, "scale"), (core.uniform_weights, "limit")):
        with pytest.raises(ValueError, match=rf"{name} is .*, wanted a number >= 0"):
            kernel((2, 3), scale, 0, 0, W)
    np.testing.assert_array_equal(W, 1)


@pytest.mark.parametrize("name", KERNELS)
def test_other_arguments_outside_are_refused(core, name):
    W, kernel = np.ones((2, 3)), getattr(core, name)
    for arguments, options, message in (
        (((2, 3, 4), 1.0, 0, 0, W), {}, r"shape is \(2, 3, 4\), wanted \(n_out, n_in\)"),
        (((2, 4), 1.0, 0, 0, W), {}, r"W has shape \(2, 3\), wanted \(2, 4\)"),
        (((2, 3), 1.0, -1, 0, W), {}, "seed is -1, wanted a whole number >= 0"),
        (((2, 3), 1.0, 0, 2**28, W), {}, "layer is 268435456, wanted a whole number from 0 to 268435455"),
        (((2, 3), 1.0, 0, 0, W), {"n_threads": 0}, "n_threads is 0, wanted a whole number >= 1"),
        (((2, 3), 1.0, 0, 0), {"dtype": "int32"}, "dtype is int32, wanted float32 or float64"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            kernel(*arguments, **options)
    np.testing.assert_array_equal(W, 1)
