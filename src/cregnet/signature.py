"""Signatures of the public kernels: which arrays they have, and the conversion of arguments to such arrays.

A kernel works on aligned, C-contiguous NumPy arrays of one dtype. The compiled core tests whether its
arguments are such arrays, and calls `convert` if they are not. This module has that slow path and its error
messages. It is plain Python because it takes less space than compiled code.

A signature is written as ``"W(n_out,n_in) b(n_out,1) A_prev(n_in,m) -> Z(n_out,m)"``. Arrays before the arrow
are read; those after it are filled and returned. ``!`` marks an array that is updated in place, ``?`` one
that may be left out, ``:uint8`` a dtype other than float32 or float64. The shape ``(...)`` is any shape.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "Argument",
    "check_apart",
    "convert",
    "encode",
    "mask",
    "pair",
    "parse",
    "real_number",
    "size",
    "whole_number",
    "write_back",
]

READ, UPDATED, FILLED = range(3)
USE = {UPDATED: "it is updated", FILLED: "it is filled"}
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


class Argument(NamedTuple):
    """One array of a kernel.

    Attributes
    ----------
    name : str
    dims : tuple of str or int
        Names of sizes and fixed sizes. ``("...",)`` is any shape; the kernel then gets a vector.
    dtype : numpy.dtype or None
        None is float32 or float64, the dtype of the call.
    role : {READ, UPDATED, FILLED}
    optional : bool
        Whether None is allowed. A FILLED array may always be None and is then allocated.
    """

    name: str
    dims: tuple[str | int, ...]
    dtype: np.dtype[Any] | None
    role: int
    optional: bool


def parse(text: str) -> tuple[Argument, ...]:
    """Parse a signature.

    >>> parse("order!:int64(n) -> A(n,4)")[0]
    Argument(name='order', dims=('n',), dtype=dtype('int64'), role=1, optional=False)
    """
    found, role = [], READ
    for word in text.split():
        if word == "->":
            role = FILLED
            continue
        name, _, dims = word.rstrip(")").partition("(")
        name, _, dtype = name.partition(":")
        sizes = tuple([int(dim) if dim.isdigit() else dim for dim in dims.split(",")])
        found.append(
            Argument(
                name.rstrip("!?"),
                sizes,
                np.dtype(dtype) if dtype else None,
                UPDATED if name.endswith("!") else role,
                name.endswith("?"),
            )
        )
    return tuple(found)


Row = tuple[int, int, bool, bool, int, int, int]


def encode(text: str, given: str) -> tuple[tuple[Argument, ...], str, str, list[Row]]:
    """A signature as the core stores it; `given` names the sizes that a call passes as numbers.

    Returns
    -------
    arguments : tuple of Argument
    read, written : str
        The names of the arrays that are read, and of those that are written.
    rows : list of tuple
        For each argument: its position if those that are read come first, its role, whether it is
        optional, whether it is float32 or float64, its number of dimensions, and two sizes. A size that is
        not fixed is -1 - k, where k is its index among the named sizes; those in `given` come first.
    """
    arguments = parse(text)
    read = [argument.name for argument in arguments if argument.role == READ]
    written = [argument.name for argument in arguments if argument.role != READ]
    places, sizes, rows = read + written, given.split(), []
    for name, dims, dtype, role, optional in arguments:
        numbers = []
        for dim in dims:
            if isinstance(dim, str) and dim not in sizes:
                sizes.append(dim)
            numbers.append(dim if isinstance(dim, int) else -1 - sizes.index(dim))
        first, second = (*numbers, 0)[:2]
        rows.append((places.index(name), role, optional, dtype is None, len(dims), first, second))
    return arguments, " ".join(read), " ".join(written), rows


def convert(arguments: Sequence[Argument], arrays: list[Any], sizes: dict[str | int, int]) -> None:
    """Replace the arguments of a call by arrays that a kernel can work on, copied only if necessary.

    Parameters
    ----------
    arguments : sequence of Argument
    arrays : list
        The arguments of the call. Afterwards it is twice as long: the arrays to work on, followed by the
        caller's own arrays that are written (see `write_back`), or None.
    sizes : dict
        The sizes that the call passes as numbers.

    Raises
    ------
    TypeError, ValueError
        Names the argument, its value and what is wanted.
    """
    found = [check_given(argument, value) for argument, value in zip(arguments, arrays, strict=True)]
    real = real_dtype(arguments, found)
    for argument, value, array in zip(arguments, arrays, found, strict=True):
        if array is not None:
            check_dtype(argument, value, array, real)
            check_shape(argument, array, sizes)
    check_copies(arguments, found)
    originals: list[Any] = [None] * len(found)
    for position, (argument, value) in enumerate(zip(arguments, arrays, strict=True)):
        array, dtype = found[position], argument.dtype or real
        if argument.role == FILLED and argument.dims == ("...",) and array is None:
            value = array = np.empty(sizes["..."], dtype)
        if array is None:
            continue
        if argument.role != READ:
            originals[position] = value
        found[position] = usable(argument, array, dtype)
    arrays[:] = [*found, *originals]


def write_back(arguments: Sequence[Argument], arrays: list[Any]) -> Any:
    """Write results in copies back to the caller's arrays; return what the kernel returns."""
    n, filled = len(arguments), []
    for argument, used, original in zip(arguments, arrays[:n], arrays[n:], strict=True):
        if original is not None and not np.may_share_memory(original, used):
            original[...] = used.reshape(original.shape)
        if argument.role == FILLED:
            filled.append(used if original is None else original)
    return tuple(filled) if len(filled) > 1 else filled[0] if filled else None


