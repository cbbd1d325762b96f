"""Penalties: the coefficients they give the kernels, and how they add up."""

import pickle
import re

import numpy as np
import pytest

import regnet as rn
from regnet.models.penalties import as_penalty

N, BATCH = 200, 50


@pytest.mark.parametrize(
    ("penalty", "l1", "l2"),
    [
        (rn.Penalty(), 0.0, 0.0),
        (rn.L2(0), 0.0, 0.0),
        (rn.L1(0), 0.0, 0.0),
        (rn.L2(0.7), 0.0, 0.7 / 200),
        (rn.L2(0.7, scale="examples"), 0.0, 0.7 / 200),
        (rn.L2(0.7, scale="batch"), 0.0, 0.7 / 50),
        (rn.L2(0.7, scale="none"), 0.0, 0.7),
        (rn.L1(0.8), 0.8 / 400, 0.0),
        (rn.L1(0.8, scale="examples"), 0.8 / 400, 0.0),
        (rn.L1(0.8, scale="batch"), 0.8 / 100, 0.0),
        (rn.L1(0.8, scale="none"), 0.4, 0.0),
        (rn.L1(0.8) + rn.L2(0.7), 0.8 / 400, 0.7 / 200),
        (rn.L2(0.7) + rn.L1(0.8), 0.8 / 400, 0.7 / 200),
        (rn.L2(0.5) + rn.L2(0.2), 0.0, 0.7 / 200),
        (rn.L1(0.5) + rn.L1(0.3), 0.8 / 400, 0.0),
        (rn.L1(0.8, "none") + rn.L2(0.7, "batch"), 0.4, 0.7 / 50),
        (rn.L2(0.2) + rn.L2(0.3, "batch") + rn.L2(0.4, "none"), 0.0, 0.001 + 0.006 + 0.4),
        (rn.Penalty() + rn.L2(0.7), 0.0, 0.7 / 200),
    ],
    ids=repr,
)
def test_coefficients(penalty, l1, l2):
    assert penalty.coefficients(N, BATCH) == pytest.approx((l1, l2, 0, 0), rel=1e-14)


X = np.random.default_rng(0).normal(size=(20, 3))
Y = X @ [1.0, -2.0, 0.5]


def start():
    """A small regression net with two layers of weights."""
    return rn.Model.mlp([3, 4, 1], activation="tanh", output="identity", dtype="float64", seed=1)


@pytest.mark.parametrize(
    ("penalty", "cost"),
    [
        (rn.L2(0.7), lambda W: 0.7 / (2 * 20) * (W**2).sum()),
        (rn.L1(0.7), lambda W: 0.7 / (2 * 20) * abs(W).sum()),
        (rn.L1(0.3) + rn.L2(0.7), lambda W: (0.3 * abs(W) + 0.7 * W**2).sum() / 40),
        (rn.L2(0.1, "none"), lambda W: 0.05 * (W**2).sum()),
    ],
    ids=repr,
)
def test_cost_gains_the_penalty_of_the_weights_alone(penalty, cost):
    model = start()
    model.parameters[:] += 0.1  # so that the biases are not 0 and would be seen
    expected = sum(cost(W) for W in model.weights)
    plain = rn.train(model.copy(), X, Y, epochs=1, batch_size=None).cost[0]
    penalised = rn.train(model.copy(), X, Y, epochs=1, batch_size=None, penalty=penalty).cost[0]
    assert penalised - plain == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("penalty", "gradient"),
    [
        (rn.L2(0.7), lambda W: 0.7 / 20 * W),
        (rn.L1(0.7), lambda W: 0.7 / 40 * np.sign(W)),
        (rn.L1(0.3) + rn.L2(0.7), lambda W: 0.3 / 40 * np.sign(W) + 0.7 / 20 * W),
        (rn.L2(0.2, "none"), lambda W: 0.2 * W),
    ],
    ids=repr,
)
def test_gradient_gains_that_of_the_penalty(penalty, gradient):
    plain, penalised = start(), start()
    plain.parameters[:] += 0.1
    penalised.parameters[:] += 0.1
    before = plain.copy()
    options = {"epochs": 1, "batch_size": None, "optimizer": rn.GradientDescent(0.5)}
    rn.train(plain, X, Y, **options)
    rn.train(penalised, X, Y, penalty=penalty, **options)
    for W, W_plain, W_penalised in zip(before.weights, plain.weights, penalised.weights, strict=True):
        np.testing.assert_allclose(W_plain - W_penalised, 0.5 * gradient(W), rtol=1e-11, atol=1e-15)
    for b_plain, b_penalised in zip(plain.biases, penalised.biases, strict=True):
        np.testing.assert_array_equal(b_plain, b_penalised)


def test_a_sum_keeps_its_terms_in_order():
    total = rn.L1(0.1) + rn.L2(0.7) + rn.L2(0.2, "batch")
    assert total.terms == (rn.L1(0.1), rn.L2(0.7), rn.L2(0.2, "batch"))


@pytest.mark.parametrize(
    ("penalty", "text"),
    [
        (rn.L2(0.7), "L2(0.7)"),
        (rn.L2(1e-7), "L2(1e-07)"),
        (rn.L2(0.7, scale="batch"), "L2(0.7, scale='batch')"),
        (rn.L1(0.5, "none"), "L1(0.5, scale='none')"),
        (rn.L1(0.1) + rn.L2(0.7), "L1(0.1) + L2(0.7)"),
        (rn.Penalty(), "Penalty()"),
    ],
)
def test_repr(penalty, text):
    assert repr(penalty) == text


