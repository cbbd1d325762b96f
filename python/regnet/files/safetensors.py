"""The safetensors format, by the safetensors package: the header is checked before anything is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from numpy.typing import NDArray

__all__ = ["SafetensorsReader", "open_reader", "package", "write"]

DTYPES = {"F32": "float32", "F64": "float64"}


def package() -> Any:
    """The safetensors package; the error says how to install it."""
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "a .safetensors file needs safetensors: pip install 'regnet[safetensors]' (or use .npz)"
        ) from None
    return safetensors


def write(file: BinaryIO, texts: dict[str, str], arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays, and texts as metadata."""
    file.write(package().numpy.save(arrays, metadata=texts))


@contextmanager
def open_reader(file: BinaryIO) -> Iterator[SafetensorsReader]:
    """A reader of an open file."""
    found = package()
    try:
        with found.safe_open(file.name, framework="numpy") as content:
            yield SafetensorsReader(content)
    except found.SafetensorError as error:
        raise ValueError(str(error)) from error


class SafetensorsReader:
    """An open file; arrays are read on request."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def text(self, name: str) -> str | None:
        """The text of a name, or None if there is none."""
        found: str | None = (self.file.metadata() or {}).get(name)
        return found

    def header(self, name: str) -> tuple[str, tuple[int, ...]]:
        """The dtype and the shape of an array, without its data."""
        found = self.file.get_slice(name)
        dtype = found.get_dtype()
        return DTYPES.get(dtype, dtype), tuple(found.get_shape())

    def array(self, name: str) -> NDArray[Any]:
        """An array."""
        found: NDArray[Any] = self.file.get_tensor(name)
        return found
