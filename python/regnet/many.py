"""Many nets at once: one per thread, over the same data."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from . import data
from .callbacks import as_callbacks
from .history import History
from .model import Model
from .progress import Progress
from .threads import resolve_threads
from .training import train

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["fit_many"]


def fit_many(
    models: Sequence[Model],
    X: ArrayLike,
    y: ArrayLike,
    *,
    options: Sequence[Mapping[str, Any]] | None = None,
    n_threads: int | None = None,
    progress: bool = False,
    **shared: Any,
) -> list[History]:
    """Train many models in place on the same data, each on a thread of its own.

    Each model gets the bits that `train` would give it alone: nothing is shared but X and y. For
    small nets this uses the cores better than threads within a step.

    Parameters
    ----------
    models : sequence of Model
        All different objects, with the same number of inputs.
    X, y : array-like
        As for `train`.
    options : sequence of mappings, optional
        One for each model: keyword arguments of `train` for this model alone, before `shared`.
    n_threads : int, optional
        Models trained at the same time; None as in `train`.
    progress : bool
        Show how many models are done.
    **shared
        Keyword arguments of `train` for all models. Of callbacks each model gets a copy; functions
        are called from the threads.

    Returns
    -------
    list of History
        In the order of the models. Ctrl-C stops all of them after the call into the core that they
        are in; histories then have the `stop_reason` "interrupted".

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong. What `train` finds wrong for one model is raised after the others
        have stopped.

    Examples
    --------
    >>> import regnet as rn
    >>> X, y, _, _ = rn.datasets.make_football()
    >>> models = [rn.Model.mlp([2, 8, 1], seed=seed) for seed in range(3)]
    >>> rates = [{"optimizer": rn.Adam(a)} for a in (0.1, 0.01, 0.001)]
    >>> [len(history) for history in rn.fit_many(models, X, y, epochs=5, options=rates)]
    [5, 5, 5]
    """
    try:
        models = list(models)
    except TypeError:
        raise TypeError(f"models is {models!r}, wanted a sequence of Models") from None
    each = check_models(models, options, shared)
    with Progress(len(models), progress, "models", "model") as bar:

        def done(number: int, history: History) -> None:
            bar.advance(1, **({"cost": float(history.cost[-1])} if len(history) else {}))

        return fit_each(models, each, X, y, n_threads, done, Event())


def fit_each(
    models: list[Model],
    each: list[dict[str, Any]],
    X: ArrayLike,
    y: ArrayLike,
    n_threads: int | None,
    done: Callable[[int, History], None],
    stop: Event,
) -> list[History]:
    """`fit_many` with its arguments checked.

    `done` is told of each model that is trained, by its number; `stop` is set on Ctrl-C.
    """
    workers = max(1, min(resolve_threads(n_threads), len(models)))
    inputs = {dtype: data.FiniteInputs.of(X, dtype) for dtype in {model.dtype for model in models}}
    targets: Any = data.SharedTargets(np.asarray(y))
    for model in models:
        model.check_targets(targets, len(data.check_inputs(inputs[model.dtype], model.dtype, model.sizes[0])))

    def fit(model: Model, keywords: dict[str, Any]) -> History:
        found: Any = inputs[model.dtype]
        return train(model, found, targets, n_threads=1, cancel=stop, **keywords)

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(fit, model, keywords) for model, keywords in zip(models, each, strict=True)]
        try:
            watch(futures, done)
        except BaseException as error:
            stop.set()
            if not isinstance(error, KeyboardInterrupt):
                raise
    return [future.result() for future in futures]


def watch(futures: list[Future[History]], done: Callable[[int, History], None]) -> None:
    """Wait for all, say which are done, and raise the first error."""
    from queue import Empty, SimpleQueue

    number = {future: i for i, future in enumerate(futures)}
    ready: SimpleQueue[Future[History]] = SimpleQueue()
    for future in futures:
        future.add_done_callback(ready.put)
    while number:
        try:
            future = ready.get(timeout=0.1)  # with a time limit the main thread wakes up to answer Ctrl-C
        except Empty:
            continue
        done(number.pop(future), future.result())


def check_models(models: list[Model], options: Any, shared: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Keyword arguments of each model, or an error before any work."""
    for number, model in enumerate(models):
        if not isinstance(model, Model):
            raise TypeError(f"models[{number}] is {model!r}, wanted a Model")
    if len({id(model) for model in models}) < len(models):
        raise ValueError("models has the same object twice, wanted different ones (Model.copy makes another)")
    options = [{}] * len(models) if options is None else list(options)
    if len(options) != len(models):
        raise ValueError(f"options has {len(options)} entries, wanted {len(models)}, one for each model")
    result = []
    for number, own in enumerate(options):
        if not isinstance(own, Mapping):
            raise TypeError(f"options[{number}] is {own!r}, wanted a mapping of keyword arguments of train")
        keywords = {**shared, **own}
        for name in ("n_threads", "progress", "cancel"):
            if name in own or name in shared:
                raise TypeError(f"options[{number}] has {name!r}, which cannot be set for a single model")
        keywords["callbacks"] = [copy.copy(callback) for callback in as_callbacks(keywords.get("callbacks"))]
        result.append(keywords)
    return result
