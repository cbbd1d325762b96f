"""Records on disk: a description and named arrays, in safetensors or NumPy's npz. No model is needed here.

`record` says what a file holds, its format and its digest, and has `read` and `write`; `npz` and
`safetensors` are the two kinds; `replace` writes a file beside its target and moves it into its place.
"""

from .record import FORMAT, Header, Record, check_headers, read, write

__all__ = ["FORMAT", "Header", "Record", "check_headers", "read", "write"]
