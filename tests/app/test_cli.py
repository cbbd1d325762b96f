"""The command line: what ``regnet demo`` prints, writes and returns."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest

import regnet as rn
from regnet.app.cli import main

QUICK = ["demo", "--iterations", "50", "--no-progress"]
WAYS = {  # row of the table: keyword arguments of the hidden layers and of train
    "no regularisation": ({}, {}),
    "L2, lambda 0.7": ({}, {"penalty": rn.L2(0.7)}),
    "L1, lambda 0.7": ({}, {"penalty": rn.L1(0.7)}),
    "L0, lambda 2": ({"gates": True}, {"penalty": rn.L0(2)}),
    "dropout, keep_prob 0.86": ({"keep_prob": 0.86}, {}),
    "batch norm": ({"batch_norm": True}, {}),
    "early stopping": ({}, {"validation": 0.2, "callbacks": [rn.EarlyStopping(patience=5)]}),
}
SEARCHED = "best found by search"
ROWS = [*WAYS, SEARCHED]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(printed):
    """Row name to (train accuracy, test accuracy, cost, seconds, times faster); the search has no last."""
    found = {}
    for name in ROWS:
        [line] = [line for line in printed.splitlines() if line.startswith(name)]
        found[name] = [float(number) for number in line.removeprefix(name).split()]
    return found


def assert_picture(path):
    """A PNG that shows something."""
    image = pytest.importorskip("matplotlib.image")
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    pixels = image.imread(path)
    assert pixels.shape[0] > 300
    assert pixels.shape[1] > 500
    assert len(np.unique((pixels[..., :3] * 255).astype(int).reshape(-1, 3), axis=0)) > 100


# ------------------------------------------------------------------------------ as a process


def run(folder, *arguments):
    command = [sys.executable, "-m", "regnet", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_demo_prints_a_table_and_writes_a_picture(tmp_path):
    pytest.importorskip("matplotlib")
    done = run(tmp_path, *QUICK)
    assert done.returncode == 0
    assert done.stderr == ""
    assert set(table(done.stdout)) == set(ROWS)
    assert "50 iterations" in done.stdout
    assert "picture: regnet-demo.png" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["regnet-demo.png"]
    assert_picture(tmp_path / "regnet-demo.png")


# In the place of the demo: a line, then more than a pipe can hold.
PRINTS = """
import sys, regnet.app.cli
def print_much(**given):
    print("first line", flush=True)
    for _ in range(20_000):
        print("another line")
regnet.app.cli.run_demo = print_much
sys.exit(regnet.app.cli.main(sys.argv[1:]))
"""
closed_early = pytest.mark.skipif(sys.platform == "win32", reason="SIGPIPE and its error are POSIX's")


def head(command, **options):
    """What `command | head -1` gives: the line, the exit status, and what was on standard error."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    with process:
        line = process.stdout.readline()
        process.stdout.close()
        return line, process.wait(60), process.stderr.read()


@closed_early
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_ends_it_quietly(unbuffered):
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    found = head([sys.executable, "-c", PRINTS, "demo"], env=environment)
    assert found == ("first line\n", 128 + 13, "")


@closed_early
def test_the_demo_itself_ends_quietly_too(tmp_path):
    line, status, complaint = head([sys.executable, "-m", "regnet", *QUICK], cwd=tmp_path)
    assert line.startswith("2-20-3-1 on 211 training")
    assert (status, complaint) == (128 + 13, "")


