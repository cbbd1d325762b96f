"""Choose the build of the core for this processor.

The core is compiled once per instruction set, into one folder each (``cregnet/_avx2`` and so on). The
baseline build runs on any processor and reports what this one supports. The fastest supported build is
then imported as ``cregnet._core``. ``CREGNET_ISA`` forces one.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.util import find_spec
from types import ModuleType

ISAS = ("baseline", "avx2", "avx512")  # slowest first


def load(isa: str) -> ModuleType:
    """Import the build of the core for one instruction set.

    Parameters
    ----------
    isa : {"baseline", "avx2", "avx512"}

    Raises
    ------
    ImportError
        If that build does not exist or this processor cannot run it.

    Examples
    --------
    >>> load("baseline")._isa_name()
    'baseline'
    """
    usable = available_isas()
    if isa not in usable:
        raise ImportError(f"instruction set {isa!r} is not usable here; usable: {', '.join(usable)}")
    return importlib.import_module(f"cregnet._{isa}._core")


def available_isas() -> tuple[str, ...]:
    """Instruction sets that were built and that this processor can run, slowest first.

    Returns
    -------
    tuple of str

    Raises
    ------
    ImportError
        If the baseline build cannot be loaded.

    Examples
    --------
    >>> available_isas()[0]
    'baseline'
    """
    try:
        supported = importlib.import_module("cregnet._baseline._core")._supported_isas()
    except ImportError as error:
        raise ImportError(
            f"the compiled core of cregnet cannot be loaded ({error}); regnet must be installed, "
            "not imported from its source folder"
        ) from error
    return tuple(isa for isa in ISAS if isa in supported and is_built(isa))


def is_built(isa: str) -> bool:
    """Whether the import system finds the build, which in an editable install is in another folder."""
    try:
        return find_spec(f"cregnet._{isa}._core") is not None
    except ModuleNotFoundError:  # its folder is missing
        return False


def select() -> ModuleType:
    """Load the build named by ``CREGNET_ISA``, or the fastest, and make it ``cregnet._core``."""
    wanted = os.environ.get("CREGNET_ISA", "")
    if wanted and wanted not in available_isas():
        raise ImportError(f"CREGNET_ISA={wanted!r} is not usable here; usable: {', '.join(available_isas())}")
    core = load(wanted or available_isas()[-1])
    sys.modules["cregnet._core"] = core
    return core
