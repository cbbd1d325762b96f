"""What tests of Ctrl-C share."""

import signal
import subprocess
import sys

import regnet as rn


def press(*arguments):
    """Ctrl-C, here and now."""
    signal.raise_signal(signal.SIGINT)


def press_in(epoch):
    """A callback that presses Ctrl-C after an epoch."""
    return lambda training: press() if training.epoch == epoch else None


def net(**options):
    return rn.Model.mlp([2, 8, 1], dtype="float64", seed=1, **options)


def run(script, *arguments):
    """A script in a process of its own."""
    return subprocess.run(
        [sys.executable, *(["-c", script] if isinstance(script, str) else [script]), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
