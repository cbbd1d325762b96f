# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: allow_none_for_extension_args=False
# cython: freethreading_compatible=True
"""The compiled core: kernels over typed memoryviews, each written once for float32 and float64.

A. A public kernel is a `def` that takes Python objects. A signature (kernels/arguments.pxi) converts them to
   arrays, a fused function over typed memoryviews releases the GIL, and a `cdef ... noexcept nogil` function on
   pointers does the work. The network calls the pointer functions directly, so a training epoch never enters
   Python.
B. The pointer functions work in place wherever possible. An in-place loop over one pointer vectorises; a loop
   over two pointers that may be equal does not.
C. Arrays have columns = examples. Inside the network each row of activations is padded to full vectors; padded
   columns hold zeros or values that nothing reads.
D. The pointer functions allocate nothing, keep no state and start no threads. A `def` may allocate scratch memory
   for its call; `network_train`, `adam` and `adamw` may also start a team of threads.
E. The files are included in the order of their use: each uses only those before it, except that activation.pxi
   calls the loops of smooth_activation.pxi.

This text is compiled once for each instruction set; see CMakeLists.txt and _isa.py.
"""

cimport cython
from libc.math cimport exp as c_exp, log as c_log, isfinite, nextafterf, pow as c_pow, sqrt as c_sqrt
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memmove, memset

from cregnet import spec as _spec

__all__ = [name for names in _spec.KERNELS.values() for name in names]

cdef dict PURPOSES = _spec.PURPOSES

ctypedef fused real:
    float
    double

include "kernels/arguments.pxi"
include "c/vector.pxi"
include "kernels/activation.pxi"
include "kernels/smooth_activation.pxi"
include "kernels/dense.pxi"
include "kernels/dropout.pxi"
include "kernels/noise.pxi"
include "kernels/loss.pxi"
include "kernels/penalty.pxi"
include "kernels/proximal.pxi"
include "kernels/optimizer.pxi"
include "kernels/batchnorm.pxi"
include "kernels/batch.pxi"
include "network/network.pxi"
include "network/workspace.pxi"
include "network/shared.pxi"
include "network/gates.pxi"
include "network/forward_backward.pxi"
include "network/update.pxi"
include "network/loop.pxi"
include "network/call.pxi"
include "network/train.pxi"
include "network/gradient.pxi"
include "network/predict.pxi"

cdef extern from "cpu.h":
    bint cpu_has_avx2()
    bint cpu_has_avx512()

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
    return tuple(names)
