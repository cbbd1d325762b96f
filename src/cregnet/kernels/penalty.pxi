# Penalties on the weights: cost l1 * sum |W| + l2 / 2 * sum W^2, gradient l1 * sign(W) + l2 * W.
# The caller has scaled the coefficients: l2 = lambda / m and l1 = lambda / (2 m) for scale="examples".

cdef double penalty_(const real* W, Py_ssize_t n, double l1, double l2) noexcept nogil:
    cdef Py_ssize_t block, start, width, k
    cdef real a1 = <real>l1, a2 = <real>(l2 / 2)
    cdef real w
    cdef real term[BLOCK]
    cdef double cost = 0
    for block in range(n_blocks(n)):
        start = block * BLOCK
        width = min(<Py_ssize_t>BLOCK, n - start)
        for k in range(width):
            w = W[start + k]
            term[k] = a1 * (-w if w < 0 else w) + a2 * w * w
        cost += sum_of(&term[0], width)
    return cost


cdef void penalty_backward_(const real* W, real* dW, Py_ssize_t n, double l1, double l2) noexcept nogil:
    cdef Py_ssize_t k
    cdef real a1 = <real>l1, a2 = <real>l2
    for k in range(n):
        dW[k] += a1 * <real>((W[k] > 0) - (W[k] < 0)) + a2 * W[k]
