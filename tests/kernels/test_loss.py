"""Losses: twins, derivatives, costs by hand, extreme logits."""

import numpy as np
import pytest

from twins import SHAPES, check_cases, reals

NAMES = ("binary_cross_entropy", "categorical_cross_entropy", "squared_error")


def cases(rng, dtype):
    for shape in SHAPES:
        Y = rng.integers(0, 2, size=shape).astype(dtype)
        weight = rng.random(shape[1]).astype(dtype)
        yield 3 * reals(rng, *shape, dtype=dtype), Y, weight, np.ones(shape, dtype)


CASES = dict.fromkeys(NAMES, cases)


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype), scale=4)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_the_derivative(core, name):
    rng = np.random.default_rng(2)
    Z, Y, weight = rng.normal(size=(4, 9)), rng.random((4, 9)), rng.random(9)
    loss, dZ, unused, h = getattr(core, name), np.empty_like(Z), np.empty_like(Z), 1e-5
    loss(Z, Y, weight, dZ)
    for at in np.ndindex(Z.shape):
        cost = []
        for step in (h, -h):
            moved = Z.copy()
            moved[at] += step
            cost.append(loss(moved, Y, weight, unused))
        assert dZ[at] == pytest.approx((cost[0] - cost[1]) / (2 * h), rel=1e-7, abs=1e-9)


def test_costs_by_hand(core):
    one, out = np.ones(1), np.empty((1, 1))
    assert core.binary_cross_entropy(np.zeros((1, 1)), np.ones((1, 1)), one, out) == pytest.approx(
        np.log(2), rel=1e-15
    )
    assert out[0, 0] == -0.5
    assert core.squared_error(np.full((1, 1), 3.0), np.ones((1, 1)), one, out) == 2.0
    assert out[0, 0] == 2.0
    Z, Y, dZ = np.zeros((4, 1)), np.array([[0], [1.0], [0], [0]]), np.empty((4, 1))
    assert core.categorical_cross_entropy(Z, Y, one, dZ) == pytest.approx(np.log(4), rel=1e-15)
    np.testing.assert_allclose(dZ[:, 0], [0.25, -0.75, 0.25, 0.25])


def test_confident_outputs_cost_what_they_should(core, dtype):
    Z, out, one = np.array([[800.0, -800.0]], dtype), np.empty((1, 2), dtype), np.ones(2, dtype)
    assert core.binary_cross_entropy(Z, np.array([[1, 0]], dtype), one, out) == 0
    assert core.binary_cross_entropy(Z, np.array([[0, 1]], dtype), one, out) == 1600
    Z, out = np.array([[800.0], [-800.0]], dtype), np.empty((2, 1), dtype)
    assert core.categorical_cross_entropy(Z, np.array([[1], [0]], dtype), one[:1], out) == 0
    assert core.categorical_cross_entropy(Z, np.array([[0], [1]], dtype), one[:1], out) == 1600


def test_wrong_shapes_say_which(core):
    with pytest.raises(ValueError, match=r"Y has shape \(1, 2\), wanted \(1, 3\)"):
        core.squared_error(np.ones((1, 3)), np.ones((1, 2)), np.ones(3), np.ones((1, 3)))
    with pytest.raises(ValueError, match="weight has 2 elements, wanted 3"):
        core.squared_error(np.ones((1, 3)), np.ones((1, 3)), np.ones(2), np.ones((1, 3)))
