"""Weights of examples and of classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.checks import number, shown
from .inputs import as_numbers, check_finite
from .targets import Targets, shortened

__all__ = ["check_weights", "weigh_classes"]

Array = NDArray[Any]


def check_weights(sample_weight: ArrayLike | None, n: int, dtype: np.dtype[Any]) -> Array:
    """Weights of the examples scaled to a mean of 1, or an empty array for none."""
    if sample_weight is None:
        return np.empty(0, dtype)
    weight = as_numbers("sample_weight", sample_weight, np.dtype(np.float64))
    if weight.shape != (n,):
        raise ValueError(f"sample_weight has shape {weight.shape}, wanted ({n},) as X has {n} rows")
    check_finite("sample_weight", weight)
    if weight.min() < 0 or weight.max() == 0:
        raise ValueError("sample_weight has a negative value or is all zero, wanted >= 0 and some > 0")
    weight = weight / weight.max()  # so that neither the sum nor its inverse overflows
    return np.asarray(weight * (n / weight.sum()), dtype)


def weigh_classes(class_weight: Any, weight: Array, targets: Targets, dtype: np.dtype[Any]) -> Array:
    """Weights of the examples times those of their classes, scaled to a mean of 1; see `train`."""
    if class_weight is None:
        return weight
    if targets.classes is None:
        raise ValueError("class_weight is given but y has no class labels, wanted one label per row")
    numbers = targets.labels if targets.labels.size else targets.Y[:, 0].astype(np.int64)
    of_class = class_weights(
        class_weight, targets.classes, np.bincount(numbers, minlength=len(targets.classes))
    )
    of_class = np.ldexp(of_class, -np.frexp(of_class.max())[1])  # at most 1: the products do not overflow
    each = of_class[numbers] if weight.size == 0 else of_class[numbers] * weight
    if each.max() == 0:
        raise ValueError("class_weight and sample_weight leave no example a weight, wanted some > 0")
    return check_weights(each, len(numbers), dtype)


def class_weights(class_weight: Any, classes: Array, counts: Array) -> Array:
    """One weight per class: from a mapping, or in inverse proportion to the examples of each."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        return counts.sum() / (len(classes) * np.maximum(counts, 1))
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            f"class_weight is {shown(class_weight)}, wanted 'balanced' or a dict from label to weight"
        )
    labels = classes.tolist()
    unknown = [label for label in class_weight if label not in labels]
    if unknown:
        raise ValueError(f"class_weight has the label {unknown[0]!r}, wanted one of {shortened(classes)}")
    given = {label: number(f"class_weight[{label!r}]", w, least=0) for label, w in class_weight.items()}
    return np.array([given.get(label, 1.0) for label in labels])
