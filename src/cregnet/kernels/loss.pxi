# Losses: the cost and the gradient that starts the backward pass, in one walk over the output.
#
# cost = sum_j weight[j] * loss_j; the caller puts 1/m into the weights. A loss whose row in spec.py has a link
# takes logits Z and gives dZ, so that there is never a log(0); the others take A and give dA. All work in
# place. The weighted losses are left one per example, so that their sum is taken in the same order however
# the examples are shared out. The codes are the positions of the rows.

cdef dict LOSS_CODES = {name: code for code, name in enumerate(_spec.LOSSES)}

cdef int BINARY_CROSS_ENTROPY = LOSS_CODES["binary_cross_entropy"]
cdef int CATEGORICAL_CROSS_ENTROPY = LOSS_CODES["categorical_cross_entropy"]
cdef int SQUARED_ERROR = LOSS_CODES["squared_error"]
cdef int HUBER = LOSS_CODES["huber"]
cdef int ABSOLUTE_ERROR = LOSS_CODES["absolute_error"]
cdef int QUANTILE = LOSS_CODES["quantile"]
cdef int POISSON = LOSS_CODES["poisson"]


cdef void binary_cross_entropy_(real* Z, const real* Y, const real* weight, real* loss,
                                Py_ssize_t n_units, Py_ssize_t n_examples, Py_ssize_t row) noexcept nogil:
    # loss = max(z, 0) - z y + log(1 + exp(-|z|)), which is -y log a - (1 - y) log(1 - a)
    cdef Py_ssize_t i, j
    cdef real z, y, e, s
    cdef real* Z_i
    cdef const real* Y_i
    for i in range(n_units):
        Z_i = Z + i * row
        Y_i = Y + i * row
        for j in range(n_examples):
            z = Z_i[j]
            y = Y_i[j]
            e = exp_(z if z < 0 else -z)
            s = 1 / (1 + e)
            loss[j] += weight[j] * ((0 if z < 0 else z) - z * y + log1p_unit(e))
            Z_i[j] = weight[j] * ((e * s if z < 0 else s) - y)


cdef void categorical_cross_entropy_(real* Z, const real* Y, const real* weight, real* loss,
                                     Py_ssize_t n_units, Py_ssize_t n_examples,
                                     Py_ssize_t row) noexcept nogil:
    # loss = sum_i y_i (log sum_k exp(z_k) - z_i), from z - max z
    cdef Py_ssize_t block, i, j, start, width, at
    cdef real top[BLOCK]
    cdef real total[BLOCK]
    cdef real mass[BLOCK]      # sum of y down the column: 1 for a class label
    if n_units == 0:
        return
    for block in range(n_blocks(n_examples)):
        start = block * BLOCK
        width = min(<Py_ssize_t>BLOCK, n_examples - start)
        column_max(Z + start, n_units, width, row, top)
        for j in range(width):
            total[j] = mass[j] = 0
        for i in range(n_units):
            at = i * row + start
            for j in range(width):
                loss[start + j] += Y[at + j] * (top[j] - Z[at + j])
                mass[j] += Y[at + j]
                Z[at + j] = exp_(Z[at + j] - top[j])
                total[j] += Z[at + j]
        for j in range(width):
            loss[start + j] = weight[start + j] * (loss[start + j] + mass[j] * log_(total[j]))
            total[j] = mass[j] / total[j]
        for i in range(n_units):
            at = i * row + start
            for j in range(width):
                Z[at + j] = weight[start + j] * (Z[at + j] * total[j] - Y[at + j])


cdef void squared_error_(real* A, const real* Y, const real* weight, real* loss, Py_ssize_t n_units,
                         Py_ssize_t n_examples, Py_ssize_t row) noexcept nogil:
    # loss = 1/2 (a - y)^2
    cdef Py_ssize_t i, j
    cdef real difference
    cdef real* A_i
    cdef const real* Y_i
    for i in range(n_units):
        A_i = A + i * row
        Y_i = Y + i * row
        for j in range(n_examples):
            difference = A_i[j] - Y_i[j]
            A_i[j] = weight[j] * difference
            loss[j] += A_i[j] * difference / 2


