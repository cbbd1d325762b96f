"""Ctrl-C: everything in order first, then KeyboardInterrupt; nothing lost by a burst, nothing left behind."""

import re
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import regnet as rn
from ctrl_c import net, press, press_in, run
from regnet.course import dnn_utils, opt_utils, opt_utils_v1a, reg_utils

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's"),
    pytest.mark.usefixtures("sigint"),
]

BURSTS = Path(__file__).with_name("ctrl_c_bursts.py")
X, Y, X_VAL, Y_VAL = rn.datasets.make_football(60, 20)


# ------------------------------------------------------------------------------ bursts


@pytest.mark.parametrize("kind", ["train", "fit_many", "search"])
def test_a_burst_leaves_no_thread_no_lock_and_no_handler_behind(kind, attacks):
    done = run(BURSTS, kind, str(attacks(10)))
    assert done.returncode == 0, done.stdout + done.stderr


# ------------------------------------------------------------------------------ what comes out

TWO = """
import signal, sys, threading, time
import numpy as np, regnet as rn
signal.signal(signal.SIGINT, signal.default_int_handler)
X, y, X_val, y_val = rn.datasets.make_football(60, 20)
def press():
    time.sleep(0.5)
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
class Said(rn.Callback):
    def after_training(self, training):
        costs = training.history.val_cost
        restored = training.model.evaluate(X_val, y_val).cost == costs[np.isfinite(costs)].min()
        print("first ended", training.history.stop_reason, restored, flush=True)
threading.Thread(target=press, daemon=True).start()
options = {"epochs": 10**7, "validation": (X_val, y_val)}
model = rn.Model.mlp([2, 8, 1], dtype="float64")
rn.train(model, X, y, callbacks=[rn.EarlyStopping(10**6), Said()], progress=True, **options)
print("went on")
rn.train(rn.Model.mlp([2, 8, 1]), X, y, **options)
"""


def test_a_script_of_two_trainings_ends_in_the_first():
    done = run(TWO)
    assert done.stdout == "first ended interrupted True\n"
    assert done.returncode == -signal.SIGINT  # as any script that KeyboardInterrupt ends
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")


def test_the_interrupt_has_the_history():
    model = net()
    with pytest.raises(KeyboardInterrupt) as caught:
        rn.train(model, X, Y, epochs=10, callbacks=[press_in(3)])
    history = caught.value.result
    assert isinstance(history, rn.History)
    assert history.stop_reason == "interrupted"
    assert len(history) == 4
    alone = net()
    rn.train(alone, X, Y, epochs=4)
    np.testing.assert_array_equal(model.parameters, alone.parameters)


def test_the_history_is_returned_when_asked_for():
    history = rn.train(net(), X, Y, epochs=10, callbacks=[press_in(3)], on_interrupt="return")
    assert (history.stop_reason, len(history)) == ("interrupted", 4)


def test_an_event_returns_the_history_whatever_ctrl_c_does():
    cancel = threading.Event()
    history = rn.train(net(), X, Y, epochs=9, callbacks=[lambda t: cancel.set()], cancel=cancel)
    assert (history.stop_reason, len(history)) == ("interrupted", 1)


@pytest.mark.parametrize("n_threads", [1, 3])
def test_the_interrupt_of_fit_many_has_all_histories(n_threads):
    # more epochs than fit between a thread's signal and the main thread's next turn, which alone hears of it
    options = {"epochs": 10**6, "callbacks": [press_in(3)], "n_threads": n_threads}
    with pytest.raises(KeyboardInterrupt) as caught:
        rn.fit_many([net() for _ in range(4)], X, Y, **options)
    assert [type(history) for history in caught.value.result] == [rn.History] * 4
    assert "interrupted" in {history.stop_reason for history in caught.value.result}
    histories = rn.fit_many([net() for _ in range(4)], X, Y, on_interrupt="return", **options)
    assert "interrupted" in {history.stop_reason for history in histories}


def make(config):
    return net(), {"optimizer": rn.Adam(config["rate"])}


SPACE = {"rate": rn.log_uniform(1e-3, 1e-1)}


def test_the_interrupt_of_search_has_its_result():
    calls = []

    def later(training):
        calls.append(training)
        if len(calls) == 60:
            press()

    options = {"n": 6, "epochs": 20, "halving": 1, "n_threads": 1}
    with pytest.raises(KeyboardInterrupt) as caught:
        rn.search(make, X, Y, SPACE, callbacks=[later], **options)
    found = caught.value.result
    assert isinstance(found, rn.SearchResult)
    assert found.interrupted
    assert len(found.rows) == 2
    calls.clear()
    with pytest.raises(KeyboardInterrupt) as caught:
        found.refit(X, Y, callbacks=[press_in(4)])
    model, history = caught.value.result
    assert isinstance(model, rn.Model)
    assert len(history) == 5


