"""Activations: twins, derivatives, limits."""

import mpmath
import numpy as np
import pytest

import cregnet
from cregnet.spec import ACTIVATIONS
from kernels.test_vecmath import points, ulps
from twins import SHAPES, check_cases, reals

NAMES = tuple(ACTIVATIONS)
SCALE, ALPHA = (
    mpmath.mpf("1.0507009873554804934193349852946"),
    mpmath.mpf("1.6732632423543772848170429916717"),
)
EXACT = {  # in long arithmetic
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "elu": lambda z: z if z >= 0 else mpmath.expm1(z),
    "selu": lambda z: SCALE * (z if z >= 0 else ALPHA * mpmath.expm1(z)),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "mish": lambda z: z * mpmath.tanh(mpmath.log1p(mpmath.exp(z))),
    "gelu": lambda z: z * mpmath.ncdf(z),
    "exponential": mpmath.exp,
}


def forward_cases(rng, dtype):
    for shape in SHAPES:
        yield 3 * reals(rng, *shape, dtype=dtype), np.zeros(shape, dtype)
    yield 200 * reals(rng, 4, 33, dtype=dtype), np.zeros((4, 33), dtype)


def backward_cases(rng, dtype):
    for shape in SHAPES:
        A = np.tanh(reals(rng, *shape, dtype=dtype))
        yield reals(rng, *shape, dtype=dtype), A, np.zeros(shape, dtype)


CASES = dict.fromkeys(NAMES, forward_cases) | {name + "_backward": backward_cases for name in NAMES}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype))


@pytest.mark.parametrize(
    "name", [name for name in CASES if ACTIVATIONS[name.removesuffix("_backward")].options]
)
def test_twins_with_other_options(core, dtype, name):
    (option,) = ACTIVATIONS[name.removesuffix("_backward")].options
    cases = CASES[name](np.random.default_rng(2), dtype)
    check_cases(core, name, ((*case, {option.name: 0.3}) for case in cases))


@pytest.mark.parametrize("name", NAMES)
def test_backward_is_the_derivative(core, name):
    rng = np.random.default_rng(3)
    Z, dA = rng.normal(size=(5, 19)), rng.normal(size=(5, 19))
    Z[np.abs(Z) < 1e-3] = 0.1  # ReLU has no derivative at 0
    forward, backward = getattr(core, name), getattr(core, name + "_backward")
    A, dZ, h = np.empty_like(Z), np.empty_like(Z), 1e-6
    forward(Z, A)
    backward(dA, Z if ACTIVATIONS[name].derivative == "input" else A, dZ)
    numerical = np.empty_like(Z)
    for i, j in np.ndindex(Z.shape):
        up, down, above, below = Z.copy(), Z.copy(), np.empty_like(Z), np.empty_like(Z)
        up[i, j] += h
        down[i, j] -= h
        forward(up, above)
        forward(down, below)
        numerical[i, j] = (dA * (above - below)).sum() / (2 * h)
    np.testing.assert_allclose(dZ, numerical, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_works_in_place(core, dtype, name):
    rng = np.random.default_rng(4)
    Z, dA = reals(rng, 6, 37, dtype=dtype), reals(rng, 6, 37, dtype=dtype)
    A, dZ, same, same_d = np.empty_like(Z), np.empty_like(Z), Z.copy(), dA.copy()
    getattr(core, name)(Z, A)
    getattr(core, name)(same, same)
    getattr(core, name + "_backward")(dA, A, dZ)
    getattr(core, name + "_backward")(same_d, A, same_d)
    np.testing.assert_array_equal(same, A)
    np.testing.assert_array_equal(same_d, dZ)
    getattr(core, name + "_backward")(dA, same, same)
    np.testing.assert_array_equal(same, dZ)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "identity"])
def test_not_a_number_stays_one(core, dtype, name):
    Z = np.ones((3, 21), dtype)
    Z[1, 4] = np.nan
    A = np.empty_like(Z)
    getattr(core, name)(Z, A)
    assert np.isnan(A[1, 4])
    assert not np.isnan(np.delete(A, 4, axis=1)).any()


@pytest.mark.parametrize(("low", "high"), [(-30, 30), (-2, 2), (-1e-3, 1e-3)])
@pytest.mark.parametrize("name", EXACT)
def test_values_are_right_to_eight_ulp(core, dtype, name, low, high):
    Z = points(dtype, low, high)
    exact = [EXACT[name](mpmath.mpf(float(z))) for z in Z[0]]
    assert ulps(getattr(core, name)(Z)[0], exact, dtype) < 8


def test_limits(core, dtype):
    Z = np.array([[-np.inf, np.inf, -1e4, 1e4, 0.0, -0.0]], dtype)
    A = np.empty_like(Z)
    core.sigmoid(Z, A)
    np.testing.assert_array_equal(A, [[0, 1, 0, 1, 0.5, 0.5]])
    core.tanh(Z, A)
    np.testing.assert_array_equal(A, [[-1, 1, -1, 1, 0, 0]])


def test_softmax_of_large_numbers_sums_to_one(core, dtype):
    Z = np.array([[1e4, -1e4, 0], [1e4, 1e4, 80], [0, 0, 81]], dtype)
    A = np.empty_like(Z)
    core.softmax(Z, A)
    np.testing.assert_allclose(A.sum(axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose(A[:, 0], [0.5, 0.5, 0])


def test_read_only_input_is_taken(core):
    Z = np.ones((2, 3))
    Z.flags.writeable = False
    A = np.empty((2, 3))
    core.relu(Z, A)
    np.testing.assert_array_equal(A, Z)


def test_wrong_shape_says_which():
    with pytest.raises(ValueError, match=r"A has shape \(2, 4\), wanted \(2, 3\)"):
        cregnet.relu(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"dZ has shape \(1, 3\), wanted \(2, 3\)"):
        cregnet.relu_backward(np.ones((2, 3)), np.ones((2, 3)), np.ones((1, 3)))
