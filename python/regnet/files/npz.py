"""NumPy's npz archives, read member by member: headers before data, and only members that are wanted.

Only members as `write` makes them are read: stored and not compressed, so that a small file cannot expand to
a large array; with a header as NumPy writes it, which is matched by a regular expression and never
evaluated; with as many bytes of data as the header implies.
"""

from __future__ import annotations

import errno
import math
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

__all__ = ["NpzReader", "open_reader", "write"]

MAGIC = b"\x93NUMPY\x01\x00"
HEADER = re.compile(
    rb"\{'descr': '([<>|])([a-zA-Z])(\d{1,18})', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n"
)
ENCRYPTED = 0x1  # among the flags of a member


def write(file: BinaryIO, texts: dict[str, str], arrays: dict[str, NDArray[Any]]) -> None:
    """Write texts and arrays; `numpy.savez` of NumPy 1 would leave its archive open after an error."""
    members = {**{name: np.array(text) for name, text in texts.items()}, **arrays}
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)


@contextmanager
def damage_as_value_error() -> Iterator[None]:
    """Raise errors of `zipfile` on damaged bytes as ValueError; errors of the disk pass."""
    try:
        yield
    except MemoryError:  # no member is longer than the file, so that the file is not at fault
        raise
    except Exception as error:
        # EINVAL: a seek to before the start of the file
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise ValueError(str(error) or type(error).__name__) from error


@contextmanager
def open_reader(file: BinaryIO) -> Iterator[NpzReader]:
    """A reader of an open file."""
    with damage_as_value_error():
        length, archive = file.seek(0, os.SEEK_END), zipfile.ZipFile(file)
    with archive:
        yield NpzReader(archive, length)


class NpzReader:
    """An open file; members are read on request."""

    def __init__(self, archive: zipfile.ZipFile, length: int) -> None:
        self.archive, self.length = archive, length

    def text(self, name: str) -> str | None:
        """The text of a name, or None if there is none."""
        if f"{name}.npy" not in self.archive.namelist():
            return None
        with damage_as_value_error(), self.member(name) as (order, kind, _, shape, data):
            if kind != "U" or shape != ():
                raise ValueError(f"{name} is an array of {kind!r}, wanted a text")
            return data.read().decode("utf-32-be" if order == ">" else "utf-32-le")

    def header(self, name: str) -> tuple[str, tuple[int, ...]]:
        """The dtype and the shape of an array, without its data."""
        with damage_as_value_error(), self.member(name) as (_, kind, size, shape, _data):
            return {"f4": "float32", "f8": "float64"}.get(f"{kind}{size}", f"{kind}{size}"), shape

    def array(self, name: str) -> NDArray[Any]:
        """An array."""
        with damage_as_value_error(), self.member(name) as (order, kind, size, shape, data):
            return np.frombuffer(data.read(), f"{order}{kind}{size}").reshape(shape)

    @contextmanager
    def member(self, name: str) -> Iterator[tuple[str, str, int, tuple[int, ...], Any]]:
        """Byte order, kind, size and shape of a member, and a file positioned at its data."""
        if f"{name}.npy" not in self.archive.namelist():
            raise ValueError(f"it has no {name}")
        about = self.archive.getinfo(f"{name}.npy")
        if about.compress_type != zipfile.ZIP_STORED or about.flag_bits & ENCRYPTED:
            raise ValueError(f"{name} is compressed or encrypted, wanted it stored")
        if not about.file_size == about.compress_size <= self.length:
            raise ValueError(f"{name} is longer than the file")
        with self.archive.open(about) as data:
            start = data.read(10)
            n = int.from_bytes(start[8:], "little")
            header = HEADER.fullmatch(data.read(n))
            if start[:8] != MAGIC or header is None:
                raise ValueError(f"{name} is not an array that regnet wrote")
            order, kind = header[1].decode(), header[2].decode()
            shape = tuple(int(n) for n in header[4].split(b",") if n.strip())
            size = int(header[3])
            n_bytes = (4 if kind == "U" else 1) * size * math.prod(shape)
            if n_bytes != about.file_size - 10 - n:
                raise ValueError(f"{name} has {about.file_size - 10 - n} bytes of data, wanted {n_bytes}")
            yield order, kind, size, shape, data
