"""How many threads a computation may use.

``n_threads=None`` is resolved at every call, and a call may take a few microseconds, so only cheap sources
are read each time: the affinity, the environment, and threadpoolctl's controllers of known libraries. Its
search for libraries is slow (2 to 6 ms if scikit-learn, torch or JAX are imported). The search is repeated
if modules have been imported since, because imports load libraries, and every few seconds for libraries
loaded in other ways (ctypes, a BLAS that loads its threads at first use). There is no lock that a forked
child could inherit: two threads that find the list out of date both search, and either result is valid.
"""

from __future__ import annotations

import os
import re
import sys
from time import monotonic
from typing import Any

from .checks import integer

__all__ = ["MOST_THREADS", "resolve_threads"]

MOST_THREADS = (1 << 31) - 1  # a C int; the core uses no more than it can keep busy


def usable_cores() -> int:
    """Cores that this process may use; a container or `taskset` may allow fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def resolve_threads(n_threads: int | None) -> int:
    """Threads to use: the given number; for None the usable cores, limited as other libraries are.

    joblib and other process pools set OMP_NUM_THREADS in their workers, so that the workers together
    do not use more cores than there are; ``threadpool_limits`` of threadpoolctl does it for a block.

    >>> resolve_threads(3)
    3
    """
    if n_threads is not None:
        return integer("n_threads", n_threads, least=1)
    return min([usable_cores(), *environment_limit(), *threadpool_limits()])


# One number, or the first of a list, one for each level of nested regions. OpenMP ignores anything else.
OMP_NUM_THREADS = re.compile(r"\s*\+?([0-9]{1,9})\s*(,|$)")


def environment_limit() -> list[int]:
    """The limit set by OMP_NUM_THREADS, as a list of one number or none."""
    found = OMP_NUM_THREADS.match(os.environ.get("OMP_NUM_THREADS", ""))
    return [int(found[1])] if found and int(found[1]) > 0 else []


SEARCH_AGAIN = 5.0  # seconds
NEVER = float("-inf")
# number of modules imported when the last search began, its time, and the controllers found
known: tuple[int, float, list[Any]] = (0, NEVER, [])


def threadpool_limits() -> list[int]:
    """Current limits of the process's BLAS and OpenMP libraries, if threadpoolctl 3 is imported."""
    counts = [library.num_threads for library in library_controllers()]
    return [int(count) for count in counts if count]  # None if a library does not know


def library_controllers() -> list[Any]:
    """Threadpoolctl's controllers of the loaded libraries."""
    global known
    search = getattr(sys.modules.get("threadpoolctl"), "ThreadpoolController", None)
    if search is None:  # not imported, or being imported: no limit can have been set
        return []
    n_modules, now = len(sys.modules), monotonic()
    if known[0] != n_modules or now - known[1] > SEARCH_AGAIN:
        known = n_modules, now, search().lib_controllers
    return known[2]
