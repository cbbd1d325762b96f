"""`diagnose`: verdicts, recipes, what is printed and drawn."""

import re
import sys
import warnings

import numpy as np
import pytest

import regnet as rn

X, Y, X_TEST, Y_TEST = rn.datasets.make_football(80, 80)


def test_verdicts_of_the_course_notes(known_answers):
    given = known_answers["bias_variance"]
    assert len(given["cases"]) == 4
    for case in given["cases"]:
        found = rn.diagnose(train=case["train"], dev=case["dev"], human=given["human_error"])
        assert found.verdict == case["verdict"]


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [
        ({"train": 0.15, "dev": 0.16, "human": 0.0}, "high bias"),
        ({"train": 0.15, "dev": 0.16, "human": 0.15}, "good"),  # it is as good as can be
        ({"train": 0.15, "dev": 0.30, "human": 0.14}, "high variance"),
        ({"train": 0.15, "dev": 0.30, "human": 0.05}, "high bias and high variance"),
        ({"train": 0.01, "dev": 0.02, "human": 0.05}, "good"),  # better than a human
        ({"train": 0.01, "dev": 0.02, "test": 0.03}, "good"),
        ({"train": 0.01, "dev": 0.02, "test": 0.10}, "overfitted dev set"),
        ({"train": 0.01, "dev": 0.12, "test": 0.20}, "high variance and overfitted dev set"),
        (
            {"train": 0.1, "dev": 0.2, "test": 0.3},
            "high bias and high variance and overfitted dev set",
        ),
        ({"train": 0.01, "dev": 0.02, "tolerance": 0.005}, "high bias and high variance"),
        (
            {"train": 0.25, "dev": 0.5, "human": 0.0, "tolerance": 0.25},
            "good",
        ),  # the bound itself is not high
    ],
)
def test_verdicts(errors, verdict):
    assert rn.diagnose(**errors).verdict == verdict


def test_gaps():
    found = rn.diagnose(train=0.25, dev=0.5, test=0.625, human=0.125)
    assert (found.avoidable_bias, found.variance, found.dev_test_gap) == (0.125, 0.25, 0.125)
    assert rn.diagnose(train=0.25, dev=0.125).variance == -0.125
    assert rn.diagnose(train=0.25, dev=0.125).dev_test_gap is None


def test_the_recipe_has_the_order_of_the_notes():
    bias = ("a bigger net", "train longer", "another optimiser", "another architecture")
    regularise = "regularise: L2, dropout, augmentation, early stopping"
    assert rn.diagnose(train=0.2, dev=0.2).recipe == bias
    assert rn.diagnose(train=0, dev=0.2).recipe == ("more data", regularise, "another architecture")
    assert rn.diagnose(train=0.2, dev=0.5).recipe == (*bias, "more data", regularise)
    assert rn.diagnose(train=0, dev=0, test=0.1).recipe == ("a larger dev set",)
    assert rn.diagnose(train=0, dev=0).recipe == ()


def test_it_prints_as_a_table():
    text = str(rn.diagnose(train=0.01, dev=0.11, test=0.115, human=0.005))
    assert text.splitlines() == [
        "human error      0.0050",
        "training error   0.0100   avoidable bias   0.0050",
        "dev error        0.1100   variance         0.1000 !",
        "test error       0.1150   dev/test gap     0.0050",
        "verdict: high variance",
        "1. more data",
        "2. regularise: L2, dropout, augmentation, early stopping",
        "3. another architecture",
    ]


def test_evaluations_are_errors_too():
    model = rn.Model.mlp([2, 20, 1], seed=1)
    rn.train(model, X, Y, epochs=300, optimizer=rn.Adam(0.05))
    train, dev = model.evaluate(X, Y), model.evaluate(X_TEST, Y_TEST)
    found = rn.diagnose(train=train, dev=dev)
    assert (found.train, found.dev) == (1 - train.score, 1 - dev.score)


# ------------------------------------------------------------------------------ History.diagnose


def test_a_history_knows_its_dev_error():
    model = rn.Model.mlp([2, 20, 1], seed=1)
    history = rn.train(model, X, Y, epochs=20, optimizer=rn.Adam(0.05), validation=(X_TEST, Y_TEST))
    found = history.diagnose(model.evaluate(X, Y), human=0.125)
    assert found.dev == pytest.approx(1 - model.evaluate(X_TEST, Y_TEST).score)
    assert found.human == 0.125
    assert found.history is history
    assert history.diagnose(0.0, dev=0.5, test=0.625).dev_test_gap == 0.125


