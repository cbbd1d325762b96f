"""User input: checked and turned into what the core takes, once and here only; data sets prepared.

`inputs` is for X, `weights` for the weights of examples and classes, `targets` for y: `Targets` is the one
form that every kind of y becomes. `splitting` and `scaling` prepare data.
"""

from .inputs import FiniteInputs, as_inputs, check_finite, check_inputs
from .scaling import standardize
from .splitting import hold_out, is_labels, same_length, split
from .targets import SharedTargets, Targets, check_targets
from .weights import check_weights, weigh_classes

__all__ = [
    "FiniteInputs",
    "SharedTargets",
    "Targets",
    "as_inputs",
    "check_finite",
    "check_inputs",
    "check_targets",
    "check_weights",
    "hold_out",
    "is_labels",
    "same_length",
    "split",
    "standardize",
    "weigh_classes",
]
