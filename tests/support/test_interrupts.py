"""Sections of code that Ctrl-C does not interrupt, and the flag that it sets."""

import os
import signal
import sys
import threading

import pytest

from ctrl_c import press, run
from regnet._support.interrupts import Flag, Section

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's"),
    pytest.mark.usefixtures("sigint"),
]


def test_a_burst_in_a_section_is_one_interrupt_at_its_end():
    steps = []

    def work():
        with Section() as section:
            section.result = "so far"
            for _ in range(5):
                press()
            steps.append("end")

    with pytest.raises(KeyboardInterrupt) as caught:
        work()
    assert steps == ["end"]
    assert caught.value.result == "so far"


def test_a_section_of_the_work_passes_ctrl_c_on():
    with Section("return") as outer:
        with Section() as inner:
            press()
            assert inner.is_set()
            assert outer.is_set()
        assert outer.acknowledge()
        assert not outer.acknowledge()


def test_an_interrupt_that_nobody_took_is_raised_although_the_result_is_wanted():
    with pytest.raises(KeyboardInterrupt), Section("return"):
        press()


def test_an_interrupt_is_not_lost_to_another_error():
    def work():
        with Section():
            press()
            raise ValueError("of the work")

    with pytest.raises(KeyboardInterrupt) as caught:
        work()
    assert str(caught.value.__context__) == "of the work"


def test_a_handler_that_was_kept_is_python_s_again():
    with Section():
        kept = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, kept)
    with pytest.raises(KeyboardInterrupt):
        press()
    with pytest.raises(KeyboardInterrupt), Section():
        press()


def test_only_the_thread_of_the_section_opens_it():
    with Section("return") as section:
        thread = threading.Thread(target=lambda: section.user_code().__enter__())
        thread.start()
        thread.join()
        press()
        assert section.acknowledge()


def test_a_flag_is_set_with_others():
    first = threading.Event()
    flag = Flag(first)
    assert not flag.is_set()
    first.set()
    assert flag.is_set()
    assert Flag(flag).is_set()


def test_a_forked_child_has_its_sections():
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    script = """
import os, signal, regnet as rn
signal.signal(signal.SIGINT, signal.default_int_handler)
X, y, *_ = rn.datasets.make_football(60, 20)
child = os.fork()
if child == 0:
    try:
        press = lambda training: signal.raise_signal(signal.SIGINT)
        rn.train(rn.Model.mlp([2, 4, 1]), X, y, epochs=5, callbacks=[press])
    except KeyboardInterrupt as interrupt:
        os._exit(len(interrupt.result))
    os._exit(9)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(script).stdout == "1\n"
