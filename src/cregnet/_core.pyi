# Types of the compiled core, written by hand from the .pxi files. At run time `cregnet._core` is
# the build that _isa.py has chosen; all of them have the same kernels.
#
# `_Real` is solved once per call, so float32 and float64 arrays do not mix. What types cannot say is
# checked when a kernel runs: arrays are C-contiguous, shapes fit, and what is written is writable.

from collections.abc import Sequence
from threading import Event
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from .plan import Plan

_Real = TypeVar("_Real", np.float32, np.float64)

_Mask: TypeAlias = NDArray[np.uint8]
_Masks: TypeAlias = Sequence[NDArray[np.uint8] | None] | None
_Labels: TypeAlias = NDArray[np.int32]
_Order: TypeAlias = NDArray[np.int64]
_Words: TypeAlias = NDArray[np.uint32]
_Doubles: TypeAlias = NDArray[np.float64]

def _isa_name() -> str: ...
def _supported_isas() -> tuple[str, ...]: ...

# ------------------------------------------------------------------------------ activation.pxi

def identity(Z: NDArray[_Real], A: NDArray[_Real]) -> None: ...
def identity_backward(dA: NDArray[_Real], A: NDArray[_Real], dZ: NDArray[_Real]) -> None: ...
def sigmoid(Z: NDArray[_Real], A: NDArray[_Real]) -> None: ...
def sigmoid_backward(dA: NDArray[_Real], A: NDArray[_Real], dZ: NDArray[_Real]) -> None: ...
def tanh(Z: NDArray[_Real], A: NDArray[_Real]) -> None: ...
def tanh_backward(dA: NDArray[_Real], A: NDArray[_Real], dZ: NDArray[_Real]) -> None: ...
def relu(Z: NDArray[_Real], A: NDArray[_Real]) -> None: ...
def relu_backward(dA: NDArray[_Real], A: NDArray[_Real], dZ: NDArray[_Real]) -> None: ...
def leaky_relu(Z: NDArray[_Real], A: NDArray[_Real], slope: float = 0.01) -> None: ...
def leaky_relu_backward(
    dA: NDArray[_Real], A: NDArray[_Real], dZ: NDArray[_Real], slope: float = 0.01
) -> None: ...
def softmax(Z: NDArray[_Real], A: NDArray[_Real]) -> None: ...
def softmax_backward(dA: NDArray[_Real], A: NDArray[_Real], dZ: NDArray[_Real]) -> None: ...

# ------------------------------------------------------------------------------ dense.pxi

def dense(W: NDArray[_Real], b: NDArray[_Real], A_prev: NDArray[_Real], Z: NDArray[_Real]) -> None: ...
def dense_backward(
    dZ: NDArray[_Real],
    W: NDArray[_Real],
    A_prev: NDArray[_Real],
    dW: NDArray[_Real],
    db: NDArray[_Real],
    dA_prev: NDArray[_Real],
) -> None: ...
def matmul(A: NDArray[_Real], B: NDArray[_Real], C: NDArray[_Real]) -> None: ...
def matmul_tn(A: NDArray[_Real], B: NDArray[_Real], C: NDArray[_Real]) -> None: ...
def matmul_nt(A: NDArray[_Real], B: NDArray[_Real], C: NDArray[_Real]) -> None: ...

# ------------------------------------------------------------------------------ dropout.pxi

def philox(counter: _Words, key: _Words, out: _Words) -> None: ...
def random_words(out: _Words, seed: int, purpose: int, layer: int, step: int) -> None: ...
def dropout_mask(D: _Mask, keep_prob: float, seed: int, layer: int, step: int) -> None: ...
def dropout(A: NDArray[_Real], D: _Mask, keep_prob: float) -> None: ...
def dropout_backward(dA: NDArray[_Real], D: _Mask, keep_prob: float) -> None: ...

# ------------------------------------------------------------------------------ noise.pxi

def gaussian_noise(
    A: NDArray[_Real], sigma: float, seed: int, layer: int, step: int, first: int = 0
) -> None: ...
def gaussian_dropout_factors(
    M: NDArray[_Real], keep_prob: float, seed: int, layer: int, step: int, first: int = 0
) -> None: ...
def apply_factors(A: NDArray[_Real], M: NDArray[_Real]) -> None: ...

# ------------------------------------------------------------------------------ loss.pxi

def binary_cross_entropy(
    Z: NDArray[_Real], Y: NDArray[_Real], weight: NDArray[_Real], dZ: NDArray[_Real]
) -> float: ...
def categorical_cross_entropy(
    Z: NDArray[_Real], Y: NDArray[_Real], weight: NDArray[_Real], dZ: NDArray[_Real]
) -> float: ...
def squared_error(
    A: NDArray[_Real], Y: NDArray[_Real], weight: NDArray[_Real], dA: NDArray[_Real]
) -> float: ...

