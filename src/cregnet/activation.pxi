# Activations and their derivatives, forward beside backward.
#
# Forward works in place on Z (n_units, n_examples), rows contiguous. Backward turns dA into dZ in
# place and reads the activation A, from which every derivative here can be had.
# `z < 0 ? 0 : z`, not `max(z, 0)`: a NaN must pass through, or a diverging run would look healthy.

cdef enum Activation:
    IDENTITY
    SIGMOID
    TANH
    RELU
    LEAKY_RELU
    SOFTMAX

ACTIVATION_CODES = {"identity": IDENTITY, "sigmoid": SIGMOID, "tanh": TANH, "relu": RELU,
                    "leaky_relu": LEAKY_RELU, "softmax": SOFTMAX}

cdef double LEAKY_SLOPE = 0.01


cdef void sigmoid_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = sigmoid_(A[k])


cdef void sigmoid_backward_(real* dA, const real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        dA[k] = dA[k] * A[k] * (1 - A[k])


cdef void tanh_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = tanh_(A[k])


cdef void tanh_backward_(real* dA, const real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        dA[k] = dA[k] * (1 - A[k] * A[k])


cdef void relu_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = 0 if A[k] < 0 else A[k]


cdef void relu_backward_(real* dA, const real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        dA[k] = dA[k] if A[k] > 0 else 0


cdef void leaky_relu_forward(real* A, Py_ssize_t n, real slope) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = slope * A[k] if A[k] < 0 else A[k]


cdef void leaky_relu_backward_(real* dA, const real* A, Py_ssize_t n, real slope) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        dA[k] = dA[k] if A[k] > 0 else slope * dA[k]


cdef void softmax_forward(real* A, Py_ssize_t n_units, Py_ssize_t n_examples) noexcept nogil:
    # A_i = exp(Z_i - max Z) / sum exp(Z - max Z), down each column
    cdef Py_ssize_t block, start, width, i, j
    cdef real* row
    cdef real top[BLOCK]
    cdef real total[BLOCK]
    if n_units == 0:
        return
    for block in range(n_blocks(n_examples)):
        start = block * BLOCK
        width = min(<Py_ssize_t>BLOCK, n_examples - start)
        column_max(A + start, n_units, width, n_examples, top)
        for j in range(width):
            total[j] = 0
        for i in range(n_units):
            row = A + i * n_examples + start
            for j in range(width):
                row[j] = exp_(row[j] - top[j])
                total[j] += row[j]
        for j in range(width):
            total[j] = 1 / total[j]
        for i in range(n_units):
            row = A + i * n_examples + start
            for j in range(width):
                row[j] *= total[j]


cdef void softmax_backward_(real* dA, const real* A, Py_ssize_t n_units,
                            Py_ssize_t n_examples) noexcept nogil:
    # dZ_i = A_i (dA_i - sum_k dA_k A_k)
    cdef Py_ssize_t block, start, width, i, j, at
    cdef real dot[BLOCK]
    for block in range(n_blocks(n_examples)):
        start = block * BLOCK
        width = min(<Py_ssize_t>BLOCK, n_examples - start)
        for j in range(width):
            dot[j] = 0
        for i in range(n_units):
            at = i * n_examples + start
            for j in range(width):
                dot[j] += dA[at + j] * A[at + j]
        for i in range(n_units):
            at = i * n_examples + start
            for j in range(width):
                dA[at + j] = A[at + j] * (dA[at + j] - dot[j])


cdef void column_max(const real* Z, Py_ssize_t n_units, Py_ssize_t width, Py_ssize_t row_stride,
                     real* top) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef const real* row
    for j in range(width):
        top[j] = Z[j]
    for i in range(1, n_units):
        row = Z + i * row_stride
        for j in range(width):
            top[j] = row[j] if row[j] > top[j] else top[j]


cdef void activate(int activation, real* A, Py_ssize_t n_units, Py_ssize_t n_examples) noexcept nogil:
    cdef Py_ssize_t n = n_units * n_examples
    if activation == RELU:
        relu_forward(A, n)
    elif activation == LEAKY_RELU:
        leaky_relu_forward(A, n, <real>LEAKY_SLOPE)
    elif activation == SIGMOID:
        sigmoid_forward(A, n)
    elif activation == TANH:
        tanh_forward(A, n)
    elif activation == SOFTMAX:
        softmax_forward(A, n_units, n_examples)


cdef void activate_backward(int activation, real* dA, const real* A, Py_ssize_t n_units,
                            Py_ssize_t n_examples) noexcept nogil:
    cdef Py_ssize_t n = n_units * n_examples
    if activation == RELU:
        relu_backward_(dA, A, n)
    elif activation == LEAKY_RELU:
        leaky_relu_backward_(dA, A, n, <real>LEAKY_SLOPE)
    elif activation == SIGMOID:
        sigmoid_backward_(dA, A, n)
    elif activation == TANH:
        tanh_backward_(dA, A, n)
    elif activation == SOFTMAX:
        softmax_backward_(dA, A, n_units, n_examples)


# ---------------------------------------------------------------------------- public kernels

cdef int begin_forward(const real[:, ::1] Z, real[:, ::1] A) except -1:
    # A starts as a copy of Z; the activation then works in place
    check_shape("A", A.shape[0], A.shape[1], Z.shape[0], Z.shape[1])
    if &A[0, 0] != &Z[0, 0]:
        memcpy(&A[0, 0], &Z[0, 0], A.shape[0] * A.shape[1] * sizeof(real))
    return 0


cdef int begin_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ) except -1:
    check_shape("A", A.shape[0], A.shape[1], dA.shape[0], dA.shape[1])
    check_shape("dZ", dZ.shape[0], dZ.shape[1], dA.shape[0], dA.shape[1])
    if &dZ[0, 0] != &dA[0, 0]:
        memcpy(&dZ[0, 0], &dA[0, 0], dA.shape[0] * dA.shape[1] * sizeof(real))
    return 0


def identity(const real[:, ::1] Z, real[:, ::1] A):
    """A = Z."""
    begin_forward(Z, A)


def identity_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ):
    """dZ = dA."""
    begin_backward(dA, A, dZ)


def sigmoid(const real[:, ::1] Z, real[:, ::1] A):
    """A = 1 / (1 + exp(-Z))."""
    begin_forward(Z, A)
    with nogil:
        sigmoid_forward(&A[0, 0], A.shape[0] * A.shape[1])


def sigmoid_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ):
    """dZ = dA * A * (1 - A)."""
    begin_backward(dA, A, dZ)
    with nogil:
        sigmoid_backward_(&dZ[0, 0], &A[0, 0], A.shape[0] * A.shape[1])


