# Inverted dropout (Srivastava et al. 2014, JMLR 15, section 10) with masks from Philox4x32-10.
#
# A draw depends on (seed, purpose, layer, step, element) alone. The counter is
# (example, unit / 4, step, purpose * 2^28 + layer), the key is the seed, and word w of a result is the
# draw of unit 4 * (unit / 4) + w. A unit is kept if its 32-bit draw is below keep_prob * 2^32.

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
    # of examples first .. first + n_examples - 1, in columns 0 .. n_examples - 1 of D
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
    # linear in A: the backward pass is the same call on dA
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


cdef void philox_rows(uint32_t* out, Py_ssize_t n, const uint32_t* key) noexcept nogil:
    # each row of four words is a counter and is replaced by its draw
    cdef Py_ssize_t i
    for i in range(n):
        philox4x32_10(out + 4 * i, out + 4 * i + 1, out + 4 * i + 2, out + 4 * i + 3, key[0], key[1])
