"""The functions of the deep-learning course's notebooks, computed by the compiled core.

`reg_utils`, `init_utils`, `opt_utils`, `gc_utils`, `dnn_utils`, `dnn_app_utils_v3` and `planar_utils` have
the functions of the notebooks' helper files and those that the notebooks' readers write, with the same names,
arguments, shapes (columns = examples), dictionaries and numbers. Functions called `model` train in the
compiled engine; the others call kernels and NumPy. They return new arrays and never modify their arguments.

Where editions of the course differ, each has a module with the name that its notebook imports: `opt_utils`
(2017) and `opt_utils_v1a`, `dnn_utils_v2` and `dnn_utils`, `dnn_app_utils_v2` and `dnn_app_utils_v3`. The
notebook of 2021 imports `opt_utils_v1a` too, but two of its functions differ: they are in `opt_utils_2021`.

>>> import regnet.course
>>> regnet.course.install()
>>> from opt_utils_v1a import initialize_parameters      # a notebook's own import line
>>> initialize_parameters([2, 5, 2, 1])["W1"].shape
(5, 2)

``python -m regnet.course NOTEBOOK.ipynb`` calls `install` and then runs all cells of a notebook.
"""

from __future__ import annotations

import sys

from .._support.checks import choice
from . import (
    dlai_tools,
    dnn_app_utils_v2,
    dnn_app_utils_v3,
    dnn_utils,
    dnn_utils_v2,
    gc_utils,
    init_utils,
    opt_utils,
    opt_utils_2021,
    opt_utils_v1a,
    planar_utils,
    reg_utils,
)

__all__ = [
    "dlai_tools",
    "dnn_app_utils_v2",
    "dnn_app_utils_v3",
    "dnn_utils",
    "dnn_utils_v2",
    "gc_utils",
    "init_utils",
    "install",
    "opt_utils",
    "opt_utils_2021",
    "opt_utils_v1a",
    "planar_utils",
    "reg_utils",
]

MODULES = {
    "planar_utils": planar_utils,
    "dnn_utils": dnn_utils,
    "dnn_utils_v2": dnn_utils_v2,
    "dnn_app_utils_v2": dnn_app_utils_v2,
    "dnn_app_utils_v3": dnn_app_utils_v3,
    "init_utils": init_utils,
    "reg_utils": reg_utils,
    "gc_utils": gc_utils,
    "opt_utils": opt_utils,
    "opt_utils_v1a": opt_utils_v1a,
    "dlai_tools": dlai_tools,
    "dlai_tools.testing_utils": dlai_tools.testing_utils,
}
# Most module names belong to one edition; opt_utils_v1a belongs to two.
EDITIONS = {"by name": {}, "2021": {"opt_utils_v1a": opt_utils_2021}}


def install(edition: str = "by name") -> None:
    """Register the course's modules in `sys.modules`, so that a notebook's own import lines find them.

    Afterwards ``from reg_utils import *`` and similar lines import regnet's functions in this process, even
    if a helper file of that name lies beside the notebook or has been imported already.

    Parameters
    ----------
    edition : {"by name", "2021"}
        The name in an import line tells the edition, with one exception: the notebooks v1a and v1b and that
        of 2021 all import `opt_utils_v1a`. "by name" gives it the functions of v1a and v1b, "2021" those of
        2021.

    Raises
    ------
    ValueError
        If the edition is unknown.

    Examples
    --------
    >>> install()
    >>> import gc_utils
    >>> gc_utils.__name__
    'regnet.course.gc_utils'
    """
    sys.modules.update(MODULES | EDITIONS[choice("edition", edition, EDITIONS)])