cdef void huber_(real* A, const real* Y, const real* weight, real* loss, Py_ssize_t n_units, Py_ssize_t n_examples,
                 Py_ssize_t row, real delta) noexcept nogil:
    # with d = a - y clipped to [-delta, delta]: loss = d (a - y - d / 2), and its derivative is d
    cdef Py_ssize_t i, j
    cdef real difference, bounded
    cdef real* A_i
    cdef const real* Y_i
    for i in range(n_units):
        A_i = A + i * row
        Y_i = Y + i * row
        for j in range(n_examples):
            difference = A_i[j] - Y_i[j]
            bounded = -delta if difference < -delta else difference
            bounded = delta if bounded > delta else bounded
            A_i[j] = weight[j] * bounded
            loss[j] += A_i[j] * (difference - bounded / 2)


cdef void absolute_error_(real* A, const real* Y, const real* weight, real* loss, Py_ssize_t n_units,
                          Py_ssize_t n_examples, Py_ssize_t row) noexcept nogil:
    # loss = |a - y|; at 0 the derivative is taken as 0
    cdef Py_ssize_t i, j
    cdef real difference, sign
    cdef real* A_i
    cdef const real* Y_i
    for i in range(n_units):
        A_i = A + i * row
        Y_i = Y + i * row
        for j in range(n_examples):
            difference = A_i[j] - Y_i[j]
            sign = <real>(difference > 0) - <real>(difference < 0)
            loss[j] += weight[j] * (-difference if difference < 0 else difference)
            A_i[j] = weight[j] * sign


cdef void quantile_(real* A, const real* Y, const real* weight, real* loss, Py_ssize_t n_units, Py_ssize_t n_examples,
                    Py_ssize_t row, real q) noexcept nogil:
    # the pinball loss: (1 - q) (a - y) above y, q (y - a) below; at 0 the derivative is taken as 0
    cdef Py_ssize_t i, j
    cdef real difference, slope
    cdef real* A_i
    cdef const real* Y_i
    for i in range(n_units):
        A_i = A + i * row
        Y_i = Y + i * row
        for j in range(n_examples):
            difference = A_i[j] - Y_i[j]
            slope = 1 - q if difference > 0 else (-q if difference < 0 else 0)
            A_i[j] = weight[j] * slope
            loss[j] += weight[j] * (difference * (1 - q) if difference > 0 else -difference * q)


cdef void poisson_(real* Z, const real* Y, const real* weight, real* loss, Py_ssize_t n_units, Py_ssize_t n_examples,
                   Py_ssize_t row) noexcept nogil:
    # loss = exp(z) - y z: what of the negative log-likelihood depends on z
    cdef Py_ssize_t i, j
    cdef real z, rate
    cdef real* Z_i
    cdef const real* Y_i
    for i in range(n_units):
        Z_i = Z + i * row
        Y_i = Y + i * row
        for j in range(n_examples):
            z = Z_i[j]
            rate = exp_(z)
            loss[j] += weight[j] * (rate - Y_i[j] * z)
            Z_i[j] = weight[j] * (rate - Y_i[j])


cdef void loss_(int kind, real* Z, const real* Y, const real* weight, real* loss, Py_ssize_t n_units,
                Py_ssize_t n_examples, Py_ssize_t width, Py_ssize_t row, const double* options) noexcept nogil:
    # The gradient takes the place of Z (of A, for a loss without a link), for examples 0 .. n_examples - 1;
    # gradient and loss of the columns from there to width are 0.
    cdef Py_ssize_t i
    memset(loss, 0, width * sizeof(real))
    if kind == BINARY_CROSS_ENTROPY:
        binary_cross_entropy_(Z, Y, weight, loss, n_units, n_examples, row)
    elif kind == CATEGORICAL_CROSS_ENTROPY:
        categorical_cross_entropy_(Z, Y, weight, loss, n_units, n_examples, row)
    elif kind == HUBER:
        huber_(Z, Y, weight, loss, n_units, n_examples, row, <real>options[0])
    elif kind == ABSOLUTE_ERROR:
        absolute_error_(Z, Y, weight, loss, n_units, n_examples, row)
    elif kind == QUANTILE:
        quantile_(Z, Y, weight, loss, n_units, n_examples, row, <real>options[0])
    elif kind == POISSON:
        poisson_(Z, Y, weight, loss, n_units, n_examples, row)
    else:
        squared_error_(Z, Y, weight, loss, n_units, n_examples, row)
    if width > n_examples:
        for i in range(n_units):
            memset(Z + i * row + n_examples, 0, (width - n_examples) * sizeof(real))


# ---------------------------------------------------------------------------- public kernels
#
# The rest of their docstrings follows from their rows: cregnet/docstrings.py.

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
