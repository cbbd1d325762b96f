"""Callbacks: what looks at a training between epochs. Returning True stops it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .checks import choice, integer, number

if TYPE_CHECKING:
    from .training import Training

__all__ = ["Callback", "EarlyStopping", "as_callbacks"]


class Callback:
    """Base of the callbacks: override what is needed.

    Any function of one argument is a callback too; it is called after each epoch.
    """

    stop_reason = "callback"

    def before_training(self, training: Training) -> None:
        """Called once, before the first epoch, with arguments checked."""

    def after_epoch(self, training: Training) -> bool | None:
        """Called after each epoch, its values in ``training.history``; True stops the training."""
        return None

    def after_training(self, training: Training) -> None:
        """Called once, however the training ended."""


class ByFunction(Callback):
    """A function as a callback."""

    def __init__(self, function: Callable[[Training], bool | None]) -> None:
        self.function = function

    def after_epoch(self, training: Training) -> bool | None:
        """Call the function."""
        return self.function(training)


class EarlyStopping(Callback):
    """Stop when a curve no longer improves, and go back to the weights of its best epoch.

    The best weights are restored however the training ended: patience, last epoch, Ctrl-C or
    divergence. One object serves one training at a time.

    Parameters
    ----------
    patience : int
        Epochs without improvement after which to stop, at least 1.
    monitor : {"val_cost", "val_score", "cost"}
        The curve to watch.
    min_delta : float
        An improvement is more than this.
    direction : {"min", "max"}, optional
        Which way is better. Default: "max" for val_score, else "min".

    Raises
    ------
    ValueError
        If an argument is out of range, or a validation curve is to be watched without validation.

    Notes
    -----
    The training cost of an epoch is averaged while the weights change; when "cost" is watched, the
    weights kept are those after the epoch.

    Examples
    --------
    >>> EarlyStopping(patience=5)
    EarlyStopping(patience=5, monitor='val_cost', min_delta=0, direction='min')
    """

    stop_reason = "early stopping"

    def __init__(
        self,
        patience: int = 10,
        monitor: str = "val_cost",
        min_delta: float = 0.0,
        direction: str | None = None,
    ) -> None:
        self.patience = integer("patience", patience, least=1)
        self.monitor = choice("monitor", monitor, ("val_cost", "val_score", "cost"))
        self.min_delta = number("min_delta", min_delta, least=0)
        if direction is None:
            direction = "max" if monitor == "val_score" else "min"
        self.direction = choice("direction", direction, ("min", "max"))
        self._forget()

    def __repr__(self) -> str:
        return (
            f"EarlyStopping(patience={self.patience}, monitor={self.monitor!r}, "
            f"min_delta={self.min_delta:g}, direction={self.direction!r})"
        )

    def _forget(self) -> None:
        self._best = np.inf
        self._best_epoch: int | None = None
        self._best_parameters: Any = None

    def before_training(self, training: Training) -> None:
        """Forget an earlier training; check that the curve will be there."""
        if self.monitor != "cost" and not training.has_validation:
            raise ValueError(f"EarlyStopping watches {self.monitor!r}, wanted validation=... in train")
        self._forget()

    def after_epoch(self, training: Training) -> bool:
        """Keep the weights of an improvement; stop after `patience` epochs without one."""
        value = float(training.history.curve(self.monitor)[-1])
        if self.direction == "max":
            value = -value
        if value < self._best - self.min_delta:
            self._best, self._best_epoch = value, training.epoch
            if self._best_parameters is None:
                self._best_parameters = training.model.parameters.copy()
            else:
                self._best_parameters[:] = training.model.parameters
        return self._best_epoch is not None and training.epoch - self._best_epoch >= self.patience

    def after_training(self, training: Training) -> None:
        """Restore the best weights."""
        # the training cost does not know the weights after its epoch: divergence has better ones
        blind = self.monitor == "cost" and training.history.stop_reason == "diverged"
        if self._best_parameters is not None and not blind:
            training.model.parameters[:] = self._best_parameters
            training.history.best_epoch = self._best_epoch
        self._best_parameters = None


def as_callbacks(callbacks: Any) -> Sequence[Callback]:
    """Callbacks from a sequence of them or of functions."""
    if isinstance(callbacks, Callback) or callable(callbacks):
        callbacks = [callbacks]
    try:
        found = list(callbacks or ())
    except TypeError:
        raise TypeError(f"callbacks is {callbacks!r}, wanted a sequence of callbacks") from None
    result: list[Callback] = []
    for entry in found:
        if isinstance(entry, Callback):
            result.append(entry)
        elif callable(entry) and not isinstance(entry, type):
            result.append(ByFunction(entry))
        else:
            raise TypeError(f"callbacks has {entry!r}, wanted a Callback or a function of one argument")
    return result
