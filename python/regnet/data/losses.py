"""The losses by name: they decide what targets are, and which kernel computes the cost."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["BINARY", "CATEGORICAL", "LOSSES", "SQUARED", "Loss"]

Loss = Literal["binary_cross_entropy", "categorical_cross_entropy", "squared_error"]
LOSSES: tuple[Loss, ...] = get_args(Loss)
BINARY, CATEGORICAL, SQUARED = LOSSES
