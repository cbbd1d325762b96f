# Batches: examples are gathered from the rows of the user's X into the columns of the core's A[0].

cdef uint32_t SHUFFLE = PURPOSES["shuffle"]


cdef void gather_(const real* X, Py_ssize_t n_features, const int64_t* order, Py_ssize_t first,
                  Py_ssize_t n, real* A, Py_ssize_t row) noexcept nogil:
    # A[:, j] = X[order[first + j], :] for j < n, or X[first + j, :] if order is NULL. Sixteen examples at a time,
    # so that complete cache lines are written. The caller clears the padded columns.
    cdef Py_ssize_t start, width, j, f
    cdef const real* source[16]
    cdef real* out
    for start in range(0, n, 16):
        width = min(<Py_ssize_t>16, n - start)
        for j in range(width):
            source[j] = X + n_features * (first + start + j if order == NULL else order[first + start + j])
        for f in range(n_features):
            out = A + f * row + start
            for j in range(width):
                out[j] = source[j][f]


cdef void one_hot_(const int32_t* labels, const int64_t* order, Py_ssize_t first, Py_ssize_t n, real* Y,
                   Py_ssize_t n_classes, Py_ssize_t row) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(n_classes):
        memset(Y + i * row, 0, n * sizeof(real))
    for j in range(n):
        Y[labels[first + j if order == NULL else order[first + j]] * row + j] = 1


cdef void shuffle_(int64_t* order, Py_ssize_t n, uint64_t seed, uint64_t epoch) noexcept nogil:
    # Fisher-Yates, from the end. Position i uses draw i, scaled to 0 .. i by a multiplication and a shift; the
    # bias is below n / 2^32.
    cdef Py_ssize_t i, j, first
    cdef int64_t kept
    cdef uint32_t w[4]
    cdef Py_ssize_t block = -1
    for i in range(n - 1, 0, -1):
        if i // 4 != block:
            block = i // 4
            w[0], w[1] = <uint32_t>block, <uint32_t>(<uint64_t>block >> 32)
            w[2], w[3] = <uint32_t>epoch, (SHUFFLE << 28)
            philox4x32_10(&w[0], &w[1], &w[2], &w[3], <uint32_t>seed, <uint32_t>(seed >> 32))
        j = <Py_ssize_t>((<uint64_t>w[i % 4] * <uint64_t>(i + 1)) >> 32)
        kept = order[i]
        order[i] = order[j]
        order[j] = kept
