/* Sums along rows and over vectors, each in a fixed order. Part of matmul.h, included once per dtype. */

/* The sum of n_vectors vectors, by two accumulators, which hides the latency of the additions. */
ALWAYS_INLINE VECTOR OF(partial_sums)(const REAL *a, ptrdiff_t n_vectors)
{
    VECTOR even = {0}, odd = {0};
    ptrdiff_t v = 0;
    for (; v + 2 <= n_vectors; v += 2) {
        even += *(const VECTOR *)(a + v * LANES);
        odd += *(const VECTOR *)(a + (v + 1) * LANES);
    }
    if (v < n_vectors) even += *(const VECTOR *)(a + v * LANES);
    return even + odd;
}

/* Sums of the rows of A, four rows at a time, so that one reduction over lanes serves four rows. */
static void OF(row_sums)(ptrdiff_t n_rows, ptrdiff_t n_cols, const REAL *A, ptrdiff_t A_row, REAL *out)
{
    const ptrdiff_t n_vectors = n_cols / LANES;
    for (ptrdiff_t r = 0; r < n_rows; r += 4) {
        const int rows = n_rows - r < 4 ? (int)(n_rows - r) : 4;
        VECTOR x[4];
        REAL sums[4];
        for (int i = 0; i < 4; i++) x[i] = OF(partial_sums)(A + (r + (i < rows ? i : 0)) * A_row, n_vectors);
        OF(lane_sums)(4, x, sums);
        memcpy(out + r, sums, (size_t)rows * sizeof(REAL));
        for (int i = 0; i < rows; i++)
            for (ptrdiff_t k = n_vectors * LANES; k < n_cols; k++) out[r + i] += A[(r + i) * A_row + k];
    }
}

/* Whether all numbers are finite: 0 times an infinity or a NaN is NaN, and a sum with a NaN is NaN. */
static int OF(all_finite)(const REAL *x, ptrdiff_t n)
{
    VECTOR even = {0}, odd = {0};
    ptrdiff_t k = 0;
    for (; k + 2 * LANES <= n; k += 2 * LANES) {
        even += *(const VECTOR *)(x + k) * 0;
        odd += *(const VECTOR *)(x + k + LANES) * 0;
    }
    even += odd;
    REAL sum;
    OF(lane_sums)(1, &even, &sum);
    for (; k < n; k++) sum += x[k] * 0;
    return sum == 0;
}

/* Sum in double by sixteen interleaved partial sums. The order of the additions is fixed, so the result is too. */
static double OF(sum)(const REAL *x, ptrdiff_t n)
{
    double part[16] = {0};
    ptrdiff_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int p = 0; p < 16; p++) part[p] += x[i + p];
    for (int p = 0; i + p < n; p++) part[p] += x[i + p];
    for (int width = 8; width > 0; width /= 2)
        for (int p = 0; p < width; p++) part[p] += part[p + width];
    return part[0];
}
