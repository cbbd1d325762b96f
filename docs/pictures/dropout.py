"""The pictures of docs/guide/dropout.md: borders without and with noise, and the spread of predictions.

python docs/pictures/dropout.py [FOLDER]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from drawing import BLACK, BLUE, ORANGE, RED, SKY, name_axes, row, save
from matplotlib.patches import Rectangle

import regnet as rn
from regnet.plotting import CLASSES, plot_decision_boundary


def net(keep_prob: float = 1.0, dropout: str = "bernoulli", noise: float = 0.0) -> rn.Model:
    """2-100-50-1 with one kind of noise."""
    hidden = [rn.Dense(n, "relu", keep_prob, dropout=dropout) for n in (100, 50)]
    return rn.Model([rn.Input(2, noise=noise), *hidden, rn.Dense(1, "sigmoid")], seed=3)


def draw_borders() -> None:
    """dropout.png."""
    X, y, X_test, y_test = rn.datasets.make_football(noise=0.1)
    nets = {
        "no noise": net(),
        "keep_prob=0.5": net(0.5),
        'keep_prob=0.5, dropout="gaussian"': net(0.5, "gaussian"),
        "Input(2, noise=0.05)": net(noise=0.05),
    }
    figure, axes = row(len(nets), 12, 3.5, sharey=True)
    for ax, (title, model) in zip(axes, nets.items(), strict=True):
        rn.train(model, X, y, epochs=1000, batch_size=None, optimizer=rn.Adam(0.01))
        plot_decision_boundary(model, X, y, ax)
        accuracy = [model.evaluate(*data).score for data in ((X, y), (X_test, y_test))]
        name_axes(ax, "x1", "", "{}\ntraining accuracy {:.3f}, test {:.3f}".format(title, *accuracy))
    axes[0].set_ylabel("x2")
    save(figure, "dropout")


def draw_numbers(ax: Any) -> None:
    """A curve fitted on two stretches: mean and spread of Monte-Carlo predictions."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(-2, -0.5, 60), rng.uniform(0.5, 2, 60)])[:, None]
    t = np.sin(2 * x[:, 0]) + 0.1 * rng.standard_normal(len(x))
    model = rn.Model.mlp([1, 100, 100, 1], output="identity", keep_prob=0.9, seed=1)
    rn.train(model, x, t, epochs=1500, batch_size=None, optimizer=rn.Adam(0.005, schedule=rn.Cosine()))
    across = np.linspace(-5, 5, 300)[:, None]
    found = model.predict_mc(across, mc_samples=500)
    low, high = found.mean - 2 * found.spread, found.mean + 2 * found.spread
    ax.fill_between(across[:, 0], low, high, color=SKY, alpha=0.5, label="mean ± 2 spread")
    ax.plot(across[:, 0], found.mean, color=BLUE, label="mean of 500 samples")
    ax.plot(x[:, 0], t, ".", color=RED, markersize=4, label="training data")
    ax.legend(frameon=False, loc="lower left", fontsize=9)
    name_axes(ax, "x", "y", "numbers: narrow at the data, wide far from them")


def draw_classes(ax: Any) -> Any:
    """The football field and its surroundings: the spread of the probability."""
    X, y, _, _ = rn.datasets.make_football()
    model = net(0.8)
    rn.train(model, X, y, epochs=1000, batch_size=None, optimizer=rn.Adam(0.005), penalty=rn.L2(0.5))
    places = np.linspace(-1.5, 1.5, 120)
    grid = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
    found = model.predict_proba(grid, mc_samples=200)
    spread, p = (part[:, 1].reshape(120, 120) for part in (found.spread, found.mean))
    extent = (-1.5, 1.5, -1.5, 1.5)
    image = ax.imshow(spread, extent=extent, origin="lower", cmap="Greys", vmin=0, aspect="auto")
    ax.contour(places, places, p, levels=[0.5], colors=BLACK, linewidths=1.2)
    for label, colour in zip((0, 1), CLASSES, strict=True):
        ax.plot(*X[y == label].T, ".", color=colour, markersize=3, label=f"class {label}")
    ax.add_patch(Rectangle((-0.5, -0.5), 1, 1, fill=False, color=ORANGE, label="the field"))
    ax.legend(loc="lower left", fontsize=9)
    name_axes(ax, "x1", "x2", "classes: spread of the probability, p = 1/2 as a line")
    ax.grid(False)
    return image


def draw_spread() -> None:
    """monte_carlo.png."""
    figure, axes = row(2, 11, 4)
    draw_numbers(axes[0])
    figure.colorbar(draw_classes(axes[1]), ax=axes[1], label="spread")
    save(figure, "monte_carlo")


if __name__ == "__main__":
    draw_borders()
    draw_spread()
