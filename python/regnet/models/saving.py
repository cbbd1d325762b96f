"""Models as files: a model becomes a record (a description and arrays) and back. Reading runs no code.

`files` reads and writes records; this module knows the fields of a model. The arrays in a file must have
the sizes that the description implies before anything is allocated for them.
"""

from __future__ import annotations

import json
import re
import warnings
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
from .model import Model
from .parameters import aligned_vector
from .penalties import L0, L1, L2, Penalty, Term
from .state import KERNELS, SECOND_MOMENT, TrainingState

__all__ = ["load", "save"]

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


def describe(model: Model) -> dict[str, Any]:
    """The model without its arrays, as what JSON can say."""
    state = model.training_state
    return {
        "layers": [describe_layer(layer) for layer in model.layers],
        "dtype": model.dtype.name,
        "seed": int(model.seed),
        "loss": model.loss,
        "classes": None if model.classes is None else describe_classes(model.classes),
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
    dtype, n = about["dtype"], build_structure(about).layout.size
    headers: dict[str, Header] = {"parameters": (dtype, (n,))}
    if about["training"] is not None:
        headers["moments"] = (dtype, (n_moments(build_training(about["training"])[0]), n))
    return headers


def build_structure(about: dict[str, Any]) -> Model:
    """The model that a description makes, without parameters."""
    model = Model._without_parameters(
        [build_layer(fields) for fields in about["layers"]],
        dtype=choice("dtype", about["dtype"], ("float32", "float64")),
        seed=about["seed"],
        loss=choice("loss", about["loss"], LOSSES),
        classes=None if about["classes"] is None else build_classes(about["classes"]),
    )
    model.feature_names = build_feature_names(about.get("feature_names"), model.sizes[0])
    return model


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


def build_model(record: Record) -> Model:
    """The model that a record makes, whose arrays have the shapes of `expected_arrays`."""
    model = build_structure(record.about)
    model.parameters = aligned_vector(model.layout.size, model.dtype)
    model.parameters[:] = record.arrays["parameters"]
    if record.about["training"] is not None:
        optimizer, epoch, scale = build_training(record.about["training"])
        moments = record.arrays["moments"].astype(model.dtype)
        check_moments(optimizer, moments)
        model.training_state = TrainingState(optimizer, moments, epoch, scale)
    return model


def check_moments(optimizer: str, moments: NDArray[Any]) -> None:
    """Means of squares are not negative; they may be infinite, after steps that diverged."""
    row = SECOND_MOMENT.get(optimizer)
    if row is not None and (moments[row] < 0).any():
        raise ValueError(f"moments[{row}] of {optimizer!r} has a negative number, wanted means of squares")


def to_record(model: Model) -> Record:
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


def save(model: Model, path: str | PathLike[str]) -> None:
    """Write a model to a .safetensors or .npz file; an earlier file is replaced whole or not at all.

    The model goes to a new file in the same folder, which takes the place of the earlier one when it
    is on the disk: if the process is killed or the disk is full, the earlier file is as it was. The
    folder has to be one in which a new file can be created. A symbolic link stays one, and its target
    is replaced; the mode of the file is kept.

    Parameters
    ----------
    model : Model
    path : str or path
        The ending chooses the format.

    Raises
    ------
    ValueError, TypeError
        If the name ends otherwise, or the model has something that a file cannot hold, such as dates
        as class labels, or layers and penalties that are not regnet's.
    ImportError
        If it ends in .safetensors and that package is missing.
    OSError
        If the file cannot be written: no such folder, no permission, no space.

    Notes
    -----
    The file holds a SHA-256 digest of all that it says, which `load` checks. A process that is killed
    in the midst of saving leaves a hidden file ``.net.npz.<16 digits>.tmp`` beside ``net.npz``, which
    may be deleted.

    Examples
    --------
    >>> import tempfile, os
    >>> model = Model.mlp([2, 3, 1], seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, os.path.join(folder, "net.npz"))
    ...     same = load(os.path.join(folder, "net.npz"))
    >>> bool((same.parameters == model.parameters).all())
    True
    """
    found = check_path(path)
    files.write(found, to_record(model))


def load(path: str | PathLike[str]) -> Model:
    """Read a model that `save` wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Model
        Predicts the same bits, and can go on training with ``train(..., resume=True)``.

    Raises
    ------
    ValueError
        If the file is not a regnet model or is damaged, with its name and the reason, or if its name
        ends in something else.
    ImportError
        If it is a .safetensors file and that package is missing.
    FileNotFoundError, OSError
        If there is no such file, or it cannot be read.

    Warns
    -----
    UserWarning
        If the file has no digest, since an earlier version of regnet wrote it: damage to it may go
        unnoticed. Save the model again.
    """
    found = check_path(path)
    if not found.exists():
        raise FileNotFoundError(f"there is no file {str(found)!r}")
    try:
        record = files.read(found, expected_arrays)
        model = build_model(record)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else error
        raise ValueError(f"{found} is not a regnet model or is damaged: {reason}") from error
    if not record.protected:
        message = f"{found} has no digest, damage to it may go unnoticed: save the model again"
        warnings.warn(message, UserWarning, stacklevel=2)
    return model
