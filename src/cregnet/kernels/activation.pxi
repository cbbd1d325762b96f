# Activations and their derivatives, forward beside backward.
#
# A. Forward replaces Z by A in place. Backward reads dA and the array that the derivative is computed from (A, or
#    Z if the row in spec.py says "input"), and replaces the latter by dZ.
# B. `z < 0 ? 0 : z` propagates a NaN; `max(z, 0)` would replace it by 0 and hide that a training has diverged.
# C. This file has identity, the piecewise linear activations, and softmax, which is computed down the columns.
#    The smooth elementwise activations are in smooth_activation.pxi. An activation's code is the position of its
#    row in spec.py.

cdef dict ACTIVATION_CODES = {name: code for code, name in enumerate(_spec.ACTIVATIONS)}

cdef int IDENTITY = ACTIVATION_CODES["identity"]
cdef int RELU = ACTIVATION_CODES["relu"]
cdef int LEAKY_RELU = ACTIVATION_CODES["leaky_relu"]
cdef int SOFTMAX = ACTIVATION_CODES["softmax"]


cdef void relu_forward(real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = 0 if A[k] < 0 else A[k]


cdef void relu_backward_(const real* dA, real* A, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        A[k] = dA[k] if A[k] > 0 else 0


cdef void relu_backward_dA(real* dA, const real* A, Py_ssize_t n) noexcept nogil:
    # the same, into the place of dA
    cdef Py_ssize_t k
    for k in range(n):
        dA[k] = dA[k] if A[k] > 0 else 0


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
    if n_examples == 1 and row == 1:
        softmax_single(A, n_units)
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


cdef void softmax_single(real* A, Py_ssize_t n_units) noexcept nogil:
    # of one example: the same operations in the same order, but vectors run along the units
    cdef Py_ssize_t i
    cdef real top = A[0], total = 0
    for i in range(1, n_units):
        top = A[i] if A[i] > top else top
    for i in range(n_units):
        A[i] = exp_(A[i] - top)
    for i in range(n_units):
        total += A[i]
    total = 1 / total
    for i in range(n_units):
        A[i] *= total


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
    elif activation != IDENTITY:
        smooth_forward(activation, A, n, <real>option)


cdef void elementwise_backward(int activation, const real* dA, real* saved, Py_ssize_t n, double option) noexcept nogil:
    # replaces `saved`, which the derivative is computed from, by dZ
    if activation == RELU:
        relu_backward_(dA, saved, n)
    elif activation == LEAKY_RELU:
        leaky_relu_backward_(dA, saved, n, <real>option)
    elif activation == IDENTITY:
        memcpy(saved, dA, n * sizeof(real))
    else:
        smooth_backward(activation, dA, saved, n, <real>option)


cdef void elementwise_backward_dA(int activation, real* dA, const real* saved, Py_ssize_t n,
                                  double option) noexcept nogil:
    # Replaces dA by dZ. A loop that writes to dA would be a second one for each activation. The existing loop runs
    # on a copy of `saved` instead, one block at a time, so that the copy stays in L1.
    cdef Py_ssize_t block, start, width
    cdef real dZ[BLOCK]
    if activation == IDENTITY:
        return
    if activation == RELU:           # so little work that the copies would show
        relu_backward_dA(dA, saved, n)
        return
    for block in range(n_blocks(n)):
        start = block * BLOCK
        width = min(<Py_ssize_t>BLOCK, n - start)
        memcpy(dZ, saved + start, width * sizeof(real))
        elementwise_backward(activation, dA + start, &dZ[0], width, option)
        memcpy(dA + start, dZ, width * sizeof(real))


cdef void activate(int activation, real* A, Py_ssize_t n_units, Py_ssize_t width, Py_ssize_t row,
                   double option) noexcept nogil:
    # on the first `width` columns of an array whose rows are `row` apart
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
    # replaces `saved`, which is A or Z, by dZ
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
    # replaces dA by dZ; not for softmax
    cdef Py_ssize_t i
    if width == row:
        elementwise_backward_dA(activation, dA, saved, n_units * width, option)
    else:
        for i in range(n_units):
            elementwise_backward_dA(activation, dA + i * row, saved + i * row, width, option)
