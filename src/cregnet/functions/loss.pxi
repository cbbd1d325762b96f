# The public functions of the losses.
#
# The rest of their docstrings follows from their rows: cregnet/docstrings.py.

cdef dict LOSS_CODES = {name: code for code, name in enumerate(_spec.LOSSES)}

cdef int BINARY_CROSS_ENTROPY = LOSS_CODES["binary_cross_entropy"]
cdef int CATEGORICAL_CROSS_ENTROPY = LOSS_CODES["categorical_cross_entropy"]
cdef int SQUARED_ERROR = LOSS_CODES["squared_error"]
cdef int HUBER = LOSS_CODES["huber"]
cdef int ABSOLUTE_ERROR = LOSS_CODES["absolute_error"]
cdef int QUANTILE = LOSS_CODES["quantile"]
cdef int POISSON = LOSS_CODES["poisson"]

cdef _Signature LOSS_OF_LOGITS = _Signature(
    "Z(n_units,n_examples) Y(n_units,n_examples) weight?(n_examples) -> dZ(n_units,n_examples)", same="dZ=Z")
cdef _Signature LOSS_OF_OUTPUTS = _Signature(
    "A(n_units,n_examples) Y(n_units,n_examples) weight?(n_examples) -> dA(n_units,n_examples)", same="dA=A")


cdef double run_loss(int kind, const real[:, ::1] Z, const real[:, ::1] Y, const real[::1] weight,
                     real[:, ::1] dZ, double option) except? -1:
    cdef Py_ssize_t n_units = Z.shape[0], m = Z.shape[1]
    cdef double cost
    cdef real* loss = <real*>malloc((m + 1) * sizeof(real))
    if loss == NULL:
        raise MemoryError
    with nogil:
        copy(&dZ[0, 0], &Z[0, 0], n_units * m)
        loss_(kind, &dZ[0, 0], &Y[0, 0], &weight[0], loss, n_units, m, m, m, &option)
        cost = sum_of(loss, m)
    free(loss)
    return cost


cdef tuple call_loss(int kind, _Signature signature, object Z, object Y, object weight, object dZ,
                     double option=0):
    cdef list a = [Z, Y, weight, dZ]
    cdef int dtype = signature.prepare(a)
    cdef double cost
    if a[2] is None:
        m = a[0].shape[1]
        a[2] = _numpy.full(m, 1 / max(m, 1), FLOAT32 if dtype == FLOAT else FLOAT64)
    if dtype == FLOAT:
        cost = run_loss[float](kind, a[0], a[1], a[2], a[3], option)
    else:
        cost = run_loss[double](kind, a[0], a[1], a[2], a[3], option)
    return cost, signature.result(a)


def binary_cross_entropy(Z, Y, weight=None, dZ=None):
    """Cost sum(weight * (max(Z, 0) - Z Y + log(1 + exp(-|Z|)))) of sigmoid outputs; dZ = weight * (sigmoid(Z) - Y).

    >>> cost, dZ = cregnet.binary_cross_entropy([[0.0]], [[1.0]])
    >>> round(cost, 6), dZ
    (0.693147, array([[-0.5]]))
    """
    return call_loss(BINARY_CROSS_ENTROPY, LOSS_OF_LOGITS, Z, Y, weight, dZ)


def categorical_cross_entropy(Z, Y, weight=None, dZ=None):
    """Cost sum(weight * Y (log sum exp(Z) - Z)) of softmax outputs; dZ = weight * (softmax(Z) sum(Y) - Y).

    >>> cost, dZ = cregnet.categorical_cross_entropy([[0.0], [0.0]], [[1.0], [0.0]])
    >>> round(cost, 6)
    0.693147
    """
    return call_loss(CATEGORICAL_CROSS_ENTROPY, LOSS_OF_LOGITS, Z, Y, weight, dZ)


def squared_error(A, Y, weight=None, dA=None):
    """Cost sum(weight / 2 * (A - Y)^2), and dA = weight * (A - Y).

    >>> cregnet.squared_error([[3.0]], [[1.0]])
    (2.0, array([[2.]]))
    """
    return call_loss(SQUARED_ERROR, LOSS_OF_OUTPUTS, A, Y, weight, dA)


cdef _Number DELTA = _Number(_spec.LOSSES["huber"].options[0])


def huber(A, Y, weight=None, dA=None, *, delta=DELTA.default):
    """Cost sum(weight * d (A - Y - d / 2)), d = A - Y clipped to [-delta, delta]; dA = weight * d (Huber 1964).

    >>> cregnet.huber([[3.0]], [[0.0]])
    (2.5, array([[1.]]))
    """
    return call_loss(HUBER, LOSS_OF_OUTPUTS, A, Y, weight, dA, DELTA.read(delta))


def absolute_error(A, Y, weight=None, dA=None):
    """Cost sum(weight * |A - Y|), and dA = weight * sign(A - Y), where the sign of 0 is 0.

    >>> cregnet.absolute_error([[3.0]], [[0.5]])
    (2.5, array([[1.]]))
    """
    return call_loss(ABSOLUTE_ERROR, LOSS_OF_OUTPUTS, A, Y, weight, dA)


cdef _Number QUANTILE_Q = _Number(_spec.LOSSES["quantile"].options[0])


def quantile(A, Y, weight=None, dA=None, *, q=QUANTILE_Q.default):
    """Pinball cost sum(weight * max(q (Y - A), (1 - q) (A - Y))), least at the quantile q (Koenker & Bassett 1978).

    >>> cregnet.quantile([[3.0]], [[1.0]], q=0.75)
    (0.5, array([[0.25]]))
    """
    return call_loss(QUANTILE, LOSS_OF_OUTPUTS, A, Y, weight, dA, QUANTILE_Q.read(q))


def poisson(Z, Y, weight=None, dZ=None):
    """Cost sum(weight * (exp(Z) - Y Z)) of counts Y at rates exp(Z), without log(Y!); dZ = weight * (exp(Z) - Y).

    >>> cregnet.poisson([[0.0]], [[3.0]])
    (1.0, array([[-2.]]))
    """
    return call_loss(POISSON, LOSS_OF_LOGITS, Z, Y, weight, dZ)
