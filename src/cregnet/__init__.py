"""cregnet: the compiled core of regnet, usable on its own.

Kernels work on aligned, C-contiguous NumPy arrays of float32 or float64 with columns = examples, write
into the arrays they are given and release the GIL. `cregnet.reference` has the same functions in NumPy.

What a kernel writes shares no memory with its other arguments, with these exceptions, where the two
may be the same array: A and Z of an activation; dZ and dA, or dZ and A, of its derivative; the
gradient and the outputs of a loss; W_out and W of `batch_norm_fold`; out and counter of `philox`.
Everything else is a ValueError.

>>> import numpy as np
>>> Z = np.array([[-1.0, 2.0]])
>>> A = np.empty_like(Z)
>>> relu(Z, A)
>>> A
array([[0., 2.]])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._isa import available_isas, select

_core = select()

from ._core import (  # which build this is was decided by select()
    adam,
    adamw,
    apply_factors,
    batch_norm,
    batch_norm_backward,
    batch_norm_fold,
    batch_norm_predict,
    batch_norm_statistics,
    binary_cross_entropy,
    categorical_cross_entropy,
    clip_norm,
    clip_values,
    dense,
    dense_backward,
    dropout,
    dropout_backward,
    dropout_mask,
    gather,
    gaussian_dropout_factors,
    gaussian_noise,
    gradient_descent,
    identity,
    identity_backward,
    leaky_relu,
    leaky_relu_backward,
    matmul,
    matmul_nt,
    matmul_tn,
    max_norm,
    momentum,
    momentum_velocity,
    nesterov,
    network_gradient,
    network_predict,
    network_train,
    one_hot,
    penalty,
    penalty_backward,
    philox,
    random_words,
    relu,
    relu_backward,
    rmsprop,
    shuffle,
    sigmoid,
    sigmoid_backward,
    soft_threshold,
    softmax,
    softmax_backward,
    squared_error,
    tanh,
    tanh_backward,
)
from .plan import Layout, Plan, layout, n_moments, parameter_slices
from .spec import KERNELS, PURPOSES

# The twins are imported when they are asked for: `import cregnet` is to stay quick.
if TYPE_CHECKING:
    from . import reference
else:

    def __getattr__(name: str) -> Any:
        if name == "reference":
            return import_module(".reference", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


def isa() -> str:
    """Name of the instruction set in use: "baseline", "avx2" or "avx512".

    >>> isa() in available_isas()
    True
    """
    return str(_core._isa_name())


__all__ = [
    "KERNELS",
    "PURPOSES",
    "Layout",
    "Plan",
    "adam",
    "adamw",
    "apply_factors",
    "available_isas",
    "batch_norm",
    "batch_norm_backward",
    "batch_norm_fold",
    "batch_norm_predict",
    "batch_norm_statistics",
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "clip_norm",
    "clip_values",
    "dense",
    "dense_backward",
    "dropout",
    "dropout_backward",
    "dropout_mask",
    "gather",
    "gaussian_dropout_factors",
    "gaussian_noise",
    "gradient_descent",
    "identity",
    "identity_backward",
    "isa",
    "layout",
    "leaky_relu",
    "leaky_relu_backward",
    "matmul",
    "matmul_nt",
    "matmul_tn",
    "max_norm",
    "momentum",
    "momentum_velocity",
    "n_moments",
    "nesterov",
    "network_gradient",
    "network_predict",
    "network_train",
    "one_hot",
    "parameter_slices",
    "penalty",
    "penalty_backward",
    "philox",
    "random_words",
    "reference",
    "relu",
    "relu_backward",
    "rmsprop",
    "shuffle",
    "sigmoid",
    "sigmoid_backward",
    "soft_threshold",
    "softmax",
    "softmax_backward",
    "squared_error",
    "tanh",
    "tanh_backward",
]
