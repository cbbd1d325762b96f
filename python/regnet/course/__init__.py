"""The deep-learning course's notebooks, unchanged, at the speed of the compiled core.

`reg_utils`, `init_utils`, `opt_utils`, `gc_utils`, `dnn_utils`, `dnn_app_utils_v3` and `planar_utils` have
the functions of the notebooks' helper files and those that the notebooks ask their readers to write: the
same names, arguments, shapes (columns = examples), dictionaries and numbers. What is called `model` trains
in the compiled engine; the single functions are kernels and NumPy. They return new arrays and never change
what they are given.

Where editions of the course differ there is a module for each, under the name that its notebook imports:
`opt_utils` (2017) and `opt_utils_v1a`, `dnn_utils_v2` and `dnn_utils`, `dnn_app_utils_v2` and
`dnn_app_utils_v3`. The notebook of 2021 imports `opt_utils_v1a` too; what differs there is `opt_utils_2021`.

>>> import regnet.course
>>> regnet.course.install()
>>> from opt_utils_v1a import initialize_parameters      # a notebook's own import line
>>> initialize_parameters([2, 5, 2, 1])["W1"].shape
(5, 2)

``python -m regnet.course NOTEBOOK.ipynb`` runs a whole notebook that way.
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
# an import line names its edition, but for one that two editions share
EDITIONS = {"by name": {}, "2021": {"opt_utils_v1a": opt_utils_2021}}


def install(edition: str = "by name") -> None:
    """Put the course's modules where a notebook's own import lines find them.

    From then on ``from reg_utils import *`` and the like get regnet's functions in this process, also
    where a helper file of that name lies beside the notebook or has been imported before.

    Parameters
    ----------
    edition : {"by name", "2021"}
        An import line names its edition, with one exception: `opt_utils_v1a` is imported by the notebooks
        v1a and v1b and by that of 2021, whose `model` has another default. "2021" chooses the latter.

    Raises
    ------
    ValueError
        If the edition is another one.

    Examples
    --------
    >>> install()
    >>> import gc_utils
    >>> gc_utils.__name__
    'regnet.course.gc_utils'
    """
    sys.modules.update(MODULES | EDITIONS[choice("edition", edition, EDITIONS)])
