# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: allow_none_for_extension_args=False
# cython: freethreading_compatible=True
"""The public functions of the core, compiled once: everything that touches Python.

A. A public function is a `def` that takes Python objects. A signature (functions/arguments.pxi) converts them to
   arrays, a fused function over typed memoryviews releases the GIL, and a kernel, a function on pointers, does the
   work. The network's kernels call each other directly, so a training epoch never enters Python.
B. The kernels come from `cregnet._kernels`, the build for the instruction set that _isa.py has chosen. Nothing that
   depends on the length of a vector is computed here.
C. A public function may allocate scratch memory for its call; `network_train`, `adam`, `adamw`, `normal_weights` and
   `uniform_weights` may also start a team of threads. A prediction has its threads from `run_prediction`.
"""

cimport cython
from libc.math cimport isfinite
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memmove, memset

from cregnet._kernels cimport *

from cregnet import spec as _spec

__all__ = [name for names in _spec.KERNELS.values() for name in names]

include "functions/arguments.pxi"
include "functions/activation.pxi"
include "functions/smooth_activation.pxi"
include "functions/dense.pxi"
include "functions/bfloat16.pxi"
include "functions/dropout.pxi"
include "functions/noise.pxi"
include "functions/initialize.pxi"
include "functions/loss.pxi"
include "functions/penalty.pxi"
include "functions/proximal.pxi"
include "functions/optimizer.pxi"
include "functions/batchnorm.pxi"
include "functions/batch.pxi"
include "functions/plan.pxi"
include "functions/workspace.pxi"
include "functions/call.pxi"
include "functions/train.pxi"
include "functions/gradient.pxi"
include "functions/predict.pxi"
