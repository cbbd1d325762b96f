"""Pictures: what is on the axes."""

import re
import sys

import numpy as np
import pytest

import regnet as rn

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.colors import same_color  # noqa: E402

from regnet.plotting import CLASSES, CURVES, plot_cost, plot_decision_boundary  # noqa: E402


@pytest.fixture
def ax():
    """Axes of a figure of their own, closed afterwards."""
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def history(costs, val_costs=(), first_epoch=0):
    made = rn.History(first_epoch)
    made.append(cost=costs, val_cost=val_costs)
    return made


def boundary_model():
    """Class 1 where x1 > 0.25, on float32 as it is the default."""
    model = rn.Model.mlp([2, 1])
    model.weights[0] = [[8.0, 0.0]]
    model.biases[0] = [[-2.0]]
    return model


POINTS = np.array([[-1.0, -1.0], [1.0, 2.0], [0.5, 0.0], [-0.5, 1.0]])
LABELS = np.array([0, 1, 1, 0])


# ------------------------------------------------------------------------------ plot_cost


def test_one_curve_per_history(ax):
    assert plot_cost({"plain": history([0.7, 0.5, 0.4]), "L2": history([0.9, 0.8])}, ax) is ax
    plain, l2 = ax.get_lines()
    np.testing.assert_array_equal(plain.get_xydata(), [[0, 0.7], [1, 0.5], [2, 0.4]])
    np.testing.assert_array_equal(l2.get_xydata(), [[0, 0.9], [1, 0.8]])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["plain", "L2"]
    assert not same_color(plain.get_color(), l2.get_color())


def test_cost_axes_are_labelled_and_logarithmic(ax):
    plot_cost({"plain": history([0.7, 0.5])}, ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "cost J")
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")


def test_validation_is_a_dashed_curve_of_the_same_colour(ax):
    plot_cost({"net": history([0.7, 0.5], [0.8, 0.6])}, ax)
    cost, val_cost = ax.get_lines()
    np.testing.assert_array_equal(val_cost.get_xydata(), [[0, 0.8], [1, 0.6]])
    assert (cost.get_linestyle(), val_cost.get_linestyle()) == ("-", "--")
    assert same_color(cost.get_color(), val_cost.get_color())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["net", "net, validation"]


def test_a_resumed_history_starts_at_its_epoch(ax):
    plot_cost({"net": history([0.7, 0.5], first_epoch=10)}, ax)
    np.testing.assert_array_equal(ax.get_lines()[0].get_xdata(), [10, 11])


def test_a_long_history_is_thinned(ax):
    plot_cost({"net": history(1 / np.arange(1.0, 30_001))}, ax)
    epochs, costs = ax.get_lines()[0].get_data()
    assert 1500 <= len(epochs) <= 6000
    np.testing.assert_allclose(costs, 1 / (epochs + 1))
    assert epochs[0] == 0
    assert epochs[-1] > 29_900


def test_more_histories_than_colours(ax):
    n = len(CURVES) + 2
    plot_cost({str(i): history([1.0, 0.5]) for i in range(n)}, ax)
    assert len(ax.get_lines()) == n


def test_without_axes_the_current_ones_are_used(ax):
    plt.sca(ax)
    assert plot_cost({"net": history([0.7])}) is ax


# ------------------------------------------------------------------------------ plot_decision_boundary


def legend_entries(ax):
    """Label to (points, colour) of the point sets."""
    found = {}
    for points in ax.collections:
        if not points.get_label().startswith("_"):
            found[points.get_label()] = (points.get_offsets(), points.get_facecolor()[0])
    return found


def test_points_are_drawn_by_class(ax):
    assert plot_decision_boundary(boundary_model(), POINTS, LABELS, ax) is ax
    found = legend_entries(ax)
    assert set(found) == {"train, class 0", "train, class 1"}
    for label in (0, 1):
        offsets, colour = found[f"train, class {label}"]
        np.testing.assert_array_equal(offsets, POINTS[label == LABELS])
        assert same_color(colour, CLASSES[label])


def test_test_points_are_drawn_too(ax):
    more = np.array([[3.0, 3.0], [0.0, -4.0]])
    plot_decision_boundary(boundary_model(), POINTS, LABELS, ax, test=(more, [1, 0]))
    found = legend_entries(ax)
    assert len(found) == 4
    np.testing.assert_array_equal(found["test, class 1"][0], more[:1])
    np.testing.assert_array_equal(found["test, class 0"][0], more[1:])
    left, right, bottom, top = ax.images[0].get_extent()
    assert left < -1
    assert right > 3
    assert bottom < -4
    assert top > 3


