"""The picture of docs/guide/data.md: confidence under label smoothing, a border under class weights.

python docs/pictures/data.py [FOLDER]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from drawing import BLACK, BLUE, GREY, ORANGE, RED, SKY, name_axes, row, save

import regnet as rn


def mislabelled(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Five classes about centres of their own; one label in ten is drawn by chance."""
    centres = np.random.default_rng(5).standard_normal((5, 10))
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 5, n)
    X = centres[y] + rng.standard_normal((n, 10))
    return X, np.where(rng.random(n) < 0.1, rng.integers(0, 5, n), y)


def rare(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two classes that overlap; one in twenty is of the second."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.05).astype(np.int64)
    return rng.standard_normal((n, 2)) + 1.5 * y[:, None], y


def draw_smoothing(ax: Any) -> None:
    """How often a prediction is right, by how sure the net was."""
    X_test, y_test = mislabelled(4000, 1)
    for smoothing, colour, marker in ((0.0, ORANGE, "o"), (0.1, BLUE, "s"), (0.2, BLACK, "^")):
        model = rn.Model.mlp([10, 64, 5], seed=0)
        options = {"epochs": 100, "batch_size": 32, "optimizer": rn.Adam(0.005), "n_threads": 1}
        rn.train(model, *mislabelled(400, 0), label_smoothing=smoothing, **options)
        p = model.predict_proba(X_test)
        sure, right = p.max(axis=1), model.predict(X_test) == y_test
        parts = np.array_split(np.argsort(sure), 8)
        points = [(sure[part].mean(), right[part].mean()) for part in parts]
        ax.plot(
            *zip(*points, strict=True), marker=marker, color=colour, label=f"label_smoothing={smoothing:g}"
        )
    ax.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1, label="as sure as right")
    ax.set(xlim=(0.25, 1.02), ylim=(0.25, 1.02))
    ax.legend(frameon=False, fontsize=9, loc="upper left")
    name_axes(
        ax,
        "mean probability of the predicted class",
        "share that is right",
        "test data, in eight equal parts",
    )


def draw_weights(ax: Any) -> None:
    """Borders without class weights and with them."""
    X, y = rare(1000, 0)
    X_test, y_test = rare(10000, 1)
    for label, colour in ((0, SKY), (1, RED)):
        ax.plot(
            *X[y == label].T, ".", color=colour, markersize=4, label=f"class {label}: {(y == label).sum()}"
        )
    across, up = np.linspace(-3.5, 5, 200), np.linspace(-5.5, 5, 200)
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    for weight, dash in ((None, "-"), ("balanced", "--")):
        model = rn.Model.mlp([2, 10, 1], seed=0)
        rn.train(model, X, y, epochs=100, batch_size=32, optimizer=rn.Adam(0.01), class_weight=weight)
        p = model.predict_proba(grid)[:, 1].reshape(200, 200)
        ax.contour(across, up, p, levels=[0.5], colors=BLACK, linestyles=[dash])
        found = (model.predict(X_test) == 1)[y_test == 1].mean()
        ax.plot([], [], dash, color=BLACK, label=f"class_weight={weight!r}: finds {found:.0%} of class 1")
    ax.legend(fontsize=9, loc="lower left", framealpha=1)
    ax.set(xlim=(-3.5, 5), ylim=(-5.5, 5))
    name_axes(ax, "x1", "x2", "a rare class")


def main() -> None:
    """Draw and save."""
    figure, axes = row(2, 11, 4.2)
    draw_smoothing(axes[0])
    draw_weights(axes[1])
    save(figure, "data")


if __name__ == "__main__":
    main()
