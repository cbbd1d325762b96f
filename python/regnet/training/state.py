"""A training in progress: what the loop shows to callbacks, and they may set."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from .._support.checks import number
from ..models.model import Model
from .history import History

__all__ = ["Training"]


@dataclass
class Training:
    """A training in progress, as callbacks see it.

    Attributes
    ----------
    model : Model
        With the current weights.
    history : History
        Curves so far.
    epoch : int
        Number of the epoch just completed, from 0.
    n_epochs : int
        Number of epochs asked for.
    has_validation : bool
        Whether there are validation curves.
    learning_rate_scale : float
        Factor on the rates of the optimiser and its schedule from the next epoch on, at least 0;
        callbacks may set it. A training that is resumed starts with it.
    base_rate : float
        The optimiser's learning rate, before schedule and scale.
    """

    model: Model
    history: History
    n_epochs: int
    has_validation: bool
    epoch: int = field(default=-1)
    learning_rate_scale: float = 1.0
    base_rate: float = math.nan

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "learning_rate_scale":
            value = number("training.learning_rate_scale", value, least=0)
        super().__setattr__(name, value)
