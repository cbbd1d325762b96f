"""A progress bar: tqdm's when it is installed, one line on standard error when it is not."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

__all__ = ["Progress"]


class Progress:
    """Epochs done, the cost and the time, shown while a training runs.

    Examples
    --------
    >>> with Progress(total=10, enabled=False) as bar:
    ...     bar.advance(10, cost=0.5)
    """

    def __init__(self, total: int, enabled: bool, label: str = "training", unit: str = "epoch") -> None:
        self.total, self.enabled, self.label, self.unit = total, enabled, label, unit
        self.done, self.started, self.shown = 0, time.perf_counter(), 0.0
        self.bar: Any = None
        if enabled:
            try:
                from tqdm import tqdm
            except ImportError:
                return
            self.bar = tqdm(total=total, desc=label, unit=unit, file=sys.stderr, dynamic_ncols=True)

    def advance(self, n: int, **values: float) -> None:
        """n more epochs are done; `values` are shown behind the bar."""
        self.done += n
        if self.bar is not None:
            self.bar.set_postfix({name: f"{value:.4g}" for name, value in values.items()}, refresh=False)
            self.bar.update(n)
        elif self.enabled and (time.perf_counter() - self.shown > 0.2 or self.done == self.total):
            self.shown = time.perf_counter()
            shown = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
            seconds = self.shown - self.started
            text = f"{self.label}: {self.unit} {self.done}/{self.total}, {shown}, {seconds:.1f} s"
            print(f"\r{text:<78}", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()
        elif self.enabled and self.done:
            print(file=sys.stderr)
