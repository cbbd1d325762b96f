"""The course notebooks' training loops in plain NumPy, as a notebook has them.

Columns are examples; every result is a new array, every iteration has its cost, and parameters and
gradients travel in dictionaries: what a student's own notebook does.
"""

# ruff: noqa: NPY002  (the legacy stream is the notebooks')
from __future__ import annotations

from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(0, x)


def initial(sizes: list[int], gain: float) -> Arrays:
    """Seed 3, randn * sqrt(gain / n_before)."""
    stream, parameters = np.random.RandomState(3), {}
    for l in range(1, len(sizes)):
        scale = np.sqrt(gain / sizes[l - 1])
        parameters["W" + str(l)] = stream.randn(sizes[l], sizes[l - 1]) * scale
        parameters["b" + str(l)] = np.zeros((sizes[l], 1))
    return parameters


def forward(X: np.ndarray, parameters: Arrays, keep_prob: float = 1) -> tuple[np.ndarray, Any]:
    """A3 and all that the way back needs; with dropout the masks start from seed 1 each time."""
    W1, b1, W2 = parameters["W1"], parameters["b1"], parameters["W2"]
    b2, W3, b3 = parameters["b2"], parameters["W3"], parameters["b3"]
    D1 = D2 = None
    if keep_prob < 1:
        np.random.seed(1)
    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    if keep_prob < 1:
        D1 = np.random.rand(A1.shape[0], A1.shape[1])
        D1 = keep_prob > D1
        A1 = A1 * D1
        A1 = A1 / keep_prob
    Z2 = np.dot(W2, A1) + b2
    A2 = relu(Z2)
    if keep_prob < 1:
        D2 = np.random.rand(A2.shape[0], A2.shape[1])
        D2 = keep_prob > D2
        A2 = A2 * D2
        A2 = A2 / keep_prob
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    return A3, (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)


def cost_of(A3: np.ndarray, Y: np.ndarray) -> float:
    """The sum over the examples."""
    logprobs = np.multiply(-np.log(A3), Y) + np.multiply(-np.log(1 - A3), 1 - Y)
    return float(np.nansum(logprobs))


def backward(X: np.ndarray, Y: np.ndarray, cache: Any, lambd: float = 0, keep_prob: float = 1) -> Arrays:
    """Gradients, through the masks and with L2 where there is any."""
    m = X.shape[1]
    (_, D1, A1, W1, _, _, D2, A2, W2, _, _, A3, W3, _) = cache
    dZ3 = A3 - Y
    dW3 = 1.0 / m * np.dot(dZ3, A2.T)
    db3 = 1.0 / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    if keep_prob < 1:
        dA2 = dA2 * D2
        dA2 = dA2 / keep_prob
    dZ2 = np.multiply(dA2, np.int64(A2 > 0))
    dW2 = 1.0 / m * np.dot(dZ2, A1.T)
    db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    if keep_prob < 1:
        dA1 = dA1 * D1
        dA1 = dA1 / keep_prob
    dZ1 = np.multiply(dA1, np.int64(A1 > 0))
    dW1 = 1.0 / m * np.dot(dZ1, X.T)
    db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)
    if lambd:
        dW1, dW2, dW3 = dW1 + lambd / m * W1, dW2 + lambd / m * W2, dW3 + lambd / m * W3
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dW3": dW3, "db3": db3}


