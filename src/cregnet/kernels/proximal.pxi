# Proximal steps and projections: what acts on weights or on a gradient itself, in place.
#
# Each gives the point nearest to x that a term or a bound allows (Parikh & Boyd 2014, Foundations
# and Trends in Optimization 1): the soft threshold for sum |W|, the others for a box or a ball.
# Bounds hold exactly: a norm computed in double afterwards is never above the bound.

cdef void soft_threshold_(real* W, Py_ssize_t n, double threshold) noexcept nogil:
    # sign(W) max(|W| - t, 0), which is W less W clipped: exact zeros, no branch, a NaN stays one
    cdef Py_ssize_t k
    cdef real t = <real>threshold
    cdef real w
    for k in range(n):
        w = W[k]
        w = -t if w < -t else w
        W[k] -= t if w > t else w


cdef inline double scale_to(double norm, Py_ssize_t n, double bound, size_t size) noexcept nogil:
    # The factor that brings n numbers of this norm to the bound and never above it. The margin is
    # for its own rounding, that of the products, and the errors of two sums of n squares in double,
    # ours and the one of whoever checks.
    return bound / norm * (1 - 2 * unit_roundoff(size) - (n + 10) * 1.1102230246251565e-16)


cdef double clip_norm_(real* x, Py_ssize_t n, double bound) noexcept nogil:
    # the norm it had
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


# ---------------------------------------------------------------------------- public kernels

cdef _Arguments WEIGHTS_ALONE = _Arguments("", "W")
cdef _Arguments GRADIENT_ALONE = _Arguments("", "gradient")


cdef int check_bound(double bound) except -1:
    if not 0 < bound < INFINITY:
        raise ValueError(f"bound is {bound}, wanted a number > 0")
    return 0


def soft_threshold(real[::1] W, double threshold):
    """W = sign(W) * max(|W| - threshold, 0), in place: the proximal step of threshold * sum(|W|).

    Daubechies, Defrise & De Mol 2004, Comm. Pure Appl. Math. 57.
    """
    cdef Span[1] at = [vector(W)]
    if not 0 <= threshold < INFINITY:
        raise ValueError(f"threshold is {threshold}, wanted a number >= 0")
    WEIGHTS_ALONE.check(at)
    with nogil:
        soft_threshold_(&W[0], W.shape[0], threshold)


def max_norm(real[:, ::1] W, double bound):
    """Scale each row of W (n_out, n_in), a unit's weights, to norm `bound` where it is longer, in place.

    Srivastava et al. 2014, JMLR 15, section 5.1. The norm is taken in double and afterwards at most
    the bound; a row whose norm is not finite is left as it is.
    """
    cdef Span[1] at = [matrix(W)]
    check_bound(bound)
    WEIGHTS_ALONE.check(at)
    with nogil:
        max_norm_(&W[0, 0], W.shape[0], W.shape[1], bound)


def clip_values(real[::1] gradient, double bound):
    """gradient = min(max(gradient, -bound), bound), in place; a NaN stays one."""
    cdef Span[1] at = [vector(gradient)]
    check_bound(bound)
    GRADIENT_ALONE.check(at)
    with nogil:
        clip_values_(&gradient[0], gradient.shape[0], bound)


def clip_norm(real[::1] gradient, double bound):
    """Scale the gradient to norm `bound` where it is longer, in place; returns the norm it had.

    Pascanu, Mikolov & Bengio 2013, algorithm 1. The norm is taken in double and afterwards at most
    the bound; a gradient whose norm is not finite is left as it is, so that it shows.
    """
    cdef Span[1] at = [vector(gradient)]
    cdef double norm
    check_bound(bound)
    GRADIENT_ALONE.check(at)
    with nogil:
        norm = clip_norm_(&gradient[0], gradient.shape[0], bound)
    return norm
