"""Pictures with matplotlib, an extra: cost curves and decision boundaries."""

from .figures import CLASSES, CURVES, picture_path, pyplot
from .pictures import plot_cost, plot_decision_boundary, plot_demo

__all__ = [
    "CLASSES",
    "CURVES",
    "picture_path",
    "plot_cost",
    "plot_decision_boundary",
    "plot_demo",
    "pyplot",
]