def test_shading_is_the_probability_of_the_second_class(ax):
    plot_decision_boundary(boundary_model(), POINTS, LABELS, ax)
    [image] = ax.images
    p = np.asarray(image.get_array())
    left, right, bottom, top = image.get_extent()
    assert (left, right) == pytest.approx((-1.08, 1.08))  # the points and 4 % beyond
    assert (bottom, top) == pytest.approx((-1.12, 2.12))
    assert image.get_clim() == (0, 1)
    assert image.origin == "lower"  # row 0 of p is at the bottom
    corners = np.array([[left, bottom], [right, bottom], [left, top], [right, top]])
    expected = boundary_model().predict_proba(corners)[:, 1]
    np.testing.assert_allclose([p[0, 0], p[0, -1], p[-1, 0], p[-1, -1]], expected, rtol=1e-4)


def test_the_line_is_where_the_probability_is_one_half(ax):
    plot_decision_boundary(boundary_model(), POINTS, LABELS, ax)
    [contour] = [c for c in ax.collections if hasattr(c, "levels")]
    assert list(contour.levels) == [0.5]
    line = np.concatenate([path.vertices for path in contour.get_paths()])
    np.testing.assert_allclose(line[:, 0], 0.25, atol=1e-3)
    np.testing.assert_allclose([line[:, 1].min(), line[:, 1].max()], [-1.12, 2.12])


def test_without_a_boundary_there_is_no_line(ax):
    model = boundary_model()
    model.biases[0] = [[100.0]]
    plot_decision_boundary(model, POINTS, LABELS, ax)
    assert not [c for c in ax.collections if hasattr(c, "levels")]


def test_labels_of_any_dtype_are_shown(ax):
    model = rn.Model.mlp([2, 1], classes=["no", "yes"])
    plot_decision_boundary(model, POINTS.tolist(), [["yes"], ["no"], ["no"], ["yes"]], ax)
    found = legend_entries(ax)
    np.testing.assert_array_equal(found["train, class yes"][0], POINTS[[0, 3]])


def test_points_of_one_class_keep_the_colour_of_that_class(ax):
    model = boundary_model()
    rn.train(model, POINTS, LABELS, epochs=0)  # learns the classes 0 and 1
    plot_decision_boundary(model, POINTS[LABELS == 1], [1, 1], ax)
    assert same_color(legend_entries(ax)["train, class 1"][1], CLASSES[1])


def test_without_axes_the_current_ones_get_the_boundary(ax):
    plt.sca(ax)
    assert plot_decision_boundary(boundary_model(), POINTS, LABELS) is ax


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([3, 1], "model has 3 inputs and 1 outputs, wanted 2 and 1"),
        ([2, 2], "model has 2 inputs and 2 outputs, wanted 2 and 1"),
        ([1, 4, 3], "model has 1 inputs and 3 outputs, wanted 2 and 1"),
    ],
)
def test_a_model_that_cannot_be_drawn_is_named(ax, sizes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        plot_decision_boundary(rn.Model.mlp(sizes), POINTS, LABELS, ax)


def test_a_regression_model_is_refused(ax):
    with pytest.raises(ValueError, match="this one predicts numbers"):
        plot_decision_boundary(rn.Model.mlp([2, 1], output="identity"), POINTS, LABELS, ax)


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        (np.ones((4, 3)), LABELS, "X has 3 features, wanted 2"),
        (np.ones(4), LABELS, "X has shape (4,)"),
        (POINTS, LABELS[:3], "y has shape (3,) and X has 4 rows"),
        (POINTS * np.nan, LABELS, "X is nan at row 0, column 0"),
    ],
)
def test_points_that_cannot_be_drawn_are_named(ax, points, labels, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        plot_decision_boundary(boundary_model(), points, labels, ax)


# ------------------------------------------------------------------------------ without matplotlib


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plot_cost({"net": history([0.7])}),
        lambda: plot_decision_boundary(boundary_model(), POINTS, LABELS),
    ],
    ids=["cost", "boundary"],
)
def test_missing_matplotlib_is_named_with_the_extra_that_brings_it(monkeypatch, draw):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=re.escape("pictures need matplotlib: pip install 'regnet[plot]'")):
        draw()
