"""The public functions of the core on top of each build of the kernels, in one process.

`cregnet._core` takes its kernels from `cregnet._kernels` when it is imported, so each build needs a module of
its own. An extension is loaded once from a file, so that module comes from a copy of the file.
"""

import atexit
import shutil
import sys
import tempfile
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import cregnet
import cregnet._isa

# The first instruction set of each folder. Others in the same folder differ from it in mixed precision alone.
BUILDS = tuple({cregnet._isa.FOLDERS[isa]: isa for isa in reversed(cregnet.available_isas())}.values())[::-1]


@cache
def load_core(isa: str) -> ModuleType:
    """`cregnet._core`, or a copy of it, with the kernels for an instruction set."""
    kernels = cregnet._isa.load(isa)
    if isa == cregnet.isa():
        return cregnet._core
    folder = tempfile.mkdtemp(prefix=f"cregnet-{isa}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # Windows keeps the file of a loaded extension
    path = shutil.copy(cregnet._core.__file__, Path(folder))
    name = "cregnet._core"
    spec = spec_from_file_location(name, path, loader=ExtensionFileLoader(name, str(path)))
    selected = sys.modules["cregnet._kernels"]
    sys.modules["cregnet._kernels"] = kernels
    try:
        core = module_from_spec(spec)
        spec.loader.exec_module(core)
        core._use_bfloat16_instructions(isa == "avx512bf16")
    finally:
        sys.modules["cregnet._kernels"] = selected
    return core
