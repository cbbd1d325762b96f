"""Spaces of hyper-parameters: on which scale they draw, and how they narrow."""

import re

import numpy as np
import pytest

import regnet as rn
from cregnet import PURPOSES
from regnet._support.randomness import latin_hypercube, uniform
from regnet.tuning.spaces import as_spaces

N = 2000


def drawn(space, n=N, seed=0):
    return [space.at(u) for u in uniform(n, seed, "search")]


@pytest.mark.parametrize(
    ("space", "transform", "low", "high"),
    [
        (rn.uniform(-2.0, 3.0), np.asarray, -2.0, 3.0),
        (rn.log_uniform(1e-5, 1.0), np.log, np.log(1e-5), 0.0),
        (rn.one_minus_log(0.9, 0.999), lambda b: np.log(1 - np.asarray(b)), np.log(0.001), np.log(0.1)),
    ],
    ids=repr,
)
@pytest.mark.parametrize("seed", range(3))
def test_draws_are_uniform_on_the_scale(space, transform, low, high, seed):
    stats = pytest.importorskip("scipy.stats", reason="the Kolmogorov-Smirnov test is SciPy's")
    values = np.array(drawn(space, seed=seed))
    assert stats.kstest(transform(values), "uniform", args=(low, high - low)).pvalue > 0.01
    # the test can fail: on another scale the same draws are not uniform
    other = np.exp if transform is np.asarray else np.asarray
    ends = sorted((float(other(space.low)), float(other(space.high))))
    assert stats.kstest(other(values), "uniform", args=(ends[0], ends[1] - ends[0])).pvalue < 1e-6


@pytest.mark.parametrize("n", [1, 7, 64])
def test_a_latin_hypercube_has_one_point_in_each_part_of_each_axis(n):
    points = latin_hypercube(n, 3, seed=5, purpose="search", round=1)
    assert points.shape == (n, 3)
    for column in points.T:
        assert sorted(np.floor(column * n)) == list(range(n))
    assert (points != latin_hypercube(n, 3, seed=6, purpose="search", round=1)).any()
    assert (points != latin_hypercube(n, 3, seed=5, purpose="search", round=2)).any()


def test_a_latin_hypercube_draws_from_the_whole_of_each_part():
    stats = pytest.importorskip("scipy.stats", reason="the Kolmogorov-Smirnov test is SciPy's")
    points = np.concatenate([latin_hypercube(4, 1, seed, "search", 0) for seed in range(500)])
    assert stats.kstest(points[:, 0] * 4 % 1, "uniform").pvalue > 0.01
    first = np.array([latin_hypercube(4, 2, seed, "search", 0)[0] for seed in range(500)])
    assert stats.kstest(first[:, 0], "uniform").pvalue > 0.01
    assert abs(np.corrcoef(first.T)[0, 1]) < 0.15


def test_purposes_of_randomness_have_numbers_of_their_own():
    assert len(set(PURPOSES.values())) == len(PURPOSES)
    assert all(0 <= number < 16 for number in PURPOSES.values())


def test_integers_are_equally_likely_with_both_ends():
    space = rn.integers(3, 6)
    values, counts = np.unique(drawn(space), return_counts=True)
    assert values.tolist() == [3, 4, 5, 6]
    assert all(type(v) is int for v in drawn(space, 10))
    assert counts.min() > 0.8 * N / 4


def test_choices_are_equally_likely_and_come_as_they_are():
    values = ("relu", None, 3)
    space = as_spaces({"a": list(values)})["a"]
    found = drawn(space)
    for value in values:
        assert abs(found.count(value) - N / 3) < 0.2 * N / 3


@pytest.mark.parametrize(
    "space", [rn.uniform(0.1, 0.7), rn.log_uniform(0.1, 0.7), rn.one_minus_log(0.1, 0.7), rn.integers(1, 7)]
)
def test_values_stay_within_the_bounds(space):
    for u in (2.0**-33, 1 - 2.0**-33, 0.0, 1.0):
        assert space.low <= space.at(u) <= space.high


