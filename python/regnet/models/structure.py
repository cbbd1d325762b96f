"""The structure of a model: everything but its parameters, checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cregnet import Plan
from cregnet.spec import LossName

from .. import data
from .._support.checks import choice, shown
from .._support.randomness import check_seed
from ..data.losses import Loss, predicts_classes
from .layers import Dense, Input, Layer
from .losses import resolve_loss

__all__ = ["DTYPES", "ComputeDType", "DType", "Structure", "check_dtype", "check_structure"]

Array = NDArray[Any]
DTypeName = Literal["float32", "float64"]
ComputeDType = Literal["float32", "float64", "bfloat16"]
DTYPES: tuple[DTypeName, ...] = get_args(DTypeName)
DType = DTypeName | np.dtype[Any] | type[np.float32] | type[np.float64] | type[float]


@dataclass(frozen=True)
class Structure:
    """A model without its parameters; `plan` is what the kernels read, without penalties."""

    layers: tuple[Layer, ...]
    dtype: np.dtype[Any]
    seed: int
    loss: Loss
    plan: Plan
    classes: Array | None


def check_structure(
    layers: Sequence[Layer],
    dtype: Any,
    seed: int,
    loss: Loss | LossName | None,
    classes: ArrayLike | None,
    compute_dtype: Any = None,
) -> Structure:
    """The arguments of `Model`, checked."""
    found, dtype, seed = check_layers(layers), check_dtype(dtype), check_seed(seed)
    compute_dtype = check_compute_dtype(compute_dtype, dtype)
    output = found[-1]
    resolved = resolve_loss(loss, output.activation, output.units)
    plan = plan_layers(found, resolved, seed, compute_dtype)
    labels = None if classes is None else check_classes(classes, resolved, output.units)
    return Structure(found, dtype, seed, resolved, plan, labels)


def plan_layers(layers: Sequence[Layer], loss: Loss, seed: int, compute_dtype: ComputeDType | None) -> Plan:
    """The layers as a plan for the kernels, without penalties."""
    inputs, sources = layers[0], layers[:-1]
    dense = [layer for layer in layers if isinstance(layer, Dense)]
    assert isinstance(inputs, Input)
    return Plan(
        tuple(layer.units for layer in layers),
        tuple(layer.activation for layer in dense),
        loss.name,
        tuple(layer.keep_prob for layer in sources),
        (0.0,) * len(dense),
        (0.0,) * len(dense),
        seed=seed,
        max_norm=tuple(layer.max_norm or 0.0 for layer in dense),
        gaussian=tuple(layer.dropout == "gaussian" for layer in sources),
        noise=inputs.noise,
        batch_norm=tuple(layer.batch_norm for layer in dense),
        gates=tuple(layer.gates for layer in sources),
        loss_options=loss.values,
        compute_dtype=compute_dtype,
    )


def check_dtype(dtype: Any) -> np.dtype[Any]:
    """float32 or float64."""
    try:
        name = None if dtype is None else np.dtype(dtype).name
    except TypeError:
        name = dtype
    return np.dtype(choice("dtype", name, DTYPES))


def check_compute_dtype(compute_dtype: Any, dtype: np.dtype[Any]) -> ComputeDType | None:
    """None for the dtype of the parameters; "bfloat16" is for parameters of float32."""
    if compute_dtype is None or compute_dtype == dtype.name:
        return None
    if compute_dtype == "bfloat16" and dtype == np.float32:
        return "bfloat16"
    also = " or 'bfloat16'" if dtype == np.float32 else "; 'bfloat16' is for dtype float32"
    raise ValueError(
        f"compute_dtype is {shown(compute_dtype)} with dtype {dtype}, wanted None, {dtype.name!r}{also}"
    )


def check_layers(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """One Input, then at least one Dense, the last without dropout, batch norm and gates."""
    if not isinstance(layers, Iterable):
        raise TypeError(f"layers is {shown(layers)}, wanted a sequence: Input(...), Dense(...), ...")
    found = tuple(layers)
    if len(found) < 2 or not isinstance(found[0], Input):
        raise ValueError(
            f"layers is {shown(list(found))}, wanted Input(...) and then at least one Dense(...)"
        )
    for number, layer in enumerate(found[1:], start=1):
        if not isinstance(layer, Dense):
            raise TypeError(f"layers[{number}] is {shown(layer)}, wanted Dense(...)")
    if found[-1].keep_prob < 1:
        raise ValueError(
            f"keep_prob of the output layer is {found[-1].keep_prob}, wanted 1: outputs are not dropped"
        )
    for name, wanted in (("batch_norm", "hidden layers"), ("gates", "hidden layers and the input")):
        if getattr(found[-1], name):
            raise ValueError(f"{name} of the output layer is True, wanted False: it is for {wanted}")
    return (*found[:-1], replace(found[-1]))


def check_classes(classes: ArrayLike, loss: Loss, n_outputs: int) -> Array:
    """The class labels, sorted: as many as the output can distinguish."""
    if not predicts_classes(loss.name):
        raise ValueError(f"classes is given but the loss is {loss.name!r}, wanted a cross-entropy")
    labels = data.target_array("classes", classes).reshape(-1)
    data.check_present("classes", labels, "entry")
    try:
        found = np.unique(labels)
    except TypeError:
        raise TypeError("classes mixes labels that cannot be sorted, wanted labels of one type") from None
    wanted = max(n_outputs, 2)
    if found.size != wanted:
        raise ValueError(f"classes has {found.size} different labels, wanted {wanted} as the model's output")
    return found
