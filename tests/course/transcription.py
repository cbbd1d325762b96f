"""The course's formulas once more, example by example and unit by unit where that is bearable.

Independent of the package: no function of it is called here, and loops take the place of what the
package does with whole matrices.
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(X, parameters, masks=None, keep_prob=1.0):
    """Z and A of each layer, as lists from layer 1 on; ReLU but for the last layer's sigmoid."""
    n_layers = len(parameters) // 2
    m = X.shape[1]
    Zs = [np.zeros((len(parameters[f"W{l}"]), m)) for l in range(1, n_layers + 1)]
    As = [np.zeros_like(Z) for Z in Zs]
    for j in range(m):
        a = X[:, j]
        for l in range(n_layers):
            W, b = parameters[f"W{l + 1}"], parameters[f"b{l + 1}"]
            for i in range(len(W)):
                z = sum(W[i, k] * a[k] for k in range(len(a))) + b[i, 0]
                value = sigmoid(z) if l == n_layers - 1 else max(0.0, z)
                if masks is not None and l < n_layers - 1:
                    value = value / keep_prob if masks[l][i, j] else 0.0
                Zs[l][i, j], As[l][i, j] = z, value
            a = As[l][:, j]
    return Zs, As


def cost(A, Y):
    """The mean of the examples' cross-entropies."""
    total = 0.0
    for a, y in zip(A.ravel(), np.ravel(Y), strict=True):
        total -= np.log(a) if y else np.log(1 - a)
    return total / np.shape(A)[1]


def backward(X, Y, parameters, As, masks=None, keep_prob=1.0, lambd=0.0):
    """dW, db, dA and dZ (without the 1/m) of each layer, summed over the examples one at a time."""
    n_layers = len(parameters) // 2
    m = X.shape[1]
    grads = {}
    for l in range(1, n_layers + 1):
        W = parameters[f"W{l}"]
        grads |= {f"dW{l}": lambd / m * W, f"db{l}": np.zeros((len(W), 1))}
        grads |= {f"dZ{l}": np.zeros((len(W), m)), f"dA{l}": np.zeros((len(W), m))}
    for j in range(m):
        dz = As[-1][:, j] - np.reshape(Y, (-1, m))[:, j]
        for l in range(n_layers, 0, -1):
            before = As[l - 2][:, j] if l > 1 else X[:, j]
            grads[f"dZ{l}"][:, j] = dz
            grads[f"dW{l}"] = grads[f"dW{l}"] + np.outer(dz, before) / m
            grads[f"db{l}"][:, 0] += dz / m
            if l > 1:
                da = np.array([sum(dz * parameters[f"W{l}"][:, k]) for k in range(len(before))])
                if masks is not None:
                    da = np.where(masks[l - 2][:, j], da / keep_prob, 0.0)
                grads[f"dA{l - 1}"][:, j] = da
                dz = np.where(before > 0, da, 0.0)
    del grads[f"dA{n_layers}"]
    return grads


def adam(W, dW, v, s, t, rate, beta1, beta2, epsilon):
    """One step for arrays, number by number."""
    found = [np.empty_like(W) for _ in range(5)]
    for k in np.ndindex(W.shape):
        v_new = beta1 * v[k] + (1 - beta1) * dW[k]
        s_new = beta2 * s[k] + (1 - beta2) * dW[k] ** 2
        v_right, s_right = v_new / (1 - beta1**t), s_new / (1 - beta2**t)
        new = W[k] - rate * v_right / (s_right**0.5 + epsilon)
        for array, value in zip(found, (new, v_new, s_new, v_right, s_right), strict=True):
            array[k] = value
    return found
