"""What a model keeps of its last training, so that a later one can resume it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

__all__ = ["TrainingState"]


@dataclass
class TrainingState:
    """The state that ``train(..., resume=True)`` continues from.

    Attributes
    ----------
    optimizer : str
        Name of the optimiser's kernel.
    moments : array (n_moments, n_parameters)
        Of the optimiser, in the order of its row in `cregnet.spec.OPTIMIZERS`.
    epoch : int
        Epochs completed.
    learning_rate_scale : float
        As a callback set it last.
    """

    optimizer: str
    moments: NDArray[Any]
    epoch: int
    learning_rate_scale: float = 1.0
