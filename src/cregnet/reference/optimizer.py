"""Optimisers: one step on a flat vector, in place; t is the number of the step, from 1."""

import numpy as np
from numpy.typing import ArrayLike

from .outputs import Array

__all__ = [
    "adam",
    "adamw",
    "gradient_descent",
    "lion",
    "momentum",
    "momentum_velocity",
    "nesterov",
    "rmsprop",
]


def gradient_descent(W: Array, dW: ArrayLike, learning_rate: float) -> None:
    """W -= learning_rate * dW."""
    W -= W.dtype.type(learning_rate) * np.asarray(dW, W.dtype)


def momentum(W: Array, dW: ArrayLike, V: Array, learning_rate: float, beta: float) -> None:
    """V = beta * V + (1 - beta) * dW; W -= learning_rate * V."""
    dW, real = np.asarray(dW, W.dtype), W.dtype.type
    V[...] = real(beta) * V + real(1 - beta) * dW
    W -= real(learning_rate) * V


def momentum_velocity(W: Array, dW: ArrayLike, V: Array, learning_rate: float, beta: float) -> None:
    """V = beta * V + learning_rate * dW; W -= V."""
    dW, real = np.asarray(dW, W.dtype), W.dtype.type
    V[...] = real(beta) * V + real(learning_rate) * dW
    W -= V


def nesterov(W: Array, dW: ArrayLike, V: Array, learning_rate: float, beta: float) -> None:
    """V = beta * V + learning_rate * dW; W -= beta * V + learning_rate * dW."""
    dW, real = np.asarray(dW, W.dtype), W.dtype.type
    V[...] = real(beta) * V + real(learning_rate) * dW
    W -= real(beta) * V + real(learning_rate) * dW


def rmsprop(W: Array, dW: ArrayLike, S: Array, learning_rate: float, beta: float, epsilon: float) -> None:
    """S = beta * S + (1 - beta) * dW^2; W -= learning_rate * dW / (sqrt(S) + epsilon)."""
    dW, real = np.asarray(dW, W.dtype), W.dtype.type
    S[...] = real(beta) * S + real(1 - beta) * dW * dW
    W -= real(learning_rate) * dW / (np.sqrt(S) + real(epsilon))


def adam(
    W: Array,
    dW: ArrayLike,
    V: Array,
    S: Array,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    n_threads: int = 1,
) -> None:
    """Step t (from 1) of Adam, both moments corrected for their bias."""
    adamw(W, dW, V, S, learning_rate, beta1, beta2, epsilon, 0.0, t)


def adamw(
    W: Array,
    dW: ArrayLike,
    V: Array,
    S: Array,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    decay: float,
    t: int,
    n_threads: int = 1,
) -> None:
    """Step t (from 1) of Adam after W *= 1 - learning_rate * decay."""
    dW, real = np.asarray(dW, W.dtype), W.dtype.type
    V[...] = real(beta1) * V + real(1 - beta1) * dW
    S[...] = real(beta2) * S + real(1 - beta2) * dW * dW
    V_corrected = V / real(1 - np.power(beta1, t, dtype=np.float64))
    S_corrected = S / real(1 - np.power(beta2, t, dtype=np.float64))
    W *= real(1 - learning_rate * decay)
    W -= real(learning_rate) * V_corrected / (np.sqrt(S_corrected) + real(epsilon))


def lion(
    W: Array, dW: ArrayLike, V: Array, learning_rate: float, beta1: float, beta2: float, decay: float
) -> None:
    """W -= learning_rate * (sign(beta1 V + (1 - beta1) dW) + decay W); V = beta2 V + (1 - beta2) dW."""
    dW, real = np.asarray(dW, W.dtype), W.dtype.type
    direction = np.sign(real(beta1) * V + real(1 - beta1) * dW)
    W *= real(1 - learning_rate * decay)
    W -= real(learning_rate) * direction
    V[...] = real(beta2) * V + real(1 - beta2) * dW
