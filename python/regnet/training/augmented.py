"""Training on rows that are prepared ahead of time: transformed images, or some rows of a mapped file.

A. The order of an epoch is cut into pieces of whole batches. While the core trains on one piece, a
   thread prepares the next one. There is one call into the core per piece, with the rows in order.
B. A piece of small batches has at least two of them. The core then handles them as small batches, as
   it does without augmentation: the first batch of a piece is never treated as a full batch, and a
   smaller last batch never determines the size of the buffers.
C. A transformation that changes nothing therefore gives the same bits as a training without one. The
   cost of an epoch is the sum over its pieces; its last digit may be rounded differently.
D. The thread is one of the `n_threads` of the training: with one thread more than cores, the core's
   threads would wait for each other in every step. With a single thread there is no helper.
E. The thread ends with the call that started it, however that call ends; it checks for this between
   blocks of images.
F. If a share of a mapped file is held out for validation, the rows of a piece are read from the file
   by their numbers: the core trains on all rows of an array, and a copy of the kept rows might not fit
   in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from threading import Event
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..augment.compose import BLOCK_PIXELS
from ..augment.resampling import blocks, keep_memory
from ..models.model import Model
from .engine import Backend, CoreCall, Engine, EpochRun, Examples
from .settings import StepSettings

__all__ = ["AugmentedEngine", "ahead"]

Array = NDArray[Any]
Task = TypeVar("Task")
Result = TypeVar("Result")

PIECE_BYTES = 1 << 21  # of rows prepared together: a few batches of small images
POLL_SECONDS = 0.1  # longest delay of Ctrl-C on systems where it cannot interrupt a wait


@dataclass(frozen=True)
class Piece:
    """Some batches of an epoch: its number within the call, the batches and their rows."""

    epoch: int
    first: int
    last: int
    rows: Array


class AugmentedEngine(Engine):
    """An engine whose examples are rows of a larger array or transformed by ``examples.augment``."""

    def __init__(
        self,
        model: Model,
        examples: Examples,
        settings: StepSettings,
        batch_size: int,
        n_epochs: int,
        backend: Backend,
        n_threads: int,
        *rest: Any,
    ) -> None:
        n_core = max(1, n_threads - 1)  # the helper is one of the threads
        super().__init__(model, examples, settings, batch_size, n_epochs, backend, n_core, *rest)
        self.has_helper = n_threads > 1

    def train_epochs(self, core: CoreCall, run: EpochRun) -> None:
        """Train piece by piece; a piece that is not completed is the last."""
        n, means = self.examples.n, []
        prefetch = ahead if self.has_helper else one_by_one
        keep_memory()
        with closing(prefetch(self.prepare, self.pieces(len(run.rates)), lambda: core.stopped)) as prepared:
            for piece, examples in prepared:
                run.mid_epoch = True
                mean = self.train_piece(core, piece, examples, run.rates)
                if mean is None:
                    return
                means.append((mean, len(piece.rows)))
                if piece.last == self.n_batches:
                    cost = sum(m * size for m, size in means) / n if len(means) > 1 else mean
                    run.costs[piece.epoch] = core.best_cost[1] = cost
                    run.n_completed += 1
                    run.mid_epoch = False
                    means.clear()

    def train_piece(
        self, core: CoreCall, piece: Piece, examples: Examples, rates: NDArray[np.float64]
    ) -> float | None:
        """The mean cost of a piece's batches, None if it was not completed.

        Only the first piece of an epoch may keep the best weights.
        """
        starts_epoch = piece.first == 0
        # the second entry of best_cost is the mean of a whole epoch, not of this piece: it is not copied back
        best_cost, mean = core.best_cost.copy(), np.full(1, np.nan)
        n_completed = replace(
            core, best=core.best if starts_epoch else core.best[:0], best_cost=best_cost
        ).train(
            examples,
            np.empty((1, 0), np.int64),
            rates[piece.epoch : piece.epoch + 1, piece.first : piece.last],
            (self.epoch + piece.epoch) * self.n_batches + piece.first,
            mean,
        )
        if starts_epoch:
            core.best_cost[0] = best_cost[0]
        return float(mean[0]) if n_completed else None

    def pieces(self, n_epochs: int) -> Iterator[Piece]:
        """Cut the batches of the next epochs into pieces of about the same size, in their order."""
        n, row_bytes = self.examples.n, self.examples.X[0].nbytes
        least = max(2, PIECE_BYTES // (self.core.batch_size * row_bytes))
        n_pieces = max(1, self.n_batches // least)
        edges = [k * self.n_batches // n_pieces for k in range(n_pieces + 1)]
        for epoch, order in enumerate(self.orders(n_epochs)):
            rows = order if order.size else np.arange(n)
            for first, last in zip(edges[:-1], edges[1:], strict=True):
                end = n if last == self.n_batches else last * self.core.batch_size
                yield Piece(epoch, first, last, rows[first * self.core.batch_size : end])

    def prepare(self, piece: Piece, stop: Event) -> tuple[Piece, Examples]:
        """Make the examples of a piece."""
        examples, augment = self.examples, self.examples.augment
        X = np.empty((len(piece.rows), examples.X.shape[1]), examples.X.dtype)
        for block in blocks(len(X), X.shape[1], BLOCK_PIXELS):
            if stop.is_set():
                break
            numbers = piece.rows[block]
            rows = examples.X[numbers if examples.rows is None else examples.rows[numbers]]
            if augment is not None:
                with self.section.user_code():  # without effect in the helper's thread
                    rows = augment.transform(rows, numbers, self.model.seed, self.epoch + piece.epoch)
            X[block] = rows
        weight = examples.weight[piece.rows] if examples.weight.size else examples.weight
        targets = examples.targets.take(piece.rows)
        return piece, replace(examples, X=X, targets=targets, weight=weight, rows=None)


Make = Callable[[Task, Event], Result]


def never() -> bool:
    """False: without a condition to stop."""
    return False


def one_by_one(
    make: Make[Task, Result], tasks: Iterable[Task], stopped: Callable[[], bool] = never
) -> Generator[Result, None, None]:
    """Yield ``make(task, stop)`` for each task, computed on demand."""
    not_set = Event()
    return (make(task, not_set) for task in tasks)


def ahead(
    make: Make[Task, Result], tasks: Iterable[Task], stopped: Callable[[], bool] = never
) -> Generator[Result, None, None]:
    """Yield ``make(task, stop)`` for each task, in order, while a thread computes the next one.

    An error in `make` is raised here. The generator ends early if `stopped` returns True while it waits.
    `stop` is set when the generator is closed; closing waits for the thread to end. If the system cannot
    start a thread, everything is computed in the calling thread.
    """
    stop, waiting, tasks = Event(), None, iter(tasks)
    with ThreadPoolExecutor(1, thread_name_prefix="regnet-augment") as pool:
        try:
            for task in tasks:
                try:
                    following = pool.submit(make, task, stop)
                except RuntimeError:  # a limit on processes
                    if waiting is not None:
                        raise
                    yield from one_by_one(make, chain([task], tasks))
                    return
                if waiting is not None:
                    if not is_done(waiting, stopped):
                        return
                    yield waiting.result()
                waiting = following
            if waiting is not None and is_done(waiting, stopped):
                yield waiting.result()
        finally:
            stop.set()


def is_done(future: Future[Any], stopped: Callable[[], bool]) -> bool:
    """Wait for a result, polling for Ctrl-C; False if `stopped` returned True first."""
    while not future.done():
        if stopped():
            return False
        wait([future], timeout=POLL_SECONDS)
    return True
