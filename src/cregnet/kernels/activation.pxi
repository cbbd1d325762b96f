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


# ---------------------------------------------------------------------------- public kernels
#
# cregnet/docstrings.py adds the sections that follow from the rows of spec.py to these docstrings.

cdef _Signature FORWARD = _Signature("Z(n_units,n_examples) -> A(n_units,n_examples)", same="A=Z")
cdef _Signature BACKWARD = _Signature(
    "dA(n_units,n_examples) A(n_units,n_examples) -> dZ(n_units,n_examples)", same="dZ=dA dZ=A")
cdef _Signature BACKWARD_FROM_Z = _Signature(
    "dA(n_units,n_examples) Z(n_units,n_examples) -> dZ(n_units,n_examples)", same="dZ=dA dZ=Z")
cdef _Number SLOPE = _Number(_spec.ACTIVATIONS["leaky_relu"].options[0])


cdef int run_forward(int activation, const real[:, ::1] Z, real[:, ::1] A, double option) except -1:
    # copy Z to A, then work in place
    cdef Py_ssize_t n_units = Z.shape[0], m = Z.shape[1]
    with nogil:
        copy(&A[0, 0], &Z[0, 0], n_units * m)
        activate(activation, &A[0, 0], n_units, m, m, option)
    return 0


cdef object call_forward(int activation, object Z, object A, double option=0):
    cdef list arrays = [Z, A]
    if FORWARD.prepare(arrays) == FLOAT:
        run_forward[float](activation, arrays[0], arrays[1], option)
    else:
        run_forward[double](activation, arrays[0], arrays[1], option)
    return FORWARD.result(arrays)


cdef int run_backward(int activation, const real[:, ::1] dA, const real[:, ::1] saved, real[:, ::1] dZ,
                      double option) except -1:
    # `saved` is A, or Z if the derivative is computed from it
    cdef Py_ssize_t n_units = dA.shape[0], m = dA.shape[1], n = n_units * m
    if activation == SOFTMAX:
        return run_softmax_backward(dA, saved, dZ)
    with nogil:
        if &dZ[0, 0] == &dA[0, 0]:
            elementwise_backward_dA(activation, &dZ[0, 0], &saved[0, 0], n, option)
        else:
            copy(&dZ[0, 0], &saved[0, 0], n)
            elementwise_backward(activation, &dA[0, 0], &dZ[0, 0], n, option)
    return 0


cdef int run_softmax_backward(const real[:, ::1] dA, const real[:, ::1] A, real[:, ::1] dZ) except -1:
    # A is copied to dZ first. If dZ is dA, this would overwrite dA, which is therefore copied too.
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


cdef object call_backward(int activation, object dA, object saved, object dZ, double option=0,
                          _Signature signature=BACKWARD):
    cdef list arrays = [dA, saved, dZ]
    if signature.prepare(arrays) == FLOAT:
        run_backward[float](activation, arrays[0], arrays[1], arrays[2], option)
    else:
        run_backward[double](activation, arrays[0], arrays[1], arrays[2], option)
    return signature.result(arrays)


def identity(Z, A=None):
    """A = Z.

    >>> cregnet.identity([[-1.0, 2.0]])
    array([[-1.,  2.]])
    """
    return call_forward(IDENTITY, Z, A)


def identity_backward(dA, A, dZ=None):
    """dZ = dA.

    >>> cregnet.identity_backward([[1.0, 3.0]], [[-1.0, 2.0]])
    array([[1., 3.]])
    """
    return call_backward(IDENTITY, dA, A, dZ)


def relu(Z, A=None):
    """A = max(Z, 0), a NaN kept (Nair & Hinton 2010).

    >>> cregnet.relu([[-1.0, 2.0]])
    array([[0., 2.]])
    """
    return call_forward(RELU, Z, A)


def relu_backward(dA, A, dZ=None):
    """dZ = dA where A > 0, else 0.

    >>> cregnet.relu_backward([[5.0, 5.0]], [[0.0, 2.0]])
    array([[0., 5.]])
    """
    return call_backward(RELU, dA, A, dZ)


def leaky_relu(Z, A=None, *, slope=SLOPE.default):
    """A = Z where Z >= 0, else slope * Z (Maas et al. 2013).

    >>> cregnet.leaky_relu([[-1.0, 2.0]], slope=0.5)
    array([[-0.5,  2. ]])
    """
    return call_forward(LEAKY_RELU, Z, A, SLOPE.read(slope))


def leaky_relu_backward(dA, A, dZ=None, *, slope=SLOPE.default):
    """dZ = dA where A > 0, else slope * dA.

    >>> cregnet.leaky_relu_backward([[4.0, 4.0]], [[-0.5, 2.0]], slope=0.5)
    array([[2., 4.]])
    """
    return call_backward(LEAKY_RELU, dA, A, dZ, SLOPE.read(slope))


def softmax(Z, A=None):
    """A = exp(Z) / sum(exp(Z)) down each column, computed from Z - max(Z) (Bridle 1990).

    >>> cregnet.softmax([[0.0], [0.0]])
    array([[0.5],
           [0.5]])
    """
    return call_forward(SOFTMAX, Z, A)


def softmax_backward(dA, A, dZ=None):
    """dZ = A * (dA - sum(dA * A)) down each column.

    >>> cregnet.softmax_backward([[1.0], [0.0]], [[0.5], [0.5]])
    array([[ 0.25],
           [-0.25]])
    """
    return call_backward(SOFTMAX, dA, A, dZ)
