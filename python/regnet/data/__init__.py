"""Checks user input, once and here only, and converts it to what the core takes; prepares data sets.

`inputs` is for X, `frames` for X with named columns, `weights` for the weights of examples and classes,
`targets` for y, which always becomes `Targets`. `losses` says what each loss wants. `splitting` and
`scaling` prepare data.
"""

from .frames import take_rows
from .inputs import FiniteInputs, as_array, as_inputs, check_finite, check_inputs, feature_names, is_mapped
from .scaling import power_of_two, standardize
from .splitting import hold_out, is_labels, same_length, split, split_sizes
from .targets import SharedTargets, Targets, check_present, check_targets, target_array
from .weights import check_weights, weigh_classes

__all__ = [
    "FiniteInputs",
    "SharedTargets",
    "Targets",
    "as_array",
    "as_inputs",
    "check_finite",
    "check_inputs",
    "check_present",
    "check_targets",
    "check_weights",
    "feature_names",
    "hold_out",
    "is_labels",
    "is_mapped",
    "power_of_two",
    "same_length",
    "split",
    "split_sizes",
    "standardize",
    "take_rows",
    "target_array",
    "weigh_classes",
]
