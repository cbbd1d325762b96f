"""Scores: by hand, by weights as repetitions, and as scikit-learn computes them."""

import numpy as np
import pytest

from cregnet import spec
from regnet import Loss
from regnet.models import metrics

ROWS = {
    "tilted": spec.Loss("numbers", None, "d2_pinball", "", options=(spec.Option("q", 0.5, 0, 1, True),)),
    "absolute": spec.Loss("numbers", None, "d2_absolute_error", ""),
    "counts": spec.Loss("counts", "exponential", "d2_poisson_deviance", ""),
}


@pytest.fixture(autouse=True)
def rows(monkeypatch):
    """Losses with these metrics."""
    for name, row in ROWS.items():
        monkeypatch.setitem(spec.LOSSES, name, row)


def score(loss, y, outputs, weight=None):
    """The score of examples that are rows, or of numbers."""
    Y, Z = (np.ascontiguousarray(np.array(a, float).reshape(len(a), -1).T) for a in (y, outputs))
    return metrics.score(loss, Y, Z, np.ones(len(y)) if weight is None else np.array(weight, float))


def log(values):
    """Logits of rates."""
    return np.log(np.array(values, float))


def test_every_row_names_a_metric():
    assert {row.metric for row in spec.LOSSES.values()} <= set(metrics.METRICS)


# ------------------------------------------------------------------------------ known values


def test_absolute_errors_by_hand():
    # errors 0, 0, 1, 4; from the median, any number from 2 to 3, they sum up to 10
    assert score(Loss("absolute"), [1, 2, 3, 10], [1, 2, 4, 6]) == 1 - 5 / 10


def test_absolute_errors_of_scikit_learns_example():
    assert score(Loss("absolute"), [3, -0.5, 2, 7], [2.5, 0, 2, 8]) == pytest.approx(0.76470588)


def test_pinball_losses_by_hand():
    # of 5: 0.9 (1 + 2 + 3 + 4 + 5) + 0.1 (1 + 2 + 3 + 4); of the best constant, 9: 0.9 * 1 + 0.1 * 36
    found = score(Loss("tilted", q=0.9), range(1, 11), [5] * 10)
    assert found == pytest.approx(1 - 14.5 / 4.5)


def test_poisson_deviances_by_hand():
    # y log(y / a) - y + a is 0.5 and 0; of the mean, 1, it is 1 and 2 log 2 - 1
    assert score(Loss("counts"), [0, 2], log([0.5, 2])) == pytest.approx(1 - 0.5 / (2 * np.log(2)))


def test_poisson_deviances_of_scikit_learns_example():
    found = score(Loss("counts"), [0.5, 1, 2.5, 7], log([1, 1, 5, 3.5]))
    assert found == pytest.approx(0.4879151349031142, rel=1e-12)


def test_several_outputs_are_averaged():
    both = score(Loss("absolute"), [[1, 3], [2, -0.5], [3, 2], [10, 7]], [[1, 2.5], [2, 0], [4, 2], [6, 8]])
    assert both == pytest.approx((0.5 + 0.76470588) / 2)


# ------------------------------------------------------------------------------ properties


@pytest.fixture(params=["squared_error", "absolute", "tilted", "counts"])
def case(request, rows):
    """A loss, targets and outputs."""
    rng = np.random.default_rng(3)
    y, outputs = rng.poisson(4, 40).astype(float), rng.normal(1, 0.3, 40)
    options = {"q": 0.8} if request.param == "tilted" else {}
    return Loss(request.param, **options), y, outputs


def best_constant(loss, y):
    """The output that is best for all targets, for the loss."""
    if loss.name == "counts":
        return np.log(y.mean())
    return y.mean() if loss.name == "squared_error" else np.quantile(y, loss.options.get("q", 0.5))


def test_the_best_constant_explains_nothing(case):
    loss, y, _ = case
    assert score(loss, y, np.full(len(y), best_constant(loss, y))) == pytest.approx(0, abs=1e-12)


def test_other_constants_are_worse(case):
    loss, y, _ = case
    assert score(loss, y, np.full(len(y), best_constant(loss, y) + 1.5)) < -0.01


def test_weights_are_repetitions(case):
    loss, y, outputs = case
    weight = np.random.default_rng(4).integers(0, 4, len(y))
    repeated = score(loss, y.repeat(weight), outputs.repeat(weight))
    assert score(loss, y, outputs, weight) == pytest.approx(repeated, rel=1e-12)
    assert score(loss, y, outputs, 0.1 * weight) == pytest.approx(repeated, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_constant_target_is_met_or_missed(case, value):
    loss, _, _ = case
    exact = value
    if loss.name == "counts":
        exact = np.log(value) if value else -np.inf
    y, weight = [value, value, value, 7], [1, 2, 0.5, 0]
    assert score(loss, y, [exact, exact, exact, 1], weight) == 1
    assert score(loss, y, [exact, 1.5, exact, 1], weight) == 0


@pytest.mark.parametrize("name", ["absolute", "tilted", "counts"])
def test_a_constant_whose_mean_is_rounded_is_constant(rows, name):
    y = np.full(10, 0.1)
    assert score(Loss(name), y, np.full(10, 1.5), np.linspace(0.1, 0.7, 10)) == 0


@pytest.mark.parametrize("exponent", [-1000, 1000])
def test_errors_far_from_1_have_the_same_score(exponent):
    rng = np.random.default_rng(0)
    y, outputs = rng.normal(size=30), rng.normal(size=30)
    for loss in (Loss("absolute"), Loss("tilted", q=0.3), Loss("squared_error")):
        assert score(loss, np.ldexp(y, exponent), np.ldexp(outputs, exponent)) == score(loss, y, outputs)


def test_outputs_of_a_diverging_net_have_no_score_above_minus_infinity(case):
    loss, y, outputs = case
    outputs[3] = 1e300 if loss.name == "counts" else np.inf
    with np.errstate(all="raise"):
        assert score(loss, y, outputs) == -np.inf


def test_small_differences_of_large_counts_are_not_lost():
    # half the deviance is y r^2 / 2 to first order, r the relative error
    y = np.array([1e12, 3e12])
    found = 1 - score(Loss("counts"), y, np.log(y) + 1e-9)
    total = (y * np.log(y / 2e12)).sum()
    assert found == pytest.approx((y * 1e-18 / 2).sum() / total, rel=1e-4)


# ------------------------------------------------------------------------------ scikit-learn


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [10, 11, 25])
def test_as_scikit_learn(case, n, weighted):
    # up to 1.7 the quantile of examples without weights was interpolated, which is not the best constant
    pytest.importorskip("sklearn", minversion="1.8")
    from sklearn import metrics as sklearn

    loss, y, outputs = case
    y, outputs = y[:n], outputs[:n]
    weight = np.random.default_rng(5).uniform(size=n) if weighted else None
    found = score(loss, y, outputs, weight)
    functions = {
        "squared_error": lambda: sklearn.r2_score(y, outputs, sample_weight=weight),
        "absolute": lambda: sklearn.d2_absolute_error_score(y, outputs, sample_weight=weight),
        "tilted": lambda: sklearn.d2_pinball_score(y, outputs, sample_weight=weight, alpha=0.8),
        "counts": lambda: sklearn.d2_tweedie_score(y, np.exp(outputs), sample_weight=weight, power=1),
    }
    assert found == pytest.approx(functions[loss.name](), rel=1e-10)
