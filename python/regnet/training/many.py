"""Many nets at once: one per thread, over the same data."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from threading import Lock, Thread
from typing import Any

from numpy.typing import ArrayLike

from .. import data
from .._support.checks import boolean, choice, shown
from .._support.interrupts import GRACE_SECONDS, ON_INTERRUPT, Flag, Section
from .._support.keywords import arguments, check_keywords
from .._support.progress import Progress
from .._support.threads import resolve_threads
from ..models.model import Model
from .callbacks import as_callbacks
from .history import History
from .loop import train

__all__ = ["fit_many"]


def fit_many(
    models: Sequence[Model],
    X: ArrayLike,
    y: ArrayLike,
    *,
    options: Sequence[Mapping[str, Any]] | None = None,
    n_threads: int | None = None,
    progress: bool = False,
    on_interrupt: str = "raise",
    **shared: Any,
) -> list[History]:
    """Train many models in place on the same data, each on a thread of its own.

    Each model has the same result as if trained alone by `train`, to the bit; only X and y are shared.
    For small nets this uses the cores better than threads within a step.

    Parameters
    ----------
    models : sequence of Model
        Different objects with the same number of inputs.
    X, y : array-like
        As for `train`.
    options : sequence of mappings, optional
        One for each model: keyword arguments of `train` for this model; they override `shared`.
    n_threads : int, optional
        Models trained at the same time; None as in `train`.
    progress : bool
        Whether to show how many models are done.
    on_interrupt : {"raise", "return"}
        Whether Ctrl-C, which stops all models, raises KeyboardInterrupt or returns the histories so far.
    **shared
        Keyword arguments of `train` for all models. Each model gets copies of the callbacks; functions
        are called from the threads.

    Returns
    -------
    list of History
        In the order of the models. After Ctrl-C the histories of the models that it stopped have the
        `stop_reason` "interrupted"; those of models that had not started have no epochs.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong. An error in the training of one model is raised after the others have
        stopped.
    KeyboardInterrupt
        On Ctrl-C, with the list of histories as its attribute `result` (as `train`), unless
        `on_interrupt` is "return".

    Notes
    -----
    If the system does not start as many threads, those that it starts train all models.

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
        raise TypeError(f"models is {shown(models)}, wanted a sequence of Models") from None
    choice("on_interrupt", on_interrupt, ON_INTERRUPT)
    boolean("progress", progress)
    each = check_models(models, options, shared)
    with Section(on_interrupt) as section, Progress(len(models), progress, "models", "model") as bar:

        def done(number: int, history: History) -> None:
            with section.user_code(GRACE_SECONDS):
                bar.advance(1, **({"cost": float(history.cost[-1])} if len(history) else {}))

        histories = section.result = fit_each(models, each, X, y, n_threads, done, section)
        section.acknowledge()
    return histories


def fit_each(
    models: list[Model],
    each: list[dict[str, Any]],
    X: ArrayLike,
    y: ArrayLike,
    n_threads: int | None,
    done: Callable[[int, History], None],
    section: Section,
) -> list[History]:
    """`fit_many` with its arguments checked; Ctrl-C is noted in `section`, which stops all models.

    ``done(number, history)`` is called after each training, by one thread at a time.
    """
    with section.user_code():
        inputs = {dtype: data.FiniteInputs.of(X, dtype) for dtype in {model.dtype for model in models}}
        targets: Any = data.SharedTargets(data.target_array("y", y))
        for model in models:
            found = data.check_inputs(
                inputs[model.dtype], model.dtype, model.sizes[0], "X", model.feature_names
            )
            model.check_targets(targets, len(found))
    stop = Flag(section)  # also set by an error

    def fit(number: int) -> History:
        found: Any = inputs[models[number].dtype]
        options = {"n_threads": 1, "cancel": stop, "on_interrupt": "return", **each[number]}
        history = train(models[number], found, targets, **options)
        if history.stop_reason == "interrupted" and not stop.is_set():  # KeyboardInterrupt of user code
            section.set()
        return history

    histories = in_threads(fit, len(models), resolve_threads(n_threads), done, stop, section)
    # Ctrl-C may have come between taking a model and training it
    return [histories[number] if number in histories else fit(number) for number in range(len(models))]


def in_threads(
    fit: Callable[[int], History],
    n: int,
    n_threads: int,
    done: Callable[[int, History], None],
    stop: Flag,
    section: Section,
) -> dict[int, History]:
    """Call `fit` for 0 to n - 1 in several threads, the calling one included; return the results.

    The first error sets `stop`, and is raised when all threads have ended.
    """
    queue, histories, lock = deque(range(n)), dict[int, History](), Lock()
    errors: list[BaseException] = []

    def fail(error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt):
            section.set()
        else:
            errors.append(error)
            stop.set()

    def work() -> None:
        try:
            while not errors:
                try:
                    number = queue.popleft()
                except IndexError:
                    return
                histories[number] = history = fit(number)
                with lock:
                    done(number, history)
        except BaseException as error:
            fail(error)

    others = [Thread(target=work, name=f"regnet {i}") for i in range(1, min(n_threads, n))]
    try:
        start(others)
    except BaseException as error:  # here and below: raised by a signal handler of the user
        fail(error)
    work()
    for thread in others:
        while thread.is_alive():
            try:
                thread.join(0.1)
            except BaseException as error:
                fail(error)
    if errors:
        raise errors[0]
    return histories


def start(threads: Sequence[Thread]) -> None:
    """Start as many threads as the system allows."""
    for thread in threads:
        try:
            thread.start()
        except RuntimeError:  # a limit on processes; the threads already started do the work
            return


def check_models(models: list[Model], options: Any, shared: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Check the models and options; return the keyword arguments of each model."""
    for number, model in enumerate(models):
        if not isinstance(model, Model):
            raise TypeError(f"models[{number}] is {shown(model)}, wanted a Model")
    if len({id(model) for model in models}) < len(models):
        raise ValueError("models has the same object twice, wanted different ones (Model.copy makes another)")
    options = [{}] * len(models) if options is None else list(options)
    if len(options) != len(models):
        raise ValueError(f"options has {len(options)} entries, wanted {len(models)}, one for each model")
    result = []
    for number, own in enumerate(options):
        if not isinstance(own, Mapping):
            raise TypeError(
                f"options[{number}] is {shown(own)}, wanted a mapping of keyword arguments of train"
            )
        keywords = {**shared, **own}
        check_keywords("train", keywords, arguments(train))
        for name in ("n_threads", "progress", "cancel", "on_interrupt"):
            if name in own or name in shared:
                raise TypeError(f"options[{number}] has {name!r}, which cannot be set for a single model")
        keywords["callbacks"] = [copy.copy(callback) for callback in as_callbacks(keywords.get("callbacks"))]
        result.append(keywords)
    return result
