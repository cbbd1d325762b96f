"""Layers: what they hold, how they show, and what they refuse."""

import re

import numpy as np
import pytest

import regnet as rn
from cregnet.spec import ACTIVATIONS


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (rn.Input(2), "Input(units=2)"),
        (rn.Input(2, 0.8, noise=0.1), "Input(units=2, keep_prob=0.8, noise=0.1)"),
        (
            rn.Input(2, 0.5, gates=True, dropout="gaussian"),
            "Input(units=2, keep_prob=0.5, gates=True, dropout='gaussian')",
        ),
        (rn.Dense(3), "Dense(units=3)"),
        (rn.Dense(3, "relu", 0.5, "he"), "Dense(units=3, activation='relu', keep_prob=0.5, init='he')"),
        (rn.Dense(3, max_norm=2), "Dense(units=3, max_norm=2.0)"),
        (rn.Dense(3, batch_norm=True), "Dense(units=3, batch_norm=True)"),
        (rn.Dense(3, penalty=rn.L1(0.1) + rn.L2(2)), "Dense(units=3, penalty=L1(0.1) + L2(2.0))"),
        (rn.Dense(3, penalty=rn.Penalty()), "Dense(units=3, penalty=Penalty())"),
        (
            rn.Dense(3, gates=True, penalty=rn.L0(0.1, "batch")),
            "Dense(units=3, gates=True, penalty=L0(0.1, scale='batch'))",
        ),
    ],
)
def test_a_layer_shows_what_is_not_its_default(layer, text):
    assert repr(layer) == text


def test_layers_with_the_same_fields_are_equal():
    assert rn.Dense(3, "relu", max_norm=2, penalty=rn.L2(0.1)) == rn.Dense(
        3, "relu", max_norm=2.0, penalty=rn.L2(0.1)
    )
    assert rn.Dense(3, batch_norm=True) != rn.Dense(3)
    assert rn.Input(3, noise=0.1) != rn.Input(3)
    assert rn.Dense(3, gates=np.bool_(True)).gates is True


WRONG = {
    "noise": (lambda: rn.Input(2, noise=-0.1), ValueError, "noise is -0.1, wanted a number >= 0"),
    "no noise": (lambda: rn.Input(2, noise=None), TypeError, "noise is None, wanted a number >= 0"),
    "gates": (lambda: rn.Input(2, gates=1), TypeError, "gates is 1, wanted True or False"),
    "dropout": (
        lambda: rn.Input(2, dropout="normal"),
        ValueError,
        "dropout is 'normal', wanted one of 'bernoulli', 'gaussian'",
    ),
    "dense dropout": (
        lambda: rn.Dense(2, dropout=0.2),
        ValueError,
        "dropout is 0.2, wanted one of 'bernoulli', 'gaussian'; "
        "to drop that share of the units give keep_prob=0.8",
    ),
    "dropout 1": (
        lambda: rn.Dense(2, dropout=1),
        ValueError,
        "dropout is 1, wanted one of 'bernoulli', 'gaussian'",
    ),
    "gaussian dropout of nothing": (
        lambda: rn.Dense(2, "relu", dropout="gaussian"),
        ValueError,
        "dropout is 'gaussian' and keep_prob is 1, which drops nothing, wanted keep_prob < 1",
    ),
    "gaussian dropout of no input": (
        lambda: rn.Input(2, dropout="gaussian"),
        ValueError,
        "dropout is 'gaussian' and keep_prob is 1, which drops nothing, wanted keep_prob < 1",
    ),
    "mlp without hidden layers": (
        lambda: rn.Model.mlp([2, 1], activation="rulu"),
        ValueError,
        f"activation is 'rulu', wanted one of {', '.join(map(repr, ACTIVATIONS))}",
    ),
    "keep_prob of no hidden layer": (
        lambda: rn.Model.mlp([2, 1], keep_prob=5),
        ValueError,
        "keep_prob is 5, wanted 0 < keep_prob <= 1",
    ),
    "keep_prob of letters": (
        lambda: rn.Model.mlp([2, 1], keep_prob="a"),
        TypeError,
        "keep_prob is 'a', wanted 0 < keep_prob <= 1",
    ),
    "max_norm": (lambda: rn.Dense(2, max_norm=0), ValueError, "max_norm is 0, wanted a number > 0"),
    "infinite max_norm": (
        lambda: rn.Dense(2, max_norm=np.inf),
        ValueError,
        "max_norm is inf, wanted a number > 0",
    ),
    "max_norm True": (lambda: rn.Dense(2, max_norm=True), TypeError, "max_norm is True, wanted a number > 0"),
    "batch_norm": (
        lambda: rn.Dense(2, batch_norm="yes"),
        TypeError,
        "batch_norm is 'yes', wanted True or False",
    ),
    "penalty": (
        lambda: rn.Dense(2, penalty=0.1),
        TypeError,
        "penalty is 0.1, wanted None or L1(...), L2(...), L0(...) or a sum of them",
    ),
    "L0 without gates": (
        lambda: rn.Dense(2, penalty=rn.L2(1.0) + rn.L0(0.1)),
        ValueError,
        "penalty is L2(1.0) + L0(0.1) and gates is False, wanted gates=True for L0",
    ),
    "batch norm of the output": (
        lambda: rn.Model([rn.Input(2), rn.Dense(1, batch_norm=True)]),
        ValueError,
        "batch_norm of the output layer is True, wanted False: it is for hidden layers",
    ),
    "gates of the output": (
        lambda: rn.Model([rn.Input(2), rn.Dense(1, gates=True)]),
        ValueError,
        "gates of the output layer is True, wanted False: it is for hidden layers and the input",
    ),
}


