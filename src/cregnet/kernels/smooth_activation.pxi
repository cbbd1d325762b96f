# Smooth elementwise activations: a pair of loops each, a branch in `smooth_forward` and in `smooth_backward`, and the
# two public kernels. What holds for all activations stands in activation.pxi.

cdef int SIGMOID = ACTIVATION_CODES["sigmoid"]
cdef int TANH = ACTIVATION_CODES["tanh"]
cdef int ELU = ACTIVATION_CODES["elu"]
cdef int SELU = ACTIVATION_CODES["selu"]
cdef int SOFTPLUS = ACTIVATION_CODES["softplus"]
cdef int SILU = ACTIVATION_CODES["silu"]
cdef int MISH = ACTIVATION_CODES["mish"]
cdef int GELU = ACTIVATION_CODES["gelu"]
cdef int EXPONENTIAL = ACTIVATION_CODES["exponential"]

cdef _Number ALPHA = _Number(_spec.ACTIVATIONS["elu"].options[0])


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


# ---------------------------------------------------------------------------- public kernels

def sigmoid(Z, A=None):
    """A = 1 / (1 + exp(-Z)), the logistic function.

    >>> cregnet.sigmoid([[0.0, 800.0]])
    array([[0.5, 1. ]])
    """
    return call_forward(SIGMOID, Z, A)


def sigmoid_backward(dA, A, dZ=None):
    """dZ = dA * A * (1 - A).

    >>> cregnet.sigmoid_backward([[1.0, 1.0]], [[0.5, 1.0]])
    array([[0.25, 0.  ]])
    """
    return call_backward(SIGMOID, dA, A, dZ)


def tanh(Z, A=None):
    """A = tanh(Z).

    >>> cregnet.tanh([[0.0, 50.0]])
    array([[0., 1.]])
    """
    return call_forward(TANH, Z, A)


def tanh_backward(dA, A, dZ=None):
    """dZ = dA * (1 - A^2).

    >>> cregnet.tanh_backward([[1.0, 4.0]], [[0.0, 0.5]])
    array([[1., 3.]])
    """
    return call_backward(TANH, dA, A, dZ)


def elu(Z, A=None, *, alpha=ALPHA.default):
    """A = Z where Z >= 0, else alpha * (exp(Z) - 1) (Clevert, Unterthiner & Hochreiter 2016).

    >>> cregnet.elu([[-800.0, 2.0]])
    array([[-1.,  2.]])
    """
    return call_forward(ELU, Z, A, ALPHA.read(alpha))


def elu_backward(dA, A, dZ=None, *, alpha=ALPHA.default):
    """dZ = dA where A >= 0, else dA * (A + alpha).

    >>> cregnet.elu_backward([[2.0, 2.0]], [[-0.75, 2.0]])
    array([[0.5, 2. ]])
    """
    return call_backward(ELU, dA, A, dZ, ALPHA.read(alpha))


def selu(Z, A=None):
    """A = 1.0507 Z where Z >= 0, else 1.7581 (exp(Z) - 1) (Klambauer et al. 2017).

    >>> cregnet.selu([[-800.0, 1.0]]).round(4)
    array([[-1.7581,  1.0507]])
    """
    return call_forward(SELU, Z, A)


def selu_backward(dA, A, dZ=None):
    """dZ = 1.0507 dA where A >= 0, else dA (A + 1.7581).

    >>> cregnet.selu_backward([[1.0, 1.0]], [[-1.0, 2.0]]).round(4)
    array([[0.7581, 1.0507]])
    """
    return call_backward(SELU, dA, A, dZ)


def softplus(Z, A=None):
    """A = log(1 + exp(Z)) (Dugas et al. 2001).

    >>> cregnet.softplus([[-800.0, 800.0]])
    array([[  0., 800.]])
    """
    return call_forward(SOFTPLUS, Z, A)


def softplus_backward(dA, A, dZ=None):
    """dZ = dA * (1 - exp(-A)).

    >>> cregnet.softplus_backward([[3.0]], [[800.0]])
    array([[3.]])
    """
    return call_backward(SOFTPLUS, dA, A, dZ)


def silu(Z, A=None):
    """A = Z / (1 + exp(-Z)), also called swish (Elfwing, Uchibe & Doya 2018).

    >>> cregnet.silu([[-800.0, 0.0, 800.0]])
    array([[ -0.,   0., 800.]])
    """
    return call_forward(SILU, Z, A)


def silu_backward(dA, Z, dZ=None):
    """dZ = dA * (s + Z s (1 - s)), s = 1 / (1 + exp(-Z)).

    >>> cregnet.silu_backward([[4.0, 4.0]], [[0.0, 800.0]])
    array([[2., 4.]])
    """
    return call_backward(SILU, dA, Z, dZ, 0, BACKWARD_FROM_Z)


def mish(Z, A=None):
    """A = Z tanh(log(1 + exp(Z))) (Misra 2020).

    >>> cregnet.mish([[-800.0, 0.0, 800.0]])
    array([[ -0.,   0., 800.]])
    """
    return call_forward(MISH, Z, A)


def mish_backward(dA, Z, dZ=None):
    """dZ = dA * (t + Z (1 - t^2) s), t = tanh(log(1 + exp(Z))), s = 1 / (1 + exp(-Z)).

    >>> cregnet.mish_backward([[5.0, 5.0]], [[0.0, 800.0]])
    array([[3., 5.]])
    """
    return call_backward(MISH, dA, Z, dZ, 0, BACKWARD_FROM_Z)


def gelu(Z, A=None):
    """A = Z Phi(Z), Phi the normal distribution function, not its approximation (Hendrycks & Gimpel 2016).

    >>> cregnet.gelu([[-800.0, 0.0, 800.0]])
    array([[ -0.,   0., 800.]])
    """
    return call_forward(GELU, Z, A)


def gelu_backward(dA, Z, dZ=None):
    """dZ = dA * (Phi(Z) + Z exp(-Z^2 / 2) / sqrt(2 pi)).

    >>> cregnet.gelu_backward([[4.0, 4.0]], [[0.0, 800.0]])
    array([[2., 4.]])
    """
    return call_backward(GELU, dA, Z, dZ, 0, BACKWARD_FROM_Z)


def exponential(Z, A=None):
    """A = exp(Z), for outputs that are rates.

    >>> cregnet.exponential([[-800.0, 0.0]])
    array([[0., 1.]])
    """
    return call_forward(EXPONENTIAL, Z, A)


def exponential_backward(dA, A, dZ=None):
    """dZ = dA * A.

    >>> cregnet.exponential_backward([[2.0]], [[3.0]])
    array([[6.]])
    """
    return call_backward(EXPONENTIAL, dA, A, dZ)
