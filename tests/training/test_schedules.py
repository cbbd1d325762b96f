"""Learning-rate schedules against values worked out by hand."""

import re
from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest

import regnet as rn
from regnet.training.schedules import Horizon, as_schedule


def rates(schedule, a0, *, epoch=None, step=None, n_epochs=10, n_steps=100):
    """Rates at some epochs or steps; the one that is not given is 0 throughout."""
    given = np.asarray(epoch if step is None else step)
    epoch = np.zeros_like(given) if epoch is None else np.asarray(epoch)
    step = np.zeros_like(given) if step is None else np.asarray(step)
    return as_schedule(schedule).rates(a0, epoch, step, Horizon(n_epochs, n_steps))


# ------------------------------------------------------------------------------ numbers of any kind


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (rn.Exponential(Fraction(1, 3)), 0.0),
        (rn.Exponential(1), 0.5),
        (rn.Staircase(1, Fraction(1, 3)), 0.0),
        (rn.Staircase(10**30), 0.5),
        (rn.InverseTime(10**18), 0.5 / 1e27),
        (rn.InverseTime(Fraction(1, 2)), 0.5 / (1 + 0.5e9)),
        (rn.PowerLaw(10**30), 0.5e21),
        (rn.Table({0: Fraction(1, 4), 10**30: 1}), 0.25),
        (rn.Warmup(10**30), 0.5e-21),
    ],
)
def test_integers_and_fractions_are_numbers_in_double(schedule, expected):
    # a power of a fraction is exact: its digits grow without bound, and so does the time it takes
    for n in (10**9, np.array([10**9])):
        found = np.asarray(schedule.rates(0.5, n, n, Horizon(10, 10)))
        assert found.dtype == np.float64
        np.testing.assert_allclose(found.reshape(-1), [expected], rtol=1e-8)


def test_optimizers_keep_numbers_in_double():
    found = rn.AdamW(Fraction(1, 2), Fraction(1, 4), 0, 1, weight_decay=10**18)
    kept = (found.learning_rate, *found.options)
    assert kept == (0.5, 0.25, 0.0, 1.0, 1e18)
    assert {type(x) for x in kept} == {float}


# ------------------------------------------------------------------------------ values

BY_EPOCH = {
    "constant": (None, 0.3, [0, 1, 99], [0.3, 0.3, 0.3]),
    # 0.3/1, 0.3/1.5, 0.3/2, 0.3/3: epoch 0 has a0
    "inverse time": (rn.InverseTime(0.5), 0.3, [0, 1, 2, 4], [0.3, 0.2, 0.15, 0.1]),
    "inverse time, rate 0": (rn.InverseTime(0.0), 0.3, [0, 7], [0.3, 0.3]),
    # 0.95^0, 0.95^1, 0.95^2 = 0.9025
    "exponential, default base": (rn.Exponential(), 2.0, [0, 1, 2], [2.0, 1.9, 1.805]),
    "exponential, base 1": (rn.Exponential(1), 0.2, [0, 50], [0.2, 0.2]),
    # 2 * 0.6 / 1, / 2, / 3, / 4: epochs count from 1
    "power law": (rn.PowerLaw(2.0), 0.6, [0, 1, 2, 3], [1.2, 0.6, 0.4, 0.3]),
    "power law, default k": (rn.PowerLaw(), 0.6, [0, 1], [0.6, 0.3]),
    # 0.1^0 for epochs 0 to 2, 0.1^1 for 3 to 5, 0.1^2 from 6
    "staircase": (
        rn.Staircase(every=3, factor=0.1),
        5.0,
        [0, 2, 3, 5, 6],
        [5.0, 5.0, 0.5, 0.5, 0.05],
    ),
    "staircase, defaults": (rn.Staircase(), 0.8, [9, 10, 19, 20], [0.8, 0.4, 0.4, 0.2]),
    # written in any order; before the first entry a0
    "table": (
        rn.Table({6: 0.001, 2: 0.1, 4: 0.01}),
        0.5,
        [0, 1, 2, 3, 4, 5, 6, 1000],
        [0.5, 0.5, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001],
    ),
    "table from epoch 0": (rn.Table({0: 0.1}), 0.5, [0, 1], [0.1, 0.1]),
    "table with a rate of 0": (rn.Table({1: 0}), 0.5, [0, 1], [0.5, 0.0]),
}


@pytest.mark.parametrize(("schedule", "a0", "epoch", "expected"), BY_EPOCH.values(), ids=BY_EPOCH)
def test_rate_of_an_epoch(schedule, a0, epoch, expected):
    np.testing.assert_allclose(rates(schedule, a0, epoch=epoch), expected, rtol=1e-14)


