"""What every test can use: the data of `tests/data/figures`, each build of the core, each dtype."""

import csv
import inspect
import json
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

import cregnet
from builds import BUILDS, load_core

# Modules that compare for several tests: where one of their asserts fails, pytest is to show the values.
pytest.register_assert_rewrite(
    "app.printed",
    "course.nets",
    "files.damage",
    "models.small",
    "network.networks",
    "training.overfitting",
    "twins",
)

FIGURES = Path(__file__).parent / "data" / "figures"


def pytest_addoption(parser) -> None:
    parser.addoption(
        "--attacks",
        type=int,
        metavar="N",
        help="repeat each attack (killed saves, flipped bits, bursts of Ctrl-C) N times, not a few",
    )


def pytest_configure(config) -> None:
    """An attack that is repeated on request may take longer than the time limit of a test."""
    if config.getoption("--attacks") and config.option.timeout is None:
        config.option.timeout = 0


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_raises():
    """SIGINT raises KeyboardInterrupt, in subprocesses too, where the suite was started with it ignored.

    So it is under nohup, in the background of a script and on some build servers; a test that presses
    Ctrl-C would then wait for ever.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)


@pytest.fixture
def attacks(request):
    """How often to repeat an attack: `few` times, or as often as ``--attacks`` says."""

    def times(few: int) -> int:
        return request.config.getoption("--attacks") or few

    return times


@pytest.fixture
def core_calls(monkeypatch):
    """Note the calls of `cregnet.network_train`: a function that starts it and returns the list of calls.

    A call is a dict of the arguments by name. After each call ``then(call, n_completed)`` may raise, or
    return another number of completed epochs.
    """

    train, signature = cregnet.network_train, inspect.signature(cregnet.reference.network_train)

    def start(then=lambda call, n_completed: n_completed):
        calls = []

        def network_train(*arguments):
            calls.append(signature.bind(*arguments).arguments)
            return then(calls[-1], train(*arguments))

        monkeypatch.setattr("cregnet.network_train", network_train)
        return calls

    return start


@pytest.fixture(scope="session")
def known_answers() -> dict:
    """Numbers printed in the course notes."""
    return json.loads((FIGURES / "known_answers.json").read_text(encoding="utf-8"))


@pytest.fixture
def football() -> dict[str, np.ndarray]:
    """The course's points by the names in its file: X, y (training), Xval, yval; rows = examples."""
    path = FIGURES / "football.csv"
    if not path.exists():
        pytest.skip("the course's points are in the checkout, not in the source archive")
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    arrays = {}
    for name, X, y in (("train", "X", "y"), ("test", "Xval", "yval")):
        points = [row for row in rows if row["set"] == name]
        arrays[X] = np.array([[float(row["x1"]), float(row["x2"])] for row in points])
        arrays[y] = np.array([[int(row["label"])] for row in points], np.uint8)
    return arrays


@pytest.fixture
def football_mat(football, tmp_path_factory) -> Path:
    """The course's points as a MATLAB file, compressed as the course's own."""
    io = pytest.importorskip("scipy.io", reason="a MATLAB file needs SciPy")
    path = tmp_path_factory.mktemp("football") / "football.mat"
    io.savemat(path, football, do_compression=True)
    return path


@pytest.fixture(params=BUILDS)
def core(request):
    """The core as built for each instruction set of this machine."""
    return load_core(request.param)


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request) -> np.dtype:
    """Both dtypes."""
    return np.dtype(request.param)


@pytest.fixture(params=[".npz", ".safetensors"])
def path(request, tmp_path):
    """A file name of each format, in a folder of its own."""
    if request.param == ".safetensors":
        pytest.importorskip("safetensors")
    return tmp_path / f"net{request.param}"


@pytest.fixture
def sigint():
    """Python's own handler, also where the tests run with SIGINT ignored; it must be there in the end."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    after = signal.signal(signal.SIGINT, before)
    assert after is signal.default_int_handler


@pytest.fixture
def ctrl_c_after():
    """Press Ctrl-C in some seconds, but not once the test is over."""
    timers = []

    def press(seconds):
        timers.append(threading.Timer(seconds, signal.raise_signal, (signal.SIGINT,)))
        timers[-1].start()

    yield press
    for timer in timers:
        timer.cancel()
        timer.join()
