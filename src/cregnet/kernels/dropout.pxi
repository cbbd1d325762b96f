# Inverted dropout (Srivastava et al. 2014, JMLR 15, section 10) with masks from Philox4x32-10.
#
# A draw depends on (seed, purpose, layer, step, element) and on nothing else. The counter is
# (example, unit / 4, step, purpose * 2^28 + layer), the key is the seed; word w of a result is the
# draw of unit 4 * (unit / 4) + w. A unit is kept where its 32-bit draw is below keep_prob * 2^32.

cdef extern from "philox.h" nogil:
    void philox4x32_10(uint32_t* w0, uint32_t* w1, uint32_t* w2, uint32_t* w3,
                       uint32_t k0, uint32_t k1)
    void philox_mask_rows(unsigned char* D, Py_ssize_t D_row, int n_units, Py_ssize_t first,
                          Py_ssize_t n, uint32_t threshold, uint32_t c1, uint32_t c2, uint32_t c3,
                          uint32_t k0, uint32_t k1)
    void philox_word_rows(uint32_t* words, Py_ssize_t row, Py_ssize_t first, Py_ssize_t n,
                          uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1)

cdef uint32_t DROPOUT = PURPOSES["dropout"]


cdef void mask_(unsigned char* D, Py_ssize_t D_row, Py_ssize_t n_units, Py_ssize_t first,
                Py_ssize_t n_examples, double keep_prob, uint64_t seed, uint32_t layer,
                uint64_t step) noexcept nogil:
    # examples first .. first + n_examples - 1, from column 0 of D on
    cdef Py_ssize_t unit
    cdef uint32_t threshold
    if keep_prob >= 1:
        for unit in range(n_units):
            memset(D + unit * D_row, 1, n_examples)
        return
    threshold = <uint32_t>(min(keep_prob * 4294967296.0 + 0.5, 4294967295.0))
    for unit in range(0, n_units, 4):
        philox_mask_rows(D + unit * D_row, D_row, <int>min(<Py_ssize_t>4, n_units - unit), first,
                         n_examples, threshold, <uint32_t>(unit // 4), <uint32_t>step,
                         (DROPOUT << 28) | layer, <uint32_t>seed, <uint32_t>(seed >> 32))


cdef void dropout_(real* A, const unsigned char* D, Py_ssize_t n, double keep_prob) noexcept nogil:
    # its own derivative: backward is the same call on dA
    cdef Py_ssize_t k
    cdef real scale = <real>(1 / keep_prob)
    for k in range(n):
        A[k] = scale * A[k] if D[k] else 0


cdef void words_(uint32_t* out, Py_ssize_t n, uint64_t seed, uint32_t purpose, uint32_t layer,
                 uint64_t step) noexcept nogil:
    # element e is word e % 4 of the counter (e / 4, e / 2^34, step, purpose and layer)
    cdef Py_ssize_t block, at
    cdef uint32_t w[4]
    for block in range((n + 3) // 4):
        w[0], w[1] = <uint32_t>block, <uint32_t>(<uint64_t>block >> 32)
        w[2], w[3] = <uint32_t>step, (purpose << 28) | layer
        philox4x32_10(&w[0], &w[1], &w[2], &w[3], <uint32_t>seed, <uint32_t>(seed >> 32))
        for at in range(min(<Py_ssize_t>4, n - 4 * block)):
            out[4 * block + at] = w[at]


# ---------------------------------------------------------------------------- public kernels

cdef int check_keep_prob(double keep_prob) except -1:
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, wanted 0 < keep_prob <= 1")
    return 0


cdef _Arguments PHILOX = _Arguments("counter key", "out", same="out=counter")
cdef _Arguments WORDS = _Arguments("", "out")
cdef _Arguments DROP = _Arguments("D", "A")
cdef _Arguments DROP_BACKWARD = _Arguments("D", "dA")


def philox(const uint32_t[:, ::1] counter, const uint32_t[::1] key, uint32_t[:, ::1] out):
    """Philox4x32-10 of each row of `counter` (n, 4) under `key` (2,), into `out` (n, 4)."""
    cdef Py_ssize_t i, n = counter.shape[0]
    cdef Span[3] at = [span(&counter[0, 0], n * counter.shape[1], 4), span(&key[0], key.shape[0], 4),
                       span(&out[0, 0], out.shape[0] * out.shape[1], 4)]
    check_shape("counter", n, counter.shape[1], n, 4)
    check_size("key", key.shape[0], 2)
    check_shape("out", out.shape[0], out.shape[1], n, 4)
    PHILOX.check(at)
    with nogil:
        for i in range(n):
            memmove(&out[i, 0], &counter[i, 0], 16)
            philox4x32_10(&out[i, 0], &out[i, 1], &out[i, 2], &out[i, 3], key[0], key[1])


cdef struct Draw:                    # what draws depend on beside their place
    uint64_t seed
    uint32_t layer
    uint64_t step


cdef int read_draw(Draw* draw, object seed, object layer, object step) except -1:
    draw.seed = whole_number("seed", seed, 0, MOST_64)
    draw.layer = <uint32_t>whole_number("layer", layer, 0, MOST_LAYER)
    draw.step = whole_number("step", step, 0, MOST_64)
    return 0


def random_words(uint32_t[::1] out, seed, purpose, layer, step):
    """Fill `out` with 32-bit draws that depend on (seed, purpose, layer, step, position) alone."""
    cdef Draw draw
    cdef uint32_t purpose_ = <uint32_t>whole_number("purpose", purpose, 0, 15)
    cdef Span[1] at = [span(&out[0], out.shape[0], 4)]
    read_draw(&draw, seed, layer, step)
    WORDS.check(at)
    with nogil:
        words_(&out[0], out.shape[0], draw.seed, purpose_, draw.layer, draw.step)


def dropout_mask(unsigned char[:, ::1] D, double keep_prob, seed, layer, step):
    """D[i, j] = 1 with probability keep_prob, else 0; D (n_units, n_examples)."""
    cdef Draw draw
    check_keep_prob(keep_prob)
    read_draw(&draw, seed, layer, step)
    with nogil:
        mask_(&D[0, 0], D.shape[1], D.shape[0], 0, D.shape[1], keep_prob, draw.seed, draw.layer, draw.step)


def dropout(real[:, ::1] A, const unsigned char[:, ::1] D, double keep_prob):
    """A = A * D / keep_prob, in place."""
    cdef Span[2] at = [span(&D[0, 0], D.shape[0] * D.shape[1], 1), matrix(A)]
    check_keep_prob(keep_prob)
    check_shape("D", D.shape[0], D.shape[1], A.shape[0], A.shape[1])
    DROP.check(at)
    with nogil:
        dropout_(&A[0, 0], &D[0, 0], A.shape[0] * A.shape[1], keep_prob)


def dropout_backward(real[:, ::1] dA, const unsigned char[:, ::1] D, double keep_prob):
    """dA = dA * D / keep_prob, in place."""
    cdef Span[2] at = [span(&D[0, 0], D.shape[0] * D.shape[1], 1), matrix(dA)]
    check_keep_prob(keep_prob)
    check_shape("D", D.shape[0], D.shape[1], dA.shape[0], dA.shape[1])
    DROP_BACKWARD.check(at)
    with nogil:
        dropout_(&dA[0, 0], &D[0, 0], dA.shape[0] * dA.shape[1], keep_prob)
