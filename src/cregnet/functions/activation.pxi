# The public functions of the activations: identity, the piecewise linear ones and softmax. Those of the others are in
# smooth_activation.pxi.
#
# cregnet/docstrings.py adds the sections that follow from the rows of spec.py to these docstrings.

cdef dict ACTIVATION_CODES = {name: code for code, name in enumerate(_spec.ACTIVATIONS)}

cdef int IDENTITY = ACTIVATION_CODES["identity"]
cdef int RELU = ACTIVATION_CODES["relu"]
cdef int LEAKY_RELU = ACTIVATION_CODES["leaky_relu"]
cdef int SOFTMAX = ACTIVATION_CODES["softmax"]

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
