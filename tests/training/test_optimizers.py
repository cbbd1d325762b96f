"""Optimisers as records: the kernel they name, its numbers, their defaults and their checks."""

import re
from dataclasses import FrozenInstanceError

import pytest

import cregnet
import regnet as rn
from regnet.training.optimizers import as_optimizer

ALL = [rn.GradientDescent, rn.Momentum, rn.RMSprop, rn.Adam, rn.AdamW]


@pytest.mark.parametrize(
    ("optimizer", "rate", "kernel", "hyper"),
    [
        (rn.GradientDescent(), 0.01, "gradient_descent", ()),
        (rn.Momentum(), 0.01, "momentum", (0.9,)),
        (rn.RMSprop(), 0.01, "rmsprop", (0.99, 1e-8)),
        (rn.Adam(), 0.001, "adam", (0.9, 0.999, 1e-8)),
        (rn.AdamW(), 0.001, "adamw", (0.9, 0.999, 1e-8, 0.01)),
    ],
    ids=repr,
)
def test_defaults(optimizer, rate, kernel, hyper):
    assert optimizer.learning_rate == rate
    assert optimizer.kernel == kernel
    assert optimizer.hyper == hyper
    assert optimizer.schedule is None


@pytest.mark.parametrize(
    ("optimizer", "kernel", "hyper"),
    [
        (rn.GradientDescent(0.3), "gradient_descent", ()),
        (rn.Momentum(0.3, 0.5), "momentum", (0.5,)),
        (rn.Momentum(0.3, 0.5, "velocity"), "momentum_velocity", (0.5,)),
        (rn.Momentum(0.3, form="nesterov", beta=0.7), "nesterov", (0.7,)),
        (rn.RMSprop(0.3, 0.8, 1e-6), "rmsprop", (0.8, 1e-6)),
        (rn.Adam(0.3, 0.8, 0.95, 1e-6), "adam", (0.8, 0.95, 1e-6)),
        (rn.AdamW(0.3, 0.8, 0.95, 1e-6, 0.1), "adamw", (0.8, 0.95, 1e-6, 0.1)),
        (rn.AdamW(0.3, weight_decay=0), "adamw", (0.9, 0.999, 1e-8, 0)),
        (rn.Momentum(0.3, beta=0), "momentum", (0,)),
        (rn.Adam(0.3, beta1=0, beta2=0), "adam", (0, 0, 1e-8)),
    ],
    ids=repr,
)
def test_kernel_and_numbers(optimizer, kernel, hyper):
    assert optimizer.learning_rate == 0.3
    assert (optimizer.kernel, optimizer.hyper) == (kernel, hyper)


def test_every_kernel_of_the_core_has_an_optimiser():
    made = [kind() for kind in ALL] + [rn.Momentum(form="velocity"), rn.Momentum(form="nesterov")]
    assert {optimizer.kernel for optimizer in made} == set(cregnet.KERNELS["optimizer"])


@pytest.mark.parametrize("kind", ALL)
def test_schedule_is_a_keyword(kind):
    schedule = rn.Cosine()
    assert kind(0.3, schedule=schedule).schedule is schedule
    with pytest.raises(TypeError):
        kind(0.3, schedule)


