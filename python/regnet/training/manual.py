"""A person at the controls: the learning rate lowered by hand, and the stop, while a training runs."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from .._support.checks import number, shown
from .callbacks import Callback
from .state import Training

__all__ = ["ManualControl"]


@dataclass
class Wishes:
    """What was asked of a `ManualControl`; the copies that `fit_many` makes of it share one."""

    rate: tuple[float] | None = (
        None  # a new tuple for each wish, so that a repeated one is told from an old one
    )
    stop: bool = False


@dataclass(frozen=True)
class Orders:
    """What a control file says."""

    rate: float | None = None
    stop: bool = False


class ManualControl(Callback):
    """Let a person lower the learning rate, or stop, while a training runs ("manual decay").

    From a file: write lines ``learning_rate = 0.001`` or ``stop`` into it, at any time; ``#`` starts a
    comment. From a notebook: train in another thread and set ``control.learning_rate = 0.001`` or call
    ``control.stop()``. It is obeyed from the next epoch on.

    Parameters
    ----------
    path : str or path, optional
        The control file. It need not exist; it is read after each epoch and never written.

    Attributes
    ----------
    learning_rate : float or None
        The rate last set on this object; None when none was.

    Raises
    ------
    ValueError, TypeError
        If the path is in no folder, or a rate is not a number above 0.

    Warns
    -----
    RuntimeWarning
        If the file has a line that is neither, which is ignored.

    Notes
    -----
    The rate takes the place of the optimiser's; a schedule goes on from it. What the file or the object
    says holds for every training it is given to, from the first epoch on: empty the file, or make a new
    object, before the next one. One object steers all nets of `fit_many`.

    Examples
    --------
    >>> import regnet as rn
    >>> X, y, _, _ = rn.datasets.make_football()
    >>> control = ManualControl()
    >>> def later(training):  # stands for a person, who would use another thread
    ...     if training.epoch == 1:
    ...         control.learning_rate = 0.001
    >>> model = rn.Model.mlp([2, 8, 1])
    >>> options = {"optimizer": rn.Adam(0.1), "callbacks": [later, control]}
    >>> rn.train(model, X, y, epochs=4, **options).learning_rate
    array([0.1 , 0.1 , 0.001, 0.001])
    """

    stop_reason = "manual control"

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self.path = None if path is None else check_path(path)
        self._wishes = Wishes()
        self._forget()

    def __repr__(self) -> str:
        return f"ManualControl({'' if self.path is None else repr(str(self.path))})"

    @property
    def learning_rate(self) -> float | None:
        """The rate last set on this object."""
        return None if self._wishes.rate is None else self._wishes.rate[0]

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._wishes.rate = (number("learning_rate", rate, above=0),)

    def stop(self) -> None:
        """Stop each training that has this object after the epoch it is in."""
        self._wishes.stop = True

    def _forget(self) -> None:
        self._text, self._orders = "", Orders()
        self._obeyed: tuple[float] | None = None

    def before_training(self, training: Training) -> None:
        """Obey what is already said."""
        self._forget()
        self._obey(training)

    def after_epoch(self, training: Training) -> bool:
        """Obey what is new; True when it is to stop."""
        self._obey(training)
        return self._orders.stop or self._wishes.stop

    def _obey(self, training: Training) -> None:
        text = read(self.path)
        if text is not None and text != self._text:
            self._text, self._orders = text, understand(text, self.path)
            set_rate(training, self._orders.rate)
        wish = self._wishes.rate
        if wish is not None and wish is not self._obeyed:
            self._obeyed = wish
            set_rate(training, wish[0])


def set_rate(training: Training, rate: float | None) -> None:
    """Let the optimiser's rate be this one, by way of the scale."""
    if rate is not None:
        training.learning_rate_scale = rate / training.base_rate


def check_path(path: str | PathLike[str]) -> Path:
    """A path in a folder that exists."""
    try:
        found = Path(path)
    except TypeError:
        raise TypeError(f"path is {shown(path)}, wanted the name of a file") from None
    if not found.absolute().parent.is_dir() or found.is_dir():
        raise ValueError(f"path is {str(path)!r}, wanted a file in a folder that exists")
    return found


def read(path: Path | None) -> str | None:
    """Content of the control file: "" where there is none, None where it cannot be read just now."""
    try:
        return "" if path is None else path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError:  # Windows locks a file that an editor is writing
        return None


def understand(text: str, path: Path | None) -> Orders:
    """The orders of a control file, the last line of a kind being the one that counts."""
    rate, stop = None, False
    for i, line in enumerate(text.splitlines(), start=1):
        order = line.partition("#")[0].strip()
        name, _, value = (part.strip() for part in order.partition("="))
        if order == "stop":
            stop = True
        elif name == "learning_rate":
            try:
                rate = number("learning_rate", float(value), above=0)
            except ValueError:
                warn(path, i, line)
        elif order:
            warn(path, i, line)
    return Orders(rate, stop)


def warn(path: Path | None, number_of_line: int, line: str) -> None:
    """Say which line of the control file is not understood; a typing error is no reason to end."""
    warnings.warn(
        f"line {number_of_line} of {path} is {line!r}, wanted 'learning_rate = NUMBER' with a number > 0, or "
        "'stop'; it is ignored",
        RuntimeWarning,
        stacklevel=2,
    )
