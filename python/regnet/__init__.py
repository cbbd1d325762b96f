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

from .averaging import EMA, SWA, Averaging, exponential_average
from .batches import mini_batches
from .callbacks import Callback, EarlyStopping, ReduceOnPlateau, TimeBudget
from .data import split, standardize
from .diagnose import Diagnosis, diagnose
from .gradients import GradientCheck, check_gradients
from .history import History
from .initializers import Glorot, He, Initializer, Normal, Xavier, Zeros
from .layers import Dense, Input
from .many import fit_many
from .model import Evaluation, Model
from .optimizers import Adam, AdamW, GradientDescent, Momentum, Optimizer, RMSprop
from .penalties import L0, L1, L2, Penalty
from .schedules import (
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
from .search import search
from .search_result import SearchResult
from .spaces import integers, log_uniform, one_minus_log, uniform
from .training import DivergenceWarning, Training, train

if TYPE_CHECKING:
    from . import augment, datasets
    from .folding import Sparsity
    from .learning_rate import LearningRateRange, find_learning_rate
    from .manual import ManualControl
    from .monte_carlo import MonteCarlo
    from .saving import load

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
    "search",
    "split",
    "standardize",
    "train",
    "uniform",
]

# what few programs use is imported when it is asked for: `import regnet` is to cost little more than NumPy
_LATER = {
    "LearningRateRange": "learning_rate",
    "ManualControl": "manual",
    "MonteCarlo": "monte_carlo",
    "Sparsity": "folding",
    "augment": "",
    "datasets": "",
    "find_learning_rate": "learning_rate",
    "load": "saving",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_LATER[name] or name}", __name__)
    found = getattr(module, name) if _LATER[name] else module
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
