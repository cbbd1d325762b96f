"""`TimeBudget` stops a training before the epoch that would exceed it."""

import re

import numpy as np
import pytest

import regnet as rn
from training.overfitting import VALIDATED, Recorder, assert_best, fit, net


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still but for what a callback adds to `clock.now`."""

    class Clock:
        now = 100.0

        def perf_counter(self):
            return self.now

    made = Clock()
    monkeypatch.setattr("regnet.training.callbacks.time", made)
    return made


@pytest.mark.parametrize(
    ("durations", "epochs"),
    [
        ([1, 1, 1, 1, 1, 1, 1], 5),  # the sixth would end after 5 s
        ([2, 2, 2, 2], 2),  # the third would
        ([1, 1, 3, 1], 3),
        ([9, 1], 1),  # the first is run in any case
    ],
)
def test_a_time_budget_stops_before_the_epoch_that_would_be_too_much(clock, durations, epochs):
    def tick(training):
        clock.now += durations[training.epoch]

    history = fit(net(), [tick, rn.TimeBudget(5)])
    assert len(history) == epochs
    assert history.stop_reason == "time budget"


def test_a_time_budget_begins_anew_with_each_training(clock):
    def tick(training):
        clock.now += 1

    budget = rn.TimeBudget(3)
    assert [len(fit(net(), [tick, budget])) for _ in range(2)] == [3, 3]


def test_a_time_budget_is_by_the_wall_clock():
    history = fit(net(), [rn.TimeBudget(0.1)], epochs=10**9)
    assert history.stop_reason == "time budget"
    assert 1 <= len(history) < 10**9


def test_a_time_budget_restores_the_best_weights_with_early_stopping(clock):
    def tick(training):
        clock.now += 1

    model, recorder = net(), Recorder()
    callbacks = [rn.EarlyStopping(1000), recorder, tick, rn.TimeBudget(26)]
    history = fit(model, callbacks, **VALIDATED)
    assert history.stop_reason == "time budget"
    assert len(history) == 26
    assert_best(model, history, recorder)


def test_a_training_stopped_by_its_budget_can_go_on(clock):
    def tick(training):
        clock.now += 1

    whole, parts = net(), net()
    fit(whole, [], epochs=8)
    fit(parts, [tick, rn.TimeBudget(5)], epochs=8)
    assert len(fit(parts, [], epochs=8, resume=True)) == 3
    np.testing.assert_array_equal(parts.parameters, whole.parameters)


@pytest.mark.parametrize(
    ("seconds", "error", "message"),
    [
        (0, ValueError, "seconds is 0, wanted a number > 0"),
        (float("inf"), ValueError, "seconds is inf, wanted a number > 0"),
        ("1", TypeError, "seconds is '1', wanted a number > 0"),
    ],
)
def test_a_wrong_budget_is_named(seconds, error, message):
    assert repr(rn.TimeBudget(2.5)) == "TimeBudget(2.5)"
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        rn.TimeBudget(seconds)
