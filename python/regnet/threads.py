"""How many threads a computation may use."""

from __future__ import annotations

import os
import sys

from .checks import integer

__all__ = ["resolve_threads"]


def usable_cores() -> int:
    """Cores that this process may run on; a container or `taskset` may allow fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def resolve_threads(n_threads: int | None) -> int:
    """Threads to use: a number, or None for the usable cores and no more than others may have.

    joblib and other process pools set OMP_NUM_THREADS in their workers, so that the workers together
    do not use more cores than there are; ``threadpool_limits`` of threadpoolctl does it for a block.

    >>> resolve_threads(3)
    3
    """
    if n_threads is not None:
        return integer("n_threads", n_threads, least=1)
    limit = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    found = [usable_cores(), *threadpool_limits()]
    return min([*found, int(limit)] if limit.isdigit() and int(limit) > 0 else found)


def threadpool_limits() -> list[int]:
    """What the BLAS and OpenMP libraries of the process may use, where somebody has loaded threadpoolctl."""
    threadpoolctl = sys.modules.get("threadpoolctl")
    if threadpoolctl is None:
        return []
    return [int(pool["num_threads"]) for pool in threadpoolctl.threadpool_info()]
