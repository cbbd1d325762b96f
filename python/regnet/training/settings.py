"""How a step is computed: what is minimised, what bounds the gradient, and which optimiser takes the step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from cregnet import Plan
from cregnet.spec import OptimizerName

from .._support.checks import fraction, number, shown
from ..data.losses import predicts_classes
from ..models.model import Model
from ..models.penalties import Penalty, as_penalty
from .named_optimizers import as_optimizer
from .optimizers import Optimizer

__all__ = ["StepSettings", "build_plan", "check_step_settings"]


@dataclass(frozen=True)
class StepSettings:
    """The arguments of `train` that decide how one step changes the parameters; 0 is no clipping."""

    optimizer: Optimizer
    penalty: Penalty
    label_smoothing: float = 0.0
    clip_norm: float = 0.0
    clip_value: float = 0.0


def check_step_settings(
    model: Model,
    optimizer: Optimizer | OptimizerName | None,
    penalty: Penalty | None,
    label_smoothing: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
) -> StepSettings:
    """Check these arguments of `train` against each other and against the model."""
    settings = StepSettings(
        as_optimizer(optimizer),
        as_penalty(penalty),
        fraction("label_smoothing", label_smoothing, zero=True),
        0.0 if clip_norm is None else number("clip_norm", clip_norm, above=0),
        0.0 if clip_value is None else number("clip_value", clip_value, above=0),
    )
    if settings.label_smoothing and not predicts_classes(model.loss):
        raise ValueError(
            f"label_smoothing is {label_smoothing!r} and the loss is {model.loss!r}, wanted a cross-entropy"
        )
    gated = any(layer.gates and layer.penalty is None for layer in model.layers)
    if settings.penalty.on_gates and not gated:
        raise ValueError(
            f"penalty is {shown(settings.penalty)} and no layer has gates for L0 "
            "(and no penalty of its own), wanted gates=True in some layer"
        )
    return settings


def build_plan(model: Model, settings: StepSettings, n_examples: int, batch_size: int) -> Plan:
    """Combine layers, penalties and settings in one record for the core; nothing else does.

    A layer's own penalty replaces the one of the settings, for its weights and for its gates.
    """
    penalties = [settings.penalty if layer.penalty is None else layer.penalty for layer in model.layers]
    each = [penalty.coefficients(n_examples, batch_size) for penalty in penalties]
    plan = model.plan
    return with_fields(
        plan,
        l1=tuple(c.l1 for c in each[1:]),
        l2=tuple(c.l2 for c in each[1:]),
        proximal=tuple(c.proximal for c in each[1:]),
        l0=tuple(c.l0 if gated else 0.0 for c, gated in zip(each[:-1], plan.gates, strict=True)),
        optimizer=settings.optimizer.kernel,
        hyper=settings.optimizer.options,
        smoothing=settings.label_smoothing,
        clip_norm=settings.clip_norm,
        clip_value=settings.clip_value,
    )


@lru_cache(maxsize=16)  # each may hold a workspace of 4 MB
def with_fields(plan: Plan, **fields: Any) -> Plan:
    """The plan with other values of these fields.

    Plans are kept, because checking and parsing one takes a fifth of a call that trains a small model
    for one epoch.
    """
    return replace(plan, **fields)
