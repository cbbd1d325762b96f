# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, binding=False
# cython: freethreading_compatible=True
"""The kernels, each written once for float32 and float64, and compiled once for each instruction set.

A. A kernel is a `cdef ... noexcept nogil` function on pointers. What `_core.pyx` calls is declared in `_kernels.pxd`.
   Nothing here takes a Python object, so that the same wrappers serve all instruction sets.
B. The functions work in place wherever possible. An in-place loop over one pointer vectorises; a loop over two
   pointers that may be equal does not.
C. Arrays have columns = examples. Inside the network each row of activations is padded to full vectors; padded
   columns hold zeros or values that nothing reads.
D. The functions allocate nothing, keep no state and start no threads, except that `run_prediction` has the memory
   and the threads of its call.
E. The files are included in the order of their use: each uses only those before it, except that activation.pxi
   calls the loops of smooth_activation.pxi.

See CMakeLists.txt for the builds and _isa.py for the choice among them.
"""

from libc.math cimport exp as c_exp, log as c_log, isfinite, nextafterf, pow as c_pow, sqrt as c_sqrt
from libc.string cimport memcpy, memset

from cregnet import spec as _spec

cdef dict PURPOSES = _spec.PURPOSES

include "c/vector.pxi"
include "kernels/activation.pxi"
include "kernels/smooth_activation.pxi"
include "kernels/bfloat16.pxi"
include "kernels/dropout.pxi"
include "kernels/noise.pxi"
include "kernels/initialize.pxi"
include "kernels/loss.pxi"
include "kernels/penalty.pxi"
include "kernels/proximal.pxi"
include "kernels/optimizer.pxi"
include "kernels/batchnorm.pxi"
include "kernels/batch.pxi"
include "network/workspace.pxi"
include "network/shared.pxi"
include "network/gates.pxi"
include "network/mixed.pxi"
include "network/first_layer.pxi"
include "network/forward_backward.pxi"
include "network/update.pxi"
include "network/loop.pxi"
include "network/gradient.pxi"
include "network/predict_layers.pxi"
include "network/sample.pxi"
include "network/predict.pxi"

cdef extern from "cpu.h":
    bint cpu_has_avx2()
    bint cpu_has_avx512()
    bint cpu_has_avx512bf16()

cdef extern from *:
    const char* CREGNET_ISA_NAME


def _isa_name():
    """Name of the instruction set that this build uses."""
    return CREGNET_ISA_NAME.decode("ascii")


def _supported_isas():
    """Instruction sets that this processor can run, slowest first."""
    names = ["baseline"]
    if cpu_has_avx2():
        names.append("avx2")
    if cpu_has_avx512():
        names.append("avx512")
    if cpu_has_avx512bf16():
        names.append("avx512bf16")
    return tuple(names)
