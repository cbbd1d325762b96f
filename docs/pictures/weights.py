"""The pictures of docs/guide/weights.md: weights under each penalty, and a border under a rising one.

python docs/pictures/weights.py [FOLDER]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from drawing import BLUE, ORANGE, name_axes, row, save

import regnet as rn
from regnet.plotting import plot_decision_boundary

INPUTS, RELEVANT = 50, 5
EDGE = 1.8
BINS = np.linspace(-EDGE, EDGE, 62)  # an odd number of bins: one is centred on 0


def planted(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of which only the first few decide the class, the rest being noise."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, INPUTS))
    return X, (X[:, :RELEVANT].sum(axis=1) + 0.5 * rng.standard_normal(n) > 0).astype(np.int64)


def fit(penalty: rn.Penalty | None, gates: bool) -> rn.Model:
    """A net trained with a penalty; gates want Adam, exact zeros a plain gradient."""
    layers = [rn.Input(INPUTS, gates=gates), rn.Dense(16, "relu", gates=gates), rn.Dense(1, "sigmoid")]
    model = rn.Model(layers, seed=0)
    optimizer = rn.Adam(0.01) if gates else rn.Momentum(0.1)
    rn.train(model, *planted(500, 0), epochs=600, batch_size=50, optimizer=optimizer, penalty=penalty)
    return model


def histogram(ax: Any, model: rn.Model, title: str) -> None:
    """The weights of the first layer, times their gates, and how many are exactly 0."""
    model, W = model.folded(), model.folded().weights[0].ravel()
    zero = W == 0
    ax.hist(W[~zero], BINS, color=BLUE)
    ax.bar([0], [zero.sum()], width=BINS[1] - BINS[0], color=ORANGE)
    accuracy = model.evaluate(*planted(2000, 1)).score
    ax.set(yscale="log", ylim=(0.7, 4000), xlim=(-EDGE, EDGE))
    name_axes(ax, "weight", "", f"{title}\ntest accuracy {accuracy:.3f}")
    ax.text(0.5, 0.96, f"exactly 0: {zero.mean():.0%}", transform=ax.transAxes, ha="center", va="top")


def draw_histograms() -> None:
    """weights.png."""
    fits = {
        "no penalty": (None, False),
        "L2(20)": (rn.L2(20), False),
        "L1(20)": (rn.L1(20), False),
        "L1(20, proximal=True)": (rn.L1(20, proximal=True), False),
        "L0(40), units gated": (rn.L0(40), True),
    }
    figure, axes = row(len(fits), 12, 3.1, sharey=True)
    for ax, (title, (penalty, gates)) in zip(axes, fits.items(), strict=True):
        histogram(ax, fit(penalty, gates), title)
    axes[0].set_ylabel("how many of the first layer")
    save(figure, "weights")


def draw_borders() -> None:
    """boundary.png."""
    X, y, X_test, y_test = rn.datasets.make_football(noise=0.1)
    strengths = (0, 0.1, 1, 20)
    figure, axes = row(len(strengths), 12, 3.5, sharey=True)
    for ax, lam in zip(axes, strengths, strict=True):
        model = rn.Model.mlp([2, 40, 20, 1], dtype="float64", seed=3)
        rn.train(model, X, y, epochs=3000, batch_size=None, optimizer=rn.Adam(0.005), penalty=rn.L2(lam))
        plot_decision_boundary(model, X, y, ax)
        accuracy = [model.evaluate(*data).score for data in ((X, y), (X_test, y_test))]
        title = "lambda {}\ntraining accuracy {:.3f}, test {:.3f}".format(lam, *accuracy)
        name_axes(ax, "x1", "", title)
    axes[0].set_ylabel("x2")
    save(figure, "boundary")


if __name__ == "__main__":
    draw_histograms()
    draw_borders()
