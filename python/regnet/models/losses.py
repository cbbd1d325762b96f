"""Which loss goes with which output."""

from __future__ import annotations

from .._support.checks import choice
from ..data.losses import BINARY, CATEGORICAL, LOSSES, SQUARED, Loss
from .layers import Activation

__all__ = ["default_loss", "resolve_loss"]

# A cross-entropy is computed from the logits, so it fixes the activation of the output.
OUTPUT_OF: dict[Loss, Activation] = {BINARY: "sigmoid", CATEGORICAL: "softmax"}


def default_loss(output: Activation) -> Loss:
    """The loss that an output activation implies.

    >>> default_loss("softmax")
    'categorical_cross_entropy'
    """
    return {"sigmoid": BINARY, "softmax": CATEGORICAL}.get(output, SQUARED)


def resolve_loss(loss: Loss | None, output: Activation, n_outputs: int) -> Loss:
    """The loss of a model, checked against the activation and the number of its outputs.

    Raises
    ------
    ValueError
        For an unknown loss, one that does not fit the output, or a softmax over a single unit.
    """
    if output == "softmax" and n_outputs == 1:
        raise ValueError("the softmax output has 1 unit, wanted at least 2 (or sigmoid for two classes)")
    if loss is None:
        return default_loss(output)
    choice("loss", loss, LOSSES)
    wanted = OUTPUT_OF.get(loss)
    if wanted is not None and output != wanted:
        raise ValueError(f"loss is {loss!r} and the output activation {output!r}, wanted {wanted!r}")
    return loss