# ------------------------------------------------------------------------------ penalty.pxi

def penalty(W: NDArray[_Real], l1: float, l2: float) -> float: ...
def penalty_backward(W: NDArray[_Real], dW: NDArray[_Real], l1: float, l2: float) -> None: ...

# ------------------------------------------------------------------------------ proximal.pxi

def soft_threshold(W: NDArray[_Real], threshold: float) -> None: ...
def max_norm(W: NDArray[_Real], bound: float) -> None: ...
def clip_values(gradient: NDArray[_Real], bound: float) -> None: ...
def clip_norm(gradient: NDArray[_Real], bound: float) -> float: ...

# ------------------------------------------------------------------------------ optimizer.pxi

def gradient_descent(W: NDArray[_Real], dW: NDArray[_Real], learning_rate: float) -> None: ...
def momentum(
    W: NDArray[_Real], dW: NDArray[_Real], V: NDArray[_Real], learning_rate: float, beta: float
) -> None: ...
def momentum_velocity(
    W: NDArray[_Real], dW: NDArray[_Real], V: NDArray[_Real], learning_rate: float, beta: float
) -> None: ...
def nesterov(
    W: NDArray[_Real], dW: NDArray[_Real], V: NDArray[_Real], learning_rate: float, beta: float
) -> None: ...
def rmsprop(
    W: NDArray[_Real],
    dW: NDArray[_Real],
    S: NDArray[_Real],
    learning_rate: float,
    beta: float,
    epsilon: float,
) -> None: ...
def adam(
    W: NDArray[_Real],
    dW: NDArray[_Real],
    V: NDArray[_Real],
    S: NDArray[_Real],
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    n_threads: int = 1,
) -> None: ...
def adamw(
    W: NDArray[_Real],
    dW: NDArray[_Real],
    V: NDArray[_Real],
    S: NDArray[_Real],
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    decay: float,
    t: int,
    n_threads: int = 1,
) -> None: ...

# ------------------------------------------------------------------------------ batchnorm.pxi

def batch_norm(
    Z: NDArray[_Real],
    gamma: NDArray[_Real],
    beta: NDArray[_Real],
    A: NDArray[_Real],
    mean: NDArray[_Real],
    variance: NDArray[_Real],
    epsilon: float,
    n_examples: int,
) -> None: ...
def batch_norm_backward(
    dA: NDArray[_Real],
    Zhat: NDArray[_Real],
    gamma: NDArray[_Real],
    variance: NDArray[_Real],
    dgamma: NDArray[_Real],
    dbeta: NDArray[_Real],
    epsilon: float,
    n_examples: int,
) -> None: ...
def batch_norm_predict(
    Z: NDArray[_Real],
    gamma: NDArray[_Real],
    beta: NDArray[_Real],
    mean: NDArray[_Real],
    variance: NDArray[_Real],
    epsilon: float,
) -> None: ...
def batch_norm_fold(
    W: NDArray[_Real],
    gamma: NDArray[_Real],
    beta: NDArray[_Real],
    mean: NDArray[_Real],
    variance: NDArray[_Real],
    W_out: NDArray[_Real],
    b_out: NDArray[_Real],
    epsilon: float,
) -> None: ...
def batch_norm_statistics(
    mean: NDArray[_Real],
    variance: NDArray[_Real],
    running_mean: NDArray[_Real],
    running_variance: NDArray[_Real],
    decay: float,
    n_examples: int,
) -> None: ...

# ------------------------------------------------------------------------------ batch.pxi

def gather(X: NDArray[_Real], order: _Order, A: NDArray[_Real]) -> None: ...
def one_hot(labels: _Labels, order: _Order, Y: NDArray[_Real]) -> None: ...
def shuffle(order: _Order, seed: int, epoch: int) -> None: ...

# ------------------------------------------------------------------------------ network.pxi

def network_train(
    plan: Plan,
    parameters: NDArray[_Real],
    moments: NDArray[_Real],
    X: NDArray[_Real],
    Y: NDArray[_Real],
    labels: _Labels,
    weight: NDArray[_Real],
    orders: _Order,
    learning_rates: _Doubles,
    batch_size: int,
    first_step: int,
    masks: _Masks,
    best: NDArray[_Real],
    best_cost: _Doubles,
    costs: _Doubles,
    n_threads: int = 1,
    cancel: Event | None = None,
) -> int: ...
def network_gradient(
    plan: Plan,
    parameters: NDArray[_Real],
    X: NDArray[_Real],
    Y: NDArray[_Real],
    labels: _Labels,
    weight: NDArray[_Real],
    step: int,
    masks: _Masks,
    gradient: NDArray[_Real],
) -> float: ...
def network_predict(
    plan: Plan,
    parameters: NDArray[_Real],
    X: NDArray[_Real],
    out: NDArray[_Real],
    logits: bool = False,
) -> bool: ...