@pytest.mark.parametrize(
    ("space", "best", "low", "high"),
    [
        (rn.uniform(0, 10), 5.0, 3.0, 7.0),
        (rn.uniform(0, 10), 0.5, 0.0, 4.0),  # at the edge it is moved, not cut
        (rn.uniform(0, 10), 10.0, 6.0, 10.0),
        (rn.log_uniform(1e-5, 1), 1e-2, 1e-3, 1e-1),
        (rn.one_minus_log(0, 0.99999), 0.99, 0.9, 0.999),
        (rn.integers(1, 10), 5, 3, 7),  # coordinates 3.5 to 7.5
    ],
    ids=repr,
)
def test_zooming_narrows_around_the_best(space, best, low, high):
    zoomed = space.zoomed([best, space.at(0.9)], 0.4)
    assert zoomed.at(1e-9) == pytest.approx(low, abs=1e-7)
    assert zoomed.at(1 - 1e-9) == pytest.approx(high)
    assert repr(zoomed) == repr(space)
    again = zoomed.zoomed([zoomed.at(0.999)], 0.5)
    assert again.at(1 - 1e-9) == pytest.approx(high)
    assert space.at(0) <= again.at(0) <= again.at(1) <= space.at(1)


def test_zooming_keeps_the_good_choices():
    array = np.arange(3)
    space = as_spaces({"a": ["relu", "tanh", array, "sigmoid"]})["a"]
    assert space.zoomed(["tanh", array, "tanh"], 0.4).values == ("tanh", array)


def test_a_space_prints_as_it_is_made():
    made = [rn.uniform(0, 1), rn.log_uniform(1e-4, 1), rn.one_minus_log(0.9, 0.999), rn.integers(1, 8)]
    texts = ["uniform(0, 1)", "log_uniform(0.0001, 1)", "one_minus_log(0.9, 0.999)", "integers(1, 8)"]
    assert [repr(space) for space in made] == texts
    assert repr(as_spaces({"a": (1, "b")})["a"]) == "[1, 'b']"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: rn.uniform(1, 1), ValueError, "low is 1.0 and high is 1.0, wanted low < high"),
        (lambda: rn.uniform("0", 1), TypeError, "low is '0', wanted a finite number"),
        (lambda: rn.uniform(0, float("inf")), ValueError, "high is inf, wanted a finite number"),
        (lambda: rn.log_uniform(0, 1), ValueError, "low is 0, wanted a number > 0"),
        (lambda: rn.log_uniform(1, 0.1), ValueError, "low is 1.0 and high is 0.1, wanted low < high"),
        (lambda: rn.one_minus_log(0.9, 1), ValueError, "high is 1, wanted 0 < high < 1"),
        (lambda: rn.one_minus_log(-0.1, 0.9), ValueError, "low is -0.1, wanted 0 <= low < 1"),
        (lambda: rn.one_minus_log(0.9, 0.8), ValueError, "low is 0.9 and high is 0.8, wanted low < high"),
        (lambda: rn.integers(1.0, 3), TypeError, "low is 1.0, wanted a whole number"),
        (lambda: rn.integers(3, 3), ValueError, "low is 3 and high is 3, wanted low < high"),
        (
            lambda: as_spaces([1]),
            TypeError,
            "space is [1], wanted a mapping from name to log_uniform(...) or the like",
        ),
        (lambda: as_spaces({}), ValueError, "space is empty, wanted at least one hyper-parameter"),
        (lambda: as_spaces({1: [2]}), TypeError, "space has the name 1, wanted a text"),
        (
            lambda: as_spaces({"a": 3}),
            TypeError,
            "space['a'] is 3, wanted log_uniform(...), uniform(...), integers(...), one_minus_log(...) "
            "or a list of choices",
        ),
        (lambda: as_spaces({"a": []}), ValueError, "space['a'] is empty, wanted at least one choice"),
    ],
)
def test_wrong_argument_is_named(make, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        make()
