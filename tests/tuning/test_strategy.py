"""The strategy of `search`: which configurations it draws, and which it trains longer."""

import numpy as np
import pytest

import regnet as rn
from regnet.tuning.spaces import as_spaces
from regnet.tuning.strategy import Strategy, explore
from tuning.small_search import SPACE


def planted(optimum):
    """A cost that is a quadratic of the logarithms, with the optimum known."""

    def measure(trials, epochs):
        for trial in trials:
            distance = [np.log10(trial.config[name]) - np.log10(best) for name, best in optimum.items()]
            trial.record(epochs, epochs, val_cost=float(np.sum(np.square(distance))), val_score=0.0)

    return measure


@pytest.mark.parametrize("halving", [1, 3])
@pytest.mark.parametrize("seed", range(20))
def test_the_decade_of_a_planted_optimum_is_found(seed, halving):
    optimum = {"learning_rate": 10**-2.5, "lam": 10**-0.5}
    spaces = as_spaces({"learning_rate": rn.log_uniform(1e-5, 1), "lam": rn.log_uniform(1e-4, 1e2)})
    strategy, trials = Strategy(64, 2, 90, halving, "val_cost", seed), []
    explore(spaces, strategy, planted(optimum), trials)
    assert len(trials) == 64
    best = min(trials, key=strategy.rank)
    for name, value in optimum.items():
        assert np.floor(np.log10(best.config[name])) == np.floor(np.log10(value))


def test_the_second_round_is_drawn_around_the_best_of_the_first():
    optimum = {"a": 1e-2, "b": 10.0}
    spaces = as_spaces({"a": rn.log_uniform(1e-4, 1), "b": rn.log_uniform(1e-2, 1e2)})
    strategy, trials = Strategy(40, 2, 9, 1, "val_cost", 3), []
    explore(spaces, strategy, planted(optimum), trials)
    first, second = trials[:20], trials[20:]
    assert [trial.round for trial in trials] == [0] * 20 + [1] * 20
    best = min(first, key=strategy.rank)
    for name in optimum:
        spread = np.ptp([np.log10(trial.config[name]) for trial in second])
        assert 0.3 * 4 < spread <= 0.4 * 4
        values = [trial.config[name] for trial in second]
        assert min(values) <= best.config[name] <= max(values)


def test_choices_narrow_to_those_of_the_best_quarter():
    def measure(trials, epochs):
        for trial in trials:
            trial.record(epochs, epochs, val_cost="abcdefgh".index(trial.config["letter"]), val_score=0.0)

    strategy, trials = Strategy(32, 2, 9, 1, "val_cost", 0), []
    explore(as_spaces({"letter": list("abcdefgh")}), strategy, measure, trials)
    assert {trial.config["letter"] for trial in trials[:16]} == set("abcdefgh")
    assert {trial.config["letter"] for trial in trials[16:]} == {"a", "b"}


def test_each_length_is_for_the_best_part_of_those_before():
    calls = []

    def measure(trials, epochs):
        calls.append((epochs, sorted(trial.number for trial in trials)))
        for trial in trials:
            trial.record(epochs, epochs, val_cost=float(trial.number), val_score=0.0)

    explore(as_spaces(SPACE), Strategy(20, 2, 90, 3, "val_cost", 0), measure, [])
    assert calls == [
        (10, list(range(10))),
        (30, [0, 1, 2, 3]),
        (90, [0, 1]),
        (10, list(range(10, 20))),
        (30, [10, 11, 12, 13]),
        (90, [10, 11]),
    ]


@pytest.mark.parametrize(
    ("n", "epochs", "halving", "lengths"),
    [
        (32, 100, 3, [11, 33, 100]),
        (32, 100, 1, [100]),
        (32, 100, 2, [25, 50, 100]),
        (8, 100, 3, [33, 100]),
        (2, 100, 3, [100]),
        (32, 8, 3, [2, 8]),
        (32, 1, 3, [1]),
    ],
)
def test_lengths_of_the_trainings(n, epochs, halving, lengths):
    assert Strategy(n, 1, epochs, halving, "val_cost", 0).lengths(n) == lengths


@pytest.mark.parametrize(("n", "rounds", "sizes"), [(64, 2, [32, 32]), (10, 3, [4, 3, 3]), (3, 3, [1, 1, 1])])
def test_rounds_share_the_configurations(n, rounds, sizes):
    assert Strategy(n, rounds, 9, 3, "val_cost", 0).sizes() == sizes


def test_a_failed_trial_is_never_the_best_and_is_not_trained_longer():
    lengths = []

    def measure(trials, epochs):
        lengths.append(len(trials))
        for trial in trials:
            if trial.number == 4:
                trial.record(epochs, epochs, 1.0, 0.5)
            else:
                trial.record(epochs, 1, note="diverged")

    strategy, trials = Strategy(9, 1, 9, 3, "val_score", 0), []
    explore(as_spaces(SPACE), strategy, measure, trials)
    assert lengths == [9, 1, 1]
    assert min(trials, key=strategy.rank).number == 4


def test_the_higher_score_or_the_lower_cost_is_better():
    def measure(trials, epochs):
        for trial in trials:
            trial.record(epochs, epochs, val_cost=float(trial.number), val_score=float(trial.number))

    for monitor, best in (("val_score", 8), ("val_cost", 0)):
        strategy, trials = Strategy(9, 1, 9, 3, monitor, 0), []
        explore(as_spaces(SPACE), strategy, measure, trials)
        assert min(trials, key=strategy.rank).number == best
