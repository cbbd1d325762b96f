"""Manual control of a running training: lower the learning rate, or stop."""

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
class Requests:
    """What was requested of a `ManualControl`; the copies that `fit_many` makes of it share one object."""

    # A new tuple for each request: the same rate requested again is a different object.
    rate: tuple[float] | None = None
    stop: bool = False


@dataclass(frozen=True)
class Commands:
    """The content of a control file."""

    rate: float | None = None
    stop: bool = False


class ManualControl(Callback):
    """Let a person lower the learning rate, or stop, while a training runs ("manual decay").

    From a file: write lines ``learning_rate = 0.001`` or ``stop`` into it, at any time; ``#`` starts a
    comment. From a notebook: train in another thread and set ``control.learning_rate = 0.001`` or call
    ``control.stop()``. Both take effect from the next epoch on.

    Parameters
    ----------
    path : str or path, optional
        The control file. It need not exist. It is read after each epoch and never written.

    Attributes
    ----------
    learning_rate : float or None
        The rate last set on this object; None if none was.

    Raises
    ------
    ValueError, TypeError
        If the path is not in an existing folder, or a rate is not a number above 0.

    Warns
    -----
    RuntimeWarning
        If the file has a line that is neither; the line is ignored.

    Notes
    -----
    The rate replaces the optimiser's; a schedule continues from it. The content of the file and of the
    object applies to every training that has it among its callbacks, from the first epoch on: empty the
    file, or make a new object, before the next one. One object controls all nets of `fit_many`.

    Examples
    --------
    >>> import regnet as rn
    >>> X, y, _, _ = rn.datasets.make_football()
    >>> control = ManualControl()
    >>> def later(training):  # in place of a person, who would use another thread
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
        self._requests = Requests()
        self._reset()

    def __repr__(self) -> str:
        return f"ManualControl({'' if self.path is None else repr(str(self.path))})"

    @property
    def learning_rate(self) -> float | None:
        """The rate last set on this object."""
        return None if self._requests.rate is None else self._requests.rate[0]

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._requests.rate = (number("learning_rate", rate, above=0),)

    def stop(self) -> None:
        """Stop each training that has this object, after its current epoch."""
        self._requests.stop = True

    def _reset(self) -> None:
        self._text, self._commands = "", Commands()
        self._applied: tuple[float] | None = None

    def before_training(self, training: Training) -> None:
        """Apply the commands and requests made before."""
        self._reset()
        self._apply(training)

    def after_epoch(self, training: Training) -> bool:
        """Apply new commands and requests; True to stop."""
        self._apply(training)
        return self._commands.stop or self._requests.stop

    def _apply(self, training: Training) -> None:
        text = read(self.path)
        if text is not None and text != self._text:
            self._text, self._commands = text, parse_commands(text, self.path)
            set_rate(training, self._commands.rate)
        requested = self._requests.rate
        if requested is not None and requested is not self._applied:
            self._applied = requested
            set_rate(training, requested[0])


def set_rate(training: Training, rate: float | None) -> None:
    """Set the rate by setting the scale of the optimiser's."""
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
    """Content of the control file: "" if there is none, None if it cannot be read at the moment."""
    try:
        return "" if path is None else path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError:  # Windows locks a file that an editor is writing
        return None


def parse_commands(text: str, path: Path | None) -> Commands:
    """Parse a control file; of several lines of a kind the last one counts."""
    rate, stop = None, False
    for i, line in enumerate(text.splitlines(), start=1):
        command = line.partition("#")[0].strip()
        name, _, value = (part.strip() for part in command.partition("="))
        if command == "stop":
            stop = True
        elif name == "learning_rate":
            try:
                rate = number("learning_rate", float(value), above=0)
            except ValueError:
                warn(path, i, line)
        elif command:
            warn(path, i, line)
    return Commands(rate, stop)


def warn(path: Path | None, number_of_line: int, line: str) -> None:
    """Warn about a line of the control file that cannot be parsed; a typing error must not end a training."""
    warnings.warn(
        f"line {number_of_line} of {path} is {line!r}, wanted 'learning_rate = NUMBER' with a number > 0, or "
        "'stop'; it is ignored",
        RuntimeWarning,
        stacklevel=2,
    )
