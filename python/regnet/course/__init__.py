"""The deep-learning course's notebooks, unchanged, at the speed of the compiled core.

`reg_utils`, `init_utils`, `opt_utils`, `gc_utils` and `dnn_utils` have the functions of the notebooks'
helper files and those that the notebooks ask their readers to write: the same names, arguments,
shapes (columns = examples), dictionaries and numbers. What is called `model` trains in the compiled
engine; the single functions are NumPy. They return new arrays and never change what they are given.

>>> import regnet.course
>>> regnet.course.install()
>>> from opt_utils_v1a import initialize_parameters      # a notebook's own import line
>>> initialize_parameters([2, 5, 2, 1])["W1"].shape
(5, 2)

``python -m regnet.course NOTEBOOK.ipynb`` runs a whole notebook that way.
"""

from __future__ import annotations

import sys

from . import dnn_utils, gc_utils, init_utils, opt_utils, reg_utils

__all__ = ["dnn_utils", "gc_utils", "init_utils", "install", "opt_utils", "reg_utils"]

MODULES = {
    "reg_utils": reg_utils,
    "init_utils": init_utils,
    "opt_utils": opt_utils,
    "opt_utils_v1a": opt_utils,
    "gc_utils": gc_utils,
    "dnn_utils": dnn_utils,
}


def install() -> None:
    """Put the course's modules where a notebook's own import lines find them.

    From then on ``from reg_utils import *`` and the like get regnet's functions in this process, also
    where a helper file of that name lies beside the notebook or has been imported before.

    Examples
    --------
    >>> install()
    >>> import gc_utils
    >>> gc_utils.__name__
    'regnet.course.gc_utils'
    """
    sys.modules.update(MODULES)
