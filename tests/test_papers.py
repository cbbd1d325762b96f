"""What the scripts of bench/papers rely on: a run that was stopped goes on as if it had not been."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import regnet as rn

PAPERS = Path(__file__).parents[1] / "bench" / "papers"


@pytest.fixture
def runs(monkeypatch):
    """The scripts' common module."""
    pytest.importorskip("threadpoolctl")
    if not PAPERS.is_dir():
        pytest.skip("bench/papers is not beside the tests")
    monkeypatch.setattr(sys, "path", [str(PAPERS), *sys.path])
    before = set(sys.modules)
    import runs

    yield runs
    for name in set(sys.modules) & {"runs", "works", "mnist"} - before:
        del sys.modules[name]


class Stopped(Exception):
    """The process is ended from outside."""


def new_model():
    hidden = [rn.Dense(units, "relu", keep_prob=0.8, max_norm=1.0, batch_norm=True) for units in (16, 8)]
    return rn.Model([rn.Input(2), *hidden, rn.Dense(1, "sigmoid")], seed=4)


def train(runs, folder, epochs=9):
    X, y, _, _ = rn.datasets.make_football(seed=0)
    options = {"batch_size": 32, "optimizer": rn.Adam(0.01, schedule=rn.Cosine())}
    notebook = runs.Notebook(folder, seed=4)
    return runs.train_in_pieces(notebook, "net", new_model, X, y, epochs, **options), notebook


@pytest.mark.parametrize("lost", ["curve", "net"])
def test_a_run_that_was_stopped_ends_at_the_same_bits(runs, tmp_path, monkeypatch, capsys, lost):
    """Stopped while it writes the curve or the net, each after a piece of one epoch."""
    whole, at_once = train(runs, tmp_path / "whole")
    assert capsys.readouterr().out.count("\n") == 1
    monkeypatch.setattr(runs, "PIECE", 1e-9)
    replace, calls = runs.os.replace, {"curve": 0, "net": 0}

    def stop_now_and_then(source, target):
        kind = "net" if str(target).endswith(".npz") else "curve"
        calls[kind] += 1
        if kind == lost and calls[kind] % 6 == 5:
            raise Stopped
        replace(source, target)

    monkeypatch.setattr(runs.os, "replace", stop_now_and_then)
    stops = 0
    while True:
        try:
            model, notebook = train(runs, tmp_path / "pieces")
            break
        except Stopped:
            stops += 1
    assert stops > 0
    assert (model.parameters == whole.parameters).all()
    curves = [np.array(book.entries["net epochs"]) for book in (notebook, at_once)]
    np.testing.assert_array_equal(curves[0][:, 0], curves[1][:, 0])
    assert len(curves[0]) == 9


def test_what_is_known_is_not_worked_out_again(runs, tmp_path):
    notebook = runs.Notebook(tmp_path / "new" / "folder", seed=1)
    assert notebook.once("score", lambda: 0.5) == 0.5
    again = runs.Notebook(tmp_path / "new" / "folder", seed=1)
    assert again.once("score", lambda: pytest.fail("the work was done twice")) == 0.5
    assert set(json.loads(again.path.read_text())) == {"settings", "date", "machine", "score"}
    assert [path.name for path in again.folder.iterdir()] == ["results.json"]


def test_a_folder_belongs_to_one_choice_of_settings(runs, tmp_path):
    runs.Notebook(tmp_path, seed=1)
    with pytest.raises(SystemExit, match=r"has results of \{'seed': 1\}, wanted \{'seed': 2\}: take another"):
        runs.Notebook(tmp_path, seed=2)


def test_a_training_that_diverges_ends_the_run(runs, tmp_path):
    X, y, _, _ = rn.datasets.make_football(seed=0)
    notebook, options = runs.Notebook(tmp_path, seed=4), {"optimizer": rn.GradientDescent(1e20)}

    def numbers():
        return rn.Model.mlp([2, 8, 1], output="identity", seed=4)

    ends = pytest.raises(SystemExit, match=r"the training of net ended in epoch \d+: diverged")
    with pytest.warns(rn.DivergenceWarning), ends:
        runs.train_in_pieces(notebook, "net", numbers, X, y * 1.0, 9, **options)
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
