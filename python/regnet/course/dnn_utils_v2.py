"""The deep network notebook, step by step (course 1, week 4), editions of 2017 to 2020.

Its helper file has the four activations of `dnn_utils`; the other functions are those that the notebook
asks its reader to write, the same in both but for a name: `parameters` of `update_parameters` is `params`
from 2021 on. Either is taken.
"""

from . import dnn_utils
from .dnn_utils import *  # noqa: F403

__all__ = dnn_utils.__all__
