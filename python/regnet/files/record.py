"""What a file holds: a description, arrays, and a digest of both.

    regnet       the description, a JSON text; its "format" says how to read it
    sha256       the digest of the description and of each array's name, dtype, shape and bytes
    parameters   and any other array

Format 1 has no regularisers in its layers, formats 1 and 2 have no digest. Format 3 without a digest and
an earlier format with one are refused, so that no flipped bit turns a protected file into an unprotected one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._support.checks import integer
from . import npz, safetensors
from .replace import replacing

__all__ = ["FORMAT", "Header", "Record", "check_headers", "digest", "read", "write"]

FORMAT = 3
FIRST_WITH_DIGEST = 3
FORMATS: dict[str, Any] = {".npz": npz, ".safetensors": safetensors}

Arrays = dict[str, NDArray[Any]]
Header = tuple[str, tuple[int, ...]]  # dtype and shape


class Record(NamedTuple):
    """A description and arrays.

    Attributes
    ----------
    about : dict
        Values that JSON can hold. `write` adds "format", `read` removes it.
    arrays : dict of float32 or float64 arrays
    protected : bool
        Whether it comes from a file with a digest.
    """

    about: dict[str, Any]
    arrays: Arrays
    protected: bool = True


def write(path: Path, record: Record) -> None:
    """Write a record to a file, replacing an earlier one; the suffix chooses the format.

    Raises
    ------
    ImportError
        If it ends in .safetensors and that package is missing.
    OSError, ValueError
        As `replacing`; if the description has NaN or infinities, which JSON does not have.
    """
    if path.suffix == ".safetensors":
        safetensors.package()  # an ImportError before anything is written
    text = json.dumps({"format": FORMAT, **record.about}, allow_nan=False)
    # copies: a training in another thread could change an array after its digest was computed
    arrays = {name: np.array(a, a.dtype.newbyteorder("<"), order="C") for name, a in record.arrays.items()}
    texts = {"regnet": text, "sha256": digest(text, arrays)}
    with replacing(path) as file:
        FORMATS[path.suffix].write(file, texts, arrays)


def read(path: Path, expected: Callable[[dict[str, Any]], dict[str, Header]]) -> Record:
    """Read a record: sizes are compared before arrays are allocated, the digest before they are returned.

    Parameters
    ----------
    path : Path
    expected : function
        Returns the dtype and shape of each array that a description implies; others are not read.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the file is damaged, or `expected` raises it.
    OSError
        If it cannot be opened or read.
    ImportError
        If it ends in .safetensors and that package is missing.
    """
    with open(path, "rb") as file, FORMATS[path.suffix].open_reader(file) as reader:
        text, found = reader.text("regnet"), reader.text("sha256")
        if text is None:
            raise ValueError("it has no description")
        about = parse(text)
        check_format(about.pop("format"), found)
        wanted = expected(about)
        check_headers({name: reader.header(name) for name in wanted}, wanted)
        arrays = {name: reader.array(name) for name in wanted}
    if found is not None and found != digest(text, arrays):
        raise ValueError("its content does not have the SHA-256 digest that was saved with it")
    return Record(about, arrays, protected=found is not None)


def parse(text: str) -> dict[str, Any]:
    """A description from its text."""
    try:
        about = json.loads(text, parse_constant=refuse_constant)
    except RecursionError:
        raise ValueError("its description is nested too deeply") from None
    if not isinstance(about, dict):
        raise ValueError(f"its description is a {type(about).__name__}, wanted an object")
    return about


def refuse_constant(name: str) -> None:
    """JSON does not have NaN and infinities, but Python's reader accepts them."""
    raise ValueError(f"its description has the number {name}")


def check_format(version: Any, found: str | None) -> None:
    """Check that the format is known, and that there is a digest if and only if it has one."""
    version = integer("format", version, least=1)
    if version > FORMAT:
        raise ValueError(f"format is {version}, wanted 1 to {FORMAT}: it needs a later version of regnet")
    if (found is not None) != (version >= FIRST_WITH_DIGEST):
        raise ValueError(f"format is {version} and there is {'no' if found is None else 'a'} digest")


def check_headers(found: dict[str, Header], wanted: dict[str, Header]) -> None:
    """Check dtypes and shapes."""
    for name, (dtype, shape) in wanted.items():
        if found[name] != (dtype, shape):
            raise ValueError(f"{name} are {found[name][1]} of {found[name][0]}, wanted {shape} of {dtype}")


def digest(text: str, arrays: Arrays) -> str:
    """SHA-256 of a description and arrays, the same on every machine."""
    headers = [(name, arrays[name].dtype.name, arrays[name].shape) for name in sorted(arrays)]
    found = hashlib.sha256(json.dumps([text, headers]).encode())
    for name in sorted(arrays):
        array = arrays[name].astype(arrays[name].dtype.newbyteorder("<"), order="C", copy=False)
        found.update(array.reshape(-1).data)
    return found.hexdigest()
