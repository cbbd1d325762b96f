"""`load`: a model from a file."""

from __future__ import annotations

import warnings
from os import PathLike
from pathlib import Path

from .model import Model
from .saving import read

__all__ = ["load"]


def load(path: str | PathLike[str]) -> Model:
    """Read a model that `Model.save` wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Model
        It predicts the same bits, and ``train(..., resume=True)`` can continue its training.

    Raises
    ------
    ValueError
        If the file is not a regnet model or is damaged; the message has its name and the reason. Also if
        its name has another suffix.
    ImportError
        If it is a .safetensors file and that package is missing.
    FileNotFoundError, OSError
        If there is no such file, or it cannot be read.

    Warns
    -----
    UserWarning
        If the file has no digest, because an earlier version of regnet wrote it: damage may go
        unnoticed. Save the model again.
    """
    saved, protected = read(path)
    model = Model._from_saved(saved)
    if not protected:
        message = f"{Path(path)} has no digest, damage to it may go unnoticed: save the model again"
        warnings.warn(message, UserWarning, stacklevel=2)
    return model
