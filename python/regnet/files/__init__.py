"""Records on disk: a description and named arrays, in safetensors or NumPy's npz, independent of models.

`record` defines the content of a file and its digest, and has `read` and `write`; `npz` and `safetensors`
are the two formats; `replace` writes a temporary file and renames it to its target.
"""

from .record import FORMAT, Header, Record, check_headers, read, write

__all__ = ["FORMAT", "Header", "Record", "check_headers", "read", "write"]
