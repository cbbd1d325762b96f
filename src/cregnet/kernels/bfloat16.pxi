# Rounding to bfloat16; the products of such operands are in network/mixed.pxi.

cdef void round_to_bfloat16_(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    if real is float:
        round_to_bfloat16_f32(n, x, out)
    else:
        round_to_bfloat16_f64(n, x, out)