@pytest.mark.parametrize(("schedule", "a0", "epoch", "expected"), BY_EPOCH.values(), ids=BY_EPOCH)
def test_rate_by_epoch_does_not_depend_on_the_step(schedule, a0, epoch, expected):
    steps = np.arange(len(epoch)) * 17
    found = as_schedule(schedule).rates(a0, np.array(epoch), steps, Horizon(10, 100))
    np.testing.assert_allclose(found, expected, rtol=1e-14)


SQRT_HALF = 0.7071067811865476  # cos(pi / 4)
BY_STEP = {
    # 3 * 0.2 / sqrt(1, 4, 9, 100): steps count from 1
    "inverse root": (rn.InverseSqrt(3.0), 0.2, 100, [0, 3, 8, 99], [0.6, 0.3, 0.2, 0.06]),
    # (1 + cos 0)/2 = 1, (1 + cos pi/4)/2, (1 + cos pi/2)/2 = 1/2, (1 + cos pi)/2 = 0
    "cosine": (
        rn.Cosine(),
        0.4,
        100,
        [0, 25, 50, 100],
        [0.4, 0.2 * (1 + SQRT_HALF), 0.2, 0.0],
    ),
    # 2 * (0.1 + 0.9 * 1), 2 * (0.1 + 0.9 / 2), 2 * 0.1; after the end it stays there
    "cosine to a tenth": (rn.Cosine(final=0.1), 2.0, 100, [0, 50, 100, 150], [2.0, 1.1, 0.2, 0.2]),
    "cosine to 1": (rn.Cosine(final=1), 2.0, 100, [0, 50, 100], [2.0, 2.0, 2.0]),
    # steps 0 .. 10, peak at 0.4 * 10 = 4; 1/25 at first, 0.04/10000 at last;
    # half way up (0.04 + 1)/2, half way down (1 + 0.000004)/2
    "one cycle": (
        rn.OneCycle(rise=0.4),
        1.0,
        11,
        [0, 2, 4, 7, 10],
        [0.04, 0.52, 1.0, 0.500002, 0.000004],
    ),
    # 3/2 at first, 3/2/5 at last; peak at 0.5 * 4 = 2; (1.5 + 3)/2 and (3 + 0.3)/2 between
    "one cycle, own numbers": (
        rn.OneCycle(rise=0.5, divide=2, final_divide=5),
        3.0,
        5,
        [0, 1, 2, 3, 4],
        [1.5, 2.25, 3.0, 1.65, 0.3],
    ),
    "one cycle of one step": (rn.OneCycle(), 1.0, 1, [0], [0.04]),
    "one cycle of two steps": (rn.OneCycle(), 1.0, 2, [0, 1], [0.04, 0.000004]),
    # 1/4, 2/4, 3/4, then all
    "warm-up": (rn.Warmup(3), 0.4, 100, [0, 1, 2, 3, 4, 99], [0.1, 0.2, 0.3, 0.4, 0.4, 0.4]),
    "warm-up of one step": (rn.Warmup(1), 0.4, 100, [0, 1, 2], [0.2, 0.4, 0.4]),
}


@pytest.mark.parametrize(("schedule", "a0", "n_steps", "step", "expected"), BY_STEP.values(), ids=BY_STEP)
def test_rate_of_a_step(schedule, a0, n_steps, step, expected):
    found = rates(schedule, a0, step=step, n_steps=n_steps)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-16)


def test_warm_up_multiplies_a_schedule_by_epoch():
    epoch, step = np.array([0, 0, 1, 1, 2]), np.arange(5)
    found = rn.Warmup(3, rn.Exponential(0.5)).rates(0.8, epoch, step, Horizon(3, 5))
    # (1/4, 2/4, 3/4, 1, 1) times 0.8, 0.8, 0.4, 0.4, 0.2
    np.testing.assert_allclose(found, [0.2, 0.4, 0.3, 0.4, 0.2], rtol=1e-14)


def test_warm_up_multiplies_a_schedule_by_step():
    found = rates(rn.Warmup(1, rn.Cosine()), 1.0, step=[0, 1, 2, 4], n_steps=4)
    # 1/2 of 1; then (1 + cos(pi/4))/2, 1/2, 0: the cosine counts from the first step
    np.testing.assert_allclose(found, [0.5, (1 + SQRT_HALF) / 2, 0.5, 0.0], atol=1e-15)


def test_warm_up_takes_a_function():
    found = rates(rn.Warmup(1, lambda epoch, step: 10.0 + step), 99.0, step=[0, 1, 2])
    np.testing.assert_allclose(found, [5.0, 11.0, 12.0])  # 10/2, then all


def test_warm_up_of_a_warm_up():
    found = rates(rn.Warmup(1, rn.Warmup(3)), 0.8, step=[0, 1, 2, 3])
    np.testing.assert_allclose(found, [0.1, 0.4, 0.6, 0.8], rtol=1e-14)  # 0.2/2, 0.4, 0.6, 0.8


