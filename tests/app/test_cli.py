"""The command line as a process, and what it refuses."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import regnet as rn
from app.printed import QUICK, ROWS, assert_picture, head, table
from regnet.app.cli import main

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
