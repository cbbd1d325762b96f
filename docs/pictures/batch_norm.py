"""The picture of docs/guide/batch_norm.md: cost curves without and with batch norm, by learning rate.

python docs/pictures/batch_norm.py [FOLDER]
"""

from __future__ import annotations

import warnings

import numpy as np
from drawing import BLUE, GREY, ORANGE, name_axes, row, save

import regnet as rn

STYLES = {0.01: ":", 0.1: "-", 0.5: "--"}  # by learning rate


def scaled(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten classes about centres of their own; the inputs' scales go from 0.1 to 10."""
    centres = np.random.default_rng(99).standard_normal((10, 20))
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 10, n)
    return (centres[y] + rng.standard_normal((n, 20))) * np.logspace(-1, 1, 20), y


def main() -> None:
    """Train, draw and save."""
    figure, axes = row(2, 10, 3.8, sharey=True)
    for batch_norm, colour in ((False, ORANGE), (True, BLUE)):
        for rate, style in STYLES.items():
            model = rn.Model.mlp([20, 50, 50, 50, 50, 10], batch_norm=batch_norm, seed=0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", rn.DivergenceWarning)  # the legend says so
                history = rn.train(
                    model,
                    *scaled(1000, 1),
                    epochs=40,
                    batch_size=50,
                    optimizer=rn.GradientDescent(rate),
                    validation=scaled(1000, 2),
                    n_threads=1,
                )
            diverged = ", diverges at once" if history.stop_reason == "diverged" else ""
            label = f"{'with' if batch_norm else 'without'}, rate {rate}{diverged}"
            for ax, curve in zip(axes, (history.cost, history.val_cost), strict=True):
                ax.plot(np.arange(len(curve)), curve, style, color=colour, label=label)
    name_axes(axes[0], "epoch", "cost J", "training cost")
    name_axes(axes[1], "epoch", "", "validation cost")
    for ax in axes:
        ax.set(yscale="log", ylim=(0.015, 5), xlim=(0, 39))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.axhline(np.log(10), color=GREY, linewidth=0.8)
    axes[1].text(39, np.log(10) * 1.08, "chance, log 10 ", color="#666666", ha="right", fontsize=9)
    axes[1].legend(frameon=False, fontsize=9, loc="lower right")
    save(figure, "batch_norm")


if __name__ == "__main__":
    main()
