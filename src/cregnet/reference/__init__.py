"""The NumPy twin of every kernel of `cregnet`: same names, same arguments, same in-place effects.

The twins say in the plainest NumPy what the kernels compute. They prove agreement, not truth;
numerical derivatives and recorded numbers do that. `train(..., backend="reference")` runs on them.

>>> import numpy as np
>>> Z = np.array([[-1.0, 2.0]])
>>> A = np.empty_like(Z)
>>> relu(Z, A)
>>> A
array([[0., 2.]])
"""

from .activation import (
    identity,
    identity_backward,
    leaky_relu,
    leaky_relu_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    softmax,
    softmax_backward,
    tanh,
    tanh_backward,
)
from .batch import gather, one_hot, shuffle
from .batchnorm import (
    batch_norm,
    batch_norm_backward,
    batch_norm_fold,
    batch_norm_predict,
    batch_norm_statistics,
)
from .dense import dense, dense_backward, matmul, matmul_nt, matmul_tn
from .dropout import dropout, dropout_backward, dropout_mask, philox, random_words
from .loss import binary_cross_entropy, categorical_cross_entropy, squared_error
from .network import network_gradient, network_predict, network_train
from .noise import apply_factors, gaussian_dropout_factors, gaussian_noise
from .optimizer import adam, adamw, gradient_descent, momentum, momentum_velocity, nesterov, rmsprop
from .penalty import penalty, penalty_backward
from .proximal import clip_norm, clip_values, max_norm, soft_threshold

__all__ = [
    "adam",
    "adamw",
    "apply_factors",
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
    "leaky_relu",
    "leaky_relu_backward",
    "matmul",
    "matmul_nt",
    "matmul_tn",
    "max_norm",
    "momentum",
    "momentum_velocity",
    "nesterov",
    "network_gradient",
    "network_predict",
    "network_train",
    "one_hot",
    "penalty",
    "penalty_backward",
    "philox",
    "random_words",
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
