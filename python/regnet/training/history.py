"""The history of a training, epoch by epoch."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..models.prediction import Evaluation
    from .diagnosis import Diagnosis

__all__ = ["History"]

Curve = NDArray[np.float64]


class History:
    """Curves of one training run, one entry per completed epoch.

    Attributes
    ----------
    cost : array
        Mean of the batches' costs, weighted by batch size. A batch's cost includes penalty and dropout and
        is taken before its update: with a full batch ``cost[0]`` belongs to the initial weights.
    val_cost, val_score : arrays
        Mean loss and score on the validation set after each epoch; empty without validation data, NaN for
        an epoch whose validation was ended by Ctrl-C or an error.
    learning_rate : array
        Rate of the first step of each epoch.
    seconds : array
        Duration of each epoch. Epochs run in one call to the core share its time evenly, including the
        time of an epoch that was not completed.
    first_epoch : int
        Number of the first entry; above 0 for a resumed training.
    best_epoch : int or None
        Epoch whose weights early stopping restored.
    stop_reason : str
        "epochs" (all done), "diverged", "interrupted" (by Ctrl-C or `cancel`), or the `stop_reason` of a
        callback: "early stopping", "time budget", "manual control", "callback".

    Examples
    --------
    >>> history = History()
    >>> history.append(cost=[0.7, 0.6], learning_rate=[0.1, 0.1], seconds=[1e-3, 1e-3])
    >>> history.cost
    array([0.7, 0.6])
    """

    CURVES = ("cost", "val_cost", "val_score", "learning_rate", "seconds")

    def __init__(self, first_epoch: int = 0) -> None:
        self._curves = {name: array("d") for name in self.CURVES}
        self._lengths = dict.fromkeys(self.CURVES, 0)
        self.first_epoch = first_epoch
        self.best_epoch: int | None = None
        self.stop_reason = ""

    def append(self, **values: Any) -> None:
        """Add values to curves. If it is interrupted, no curve is changed.

        Parameters
        ----------
        **values : array-like
            Each keyword is the name of a curve, each value a sequence of numbers.
        """
        lengths = dict(self._lengths)
        for name, new in values.items():
            curve = self._curves[name]
            del curve[lengths[name] :]  # values of an append that was interrupted
            curve.frombytes(np.asarray(new, np.float64).tobytes())
            lengths[name] = len(curve)
        self._lengths = lengths

    def curve(self, name: str) -> Curve:
        """One curve by name.

        Parameters
        ----------
        name : {"cost", "val_cost", "val_score", "learning_rate", "seconds"}

        Returns
        -------
        array (n_epochs,)
        """
        return np.array(self._curves[name][: self._lengths[name]], dtype=np.float64)

    def last(self, name: str) -> float:
        """The last value of a curve.

        Parameters
        ----------
        name : {"cost", "val_cost", "val_score", "learning_rate", "seconds"}

        Returns
        -------
        float

        Raises
        ------
        IndexError
            If the curve is empty.
        """
        return self._curves[name][self._lengths[name] - 1]

    @property
    def cost(self) -> Curve:
        """Training cost."""
        return self.curve("cost")

    @property
    def val_cost(self) -> Curve:
        """Validation cost."""
        return self.curve("val_cost")

    @property
    def val_score(self) -> Curve:
        """Validation score: the metric of the loss, such as accuracy or R^2."""
        return self.curve("val_score")

    @property
    def learning_rate(self) -> Curve:
        """Learning rate of the first step."""
        return self.curve("learning_rate")

    @property
    def seconds(self) -> Curve:
        """Seconds per epoch."""
        return self.curve("seconds")

    def __len__(self) -> int:
        return self._lengths["cost"]

    def __repr__(self) -> str:
        last = f", cost {self.last('cost'):.6g}" if len(self) else ""
        best = "" if self.best_epoch is None else f", best epoch {self.best_epoch}"
        return f"History({len(self)} epochs{last}{best}, stopped by {self.stop_reason or 'nothing yet'})"

    def diagnose(
        self,
        train: float | Evaluation,
        *,
        dev: float | Evaluation | None = None,
        test: float | Evaluation | None = None,
        human: float = 0.0,
        tolerance: float = 0.02,
    ) -> Diagnosis:
        """Bias, variance and what to try: `regnet.diagnose` with the curves of this training.

        Parameters
        ----------
        train : float or Evaluation
            Training error, ``model.evaluate(X, y)``. The curves do not have it: the cost of an epoch
            includes penalty and dropout, and the weights change during the epoch.
        dev : float or Evaluation, optional
            Default: 1 - val_score of the model's final weights.
        test, human, tolerance
            As for `regnet.diagnose`.

        Returns
        -------
        Diagnosis
            Its picture has the learning curves.

        Raises
        ------
        ValueError, TypeError
            If an error is negative or not a number, or dev is not given and there is no validation curve.

        Examples
        --------
        >>> history = History()
        >>> history.append(cost=[0.7, 0.1], val_cost=[0.8, 0.4], val_score=[0.6, 0.85])
        >>> history.diagnose(train=0.01).verdict
        'high variance'
        """
        from .diagnosis import diagnose  # few trainings are diagnosed

        dev = self._dev_error() if dev is None else dev
        return diagnose(train=train, dev=dev, test=test, human=human, tolerance=tolerance, history=self)

    def _dev_error(self) -> float:
        """1 - val_score of the model's final weights."""
        scores = self.val_score
        if not scores.size:
            raise ValueError(
                "dev is None and the history has no validation curve, wanted an error or validation=... "
                "in train"
            )
        if self.stop_reason in ("diverged", "interrupted") and self.best_epoch is None:
            ended = "diverged" if self.stop_reason == "diverged" else "was interrupted"
            raise ValueError(
                f"dev is None and the training {ended}: its weights may not be those of "
                "the last validation, wanted an error or model.evaluate(X_dev, y_dev)"
            )
        last = len(scores) - 1 if self.best_epoch is None else self.best_epoch - self.first_epoch
        return float(1 - scores[last])

    def to_frame(self) -> Any:
        """The curves as a pandas DataFrame with the epoch as index.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise ImportError("History.to_frame needs pandas: pip install 'regnet[frame]'") from None
        curves = {name: self.curve(name) for name in self.CURVES if self._lengths[name]}
        epochs = range(self.first_epoch, self.first_epoch + len(self))
        return pd.DataFrame(curves, index=pd.Index(epochs, name="epoch"))
