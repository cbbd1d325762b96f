# Gaussian noise, added to activations or multiplied by them, with draws from Philox4x32-10.
#
# A draw depends on (seed, purpose, layer, step, element) alone. The counters are those of dropout masks:
# four units have the four words of (example, unit / 4, step, purpose and layer). Words 0 and 1 are radius
# and direction for the first two units, words 2 and 3 for the other two (Box & Muller 1958, Ann. Math.
# Statist. 29). Loops over draws always process full vectors, so that a draw has the same bits for every
# range of columns that it is computed in.

cdef uint32_t NOISE = PURPOSES["noise"]
cdef uint32_t GAUSSIAN_DROPOUT = PURPOSES["gaussian_dropout"]


cdef void normal_rows(real* E, Py_ssize_t first, Py_ssize_t n, uint32_t four, uint32_t purpose,
                      uint64_t seed, uint32_t layer, uint64_t step) noexcept nogil:
    # E (4, BLOCK): draws of units 4 * four to 4 * four + 3 for examples first .. first + n - 1, n <= BLOCK
    cdef Py_ssize_t pair, j, n_padded = (n + 15) // 16 * 16
    cdef uint32_t words[4 * BLOCK]
    cdef uint32_t* w
    cdef real* out
    cdef real radius, cosine, sine
    philox_word_rows(&words[0], BLOCK, first, n_padded, four, <uint32_t>step, (purpose << 28) | layer,
                     <uint32_t>seed, <uint32_t>(seed >> 32))
    for pair in range(2):
        w = &words[2 * BLOCK * pair]
        out = E + 2 * BLOCK * pair
        for j in range(n_padded):
            normal_radius(w[j], &radius)
            direction(w[BLOCK + j], &cosine, &sine)
            out[j] = radius * cosine
            out[BLOCK + j] = radius * sine


cdef void add_normal(real* A, Py_ssize_t row, Py_ssize_t n_units, Py_ssize_t first, Py_ssize_t n,
                     double deviation, uint32_t purpose, uint64_t seed, uint32_t layer,
                     uint64_t step) noexcept nogil:
    # A += deviation * draw for examples first .. first + n - 1, in columns 0 .. n - 1 of A
    cdef Py_ssize_t unit, block, start, width, i, j
    cdef real s = <real>deviation
    cdef real E[4 * BLOCK]
    cdef real* A_i
    for unit in range(0, n_units, 4):
        for block in range(n_blocks(n)):
            start = block * BLOCK
            width = min(<Py_ssize_t>BLOCK, n - start)
            normal_rows(&E[0], first + start, width, <uint32_t>(unit // 4), purpose, seed, layer, step)
            for i in range(min(<Py_ssize_t>4, n_units - unit)):
                A_i = A + (unit + i) * row + start
                for j in range(width):
                    A_i[j] += s * E[BLOCK * i + j]


cdef void gaussian_noise_(real* A, Py_ssize_t row, Py_ssize_t n_units, Py_ssize_t first, Py_ssize_t n,
                          double sigma, uint64_t seed, uint32_t layer, uint64_t step) noexcept nogil:
    if sigma > 0:
        add_normal(A, row, n_units, first, n, sigma, NOISE, seed, layer, step)


cdef void gaussian_dropout_factors_(real* M, Py_ssize_t row, Py_ssize_t n_units, Py_ssize_t first,
                                    Py_ssize_t n, double keep_prob, uint64_t seed, uint32_t layer,
                                    uint64_t step) noexcept nogil:
    # Srivastava et al. 2014, JMLR 15, section 10: mean 1 and the variance of inverted dropout
    cdef Py_ssize_t i, j
    for i in range(n_units):
        for j in range(n):
            M[i * row + j] = 1
    if keep_prob < 1:
        add_normal(M, row, n_units, first, n, c_sqrt((1 - keep_prob) / keep_prob), GAUSSIAN_DROPOUT,
                   seed, layer, step)


cdef void apply_factors_(real* A, Py_ssize_t A_row, const real* M, Py_ssize_t M_row, Py_ssize_t n_units,
                         Py_ssize_t n) noexcept nogil:
    # linear in A: the backward pass is the same call on dA
    cdef Py_ssize_t i, j
    cdef real* A_i
    cdef const real* M_i
    for i in range(n_units):
        A_i = A + i * A_row
        M_i = M + i * M_row
        for j in range(n):
            A_i[j] *= M_i[j]