def test_a_function_gets_epoch_and_step_as_whole_numbers():
    calls = []

    def schedule(epoch, step):
        calls.append((epoch, step))
        return 0.5 / (1 + epoch)

    found = as_schedule(schedule).rates(9.0, np.array([0, 0, 1]), np.array([0, 1, 2]), Horizon(2, 3))
    np.testing.assert_array_equal(found, [0.5, 0.5, 0.25])
    assert calls == [(0, 0), (0, 1), (1, 2)]
    assert {type(number) for call in calls for number in call} == {int}


@pytest.mark.parametrize("rate", [1, np.float32(1), np.float64(1), np.int64(1)])
def test_a_function_may_return_any_real_number(rate):
    np.testing.assert_array_equal(rates(lambda epoch, step: rate, 0.1, step=[0, 1]), [1.0, 1.0])


# ------------------------------------------------------------------------------ shape

ALL = [
    rn.Schedule(),
    rn.InverseTime(1.0),
    rn.Exponential(),
    rn.PowerLaw(),
    rn.InverseSqrt(),
    rn.Staircase(),
    rn.Table({1: 0.1}),
    rn.Cosine(),
    rn.OneCycle(),
    rn.Warmup(2, rn.Cosine()),
    as_schedule(lambda epoch, step: 0.1),
]


@pytest.mark.parametrize("shape", [(4,), (2, 3), (1, 1), (0,), (3, 0)])
@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: type(schedule).__name__)
def test_shape_is_kept(schedule, shape):
    at = np.arange(np.prod(shape)).reshape(shape)
    found = schedule.rates(0.3, at, at, Horizon(10, 100))
    assert found.shape == shape
    assert found.dtype == np.float64


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: type(schedule).__name__)
def test_entries_do_not_depend_on_their_neighbours(schedule):
    at = np.arange(12)
    together = schedule.rates(0.3, at, at, Horizon(12, 12))
    alone = [schedule.rates(0.3, at[i : i + 1], at[i : i + 1], Horizon(12, 12))[0] for i in at]
    np.testing.assert_array_equal(together, alone)


# ------------------------------------------------------------------------------ in training

X = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
Y = 2 * X[:, 0]


def trained(schedule, epochs=3, batch_size=2):
    """History of a small training: 5 examples, 3 batches an epoch unless said otherwise."""
    model = rn.Model.mlp([1, 1], output="identity", dtype="float64")
    optimizer = rn.GradientDescent(0.01, schedule=schedule)
    return rn.train(model, X, Y, epochs=epochs, batch_size=batch_size, optimizer=optimizer)


def test_training_counts_steps_through_epochs():
    calls = []

    def schedule(epoch, step):
        calls.append((epoch, step))
        return 0.01

    trained(schedule, epochs=2)
    assert calls == [(0, 0), (0, 1), (0, 2), (1, 3), (1, 4), (1, 5)]


def test_history_has_the_rate_of_the_first_step_of_each_epoch():
    found = trained(rn.InverseSqrt()).learning_rate
    np.testing.assert_allclose(found, [0.01, 0.01 / 2, 0.01 / np.sqrt(7)])  # t = 1, 4, 7


def test_cosine_stretches_over_the_steps_of_the_training():
    found = trained(rn.Cosine(), epochs=4).learning_rate
    # steps 0, 3, 6, 9 of 12: (1 + cos(k pi/4))/2 for k = 0 to 3
    expected = [0.01, 0.005 * (1 + SQRT_HALF), 0.005, 0.005 * (1 - SQRT_HALF)]
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_last_step_of_a_training_has_the_lowest_rate_of_one_cycle():
    found = trained(rn.OneCycle(), epochs=11, batch_size=None).learning_rate
    assert found[0] == pytest.approx(0.01 / 25)
    assert found[3] == pytest.approx(0.01)
    assert found[-1] == pytest.approx(0.01 / 25 / 1e4)
    assert found.argmin() == 10


def test_every_step_takes_its_own_rate():
    with_zeros = rn.Model.mlp([1, 1], output="identity", dtype="float64")
    one_step = with_zeros.copy()
    optimizer = rn.GradientDescent(0.01, schedule=lambda epoch, step: 0.1 if step == 1 else 0.0)
    rn.train(with_zeros, X, Y, epochs=1, batch_size=2, optimizer=optimizer)
    second_batch = list(rn.mini_batches(X, Y, 2, seed=0, epoch=0))[1]
    rn.train(one_step, *second_batch, epochs=1, batch_size=None, optimizer=rn.GradientDescent(0.1))
    np.testing.assert_allclose(with_zeros.parameters, one_step.parameters, rtol=1e-14)


# ------------------------------------------------------------------------------ wrong arguments

