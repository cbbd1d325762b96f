"""What the pictures of the guide share: colours, rows of axes, and small files.

The scripts beside this one are run as ``python docs/pictures/NAME.py [FOLDER]``; without a folder they
write into docs/guide.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

# Okabe and Ito's palette: told apart by colour-blind readers too.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, RED, PINK, GREY = "#0072B2", "#D55E00", "#CC79A7", "#999999"

GUIDE = Path(__file__).resolve().parent.parent / "guide"
DPI = 80
LARGEST = 60_000  # bytes of a file; a larger one is written in fewer colours
COLOURS = 160


def row(n: int, width: float, height: float, **options: Any) -> tuple[Figure, Any]:
    """A figure, and n axes side by side in it."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, n, squeeze=False, **options)[0]


def name_axes(ax: Any, x: str, y: str, title: str) -> None:
    """Labels, title and a faint grid."""
    ax.set(xlabel=x, ylabel=y)
    ax.set_title(title, fontsize=10)
    ax.grid(True, alpha=0.25)


def save(figure: Figure, name: str) -> None:
    """Write a figure as a small PNG."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else GUIDE
    memory = io.BytesIO()
    figure.savefig(memory, dpi=DPI)
    picture, file = Image.open(memory).convert("RGB"), folder / f"{name}.png"
    picture.save(file, optimize=True)
    if file.stat().st_size > LARGEST:
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
