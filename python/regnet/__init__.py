"""regnet: regularised feed-forward neural networks on NumPy arrays, at the speed of the CPU.

>>> import regnet as rn
>>> X, y, X_test, y_test = rn.datasets.make_football()
>>> model = rn.Model.mlp([2, 20, 3, 1], keep_prob=0.86, seed=3)
>>> history = rn.train(model, X, y, epochs=200, penalty=rn.L2(0.7))
>>> model.predict(X_test).shape
(200,)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import cregnet  # noqa: F401 -- a broken extension is an ImportError here, not at the first use

if TYPE_CHECKING:
    from . import augment, datasets
    from . import course as course
    from . import plotting as plotting
    from .data import split, standardize
    from .models.compression import Sparsity
    from .models.initializers import Glorot, He, Initializer, Normal, Xavier, Zeros
    from .models.layers import Dense, Input
    from .models.loading import load
    from .models.model import Model
    from .models.monte_carlo import MonteCarlo
    from .models.penalties import L0, L1, L2, Penalty
    from .models.prediction import Evaluation
    from .training import DivergenceWarning, Training, train
    from .training.averaging import EMA, SWA, Averaging, exponential_average
    from .training.batches import mini_batches
    from .training.callbacks import Callback, EarlyStopping, ReduceOnPlateau, TimeBudget
    from .training.diagnosis import Diagnosis, diagnose
    from .training.gradients import GradientCheck, check_gradients
    from .training.history import History
    from .training.manual import ManualControl
    from .training.many import fit_many
    from .training.optimizers import Adam, AdamW, GradientDescent, Momentum, Optimizer, RMSprop, optimizer
    from .training.schedules import (
        Cosine,
        Exponential,
        InverseSqrt,
        InverseTime,
        OneCycle,
        PowerLaw,
        Schedule,
        Staircase,
        Table,
        Warmup,
    )
    from .tuning.learning_rate import LearningRateRange, find_learning_rate
    from .tuning.results import SearchResult
    from .tuning.searching import search
    from .tuning.spaces import integers, log_uniform, one_minus_log, uniform

__version__ = "0.1.0"

__all__ = [
    "EMA",
    "L0",
    "L1",
    "L2",
    "SWA",
    "Adam",
    "AdamW",
    "Averaging",
    "Callback",
    "Cosine",
    "Dense",
    "Diagnosis",
    "DivergenceWarning",
    "EarlyStopping",
    "Evaluation",
    "Exponential",
    "Glorot",
    "GradientCheck",
    "GradientDescent",
    "He",
    "History",
    "Initializer",
    "Input",
    "InverseSqrt",
    "InverseTime",
    "LearningRateRange",
    "ManualControl",
    "Model",
    "Momentum",
    "MonteCarlo",
    "Normal",
    "OneCycle",
    "Optimizer",
    "Penalty",
    "PowerLaw",
    "RMSprop",
    "ReduceOnPlateau",
    "Schedule",
    "SearchResult",
    "Sparsity",
    "Staircase",
    "Table",
    "TimeBudget",
    "Training",
    "Warmup",
    "Xavier",
    "Zeros",
    "augment",
    "check_gradients",
    "datasets",
    "diagnose",
    "exponential_average",
    "find_learning_rate",
    "fit_many",
    "integers",
    "load",
    "log_uniform",
    "mini_batches",
    "one_minus_log",
    "optimizer",
    "search",
    "split",
    "standardize",
    "train",
    "uniform",
]

# A name's module is imported when the name is asked for: `import regnet` is to cost little more than NumPy.
# No module has the name of a function here: importing it would put the module in the function's place.
_NAMES = {
    "training.averaging": "EMA SWA Averaging exponential_average",
    "training.batches": "mini_batches",
    "training.callbacks": "Callback EarlyStopping ReduceOnPlateau TimeBudget",
    "data": "split standardize",
    "training.diagnosis": "Diagnosis diagnose",
    "models.compression": "Sparsity",
    "training.gradients": "GradientCheck check_gradients",
    "training.history": "History",
    "models.initializers": "Glorot He Initializer Normal Xavier Zeros",
    "models.layers": "Dense Input",
    "tuning.learning_rate": "LearningRateRange find_learning_rate",
    "training.manual": "ManualControl",
    "training.many": "fit_many",
    "models.model": "Model",
    "models.monte_carlo": "MonteCarlo",
    "training.optimizers": "Adam AdamW GradientDescent Momentum Optimizer RMSprop optimizer",
    "models.penalties": "L0 L1 L2 Penalty",
    "models.prediction": "Evaluation",
    "models.loading": "load",
    "training.schedules": "Cosine Exponential InverseSqrt InverseTime OneCycle PowerLaw Schedule Staircase "
    "Table Warmup",
    "tuning.results": "SearchResult",
    "tuning.searching": "search",
    "tuning.spaces": "integers log_uniform one_minus_log uniform",
    "training": "DivergenceWarning Training train",
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}


if not TYPE_CHECKING:  # to a checker this would be every name, misspelt ones too

    def __getattr__(name: str) -> Any:
        if name in _MODULE_OF:
            found = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
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
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
