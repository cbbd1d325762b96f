"""Batches: from rows = examples to columns = examples, and the order of the examples."""

import numpy as np

from ..spec import PURPOSES
from .dropout import random_words

SHUFFLE = PURPOSES["shuffle"]


def gather(X, order, A):
    """A[:, j] = X[order[j], :]; X (n_examples, n_features), A (n_features, n)."""
    A[...] = X[order].T


def one_hot(labels, order, Y):
    """Y[labels[order[j]], j] = 1, all else 0; Y (n_classes, n)."""
    Y[...] = 0
    Y[labels[order], np.arange(order.size)] = 1


def shuffle(order, seed, epoch):
    """Shuffle `order` in place by draws that depend on (seed, epoch, position) alone."""
    words = np.empty(order.size, np.uint32)
    random_words(words, seed, SHUFFLE, 0, epoch)
    shuffled, draws = order.tolist(), words.tolist()
    for i in range(order.size - 1, 0, -1):
        j = draws[i] * (i + 1) >> 32
        shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
    order[...] = shuffled
