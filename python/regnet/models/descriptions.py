"""Layers, penalties and class labels as what JSON can hold, and back.

Everything that comes from a file is checked by what it makes; reading runs no code and allocates nothing
larger than the file.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support.checks import choice
from . import initializers
from .layers import Dense, Input, Layer
from .penalties import L1, TERMS, Penalty, Term

__all__ = ["build_classes", "build_layer", "describe_classes", "describe_layer"]

KEYWORDS = ("noise", "gates", "dropout", "max_norm", "batch_norm", "penalty")  # not in the first format
LAYERS = {kind.__name__: kind for kind in (Input, Dense)}
INITIALIZERS = {type(init).__name__: type(init) for init in initializers.BY_NAME.values()}
# Most bytes of padded labels, unless the longest one needs more: a small file can claim any width.
LABEL_BYTES = 2**26
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

# ------------------------------------------------------------------------------ layers


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
            if type(init) is not INITIALIZERS.get(name):
                init = None  # a class of the user's: its weights are saved, its code is not
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
    """The layer of a description by `describe_layer`."""
    kind = choice("kind of layer", fields["kind"], LAYERS)
    given = {name: fields[name] for name in KEYWORDS if name in fields}
    if given.get("dropout") == "gaussian" and fields["keep_prob"] == 1:
        given["dropout"] = "bernoulli"  # of an earlier version, which took it without effect
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
    """The penalty of the descriptions of its terms."""
    if not isinstance(terms, list):
        raise TypeError(f"penalty is a {type(terms).__name__}, wanted a list of terms")
    kinds = [choice("kind of penalty", term["kind"], TERMS) for term in terms]
    return Penalty(
        tuple(
            TERMS[kind](**{name: value for name, value in term.items() if name != "kind"})
            for kind, term in zip(kinds, terms, strict=True)
        )
    )


# ------------------------------------------------------------------------------ class labels


def describe_classes(classes: NDArray[Any]) -> dict[str, Any]:
    """Class labels with their dtype; labels that JSON cannot hold are an error."""
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
    """The sorted labels of a description by `describe_classes`."""
    values = described["values"]
    if not isinstance(values, list):
        raise TypeError(f"values of classes are a {type(values).__name__}, wanted a list")
    dtype = build_label_dtype(described["dtype"])
    good = all(type(v) in LABEL_TYPES[dtype.kind] for v in values)
    if good and dtype.kind in "iu":
        good = all(np.iinfo(dtype).min <= v <= np.iinfo(dtype).max for v in values)
    if good and dtype.kind == "U":  # no padding wider than the labels need
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