def test_the_dev_error_is_that_of_the_restored_epoch():
    model = rn.Model.mlp([2, 20, 1], seed=1)
    options = {"optimizer": rn.Adam(0.05), "validation": (X_TEST, Y_TEST)}
    rn.train(model, X, Y, epochs=3, **options)
    history = rn.train(
        model, X, Y, epochs=60, resume=True, callbacks=[rn.EarlyStopping(5, "val_score")], **options
    )
    assert history.first_epoch == 3
    found = history.diagnose(0.0)
    assert found.dev == pytest.approx(1 - history.val_score.max())
    assert found.dev == pytest.approx(1 - model.evaluate(X_TEST, Y_TEST).score)


def test_without_validation_the_dev_error_must_be_given():
    history = rn.train(rn.Model.mlp([2, 1]), X, Y, epochs=2)
    message = (
        "dev is None and the history has no validation curve, wanted an error or validation=... in train"
    )
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        history.diagnose(0.1)


@pytest.mark.parametrize(("end", "words"), [("diverged", "diverged"), ("interrupted", "was interrupted")])
def test_weights_that_were_never_validated_have_no_dev_error(end, words):
    def leave(training):
        if training.epoch == 2:
            raise KeyboardInterrupt

    model = rn.Model.mlp([2, 8, 1], output="identity", dtype="float64")
    rate = {"schedule": lambda epoch, step: 1e-3 if epoch < 2 or end == "interrupted" else 1e200}
    options = {"optimizer": rn.GradientDescent(1e-3, **rate), "validation": (X_TEST, Y_TEST)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rn.DivergenceWarning)
        options["callbacks"] = [leave] * (end == "interrupted")
        history = rn.train(model, X, Y, epochs=6, on_interrupt="return", **options)
    assert history.stop_reason == end
    message = (
        f"dev is None and the training {words}: its weights may not be those of the last validation, "
        "wanted an error or model.evaluate(X_dev, y_dev)"
    )
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        history.diagnose(0.1)
    assert history.diagnose(0.1, dev=0.2).dev == 0.2


# ------------------------------------------------------------------------------ pictures


@pytest.fixture
def figure():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    made = plt.figure()
    yield made
    plt.close(made)


def test_bars_are_the_errors_and_their_gaps(figure):
    found = rn.diagnose(train=0.25, dev=0.5, test=0.375, human=0.125)
    assert found.plot(figure) is figure
    [ax] = figure.axes
    errors, *gaps = ax.containers
    assert [bar.get_height() for bar in errors] == [0.125, 0.25, 0.5, 0.375]
    assert [(bar.get_y(), bar.get_height()) for [bar] in gaps] == [
        (0.125, 0.125),
        (0.25, 0.25),
        (0.5, -0.125),
    ]
    assert [bar.get_fill() for [bar] in gaps] == [True, True, False]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["human", "training", "dev", "test"]
    assert ax.get_title() == "verdict: high bias and high variance"
    assert [text.get_text() for text in ax.texts] == [
        "avoidable bias\n+0.125",
        "variance\n+0.25",
        "dev/test gap\n-0.125",
    ]


def test_a_history_s_curves_are_beside_them(figure):
    history = rn.History()
    history.append(cost=[0.7, 0.3], val_cost=[0.8, 0.5], val_score=[0.5, 0.75])
    history.diagnose(0.0).plot(figure)
    curves, errors = figure.axes
    cost, val_cost = curves.get_lines()
    np.testing.assert_array_equal(cost.get_ydata(), history.cost)
    np.testing.assert_array_equal(val_cost.get_ydata(), history.val_cost)
    assert [bar.get_height() for bar in errors.containers[0]] == [0.0, 0.0, 0.25]


def test_without_a_figure_there_is_a_new_one(figure):
    import matplotlib.pyplot as plt

    made = rn.diagnose(train=0.1, dev=0.2).plot()
    assert made is not figure
    assert made.number in plt.get_fignums()
    assert made.axes
    plt.close(made)


def test_missing_matplotlib_is_named_with_the_extra_that_brings_it(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=re.escape("pictures need matplotlib: pip install 'regnet[plot]'")):
        rn.diagnose(train=0.1, dev=0.2).plot()


# ------------------------------------------------------------------------------ arguments


@pytest.mark.parametrize(
    ("errors", "error", "message"),
    [
        ({"train": -0.1, "dev": 0}, ValueError, "train is -0.1, wanted a number >= 0"),
        ({"train": 0, "dev": float("nan")}, ValueError, "dev is nan, wanted a number >= 0"),
        ({"train": 0, "dev": 0, "test": "1"}, TypeError, "test is '1', wanted a number >= 0"),
        ({"train": 0, "dev": 0, "human": None}, TypeError, "human is None, wanted a number >= 0"),
        ({"train": 0, "dev": 0, "tolerance": -1}, ValueError, "tolerance is -1, wanted a number >= 0"),
        (
            {"train": rn.Evaluation(0.1, 1.5, "r2"), "dev": 0},
            ValueError,
            "train (1 - score) is -0.5, wanted a number >= 0",
        ),
    ],
)
def test_wrong_argument_is_named(errors, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        rn.diagnose(**errors)