def backward_by_m(X: np.ndarray, Y: np.ndarray, cache: Any) -> Arrays:
    """Gradients as the initialization and optimization notebooks have them: the 1/m is in dz3."""
    (_, _, a1, _, _, _, _, a2, W2, _, _, a3, W3, _) = cache
    dz3 = 1.0 / X.shape[1] * (a3 - Y)
    dW3 = np.dot(dz3, a2.T)
    db3 = np.sum(dz3, axis=1, keepdims=True)
    da2 = np.dot(W3.T, dz3)
    dz2 = np.multiply(da2, np.int64(a2 > 0))
    dW2 = np.dot(dz2, a1.T)
    db2 = np.sum(dz2, axis=1, keepdims=True)
    da1 = np.dot(W2.T, dz2)
    dz1 = np.multiply(da1, np.int64(a1 > 0))
    dW1 = np.dot(dz1, X.T)
    db1 = np.sum(dz1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dW3": dW3, "db3": db3}


def mean_cost(A3: np.ndarray, Y: np.ndarray) -> float:
    """With the notebooks' nansum."""
    logprobs = np.multiply(-np.log(A3), Y) + np.multiply(-np.log(1 - A3), 1 - Y)
    return 1.0 / Y.shape[1] * np.nansum(logprobs)


def sum_cost(A3: np.ndarray, Y: np.ndarray) -> float:
    """Of a mini-batch."""
    return np.sum(np.multiply(-np.log(A3), Y) + np.multiply(-np.log(1 - A3), 1 - Y))


def update(parameters: Arrays, grads: Arrays, learning_rate: float) -> Arrays:
    """One step of gradient descent, in the dictionary that is given."""
    for l in range(len(parameters) // 2):
        for kind in "Wb":
            key = kind + str(l + 1)
            parameters[key] = parameters[key] - learning_rate * grads["d" + key]
    return parameters


def layer_forward(A_prev: np.ndarray, W: np.ndarray, b: np.ndarray, last: bool) -> tuple[np.ndarray, Any]:
    """One layer; the notebook has a function for the linear part and one for each activation."""
    Z, linear_cache = linear(A_prev, W, b)
    A = sigmoid(Z) if last else relu(Z)
    return A, (linear_cache, Z)


def linear(A_prev: np.ndarray, W: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
    return np.dot(W, A_prev) + b, (A_prev, W, b)


def deep_forward(X: np.ndarray, parameters: Arrays) -> tuple[np.ndarray, list[Any]]:
    """Course 1, week 4: any number of layers."""
    A, caches, L = X, [], len(parameters) // 2
    for l in range(1, L + 1):
        A, cache = layer_forward(A, parameters["W" + str(l)], parameters["b" + str(l)], l == L)
        caches.append(cache)
    return A, caches


def deep_cost(AL: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Squeezed out of a matrix."""
    return np.squeeze(1.0 / Y.shape[1] * (-np.dot(Y, np.log(AL).T) - np.dot(1 - Y, np.log(1 - AL).T)))


def sigmoid_backward(dA: np.ndarray, Z: np.ndarray) -> np.ndarray:
    s = 1 / (1 + np.exp(-Z))
    return dA * s * (1 - s)


def relu_backward(dA: np.ndarray, Z: np.ndarray) -> np.ndarray:
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def linear_backward(dZ: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    A_prev, W, _ = cache
    m = A_prev.shape[1]
    dW = 1.0 / m * np.dot(dZ, A_prev.T)
    db = 1.0 / m * np.sum(dZ, axis=1, keepdims=True)
    return np.dot(W.T, dZ), dW, db


def deep_backward(AL: np.ndarray, Y: np.ndarray, caches: list[Any]) -> Arrays:
    """From the cost down."""
    grads: Arrays = {}
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    for l in range(len(caches), 0, -1):
        linear_cache, Z = caches[l - 1]
        dZ = sigmoid_backward(dA, Z) if l == len(caches) else relu_backward(dA, Z)
        dA, dW, db = linear_backward(dZ, linear_cache)
        grads["dA" + str(l - 1)], grads["dW" + str(l)], grads["db" + str(l)] = dA, dW, db
    return grads


def regularized(
    X: np.ndarray, Y: np.ndarray, num_iterations: int, lambd: float = 0, keep_prob: float = 1
) -> Arrays:
    """Course 2, week 1: n-20-3-1, full-batch gradient descent with rate 0.3."""
    m = X.shape[1]
    parameters = initial([X.shape[0], 20, 3, 1], 1)
    for _ in range(num_iterations):
        A3, cache = forward(X, parameters, keep_prob)
        cost = cost_of(A3, Y) / m
        if lambd:
            squares = sum(np.sum(np.square(parameters[W])) for W in ("W1", "W2", "W3"))
            cost = cost + lambd / (2 * m) * squares
        grads = backward(X, Y, cache, lambd, keep_prob)
        for key in parameters:
            parameters[key] = parameters[key] - 0.3 * grads["d" + key]
    return parameters


def mini_batches(X: np.ndarray, Y: np.ndarray, size: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Shuffle and cut."""
    np.random.seed(seed)
    m = X.shape[1]
    permutation = list(np.random.permutation(m))
    shuffled_X = X[:, permutation]
    shuffled_Y = Y[:, permutation].reshape((1, m))
    return [(shuffled_X[:, k : k + size], shuffled_Y[:, k : k + size]) for k in range(0, m, size)]


def adam(parameters: Arrays, grads: Arrays, v: Arrays, s: Arrays, t: int, learning_rate: float) -> Arrays:
    """One step; v and s in place, as the notebook's dictionaries are."""
    beta1, beta2, epsilon = 0.9, 0.999, 1e-8
    for key in parameters:
        d = "d" + key
        v[d] = beta1 * v[d] + (1 - beta1) * grads[d]
        v_corrected = v[d] / (1 - beta1**t)
        s[d] = beta2 * s[d] + (1 - beta2) * grads[d] ** 2
        s_corrected = s[d] / (1 - beta2**t)
        parameters[key] = parameters[key] - learning_rate * v_corrected / (np.sqrt(s_corrected) + epsilon)
    return parameters


def optimized(X: np.ndarray, Y: np.ndarray, num_epochs: int, learning_rate: float = 0.0007) -> Arrays:
    """Course 2, week 2: 2-5-2-1, Adam on mini-batches of 64."""
    parameters = initial([X.shape[0], 5, 2, 1], 2)
    v, s = ({"d" + key: np.zeros_like(W) for key, W in parameters.items()} for _ in range(2))
    t, seed, cost = 0, 10, 0.0
    for _ in range(num_epochs):
        seed += 1
        cost_total = 0.0
        for batch_X, batch_Y in mini_batches(X, Y, 64, seed):
            A3, cache = forward(batch_X, parameters)
            cost_total += cost_of(A3, batch_Y)
            grads = backward(batch_X, batch_Y, cache)
            t += 1
            parameters = adam(parameters, grads, v, s, t, learning_rate)
        cost = cost_total / X.shape[1]
    assert np.isfinite(cost) or not num_epochs
    return parameters
