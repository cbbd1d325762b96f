"""Diagnosis of errors: avoidable bias, variance, or an overfitted development set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._support.checks import number
from ..models.prediction import Evaluation

if TYPE_CHECKING:
    from ..plotting.pictures import Curves

__all__ = ["Diagnosis", "diagnose"]

BIAS, VARIANCE, OVERFITTED_DEV = "high bias", "high variance", "overfitted dev set"

# In the order in which to try them: bias first, since its remedies do not need more data.
RECIPES: dict[str, tuple[str, ...]] = {
    BIAS: ("a bigger net", "train longer", "another optimiser", "another architecture"),
    VARIANCE: ("more data", "regularise: L2, dropout, augmentation, early stopping", "another architecture"),
    OVERFITTED_DEV: ("a larger dev set",),
}


@dataclass(frozen=True)
class Diagnosis:
    """Errors, the gaps between them and what to do; made by `diagnose`, prints as a small table.

    Attributes
    ----------
    train, dev, human : float
        The errors given.
    test : float or None
    tolerance : float
        A gap above this is high.
    history : History or None
        For the learning curves of the picture.
    """

    train: float
    dev: float
    test: float | None = None
    human: float = 0.0
    tolerance: float = 0.02
    history: Curves | None = field(default=None, repr=False, compare=False)

    @property
    def avoidable_bias(self) -> float:
        """train - human: the gain of a perfect fit."""
        return self.train - self.human

    @property
    def variance(self) -> float:
        """dev - train: the gain of perfect generalisation."""
        return self.dev - self.train

    @property
    def dev_test_gap(self) -> float | None:
        """test - dev: how far the choices made on the dev set overfit it; None without a test error."""
        return None if self.test is None else self.test - self.dev

    @property
    def problems(self) -> tuple[str, ...]:
        """Which of the gaps are high, in the order in which to work on them."""
        gaps = {BIAS: self.avoidable_bias, VARIANCE: self.variance, OVERFITTED_DEV: self.dev_test_gap}
        return tuple(name for name, gap in gaps.items() if gap is not None and gap > self.tolerance)

    @property
    def verdict(self) -> str:
        """ "good", or the problems: "high bias and high variance"."""
        return " and ".join(self.problems) or "good"

    @property
    def recipe(self) -> tuple[str, ...]:
        """What to try, in this order, without repetitions."""
        return tuple(dict.fromkeys(step for problem in self.problems for step in RECIPES[problem]))

    def __str__(self) -> str:
        rows = [
            ("human error", self.human, "", None),
            ("training error", self.train, "avoidable bias", self.avoidable_bias),
            ("dev error", self.dev, "variance", self.variance),
        ]
        if self.test is not None:
            rows.append(("test error", self.test, "dev/test gap", self.dev_test_gap))
        lines = []
        for name, error, gap_name, gap in rows:
            shown = (
                "" if gap is None else f"   {gap_name:<15}{gap:>8.4f}{' !' if gap > self.tolerance else ''}"
            )
            lines.append(f"{name:<15}{error:>8.4f}{shown}")
        lines.append(f"verdict: {self.verdict}")
        lines += [f"{i}. {step}" for i, step in enumerate(self.recipe, start=1)]
        return "\n".join(lines)

    def plot(self, figure: Any = None) -> Any:
        """Plot the errors and their gaps, and the learning curves if there is a history.

        Parameters
        ----------
        figure : matplotlib Figure, optional
            Where to draw; a new one if not given.

        Returns
        -------
        matplotlib Figure

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from ..plotting.errors import plot_diagnosis  # few trainings are drawn

        return plot_diagnosis(self, figure)


def as_error(name: str, value: Any) -> float:
    """An error from a number, or from an `Evaluation`: 1 - score."""
    if isinstance(value, Evaluation):
        return number(f"{name} (1 - score)", 1 - value.score, least=0)
    return number(name, value, least=0)


def diagnose(
    *,
    train: float | Evaluation,
    dev: float | Evaluation,
    test: float | Evaluation | None = None,
    human: float = 0.0,
    tolerance: float = 0.02,
    history: Curves | None = None,
) -> Diagnosis:
    """Say from its errors whether a net has high bias, high variance or both, and what to try.

    Parameters
    ----------
    train, dev, test : float or Evaluation
        Errors of at least 0, such as 0.11 for 11 % wrong labels, or results of `Model.evaluate`, whose
        error is 1 - score (1 - R^2 for numbers). The test error may be left out.
    human : float
        The unavoidable error, of a human expert or the Bayes error: the zero point of bias.
    tolerance : float
        A gap above this is high. The default, two percentage points, suits errors of a few percent and
        more; choose a smaller one near the best possible error.
    history : History, optional
        For the learning curves of the picture.

    Returns
    -------
    Diagnosis
        With `avoidable_bias` (train - human), `variance` (dev - train), `dev_test_gap` (test - dev),
        `verdict`, `recipe` and `plot`.

    Raises
    ------
    ValueError, TypeError
        If an error is negative, not finite or no number.

    Notes
    -----
    The recipe (course 2, week 1) begins with bias: first a net that fits the training set, then one
    that generalises.

    Examples
    --------
    >>> print(diagnose(train=0.15, dev=0.30, human=0.01))
    human error      0.0100
    training error   0.1500   avoidable bias   0.1400 !
    dev error        0.3000   variance         0.1500 !
    verdict: high bias and high variance
    1. a bigger net
    2. train longer
    3. another optimiser
    4. another architecture
    5. more data
    6. regularise: L2, dropout, augmentation, early stopping
    >>> diagnose(train=0.15, dev=0.16, human=0.14).verdict
    'good'
    """
    return Diagnosis(
        as_error("train", train),
        as_error("dev", dev),
        None if test is None else as_error("test", test),
        number("human", human, least=0),
        number("tolerance", tolerance, least=0),
        history,
    )
