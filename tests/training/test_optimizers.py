"""Optimisers as records: the kernel they name, its numbers, their defaults and their checks."""

import copy
import dataclasses
import pickle
import re
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import cregnet
import regnet as rn
from cregnet.spec import OPTIMIZERS
from regnet.training.named_optimizers import as_optimizer

ALL = [rn.GradientDescent, rn.Momentum, rn.RMSprop, rn.Adam, rn.AdamW]
CLASSES = [kind() for kind in ALL] + [rn.Momentum(form="velocity"), rn.Momentum(form="nesterov")]


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
    assert optimizer.options == hyper
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
    assert (optimizer.kernel, optimizer.options) == (kernel, hyper)


def test_every_kernel_of_the_core_has_an_optimiser():
    assert {rn.optimizer(name).kernel for name in OPTIMIZERS} == set(cregnet.KERNELS["optimizer"])


@pytest.mark.parametrize("optimizer", CLASSES, ids=repr)
def test_defaults_of_a_class_are_those_of_its_kernels_row(optimizer):
    row = OPTIMIZERS[optimizer.kernel]
    assert optimizer.options == tuple(option.default for option in row.options)
    assert optimizer.learning_rate == row.learning_rate


def test_the_former_name_of_the_options_is_deprecated():
    with pytest.warns(DeprecationWarning, match=r"^Optimizer.hyper is deprecated, use Optimizer.options$"):
        assert rn.Adam().hyper == rn.Adam().options


# ------------------------------------------------------------------------------ by the name of a kernel

X, Y, _, _ = rn.datasets.make_football(n_train=60, n_test=10, seed=0)


def trained(optimizer, epochs=4, **options):
    model = rn.Model.mlp([2, 5, 1], seed=1)
    rn.train(model, X, Y, epochs=epochs, batch_size=20, optimizer=optimizer, **options)
    return model


@pytest.mark.parametrize("optimizer", CLASSES, ids=repr)
def test_a_name_trains_as_its_class_does(optimizer):
    named = rn.optimizer(optimizer.kernel, 0.05)
    expected = trained(dataclasses.replace(optimizer, learning_rate=0.05))
    assert (named.learning_rate, named.kernel, named.options) == (0.05, optimizer.kernel, optimizer.options)
    np.testing.assert_array_equal(trained(named).parameters, expected.parameters)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_train_takes_the_name_of_any_kernel(name):
    expected = trained(rn.optimizer(name, OPTIMIZERS[name].learning_rate))
    np.testing.assert_array_equal(trained(name).parameters, expected.parameters)
    assert expected.training_state.optimizer == name


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_named_optimiser_resumes_also_from_a_file(name, tmp_path):
    schedule = rn.Exponential(0.9)
    whole = trained(rn.optimizer(name, schedule=schedule), epochs=7)
    model = trained(rn.optimizer(name, schedule=schedule), epochs=3)
    model.save(tmp_path / "net.safetensors")
    for net in (model, rn.load(tmp_path / "net.safetensors")):
        optimizer = pickle.loads(pickle.dumps(rn.optimizer(name, schedule=schedule)))
        rn.train(net, X, Y, epochs=7, batch_size=20, optimizer=optimizer, resume=True)
        np.testing.assert_array_equal(net.parameters, whole.parameters)


def test_a_new_row_of_the_table_needs_nothing_else(monkeypatch):
    options = OPTIMIZERS["adam"].options[:2]
    row = OPTIMIZERS["adam"]._replace(options=options, learning_rate=0.5)
    monkeypatch.setitem(OPTIMIZERS, "lion", row)
    assert repr(rn.optimizer("lion", beta2=0.99)) == "optimizer('lion', 0.5, beta1=0.9, beta2=0.99)"
    with pytest.raises(ValueError, match=re.escape("beta2 is 1, wanted 0 <= beta2 < 1")):
        rn.optimizer("lion", beta2=1)


