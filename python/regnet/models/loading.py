"""`load`: a model from a file. It stands above the model, which it makes of what the file holds."""

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
        Predicts the same bits, and can go on training with ``train(..., resume=True)``.

    Raises
    ------
    ValueError
        If the file is not a regnet model or is damaged, with its name and the reason, or if its name
        ends in something else.
    ImportError
        If it is a .safetensors file and that package is missing.
    FileNotFoundError, OSError
        If there is no such file, or it cannot be read.

    Warns
    -----
    UserWarning
        If the file has no digest, since an earlier version of regnet wrote it: damage to it may go
        unnoticed. Save the model again.
    """
    saved, protected = read(path)
    model = Model._from_saved(saved)
    if not protected:
        message = f"{Path(path)} has no digest, damage to it may go unnoticed: save the model again"
        warnings.warn(message, UserWarning, stacklevel=2)
    return model
