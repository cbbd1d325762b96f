"""What pictures share: matplotlib, imported when something is drawn; the colours; where a picture goes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["CLASSES", "CURVES", "GAPS", "new_figure", "picture_path", "pyplot"]

# Okabe and Ito's palette: told apart by colour-blind readers too.
BLACK, GREY = "#000000", "#999999"
ORANGE, SKY_BLUE, GREEN, BLUE = "#E69F00", "#56B4E9", "#009E73", "#0072B2"
VERMILION, PURPLE = "#D55E00", "#CC79A7"
CLASSES = (BLUE, VERMILION)
CURVES = (BLACK, GREEN, PURPLE, ORANGE, SKY_BLUE, BLUE, VERMILION, GREY)
GAPS = (ORANGE, SKY_BLUE, PURPLE)


def pyplot() -> Any:
    """matplotlib.pyplot, or a message that says how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("pictures need matplotlib: pip install 'regnet[plot]'") from None
    return plt


def new_figure(width: float, height: float) -> Any:
    """A figure that belongs to no window, so that drawing needs no display and leaves nothing behind."""
    pyplot()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def picture_path(path: Path) -> Path:
    """A path that a picture can be written to, .png where it has no ending."""
    pyplot()
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    if not path.is_dir() and not path.suffix:
        path = path.with_suffix(".png")
    if path.is_dir():
        raise OSError(f"{str(path)!r} is a folder, wanted a file for the picture")
    if path.suffix[1:].lower() not in FigureCanvasAgg.get_supported_filetypes():
        raise ValueError(f"picture is {str(path)!r}, wanted a name that ends in .png, .pdf, .svg or the like")
    if not path.absolute().parent.is_dir():
        raise OSError(f"there is no folder {str(path.parent)!r} for the picture")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise OSError(f"{str(path)!r} cannot be written, wanted another file for the picture")
    return path
