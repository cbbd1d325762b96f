"""Training: the loop and what it is made of."""

from .loop import DivergenceWarning, Training, train

__all__ = ["DivergenceWarning", "Training", "train"]
