"""Losses: twins, derivatives, costs by hand, extreme logits."""

from functools import partial

import mpmath
import numpy as np
import pytest

from cregnet.spec import LOSSES
from twins import SHAPES, check_cases, reals

NAMES = tuple(LOSSES)


def cases(rng, dtype):
    for shape in SHAPES:
        Y = rng.integers(0, 2, size=shape).astype(dtype)
        weight = rng.random(shape[1]).astype(dtype)
        yield 3 * reals(rng, *shape, dtype=dtype), Y, weight, np.ones(shape, dtype)


CASES = dict.fromkeys(NAMES, cases)
EXACT = {  # of one example with output a, or logit a, and target y
    "binary_cross_entropy": lambda a, y: mpmath.log1p(mpmath.exp(a)) - a * y,
    "squared_error": lambda a, y: (a - y) ** 2 / 2,
    "huber": lambda a, y: (a - y) ** 2 / 2 if abs(a - y) <= 1 else abs(a - y) - mpmath.mpf("0.5"),
    "absolute_error": lambda a, y: abs(a - y),
    "quantile": lambda a, y: abs(a - y) / 2,
    "poisson": lambda z, y: mpmath.exp(z) - y * z,
}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype), scale=4)


@pytest.mark.parametrize("name", [name for name, row in LOSSES.items() if row.options])
def test_twins_with_other_options(core, dtype, name):
    options = {option.name: 0.3 for option in LOSSES[name].options}
    check_cases(
        core, name, ((*case, options) for case in CASES[name](np.random.default_rng(2), dtype)), scale=4
    )


@pytest.mark.parametrize("options", [{}, {"every": 0.3}], ids=["defaults", "others"])
@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_the_derivative(core, name, options):
    rng = np.random.default_rng(2)
    Z, Y, weight = rng.normal(size=(4, 9)), rng.random((4, 9)), rng.random(9)
    options = {option.name: options["every"] for option in LOSSES[name].options if options}
    loss, h = partial(getattr(core, name), **options), 1e-5
    _, dZ = loss(Z, Y, weight)
    for at in np.ndindex(Z.shape):
        cost = []
        for step in (h, -h):
            moved = Z.copy()
            moved[at] += step
            cost.append(loss(moved, Y, weight)[0])
        assert dZ[at] == pytest.approx((cost[0] - cost[1]) / (2 * h), rel=1e-7, abs=1e-9)


def test_costs_by_hand(core):
    cost, dZ = core.binary_cross_entropy([[0.0]], [[1.0]])
    assert cost == pytest.approx(np.log(2), rel=1e-15)
    assert dZ == [[-0.5]]
    assert core.squared_error([[3.0]], [[1.0]]) == (2.0, [[2.0]])
    cost, dZ = core.categorical_cross_entropy(np.zeros((4, 1)), [[0], [1], [0], [0]])
    assert cost == pytest.approx(np.log(4), rel=1e-15)
    np.testing.assert_allclose(dZ[:, 0], [0.25, -0.75, 0.25, 0.25])


@pytest.mark.parametrize("name", EXACT)
def test_costs_are_those_of_long_arithmetic(core, dtype, name):
    rng = np.random.default_rng(5)
    A, Y = 2 * reals(rng, 3, 50, dtype=dtype), rng.random((3, 50)).astype(dtype)
    pairs = zip(map(float, A.flat), map(float, Y.flat), strict=True)
    exact = mpmath.fsum(EXACT[name](mpmath.mpf(a), mpmath.mpf(y)) for a, y in pairs) / 50
    cost, _ = getattr(core, name)(A, Y)
    assert cost == pytest.approx(float(exact), rel=1e-6 if dtype == np.float32 else 1e-14)


def test_without_weights_the_cost_is_the_mean(core, dtype):
    rng = np.random.default_rng(3)
    Z, Y = reals(rng, 3, 8, dtype=dtype), np.eye(3, dtype=dtype)[:, rng.integers(0, 3, 8)]
    for name in NAMES:
        cost, dZ = getattr(core, name)(Z, Y)
        each, weighted = getattr(core, name)(Z, Y, np.full(8, 1 / 8, dtype))
        assert cost == each
        np.testing.assert_array_equal(dZ, weighted)


def test_confident_outputs_cost_what_they_should(core, dtype):
    Z, one = np.array([[800.0, -800.0]], dtype), np.ones(2, dtype)
    assert core.binary_cross_entropy(Z, np.array([[1, 0]], dtype), one)[0] == 0
    assert core.binary_cross_entropy(Z, np.array([[0, 1]], dtype), one)[0] == 1600
    Z = np.array([[800.0], [-800.0]], dtype)
    assert core.categorical_cross_entropy(Z, np.array([[1], [0]], dtype))[0] == 0
    assert core.categorical_cross_entropy(Z, np.array([[0], [1]], dtype))[0] == 1600


def test_wrong_shapes_say_which(core):
    with pytest.raises(ValueError, match=r"Y has shape \(1, 2\), wanted \(1, 3\)"):
        core.squared_error(np.ones((1, 3)), np.ones((1, 2)), np.ones(3), np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"weight has shape \(2,\), wanted \(3,\)"):
        core.squared_error(np.ones((1, 3)), np.ones((1, 3)), np.ones(2), np.ones((1, 3)))
