"""What a person sees of a training, in a terminal, in a notebook and in a log."""

import io
import os
import struct
import subprocess
import sys

import pytest

from regnet._support import progress
from regnet._support.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds, to be set by a test."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


@pytest.fixture
def no_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)


def show(monkeypatch, stream, clock, at, total=100):
    """An epoch is done at each of these times; what `stream` got."""
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress(total, True) as bar:
        for clock[0] in at:
            bar.advance(1, cost=0.25)
    return stream.getvalue()


@pytest.mark.parametrize("with_tqdm", [True, False])
def test_a_log_gets_a_line_now_and_then_and_the_last(monkeypatch, clock, with_tqdm):
    if not with_tqdm:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    assert show(monkeypatch, io.StringIO(), clock, range(1, 26)) == (
        "training: epoch 10/100, cost 0.25, 10.0 s\n"
        "training: epoch 20/100, cost 0.25, 20.0 s\n"
        "training: epoch 25/100, cost 0.25, 25.0 s\n"
    )


def test_the_last_line_is_not_written_twice(monkeypatch, clock):
    assert show(monkeypatch, io.StringIO(), clock, [10]) == "training: epoch 1/100, cost 0.25, 10.0 s\n"


def test_nothing_done_is_no_line(monkeypatch, clock):
    assert show(monkeypatch, io.StringIO(), clock, []) == ""


def test_a_terminal_has_one_line_that_is_redrawn(monkeypatch, clock, no_tqdm):
    shown = show(monkeypatch, Terminal(), clock, [0.0, 0.1, 0.2, 0.3])
    assert [line.rstrip() for line in shown.split("\r")] == [
        "",
        "training: epoch 1/100, cost 0.25, 0.0 s",
        "training: epoch 3/100, cost 0.25, 0.2 s",
        "training: epoch 4/100, cost 0.25, 0.3 s",
    ]
    assert shown.endswith("\n")


def test_a_terminal_has_tqdm_s_bar(monkeypatch):
    pytest.importorskip("tqdm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(3, True) as bar:
        bar.advance(3, cost=0.25)
    assert "3/3" in terminal.getvalue()
    assert "cost=0.25" in terminal.getvalue()
    assert "\r" in terminal.getvalue()


def test_a_notebook_redraws_though_it_is_no_terminal(monkeypatch, clock, no_tqdm):
    pytest.importorskip("ipykernel")
    from ipykernel.iostream import OutStream

    class Notebook(OutStream):
        __module__ = OutStream.__module__

        def __init__(self):
            self.shown = []

        def isatty(self):
            return False

        def write(self, text):
            self.shown.append(text)

        def flush(self):
            pass

        def close(self):
            pass

        __del__ = close

        def getvalue(self):
            return "".join(self.shown)

    assert "\rtraining: epoch 1/100, cost 0.25, 0.0 s" in show(monkeypatch, Notebook(), clock, [0.0])


def test_a_closed_standard_error_gets_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with Progress(3, True) as bar:
        bar.advance(3, cost=0.25)


TRAINS = """
import regnet as rn
X, y, _, _ = rn.datasets.make_football()
rn.train(rn.Model.mlp([2, 3, 1]), X, y, epochs=50, progress=True)
"""


def test_a_process_writes_plain_lines_into_a_pipe():
    command = [sys.executable, "-c", TRAINS]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert done.stdout == b""
    assert b"\r" not in done.stderr.replace(os.linesep.encode(), b"\n")
    assert done.stderr.startswith(b"training: epoch 50/50, cost 0.")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX's")
def test_a_process_redraws_in_a_terminal():
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))  # else it has no columns
    with subprocess.Popen([sys.executable, "-c", TRAINS], stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 1 << 16):
                shown += piece
        except OSError:  # how Linux says that the other end is closed
            pass
        assert process.wait(60) == 0
    os.close(ours)
    assert shown.count(b"\r") > 1
    assert b"50/50" in shown
