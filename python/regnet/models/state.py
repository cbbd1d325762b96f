"""What a model keeps of its last training, so that a later one can go on from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

__all__ = ["KERNELS", "SECOND_MOMENT", "TrainingState"]

# the optimisers by the names of their kernels
KERNELS = ("gradient_descent", "momentum", "momentum_velocity", "nesterov", "rmsprop", "adam", "adamw")
# row of the moments that holds means of squares, which are never negative
SECOND_MOMENT = {"rmsprop": 0, "adam": 1, "adamw": 1}


@dataclass
class TrainingState:
    """What training needs to go on where it stopped: see ``train(..., resume=True)``."""

    optimizer: str
    moments: NDArray[Any]
    epoch: int
    learning_rate_scale: float = 1.0
