# Initial weights, drawn by the functions of c/initialize.h: normal or uniform.
#
# An element depends on (seed, layer, element) alone. The threads of a call draw whole blocks of
# DRAWS_AT_ONCE elements each.

cdef extern from "initialize.h" nogil:
    enum: DRAWS_AT_ONCE
    void normal_weights_f32(float*, Py_ssize_t first, Py_ssize_t n, double, uint64_t seed, uint32_t stream)
    void normal_weights_f64(double*, Py_ssize_t first, Py_ssize_t n, double, uint64_t seed, uint32_t stream)
    void uniform_weights_f32(float*, Py_ssize_t first, Py_ssize_t n, double, uint64_t seed, uint32_t stream)
    void uniform_weights_f64(double*, Py_ssize_t first, Py_ssize_t n, double, uint64_t seed, uint32_t stream)

cdef uint32_t INITIAL_WEIGHTS = PURPOSES["weights"]


cdef void draw_weights_(real* W, Py_ssize_t first, Py_ssize_t n, const WeightDraws* call) noexcept nogil:
    # elements first .. first + n - 1 of the layer, first a multiple of DRAWS_AT_ONCE
    cdef uint32_t stream = (INITIAL_WEIGHTS << 28) | call.layer
    if call.distribution == NORMAL_WEIGHTS:
        if real is float:
            normal_weights_f32(W, first, n, call.scale, call.seed, stream)
        else:
            normal_weights_f64(W, first, n, call.scale, call.seed, stream)
    elif real is float:
        uniform_weights_f32(W, first, n, call.scale, call.seed, stream)
    else:
        uniform_weights_f64(W, first, n, call.scale, call.seed, stream)


cdef void draw_weights_member(void* argument, int member) noexcept nogil:
    cdef WeightDraws* call = <WeightDraws*>argument
    cdef Py_ssize_t blocks = call.n // DRAWS_AT_ONCE + 1
    cdef Py_ssize_t first = min(blocks * member // call.team.size * DRAWS_AT_ONCE, call.n)
    cdef Py_ssize_t n = min(blocks * (member + 1) // call.team.size * DRAWS_AT_ONCE, call.n) - first
    if call.is_float:
        draw_weights_(<float*>call.W + first, first, n, call)
    else:
        draw_weights_(<double*>call.W + first, first, n, call)
