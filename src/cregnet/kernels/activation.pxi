# Activations and their derivatives, forward beside backward.
#
# A. Forward turns Z into A in place. Backward takes dA and what the derivative is computed from (A, or Z where
#    the row in spec.py says "input") and leaves dZ in the place of the latter.
# B. `z < 0 ? 0 : z` lets a NaN through; `max(z, 0)` would hide a run that diverges.
# C. An activation is a pair of loops here and a branch in `elementwise` and in `elementwise_backward`. The codes
#    are the positions of the rows in spec.py.

cdef dict ACTIVATION_CODES = {name: code for code, name in enumerate(_spec.ACTIVATIONS)}

cdef int IDENTITY = ACTIVATION_CODES["identity"]
cdef int SIGMOID = ACTIVATION_CODES["sigmoid"]
cdef int TANH = ACTIVATION_CODES["tanh"]
cdef int RELU = ACTIVATION_CODES["relu"]
cdef int LEAKY_RELU = ACTIVATION_CODES["leaky_relu"]
cdef int SOFTMAX = ACTIVATION_CODES["softmax"]


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


cdef void relu_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = 0 if A[k] < 0 else A[k]


cdef void relu_backward_(const real* dA, real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = dA[k] if A[k] > 0 else 0


cdef void leaky_relu_forward(real* A, Py_ssize_t n, real slope) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = slope * A[k] if A[k] < 0 else A[k]


cdef void leaky_relu_backward_(const real* dA, real* A, Py_ssize_t n, real slope) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = dA[k] if A[k] > 0 else slope * dA[k]


cdef void softmax_forward(real* A, Py_ssize_t n_units, Py_ssize_t n_examples, Py_ssize_t row) noexcept nogil:
    # A_i = exp(Z_i - max Z) / sum exp(Z - max Z), down each column
    cdef Py_ssize_t block, start, width, i, j
    cdef real* A_i
    cdef real top[BLOCK]
    cdef real total[BLOCK]
    if n_units == 0:
        return
    for block in range(n_blocks(n_examples)):
        start = block * BLOCK
        width = min(<Py_ssize_t>BLOCK, n_examples - start)
        column_max(A + start, n_units, width, row, top)
        for j in range(width):
            total[j] = 0
        for i in range(n_units):
            A_i = A + i * row + start
            for j in range(width):
                A_i[j] = exp_(A_i[j] - top[j])
                total[j] += A_i[j]
        for j in range(width):
            total[j] = 1 / total[j]
        for i in range(n_units):
            A_i = A + i * row + start
            for j in range(width):
                A_i[j] *= total[j]


cdef void softmax_backward_(const real* dA, Py_ssize_t dA_row, real* A, Py_ssize_t n_units,
                            Py_ssize_t n_examples, Py_ssize_t row) noexcept nogil:
    # dZ_i = A_i (dA_i - sum_k dA_k A_k)
    cdef Py_ssize_t block, start, width, i, j
    cdef real* A_i
    cdef const real* dA_i
    cdef real dot[BLOCK]
    for block in range(n_blocks(n_examples)):
        start = block * BLOCK
        width = min(<Py_ssize_t>BLOCK, n_examples - start)
        for j in range(width):
            dot[j] = 0
        for i in range(n_units):
            A_i = A + i * row + start
            dA_i = dA + i * dA_row + start
            for j in range(width):
                dot[j] += dA_i[j] * A_i[j]
        for i in range(n_units):
            A_i = A + i * row + start
            dA_i = dA + i * dA_row + start
            for j in range(width):
                A_i[j] = A_i[j] * (dA_i[j] - dot[j])


cdef void column_max(const real* Z, Py_ssize_t n_units, Py_ssize_t width, Py_ssize_t row,
                     real* top) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef const real* Z_i
    for j in range(width):
        top[j] = Z[j]
    for i in range(1, n_units):
        Z_i = Z + i * row
        for j in range(width):
            top[j] = Z_i[j] if Z_i[j] > top[j] else top[j]


cdef void elementwise(int activation, real* A, Py_ssize_t n, double option) noexcept nogil:
    # Z becomes A
    if activation == RELU:
        relu_forward(A, n)
    elif activation == LEAKY_RELU:
        leaky_relu_forward(A, n, <real>option)
    elif activation == SIGMOID:
        sigmoid_forward(A, n)
    elif activation == TANH:
        tanh_forward(A, n)


cdef void elementwise_backward(int activation, const real* dA, real* saved, Py_ssize_t n, double option) noexcept nogil:
    # what the derivative is computed from becomes dZ
    if activation == RELU:
        relu_backward_(dA, saved, n)
    elif activation == LEAKY_RELU:
        leaky_relu_backward_(dA, saved, n, <real>option)
    elif activation == SIGMOID:
        sigmoid_backward_(dA, saved, n)
    elif activation == TANH:
        tanh_backward_(dA, saved, n)
    elif activation == IDENTITY:
        memcpy(saved, dA, n * sizeof(real))


cdef void elementwise_backward_dA(int activation, real* dA, const real* saved, Py_ssize_t n,
                                  double option) noexcept nogil:
    # dA becomes dZ: the same on copies that stay in L1. A loop over two arrays that may be the same one does
    # not vectorise, so there is one loop, and it writes to the array that is not dA.
    cdef Py_ssize_t block, start, width
    cdef real dZ[BLOCK]
    if activation == IDENTITY:
        return
    for block in range(n_blocks(n)):
        start = block * BLOCK
        width = min(<Py_ssize_t>BLOCK, n - start)
        memcpy(dZ, saved + start, width * sizeof(real))
        elementwise_backward(activation, dA + start, &dZ[0], width, option)
        memcpy(dA + start, dZ, width * sizeof(real))


cdef void activate(int activation, real* A, Py_ssize_t n_units, Py_ssize_t width, Py_ssize_t row,
                   double option) noexcept nogil:
    # columns 0 .. width - 1 of an array whose rows are `row` apart
    cdef Py_ssize_t i
    if activation == SOFTMAX:
        softmax_forward(A, n_units, width, row)
    elif width == row:
        elementwise(activation, A, n_units * width, option)
    elif activation != IDENTITY:
        for i in range(n_units):
            elementwise(activation, A + i * row, width, option)


cdef void activate_backward(int activation, const real* dA, Py_ssize_t dA_row, real* saved, Py_ssize_t n_units,
                            Py_ssize_t width, Py_ssize_t row, double option) noexcept nogil:
    # `saved`, A or Z, becomes dZ
    cdef Py_ssize_t i
    if activation == SOFTMAX:
        softmax_backward_(dA, dA_row, saved, n_units, width, row)
    elif width == row and width == dA_row:
        elementwise_backward(activation, dA, saved, n_units * width, option)
    else:
        for i in range(n_units):
            elementwise_backward(activation, dA + i * dA_row, saved + i * row, width, option)


cdef void activate_backward_dA(int activation, real* dA, const real* saved, Py_ssize_t n_units, Py_ssize_t width,
                               Py_ssize_t row, double option) noexcept nogil:
    # dA becomes dZ; not for softmax
    cdef Py_ssize_t i
    if width == row:
        elementwise_backward_dA(activation, dA, saved, n_units * width, option)
    else:
        for i in range(n_units):
            elementwise_backward_dA(activation, dA + i * row, saved + i * row, width, option)


# ---------------------------------------------------------------------------- public kernels

cdef _Arguments FORWARD = _Arguments("Z", "A", same="A=Z")
cdef _Arguments BACKWARD = _Arguments("dA A", "dZ", same="dZ=dA dZ=A")


cdef int begin_forward(const real[:, ::1] Z, real[:, ::1] A) except -1:
    # A starts as a copy of Z; the activation then works in place
    cdef Span[2] at = [matrix(Z), matrix(A)]
    check_shape("A", A.shape[0], A.shape[1], Z.shape[0], Z.shape[1])
    FORWARD.check(at)
    copy(&A[0, 0], &Z[0, 0], A.shape[0] * A.shape[1])
    return 0


cdef int call_backward(int activation, double slope, const real[:, ::1] dA, const real[:, ::1] A,
                       real[:, ::1] dZ) except -1:
    cdef Py_ssize_t n_units = dA.shape[0], m = dA.shape[1], n = n_units * m
    cdef Span[3] at = [matrix(dA), matrix(A), matrix(dZ)]
    check_shape("A", A.shape[0], A.shape[1], n_units, m)
    check_shape("dZ", dZ.shape[0], dZ.shape[1], n_units, m)
    BACKWARD.check(at)
    if activation == SOFTMAX:
        return call_softmax_backward(dA, A, dZ)
    with nogil:
        if &dZ[0, 0] == &dA[0, 0]:
            elementwise_backward_dA(activation, &dZ[0, 0], &A[0, 0], n, slope)
        else:
            copy(&dZ[0, 0], &A[0, 0], n)
            elementwise_backward(activation, &dA[0, 0], &dZ[0, 0], n, slope)
    return 0


cdef int call_softmax_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ) except -1:
    # dZ starts as A, and dA must outlive that
    cdef Py_ssize_t n_units = dA.shape[0], m = dA.shape[1], n = n_units * m
    cdef const real* kept = &dA[0, 0]
    cdef real* saved = NULL
    if kept == &dZ[0, 0] and n > 0:
        saved = <real*>malloc(n * sizeof(real))
        if saved == NULL:
            raise MemoryError
        memcpy(saved, kept, n * sizeof(real))
        kept = saved
    with nogil:
        copy(&dZ[0, 0], &A[0, 0], n)
        softmax_backward_(kept, m, &dZ[0, 0], n_units, m, m)
    free(saved)
    return 0


