"""Checks of the arguments of `train`: everything that may be wrong is found here, before any work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import data
from .._support.checks import boolean, choice, integer, shown
from .._support.interrupts import ON_INTERRUPT
from ..models.model import Model
from ..models.state import TrainingState
from .engine import BACKENDS, Engine, Examples
from .optimizers import Optimizer

if TYPE_CHECKING:
    from ..augment.compose import Compose

__all__ = [
    "Checked",
    "check_examples",
    "check_masks",
    "check_run",
    "check_state",
    "complete_examples",
    "engine_class",
]

Array = NDArray[Any]
Checked = tuple[Array, data.Targets]


def check_run(epochs: Any, backend: Any, on_interrupt: Any, progress: Any, cancel: Any) -> None:
    """Arguments that say how a training is run, not what it computes."""
    integer("epochs", epochs, least=0)
    choice("backend", backend, BACKENDS)
    choice("on_interrupt", on_interrupt, ON_INTERRUPT)
    boolean("progress", progress)
    if cancel is not None and not isinstance(cancel, Event):
        raise TypeError(f"cancel is {shown(cancel)}, wanted None or a threading.Event")


def check_examples(
    model: Model, X: ArrayLike, y: ArrayLike, validation: Any, sample_weight: ArrayLike | None
) -> tuple[Examples, Checked | None]:
    """Training data, and validation data if any; if `validation` is a share, it is split off here."""
    names = data.feature_names(X) if model.feature_names is None else model.feature_names
    X = data.check_inputs(X, model.dtype, model.sizes[0], "X", names)
    targets = model.check_targets(y, len(X))
    weight = data.check_weights(sample_weight, len(X), model.dtype)
    examples = Examples(X, targets, weight, None)
    if validation is None:
        return examples, None
    if isinstance(validation, (tuple, list)):
        if len(validation) != 2:
            raise ValueError(f"validation has {len(validation)} entries, wanted (X, y) or a share of X")
        X_held = data.check_inputs(validation[0], model.dtype, model.sizes[0], "validation X", names)
        return examples, (X_held, check_held_out(model, validation[1], len(X_held), targets.classes))
    given = y.array if isinstance(y, data.SharedTargets) else y
    labels = None if targets.classes is None else data.target_array("y", given).reshape(-1)
    held_out, kept = data.hold_out(validation, len(X), labels, model.seed)
    kept_weight = data.check_weights(weight[kept] if weight.size else None, len(kept), model.dtype)
    examples = Examples(X, targets.take(kept), kept_weight, None, rows=kept)
    if not data.is_mapped(X):  # a copy of a mapped file might not fit in memory
        examples = replace(examples, X=X[kept], rows=None)
    return examples, (X[held_out], targets.take(held_out))


def check_held_out(model: Model, y: ArrayLike, n: int, classes: Array | None) -> data.Targets:
    """Targets of the validation data, which have no classes that the training data do not have."""
    return data.check_targets(y, model.loss, model.sizes[-1], n, classes, model.dtype, "validation y")


def complete_examples(
    model: Model,
    examples: Examples,
    class_weight: Mapping[Any, float] | Literal["balanced"] | None,
    dropout_masks: Any,
    augment: Any,
    batch_size: int,
) -> Examples:
    """Add the weights of classes, the dropout masks and the augmentation to checked training data."""
    masks = check_masks(model, dropout_masks, examples.n, batch_size)
    weight = data.weigh_classes(class_weight, examples.weight, examples.targets, model.dtype)
    augment = check_augment(augment, model.sizes[0])
    return replace(examples, weight=weight, masks=masks, augment=augment)


def check_augment(augment: Any, n_features: int) -> Compose | None:
    """None, or a composition that fits the rows."""
    if augment is None:
        return None
    from ..augment.compose import Compose  # most trainings do without

    if not isinstance(augment, Compose):
        raise TypeError(f"augment is {shown(augment)}, wanted None or rn.augment.Compose([...], shape=...)")
    if augment.n_features != n_features:
        raise ValueError(
            f"augment has shape {augment.shape}, which is {augment.n_features} features, "
            f"wanted {n_features} as the model's input"
        )
    return augment


def engine_class(examples: Examples) -> type[Engine]:
    """The engine that these examples need."""
    if examples.augment is None and examples.rows is None:
        return Engine
    from .augmented import AugmentedEngine

    return AugmentedEngine


def check_masks(model: Model, masks: Any, n: int, batch_size: int) -> list[Array | None] | None:
    """Dropout masks given by the user, transposed to columns = examples."""
    if masks is None:
        return None
    if batch_size < n:
        raise ValueError(
            f"dropout_masks is given and batch_size is {batch_size}, wanted the full batch (None)"
        )
    if isinstance(masks, (str, bytes)) or not hasattr(masks, "__iter__"):
        raise TypeError(
            f"dropout_masks is {shown(masks)}, wanted None or a sequence of arrays, one per layer"
        )
    masks = list(masks)
    if len(masks) != len(model.keep_prob):
        raise ValueError(
            f"dropout_masks has {len(masks)} entries, wanted {len(model.keep_prob)}: all layers but the last"
        )
    return [check_mask(model, l, mask, n) for l, mask in enumerate(masks)]


def check_mask(model: Model, l: int, mask: Any, n: int) -> Array | None:
    """The mask of layer l, (units, n), or None."""
    if mask is None:
        return None
    array = data.as_array(f"dropout_masks[{l}]", mask)
    if array.shape != (n, model.sizes[l]):
        raise ValueError(f"dropout_masks[{l}] has shape {array.shape}, wanted ({n}, {model.sizes[l]})")
    if not np.isin(array, (0, 1)).all():
        raise ValueError(f"dropout_masks[{l}] has values other than 0 and 1")
    if model.keep_prob[l] == 1:
        raise ValueError(f"dropout_masks[{l}] is given but keep_prob of that layer is 1")
    if model.layers[l].dropout != "bernoulli":
        raise ValueError(f"dropout_masks[{l}] is given but dropout of that layer is 'gaussian'")
    return np.ascontiguousarray(array.T, np.uint8)


def check_state(model: Model, optimizer: Optimizer, resume: Any) -> TrainingState | None:
    """The state to resume from, None for a new training."""
    if not boolean("resume", resume):
        return None
    state = model.training_state
    if state is None:
        raise ValueError(
            "resume is True but the model has no training to go on from: its last one was interrupted, "
            "was averaged, was set back to earlier weights, or never was"
        )
    if state.optimizer != optimizer.kernel:
        raise ValueError(
            f"resume is True but the last training used {state.optimizer!r}, not {optimizer.kernel!r}"
        )
    return state
