"""What the suite promises of itself, whoever starts it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IGNORING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "pytest", *sys.argv[1:]])
"""


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are ignored in this way on POSIX alone")
def test_ctrl_c_is_tested_where_sigint_is_ignored():
    """As under nohup. The tests below press Ctrl-C in their own process and in one that they start."""
    files = [str(ROOT / "tests" / name) for name in ("training/test_many.py", "training/test_endings.py")]
    done = run(sys.executable, "-c", IGNORING, "-q", "-p", "no:cacheprovider", "-k", "ctrl_c", *files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize(("options", "limited"), [([], True), (["--attacks", "1000"], False)])
def test_a_test_has_a_time_limit_unless_it_repeats_an_attack(options, limited):
    one = str(ROOT / "tests" / "test_isa.py")
    done = run(sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", one, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("timeout: 300" in done.stdout) is limited
