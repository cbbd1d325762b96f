"""The picture of docs/guide/augmentation.md: each transformation of one digit, four times.

    python docs/pictures/augmentation.py [FILE.png]

The digit is drawn here, so that the picture needs no data.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from regnet.augment import Compose, Elastic, HorizontalFlip, RandomCrop, Rotate, Shift

HERE = Path(__file__).resolve().parent
SIZE = 28
TIMES = 4
GRAY = {"cmap": "gray_r", "vmin": 0, "vmax": 1}


def five() -> np.ndarray:
    """A five as a row of SIZE * SIZE numbers in [0, 1]: a stroke along a line and an arc."""
    turn = np.linspace(-0.75 * np.pi, 0.8 * np.pi, 60)
    arc = np.column_stack([17.5 + 4.5 * np.sin(turn), 12.5 + 5.5 * np.cos(turn)])
    strokes = [np.array([[6, 19], [6, 10]]), np.array([[6, 10], arc[0]]), arc]
    points = np.concatenate(
        [np.linspace(a, b, 40) for stroke in strokes for a, b in zip(stroke[:-1], stroke[1:], strict=True)]
    )
    pixels = np.indices((SIZE, SIZE)).reshape(2, -1).T
    distance = np.sqrt(((pixels[:, None] - points) ** 2).sum(axis=2)).min(axis=1)
    return np.clip(2.0 - distance, 0, 1)


def main() -> None:
    """Draw and save."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "guide" / "augmentation.png"
    columns = {
        "HorizontalFlip()": [HorizontalFlip()],
        "Shift(4)": [Shift(4)],
        "RandomCrop(4)": [RandomCrop(4)],
        "Rotate(25)": [Rotate(25)],
        "Elastic(34, 4)": [Elastic(34, 4)],
        "Elastic(8, 2)": [Elastic(8, 2)],
        "Shift(2), Rotate(15),\nElastic()": [Shift(2), Rotate(15), Elastic()],
    }
    digit = five()
    figure = Figure(figsize=(11, 6.2), layout="constrained")
    axes = figure.subplots(TIMES, len(columns) + 1)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    for ax in axes[1:, 0]:
        ax.axis("off")
    axes[0, 0].imshow(digit.reshape(SIZE, SIZE), interpolation="nearest", **GRAY)
    axes[0, 0].set_title("as it is", fontsize=9)
    for column, (name, transformations) in zip(axes[:, 1:].T, columns.items(), strict=True):
        rows = Compose(transformations, shape=(SIZE, SIZE))(np.tile(digit, (TIMES, 1)), seed=1)
        column[0].set_title(name, fontsize=9)
        for ax, row in zip(column, rows, strict=True):
            ax.imshow(row.reshape(SIZE, SIZE), interpolation="nearest", **GRAY)
    figure.savefig(path, dpi=60)


if __name__ == "__main__":
    main()
