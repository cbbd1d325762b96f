# Losses: the cost and the gradient that starts the backward pass, in one walk over the output.
#
# cost = sum_j weight[j] * loss_j; the caller puts 1/m into the weights. The cross-entropies take
# logits Z and give dZ = weight * (A - Y), never a log(0); the squared error takes A and gives dA.
# Both work in place and set the padded columns n_examples .. row - 1 of the gradient to 0.

cdef enum Loss:
    BINARY_CROSS_ENTROPY
    CATEGORICAL_CROSS_ENTROPY
    SQUARED_ERROR

LOSS_CODES = {"binary_cross_entropy": BINARY_CROSS_ENTROPY,
              "categorical_cross_entropy": CATEGORICAL_CROSS_ENTROPY,
              "squared_error": SQUARED_ERROR}


cdef double binary_cross_entropy_(real* Z, const real* Y, const real* weight, Py_ssize_t n_units,
                                  Py_ssize_t n_examples, Py_ssize_t row) noexcept nogil:
    # loss = max(z, 0) - z y + log(1 + exp(-|z|)), which is -y log a - (1 - y) log(1 - a)
    cdef Py_ssize_t block, i, j, start, width, at
    cdef real z, y, e, s
    cdef real loss[BLOCK]
    cdef double cost = 0
    for i in range(n_units):
        for block in range(n_blocks(n_examples)):
            start = block * BLOCK
            width = min(<Py_ssize_t>BLOCK, n_examples - start)
            at = i * row + start
            for j in range(width):
                z = Z[at + j]
                y = Y[at + j]
                e = exp_(z if z < 0 else -z)
                s = 1 / (1 + e)
                loss[j] = weight[start + j] * ((0 if z < 0 else z) - z * y + log1p_unit(e))
                Z[at + j] = weight[start + j] * ((e * s if z < 0 else s) - y)
            cost += sum_of(&loss[0], width)
    clear_padding(Z, n_units, n_examples, row)
    return cost


cdef double categorical_cross_entropy_(real* Z, const real* Y, const real* weight, Py_ssize_t n_units,
                                       Py_ssize_t n_examples, Py_ssize_t row) noexcept nogil:
    # loss = sum_i y_i (log sum_k exp(z_k) - z_i), from z - max z
    cdef Py_ssize_t block, i, j, start, width, at
    cdef real top[BLOCK]
    cdef real total[BLOCK]
    cdef real mass[BLOCK]      # sum of y down the column: 1 for a class label
    cdef real loss[BLOCK]
    cdef double cost = 0
    if n_units == 0:
        return 0
    for block in range(n_blocks(n_examples)):
        start = block * BLOCK
        width = min(<Py_ssize_t>BLOCK, n_examples - start)
        column_max(Z + start, n_units, width, row, top)
        for j in range(width):
            total[j] = mass[j] = loss[j] = 0
        for i in range(n_units):
            at = i * row + start
            for j in range(width):
                loss[j] += Y[at + j] * (top[j] - Z[at + j])
                mass[j] += Y[at + j]
                Z[at + j] = exp_(Z[at + j] - top[j])
                total[j] += Z[at + j]
        for j in range(width):
            loss[j] = weight[start + j] * (loss[j] + mass[j] * log_(total[j]))
            total[j] = mass[j] / total[j]
        for i in range(n_units):
            at = i * row + start
            for j in range(width):
                Z[at + j] = weight[start + j] * (Z[at + j] * total[j] - Y[at + j])
        cost += sum_of(&loss[0], width)
    clear_padding(Z, n_units, n_examples, row)
    return cost


cdef double squared_error_(real* A, const real* Y, const real* weight, Py_ssize_t n_units,
                           Py_ssize_t n_examples, Py_ssize_t row) noexcept nogil:
    # loss = 1/2 (a - y)^2
    cdef Py_ssize_t block, i, j, start, width, at
    cdef real difference
    cdef real loss[BLOCK]
    cdef double cost = 0
    for i in range(n_units):
        for block in range(n_blocks(n_examples)):
            start = block * BLOCK
            width = min(<Py_ssize_t>BLOCK, n_examples - start)
            at = i * row + start
            for j in range(width):
                difference = A[at + j] - Y[at + j]
                A[at + j] = weight[start + j] * difference
                loss[j] = A[at + j] * difference
            cost += sum_of(&loss[0], width)
    clear_padding(A, n_units, n_examples, row)
    return cost / 2


cdef void clear_padding(real* dZ, Py_ssize_t n_units, Py_ssize_t n_examples, Py_ssize_t row) noexcept nogil:
    cdef Py_ssize_t i
    if row > n_examples:
        for i in range(n_units):
            memset(dZ + i * row + n_examples, 0, (row - n_examples) * sizeof(real))


cdef double loss_(int loss, real* Z, const real* Y, const real* weight, Py_ssize_t n_units,
                  Py_ssize_t n_examples, Py_ssize_t row) noexcept nogil:
    if loss == BINARY_CROSS_ENTROPY:
        return binary_cross_entropy_(Z, Y, weight, n_units, n_examples, row)
    if loss == CATEGORICAL_CROSS_ENTROPY:
        return categorical_cross_entropy_(Z, Y, weight, n_units, n_examples, row)
    return squared_error_(Z, Y, weight, n_units, n_examples, row)


# ---------------------------------------------------------------------------- public kernels

cdef double call_loss(int loss, const real[:, ::1] Z, const real[:, ::1] Y, const real[::1] weight,
                      real[:, ::1] dZ) except? -1:
    cdef Py_ssize_t n_units = Z.shape[0], m = Z.shape[1]
    cdef double cost
    check_shape("Y", Y.shape[0], Y.shape[1], n_units, m)
    check_size("weight", weight.shape[0], m)
    check_shape("the gradient", dZ.shape[0], dZ.shape[1], n_units, m)
    if &dZ[0, 0] != &Z[0, 0]:
        memcpy(&dZ[0, 0], &Z[0, 0], n_units * m * sizeof(real))
    with nogil:
        cost = loss_(loss, &dZ[0, 0], &Y[0, 0], &weight[0], n_units, m, m)
    return cost


def binary_cross_entropy(const real[:, ::1] Z, const real[:, ::1] Y, const real[::1] weight,
                         real[:, ::1] dZ):
    """Cost of sigmoid outputs from their logits; dZ = weight * (sigmoid(Z) - Y)."""
    return call_loss(BINARY_CROSS_ENTROPY, Z, Y, weight, dZ)


def categorical_cross_entropy(const real[:, ::1] Z, const real[:, ::1] Y, const real[::1] weight,
                              real[:, ::1] dZ):
    """Cost of softmax outputs from their logits; dZ = weight * (softmax(Z) sum(Y) - Y)."""
    return call_loss(CATEGORICAL_CROSS_ENTROPY, Z, Y, weight, dZ)


def squared_error(const real[:, ::1] A, const real[:, ::1] Y, const real[::1] weight, real[:, ::1] dA):
    """Cost sum(weight / 2 * (A - Y)^2); dA = weight * (A - Y)."""
    return call_loss(SQUARED_ERROR, A, Y, weight, dA)