WRONG = [
    (lambda: rn.InverseTime(-1), ValueError, "rate is -1, wanted a number >= 0"),
    (lambda: rn.InverseTime(float("nan")), ValueError, "rate is nan, wanted a number >= 0"),
    (lambda: rn.InverseTime("1"), TypeError, "rate is '1', wanted a number >= 0"),
    (lambda: rn.Exponential(0), ValueError, "base is 0, wanted 0 < base <= 1"),
    (lambda: rn.Exponential(1.5), ValueError, "base is 1.5, wanted 0 < base <= 1"),
    (lambda: rn.Exponential(None), TypeError, "base is None, wanted 0 < base <= 1"),
    (lambda: rn.PowerLaw(0), ValueError, "k is 0, wanted a number > 0"),
    (lambda: rn.PowerLaw(float("inf")), ValueError, "k is inf, wanted a number > 0"),
    (lambda: rn.InverseSqrt(-2), ValueError, "k is -2, wanted a number > 0"),
    (lambda: rn.InverseSqrt(True), TypeError, "k is True, wanted a number > 0"),
    (lambda: rn.Staircase(every=0), ValueError, "every is 0, wanted a whole number >= 1"),
    (lambda: rn.Staircase(every=2.5), TypeError, "every is 2.5, wanted a whole number >= 1"),
    (lambda: rn.Staircase(factor=0), ValueError, "factor is 0, wanted 0 < factor <= 1"),
    (lambda: rn.Table({}), TypeError, "table is {}, wanted a mapping from epoch to learning rate"),
    (lambda: rn.Table([0.1]), TypeError, "table is [0.1], wanted a mapping from epoch to learning rate"),
    (lambda: rn.Table({-1: 0.1}), ValueError, "an epoch of table is -1, wanted a whole number >= 0"),
    (lambda: rn.Table({1.5: 0.1}), TypeError, "an epoch of table is 1.5, wanted a whole number >= 0"),
    (lambda: rn.Table({0: -0.1}), ValueError, "a rate of table is -0.1, wanted a number >= 0"),
    (lambda: rn.Cosine(1.5), ValueError, "final is 1.5, wanted 0 <= final <= 1"),
    (lambda: rn.Cosine(-0.1), ValueError, "final is -0.1, wanted 0 <= final <= 1"),
    (lambda: rn.OneCycle(rise=0), ValueError, "rise is 0, wanted 0 < rise < 1"),
    (lambda: rn.OneCycle(rise=1), ValueError, "rise is 1, wanted 0 < rise < 1"),
    (lambda: rn.OneCycle(divide=0.5), ValueError, "divide is 0.5, wanted a number >= 1"),
    (lambda: rn.OneCycle(final_divide=0), ValueError, "final_divide is 0, wanted a number >= 1"),
    (lambda: rn.Warmup(0), ValueError, "steps is 0, wanted a whole number >= 1"),
    (lambda: rn.Warmup(2.0), TypeError, "steps is 2.0, wanted a whole number >= 1"),
    (
        lambda: rn.Warmup(2, "cosine"),
        TypeError,
        "schedule is 'cosine', wanted None, a schedule or a function",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), WRONG, ids=[message for *_, message in WRONG])
def test_wrong_argument_is_named(make, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        make()


@pytest.mark.parametrize(
    ("rate", "error"), [(-0.1, ValueError), (float("nan"), ValueError), ("0.1", TypeError), (None, TypeError)]
)
def test_a_function_that_returns_no_rate_is_an_error(rate, error):
    message = f"the rate that schedule returned is {rate!r}, wanted a number >= 0"
    with pytest.raises(error, match=re.escape(message)):
        rates(lambda epoch, step: rate, 0.1, step=[0])


# A class is callable, but it is not a function of (epoch, step): the brackets were forgotten.
@pytest.mark.parametrize("wrong", ["cosine", 0.1, {0: 0.1}, [0.1], rn.Cosine, rn.Staircase])
def test_what_is_no_schedule_is_refused(wrong):
    message = f"schedule is {wrong!r}, wanted None, a schedule or a function of (epoch, step)"
    with pytest.raises(TypeError, match=re.escape(message)):
        as_schedule(wrong)


def test_a_schedule_is_taken_as_it_is():
    schedule = rn.Cosine()
    assert as_schedule(schedule) is schedule


def test_schedules_are_values():
    assert rn.Warmup(3, rn.Cosine(0.1)) == rn.Warmup(3, rn.Cosine(0.1))
    assert rn.Warmup(3, rn.Cosine(0.1)) != rn.Warmup(3, rn.Cosine(0.2))
    assert repr(rn.Cosine(0.1)) == "Cosine(final=0.1)"
    with pytest.raises(FrozenInstanceError):
        rn.Cosine().final = 0.5