def test_the_interrupt_of_find_learning_rate_has_the_rates_so_far(monkeypatch):
    import cregnet

    train, calls = cregnet.network_train, []

    def pressing(*args):
        calls.append(args)
        if len(calls) == 60:
            press()
        return train(*args)

    monkeypatch.setattr("cregnet.network_train", pressing)
    with pytest.raises(KeyboardInterrupt) as caught:
        rn.find_learning_rate(net(), X, Y)
    assert len(caught.value.result.rates) == len(caught.value.result.costs) == 29
    calls.clear()
    assert len(rn.find_learning_rate(net(), X, Y, on_interrupt="return").rates) == 29
    calls[:] = [None] * 59  # before anything
    assert len(rn.find_learning_rate(net(), X, Y, on_interrupt="return").rates) == 0


@pytest.mark.parametrize(
    ("function", "call"),
    [
        (reg_utils, lambda: reg_utils.model(X.T, Y.reshape(1, -1), num_iterations=10**9, print_cost=False)),
        (opt_utils, lambda: opt_utils.model(X.T, Y.reshape(1, -1), [2, 5, 2, 1], "adam", num_epochs=10**9)),
        (
            opt_utils_v1a,
            lambda: opt_utils_v1a.model(X.T, Y.reshape(1, -1), [2, 5, 2, 1], "adam", num_epochs=10**9),
        ),
        (dnn_utils, lambda: dnn_utils.L_layer_model(X.T, Y, [2, 5, 1], num_iterations=10**9)),
    ],
    ids=["reg_utils", "opt_utils", "opt_utils_v1a", "dnn_utils"],
)
def test_the_interrupt_of_a_course_model_has_its_parameters(ctrl_c_after, function, call, monkeypatch):
    monkeypatch.setattr("regnet.course._mini_batches.epoch_rates", lambda a, n, *decay: np.full(10**6, a))
    ctrl_c_after(0.3)
    with pytest.raises(KeyboardInterrupt) as caught:
        call()
    parameters = caught.value.result
    assert {"W1", "b1"} <= set(parameters)
    assert all(np.isfinite(a).all() for a in parameters.values())


def test_the_costs_that_were_wanted_are_in_the_result(monkeypatch):
    calls = []

    def pressing(A, Y):
        calls.append(A)
        if len(calls) == 4:
            press()
        return 0.5

    monkeypatch.setattr(dnn_utils, "compute_cost", pressing)
    with pytest.raises(KeyboardInterrupt) as caught:
        dnn_utils.L_layer_model(X.T, Y, [2, 5, 1], num_iterations=10**9, return_costs=True)
    parameters, costs = caught.value.result
    assert set(parameters) == {"W1", "b1", "W2", "b2"}
    assert costs == [0.5] * 3


@pytest.mark.parametrize(
    "call",
    [
        lambda **options: rn.train(net(), X, Y, **options),
        lambda **options: rn.fit_many([net()], X, Y, **options),
        lambda **options: rn.search(make, X, Y, SPACE, **options),
        lambda **options: rn.find_learning_rate(net(), X, Y, **options),
    ],
    ids=["train", "fit_many", "search", "find_learning_rate"],
)
def test_the_choice_is_checked(call):
    with pytest.raises(ValueError, match=r"^on_interrupt is 'ignore', wanted one of 'raise', 'return'$"):
        call(on_interrupt="ignore")


def test_the_choice_is_that_of_the_whole_call():
    message = "options[0] has 'on_interrupt', which cannot be set for a single model"
    with pytest.raises(TypeError, match=re.escape(message)):
        rn.fit_many([net()], X, Y, options=[{"on_interrupt": "return"}])
    with pytest.raises(TypeError, match="the option 'on_interrupt', which belongs to the search"):
        rn.search(lambda config: (net(), {"on_interrupt": "return"}), X, Y, SPACE, n=2, rounds=1)


# ------------------------------------------------------------------------------ other handlers


class Unhappy(Exception):
    """What a handler of the user's own raises."""


@pytest.fixture
def own_handler():
    """A handler that raises something else; it must still be there afterwards."""

    def handler(number, frame):
        raise Unhappy

    signal.signal(signal.SIGINT, handler)
    yield
    assert signal.getsignal(signal.SIGINT) is handler
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pressed_until(ended):
    """Ctrl-C every 0.3 seconds: an exception that is raised within a destructor is lost, as Python has it."""

    def again():
        while not ended.wait(0.3):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=again, daemon=True).start()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("n_threads", [1, 3])
def test_a_handler_of_the_user_s_is_not_replaced(own_handler, n_threads):
    models = [net() for _ in range(4)]
    for call in (
        lambda: rn.train(models[0], X, Y, epochs=10**7),
        lambda: rn.fit_many(models, X, Y, epochs=10**7, n_threads=n_threads),
        lambda: rn.search(make, X, Y, SPACE, n=4, epochs=10**7, n_threads=n_threads),
    ):
        ended = threading.Event()
        pressed_until(ended)
        with pytest.raises(Unhappy):
            call()
        ended.set()
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("regnet")]
    assert all(np.isfinite(model.parameters).all() for model in models)


def test_sigint_that_is_ignored_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        history = rn.train(net(), X, Y, epochs=3, callbacks=[press])
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    assert history.stop_reason == "epochs"


def test_in_another_thread_nothing_is_replaced():
    seen = []

    def look(training):
        seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=lambda: rn.train(net(), X, Y, epochs=1, callbacks=[look]))
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
