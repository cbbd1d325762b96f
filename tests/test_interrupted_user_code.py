"""Ctrl-C while user code runs within a training."""

import contextlib
import signal
import sys
import threading
import time

import numpy as np
import pytest

import regnet as rn
from ctrl_c import net, press, press_in
from regnet._support.interrupts import GRACE_SECONDS

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's"),
    pytest.mark.usefixtures("sigint"),
]
X, Y, X_VAL, Y_VAL = rn.datasets.make_football(60, 20)


def pressed_after(seconds):
    """Ctrl-C for the main thread; returns when it was."""
    at = []

    def later():
        time.sleep(seconds)
        at.append(time.perf_counter())
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=later, daemon=True).start()
    return at


def sleep(*arguments):
    time.sleep(20)


@pytest.mark.parametrize(
    "options",
    [
        {"callbacks": [sleep]},
        {"optimizer": rn.GradientDescent(0.1, schedule=sleep)},
    ],
    ids=["callback", "schedule"],
)
@pytest.mark.parametrize("call", [rn.train, rn.fit_many])
def test_user_code_is_interrupted_at_once(options, call):
    at = pressed_after(0.2)
    with pytest.raises(KeyboardInterrupt):
        call(net() if call is rn.train else [net(), net()], X, Y, n_threads=1, **options)
    assert time.perf_counter() - at[0] < 10  # not after all those seconds


def test_what_must_not_be_left_undone_waits_but_not_for_ever():
    ended = []

    class Slow(rn.Callback):
        def after_training(self, training):
            try:
                time.sleep(20)
            finally:
                ended.append("slow")

    class Last(rn.Callback):
        def after_training(self, training):
            ended.append("last")

    def twice():
        for pause in (0.2, 0.05, GRACE_SECONDS + 0.2):  # the first two are a burst
            time.sleep(pause)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=twice, daemon=True).start()
    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        rn.train(net(), X, Y, epochs=2, callbacks=[Slow(), Last()])
    assert GRACE_SECONDS < time.perf_counter() - started < 10
    assert ended == ["slow", "last"]


def test_user_code_that_catches_the_interrupt_goes_on():
    def catching(training):
        with contextlib.suppress(KeyboardInterrupt):
            press()

    assert rn.train(net(), X, Y, epochs=3, callbacks=[catching]).stop_reason == "epochs"


def test_what_cleans_up_after_the_interrupt_is_not_interrupted():
    cleaned = []

    def cleaning(training):
        try:
            press()
        finally:
            press()
            cleaned.append(True)

    with pytest.raises(KeyboardInterrupt):
        rn.train(net(), X, Y, epochs=3, callbacks=[cleaning])
    assert cleaned == [True]


def test_a_training_within_a_callback_answers_for_itself():
    inner = []

    def train_another(training):
        options = {"callbacks": [press_in(1)], "on_interrupt": "return"}
        inner.append(rn.train(net(), X, Y, epochs=5, **options))

    history = rn.train(net(), X, Y, epochs=3, callbacks=[train_another])
    assert [len(h) for h in inner] == [2, 2, 2]
    assert history.stop_reason == "epochs"
    raising = lambda training: rn.train(net(), X, Y, epochs=5, callbacks=[press_in(1)])  # noqa: E731
    with pytest.raises(KeyboardInterrupt) as caught:
        rn.train(net(), X, Y, epochs=3, callbacks=[raising])
    assert len(caught.value.result) == 1  # the outer training's


@pytest.mark.parametrize("before_append", [False, True])
def test_an_interrupt_beside_the_history_leaves_equal_curves(monkeypatch, before_append):
    append = rn.History.append

    def pressing(self, **values):
        if before_append:
            press()
        append(self, **values)
        press()

    monkeypatch.setattr(rn.History, "append", pressing)
    with pytest.raises(KeyboardInterrupt) as caught:
        rn.train(net(), X, Y, epochs=3, validation=(X_VAL, Y_VAL))
    assert [len(caught.value.result.curve(name)) for name in rn.History.CURVES] == [1] * 5


def test_an_interrupted_validation_is_nan(monkeypatch):
    evaluate, calls = rn.Model.evaluate_checked, []

    def pressing(self, *arguments):
        calls.append(arguments)
        if len(calls) == 3:
            press()
        return evaluate(self, *arguments)

    monkeypatch.setattr(rn.Model, "evaluate_checked", pressing)
    model, callback = net(), rn.EarlyStopping(10)
    options = {"validation": (X_VAL, Y_VAL), "callbacks": [callback], "on_interrupt": "return"}
    history = rn.train(model, X, Y, epochs=9, **options)
    assert np.isnan(history.val_cost).tolist() == np.isnan(history.val_score).tolist() == [False, False, True]
    assert len(history) == len(history.seconds) == 3
    assert history.best_epoch in (0, 1)
    assert model.evaluate(X_VAL, Y_VAL).cost == history.val_cost[history.best_epoch]