def whole_number(name: str, value: Any, least: int, most: int) -> int:
    """An argument that is an integer from least to most, of any integer type.

    >>> whole_number("step", np.int8(3), 0, 9)
    3
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}, wanted a whole number") from None
    if not least <= number <= most:
        wanted = f">= {least}" if number < least and most >= 2**62 else f"from {least} to {most}"
        raise ValueError(f"{name} is {value!r}, wanted a whole number {wanted}")
    return number


def real_number(name: str, value: Any) -> float:
    """An argument that is a real number, of any type.

    >>> real_number("slope", np.float32(0.5))
    0.5
    """
    try:
        if isinstance(value, (str, bytes)):  # which float would parse
            raise TypeError
        return float(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}, wanted a number") from None
    except OverflowError:
        raise ValueError(f"{name} is too large, wanted a number below 1e308") from None


def mask(name: str, value: Any, shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    """A dropout mask as an array of bytes that a kernel can read."""
    array = np.asarray(value)
    if array.dtype not in (np.uint8, np.bool_):
        raise TypeError(f"{name} has dtype {array.dtype}, wanted uint8 or bool")
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, wanted {shape}")
    return np.ascontiguousarray(array).view(np.uint8)


def check_apart(
    name: str, array: np.ndarray[Any, Any], arguments: Sequence[Argument], arrays: Sequence[Any]
) -> None:
    """Check that an array that is only read shares no memory with one that is written."""
    for argument, written in zip(arguments, arrays, strict=False):
        if argument.role != READ and written is not None and np.may_share_memory(array, written):
            raise ValueError(
                f"{name} shares memory with {argument.name}, wanted an array of its own: "
                f"{argument.name} is written"
            )


def size(value: Any) -> int:
    """Elements of an array-like."""
    return int(np.size(value))


def pair(name: str, value: Any, wanted: str) -> tuple[Any, Any]:
    """The two elements of an argument."""
    try:
        first, second = value
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {value!r}, wanted {wanted}") from None
    return first, second


# ------------------------------------------------------------------------------ steps of convert


def check_given(argument: Argument, value: Any) -> np.ndarray[Any, Any] | None:
    """The argument as an array, or None if it is left out."""
    name = argument.name
    if argument.role != READ:
        if value is None and argument.role == FILLED:
            return None
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{name} is {describe(value)}, wanted a NumPy array: {USE[argument.role]}")
        if not value.flags.writeable:
            raise ValueError(f"{name} is read-only, wanted a writable array: {USE[argument.role]}")
        return np.asarray(value)
    if value is None and argument.optional:
        return None
    if value is None or isinstance(value, (str, bytes)):
        raise TypeError(f"{name} is {describe(value)}, wanted an array of numbers")
    try:
        return np.asarray(value)
    except (ValueError, TypeError) as error:
        raise TypeError(f"{name} is {describe(value)}, wanted an array of numbers: {error}") from None


def describe(value: Any) -> str:
    """The kind of a value, for an error message."""
    if value is None:
        return "None"
    return "a string" if isinstance(value, (str, bytes)) else f"a {type(value).__name__}"


def real_dtype(arguments: Sequence[Argument], found: Sequence[Any]) -> np.dtype[Any]:
    """The dtype of a call: that of an array that is written, else float32 if all arrays are, else float64."""
    reals = [(a, x) for a, x in zip(arguments, found, strict=True) if a.dtype is None and x is not None]
    for argument, array in reals:
        if argument.role != READ:
            dtype = native(array.dtype)
            if dtype not in (FLOAT32, FLOAT64):
                raise TypeError(f"{argument.name} has dtype {array.dtype}, wanted float32 or float64")
            return FLOAT32 if dtype == FLOAT32 else FLOAT64
    return FLOAT32 if reals and all(native(x.dtype) == FLOAT32 for _, x in reals) else FLOAT64


def native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """A dtype in the byte order of this machine."""
    return dtype.newbyteorder("=")


def check_dtype(argument: Argument, value: Any, array: np.ndarray[Any, Any], real: np.dtype[Any]) -> None:
    """Check that an array has the dtype that the kernel works in, or can be converted to it."""
    name, dtype = argument.name, native(array.dtype)
    wanted = argument.dtype or real
    if dtype == wanted:
        return
    if argument.role != READ:
        raise TypeError(f"{name} has dtype {array.dtype}, wanted {wanted}")
    if argument.dtype is None:
        if dtype.kind not in "biuf" or dtype.itemsize > 8:
            raise TypeError(f"{name} has dtype {array.dtype}, wanted float32 or float64")
        weak = not hasattr(value, "dtype")  # a list adapts to the dtype of the call
        if not weak and real == FLOAT32 and not np.can_cast(dtype, real):
            raise TypeError(f"{name} has dtype {array.dtype}, wanted float32: what is written is float32")
        return
    if (
        array.size == 0
        or (dtype.kind == "b" and wanted == np.uint8)
        or (wanted == FLOAT64 and dtype.kind in "biuf")
    ):
        return
    if dtype.kind not in "iu":
        raise TypeError(f"{name} has dtype {array.dtype}, wanted whole numbers ({wanted})")
    info = np.iinfo(wanted)
    for number in (int(array.min()), int(array.max())):
        if not info.min <= number <= info.max:
            raise ValueError(f"{name} has {number} in it, wanted {info.min} to {info.max} ({wanted})")


def check_shape(argument: Argument, array: np.ndarray[Any, Any], sizes: dict[str | int, Any]) -> None:
    """Check a shape against the sizes known so far, and add the sizes that it is the first to have."""
    dims, shape = argument.dims, array.shape
    if dims == ("...",):
        if sizes.setdefault("...", shape) != shape:
            raise ValueError(f"{argument.name} has shape {shape}, wanted {sizes['...']}")
        return
    bound = [dim if isinstance(dim, int) else sizes.get(dim) for dim in dims]
    if len(shape) != len(dims):
        names = ", ".join(str(dim if size is None else size) for dim, size in zip(dims, bound, strict=True))
        hint = f": {argument.name}.reshape(-1, 1)" if len(shape) == 1 and dims[-1] == 1 else ""
        wanted = f"({names},)" if len(dims) == 1 else f"({names})"
        raise ValueError(f"{argument.name} has shape {shape}, wanted {wanted}{hint}")
    wants = tuple(have if want is None else want for want, have in zip(bound, shape, strict=True))
    if wants != shape:
        raise ValueError(f"{argument.name} has shape {shape}, wanted {wants}")
    sizes.update(zip(dims, shape, strict=True))


def check_copies(arguments: Sequence[Argument], found: Sequence[Any]) -> None:
    """Check that an array written back from a copy shares no memory with another one that is written.

    If the kernel works on both directly, it checks them itself.
    """
    written = [(a.name, x) for a, x in zip(arguments, found, strict=True) if a.role != READ and x is not None]
    for position, (name, array) in enumerate(written):
        for other, earlier in written[:position]:
            if is_usable(array) and is_usable(earlier):
                continue
            if np.shares_memory(array, earlier):
                raise ValueError(
                    f"{name} shares memory with {other}, wanted an array of its own: it is written"
                )


def is_usable(array: np.ndarray[Any, Any]) -> bool:
    """Whether a kernel can work on an array without a copy."""
    return array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative


def usable(argument: Argument, array: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """The array, or a copy that a kernel can work on; a vector if the signature allows any shape."""
    if array.dtype == np.bool_ and dtype == np.uint8:
        array = array.view(dtype)
    if array.dtype != dtype or not is_usable(array):
        array = np.empty(array.shape, dtype) if argument.role == FILLED else np.array(array, dtype, order="C")
    elif array.dtype is not dtype:  # the core compares dtypes by identity; an equal one may have metadata
        array = array.view(dtype)
    return array.reshape(-1) if argument.dims == ("...",) else array