@pytest.mark.parametrize("lam", [0.7, 0.1234567891, 1 / 3, 1e-12])
def test_repr_of_a_term_makes_it_again(lam):
    made = eval(repr(rn.L2(lam)), {"L2": rn.L2})
    assert made.lam == lam


def test_equal_terms_are_equal_and_hash_alike():
    assert rn.L2(0.7) == rn.L2(0.7, scale="examples")
    assert hash(rn.L2(0.7)) == hash(rn.L2(0.7))
    assert rn.L2(1) == rn.L2(1.0)
    assert rn.L1(0.1) + rn.L2(0.7) == rn.L1(0.1) + rn.L2(0.7)
    assert len({rn.L2(0.7), rn.L2(0.7), rn.L1(0.7)}) == 2


@pytest.mark.parametrize(
    "other",
    [rn.L2(0.8), rn.L2(0.70000001), rn.L1(0.7), rn.L2(0.7, "batch"), rn.Penalty(), 0.7, None],
    ids=repr,
)
def test_different_penalties_are_not_equal(other):
    assert rn.L2(0.7) != other


@pytest.mark.parametrize("penalty", [rn.L2(0.7, "batch"), rn.L1(0.1) + rn.L2(0.7)], ids=repr)
def test_pickle_keeps_a_penalty(penalty):
    assert pickle.loads(pickle.dumps(penalty)) == penalty


@pytest.mark.parametrize("kind", [rn.L0, rn.L1, rn.L2])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1,), ValueError, "lam is -1, wanted a number >= 0"),
        ((float("nan"),), ValueError, "lam is nan, wanted a number >= 0"),
        ((float("inf"),), ValueError, "lam is inf, wanted a number >= 0"),
        (("0.7",), TypeError, "lam is '0.7', wanted a number >= 0"),
        ((True,), TypeError, "lam is True, wanted a number >= 0"),
        ((None,), TypeError, "lam is None, wanted a number >= 0"),
        ((0.7, "rows"), ValueError, "scale is 'rows', wanted one of 'examples', 'batch', 'none'"),
        ((0.7, None), ValueError, "scale is None, wanted one of 'examples', 'batch', 'none'"),
    ],
)
def test_wrong_argument_is_named(kind, arguments, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        kind(*arguments)


@pytest.mark.parametrize("other", [0.7, None, "L2"])
def test_only_penalties_add_up(other):
    with pytest.raises(TypeError, match=re.escape("unsupported operand type(s) for +")):
        rn.L2(0.7) + other


def test_none_is_no_penalty():
    assert as_penalty(None).coefficients(N, BATCH) == (0.0, 0.0, 0.0, 0.0)


def test_a_penalty_is_taken_as_it_is():
    penalty = rn.L1(0.1) + rn.L2(0.7)
    assert as_penalty(penalty) is penalty


@pytest.mark.parametrize("wrong", [0.7, "l2", rn.L2, [rn.L2(0.7)]])
def test_what_is_no_penalty_is_refused(wrong):
    message = f"penalty is {wrong!r}, wanted None or L1(...), L2(...), L0(...) or a sum of them"
    with pytest.raises(TypeError, match=re.escape(message)):
        as_penalty(wrong)


@pytest.mark.parametrize(
    ("penalty", "coefficients"),
    [
        (rn.L1(0.8, proximal=True), (0, 0, 0.8 / 400, 0)),
        (rn.L1(0.8, "batch", proximal=True) + rn.L1(0.2, "none"), (0.1, 0, 0.8 / 100, 0)),
        (rn.L0(0.8), (0, 0, 0, 0.8 / 200)),
        (rn.L0(0.8, scale="batch"), (0, 0, 0, 0.8 / 50)),
        (rn.L0(0.8, "none") + rn.L0(0.1, "none"), (0, 0, 0, 0.9)),
        (rn.L1(0.8) + rn.L2(0.7) + rn.L1(0.4, proximal=True) + rn.L0(2), (0.002, 0.0035, 0.001, 0.01)),
    ],
    ids=repr,
)
def test_coefficients_of_proximal_l1_and_l0(penalty, coefficients):
    found = penalty.coefficients(N, BATCH)
    assert found == pytest.approx(coefficients, rel=1e-14)
    assert found._fields == ("l1", "l2", "proximal", "l0")


def test_what_shows_the_same_is_equal():
    assert rn.L1(0.1) != rn.L1(0.1, proximal=True)
    assert repr(rn.L1(0.1, "none", proximal=True)) == "L1(0.1, scale='none', proximal=True)"
    assert rn.L0(0.1) != rn.L2(0.1)
    assert rn.Penalty() + rn.L0(0.1) == rn.L0(0.1)
    assert len({rn.L0(0.1), rn.L0(0.1), rn.L1(0.1), rn.L1(0.1, proximal=True), rn.L1(0.1) + rn.L0(0.1)}) == 4


def test_proximal_penalties_survive_pickling():
    penalty = rn.L1(0.1, proximal=True) + rn.L0(0.2, "batch")
    assert pickle.loads(pickle.dumps(penalty)) == penalty
