"""A substitute for the package that tests the exercises of the notebooks of 2021, without TensorFlow."""

from . import testing_utils

__all__ = ["testing_utils"]
