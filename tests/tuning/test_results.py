"""The result of `search`: its table, its frame and its pictures."""

import re
import sys

import numpy as np
import pytest

import regnet as rn
from tuning.small_search import SPACE, found, make_model


def test_the_table_prints_the_best_rows():
    result = found(n=14)
    lines = str(result).splitlines()
    assert lines[0].split() == ["number", "round", *SPACE, "epochs", "val_cost", "val_score", "note"]
    assert len(lines) == 2 + 10 + 2
    assert lines[2].split()[0] == str(result.rows[0]["number"])
    assert lines[-2] == "... 4 more"
    assert lines[-1] == repr(result)
    assert repr(result).startswith("SearchResult(14 configurations, 0 failed, best: rate ")


def test_frame_has_a_row_for_each_configuration():
    pytest.importorskip("pandas")
    result = found()
    frame = result.to_frame()
    assert list(frame.columns) == ["round", *SPACE, "epochs", "val_cost", "val_score", "note"]
    assert sorted(frame.index) == list(range(9))
    np.testing.assert_array_equal(frame["val_cost"], [row["val_cost"] for row in result.rows])


def test_missing_pandas_is_named_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        ImportError, match=re.escape("SearchResult.to_frame needs pandas: pip install 'regnet[frame]'")
    ):
        found(n=2).to_frame()


def test_progress_shows_what_is_done_and_the_best_so_far(capfd):
    result = found(progress=True)
    shown = capfd.readouterr().err
    assert "search" in shown
    assert f"{result.rows[0]['val_score']:.4g}" in shown
    assert re.search(r"best val_score\D*\d", shown)
    assert re.search(r"13/13.*configurations\D*9\b", shown)  # nine, the best three and the best one


def test_missing_matplotlib_is_named_with_the_extra_that_brings_it(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=re.escape("pictures need matplotlib: pip install 'regnet[plot]'")):
        found(n=2).plot()


@pytest.fixture
def figure():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    made = plt.figure()
    yield made
    plt.close(made)


def test_each_pair_of_hyper_parameters_has_a_picture(figure):
    space = {**SPACE, "keep": rn.one_minus_log(0.5, 0.99)}
    result = found(space)
    assert result.plot(figure) is figure
    *axes, _ = figure.axes  # the last is the bar of colours
    labels = {(ax.get_xlabel(), ax.get_ylabel()) for ax in axes}
    assert labels == {
        ("rate", "lam"),
        ("rate", "units"),
        ("rate", "1 - keep"),
        ("lam", "units"),
        ("lam", "1 - keep"),
        ("units", "1 - keep"),
    }
    by_label = {(ax.get_xlabel(), ax.get_ylabel()): ax for ax in axes}
    ax = by_label["rate", "1 - keep"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    _, points, star = ax.collections
    expected = {(row["rate"], 1 - row["keep"], row["val_score"]) for row in result.rows}
    assert {
        (*xy, v) for xy, v in zip(points.get_offsets().tolist(), points.get_array(), strict=True)
    } == expected
    np.testing.assert_array_equal(star.get_offsets(), [[result.best["rate"], 1 - result.best["keep"]]])
    units = by_label["rate", "units"]
    assert [text.get_text() for text in units.get_yticklabels()] == ["4", "12"]
    assert set(units.collections[1].get_offsets()[:, 1]) == {0.0, 1.0}


def test_without_a_figure_there_is_a_new_one(figure):
    import matplotlib.pyplot as plt

    made = found(n=2).plot()
    assert made is not figure
    assert made.number in plt.get_fignums()
    assert made.axes
    plt.close(made)


def test_one_hyper_parameter_is_drawn_against_the_curve(figure):
    result = found({"rate": rn.log_uniform(1e-3, 1)}, lambda c: make_model({**c, "lam": 0.1, "units": 4}))
    result.plot(figure)
    ax, _ = figure.axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("rate", "val_score")
    assert {tuple(p) for p in ax.collections[1].get_offsets().tolist()} == {
        (row["rate"], row["val_score"]) for row in result.rows
    }


def test_failed_configurations_are_crosses(figure):
    def make(config):
        net = rn.Model.mlp([2, 8, 1], output="identity", loss="squared_error", seed=1)
        return net, {"optimizer": rn.GradientDescent(config["rate"])}

    result = found({"rate": rn.log_uniform(1e30, 1e32), "b": [1, 2]}, make, n=4)
    result.plot(figure)
    [ax] = figure.axes  # no colours without a score
    [crosses] = ax.collections
    assert len(crosses.get_offsets()) == 4
