"""How many threads are used, and what says so."""

import os
import signal
import subprocess
import sys
import threading
from types import ModuleType, SimpleNamespace

import pytest

import regnet as rn
from regnet._support import threads
from regnet._support.threads import resolve_threads


def cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.fixture
def eight_cores(monkeypatch):
    """A process that may use eight cores and has not imported threadpoolctl."""
    monkeypatch.setattr(threads, "usable_cores", lambda: 8)
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def test_none_means_the_usable_cores(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert resolve_threads(None) == cores()


@pytest.mark.parametrize(
    ("variable", "expected"),
    [("1", 1), ("3,2", 3), (" 4 ", 4), ("+2", 2), ("007", 7), ("8", 8), ("100000", 8), ("9" * 5000, 8)],
)
def test_none_obeys_the_environment(monkeypatch, eight_cores, variable, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert resolve_threads(None) == expected


@pytest.mark.parametrize(
    "variable", ["", " ", "many", "0", "-1", "²", "٣", "1²", "1_0", "2.5", "2x", "0x2", "1 2", ",2", "1;2"]
)
def test_what_is_no_number_in_the_environment_is_ignored(monkeypatch, eight_cores, variable):
    """As OpenMP itself ignores it."""
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert resolve_threads(None) == 8


def test_none_obeys_threadpoolctl(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = resolve_threads(None)
    with threadpoolctl.threadpool_limits(1):
        assert resolve_threads(None) == 1
        assert resolve_threads(3) == 3
    assert resolve_threads(None) == before


# ------------------------------------------------------------------------------ searching for libraries


def test_threadpoolctl_itself_searches_once(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed")
    searches, real = [], threadpoolctl.ThreadpoolController

    def counted():
        searches.append(1)
        return real()

    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", counted)
    before = resolve_threads(None)
    searches.clear()
    assert [resolve_threads(None) for _ in range(20)] == [before] * 20
    assert len(searches) <= 1  # not 0: some seconds may have passed


class Libraries:
    """In threadpoolctl's place: libraries with these limits, and how often they were searched for."""

    def __init__(self, *limits):
        self.loaded = [SimpleNamespace(num_threads=limit) for limit in limits]
        self.searches = 0

    def ThreadpoolController(self):
        self.searches += 1
        return SimpleNamespace(lib_controllers=list(self.loaded))


@pytest.fixture
def libraries(monkeypatch, eight_cores):
    """Libraries that nobody has searched for, and a clock that stands still."""
    found = Libraries(8, 4)
    monkeypatch.setitem(sys.modules, "threadpoolctl", found)
    monkeypatch.setattr(threads, "known", (0, threads.NEVER, []))
    monkeypatch.setattr(threads, "monotonic", lambda: 100.0)
    return found


def test_libraries_are_searched_for_once_and_asked_at_every_call(libraries):
    for limit in (4, 3, 7, 1):
        libraries.loaded[1].num_threads = limit
        assert resolve_threads(None) == limit
    assert libraries.searches == 1


def test_a_number_of_threads_needs_no_search(libraries):
    assert resolve_threads(3) == 3
    assert libraries.searches == 0


def test_a_training_searches_once_at_most(libraries):
    model = rn.Model.mlp([2, 3, 1])
    rn.train(model, [[0.0, 1.0], [1.0, 0.0]], [0, 1], epochs=1)  # may import what it needs
    libraries.searches = 0
    for _ in range(5):
        rn.train(model, [[0.0, 1.0], [1.0, 0.0]], [0, 1], epochs=1)
    assert libraries.searches == 0


def test_an_import_leads_to_another_search(monkeypatch, libraries):
    assert resolve_threads(None) == 4
    libraries.loaded.append(SimpleNamespace(num_threads=2))
    assert resolve_threads(None) == 4
    monkeypatch.setitem(sys.modules, "brings_a_library", ModuleType("brings_a_library"))
    assert resolve_threads(None) == 2
    assert resolve_threads(None) == 2
    assert libraries.searches == 2


def test_a_library_without_a_module_is_found_after_some_seconds(monkeypatch, libraries):
    assert resolve_threads(None) == 4
    libraries.loaded.append(SimpleNamespace(num_threads=2))
    monkeypatch.setattr(threads, "monotonic", lambda: 100.0 + threads.SEARCH_AGAIN)
    assert resolve_threads(None) == 4
    monkeypatch.setattr(threads, "monotonic", lambda: 100.1 + threads.SEARCH_AGAIN)
    assert resolve_threads(None) == 2
    assert libraries.searches == 2


def test_a_search_that_fails_is_made_again(libraries):
    def interrupted():
        raise KeyboardInterrupt

    libraries.ThreadpoolController = interrupted
    with pytest.raises(KeyboardInterrupt):
        resolve_threads(None)
    del libraries.ThreadpoolController
    assert resolve_threads(None) == 4


def test_threads_may_ask_together(monkeypatch, libraries):
    """Sixteen at once, modules coming and going: never an error, never a limit that was not set."""
    answers, start = [], threading.Barrier(16)

    def ask():
        start.wait()
        for number in range(200):
            sys.modules[f"imported_{threading.get_ident()}_{number % 3}"] = ModuleType("imported")
            answers.append(resolve_threads(None))
        for number in range(3):
            del sys.modules[f"imported_{threading.get_ident()}_{number}"]

    asking = [threading.Thread(target=ask) for _ in range(16)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert answers == [4] * 3200


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_may_ask_though_a_thread_was_searching_at_the_fork(libraries):
    searching, go_on = threading.Event(), threading.Event()
    search = libraries.ThreadpoolController

    def slow():
        if threading.current_thread() is not threading.main_thread():
            searching.set()
            go_on.wait()
        return search()

    libraries.ThreadpoolController = slow
    thread = threading.Thread(target=resolve_threads, args=(None,))
    thread.start()
    searching.wait()
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # ends a child that waits for ever
        os._exit(resolve_threads(None))
    go_on.set()
    thread.join()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 4


@pytest.mark.parametrize("module", [ModuleType("threadpoolctl"), None])
def test_a_threadpoolctl_that_is_still_being_imported_sets_no_limit(monkeypatch, eight_cores, module):
    monkeypatch.setitem(sys.modules, "threadpoolctl", module)
    assert resolve_threads(None) == 8


def test_a_library_that_cannot_tell_its_limit_sets_none(libraries):
    libraries.loaded[1].num_threads = None
    assert resolve_threads(None) == 8


# SciPy's wheels bring a BLAS of their own, which NumPy alone has not loaded.
LOADS_A_LIBRARY = """
import os, threadpoolctl, numpy
from regnet._support import threads
threads.usable_cores = lambda: 8
threads.SEARCH_AGAIN = float("inf")
def paths(): return {library.filepath for library in threadpoolctl.ThreadpoolController().lib_controllers}
threads.resolve_threads(None)
before = paths()
import scipy.linalg
new = sorted(paths() - before)
if new:
    [library, *_] = [l for l in threadpoolctl.ThreadpoolController().lib_controllers if l.filepath == new[0]]
    library.set_num_threads(1)
    print(threads.resolve_threads(None), "threads")
"""


def test_a_library_that_an_import_loads_is_obeyed():
    pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed")
    pytest.importorskip("scipy", reason="SciPy is not installed")
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", LOADS_A_LIBRARY]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    if not done.stdout:
        pytest.skip("this SciPy has no library of threads of its own")
    assert done.stdout == "1 threads\n"


# ------------------------------------------------------------------------------ numbers


def test_a_number_is_taken_as_it_is(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert resolve_threads(5) == 5


@pytest.mark.parametrize("wrong", [0, -1])
def test_less_than_one_is_refused(wrong):
    with pytest.raises(ValueError, match=f"n_threads is {wrong}, wanted a whole number >= 1"):
        resolve_threads(wrong)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_train_passes_it_to_the_core(core_calls, n_threads):
    calls = core_calls()
    rn.train(rn.Model.mlp([2, 3, 1]), [[0.0, 1.0], [1.0, 0.0]], [0, 1], epochs=1, n_threads=n_threads)
    assert [call["n_threads"] for call in calls] == [n_threads]
