"""scikit-learn's MLPClassifier: one epoch by partial_fit, in the order and from the weights of regnet."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier
from works import THREADS, Contestant, Predictor, Work, count_threads, rows_layers

import regnet as rn


class Started(MLPClassifier):
    """MLPClassifier that takes its initial weights from a list."""

    def begin(self, layers: list[tuple[np.ndarray, np.ndarray]]) -> Started:
        """Set the weights to start from."""
        self.given = iter(layers)
        return self

    def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
        return next(self.given)


def contestants(work: Work) -> list[Contestant]:
    """One thread and two; it has no dropout, and gradient descent of work A stops at its own discretion."""
    if work.keep_prob < 1 or not work.adam or work.mixed:
        return []
    order = work.order()
    X, y = work.X[order], work.y[order]  # shuffled before the clock starts: it can only shuffle its own way
    classes = np.arange(work.sizes[-1])

    def start() -> Started:
        classifier = Started(
            work.sizes[1:-1],
            alpha=0.0,
            batch_size=work.size,
            learning_rate_init=work.learning_rate,
            shuffle=False,
            epsilon=work.epsilon,
        )
        return classifier.begin(work.initial())

    def run(classifier: Started) -> float:
        return float(classifier.partial_fit(X, y, classes=classes).loss_)

    def finish(classifier: Started) -> list[tuple[np.ndarray, np.ndarray]]:
        return list(zip(classifier.coefs_, classifier.intercepts_, strict=True))

    # Its epsilon is in another place (second form of Kingma and Ba): where gradients are tiny, steps differ.
    # Hence fewer digits, and one parameter in a thousand left out; the cost must agree all the same.
    return [
        Contestant("scikit-learn", count_threads(n), start, run, finish, n, close=2e-4, outliers=1e-3)
        for n in THREADS
    ]


def predictors(model: rn.Model) -> list[Predictor]:
    """A classifier with the weights put in."""
    layers = rows_layers(model)
    classifier = Started(model.sizes[1:-1]).begin(layers)
    n_classes = model.sizes[-1]
    X = np.zeros((n_classes, model.sizes[0]), model.dtype)
    classifier.set_params(learning_rate_init=1e-30, batch_size=n_classes)  # a fit that changes nothing
    classifier.partial_fit(X, np.arange(n_classes), classes=np.arange(n_classes))
    classifier.coefs_ = [W for W, _ in layers]
    classifier.intercepts_ = [b for _, b in layers]
    return [Predictor("scikit-learn", count_threads(n), classifier.predict_proba, n) for n in THREADS]