def test_a_named_optimiser_is_a_value():
    one = rn.optimizer("adamw", 0.1, decay=0.2, schedule=rn.Cosine())
    assert one == rn.optimizer("adamw", 0.1, schedule=rn.Cosine(), decay=0.2)
    assert hash(one) == hash(rn.optimizer("adamw", 0.1, schedule=rn.Cosine(), decay=0.2))
    assert one != rn.optimizer("adamw", 0.1, schedule=rn.Cosine(), decay=0.3)
    assert one != rn.optimizer("adam", 0.1, schedule=rn.Cosine())
    assert eval(repr(one), {"optimizer": rn.optimizer, "Cosine": rn.Cosine}) == one
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.copy(one) == one
    assert dataclasses.replace(one, learning_rate=0.3) == rn.optimizer(
        "adamw", 0.3, decay=0.2, schedule=rn.Cosine()
    )
    with pytest.raises(FrozenInstanceError):
        one.learning_rate = 0.4


def test_a_search_space_may_have_names_of_optimisers():
    def make(config):
        return rn.Model.mlp([2, 4, 1], seed=1), {"optimizer": config["optimizer"]}

    found = rn.search(make, X, Y, {"optimizer": ["adam", "nesterov"]}, n=4, epochs=3)
    assert found.best["optimizer"] in ("adam", "nesterov")
    rates = rn.find_learning_rate(rn.Model.mlp([2, 4, 1], seed=1), X, Y, optimizer="momentum")
    expected = rn.find_learning_rate(rn.Model.mlp([2, 4, 1], seed=1), X, Y, optimizer=rn.Momentum())
    np.testing.assert_array_equal(rates.costs, expected.costs)


NAMES = ", ".join(map(repr, OPTIMIZERS))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: rn.optimizer("adamm"), ValueError, f"name is 'adamm', wanted one of {NAMES}"),
        (lambda: rn.optimizer(None), ValueError, f"name is None, wanted one of {NAMES}"),
        (
            lambda: rn.optimizer("adam", beta=0.9),
            TypeError,
            "optimizer('adam') has no argument 'beta', wanted 'beta2'",
        ),
        (
            lambda: rn.optimizer("rmsprop", momentum=0.9),
            TypeError,
            "optimizer('rmsprop') has no argument 'momentum', wanted one of learning_rate, schedule, beta, "
            "epsilon",
        ),
        (
            lambda: rn.optimizer("gradient_descent", beta=0.9),
            TypeError,
            "optimizer('gradient_descent') has no argument 'beta', wanted one of learning_rate, schedule",
        ),
        (lambda: rn.optimizer("adam", beta1=1), ValueError, "beta1 is 1, wanted 0 <= beta1 < 1"),
        (lambda: rn.optimizer("adam", beta1="0.9"), TypeError, "beta1 is '0.9', wanted 0 <= beta1 < 1"),
        (lambda: rn.optimizer("adam", beta1=True), TypeError, "beta1 is True, wanted 0 <= beta1 < 1"),
        (lambda: rn.optimizer("adam", epsilon=0), ValueError, "epsilon is 0, wanted a number > 0"),
        (lambda: rn.optimizer("adamw", decay=-1), ValueError, "decay is -1, wanted a number >= 0"),
        (lambda: rn.optimizer("adam", 0), ValueError, "learning_rate is 0, wanted a number > 0"),
        (
            lambda: rn.optimizer("adam", schedule="cosine"),
            TypeError,
            "schedule is 'cosine', wanted None, a schedule or a function of (epoch, step)",
        ),
        (lambda: trained("adamm"), ValueError, f"optimizer is 'adamm', wanted one of {NAMES}"),
    ],
)
def test_a_wrong_name_or_option_is_named(make, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        make()


# ------------------------------------------------------------------------------ classes


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


@pytest.mark.parametrize("wrong", [0.1, rn.Adam, rn.Cosine()])
def test_what_is_no_optimiser_is_refused(wrong):
    message = f"optimizer is {wrong!r}, wanted an optimiser such as Adam(1e-3)"
    with pytest.raises(TypeError, match=re.escape(message)):
        as_optimizer(wrong)
