"""Training: the loop and what it is made of."""

from .loop import DivergenceWarning, train
from .state import Training

__all__ = ["DivergenceWarning", "Training", "train"]
