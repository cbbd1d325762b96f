"""What ``regnet demo`` prints, writes and returns, with the extras and without."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import regnet as rn
from app.printed import QUICK, ROWS, SEARCHED, WAYS, assert_picture, table
from regnet.app.cli import main

# ------------------------------------------------------------------------------ in this process


def test_table_has_numbers_that_can_be_checked(folder, capsys):
    pytest.importorskip("matplotlib")
    assert main([*QUICK, "--seed", "7"]) == 0
    printed, complaint = capsys.readouterr()
    assert complaint == ""
    assert "211 training" in printed
    assert "200 test points" in printed
    head = next(line for line in printed.splitlines() if line.startswith("model"))
    assert re.split(r"\s{2,}", head) == [
        "model",
        "train acc.",
        "test acc.",
        "final cost",
        "seconds",
        "x NumPy",
    ]
    rows = table(printed)
    X, y, X_test, y_test = rn.datasets.make_football(seed=7)
    for name, (hidden, options) in WAYS.items():
        layers = [rn.Dense(units, "relu", init="xavier", **hidden) for units in (20, 3)]
        output = rn.Dense(1, "sigmoid", init="xavier")
        model = rn.Model([rn.Input(2), *layers, output], dtype="float64", seed=7)
        optimizer = rn.GradientDescent(0.3)
        history = rn.train(model, X, y, epochs=50, batch_size=None, optimizer=optimizer, **options)
        train_accuracy, test_accuracy, cost, seconds, times_faster = rows[name]
        assert train_accuracy == pytest.approx(model.evaluate(X, y).score, abs=0.0005)
        assert test_accuracy == pytest.approx(model.evaluate(X_test, y_test).score, abs=0.0005)
        assert cost == pytest.approx(
            history.cost[-1 if history.best_epoch is None else history.best_epoch], abs=0.00005
        )
        assert seconds >= 0
        assert times_faster > 0


def test_the_row_of_the_search_is_the_best_net_trained_on_all_points(folder, capsys):
    """The same search, made by hand; its row has no time to compare with NumPy's."""
    assert main([*QUICK, "--seed", "7"]) == 0
    train_accuracy, test_accuracy, cost, _ = table(capsys.readouterr().out)[SEARCHED]
    X, y, X_test, y_test = rn.datasets.make_football(seed=7)

    def make_model(config):
        options = {"init": "xavier", "keep_prob": config["keep_prob"], "dtype": "float64", "seed": 7}
        model = rn.Model.mlp([2, 20, 3, 1], **options)
        optimizer, penalty = rn.GradientDescent(config["learning_rate"]), rn.L2(config["lam"])
        return model, {"optimizer": optimizer, "penalty": penalty, "batch_size": None}

    space = {
        "learning_rate": rn.log_uniform(0.03, 1),
        "lam": rn.log_uniform(0.01, 10),
        "keep_prob": rn.uniform(0.6, 1),
    }
    found = rn.search(make_model, X, y, space, n=192, epochs=50, monitor="val_cost", seed=7)
    model, history = found.refit(X, y)
    assert train_accuracy == pytest.approx(model.evaluate(X, y).score, abs=0.0005)
    assert test_accuracy == pytest.approx(model.evaluate(X_test, y_test).score, abs=0.0005)
    assert cost == pytest.approx(history.cost[-1], abs=0.00005)


def test_out_names_the_picture(folder, capsys):
    pytest.importorskip("matplotlib")
    (folder / "pictures").mkdir()
    assert main([*QUICK, "--out", "pictures/field.png"]) == 0
    assert f"picture: {Path('pictures/field.png')}" in capsys.readouterr().out
    assert [path.name for path in folder.iterdir()] == ["pictures"]
    assert [path.name for path in (folder / "pictures").iterdir()] == ["field.png"]
    assert_picture(folder / "pictures" / "field.png")


def test_a_picture_without_an_ending_is_where_the_last_line_says(folder, capsys):
    pytest.importorskip("matplotlib")
    assert main([*QUICK, "--out", "field"]) == 0
    [named] = re.findall("^picture: (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert_picture(folder / named)


def test_data_reads_the_course_s_file(football_mat, folder, capsys):
    pytest.importorskip("matplotlib")
    assert main([*QUICK, "--data", str(football_mat)]) == 0
    assert set(table(capsys.readouterr().out)) == set(ROWS)
    assert [path.name for path in folder.iterdir()] == ["regnet-demo.png"]


def test_progress_goes_to_standard_error(folder, capsys):
    pytest.importorskip("matplotlib")
    assert main(["demo", "--iterations", "50"]) == 0
    printed, progress = capsys.readouterr()
    assert "50/50" in progress
    assert "\r" not in progress  # which is no terminal here
    assert "50/50" not in printed


def test_the_same_seed_draws_the_same_picture(folder, capsys):
    image = pytest.importorskip("matplotlib.image")
    pixels = []
    for name, seed in (("a.png", "1"), ("b.png", "1"), ("c.png", "2")):
        assert main([*QUICK, "--seed", seed, "--out", name]) == 0
        pixels.append(image.imread(folder / name))
    # matplotlib rounds a pixel now and then otherwise, by where its arrays lie in memory
    np.testing.assert_allclose(pixels[0], pixels[1], atol=1.5 / 255)
    assert np.abs(pixels[0] - pixels[2]).max() > 0.5


# ------------------------------------------------------------------------------ without the extras


@pytest.fixture
def no_matplotlib(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)


def test_without_matplotlib_there_is_a_table_and_a_note(folder, capsys, no_matplotlib):
    assert main(QUICK) == 0
    printed, complaint = capsys.readouterr()
    assert set(table(printed)) == set(ROWS)
    assert "picture" not in printed
    assert complaint == "no picture: pictures need matplotlib: pip install 'regnet[plot]'\n"
    assert list(folder.iterdir()) == []


def test_without_matplotlib_a_picture_that_was_asked_for_is_an_error(folder, capsys, no_matplotlib):
    assert main([*QUICK, "--out", "field.png"]) == 1
    assert capsys.readouterr() == ("", "regnet: pictures need matplotlib: pip install 'regnet[plot]'\n")
    assert list(folder.iterdir()) == []


def test_without_scipy_data_are_an_error(folder, capsys, monkeypatch):
    for name in ("scipy", "scipy.io"):
        monkeypatch.setitem(sys.modules, name, None)
    (folder / "field.mat").write_bytes(b"")
    assert main([*QUICK, "--data", "field.mat"]) == 1
    assert capsys.readouterr() == (
        "",
        "regnet: reading a MATLAB file needs SciPy: pip install 'regnet[matlab]'\n",
    )


def test_without_tqdm_the_progress_is_a_line(folder, capsys, monkeypatch, no_matplotlib):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert main(["demo", "--iterations", "50"]) == 0
    assert "training: epoch 50/50, cost " in capsys.readouterr().err


def test_ctrl_c_ends_the_demo_with_a_line(folder, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("regnet.app.demo.train", interrupted)
    assert main(QUICK) == 130
    assert "regnet: interrupted" in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_ctrl_c_in_the_search_ends_the_demo_too(folder, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("regnet.app.demo.search", interrupted)
    assert main(QUICK) == 130
    printed, complaint = capsys.readouterr()
    assert "no regularisation" not in printed
    assert complaint == "regnet: interrupted\n"
    assert not list(folder.iterdir())
