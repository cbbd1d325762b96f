"""How many threads a computation may use.

``n_threads=None`` is resolved at each call, and calls may take microseconds, so each one only asks what is
cheap: the affinity, the environment, and threadpoolctl's controllers of the libraries it has found. Its
search for libraries is slow (2 to 6 ms once scikit-learn, torch or JAX are imported). It is repeated when a
module was imported since, because imports load libraries, and every few seconds for libraries that are
loaded otherwise (ctypes, a BLAS that loads its threads at first use). There is no lock, which a forked child
could inherit locked: two threads that find the list out of date both search, and either result is valid.
"""

from __future__ import annotations

import os
import re
import sys
from time import monotonic
from typing import Any

from .checks import integer

__all__ = ["resolve_threads"]


def usable_cores() -> int:
    """Cores that this process may run on; a container or `taskset` may allow fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def resolve_threads(n_threads: int | None) -> int:
    """Threads to use: a number, or None for the usable cores within the limits of the environment.

    joblib and other process pools set OMP_NUM_THREADS in their workers, so that the workers together
    do not use more cores than there are; ``threadpool_limits`` of threadpoolctl does it for a block.

    >>> resolve_threads(3)
    3
    """
    if n_threads is not None:
        return integer("n_threads", n_threads, least=1)
    return min([usable_cores(), *environment_limit(), *threadpool_limits()])


# One number, or a list with one for each level of nested regions. OpenMP ignores anything else.
OMP_NUM_THREADS = re.compile(r"\s*\+?([0-9]{1,9})\s*(,|$)")


def environment_limit() -> list[int]:
    """The limit by OMP_NUM_THREADS, if it is set."""
    found = OMP_NUM_THREADS.match(os.environ.get("OMP_NUM_THREADS", ""))
    return [int(found[1])] if found and int(found[1]) > 0 else []


SEARCH_AGAIN = 5.0  # seconds
NEVER = float("-inf")
# the modules imported when the last search began, its time, and the controllers that it found
known: tuple[int, float, list[Any]] = (0, NEVER, [])


def threadpool_limits() -> list[int]:
    """The present limits of BLAS and OpenMP libraries, if threadpoolctl 3 is imported."""
    counts = [library.num_threads for library in library_controllers()]
    return [int(count) for count in counts if count]  # None if a library cannot tell


def library_controllers() -> list[Any]:
    """The controllers of threadpoolctl for the libraries that are loaded."""
    global known
    search = getattr(sys.modules.get("threadpoolctl"), "ThreadpoolController", None)
    if search is None:  # not imported yet: nothing can have set a limit
        return []
    n_modules, now = len(sys.modules), monotonic()
    if known[0] != n_modules or now - known[1] > SEARCH_AGAIN:
        known = n_modules, now, search().lib_controllers
    return known[2]
