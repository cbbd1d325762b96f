"""regnet: regularised feed-forward neural networks on NumPy arrays, at the speed of the CPU.

>>> import regnet as rn
>>> X, y, X_test, y_test = rn.datasets.make_football()
>>> model = rn.Model.mlp([2, 20, 3, 1], keep_prob=0.86, seed=3)
>>> history = rn.train(model, X, y, epochs=200, penalty=rn.L2(0.7))
>>> model.predict(X_test).shape
(200,)
"""

from importlib import import_module
from typing import Any

import cregnet  # noqa: F401 -- a broken extension is an ImportError here, not at the first use

__version__ = "0.1.0"

# A name's module is imported when the name is first used: `import regnet` must cost little more than NumPy.
# No module has the name of a function here: importing it would replace the function by the module.
_modules: dict[str, str] = {}


def _read_names() -> None:
    """Fill `_modules` and `__all__` from the stub, the one list of names, which type checkers read too."""
    global __all__
    stub = __spec__.loader.get_data(f"{__file__.rpartition('.')[0]}.pyi").decode()  # also from a zip archive
    imports = [line.split() for line in stub.splitlines() if line.startswith("from ")]
    names = {words[3]: words[1].removeprefix(".") for words in imports if words[-1] == words[3]}
    __all__ = sorted(names)
    _modules.update(names)  # last: other threads then find both


def __getattr__(name: str) -> Any:
    if not _modules:
        _read_names()
    if name == "__all__":
        return __all__
    if _modules.get(name):
        found = getattr(import_module(f".{_modules[name]}", __name__), name)
        globals()[name] = found
        return found
    if not name.startswith("_"):
        try:
            return import_module(f".{name}", __name__)
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":  # a module of ours that misses another
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    if not _modules:
        _read_names()
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
