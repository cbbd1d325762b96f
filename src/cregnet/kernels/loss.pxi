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
    # Three loops, because each number of a single one waits for a chain of two polynomials and two divisions: the
    # processor looks ahead too few numbers to fill the time.
    cdef Py_ssize_t block, start, width, i, j
    cdef real z, y, s
    cdef real* Z_i
    cdef const real* Y_i
    cdef real e[BLOCK]               # exp(-|z|)
    cdef real log1p_e[BLOCK]
    for i in range(n_units):
        for block in range(n_blocks(n_examples)):
            start = block * BLOCK
            width = min(<Py_ssize_t>BLOCK, n_examples - start)
            Z_i = Z + i * row + start
            Y_i = Y + i * row + start
            for j in range(width):
                e[j] = exp_(Z_i[j] if Z_i[j] < 0 else -Z_i[j])
            for j in range(width):
                log1p_e[j] = log1p_unit(e[j])
            for j in range(width):
                z = Z_i[j]
                y = Y_i[j]
                s = 1 / (1 + e[j])
                loss[start + j] += weight[start + j] * ((0 if z < 0 else z) - z * y + log1p_e[j])
                Z_i[j] = weight[start + j] * ((e[j] * s if z < 0 else s) - y)


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
    # gradient and loss of the columns from there to width are 0. These columns are computed too, because the loops
    # then have no remainders, which are slow and may round differently.
    cdef Py_ssize_t i
    memset(loss, 0, width * sizeof(real))
    if kind == BINARY_CROSS_ENTROPY:
        binary_cross_entropy_(Z, Y, weight, loss, n_units, width, row)
    elif kind == CATEGORICAL_CROSS_ENTROPY:
        categorical_cross_entropy_(Z, Y, weight, loss, n_units, width, row)
    elif kind == HUBER:
        huber_(Z, Y, weight, loss, n_units, width, row, <real>options[0])
    elif kind == ABSOLUTE_ERROR:
        absolute_error_(Z, Y, weight, loss, n_units, width, row)
    elif kind == QUANTILE:
        quantile_(Z, Y, weight, loss, n_units, width, row, <real>options[0])
    elif kind == POISSON:
        poisson_(Z, Y, weight, loss, n_units, width, row)
    else:
        squared_error_(Z, Y, weight, loss, n_units, width, row)
    if width > n_examples:
        memset(loss + n_examples, 0, (width - n_examples) * sizeof(real))
        for i in range(n_units):
            memset(Z + i * row + n_examples, 0, (width - n_examples) * sizeof(real))
