"""Shared by all plots: the import of matplotlib, the colours, checks of the file to write."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["CLASSES", "CURVES", "GAPS", "new_figure", "picture_path", "pyplot"]

# Okabe and Ito's palette, which colour-blind readers can distinguish.
BLACK, GREY = "#000000", "#999999"
ORANGE, SKY_BLUE, GREEN, BLUE = "#E69F00", "#56B4E9", "#009E73", "#0072B2"
VERMILION, PURPLE = "#D55E00", "#CC79A7"
CLASSES = (BLUE, VERMILION)
CURVES = (BLACK, GREEN, PURPLE, ORANGE, SKY_BLUE, BLUE, VERMILION, GREY)
GAPS = (ORANGE, SKY_BLUE, PURPLE)


def pyplot() -> Any:
    """Import matplotlib.pyplot, or say how to install it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("pictures need matplotlib: pip install 'regnet[plot]'") from None
    return plt


def new_figure(width: float, height: float) -> Any:
    """A figure without a window: drawing needs no display, and pyplot keeps no reference to it."""
    pyplot()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def picture_path(path: Path) -> Path:
    """Check that a picture can be written to this path; .png is added if it has no suffix."""
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