def test_a_function_is_a_schedule():
    assert rn.Adam(0.3, schedule=lambda epoch, step: 0.1).schedule(0, 0) == 0.1


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"learning_rate": 0}, ValueError, "learning_rate is 0, wanted a number > 0"),
        ({"learning_rate": -0.1}, ValueError, "learning_rate is -0.1, wanted a number > 0"),
        ({"learning_rate": float("nan")}, ValueError, "learning_rate is nan, wanted a number > 0"),
        ({"learning_rate": float("inf")}, ValueError, "learning_rate is inf, wanted a number > 0"),
        ({"learning_rate": "0.1"}, TypeError, "learning_rate is '0.1', wanted a number > 0"),
        ({"learning_rate": None}, TypeError, "learning_rate is None, wanted a number > 0"),
        ({"learning_rate": True}, TypeError, "learning_rate is True, wanted a number > 0"),
        (
            {"schedule": "cosine"},
            TypeError,
            "schedule is 'cosine', wanted None, a schedule or a function of (epoch, step)",
        ),
    ],
)
def test_wrong_learning_rate_is_named(kind, options, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        kind(**options)


WRONG = [
    (rn.Momentum, {"beta": 1}, ValueError, "beta is 1, wanted 0 <= beta < 1"),
    (rn.Momentum, {"beta": -0.1}, ValueError, "beta is -0.1, wanted 0 <= beta < 1"),
    (rn.Momentum, {"beta": "0.9"}, TypeError, "beta is '0.9', wanted 0 <= beta < 1"),
    (rn.Momentum, {"form": "heavy"}, ValueError, "form is 'heavy', wanted one of 'average', 'velocity'"),
    (
        rn.Momentum,
        {"form": None},
        ValueError,
        "form is None, wanted one of 'average', 'velocity', 'nesterov'",
    ),
    (rn.RMSprop, {"beta": 1.0}, ValueError, "beta is 1.0, wanted 0 <= beta < 1"),
    (rn.RMSprop, {"beta": None}, TypeError, "beta is None, wanted 0 <= beta < 1"),
    (rn.RMSprop, {"epsilon": 0}, ValueError, "epsilon is 0, wanted a number > 0"),
    (rn.RMSprop, {"epsilon": "x"}, TypeError, "epsilon is 'x', wanted a number > 0"),
    (rn.AdamW, {"weight_decay": -0.1}, ValueError, "weight_decay is -0.1, wanted a number >= 0"),
    (rn.AdamW, {"weight_decay": None}, TypeError, "weight_decay is None, wanted a number >= 0"),
] + [
    (kind, options, error, message)
    for kind in (rn.Adam, rn.AdamW)
    for options, error, message in [
        ({"beta1": 1}, ValueError, "beta1 is 1, wanted 0 <= beta1 < 1"),
        ({"beta1": -1}, ValueError, "beta1 is -1, wanted 0 <= beta1 < 1"),
        ({"beta1": float("nan")}, ValueError, "beta1 is nan, wanted 0 <= beta1 < 1"),
        ({"beta2": 1}, ValueError, "beta2 is 1, wanted 0 <= beta2 < 1"),
        ({"beta2": "0.9"}, TypeError, "beta2 is '0.9', wanted 0 <= beta2 < 1"),
        ({"epsilon": 0}, ValueError, "epsilon is 0, wanted a number > 0"),
        ({"epsilon": -1e-8}, ValueError, "epsilon is -1e-08, wanted a number > 0"),
    ]
]


@pytest.mark.parametrize(
    ("kind", "options", "error", "message"),
    WRONG,
    ids=[f"{kind.__name__} {text}" for kind, *_, text in WRONG],
)
def test_wrong_number_is_named(kind, options, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        kind(**options)


@pytest.mark.parametrize("kind", ALL)
def test_optimisers_are_values(kind):
    assert kind(0.3) == kind(0.3)
    assert kind(0.3) != kind(0.4)
    with pytest.raises(FrozenInstanceError):
        kind(0.3).learning_rate = 0.4


def test_adamw_is_not_equal_to_adam():
    assert rn.AdamW(0.3, weight_decay=0) != rn.Adam(0.3)


def test_none_is_adam():
    assert as_optimizer(None) == rn.Adam(0.001)


def test_an_optimiser_is_taken_as_it_is():
    optimizer = rn.Momentum(0.3)
    assert as_optimizer(optimizer) is optimizer


@pytest.mark.parametrize("wrong", ["adam", 0.1, rn.Adam, rn.Cosine()])
def test_what_is_no_optimiser_is_refused(wrong):
    message = f"optimizer is {wrong!r}, wanted an optimiser such as Adam(1e-3)"
    with pytest.raises(TypeError, match=re.escape(message)):
        as_optimizer(wrong)