@closed_early
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["demo", "--help"]])
def test_help_that_nobody_reads_is_no_error(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "regnet", *arguments]
    buffered = os.environ | {"PYTHONUNBUFFERED": ""}
    done = subprocess.run(
        command, stdout=writer, stderr=subprocess.PIPE, env=buffered, timeout=60, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (128 + 13, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_is_one_line_on_standard_error():
    command = [sys.executable, "-c", PRINTS, "demo"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, timeout=60, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "regnet: [Errno 28] No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are closed in this way on POSIX alone")
@pytest.mark.parametrize("closed", [1, 2])
def test_closed_standard_streams_are_no_error(tmp_path, closed):
    """As under some schedulers: `regnet demo >&-`."""
    script = f"import os, sys; os.close({closed}); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    command = [sys.executable, "-c", script, "-m", "regnet", "demo", "--iterations", "50"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "" if closed == 1 else set(table(done.stdout)) == set(ROWS)


def test_a_wrong_command_is_exit_status_2(tmp_path):
    done = run(tmp_path, "dance")
    assert done.returncode == 2
    assert "invalid choice: 'dance'" in done.stderr


def test_an_error_is_one_line_on_standard_error(tmp_path):
    done = run(tmp_path, *QUICK, "--data", "nothing.mat")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "regnet: there is no file 'nothing.mat'\n"


def test_the_console_script_is_this_main():
    [script] = entry_points(group="console_scripts", name="regnet")
    assert script.load() is main


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


# ------------------------------------------------------------------------------ wrong arguments


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--data", "nothing.mat"], "regnet: there is no file 'nothing.mat'\n"),
        (
            ["--out", "nowhere/field.png"],
            f"regnet: there is no folder {str(Path('nowhere'))!r} for the picture\n",
        ),
        (["--out", ""], "regnet: '.' is a folder, wanted a file for the picture\n"),
    ],
)
def test_a_wrong_file_is_exit_status_1_before_any_work(folder, capsys, arguments, complaint):
    pytest.importorskip("scipy")
    assert main([*QUICK, *arguments]) == 1
    assert capsys.readouterr() == ("", complaint)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["field.nothing", "folder.png", "folder.png/"])
def test_a_name_that_is_no_picture_is_refused_before_any_work(folder, capsys, name):
    pytest.importorskip("matplotlib")
    (folder / "folder.png").mkdir()
    assert main([*QUICK, "--out", name]) == 1
    printed, complaint = capsys.readouterr()
    assert printed == ""
    assert complaint.startswith("regnet: ")
    assert [path.name for path in folder.iterdir()] == ["folder.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of this kind are POSIX's")
@pytest.mark.parametrize("arguments", [[], ["--out", "field.png"]])
@pytest.mark.parametrize("there", ["a file", "a folder"])
def test_a_picture_that_may_not_be_written_is_refused_before_any_work(
    folder, capsys, monkeypatch, arguments, there
):
    pytest.importorskip("matplotlib")
    name, locked = (arguments or ["", "regnet-demo.png"])[1], folder
    if there == "a file":
        locked = folder / name
        locked.touch()
    locked.chmod(0o500)
    if os.access(locked, os.W_OK):  # root may write anywhere
        monkeypatch.setattr(
            os, "access", lambda path, mode: Path(path).stat().st_mode & mode << 6 == mode << 6
        )
    try:
        assert main([*QUICK, *arguments]) == 1
    finally:
        locked.chmod(0o700)
    assert capsys.readouterr() == (
        "",
        f"regnet: {name!r} cannot be written, wanted another file for the picture\n",
    )


def test_the_ending_of_a_picture_may_be_in_capitals(folder):
    pytest.importorskip("matplotlib")
    assert rn.plotting.picture_path(Path("FIELD.PNG")) == Path("FIELD.PNG")


def test_a_garbage_data_file_is_exit_status_1(folder, capsys):
    pytest.importorskip("scipy")
    (folder / "field.mat").write_bytes(b"nothing that MATLAB wrote, but long enough for a header " * 10)
    assert main([*QUICK, "--data", "field.mat"]) == 1
    printed, complaint = capsys.readouterr()
    assert printed == ""
    assert complaint.startswith("regnet: field.mat cannot be read as a MATLAB 5 file")
    assert complaint.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        *[
            (["demo", "--iterations", text], f"iterations is {shown}, wanted a whole number >= 1")
            for text, shown in [("0", "0"), ("-5", "-5"), ("many", "'many'"), ("1.5", "'1.5'"), ("", "''")]
        ],
        *[
            (["demo", "--seed", text], f"seed is {shown}, wanted a whole number from 0 to {2**64 - 1}")
            for text, shown in [("x", "'x'"), ("-1", "-1"), ("²", "'²'"), (str(2**64), str(2**64))]
        ],
        (["demo", "--dance"], "unrecognized arguments: --dance"),
        ([], "the following arguments are required: command"),
    ],
)
def test_what_the_command_line_cannot_mean_is_exit_status_2(folder, capsys, arguments, complaint):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    printed, complaints = capsys.readouterr()
    assert printed == ""
    assert complaint in complaints
    assert complaints.count("\n") <= 4  # usage and one line
    assert list(folder.iterdir()) == []


def test_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"regnet {rn.__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"]])
def test_help(capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    assert "usage: regnet" in capsys.readouterr().out


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
