"""Progress of a training: a bar that is redrawn in a terminal or notebook, plain lines in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, TextIO

__all__ = ["Progress"]

REDRAW, LOG = 0.2, 10.0  # seconds between two lines


def redraws(stream: TextIO) -> bool:
    """Whether a carriage return moves to the start of the line, as it does not in a file or pipe."""
    # a notebook's stream is not a terminal, but redraws
    return stream.isatty() or type(stream).__module__.startswith("ipykernel.")


class Progress:
    """Epochs done, the cost and the time, shown on standard error while a training runs.

    A terminal or notebook shows one line that is redrawn, by tqdm if it is installed. Otherwise a line
    is written every ten seconds and at the end.

    Examples
    --------
    >>> with Progress(total=10, enabled=False) as bar:
    ...     bar.advance(10, cost=0.5)
    """

    def __init__(self, total: int, enabled: bool, label: str = "training", unit: str = "epoch") -> None:
        self.total, self.label, self.unit = total, label, unit
        self.enabled = enabled and sys.stderr is not None  # stderr is None if it was closed
        self.done, self.started, self.line = 0, time.perf_counter(), ""
        self.bar: Any = None
        self.redraws = self.enabled and redraws(sys.stderr)
        self.due = self.started + (0 if self.redraws else LOG)
        if self.redraws:
            try:
                from tqdm import tqdm
            except ImportError:
                return
            self.bar = tqdm(total=total, desc=label, unit=unit, file=sys.stderr, dynamic_ncols=True)

    def advance(self, n: int, **values: float) -> None:
        """Count n more epochs; show `values` behind the bar."""
        self.done += n
        if self.bar is not None:
            self.bar.set_postfix({name: f"{value:.4g}" for name, value in values.items()}, refresh=False)
            self.bar.update(n)
        elif self.enabled:
            now = time.perf_counter()
            shown = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
            seconds = now - self.started
            self.line = f"{self.label}: {self.unit} {self.done}/{self.total}, {shown}, {seconds:.1f} s"
            if now >= self.due:
                self.write()
                self.due = now + (REDRAW if self.redraws else LOG)

    def write(self) -> None:
        """Write the line, unless it has been written."""
        if self.line:
            text, end = (f"\r{self.line:<78}", "") if self.redraws else (self.line, "\n")
            print(text, end=end, file=sys.stderr, flush=True)
        self.line = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()
        elif self.done and self.enabled:
            self.write()
            if self.redraws:
                print(file=sys.stderr)
