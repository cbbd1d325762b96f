"""The NumPy twin of every kernel of `cregnet`: same names, same arguments, same effects.

The twins say in the plainest NumPy what the kernels compute. They prove agreement, not truth;
numerical derivatives and recorded numbers do that. `train(..., backend="reference")` runs on them.
They check little: what is wrong is NumPy's error.

>>> relu([[-1.0, 2.0]])
array([[0., 2.]])
"""

from typing import TYPE_CHECKING

from ..spec import KERNELS
from .activation import *
from .batch import *
from .batchnorm import *
from .dense import *
from .dropout import *
from .loss import *
from .network import *
from .noise import *
from .optimizer import *
from .penalty import *
from .proximal import *

if not TYPE_CHECKING:  # type checkers read the lists of the modules; a computed one they would not
    __all__ = [name for names in KERNELS.values() for name in names]
