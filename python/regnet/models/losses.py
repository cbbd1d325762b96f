"""Which loss belongs to which output, and the mean loss of outputs."""

from __future__ import annotations

from typing import Any, cast

from numpy.typing import NDArray

import cregnet
from cregnet import Plan
from cregnet.spec import LOSSES, ActivationName, LossName

from ..data.losses import Loss, as_loss

__all__ = ["default_loss", "default_output", "mean_loss", "plan_loss", "resolve_loss"]

Array = NDArray[Any]


def default_loss(output: ActivationName) -> LossName:
    """The loss that an output activation implies: the first one that is linked to it.

    >>> default_loss("softmax"), default_loss("identity")
    ('categorical_cross_entropy', 'squared_error')
    """
    linked = (name for name, row in LOSSES.items() if row.link == output)
    return cast(LossName, next(linked, "squared_error"))


def default_output(loss: Loss | LossName | None, n_outputs: int) -> ActivationName:
    """The output activation that a loss implies. Without a loss it is that of a classifier.

    >>> default_output("squared_error", 1), default_output(None, 1), default_output(None, 3)
    ('identity', 'sigmoid', 'softmax')
    """
    if loss is None:
        return "sigmoid" if n_outputs == 1 else "softmax"
    return cast(ActivationName, as_loss(loss).row.link or "identity")


def resolve_loss(loss: Loss | LossName | None, output: ActivationName, n_outputs: int) -> Loss:
    """The loss of a model, checked against the activation and the number of its outputs.

    Raises
    ------
    ValueError, TypeError
        For an unknown loss, one that does not fit the output, or a softmax over a single unit.
    """
    if output == "softmax" and n_outputs == 1:
        raise ValueError("the softmax output has 1 unit, wanted at least 2 (or sigmoid for two classes)")
    found = as_loss(default_loss(output) if loss is None else loss)
    link = found.row.link
    if link is not None and output != link:
        raise ValueError(f"loss is {found.name!r} and the output activation {output!r}, wanted {link!r}")
    return found


def plan_loss(plan: Plan) -> Loss:
    """The loss of a plan, with its options."""
    names = [option.name for option in LOSSES[plan.loss].options]
    return Loss(cast(LossName, plan.loss), **dict(zip(names, plan.loss_options, strict=True)))


def mean_loss(plan: Plan, Z: Array, Y: Array, weight: Array) -> float:
    """Sum of ``weight * loss`` over the examples.

    Parameters
    ----------
    plan : Plan
        Its loss, with its options.
    Z : array (n_outputs, n_examples)
        Logits where the loss has a link, else activations.
    Y : array (n_outputs, n_examples)
        Targets, of the dtype of Z.
    weight : array (n_examples,)
        Weights that sum to 1, for a mean.
    """
    kernel = getattr(cregnet, plan.loss)
    cost: float = kernel(Z, Y, weight, **plan_loss(plan).options)[0]
    return cost
