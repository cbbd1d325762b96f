"""Choose the build of the kernels for this processor.

The kernels are compiled once per instruction set, into one folder each (``cregnet/_avx2`` and so on). The
baseline build runs on any processor and reports what this one supports. The fastest supported build is
then imported as ``cregnet._kernels``, from which ``cregnet._core``, compiled once, takes its kernels.
``CREGNET_ISA`` forces one.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.util import find_spec
from types import ModuleType

# The folder with the kernels of each instruction set, slowest first. avx512bf16 has the folder of avx512: it
# holds both products.
FOLDERS = {
    "baseline": "_baseline",
    "avx2": "_avx2",
    "avx512": "_avx512",
    "avx512bf16": "_avx512",
}


def load(isa: str) -> ModuleType:
    """Import the kernels for one instruction set.

    Parameters
    ----------
    isa : {"baseline", "avx2", "avx512", "avx512bf16"}

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
    return importlib.import_module(module_name(isa))


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
        supported = importlib.import_module(module_name("baseline"))._supported_isas()
    except ImportError as error:
        raise ImportError(
            f"the compiled core of cregnet cannot be loaded ({error}); regnet must be installed, "
            "not imported from its source folder"
        ) from error
    return tuple(isa for isa in FOLDERS if isa in supported and is_built(isa))


def module_name(isa: str) -> str:
    """The name of the module with an instruction set's kernels."""
    return f"cregnet.{FOLDERS[isa]}._kernels"


def is_built(isa: str) -> bool:
    """Whether the import system finds the build, which in an editable install is in another folder."""
    try:
        return find_spec(module_name(isa)) is not None
    except ModuleNotFoundError:  # its folder is missing
        return False


def select() -> str:
    """Make the kernels named by ``CREGNET_ISA``, or the fastest, ``cregnet._kernels``; return their name."""
    usable = available_isas()
    isa = os.environ.get("CREGNET_ISA", "") or usable[-1]
    if isa not in usable:
        raise ImportError(f"CREGNET_ISA={isa!r} is not usable here; usable: {', '.join(usable)}")
    sys.modules["cregnet._kernels"] = importlib.import_module(module_name(isa))
    return isa