def identity(const real[:, ::1] Z, real[:, ::1] A):
    """A = Z."""
    begin_forward(Z, A)


def identity_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ):
    """dZ = dA."""
    call_backward(IDENTITY, 0, dA, A, dZ)


def sigmoid(const real[:, ::1] Z, real[:, ::1] A):
    """A = 1 / (1 + exp(-Z))."""
    begin_forward(Z, A)
    with nogil:
        sigmoid_forward(&A[0, 0], A.shape[0] * A.shape[1])


def sigmoid_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ):
    """dZ = dA * A * (1 - A)."""
    call_backward(SIGMOID, 0, dA, A, dZ)


def tanh(const real[:, ::1] Z, real[:, ::1] A):
    """A = tanh(Z)."""
    begin_forward(Z, A)
    with nogil:
        tanh_forward(&A[0, 0], A.shape[0] * A.shape[1])


def tanh_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ):
    """dZ = dA * (1 - A^2)."""
    call_backward(TANH, 0, dA, A, dZ)


def relu(const real[:, ::1] Z, real[:, ::1] A):
    """A = max(Z, 0), a NaN kept."""
    begin_forward(Z, A)
    with nogil:
        relu_forward(&A[0, 0], A.shape[0] * A.shape[1])


def relu_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ):
    """dZ = dA where A > 0, else 0."""
    call_backward(RELU, 0, dA, A, dZ)


def leaky_relu(const real[:, ::1] Z, real[:, ::1] A, double slope=0.01):
    """A = Z where Z >= 0, else slope * Z."""
    begin_forward(Z, A)
    with nogil:
        leaky_relu_forward(&A[0, 0], A.shape[0] * A.shape[1], <real>slope)


def leaky_relu_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ, double slope=0.01):
    """dZ = dA where A > 0, else slope * dA."""
    call_backward(LEAKY_RELU, slope, dA, A, dZ)


def softmax(const real[:, ::1] Z, real[:, ::1] A):
    """A = exp(Z) / sum(exp(Z)) down each column, computed from Z - max(Z)."""
    begin_forward(Z, A)
    with nogil:
        softmax_forward(&A[0, 0], A.shape[0], A.shape[1], A.shape[1])


def softmax_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ):
    """dZ = A * (dA - sum(dA * A)) down each column."""
    call_backward(SOFTMAX, 0, dA, A, dZ)
