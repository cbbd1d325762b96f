# Batches: the one turn from rows = examples (the user's X) to columns = examples (the core's A[0]).

cdef uint32_t SHUFFLE = PURPOSES["shuffle"]


cdef void gather_(const real* X, Py_ssize_t n_features, const int64_t* order, Py_ssize_t first,
                  Py_ssize_t n, real* A, Py_ssize_t row) noexcept nogil:
    # A[:, j] = X[order[first + j], :] for j < n; without an order X[first + j].
    # Sixteen examples at a time: sixteen streams are read and whole cache lines written.
    # The caller clears the padded columns.
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
    # Fisher-Yates from the end; position i takes draw i, scaled to 0 .. i by a multiply and a
    # shift (the bias is below n / 2^32)
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


# ---------------------------------------------------------------------------- public kernels

cdef _Arguments GATHER = _Arguments("X order", "A")
cdef _Arguments ONE_HOT = _Arguments("labels order", "Y")
cdef _Arguments SHUFFLED = _Arguments("", "order")


cdef int check_order(const int64_t[::1] order, Py_ssize_t n_examples) except -1:
    cdef Py_ssize_t j
    for j in range(order.shape[0]):
        if not 0 <= order[j] < n_examples:
            raise ValueError(f"order[{j}] is {order[j]}, wanted 0 to {n_examples - 1}")
    return 0


cdef int check_labels(const int32_t[::1] labels, Py_ssize_t n_classes) except -1:
    cdef Py_ssize_t j
    for j in range(labels.shape[0]):
        if not 0 <= labels[j] < n_classes:
            raise ValueError(f"labels[{j}] is {labels[j]}, wanted 0 to {n_classes - 1}")
    return 0


def gather(const real[:, ::1] X, const int64_t[::1] order, real[:, ::1] A):
    """A[:, j] = X[order[j], :]; X (n_examples, n_features), A (n_features, n)."""
    cdef Span[3] at = [matrix(X), span(&order[0], order.shape[0], 8), matrix(A)]
    check_shape("A", A.shape[0], A.shape[1], X.shape[1], order.shape[0])
    GATHER.check(at)
    check_order(order, X.shape[0])
    with nogil:
        gather_(&X[0, 0], X.shape[1], &order[0], 0, order.shape[0], &A[0, 0], A.shape[1])


def one_hot(const int32_t[::1] labels, const int64_t[::1] order, real[:, ::1] Y):
    """Y[labels[order[j]], j] = 1, all else 0; Y (n_classes, n)."""
    cdef Span[3] at = [span(&labels[0], labels.shape[0], 4), span(&order[0], order.shape[0], 8), matrix(Y)]
    check_shape("Y", Y.shape[0], Y.shape[1], Y.shape[0], order.shape[0])
    ONE_HOT.check(at)
    check_order(order, labels.shape[0])
    check_labels(labels, Y.shape[0])
    with nogil:
        one_hot_(&labels[0], &order[0], 0, order.shape[0], &Y[0, 0], Y.shape[0], Y.shape[1])


def shuffle(int64_t[::1] order, seed, epoch):
    """Shuffle `order` in place by draws that depend on (seed, epoch, position) alone."""
    cdef uint64_t key = whole_number("seed", seed, 0, MOST_64), counter = whole_number("epoch", epoch, 0, MOST_64)
    cdef Span[1] at = [span(&order[0], order.shape[0], 8)]
    SHUFFLED.check(at)
    with nogil:
        shuffle_(&order[0], order.shape[0], key, counter)
