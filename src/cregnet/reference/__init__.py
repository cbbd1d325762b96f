"""The NumPy twin of every kernel of `cregnet`: same names, same arguments, same effects.

The twins show in the plainest NumPy what the kernels compute. Agreement with a twin does not prove that a
kernel is correct; numerical derivatives and recorded numbers do. `train(..., backend="reference")` runs on
the twins. They check few of their arguments; most wrong ones are an error of NumPy.

>>> relu([[-1.0, 2.0]])
array([[0., 2.]])
"""

from typing import TYPE_CHECKING

from ..spec import KERNELS
from .activation import *
from .batch import *
from .batchnorm import *
from .bfloat16 import *
from .dense import *
from .dropout import *
from .initialize import *
from .loss import *
from .network import *
from .noise import *
from .optimizer import *
from .penalty import *
from .proximal import *

if not TYPE_CHECKING:  # type checkers cannot read a computed list; they read those of the modules
    __all__ = [name for names in KERNELS.values() for name in names]
