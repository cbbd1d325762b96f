"""`find_learning_rate`: which rates it tries, what the costs are, what it suggests."""

import copy
import re
import sys
import warnings

import numpy as np
import pytest

import regnet as rn
from regnet.tuning.learning_rate import steepest

X, Y, _, _ = rn.datasets.make_football()


def net(**options):
    return rn.Model.mlp([2, 20, 3, 1], **{"dtype": "float64", "seed": 3, **options})


def find(model=None, **options):
    return rn.find_learning_rate(net() if model is None else model, X, Y, **options)


# ------------------------------------------------------------------------------ rates and costs


def test_rates_rise_exponentially_from_the_lowest_to_the_highest():
    found = find(lowest=1e-5, highest=1e-1, n_steps=41)
    np.testing.assert_allclose(found.rates, np.logspace(-5, -1, 41), rtol=1e-12)
    assert found.rates.shape == found.costs.shape == found.smoothed.shape == (41,)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "optimizer", [rn.Adam(), rn.Momentum(), rn.GradientDescent()], ids=lambda o: o.kernel
)
def test_a_full_batch_has_the_costs_of_a_training_at_these_rates(optimizer, dtype):
    model = net(dtype=dtype, keep_prob=0.8)
    options = {"batch_size": None, "penalty": rn.L1(0.1) + rn.L2(0.7)}
    found = find(model, lowest=1e-4, highest=0.1, n_steps=30, optimizer=optimizer, **options)
    rate = {"learning_rate": 1e-4, "schedule": lambda epoch, step: 1e-4 * (0.1 / 1e-4) ** (step / 29)}
    history = rn.train(model, X, Y, epochs=30, optimizer=type(optimizer)(**rate), **options)
    np.testing.assert_allclose(found.costs, history.cost, rtol=1e-5 if dtype == "float32" else 1e-13)
    np.testing.assert_allclose(found.rates, history.learning_rate, rtol=1e-12)


def test_small_batches_are_those_of_the_first_epochs():
    """The weights hardly move at these rates, so the costs are those of the initial net on each batch."""
    model, size, lam = net(), 50, 3.0
    found = find(model, lowest=1e-12, highest=1e-11, n_steps=10, batch_size=size, penalty=rn.L2(lam))
    penalty = lam / (2 * len(X)) * sum(float((W**2).sum()) for W in model.weights)
    batches = [
        batch
        for epoch in range(3)
        for batch in rn.mini_batches(X, Y, size, seed=model.seed, epoch=epoch)
        if len(batch[1]) == size  # a smaller last batch is left out
    ]
    expected = [model.evaluate(*batch).cost + penalty for batch in batches]
    np.testing.assert_allclose(found.costs, expected[:10], rtol=1e-7)


def test_weights_of_the_examples_count():
    weight = np.linspace(0.0, 2.0, len(X))
    model = net()
    found = find(model, n_steps=10, lowest=1e-12, highest=1e-11, batch_size=None, sample_weight=weight)
    assert found.costs[0] == pytest.approx(model.evaluate(X, Y, weight).cost, rel=1e-12)
    found = find(model, n_steps=10, lowest=1e-12, highest=1e-11, batch_size=None, class_weight={0: 3.0})
    weight = np.where(Y == 0, 3.0, 1.0)
    assert found.costs[0] == pytest.approx(model.evaluate(X, Y, weight).cost, rel=1e-12)


def test_smoothed_is_the_exponential_average():
    found = find(n_steps=30, highest=0.01, smoothing=0.95)
    np.testing.assert_array_equal(found.smoothed, rn.exponential_average(found.costs, 0.95))
    found = find(n_steps=30, highest=0.01, smoothing=0)
    np.testing.assert_array_equal(found.smoothed, found.costs)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_it_is_the_same_each_time(n_threads):
    first, second = find(), find(n_threads=n_threads)
    np.testing.assert_array_equal(first.costs, second.costs)
    assert first.suggestion == second.suggestion


def test_labels_that_a_batch_lacks_are_known():
    y = np.array(["a"] * 5 + ["b"] * 5 + ["c"] * (len(X) - 10))
    model = rn.Model.mlp([2, 5, 3])
    found = rn.find_learning_rate(model, X, y, batch_size=4)
    assert found.suggestion is not None
    assert model.classes is None


# ------------------------------------------------------------------------------ the model, the end


def test_the_model_is_untouched():
    model = net()
    rn.train(model, X, Y, epochs=3)
    before = copy.deepcopy(model)
    find(model)
    np.testing.assert_array_equal(model.parameters, before.parameters)
    np.testing.assert_array_equal(model.training_state.moments, before.training_state.moments)
    assert model.training_state.epoch == 3
    assert model.classes.tolist() == before.classes.tolist()


