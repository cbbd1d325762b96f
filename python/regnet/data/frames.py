"""Frames: tables with named columns, as pandas, polars and pyarrow have them.

None of these packages is imported: a frame is what has a shape and columns. Columns of numbers and bools,
nullable ones without gaps included, become one array; of any other column the error says which it is.
`check_names` compares the names of columns with those that a training saw: without it a frame whose columns
lie in another order would be predicted without a word, and wrongly.
"""

from __future__ import annotations

import numbers
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "check_names",
    "column_names",
    "columns_of",
    "frame_numbers",
    "is_frame",
    "is_missing",
    "no_number",
    "series_numbers",
    "take_rows",
]

Array = NDArray[Any]

NUMBERS = "biuf"  # kinds of NumPy's dtypes


def is_frame(values: Any) -> bool:
    """Whether this is a table with named columns."""
    # shape first: a lazy frame of polars has none, and warns when it is asked for its columns
    return not isinstance(values, np.ndarray) and hasattr(values, "shape") and hasattr(values, "columns")


def column_labels(frame: Any) -> list[Any]:
    """What the columns are called, whatever it is."""
    if isinstance(frame.columns, list) and hasattr(frame, "column_names"):  # pyarrow: columns are the arrays
        return list(frame.column_names)
    return list(frame.columns)


def columns_of(frame: Any) -> list[Any]:
    """The columns."""
    if hasattr(frame, "iloc"):  # pandas: by position, as names may occur twice
        return [frame.iloc[:, j] for j in range(frame.shape[1])]
    return list(frame.get_columns() if hasattr(frame, "get_columns") else frame.columns)


def take_rows(values: Any, rows: Array) -> Any:
    """Some rows of an array or a frame, which stays one."""
    if not is_frame(values):
        return values[rows]
    if hasattr(values, "iloc"):
        return values.iloc[rows]
    return values.take(rows) if hasattr(values, "take") else values[rows]


# ------------------------------------------------------------------------------ names


def column_names(frame: Any, name: str) -> tuple[str, ...] | None:
    """Names of the columns where all are text; None where none is, as for numbered columns.

    scikit-learn takes and refuses the same.
    """
    found = column_labels(frame)
    kinds = sorted({type(label).__name__ for label in found if not isinstance(label, str)})
    if not kinds:
        return tuple(str(label) for label in found) or None
    if any(isinstance(label, str) for label in found):
        raise TypeError(
            f"{name} has columns named by str and by {', '.join(kinds)}, wanted all by str: "
            "X.columns = X.columns.astype(str)"
        )
    return None


def check_names(found: tuple[str, ...] | None, wanted: tuple[str, ...] | None, name: str) -> None:
    """The columns of a frame are those that a training saw, in the same order.

    What has no names is taken as it lies, and so is a frame where the training had none.

    Raises
    ------
    ValueError
        If a column is missing, unexpected, or elsewhere.
    """
    if found is None or wanted is None or found == wanted:
        return
    missing, unexpected = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    if not missing and not unexpected:
        place = next(j for j, (a, b) in enumerate(zip(found, wanted, strict=True)) if a != b)
        raise ValueError(
            f"{name} has its columns in another order: {wanted[place]!r} is column "
            f"{found.index(wanted[place])}, wanted column {place} as in training"
        )
    lacks = f"lacks {quoted(missing)}" if missing else ""
    has = f"has {quoted(unexpected)}" if unexpected else ""
    raise ValueError(f"{name} {' and '.join(filter(None, (lacks, has)))}, wanted the columns of the training")


def quoted(names: Counter[str]) -> str:
    """A few names for a message: the column 'a', the columns 'a', 'b'."""
    shown = [repr(label) for label in list(names.elements())[:5]]
    rest = f" and {names.total() - len(shown)} more" if names.total() > len(shown) else ""
    return f"the column{'s' if len(shown) > 1 else ''} {', '.join(shown)}{rest}"


# ------------------------------------------------------------------------------ numbers


def is_missing(value: Any) -> bool:
    """Whether this stands for no value: None, NaN, NaT, or pandas' NA, which equals nothing.

    >>> [is_missing(value) for value in (None, float("nan"), np.datetime64("NaT"), "", 0)]
    [True, True, True, False, False]
    """
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas' NA has no truth value, and neither has an array
        return type(value).__name__ == "NAType"


def frame_numbers(name: str, frame: Any, dtype: np.dtype[Any]) -> Array:
    """The numbers of a frame, (n_rows, n_columns); of the dtype, or as pandas joins plain columns.

    Raises
    ------
    TypeError
        If a column does not hold numbers.
    ValueError
        If a column has a gap that NaN does not stand for.
    """
    dtypes = list(frame.dtypes) if hasattr(frame, "iloc") else []
    if dtypes and all(isinstance(kind, np.dtype) and kind.kind in "iuf" for kind in dtypes):
        return np.asarray(frame)
    found = np.empty(tuple(frame.shape), dtype)
    with np.errstate(over="ignore"):  # too large for float32: infinite, and named by the caller
        for j, (label, column) in enumerate(zip(column_labels(frame), columns_of(frame), strict=True)):
            found[:, j] = series_numbers(f"column {label!r} of {name}", column)
    return found


def series_numbers(name: str, column: Any) -> Array:
    """The numbers of one column; `name` is what a message calls it."""
    kind = getattr(column, "dtype", None)
    kind = getattr(column, "type", None) if kind is None else kind
    plain = getattr(kind, "numpy_dtype", None)  # of pandas' nullable dtypes
    if plain is not None and plain.kind in NUMBERS:
        gaps = np.asarray(column.isna())
        if gaps.any():
            raise gap(name, int(gaps.argmax()))
        return np.asarray(column.to_numpy(dtype=plain))
    values = np.asarray(column)
    if values.dtype.kind in NUMBERS and str(kind) != "category":
        return values
    advice = "encode it, say one-hot, or leave it out"
    if values.dtype.kind in "mM":
        advice = "take numbers from it, such as the days since a date"
    elif values.dtype.kind == "O":  # as polars and pyarrow give bools with gaps, too
        place = no_number(values)
        if place is None:
            advice = "astype(float) makes them"
        elif all(is_number(value) or is_missing(value) for value in values.tolist()):
            raise gap(name, place)
    raise TypeError(f"{name} has dtype {kind}, wanted numbers: {advice}")


def is_number(value: Any) -> bool:
    """Whether a value of an object array is a number and no gap."""
    return isinstance(value, (numbers.Real, np.bool_)) and not is_missing(value)


def no_number(values: Array) -> int | None:
    """Place of the first value of an object array, flat, that is no number."""
    return next((i for i, value in enumerate(values.reshape(-1).tolist()) if not is_number(value)), None)


def gap(name: str, row: int) -> ValueError:
    """What to say of a missing value."""
    return ValueError(f"{name} has no value at row {row}, wanted one in every row: fill it or drop the row")