@pytest.mark.parametrize(("make", "error", "message"), WRONG.values(), ids=WRONG)
def test_wrong_argument_is_named(make, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        make()


def test_regularisers_are_given_by_name():
    with pytest.raises(TypeError, match="positional argument"):
        rn.Dense(2, "relu", 0.5, None, 2.0)
    with pytest.raises(TypeError, match="positional argument"):
        rn.Input(2, 0.5, 0.1)
    with pytest.raises(TypeError, match="positional argument"):
        rn.L1(0.1, "none", True)


def test_the_plan_has_what_the_layers_say():
    model = rn.Model(
        [
            rn.Input(4, 0.9, noise=0.2, dropout="gaussian"),
            rn.Dense(3, "relu", 0.5, max_norm=2.0, gates=True),
            rn.Dense(2, "tanh", batch_norm=True),
            rn.Dense(1, "sigmoid", max_norm=1.5),
        ]
    )
    plan = model.plan
    assert plan.keep_prob == (0.9, 0.5, 1.0)
    assert plan.gaussian == (True, False, False)
    assert plan.noise == 0.2
    assert plan.gates == (False, True, False)
    assert plan.max_norm == (2.0, 0.0, 1.5)
    assert plan.batch_norm == (False, True, False)
    assert (plan.l0, plan.proximal) == ((0.0,) * 3, (0.0,) * 3)


def test_mlp_regularises_the_hidden_layers():
    model = rn.Model.mlp([4, 3, 2, 1], max_norm=2.0, batch_norm=True)
    assert model.plan.max_norm == (2.0, 2.0, 0.0)
    assert model.plan.batch_norm == (True, True, False)


def test_parameters_start_as_said():
    model = rn.Model(
        [rn.Input(4, gates=True), rn.Dense(3, "relu", batch_norm=True, gates=True), rn.Dense(1, "sigmoid")],
        dtype="float64",
    )
    assert model.parameters.size == 12 + 3 + 3 + 3 + 1 + 4 + 3 + 3 + 3 + 1
    assert repr(model).endswith("float64, 29 parameters)")  # trained ones
    np.testing.assert_array_equal(model.gammas[0], np.ones((3, 1)))
    assert model.gammas[1] is None
    for log_alpha, n in zip(model.log_alphas, (4, 3), strict=True):
        np.testing.assert_allclose(log_alpha, np.full((n, 1), np.log(9)), rtol=1e-15)
    np.testing.assert_allclose(model.gates[0], 0.98, rtol=1e-12)
    assert not model.parameters[model.layout.n_trained :].any()
    assert not model.biases[0].any()


def test_new_views_are_writable_and_none_is_not():
    model = rn.Model([rn.Input(4, gates=True), rn.Dense(3, batch_norm=True), rn.Dense(1)])
    model.gammas[0] = [[1.0], [2.0], [3.0]]
    np.testing.assert_array_equal(model.parameters[model.layout.gamma[0]], [1, 2, 3])
    model.log_alphas[0][:] = 5
    np.testing.assert_array_equal(model.gates[0], np.ones(4, np.float32))
    assert model.gates[1] is None
    with pytest.raises(ValueError, match=re.escape("entry 1 is None, there is nothing to assign to")):
        model.gammas[1] = [[1.0]]
