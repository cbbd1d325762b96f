# Smooth elementwise activations: a pair of loops each, and a branch in `smooth_forward` and in `smooth_backward`. What
# holds for all activations stands in activation.pxi.

cdef int SIGMOID = ACTIVATION_CODES["sigmoid"]
cdef int TANH = ACTIVATION_CODES["tanh"]
cdef int ELU = ACTIVATION_CODES["elu"]
cdef int SELU = ACTIVATION_CODES["selu"]
cdef int SOFTPLUS = ACTIVATION_CODES["softplus"]
cdef int SILU = ACTIVATION_CODES["silu"]
cdef int MISH = ACTIVATION_CODES["mish"]
cdef int GELU = ACTIVATION_CODES["gelu"]
cdef int EXPONENTIAL = ACTIVATION_CODES["exponential"]


cdef void sigmoid_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = sigmoid_(A[k])


cdef void sigmoid_backward_(const real* dA, real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = dA[k] * A[k] * (1 - A[k])


cdef void tanh_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = tanh_(A[k])


cdef void tanh_backward_(const real* dA, real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = dA[k] * (1 - A[k] * A[k])


cdef void elu_forward(real* A, Py_ssize_t n, real alpha) noexcept nogil:
    cdef Py_ssize_t k
    cdef real below
    for k in range(n):
        below = alpha * expm1_negative(A[k] if A[k] < 0 else 0)
        A[k] = below if A[k] < 0 else A[k]


cdef void elu_backward_(const real* dA, real* A, Py_ssize_t n, real alpha) noexcept nogil:
    # alpha exp(Z) is A + alpha
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = dA[k] * (A[k] + alpha if A[k] < 0 else 1)


# Klambauer et al. 2017, equation 14: mean 0 and variance 1 are a fixed point
cdef double SELU_SCALE = 1.0507009873554804934
cdef double SELU_ALPHA = 1.6732632423543772848


cdef void selu_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    cdef real scale = <real>SELU_SCALE, least = <real>(SELU_SCALE * SELU_ALPHA), below
    for k in range(n):
        below = least * expm1_negative(A[k] if A[k] < 0 else 0)
        A[k] = below if A[k] < 0 else scale * A[k]


cdef void selu_backward_(const real* dA, real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    cdef real scale = <real>SELU_SCALE, least = <real>(SELU_SCALE * SELU_ALPHA)
    for k in range(n):
        A[k] = dA[k] * (A[k] + least if A[k] < 0 else scale)


cdef void softplus_forward(real* A, Py_ssize_t n) noexcept nogil:
    # max(z, 0) + log(1 + exp(-|z|)): nothing overflows
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = (0 if A[k] < 0 else A[k]) + log1p_unit(exp_(A[k] if A[k] < 0 else -A[k]))


cdef void softplus_backward_(const real* dA, real* A, Py_ssize_t n) noexcept nogil:
    # the sigmoid of Z is 1 - exp(-A)
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = -dA[k] * expm1_negative(-A[k])


cdef void silu_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = A[k] * sigmoid_(A[k])


cdef void silu_backward_(const real* dA, real* Z, Py_ssize_t n) noexcept nogil:
    # s + z s (1 - s) with the sigmoid s; 1 - s is that of -z
    cdef Py_ssize_t k
    cdef real s
    for k in range(n):
        s = sigmoid_(Z[k])
        Z[k] = dA[k] * (s + Z[k] * s * (1 - s))


cdef inline real tanh_of_softplus(real z, real e) noexcept nogil:
    # with e = exp(-|z|): nothing overflows
    if z < 0:
        return e * (e + 2) / (e * (e + 2) + 2)
    return (1 + 2 * e) / (1 + 2 * e + 2 * e * e)


cdef void mish_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = A[k] * tanh_of_softplus(A[k], exp_(A[k] if A[k] < 0 else -A[k]))


cdef void mish_backward_(const real* dA, real* Z, Py_ssize_t n) noexcept nogil:
    # t + z (1 - t^2) s with t = tanh(softplus(z)) and the sigmoid s, the derivative of softplus
    cdef Py_ssize_t k
    cdef real t, e
    for k in range(n):
        e = exp_(Z[k] if Z[k] < 0 else -Z[k])
        t = tanh_of_softplus(Z[k], e)
        Z[k] = dA[k] * (t + Z[k] * (1 - t * t) * (e if Z[k] < 0 else 1) / (1 + e))


cdef double SQRT_1_BY_2_PI = 0.39894228040143267794


cdef void gelu_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = A[k] * normal_distribution(A[k])


cdef void gelu_backward_(const real* dA, real* Z, Py_ssize_t n) noexcept nogil:
    # Phi(z) + z phi(z), phi(z) = exp(-z^2 / 2) / sqrt(2 pi)
    cdef Py_ssize_t k
    cdef real density
    for k in range(n):
        density = <real>SQRT_1_BY_2_PI * exp_(-Z[k] * Z[k] / 2)
        Z[k] = dA[k] * (normal_distribution(Z[k]) + Z[k] * density)


cdef void exponential_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = exp_(A[k])


cdef void exponential_backward_(const real* dA, real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = dA[k] * A[k]


cdef void smooth_forward(int activation, real* A, Py_ssize_t n, real option) noexcept nogil:
    # Z becomes A
    if activation == SIGMOID:
        sigmoid_forward(A, n)
    elif activation == TANH:
        tanh_forward(A, n)
    elif activation == ELU:
        elu_forward(A, n, option)
    elif activation == SELU:
        selu_forward(A, n)
    elif activation == SOFTPLUS:
        softplus_forward(A, n)
    elif activation == SILU:
        silu_forward(A, n)
    elif activation == MISH:
        mish_forward(A, n)
    elif activation == GELU:
        gelu_forward(A, n)
    elif activation == EXPONENTIAL:
        exponential_forward(A, n)


cdef void smooth_backward(int activation, const real* dA, real* saved, Py_ssize_t n, real option) noexcept nogil:
    # what the derivative is computed from becomes dZ
    if activation == SIGMOID:
        sigmoid_backward_(dA, saved, n)
    elif activation == TANH:
        tanh_backward_(dA, saved, n)
    elif activation == ELU:
        elu_backward_(dA, saved, n, option)
    elif activation == SELU:
        selu_backward_(dA, saved, n)
    elif activation == SOFTPLUS:
        softplus_backward_(dA, saved, n)
    elif activation == SILU:
        silu_backward_(dA, saved, n)
    elif activation == MISH:
        mish_backward_(dA, saved, n)
    elif activation == GELU:
        gelu_backward_(dA, saved, n)
    elif activation == EXPONENTIAL:
        exponential_backward_(dA, saved, n)
