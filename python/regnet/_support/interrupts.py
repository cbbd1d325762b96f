"""Ctrl-C: the only module that handles SIGINT.

A. Within a `Section` Ctrl-C is only noted, and the work checks for it where it can stop: the core every
   0.05 s, loops in Python between their steps. So KeyboardInterrupt is never raised between two
   statements that belong together, and a burst of signals is noted once.
B. User code in a section (callbacks, schedules, transformations) may take any time. It runs within
   `section.user_code()`, where Ctrl-C raises KeyboardInterrupt at once, but only once: a second signal
   does not interrupt the clean-up after the first.
C. At the end of the section KeyboardInterrupt is raised, with the result of the work as its attribute
   `result`, unless the caller asked to have the result returned.
D. Sections nest. A section that user code enters (a callback that trains another net) handles Ctrl-C
   itself. A section that is entered by the work of another section passes it on.
E. Only Python's own handler is replaced, and only in the main thread, which alone runs handlers. In
   other threads, and if SIGINT is ignored or the user has installed a handler, a section does nothing.
F. The handler must not take a lock that the interrupted code may hold, as threading.Event.set does.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

__all__ = ["GRACE_SECONDS", "ON_INTERRUPT", "Flag", "Section"]

ON_INTERRUPT = ("raise", "return")
AT_ONCE = -math.inf
GRACE_SECONDS = 1.0  # after the first Ctrl-C; a burst from the keyboard is shorter


class Flag(threading.Event):
    """An event without a lock, which is also set if one of `others` is. It cannot be waited for."""

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
        if self.section is None:  # other code has kept the handler and installed it again
            signal.default_int_handler(number, frame)
        else:
            self.section.notify()


class Section:
    """A part of the program in which Ctrl-C is noted.

    Parameters
    ----------
    on_interrupt : {"raise", "return"}
        Whether its end raises KeyboardInterrupt if the work has been stopped.

    Attributes
    ----------
    result : object
        Attribute of the KeyboardInterrupt.

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
        self.grace: float | None = None  # seconds after the first Ctrl-C; None: it is only noted
        self.first = math.inf  # time of the first Ctrl-C
        self.handler: Handler | None = None
        self.thread = -1  # the main thread, if a handler is installed
        self.outer: Section | None = None

    def notify(self) -> None:
        """Note Ctrl-C, here and in the sections whose work this is; in user code raise KeyboardInterrupt."""
        now = time.monotonic()
        if self.grace is not None and now - self.first >= self.grace:
            self.first, self.grace = min(self.first, now), None
            raise KeyboardInterrupt
        self.first, self.on = min(self.first, now), True
        if self.outer is not None and self.outer.grace is None:
            self.outer.notify()

    def is_set(self) -> bool:
        """Whether Ctrl-C was noted."""
        return self.on

    def set(self) -> None:
        """Note it, as a signal does."""
        self.on = True

    def acknowledge(self) -> bool:
        """Whether Ctrl-C was noted; resets the note, so that another Ctrl-C is a new one."""
        if not self.on:
            return False
        self.on, self.acknowledged = False, True
        return True

    def user_code(self, grace: float = AT_ONCE) -> UserCode:
        """A block of user code, in which Ctrl-C raises KeyboardInterrupt.

        With ``grace=GRACE_SECONDS`` only a Ctrl-C that is pressed a second after the first one does:
        for clean-up, which should be completed but might hang.
        """
        return UserCode(self, grace)

    def with_event(self, event: threading.Event | None) -> threading.Event | None:
        """An event that the core checks: it is set by this section and by another event."""
        if self.handler is None:  # this section notes nothing; the core then calls Python less often
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
            if found is not self.handler:  # user code has installed another handler
                signal.signal(signal.SIGINT, found)
            self.handler.section = None
        if isinstance(error, KeyboardInterrupt):
            error.result = self.result  # type: ignore[attr-defined]
            return
        passed_on = self.outer is not None and self.outer.grace is None
        if (self.acknowledged and self.raises) or (self.on and not passed_on):
            interrupt = KeyboardInterrupt()
            interrupt.result = self.result  # type: ignore[attr-defined]
            raise interrupt


class UserCode:
    """A block within a section; see `Section.user_code`."""

    __slots__ = ("grace", "section")

    def __init__(self, section: Section, grace: float) -> None:
        self.section, self.grace = section, grace

    def __enter__(self) -> None:
        section = self.section
        if section.thread != threading.get_ident():
            return
        section.grace = self.grace
        if section.on and self.grace == AT_ONCE:
            section.grace = None
            raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.section.thread == threading.get_ident():
            self.section.grace = None