def tanh(const real[:, ::1] Z, real[:, ::1] A):
    """A = tanh(Z)."""
    begin_forward(Z, A)
    with nogil:
        tanh_forward(&A[0, 0], A.shape[0] * A.shape[1])


def tanh_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ):
    """dZ = dA * (1 - A^2)."""
    begin_backward(dA, A, dZ)
    with nogil:
        tanh_backward_(&dZ[0, 0], &A[0, 0], A.shape[0] * A.shape[1])


def relu(const real[:, ::1] Z, real[:, ::1] A):
    """A = max(Z, 0), a NaN kept."""
    begin_forward(Z, A)
    with nogil:
        relu_forward(&A[0, 0], A.shape[0] * A.shape[1])


def relu_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ):
    """dZ = dA where A > 0, else 0."""
    begin_backward(dA, A, dZ)
    with nogil:
        relu_backward_(&dZ[0, 0], &A[0, 0], A.shape[0] * A.shape[1])


def leaky_relu(const real[:, ::1] Z, real[:, ::1] A, double slope=0.01):
    """A = Z where Z >= 0, else slope * Z."""
    begin_forward(Z, A)
    with nogil:
        leaky_relu_forward(&A[0, 0], A.shape[0] * A.shape[1], <real>slope)


def leaky_relu_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ, double slope=0.01):
    """dZ = dA where A > 0, else slope * dA."""
    begin_backward(dA, A, dZ)
    with nogil:
        leaky_relu_backward_(&dZ[0, 0], &A[0, 0], A.shape[0] * A.shape[1], <real>slope)


def softmax(const real[:, ::1] Z, real[:, ::1] A):
    """A = exp(Z) / sum(exp(Z)) down each column, computed from Z - max(Z)."""
    begin_forward(Z, A)
    with nogil:
        softmax_forward(&A[0, 0], A.shape[0], A.shape[1])


def softmax_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ):
    """dZ = A * (dA - sum(dA * A)) down each column."""
    begin_backward(dA, A, dZ)
    with nogil:
        softmax_backward_(&dZ[0, 0], &A[0, 0], A.shape[0], A.shape[1])
