"""Models as files: a model becomes a record (a description and arrays) and back. Reading runs no code.

`files` reads and writes records; this module knows the fields of a model. The arrays in a file must have
the sizes that the description implies before anything is allocated for them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cregnet import n_moments

from .. import files
from .._support.checks import choice, integer, number, shown
from ..data.losses import LOSSES
from ..files import Header, Record
from . import initializers
from .layers import Dense, Input, Layer
from .parameters import aligned_vector
from .penalties import L0, L1, L2, Penalty, Term
from .state import KERNELS, SECOND_MOMENT, TrainingState
from .structure import Structure, check_structure

__all__ = ["Saved", "read", "save"]

KEYWORDS = ("noise", "gates", "dropout", "max_norm", "batch_norm", "penalty")  # not in the first format
LAYERS = {kind.__name__: kind for kind in (Input, Dense)}
INITIALIZERS = {type(init).__name__: type(init) for init in initializers.BY_NAME.values()}
TERMS = {kind.__name__: kind for kind in (L1, L2, L0)}
MOST_EPOCHS = 2**53  # beyond it a float, as schedules have it, is not exact
LABEL_BYTES = (
    2**26
)  # padded labels take no more, unless the longest label needs it: a small file says any width
LABEL_DTYPE = re.compile(r"[|<>](b1|[iu][1248]|f[248]|U\d{1,8}|O)")
LABEL_TYPES: dict[str, set[type]] = {
    "b": {bool},
    "i": {int},
    "u": {int},
    "f": {float},
    "U": {str},
    "T": {str},
    "O": {str, bool, int, float},
}


# ------------------------------------------------------------------------------ model <-> parts


@dataclass(frozen=True)
class Saved:
    """What a file holds of a model."""

    structure: Structure
    parameters: NDArray[Any]
    feature_names: tuple[str, ...] | None
    training_state: TrainingState | None


def describe(model: Saved) -> dict[str, Any]:
    """The model without its arrays, as what JSON can say."""
    structure, state = model.structure, model.training_state
    return {
        "layers": [describe_layer(layer) for layer in structure.layers],
        "dtype": structure.dtype.name,
        "seed": int(structure.seed),
        "loss": structure.loss,
        "classes": None if structure.classes is None else describe_classes(structure.classes),
        "feature_names": model.feature_names,
        "training": None if state is None else describe_training(state),
    }


def describe_training(state: TrainingState) -> dict[str, Any]:
    """Where the last training ended; its moments are an array of their own."""
    return {
        "optimizer": state.optimizer,
        "epoch": state.epoch,
        "learning_rate_scale": state.learning_rate_scale,
    }


def describe_layer(layer: Layer) -> dict[str, Any]:
    """Fields of a layer; an initialiser and penalties by name and numbers."""
    fields: dict[str, Any] = {
        "kind": type(layer).__name__,
        "units": layer.units,
        "penalty": None if layer.penalty is None else [describe_term(t) for t in layer.penalty.terms],
        "keep_prob": layer.keep_prob,
        "gates": layer.gates,
        "dropout": layer.dropout,
    }
    if isinstance(layer, Input):
        fields["noise"] = layer.noise
    if isinstance(layer, Dense):
        init: Any = layer.init
        if isinstance(init, initializers.Initializer):
            name = type(init).__name__
            if type(init) not in map(type, initializers.BY_NAME.values()):
                init = None  # the user's own class: its weights are kept, its code is not
            else:
                init = {"name": name, **{field: float(value) for field, value in vars(init).items()}}
        fields |= {
            "activation": layer.activation,
            "init": init,
            "max_norm": layer.max_norm,
            "batch_norm": layer.batch_norm,
        }
    return fields


def describe_term(term: Term) -> dict[str, Any]:
    """A term of a penalty by name and numbers."""
    fields = {"kind": type(term).__name__, "lam": term.lam, "scale": term.scale}
    return fields | ({"proximal": term.proximal} if isinstance(term, L1) else {})


def build_layer(fields: dict[str, Any]) -> Layer:
    """The layer that `describe_layer` described."""
    kind = choice("kind of layer", fields["kind"], LAYERS)
    given = {name: fields[name] for name in KEYWORDS if name in fields}
    if given.get("dropout") == "gaussian" and fields["keep_prob"] == 1:
        given["dropout"] = "bernoulli"  # without effect, and refused since
    if given.get("penalty") is not None:
        given["penalty"] = build_penalty(given["penalty"])
    if kind == "Input":
        return Input(fields["units"], fields["keep_prob"], **given)
    init = fields["init"]
    if isinstance(init, dict):
        numbers = {name: value for name, value in init.items() if name != "name"}
        init = INITIALIZERS[choice("init", init["name"], INITIALIZERS)](**numbers)
    return Dense(fields["units"], fields["activation"], fields["keep_prob"], init, **given)


def build_penalty(terms: Any) -> Penalty:
    """The penalty that the descriptions of its terms make."""
    if not isinstance(terms, list):
        raise TypeError(f"penalty is a {type(terms).__name__}, wanted a list of terms")
    kinds = [choice("kind of penalty", term["kind"], TERMS) for term in terms]
    return Penalty(
        tuple(
            TERMS[kind](**{name: value for name, value in term.items() if name != "kind"})
            for kind, term in zip(kinds, terms, strict=True)
        )
    )


def describe_classes(classes: NDArray[Any]) -> dict[str, Any]:
    """Class labels with their dtype; labels that JSON cannot hold are refused before anything is written."""
    values, dtype = classes.tolist(), classes.dtype
    if not all(isinstance(v, (str, bool, int, float)) for v in values):
        raise TypeError(f"classes have dtype {dtype}, wanted strings, numbers or bools to save them")
    if any(isinstance(v, float) and not isfinite(v) for v in values):
        raise ValueError("classes are not all finite, wanted finite numbers to save them")
    if dtype.kind == "T":
        return {"dtype": "StringDType()", "values": values}  # without na_object: no class is missing
    if dtype.kind == "U" and classes.nbytes > LABEL_BYTES:
        dtype = np.array(values).dtype  # as wide as the longest label
    return {"dtype": dtype.str, "values": values}


def build_classes(described: dict[str, Any]) -> NDArray[Any]:
    """The labels that `describe_classes` described, sorted."""
    values = described["values"]
    if not isinstance(values, list):
        raise TypeError(f"values of classes are a {type(values).__name__}, wanted a list")
    dtype = build_label_dtype(described["dtype"])
    good = all(type(v) in LABEL_TYPES[dtype.kind] for v in values)
    if good and dtype.kind in "iu":
        good = all(np.iinfo(dtype).min <= v <= np.iinfo(dtype).max for v in values)
    if good and dtype.kind == "U":  # nothing wide is allocated for labels that are not
        longest = 4 * max(map(len, values), default=0)
        good = len(values) * dtype.itemsize <= max(LABEL_BYTES, len(values) * longest)
    if good:
        with np.errstate(over="ignore"):
            labels = np.array(values, dtype)
        good = labels.tolist() == values  # not truncated, not rounded
    if not good:
        raise ValueError(f"classes are not labels of dtype {described['dtype']!r}")
    if not np.array_equal(np.unique(labels), labels):
        raise ValueError("classes are not sorted")
    return labels


def build_label_dtype(name: Any) -> np.dtype[Any]:
    """A dtype that labels may have, from its name; a name from a file is not evaluated by NumPy."""
    if not isinstance(name, str):
        raise TypeError(f"dtype of classes is {name!r}, wanted a name")
    if name.startswith("StringDType("):
        if not hasattr(np.dtypes, "StringDType"):
            raise ValueError("dtype of classes is NumPy's StringDType, wanted NumPy 2 to load it")
        return np.dtypes.StringDType()
    if not LABEL_DTYPE.fullmatch(name):
        raise ValueError(f"dtype of classes is {name!r}, wanted one of strings, numbers or bools")
    return np.dtype(name)


def expected_arrays(about: dict[str, Any]) -> dict[str, Header]:
    """dtypes and shapes of the arrays of a description; it is checked, and nothing large is allocated."""
    dtype, n = about["dtype"], build_structure(about)[0].plan.layout.size
    headers: dict[str, Header] = {"parameters": (dtype, (n,))}
    if about["training"] is not None:
        headers["moments"] = (dtype, (n_moments(build_training(about["training"])[0]), n))
    return headers


def build_structure(about: dict[str, Any]) -> tuple[Structure, tuple[str, ...] | None]:
    """The structure and the names of the columns that a description makes."""
    structure = check_structure(
        [build_layer(fields) for fields in about["layers"]],
        choice("dtype", about["dtype"], ("float32", "float64")),
        about["seed"],
        choice("loss", about["loss"], LOSSES),
        None if about["classes"] is None else build_classes(about["classes"]),
    )
    return structure, build_feature_names(about.get("feature_names"), structure.layers[0].units)


def build_feature_names(names: Any, n_features: int) -> tuple[str, ...] | None:
    """Names of the columns, one for each input; files from before they were kept have none."""
    if names is None:
        return None
    good = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not good or len(names) != n_features:
        raise ValueError(f"feature_names are {shown(names)}, wanted {n_features} names")
    return tuple(names)


def build_training(state: dict[str, Any]) -> tuple[str, int, float]:
    """Optimiser, epochs and scale of the learning rate that `describe_training` described."""
    return (
        choice("optimizer", state["optimizer"], KERNELS),
        integer("epoch", state["epoch"], least=0, most=MOST_EPOCHS),
        number("learning_rate_scale", state.get("learning_rate_scale", 1.0), least=0),
    )


def from_record(record: Record) -> Saved:
    """What a record holds, whose arrays have the shapes of `expected_arrays`."""
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
    row = SECOND_MOMENT.get(optimizer)
    if row is not None and (moments[row] < 0).any():
        raise ValueError(f"moments[{row}] of {optimizer!r} has a negative number, wanted means of squares")


def to_record(model: Saved) -> Record:
    """The record of a model; a model that could not be loaded again is refused.

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
    """A path with a known ending."""
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
