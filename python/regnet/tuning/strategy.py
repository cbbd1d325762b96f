"""The strategy of a search: which configurations are tried, and for how long. It knows no nets.

Random points, never a grid: with n points each hyper-parameter is tried at n values, whichever of
them turn out to matter (Bergstra & Bengio 2012). Each round draws in a smaller space around the
best so far. Within a round all configurations are trained for a few epochs and only the best of
them for longer (successive halving: Jamieson & Talwalkar 2016), each time from the start, so that
schedules fit their length.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .._support.checks import choice, integer
from .._support.randomness import check_seed, latin_hypercube
from .spaces import Space

__all__ = ["COLUMNS", "Config", "Monitor", "Strategy", "Trial", "explore"]

MOST_LENGTHS = 3  # within a round: a training shorter than a ninth of the longest says little about it
KEPT_DIVISOR = 4  # choices that occur in the best 1 / 4 of a round are kept for the next one
ZOOM = 0.4  # width of the next round's intervals, relative to this one's

Config = dict[str, Any]
Monitor = Literal["val_score", "val_cost"]


@dataclass(frozen=True)
class Strategy:
    """How many configurations are drawn, for how long they are trained, and which count as best."""

    n: int
    rounds: int
    epochs: int
    halving: int
    monitor: Monitor
    seed: int

    def __post_init__(self) -> None:
        integer("rounds", self.rounds, least=1)
        integer("n", self.n, least=self.rounds)
        integer("epochs", self.epochs, least=1)
        integer("halving", self.halving, least=1)
        choice("monitor", self.monitor, get_args(Monitor))
        check_seed(self.seed)

    def sizes(self) -> list[int]:
        """Configurations of each round; sizes differ by at most 1, the larger ones first."""
        return [(self.n + self.rounds - 1 - r) // self.rounds for r in range(self.rounds)]

    def lengths(self, n: int) -> list[int]:
        """Lengths in epochs, ascending: the first for n configurations, the others for the best of them."""
        most = 1 if self.halving == 1 else MOST_LENGTHS
        divisors = [self.halving**k for k in range(most) if min(n, self.epochs) >= self.halving**k]
        return [self.epochs // divisor for divisor in reversed(divisors)]

    def n_trainings(self) -> int:
        """Trainings of the whole search, if none fails."""
        total = 0
        for n in self.sizes():
            for _ in self.lengths(n):
                total += n
                n = -(-n // self.halving)
        return total

    def value(self, trial: Trial) -> float:
        """The monitored value of a trial."""
        return trial.val_score if self.monitor == "val_score" else trial.val_cost

    def rank(self, trial: Trial) -> tuple[Any, ...]:
        """Sort key: successful trials first, the longest ones first, then by value, cost and number."""
        value = self.value(trial) if self.monitor == "val_cost" else -self.value(trial)
        return (not trial.succeeded, -trial.length, value, trial.val_cost, trial.number)


@dataclass
class Trial:
    """One configuration and the outcome of its longest training; a row of the table."""

    number: int
    round: int
    config: Config
    epochs: int = 0
    val_cost: float = math.nan
    val_score: float = math.nan
    note: str = ""
    length: int = 0

    def record(
        self,
        length: int,
        epochs: int,
        val_cost: float = math.nan,
        val_score: float = math.nan,
        note: str = "",
    ) -> None:
        """Store the outcome of a training of at most `length` epochs; callbacks may have ended it earlier."""
        self.length, self.epochs = length, epochs
        self.val_cost, self.val_score, self.note = val_cost, val_score, note

    @property
    def succeeded(self) -> bool:
        """Whether it was trained and did not diverge."""
        return math.isfinite(self.val_cost) and math.isfinite(self.val_score)

    def row(self) -> dict[str, Any]:
        """The row of the table."""
        outcome = {"epochs": self.epochs, "val_cost": self.val_cost, "val_score": self.val_score}
        return {"number": self.number, "round": self.round, **self.config, **outcome, "note": self.note}


COLUMNS = ("number", "round", "epochs", "val_cost", "val_score", "note")  # of the table, beside the names


def explore(
    spaces: dict[str, Space],
    strategy: Strategy,
    evaluate: Callable[[list[Trial], int], None],
    trials: list[Trial],
) -> None:
    """Draw, evaluate, halve and zoom. `trials` is filled round by round, also for an interrupt.

    ``evaluate(trials, epochs)`` trains each trial and calls its `record`.
    """
    for number, n in enumerate(strategy.sizes()):
        drawn = draw(spaces, n, number, len(trials), strategy.seed)
        trials.extend(drawn)
        survivors = drawn
        for epochs in strategy.lengths(n):
            evaluate(survivors, epochs)
            n_kept = -(-len(survivors) // strategy.halving)
            survivors = [t for t in sorted(survivors, key=strategy.rank)[:n_kept] if t.succeeded]
        spaces = zoom(spaces, sorted(trials, key=strategy.rank), sorted(drawn, key=strategy.rank))


def draw(spaces: dict[str, Space], n: int, round: int, first: int, seed: int) -> list[Trial]:
    """n random configurations, numbered from `first`: a Latin hypercube, uniform on each space's scale."""
    points = latin_hypercube(n, len(spaces), seed, "search", round)
    return [
        Trial(
            first + i,
            round,
            {name: space.at(u) for (name, space), u in zip(spaces.items(), point, strict=True)},
        )
        for i, point in enumerate(points)
    ]


def zoom(spaces: dict[str, Space], ranked: list[Trial], of_round: list[Trial]) -> dict[str, Space]:
    """Smaller spaces around the best trial so far and, for choices, the best quarter of the round."""
    good = of_round[: -(-len(of_round) // KEPT_DIVISOR)]
    best = [trial.config for trial in [ranked[0], *good] if trial.succeeded]
    if not best:
        return spaces
    return {name: space.zoomed([config[name] for config in best], ZOOM) for name, space in spaces.items()}
