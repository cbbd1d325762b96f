"""What tests of the demo share: its table and picture, read back."""

import subprocess

import numpy as np
import pytest

import regnet as rn

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


def head(command, **options):
    """What `command | head -1` gives: the line, the exit status, and what was on standard error."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    with process:
        line = process.stdout.readline()
        process.stdout.close()
        return line, process.wait(60), process.stderr.read()
