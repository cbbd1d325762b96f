"""The deep network notebook, step by step (course 1, week 4), editions of 2017 to 2020.

The helper file has the four activation functions of `dnn_utils`; the notebook's reader writes the others. The
editions differ in one name: the argument `parameters` of `update_parameters` is `params` from 2021 on. The
function accepts both keywords.
"""

from . import dnn_utils
from .dnn_utils import *  # noqa: F403

__all__ = dnn_utils.__all__
