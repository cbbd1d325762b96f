# Proximal steps and projections of weights or of a gradient, in place.
#
# The soft threshold is the proximal operator of sum |W|; the others are projections onto a box or a ball
# (Parikh & Boyd 2014, Foundations and Trends in Optimization 1). Bounds hold exactly: a norm computed in
# double afterwards is never above the bound.

cdef void soft_threshold_(real* W, Py_ssize_t n, double threshold) noexcept nogil:
    # sign(W) max(|W| - t, 0), computed as W minus W clipped to [-t, t]: exact zeros, no branch, and a NaN stays
    cdef Py_ssize_t k
    cdef real t = <real>threshold
    cdef real w
    for k in range(n):
        w = W[k]
        w = -t if w < -t else w
        W[k] -= t if w > t else w


cdef inline double scale_to(double norm, Py_ssize_t n, double bound, size_t size) noexcept nogil:
    # The factor that scales n numbers of this norm to the bound and never above it. The margin covers the rounding
    # of the factor and of the products, and the errors of two sums of n squares in double: this one and that of a
    # caller who computes the norm of the result.
    return bound / norm * (1 - 2 * unit_roundoff(size) - (n + 10) * 1.1102230246251565e-16)


cdef double clip_norm_(real* x, Py_ssize_t n, double bound) noexcept nogil:
    # returns the norm before clipping
    cdef Py_ssize_t k
    cdef double norm = c_sqrt(dot_of(x, x, n))
    cdef real factor
    if norm > bound and isfinite(norm):
        factor = <real>scale_to(norm, n, bound, sizeof(real))
        for k in range(n):
            x[k] *= factor
    return norm


cdef void max_norm_(real* W, Py_ssize_t n_out, Py_ssize_t n_in, double bound) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n_out):
        clip_norm_(W + i * n_in, n_in, bound)


cdef void clip_values_(real* gradient, Py_ssize_t n, double bound) noexcept nogil:
    cdef Py_ssize_t k
    cdef real b = <real>round_down(bound, sizeof(real))
    for k in range(n):
        gradient[k] = -b if gradient[k] < -b else gradient[k]
        gradient[k] = b if gradient[k] > b else gradient[k]
