"""Models as files: safetensors, or NumPy's npz. Neither can run code when it is read.

Both hold the parameters, the optimiser's moments of the last training, and a JSON text that
describes the model.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cregnet import n_moments

from . import initializers
from .checks import choice, integer, number, shown
from .layers import Dense, Input, Layer
from .model import Model, TrainingState
from .optimizers import KERNELS
from .penalties import L0, L1, L2, Penalty, Term

__all__ = ["load", "save"]

FORMAT = 2  # 1 has no regularisers in its layers
KEYWORDS = ("noise", "gates", "dropout", "max_norm", "batch_norm", "penalty")
TERMS = {kind.__name__: kind for kind in (L1, L2, L0)}
Arrays = dict[str, NDArray[Any]]


# ------------------------------------------------------------------------------ model <-> parts


def describe(model: Model) -> dict[str, Any]:
    """The model without its arrays, as what JSON can say."""
    state = model.training_state
    return {
        "format": FORMAT,
        "layers": [describe_layer(layer) for layer in model.layers],
        "dtype": model.dtype.name,
        "seed": model.seed,
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
    given = {name: fields[name] for name in KEYWORDS if name in fields}  # format 1 has none of them
    if given.get("dropout") == "gaussian" and fields["keep_prob"] == 1:
        given["dropout"] = "bernoulli"  # without effect, and refused since
    if given.get("penalty") is not None:
        given["penalty"] = build_penalty(given["penalty"])
    if fields["kind"] == "Input":
        return Input(fields["units"], fields["keep_prob"], **given)
    init = fields["init"]
    if isinstance(init, dict):
        kind = type(initializers.BY_NAME[init["name"].lower()])
        init = kind(**{k: v for k, v in init.items() if k != "name"})
    if fields["kind"] != "Dense":
        raise ValueError(f"unknown kind of layer {fields['kind']!r}")
    return Dense(fields["units"], fields["activation"], fields["keep_prob"], init, **given)


def build_penalty(terms: list[dict[str, Any]]) -> Penalty:
    """The penalty that the descriptions of its terms make."""
    built = [TERMS[term["kind"]](**{k: v for k, v in term.items() if k != "kind"}) for term in terms]
    return sum(built, Penalty())


def describe_classes(classes: NDArray[Any]) -> dict[str, Any]:
    """Class labels with their dtype; labels that JSON cannot hold are refused before anything is written."""
    values = classes.tolist()
    if not all(isinstance(v, (str, bool, int, float)) for v in values):
        raise TypeError(f"classes have dtype {classes.dtype}, wanted strings, numbers or bools to save them")
    return {"dtype": classes.dtype.str, "values": values}


def to_parts(model: Model) -> tuple[Arrays, str]:
    """Arrays and text of a model."""
    arrays: Arrays = {"parameters": np.asarray(model.parameters)}
    if model.training_state is not None:
        arrays["moments"] = model.training_state.moments
    return arrays, json.dumps(describe(model))


def from_parts(arrays: Arrays, text: str, path: Path) -> Model:
    """The model that the parts describe; every shape is checked."""
    try:
        about = json.loads(text)
        version = about["format"]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a regnet model: {error}") from error
    if version not in range(1, FORMAT + 1):
        raise ValueError(
            f"{path} has format {version}, wanted 1 to {FORMAT}: it needs another version of regnet"
        )
    try:
        return build_model(arrays, about)
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a regnet model: {error}") from error


def build_model(arrays: Arrays, about: dict[str, Any]) -> Model:
    """The model that a description and arrays make."""
    classes, state = about["classes"], about["training"]
    if classes is not None:
        classes = np.array(classes["values"], dtype=np.dtype(classes["dtype"]))
    model = Model(
        [build_layer(fields) for fields in about["layers"]],
        dtype=about["dtype"],
        seed=about["seed"],
        loss=about["loss"],
        classes=classes,
    )
    if classes is not None and not np.array_equal(np.asarray(model.classes), classes):
        raise ValueError("classes are not sorted")
    model.parameters[:] = checked(arrays, "parameters", model.parameters)
    model.feature_names = check_feature_names(about.get("feature_names"), model.sizes[0])
    if state is not None:
        optimizer, epoch = (
            choice("optimizer", state["optimizer"], KERNELS),
            integer("epoch", state["epoch"], least=0),
        )
        scale = number("learning_rate_scale", state.get("learning_rate_scale", 1.0), least=0)
        like = np.empty((n_moments(optimizer), model.parameters.size), model.dtype)
        model.training_state = TrainingState(optimizer, checked(arrays, "moments", like), epoch, scale)
    return model


def check_feature_names(names: Any, n_features: int) -> tuple[str, ...] | None:
    """Names of the columns, one for each input; files from before they were kept have none."""
    if names is None:
        return None
    good = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not good or len(names) != n_features:
        raise ValueError(f"feature_names are {shown(names)}, wanted {n_features} names")
    return tuple(names)


def checked(arrays: Arrays, name: str, like: NDArray[Any]) -> NDArray[Any]:
    """An array of the file, of the shape and dtype of another."""
    found = arrays[name]
    if found.shape != like.shape or found.dtype != like.dtype:
        raise ValueError(f"{name} are {found.shape} of {found.dtype}, wanted {like.shape} of {like.dtype}")
    return found


# ------------------------------------------------------------------------------ files


def safetensors_numpy() -> Any:
    """The safetensors package, or a message that says how to get it."""
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "a .safetensors file needs safetensors: pip install 'regnet[safetensors]' (or use .npz)"
        ) from None
    return safetensors


def check_path(path: str | PathLike[str]) -> Path:
    """A path with a known ending."""
    found = Path(path)
    if found.suffix not in (".safetensors", ".npz"):
        raise ValueError(f"path is {str(path)!r}, wanted a name that ends in .safetensors or .npz")
    return found


def save(model: Model, path: str | PathLike[str]) -> None:
    """Write a model to a .safetensors or .npz file.

    Parameters
    ----------
    model : Model
    path : str or path
        The ending chooses the format.

    Raises
    ------
    ValueError
        If the name ends otherwise.
    ImportError
        If it ends in .safetensors and that package is missing.

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
    arrays, text = to_parts(model)
    if found.suffix == ".safetensors":
        content = safetensors_numpy().numpy.save(arrays, metadata={"regnet": text})
        found.write_bytes(content)
    else:
        with open(found, "wb") as file:
            np.savez(file, regnet=np.array(text), **arrays)  # type: ignore[arg-type]


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
        If the file is not a regnet model, or its name ends in something else.
    ImportError
        If it is a .safetensors file and that package is missing.
    FileNotFoundError
        If there is no such file.
    """
    found = check_path(path)
    if not found.exists():
        raise FileNotFoundError(f"there is no file {str(found)!r}")
    if found.suffix == ".safetensors":
        arrays, text = read_safetensors(found)
    else:
        arrays, text = read_npz(found)
    return from_parts(arrays, text, found)


def read_safetensors(path: Path) -> tuple[Arrays, str]:
    """Arrays and text of a .safetensors file."""
    package = safetensors_numpy()
    try:
        with package.safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get("regnet", "")
            return {name: file.get_tensor(name) for name in file.keys()}, text  # noqa: SIM118
    except package.SafetensorError as error:
        raise ValueError(f"{path} is not a safetensors file: {error}") from error


def read_npz(path: Path) -> tuple[Arrays, str]:
    """Arrays and text of an .npz file; pickled objects are refused."""
    try:
        # opened here: NumPy leaves its file open when the content is not a zip archive
        with open(path, "rb") as content, np.load(content, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    # TypeError, AttributeError: a single array, which is no context manager (before Python 3.11 the latter)
    except (
        ValueError,
        TypeError,
        AttributeError,
        OSError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ValueError(f"{path} is not an .npz file that regnet wrote: {error}") from error
    return arrays, str(arrays.pop("regnet", ""))