@pytest.mark.parametrize("highest", [1e3, 1e200])
def test_it_ends_without_a_warning_when_the_cost_diverges(highest):
    model = rn.Model.mlp([2, 8, 1], output="identity", dtype="float64", seed=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = rn.find_learning_rate(
            model, X, Y.astype(float), highest=highest, optimizer=rn.GradientDescent(), n_steps=200
        )
    assert 5 < len(found.rates) < 200
    assert np.isfinite(found.costs).all()
    rise = found.smoothed - np.minimum.accumulate(found.smoothed)
    assert (rise[:-1] <= 3 * found.costs[0]).all()
    assert found.suggestion < found.rates[-1]


def test_ctrl_c_is_passed_on(monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("cregnet.network_train", interrupt)
    with pytest.raises(KeyboardInterrupt):
        find()


# ------------------------------------------------------------------------------ the suggestion


@pytest.mark.parametrize("batch_size", [4, 16, 64, "auto"])
@pytest.mark.parametrize("options", [{}, {"keep_prob": 0.7}, {"batch_norm": True}], ids=str)
def test_the_noise_of_small_batches_is_no_suggestion(batch_size, options):
    """Below a rate of 1e-4 Adam moves no weight by more than 1e-3 in the whole test."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(1000, 16))
    y = X[:, 0] + X[:, 1] > 0
    for seed in range(10):
        model = rn.Model.mlp([16, 20, 1], seed=seed, **options)
        assert rn.find_learning_rate(model, X, y, batch_size=batch_size).suggestion > 1e-3


def test_a_single_example_per_batch_does_not_end_the_test():
    found = find(batch_size=1, highest=1e-3)
    assert len(found.rates) == 100


@pytest.mark.parametrize("middle", [1e-4, 1e-3, 1e-2])
def test_the_suggestion_is_where_the_cost_falls_most_steeply(middle):
    rates = np.logspace(-6, 1, 141)
    falling = -np.tanh(2 * np.log10(rates / middle))
    falling[rates > 0.5] += 50 * np.log10(rates[rates > 0.5] / 0.5)
    assert steepest(rates, falling) == pytest.approx(middle, rel=0.06)


def test_a_steep_fall_after_the_lowest_point_does_not_count():
    rates = np.logspace(0, 5, 6)
    assert steepest(rates, np.array([3.0, 2.5, 1.0, 9.0, 8.0, 1.5])) == pytest.approx(10.0)


@pytest.mark.parametrize("costs", [[], [1.0], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0]])
def test_without_a_fall_there_is_no_suggestion(costs):
    assert steepest(np.logspace(0, 2, len(costs)), np.array(costs)) is None


def one_layer(seed):
    """A net without a bottleneck whose few units could all be thrown off."""
    return rn.Model.mlp([2, 20, 1], dtype="float64", seed=seed)


@pytest.mark.parametrize("optimizer", [rn.Adam(), rn.GradientDescent(), rn.RMSprop()], ids=lambda o: o.kernel)
@pytest.mark.parametrize("seed", range(3))
def test_a_training_at_the_suggestion_learns_better_than_far_below_and_above(optimizer, seed):
    suggestion = find(one_layer(seed), optimizer=optimizer, batch_size=64).suggestion
    costs = []
    for factor in (0.01, 1, 100):
        model = one_layer(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rn.DivergenceWarning)
            rn.train(model, X, Y, epochs=20, batch_size=64, optimizer=type(optimizer)(suggestion * factor))
        costs.append(model.evaluate(X, Y).cost)
    assert costs[1] < 0.8 * costs[0]
    assert costs[1] < 0.8 * costs[2]


# ------------------------------------------------------------------------------ what is shown


def test_what_it_prints():
    rates = np.array([1e-3, 1e-2])
    found = rn.LearningRateRange(rates, rates, rates, 0.0012345)
    assert repr(found) == "LearningRateRange(2 rates from 0.001 to 0.01, suggestion 0.00123)"
    empty = rn.LearningRateRange(rates[:0], rates[:0], rates[:0], None)
    assert repr(empty) == "LearningRateRange(0 rates, suggestion none)"


def test_picture():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    found = find()
    assert found.plot(ax) is ax
    costs, smoothed, line = ax.get_lines()
    np.testing.assert_array_equal(costs.get_xydata(), np.column_stack([found.rates, found.costs]))
    np.testing.assert_array_equal(smoothed.get_xydata(), np.column_stack([found.rates, found.smoothed]))
    assert list(line.get_xdata()) == [found.suggestion] * 2
    assert (ax.get_xscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "learning rate", "cost J")
    plt.close(figure)


def test_missing_matplotlib_is_named_with_the_extra_that_brings_it(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=re.escape("pictures need matplotlib: pip install 'regnet[plot]'")):
        find(n_steps=10).plot()


# ------------------------------------------------------------------------------ arguments


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"model": 3}, TypeError, "model is 3, wanted a Model"),
        ({"lowest": 0}, ValueError, "lowest is 0, wanted a number > 0"),
        ({"highest": "1"}, TypeError, "highest is '1', wanted a number > 0"),
        (
            {"lowest": 1, "highest": 1},
            ValueError,
            "lowest is 1.0 and highest is 1.0, wanted lowest < highest",
        ),
        ({"n_steps": 9}, ValueError, "n_steps is 9, wanted a whole number >= 10"),
        ({"smoothing": 1}, ValueError, "smoothing is 1, wanted 0 <= smoothing < 1"),
        ({"batch_size": 0}, ValueError, "batch_size is 0, wanted a whole number >= 1"),
        ({"optimizer": 0.1}, TypeError, "optimizer is 0.1, wanted an optimiser such as Adam(1e-3)"),
        (
            {"penalty": 0.7},
            TypeError,
            "penalty is 0.7, wanted None or L1(...), L2(...), L0(...) or a sum of them",
        ),
        ({"sample_weight": [1.0]}, ValueError, "sample_weight has shape (1,), wanted (211,)"),
        ({"n_threads": 0}, ValueError, "n_threads is 0, wanted a whole number >= 1"),
    ],
)
def test_wrong_argument_is_named(options, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        find(**options)
