"""Frames: tables with named columns, such as those of pandas, polars and pyarrow.

These packages are not imported: anything with a shape and columns counts as a frame. Columns of numbers and
bools, also nullable ones without gaps, become one array; for any other column there is an error that names
it. `check_names` compares the names of columns with those of the training. Otherwise the predictions for a
frame with reordered columns would be wrong, without a message.
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
    "first_non_number",
    "frame_numbers",
    "is_frame",
    "is_missing",
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
    """Labels of the columns, of any type."""
    if isinstance(frame.columns, list) and hasattr(frame, "column_names"):  # pyarrow: columns are the arrays
        return list(frame.column_names)
    return list(frame.columns)


def columns_of(frame: Any) -> list[Any]:
    """The columns."""
    if hasattr(frame, "iloc"):  # pandas: by position, as names may occur twice
        return [frame.iloc[:, j] for j in range(frame.shape[1])]
    return list(frame.get_columns() if hasattr(frame, "get_columns") else frame.columns)


def take_rows(values: Any, rows: Array) -> Any:
    """Rows of an array or of a frame, which stays a frame."""
    if not is_frame(values):
        return values[rows]
    if hasattr(values, "iloc"):
        return values.iloc[rows]
    return values.take(rows) if hasattr(values, "take") else values[rows]


# ------------------------------------------------------------------------------ names


def column_names(frame: Any, name: str) -> tuple[str, ...] | None:
    """Names of the columns if all are text; None if none is, as for numbered columns.

    scikit-learn accepts and refuses the same.
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
    """Check that a frame has the columns of the training, in the same order.

    Nothing is checked if either of them has no names.

    Raises
    ------
    ValueError
        If a column is missing, unexpected, or in another place.
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
    """Whether this marks a missing value: None, NaN, NaT, or pandas' NA.

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
        If a value is missing and not marked by NaN.
    """
    dtypes = list(frame.dtypes) if hasattr(frame, "iloc") else []
    if dtypes and all(isinstance(kind, np.dtype) and kind.kind in "iuf" for kind in dtypes):
        return np.asarray(frame)
    found = np.empty(tuple(frame.shape), dtype)
    with np.errstate(over="ignore"):  # values too large for float32 become infinite, which the caller reports
        for j, (label, column) in enumerate(zip(column_labels(frame), columns_of(frame), strict=True)):
            found[:, j] = series_numbers(f"column {label!r} of {name}", column)
    return found


def series_numbers(name: str, column: Any) -> Array:
    """The numbers of one column, which messages call `name`."""
    kind = getattr(column, "dtype", None)
    kind = getattr(column, "type", None) if kind is None else kind
    plain = getattr(kind, "numpy_dtype", None)  # of pandas' nullable dtypes
    if plain is not None and plain.kind in NUMBERS:
        gaps = np.asarray(column.isna())
        if gaps.any():
            raise missing_value(name, int(gaps.argmax()))
        return np.asarray(column.to_numpy(dtype=plain))
    values = np.asarray(column)
    if values.dtype.kind in NUMBERS and str(kind) != "category":
        return values
    advice = "encode it, say one-hot, or leave it out"
    if values.dtype.kind in "mM":
        advice = "take numbers from it, such as the days since a date"
    elif values.dtype.kind == "O":  # polars and pyarrow return bools with gaps so, too
        place = first_non_number(values)
        if place is None:
            advice = "astype(float) makes them"
        elif all(is_number(value) or is_missing(value) for value in values.tolist()):
            raise missing_value(name, place)
    raise TypeError(f"{name} has dtype {kind}, wanted numbers: {advice}")


def is_number(value: Any) -> bool:
    """Whether a value of an object array is a number and not missing."""
    return isinstance(value, (numbers.Real, np.bool_)) and not is_missing(value)


def first_non_number(values: Array) -> int | None:
    """Flat index of the first value of an object array that is not a number."""
    return next((i for i, value in enumerate(values.reshape(-1).tolist()) if not is_number(value)), None)


def missing_value(name: str, row: int) -> ValueError:
    """The error for a missing value."""
    return ValueError(f"{name} has no value at row {row}, wanted one in every row: fill it or drop the row")
