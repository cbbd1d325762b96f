"""Batch normalisation (Ioffe & Szegedy 2015): columns = examples, each row normalised by itself."""

import numpy as np


def batch_norm(Z, gamma, beta, A, mean, variance, epsilon, n_examples):
    """Z becomes Zhat = (Z - mean) / sqrt(variance + epsilon), and A = gamma * Zhat + beta.

    The mean and the biased variance are the batch's own, those of the first n_examples columns; the
    columns after them become 0 in Z and A.
    """
    batch = Z[:, :n_examples].astype(np.float64)
    n = max(n_examples, 1)
    center = batch.sum(axis=1, keepdims=True) / n
    squares = ((batch - center) ** 2).sum(axis=1, keepdims=True) / n
    mean[...], variance[...] = center, squares
    Z[...] = A[...] = 0
    Z[:, :n_examples] = (batch - center) / np.sqrt(squares + epsilon)
    A[:, :n_examples] = gamma * Z[:, :n_examples] + beta


def batch_norm_backward(dA, Zhat, gamma, variance, dgamma, dbeta, epsilon, n_examples):
    """dA becomes dZ in place, through the batch's mean and variance; dgamma and dbeta are written.

    dbeta = sum(dA), dgamma = sum(dA * Zhat) and
    dZ = gamma / sqrt(variance + epsilon) * (dA - dbeta / n - Zhat * dgamma / n), n = n_examples.
    """
    batch, Zhat = dA[:, :n_examples].astype(np.float64), Zhat[:, :n_examples].astype(np.float64)
    n = max(n_examples, 1)
    along_one = batch.sum(axis=1, keepdims=True)
    along_Zhat = (batch * Zhat).sum(axis=1, keepdims=True)
    dbeta[...], dgamma[...] = along_one, along_Zhat
    scale = gamma / np.sqrt(variance.astype(np.float64) + epsilon)
    dA[...] = 0
    dA[:, :n_examples] = scale * (batch - along_one / n - Zhat * along_Zhat / n)


def batch_norm_predict(Z, gamma, beta, mean, variance, epsilon):
    """Z = gamma * (Z - mean) / sqrt(variance + epsilon) + beta, in place, by statistics that are given."""
    Z[...] = gamma * (Z - mean) / np.sqrt(variance.astype(np.float64) + epsilon) + beta


def batch_norm_fold(W, gamma, beta, mean, variance, W_out, b_out, epsilon):
    """W_out and b_out of the dense layer that does what W does with `batch_norm_predict` after it."""
    scale = gamma / np.sqrt(variance.astype(np.float64) + epsilon)
    W_out[...] = scale * W
    b_out[...] = beta - scale * mean


def batch_norm_statistics(mean, variance, running_mean, running_variance, decay, n_examples):
    """Move the running statistics by those of a batch of n_examples; the variance is made unbiased.

    Both start from 0; after t batches whoever predicts with them divides by 1 - decay^t first.
    """
    unbiased = variance * (n_examples / max(n_examples - 1, 1))
    running_mean[...] = decay * running_mean + (1 - decay) * mean
    running_variance[...] = decay * running_variance + (1 - decay) * unbiased
