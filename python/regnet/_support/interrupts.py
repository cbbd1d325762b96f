"""Ctrl-C: the one place that deals with SIGINT.

A. While a `Section` lasts Ctrl-C is only noted, and the work looks for the note where it can stop: the
   core every 0.05 s, loops in Python between their steps. So KeyboardInterrupt never comes out between
   two statements that belong together, and a burst of signals is one note.
B. User code in a section (callbacks, schedules, transformations) may take any time. It runs within
   `section.open()`, where Ctrl-C raises KeyboardInterrupt at once; but once only, so that a second
   signal does not end what cleans up after the first.
C. At the end of the section KeyboardInterrupt is raised, with the result of the work as its attribute
   `result`, unless the caller asked for that result.
D. Sections nest. One that user code enters (a callback that trains another net) answers Ctrl-C for
   itself. One that is entered by the work of another section passes it on.
E. Only Python's own handler is replaced, and only in the main thread, which alone runs handlers. In
   other threads, and where SIGINT is ignored or has a handler of the user's, a section does nothing.
F. The handler takes no lock, for the code that it interrupts may hold it: threading.Event.set does.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

__all__ = ["IMPATIENT", "ON_INTERRUPT", "Flag", "Section"]

ON_INTERRUPT = ("raise", "return")
AT_ONCE = -math.inf
IMPATIENT = 1.0  # seconds after the first Ctrl-C; a burst from the keyboard is shorter


class Flag(threading.Event):
    """An event without a lock, set when one of `others` is, too. Nobody can wait for it."""

    def __init__(self, *others: Section | threading.Event) -> None:
        super().__init__()
        self.on, self.others = False, others

    def is_set(self) -> bool:
        """Whether it was set."""
        return self.on or any(other.is_set() for other in self.others)

    def set(self) -> None:
        """Set it."""
        self.on = True


class Handler:
    """What SIGINT calls while sections last: the innermost one hears of it."""

    def __init__(self, section: Section) -> None:
        self.section: Section | None = section

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.section is None:  # somebody has kept it and put it back
            signal.default_int_handler(number, frame)
        else:
            self.section.hear()


class Section:
    """A part of the program in which Ctrl-C is noted.

    Parameters
    ----------
    on_interrupt : {"raise", "return"}
        Whether its end raises KeyboardInterrupt when the work has been stopped by `take`.

    Attributes
    ----------
    result : object
        What the KeyboardInterrupt brings along.

    Examples
    --------
    >>> with Section("return") as section:
    ...     for step in range(10):
    ...         if step == 3:
    ...             section.set()  # as Ctrl-C does
    ...         if section.take():
    ...             break
    >>> step
    3
    """

    def __init__(self, on_interrupt: str = "raise") -> None:
        self.raises = on_interrupt == "raise"
        self.result: Any = None
        self.on = self.taken = False
        self.patience: float | None = None  # seconds after the first Ctrl-C; None: it is only noted
        self.first = math.inf  # time of the first Ctrl-C
        self.handler: Handler | None = None
        self.thread = -1  # the main one, once there is a handler
        self.outer: Section | None = None

    def hear(self) -> None:
        """Note Ctrl-C, here and in the sections whose work this is; or raise it in user code."""
        now = time.monotonic()
        if self.patience is not None and now - self.first >= self.patience:
            self.first, self.patience = min(self.first, now), None
            raise KeyboardInterrupt
        self.first, self.on = min(self.first, now), True
        if self.outer is not None and self.outer.patience is None:
            self.outer.hear()

    def is_set(self) -> bool:
        """Whether Ctrl-C was noted."""
        return self.on

    def set(self) -> None:
        """Note it, as a signal does."""
        self.on = True

    def take(self) -> bool:
        """Whether Ctrl-C was noted; it counts as answered then, and another one as new."""
        if not self.on:
            return False
        self.on, self.taken = False, True
        return True

    def open(self, patience: float = AT_ONCE) -> Open:
        """A block of user code, in which Ctrl-C raises KeyboardInterrupt.

        With ``patience=IMPATIENT`` only one does that comes a second after the first: for what should
        not be left undone, but might hang.
        """
        return Open(self, patience)

    def with_event(self, event: threading.Event | None) -> threading.Event | None:
        """An event for the core to look at: this section and another event."""
        if self.handler is None:  # nothing is noted here; fewer calls of Python from the core
            return event
        return Flag(self) if event is None else Flag(self, event)

    def __enter__(self) -> Section:
        thread = threading.get_ident()
        if thread != threading.main_thread().ident:
            return self
        found = signal.getsignal(signal.SIGINT)
        if isinstance(found, Handler) and found.section is not None:
            self.handler, self.outer = found, found.section
            found.section = self
        elif found is signal.default_int_handler or isinstance(found, Handler):
            self.handler = Handler(self)
            try:
                signal.signal(signal.SIGINT, self.handler)
            except ValueError:  # a subinterpreter
                self.handler = None
        if self.handler is not None:
            self.thread = thread
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.handler is not None and self.outer is not None:
            self.handler.section = self.outer
        elif self.handler is not None:
            found = signal.signal(signal.SIGINT, signal.default_int_handler)
            if found is not self.handler:  # user code has put another one in its place
                signal.signal(signal.SIGINT, found)
            self.handler.section = None
        if isinstance(error, KeyboardInterrupt):
            error.result = self.result  # type: ignore[attr-defined]
            return
        passed_on = self.outer is not None and self.outer.patience is None
        if (self.taken and self.raises) or (self.on and not passed_on):
            interrupt = KeyboardInterrupt()
            interrupt.result = self.result  # type: ignore[attr-defined]
            raise interrupt


class Open:
    """A block within a section; see `Section.open`."""

    __slots__ = ("patience", "section")

    def __init__(self, section: Section, patience: float) -> None:
        self.section, self.patience = section, patience

    def __enter__(self) -> None:
        section = self.section
        if section.thread != threading.get_ident():
            return
        section.patience = self.patience
        if section.on and self.patience == AT_ONCE:
            section.patience = None
            raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.section.thread == threading.get_ident():
            self.section.patience = None
