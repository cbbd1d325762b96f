"""Optimisers: one step on a flat vector, in place; t is the number of the step, from 1."""

import numpy as np


def gradient_descent(W, dW, learning_rate):
    """W -= learning_rate * dW."""
    W -= W.dtype.type(learning_rate) * dW


def momentum(W, dW, V, learning_rate, beta):
    """V = beta * V + (1 - beta) * dW; W -= learning_rate * V."""
    real = W.dtype.type
    V[...] = real(beta) * V + real(1 - beta) * dW
    W -= real(learning_rate) * V


def momentum_velocity(W, dW, V, learning_rate, beta):
    """V = beta * V + learning_rate * dW; W -= V."""
    real = W.dtype.type
    V[...] = real(beta) * V + real(learning_rate) * dW
    W -= V


def nesterov(W, dW, V, learning_rate, beta):
    """V = beta * V + learning_rate * dW; W -= beta * V + learning_rate * dW."""
    real = W.dtype.type
    V[...] = real(beta) * V + real(learning_rate) * dW
    W -= real(beta) * V + real(learning_rate) * dW


def rmsprop(W, dW, S, learning_rate, beta, epsilon):
    """S = beta * S + (1 - beta) * dW^2; W -= learning_rate * dW / (sqrt(S) + epsilon)."""
    real = W.dtype.type
    S[...] = real(beta) * S + real(1 - beta) * dW * dW
    W -= real(learning_rate) * dW / (np.sqrt(S) + real(epsilon))


def adam(W, dW, V, S, learning_rate, beta1, beta2, epsilon, t, n_threads=1):
    """Step t (from 1) of Adam, both moments corrected for their bias."""
    adamw(W, dW, V, S, learning_rate, beta1, beta2, epsilon, 0.0, t)


def adamw(W, dW, V, S, learning_rate, beta1, beta2, epsilon, decay, t, n_threads=1):
    """Step t (from 1) of Adam after W *= 1 - learning_rate * decay."""
    real = W.dtype.type
    V[...] = real(beta1) * V + real(1 - beta1) * dW
    S[...] = real(beta2) * S + real(1 - beta2) * dW * dW
    V_corrected = V / real(1 - np.power(beta1, t, dtype=np.float64))
    S_corrected = S / real(1 - np.power(beta2, t, dtype=np.float64))
    W *= real(1 - learning_rate * decay)
    W -= real(learning_rate) * V_corrected / (np.sqrt(S_corrected) + real(epsilon))
