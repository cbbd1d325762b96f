"""Ctrl-C: the one place that handles SIGINT.

A. Within a `Section` Ctrl-C only sets a flag, which the work checks where it can stop: the core every
   0.05 s, loops in Python between their steps. So KeyboardInterrupt is never raised between two statements
   that belong together, and a burst of signals counts once.
B. User code in a section (callbacks, schedules, transformations) may take any time. It runs within
   `section.open()`, where Ctrl-C raises KeyboardInterrupt at once; but only once, so that a second
   signal does not interrupt the clean-up after the first.
C. At the end of the section KeyboardInterrupt is raised, with the result of the work as its attribute
   `result`, unless the caller asked for that result.
D. Sections nest. A section within user code (a callback that trains another net) handles Ctrl-C
   itself. A section within the work of another section passes it on.
E. Only Python's default handler is replaced, and only in the main thread, since handlers run there only.
   In other threads, and if SIGINT is ignored or has a handler of the user's, a section does nothing.
F. The handler takes no lock, since the code that it interrupts may hold it; threading.Event.set takes one.
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
    """An event without a lock, which is also set when one of `others` is; it has no `wait`."""

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
    """The handler of SIGINT within sections: it notifies the innermost one."""

    def __init__(self, section: Section) -> None:
        self.section: Section | None = section

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.section is None:  # other code kept this handler and installed it again
            signal.default_int_handler(number, frame)
        else:
            self.section.notify()


class Section:
    """A part of the program in which Ctrl-C sets a flag.

    Parameters
    ----------
    on_interrupt : {"raise", "return"}
        Whether its end raises KeyboardInterrupt if `acknowledge` has returned True.

    Attributes
    ----------
    result : object
        The attribute `result` of the KeyboardInterrupt.

    Examples
    --------
    >>> with Section("return") as section:
    ...     for step in range(10):
    ...         if step == 3:
    ...             section.set()  # as Ctrl-C does
    ...         if section.acknowledge():
    ...             break
    >>> step
    3
    """

    def __init__(self, on_interrupt: str = "raise") -> None:
        self.raises = on_interrupt == "raise"
        self.result: Any = None
        self.on = self.acknowledged = False
        self.patience: float | None = None  # seconds from the first Ctrl-C to the one that raises
        self.first = math.inf  # time of the first Ctrl-C
        self.handler: Handler | None = None
        self.thread = -1  # the main thread, if there is a handler
        self.outer: Section | None = None

    def notify(self) -> None:
        """Set the flag, also of the sections whose work this is; or raise KeyboardInterrupt in user code."""
        now = time.monotonic()
        if self.patience is not None and now - self.first >= self.patience:
            self.first, self.patience = min(self.first, now), None
            raise KeyboardInterrupt
        self.first, self.on = min(self.first, now), True
        if self.outer is not None and self.outer.patience is None:
            self.outer.notify()

    def is_set(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self.on

    def set(self) -> None:
        """Set the flag, as a signal does."""
        self.on = True

    def acknowledge(self) -> bool:
        """Whether Ctrl-C was pressed; the flag is cleared for the next one."""
        if not self.on:
            return False
        self.on, self.acknowledged = False, True
        return True

    def open(self, patience: float = AT_ONCE) -> Open:
        """A block of user code, in which Ctrl-C raises KeyboardInterrupt.

        With ``patience=IMPATIENT`` only one that comes a second after the first does: for code that should
        be completed, but might hang.
        """
        return Open(self, patience)

    def with_event(self, event: threading.Event | None) -> threading.Event | None:
        """An event for the core to check: set with this section or with another event."""
        if self.handler is None:  # the flag is never set; the core need not call Python
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
            if found is not self.handler:  # user code installed another one
                signal.signal(signal.SIGINT, found)
            self.handler.section = None
        if isinstance(error, KeyboardInterrupt):
            error.result = self.result  # type: ignore[attr-defined]
            return
        passed_on = self.outer is not None and self.outer.patience is None
        if (self.acknowledged and self.raises) or (self.on and not passed_on):
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
