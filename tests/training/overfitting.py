"""A net that overfits a few noisy points, and a callback that keeps its weights."""

import numpy as np

import regnet as rn

X, Y, X_TEST, Y_TEST = rn.datasets.make_football(60, 60, noise=0.15)


def net():
    """A net that overfits the few noisy points."""
    return rn.Model.mlp([2, 20, 20, 1], dtype="float64", seed=3)


def fit(model, callbacks, **options):
    options = {"epochs": 30, "batch_size": 20, "optimizer": rn.Adam(0.05), **options}
    return rn.train(model, X, Y, callbacks=callbacks, **options)


class Recorder(rn.Callback):
    """Keeps the weights after each epoch, and what was called."""

    def __init__(self):
        self.weights, self.calls = [], []

    def before_training(self, training):
        self.calls.append("before")

    def after_epoch(self, training):
        self.calls.append(training.epoch)
        self.weights.append(training.model.parameters.copy())

    def after_training(self, training):
        self.calls.append("after")


VALIDATED = {"validation": (X_TEST, Y_TEST)}


def assert_best(model, history, recorder, monitor="val_cost"):
    """The model has the weights of the best epoch, and that is not the last."""
    curve = history.curve(monitor)
    best = int(curve.argmax() if monitor == "val_score" else curve.argmin())
    assert history.best_epoch == best
    assert best < len(history) - 1
    np.testing.assert_array_equal(model.parameters, recorder.weights[best])
    assert (model.parameters != recorder.weights[-1]).any()
