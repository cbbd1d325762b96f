# Gaussian noise, added to activations or multiplied onto them, with draws from Philox4x32-10.
#
# A draw depends on (seed, purpose, layer, step, element) and on nothing else. The counters are those
# of dropout masks: word w of (example, unit / 4, step, purpose and layer) goes to unit 4 (unit / 4) + w.
# Words 0 and 1 are radius and direction of units 0 and 1 of the four, words 2 and 3 of the others
# (Box & Muller 1958, Ann. Math. Statist. 29). Loops over draws always run in whole vectors, so that
# a draw has the same bits wherever a range of columns starts and ends.

cdef uint32_t NOISE = PURPOSES["noise"]
cdef uint32_t GAUSSIAN_DROPOUT = PURPOSES["gaussian_dropout"]


cdef void normal_rows(real* E, Py_ssize_t first, Py_ssize_t n, uint32_t four, uint32_t purpose,
                      uint64_t seed, uint32_t layer, uint64_t step) noexcept nogil:
    # E (4, BLOCK): draws of units 4 four to 4 four + 3 for examples first .. first + n - 1, n <= BLOCK
    cdef Py_ssize_t pair, j, whole = (n + 15) // 16 * 16
    cdef uint32_t words[4 * BLOCK]
    cdef uint32_t* w
    cdef real* out
    cdef real radius, cosine, sine
    philox_word_rows(&words[0], BLOCK, first, whole, four, <uint32_t>step, (purpose << 28) | layer,
                     <uint32_t>seed, <uint32_t>(seed >> 32))
    for pair in range(2):
        w = &words[2 * BLOCK * pair]
        out = E + 2 * BLOCK * pair
        for j in range(whole):
            normal_radius(w[j], &radius)
            direction(w[BLOCK + j], &cosine, &sine)
            out[j] = radius * cosine
            out[BLOCK + j] = radius * sine


cdef void add_normal(real* A, Py_ssize_t row, Py_ssize_t n_units, Py_ssize_t first, Py_ssize_t n,
                     double deviation, uint32_t purpose, uint64_t seed, uint32_t layer,
                     uint64_t step) noexcept nogil:
    # A += deviation * draw for examples first .. first + n - 1, from column 0 of A on
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
    # its own derivative: backward is the same call on dA
    cdef Py_ssize_t i, j
    cdef real* A_i
    cdef const real* M_i
    for i in range(n_units):
        A_i = A + i * A_row
        M_i = M + i * M_row
        for j in range(n):
            A_i[j] *= M_i[j]


# ---------------------------------------------------------------------------- public kernels

cdef _Arguments NOISE_ON = _Arguments("", "A")
cdef _Arguments FACTORS = _Arguments("", "M")
cdef _Arguments APPLY_FACTORS = _Arguments("M", "A")


def gaussian_noise(real[:, ::1] A, double sigma, seed, layer, step, first=0):
    """A += sigma * draws of N(0, 1), in place; A (n_units, n), examples first to first + n - 1 of a batch.

    A draw depends on (seed, layer, step, unit, example) alone.
    """
    cdef Draw draw
    cdef Span[1] at = [matrix(A)]
    cdef Py_ssize_t example = whole_number("first", first, 0, MOST_COUNT)
    if not 0 <= sigma < INFINITY:
        raise ValueError(f"sigma is {sigma}, wanted a number >= 0")
    read_draw(&draw, seed, layer, step)
    NOISE_ON.check(at)
    with nogil:
        gaussian_noise_(&A[0, 0], A.shape[1], A.shape[0], example, A.shape[1], sigma, draw.seed, draw.layer,
                        draw.step)


def gaussian_dropout_factors(real[:, ::1] M, double keep_prob, seed, layer, step, first=0):
    """M = draws of N(1, (1 - keep_prob) / keep_prob); M (n_units, n), examples first to first + n - 1.

    Mean and variance are those of inverted dropout (Srivastava et al. 2014, JMLR 15, section 10). A
    draw depends on (seed, layer, step, unit, example) alone.
    """
    cdef Draw draw
    cdef Span[1] at = [matrix(M)]
    cdef Py_ssize_t example = whole_number("first", first, 0, MOST_COUNT)
    check_keep_prob(keep_prob)
    read_draw(&draw, seed, layer, step)
    FACTORS.check(at)
    with nogil:
        gaussian_dropout_factors_(&M[0, 0], M.shape[1], M.shape[0], example, M.shape[1], keep_prob, draw.seed,
                                  draw.layer, draw.step)


def apply_factors(real[:, ::1] A, const real[:, ::1] M):
    """A = A * M, in place: on A forward, on dA backward."""
    cdef Span[2] at = [matrix(M), matrix(A)]
    check_shape("M", M.shape[0], M.shape[1], A.shape[0], A.shape[1])
    APPLY_FACTORS.check(at)
    with nogil:
        apply_factors_(&A[0, 0], A.shape[1], &M[0, 0], M.shape[1], A.shape[0], A.shape[1])
