"""Models as files: a model becomes a record (a description and arrays) and back. Reading runs no code.

`files` reads and writes records; this module and descriptions.py define the fields of a model. Arrays are
allocated only after their sizes in the file were compared with those that the description implies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cregnet import Plan, n_moments
from cregnet.spec import OPTIMIZERS

from .. import files
from .._support.checks import choice, integer, number, shown
from ..data.losses import Loss
from ..files import Header, Record
from .descriptions import build_classes, build_layer, describe_classes, describe_layer
from .parameters import aligned_vector
from .state import TrainingState
from .structure import DTYPES, Structure, check_structure

__all__ = ["Saved", "read", "save"]

MOST_EPOCHS = 2**53  # floats, which schedules use, are exact up to here


# ------------------------------------------------------------------------------ model <-> parts


@dataclass(frozen=True)
class Saved:
    """What a file holds of a model."""

    structure: Structure
    parameters: NDArray[Any]
    feature_names: tuple[str, ...] | None
    training_state: TrainingState | None


def describe(model: Saved) -> dict[str, Any]:
    """The model without its arrays, as what JSON can hold."""
    structure, state = model.structure, model.training_state
    return {
        "layers": [describe_layer(layer) for layer in structure.layers],
        "dtype": structure.dtype.name,
        **describe_compute_dtype(structure.plan),
        "seed": int(structure.seed),
        "loss": structure.loss.name,
        **describe_options(structure.loss),
        "classes": None if structure.classes is None else describe_classes(structure.classes),
        "feature_names": model.feature_names,
        "training": None if state is None else describe_training(state),
    }


def describe_compute_dtype(plan: Plan) -> dict[str, Any]:
    """A field for a model of mixed precision; earlier files have none."""
    return {} if plan.compute_dtype is None else {"compute_dtype": plan.compute_dtype}


def describe_options(loss: Loss) -> dict[str, Any]:
    """A field for the options of a loss that has some."""
    return {"loss_options": loss.options} if loss.options else {}


def build_loss(about: dict[str, Any]) -> Loss:
    """The loss of a description; without options it has its defaults."""
    options = about.get("loss_options", {})
    if not isinstance(options, dict):
        raise TypeError(f"loss_options is a {type(options).__name__}, wanted an object")
    return Loss(about["loss"], **options)


def describe_training(state: TrainingState) -> dict[str, Any]:
    """Where the last training ended; its moments are saved as an array."""
    return {
        "optimizer": state.optimizer,
        "epoch": state.epoch,
        "learning_rate_scale": state.learning_rate_scale,
    }


def expected_arrays(about: dict[str, Any]) -> dict[str, Header]:
    """dtypes and shapes of the arrays of a description, which is checked; nothing large is allocated."""
    dtype, n = about["dtype"], build_structure(about)[0].plan.layout.size
    headers: dict[str, Header] = {"parameters": (dtype, (n,))}
    if about["training"] is not None:
        headers["moments"] = (dtype, (n_moments(build_training(about["training"])[0]), n))
    return headers


def build_structure(about: dict[str, Any]) -> tuple[Structure, tuple[str, ...] | None]:
    """The structure and the names of the columns in a description."""
    structure = check_structure(
        [build_layer(fields) for fields in about["layers"]],
        choice("dtype", about["dtype"], DTYPES),
        about["seed"],
        build_loss(about),
        None if about["classes"] is None else build_classes(about["classes"]),
        about.get("compute_dtype"),
    )
    return structure, build_feature_names(about.get("feature_names"), structure.layers[0].units)


def build_feature_names(names: Any, n_features: int) -> tuple[str, ...] | None:
    """Names of the columns, one for each input; earlier files have none."""
    if names is None:
        return None
    good = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not good or len(names) != n_features:
        raise ValueError(f"feature_names are {shown(names)}, wanted {n_features} names")
    return tuple(names)


def build_training(state: dict[str, Any]) -> tuple[str, int, float]:
    """Optimiser, epochs and scale of the learning rate in a description by `describe_training`."""
    return (
        choice("optimizer", state["optimizer"], OPTIMIZERS),
        integer("epoch", state["epoch"], least=0, most=MOST_EPOCHS),
        number("learning_rate_scale", state.get("learning_rate_scale", 1.0), least=0),
    )


def from_record(record: Record) -> Saved:
    """The content of a record; its arrays have the shapes of `expected_arrays`."""
    structure, names = build_structure(record.about)
    parameters = aligned_vector(structure.plan.layout.size, structure.dtype)
    parameters[:] = record.arrays["parameters"]
    state = None
    if record.about["training"] is not None:
        optimizer, epoch, scale = build_training(record.about["training"])
        moments = record.arrays["moments"].astype(structure.dtype)
        check_moments(optimizer, moments)
        state = TrainingState(optimizer, moments, epoch, scale)
    return Saved(structure, parameters, names, state)


def check_moments(optimizer: str, moments: NDArray[Any]) -> None:
    """Means of squares are not negative; they may be infinite, after steps that diverged."""
    for row, name in enumerate(OPTIMIZERS[optimizer].moments):
        if name == "S" and (moments[row] < 0).any():
            raise ValueError(
                f"moments[{row}] of {optimizer!r} has a negative number, wanted means of squares"
            )


def to_record(model: Saved) -> Record:
    """The record of a model; a model that could not be loaded again is an error.

    Raises
    ------
    ValueError, TypeError
        If the model has layers, penalties, labels or arrays that a file cannot hold.
    """
    arrays = {"parameters": np.asarray(model.parameters)}
    about = describe(model)
    if model.training_state is not None:
        arrays["moments"] = model.training_state.moments
        check_moments(model.training_state.optimizer, arrays["moments"])
    wanted = expected_arrays(json.loads(json.dumps(about)))
    files.check_headers({name: (a.dtype.name, a.shape) for name, a in arrays.items()}, wanted)
    return Record(about, arrays)


# ------------------------------------------------------------------------------ files


def check_path(path: str | PathLike[str]) -> Path:
    """A path with a known suffix."""
    found = Path(path)
    if found.suffix not in (".safetensors", ".npz"):
        raise ValueError(f"path is {str(path)!r}, wanted a name that ends in .safetensors or .npz")
    return found


def save(model: Saved, path: str | PathLike[str]) -> None:
    """`Model.save`, of what a file holds of it."""
    found = check_path(path)
    files.write(found, to_record(model))


def read(path: str | PathLike[str]) -> tuple[Saved, bool]:
    """What a file holds of a model, and whether a digest protects it; see `load` for what is raised."""
    found = check_path(path)
    if not found.exists():
        raise FileNotFoundError(f"there is no file {str(found)!r}")
    try:
        record = files.read(found, expected_arrays)
        return from_record(record), record.protected
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else error
        raise ValueError(f"{found} is not a regnet model or is damaged: {reason}") from error
