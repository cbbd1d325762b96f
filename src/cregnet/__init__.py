"""cregnet: the compiled core of regnet, usable on its own.

Kernels are functions on NumPy arrays with columns = examples. Their arguments are inputs, then numbers,
then outputs. Outputs are optional and always returned: one that is given is filled, otherwise a new array
is allocated. Options are keyword arguments. Float32 stays float32, everything else is computed in float64.
Aligned, C-contiguous arrays are used directly, without the GIL; other arrays, and lists, are copied.
`cregnet.reference` has the same functions in NumPy.

An output must not share memory with another argument, except where the kernel's docstring says that the two
may be the same array. Any other overlap is a ValueError.

>>> Z = dense([[1.0, -1.0]], [[0.5]], [[2.0, 3.0], [1.0, 4.0]])
>>> relu(Z)
array([[1.5, 0. ]])
>>> relu(Z, Z) is Z  # in place
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._isa import available_isas, select

_selected = select()  # before _core is imported: it takes its kernels from what was selected

from . import _core
from .docstrings import complete
from .spec import KERNELS, PURPOSES

__all__ = [
    "KERNELS",
    "PURPOSES",
    "Layout",
    "Plan",
    "available_isas",
    "isa",
    "layout",
    "n_moments",
    "parameter_slices",
    "reference",
]

# Type checkers read the twins, which have the names, arguments and types of the kernels. At run time the
# twins and `plan` are imported at their first use, to keep `import cregnet` quick: the dataclass of a plan
# takes as long to define as a build of the kernels takes to load.
if TYPE_CHECKING:
    from . import reference
    from .plan import Layout, Plan, layout, n_moments, parameter_slices
    from .reference import *
else:
    from ._core import *

    complete(vars(_core))
    _core._use_bfloat16_instructions(_selected == "avx512bf16")

    __all__ += _core.__all__

    def __getattr__(name: str) -> Any:
        if name in ("plan", "reference"):
            return import_module(f".{name}", __name__)
        if name in __all__:  # and not defined above
            globals()[name] = found = getattr(import_module(".plan", __name__), name)
            return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


def isa() -> str:
    """Name of the instruction set in use.

    Returns
    -------
    {"baseline", "avx2", "avx512", "avx512bf16"}

    Examples
    --------
    >>> isa() in available_isas()
    True
    """
    return _selected
