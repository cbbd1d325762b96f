"""How many threads a computation may use."""

from __future__ import annotations

import os

from .checks import integer

__all__ = ["resolve_threads"]


def usable_cores() -> int:
    """Cores that this process may run on; a container or `taskset` may allow fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def resolve_threads(n_threads: int | None) -> int:
    """Threads to use: a number, or None for the usable cores and no more than OMP_NUM_THREADS.

    joblib and other process pools set that variable in their workers, so that the workers together
    do not use more cores than there are.

    >>> resolve_threads(3)
    3
    """
    if n_threads is not None:
        return integer("n_threads", n_threads, least=1)
    limit = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    cores = usable_cores()
    return min(cores, int(limit)) if limit.isdigit() and int(limit) > 0 else cores
