"""Callbacks: called between the epochs of a training. One that returns True stops it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal, cast, get_args

import numpy as np

from .._support.checks import choice, fraction, integer, number, shown
from .._support.keywords import suggests_keywords
from .state import Training

__all__ = ["Callback", "EarlyStopping", "ReduceOnPlateau", "TimeBudget", "after_epoch", "as_callbacks"]

# hooks of other libraries and their names here; "" where there is none
OTHER_NAMES = {
    "on_train_begin": "before_training",  # Keras, skorch, transformers
    "on_train_start": "before_training",  # Lightning
    "on_fit_start": "before_training",
    "on_epoch_end": "after_epoch",
    "on_train_epoch_end": "after_epoch",
    "on_validation_epoch_end": "after_epoch",
    "after_iteration": "after_epoch",  # XGBoost
    "on_train_end": "after_training",
    "on_fit_end": "after_training",
    "on_epoch_begin": "",
    "on_epoch_start": "",
    "on_train_epoch_start": "",
    "before_iteration": "",
    "on_batch_begin": "",
    "on_batch_end": "",
    "on_train_batch_begin": "",
    "on_train_batch_start": "",
    "on_train_batch_end": "",
}
HOOKS = ("before_training", "after_epoch", "after_training")

Monitor = Literal["val_cost", "val_score", "cost"]
Direction = Literal["min", "max"]


class Callback:
    """Base of the callbacks: override the methods that are needed.

    Any function of one argument is a callback too; it is called after each epoch, and its return value
    decides whether the training stops. A lambda returns the value of its expression, for example
    ``lambda training: bar.update()`` of tqdm the True that stops a training: write a function without a
    return statement if it is not to decide.

    Examples
    --------
    >>> class Best(Callback):
    ...     def before_training(self, training):
    ...         self.cost = float("inf")
    ...
    ...     def after_epoch(self, training):
    ...         self.cost = min(self.cost, training.history.last("cost"))
    """

    stop_reason = "callback"

    def before_training(self, training: Training) -> None:
        """Called once, before the first epoch, when all arguments have been checked.

        Parameters
        ----------
        training : Training
        """

    def after_epoch(self, training: Training) -> bool | None:
        """Called after each epoch, its values in ``training.history``.

        Parameters
        ----------
        training : Training

        Returns
        -------
        bool or None
            True stops the training, False or None lets it continue; anything else is a TypeError.
        """
        return None

    def after_training(self, training: Training) -> None:
        """Called once, however the training ended: for clean-up.

        Ctrl-C does not interrupt it, unless it is pressed again a second later.

        Parameters
        ----------
        training : Training
        """


class ByFunction(Callback):
    """A function as a callback."""

    def __init__(self, function: Callable[[Training], bool | None]) -> None:
        self.function = function

    def after_epoch(self, training: Training) -> bool | None:
        """Call the function."""
        return self.function(training)


class MonitorCallback(Callback):
    """Base of the callbacks that monitor whether a curve improves."""

    def __init__(
        self, patience: int, monitor: Monitor, min_delta: float, direction: Direction | None
    ) -> None:
        self.patience = integer("patience", patience, least=1)
        self.monitor = choice("monitor", monitor, get_args(Monitor))
        self.min_delta = number("min_delta", min_delta, least=0)
        if direction is None:
            direction = "max" if monitor == "val_score" else "min"
        self.direction = choice("direction", direction, get_args(Direction))
        self._reset()

    def _reset(self) -> None:
        self._best: tuple[float, int | None] = (np.inf, None)  # value and epoch, assigned together

    def before_training(self, training: Training) -> None:
        """Reset, and check that the monitored curve will exist."""
        if self.monitor != "cost" and not training.has_validation:
            name = type(self).__name__
            raise ValueError(f"{name} watches {self.monitor!r}, wanted validation=... in train")
        self._reset()

    def _improvement(self, training: Training) -> tuple[float, int | None] | None:
        """The new best value (negated for "max") and its epoch, if it is better by more than `min_delta`."""
        value = training.history.last(self.monitor)
        if self.direction == "max":
            value = -value
        return (value, training.epoch) if value < self._best[0] - self.min_delta else None


class EarlyStopping(MonitorCallback):
    """Stop when a curve no longer improves, and restore the weights of its best epoch.

    The best weights are restored however the training ended: patience, last epoch, Ctrl-C or
    divergence. One object serves one training at a time.

    Parameters
    ----------
    patience : int
        Epochs without improvement after which to stop, at least 1.
    monitor : {"val_cost", "val_score", "cost"}
        The curve to monitor.
    min_delta : float
        An improvement must be larger than this.
    direction : {"min", "max"}, optional
        Which way is better. Default: "max" for val_score, else "min".

    Raises
    ------
    ValueError
        If an argument is out of range, or a validation curve is monitored without validation data.

    Notes
    -----
    The training cost of an epoch is an average taken while the weights change; if "cost" is monitored,
    the weights kept are those after the epoch.

    Examples
    --------
    >>> EarlyStopping(patience=5)
    EarlyStopping(patience=5, monitor='val_cost', min_delta=0, direction='min')
    """

    stop_reason = "early stopping"

    @suggests_keywords
    def __init__(
        self,
        patience: int = 10,
        monitor: Monitor = "val_cost",
        min_delta: float = 0.0,
        direction: Direction | None = None,
    ) -> None:
        super().__init__(patience, monitor, min_delta, direction)

    def __repr__(self) -> str:
        return (
            f"EarlyStopping(patience={self.patience}, monitor={self.monitor!r}, "
            f"min_delta={self.min_delta:g}, direction={self.direction!r})"
        )

    def _reset(self) -> None:
        super()._reset()
        self._best_parameters: Any = None
        self._seen_epoch: float = np.inf

    def before_training(self, training: Training) -> None:
        """Reset, and check that the monitored curve will exist."""
        super().before_training(training)
        self._seen_epoch = training.history.first_epoch - 1

    def after_epoch(self, training: Training) -> bool:
        """Keep the weights of an improvement; stop after `patience` epochs without one."""
        better = self._improvement(training)
        if better is not None:
            if self._best_parameters is None:
                self._best_parameters = training.model.parameters.copy()
            else:
                self._best_parameters[:] = training.model.parameters
            self._best = better
        self._seen_epoch = training.epoch  # last: if Ctrl-C interrupts this, `after_training` repeats it
        best_epoch = self._best[1]
        return best_epoch is not None and training.epoch - best_epoch >= self.patience

    def after_training(self, training: Training) -> None:
        """Restore the best weights."""
        if training.epoch > self._seen_epoch and training.history.best_epoch is None:
            self.after_epoch(training)  # was not called: another callback or Ctrl-C ended the training
        # the training cost is not that of the weights after its epoch, which may have diverged already
        unreliable = self.monitor == "cost" and training.history.stop_reason == "diverged"
        if self._best_parameters is not None and not unreliable:
            training.model.parameters[:] = self._best_parameters
            training.history.best_epoch = self._best[1]
        self._best_parameters = None


class ReduceOnPlateau(MonitorCallback):
    """Lower the learning rate when a curve no longer improves.

    Parameters
    ----------
    factor : float
        Factor on the rate, between 0 and 1.
    patience : int
        Epochs without improvement before the rate is lowered, at least 1; the count then restarts.
    monitor : {"val_cost", "val_score", "cost"}
        The curve to monitor.
    min_delta : float
        An improvement must be larger than this.
    direction : {"min", "max"}, optional
        Which way is better. Default: "max" for val_score, else "min".
    min_rate : float
        The rate is not lowered below this.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or a validation curve is monitored without validation data.

    Notes
    -----
    The factor acts on the rates of the optimiser's schedule, from the next epoch on. A training that is
    resumed keeps the lowered rate and counts its epochs without improvement from 0. `EarlyStopping`
    needs more patience if it is used together with this callback.

    Examples
    --------
    >>> ReduceOnPlateau(0.5, patience=3)
    ReduceOnPlateau(factor=0.5, patience=3, monitor='val_cost', min_delta=0, direction='min', min_rate=0)
    """

    @suggests_keywords
    def __init__(
        self,
        factor: float = 0.1,
        patience: int = 10,
        monitor: Monitor = "val_cost",
        min_delta: float = 0.0,
        direction: Direction | None = None,
        min_rate: float = 0.0,
    ) -> None:
        self.factor = fraction("factor", factor)
        self.min_rate = number("min_rate", min_rate, least=0)
        super().__init__(patience, monitor, min_delta, direction)

    def __repr__(self) -> str:
        return (
            f"ReduceOnPlateau(factor={self.factor:g}, patience={self.patience}, monitor={self.monitor!r}, "
            f"min_delta={self.min_delta:g}, direction={self.direction!r}, min_rate={self.min_rate:g})"
        )

    def _reset(self) -> None:
        super()._reset()
        self._waited = 0

    def after_epoch(self, training: Training) -> None:
        """Count the epochs without improvement; lower the rate after `patience` of them."""
        better = self._improvement(training)
        self._best = self._best if better is None else better
        self._waited = self._waited + 1 if better is None else 0
        if self._waited < self.patience:
            return
        self._waited = 0
        rate = training.history.last("learning_rate")
        if rate > self.min_rate:
            training.learning_rate_scale *= max(self.factor, self.min_rate / rate)


class TimeBudget(Callback):
    """Stop when the time is up: before an epoch that would not end in time if it took as long as the last.

    The model keeps its last weights, or with `EarlyStopping` the best ones. At least one epoch is run.
    In `fit_many` each net has the whole budget, from its own start.

    Parameters
    ----------
    seconds : float
        Wall-clock time from the start of the training, above 0.

    Raises
    ------
    ValueError, TypeError
        If it is not a number above 0.

    Examples
    --------
    >>> import regnet as rn
    >>> X, y, _, _ = rn.datasets.make_football()
    >>> history = rn.train(rn.Model.mlp([2, 8, 1]), X, y, epochs=10**9, callbacks=[TimeBudget(0.05)])
    >>> history.stop_reason
    'time budget'
    """

    stop_reason = "time budget"

    def __init__(self, seconds: float) -> None:
        self.seconds = number("seconds", seconds, above=0)
        self._started = self._last = 0.0

    def __repr__(self) -> str:
        return f"TimeBudget({self.seconds:g})"

    def before_training(self, training: Training) -> None:
        """Start the clock."""
        self._started = self._last = time.perf_counter()

    def after_epoch(self, training: Training) -> bool:
        """Whether another epoch like this one, with validation and callbacks, would exceed the budget."""
        now = time.perf_counter()
        epoch, self._last = now - self._last, now
        return now + epoch - self._started > self.seconds


def as_callbacks(callbacks: Any) -> Sequence[Callback]:
    """Callbacks from a sequence of them or of functions."""
    if isinstance(callbacks, Callback) or callable(callbacks):
        callbacks = [callbacks]
    try:
        found = list(callbacks or ())
    except TypeError:
        raise TypeError(f"callbacks is {shown(callbacks)}, wanted a sequence of callbacks") from None
    return [as_callback(entry) for entry in found]


def as_callback(entry: Any) -> Callback:
    """A callback from one or from a function."""
    methods = [name for name in OTHER_NAMES if callable(getattr(entry, name, None))]
    own = [name for name in HOOKS if callable(getattr(entry, name, None))]
    if isinstance(entry, Callback):
        if methods and all(is_inherited(entry, name) for name in HOOKS):
            raise TypeError(f"callbacks has {type(entry).__name__} with {suggested_names(methods)}")
        return entry
    if isinstance(entry, type) or not (callable(entry) or methods or own):
        raise TypeError(f"callbacks has {shown(entry)}, wanted a Callback or a function of one argument")
    if own or methods:  # these methods would never be called, even if the object itself is callable
        found = f"{', '.join(own)}, wanted them" if own else suggested_names(methods)
        raise TypeError(
            f"callbacks has {type(entry).__name__} with {found} in a class derived from regnet.Callback"
        )
    return ByFunction(cast("Callable[[Training], bool | None]", entry))


def is_inherited(callback: Callback, name: str) -> bool:
    """Whether a method is the base class's, which does nothing."""
    return getattr(getattr(callback, name), "__func__", None) is getattr(Callback, name)


def suggested_names(methods: Sequence[str]) -> str:
    """Names of methods in other libraries, and the names wanted instead."""
    wanted = dict.fromkeys(OTHER_NAMES[name] for name in methods if OTHER_NAMES[name])
    names = " and ".join(wanted) or "before_training, after_epoch or after_training"
    return f"{', '.join(methods)}, wanted {names}"


def after_epoch(callback: Callback, training: Training) -> bool:
    """Call a callback; whether it stops the training. A value returned by mistake is an error."""
    answer = callback.after_epoch(training)
    if answer is None or isinstance(answer, (bool, np.bool_)):
        return bool(answer)
    given = callback.function if isinstance(callback, ByFunction) else callback
    name = getattr(given, "__qualname__", None) or shown(given)
    raise TypeError(
        f"the callback {name} returned {shown(answer)}, wanted True to stop the training, "
        "or False or None to go on"
    )
