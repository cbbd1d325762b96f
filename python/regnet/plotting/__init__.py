"""Pictures with matplotlib, an extra: cost curves and decision boundaries."""

from .pictures import CLASSES, CURVES, picture_path, plot_cost, plot_decision_boundary, plot_demo, pyplot

__all__ = [
    "CLASSES",
    "CURVES",
    "picture_path",
    "plot_cost",
    "plot_decision_boundary",
    "plot_demo",
    "pyplot",
]
