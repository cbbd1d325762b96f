/* Transpose of a matrix, by square tiles that stay in registers.
 *
 * A. Two interleaved rows of floats are a row of pairs, and a pair of floats is as wide as a double. The tile
 *    of doubles therefore serves both dtypes. It interleaves neighbouring rows, then exchanges lanes of 16
 *    bytes.
 * B. Tiles are grouped into blocks of one cache line by one cache line, and the inner loop runs down the rows
 *    of the input. Each cache line of the output is then written completely at once. The loads come
 *    from distant cache lines, but do not wait for one another, as stores to such lines would.
 */
#ifndef CREGNET_TRANSPOSE_H
#define CREGNET_TRANSPOSE_H

#include "vector.h"

#ifdef CREGNET_VECTORS
enum { PAIRS = VECTOR_BYTES / 8 };

ALWAYS_INLINE void transpose_pairs(vector_f64 *r)
{
    UNROLL
    for (int i = 0; i < PAIRS; i += 2) {
        const vector_f64 x = r[i], y = r[i + 1];
#if VECTOR_BYTES == 64
        r[i] = SHUFFLE(integers_f64, x, y, 0, 8, 2, 10, 4, 12, 6, 14);
        r[i + 1] = SHUFFLE(integers_f64, x, y, 1, 9, 3, 11, 5, 13, 7, 15);
#elif VECTOR_BYTES == 32
        r[i] = SHUFFLE(integers_f64, x, y, 0, 4, 2, 6);
        r[i + 1] = SHUFFLE(integers_f64, x, y, 1, 5, 3, 7);
#else
        r[i] = SHUFFLE(integers_f64, x, y, 0, 2);
        r[i + 1] = SHUFFLE(integers_f64, x, y, 1, 3);
#endif
    }
#if VECTOR_BYTES == 64
    UNROLL
    for (int k = 0; k < 2; k++) {
        const vector_f64 a = r[k], b = r[2 + k], c = r[4 + k], d = r[6 + k];
        const vector_f64 ab = SHUFFLE(integers_f64, a, b, 0, 1, 2, 3, 8, 9, 10, 11);
        const vector_f64 cd = SHUFFLE(integers_f64, c, d, 0, 1, 2, 3, 8, 9, 10, 11);
        const vector_f64 AB = SHUFFLE(integers_f64, a, b, 4, 5, 6, 7, 12, 13, 14, 15);
        const vector_f64 CD = SHUFFLE(integers_f64, c, d, 4, 5, 6, 7, 12, 13, 14, 15);
        r[k] = SHUFFLE(integers_f64, ab, cd, 0, 1, 4, 5, 8, 9, 12, 13);
        r[2 + k] = SHUFFLE(integers_f64, ab, cd, 2, 3, 6, 7, 10, 11, 14, 15);
        r[4 + k] = SHUFFLE(integers_f64, AB, CD, 0, 1, 4, 5, 8, 9, 12, 13);
        r[6 + k] = SHUFFLE(integers_f64, AB, CD, 2, 3, 6, 7, 10, 11, 14, 15);
    }
#elif VECTOR_BYTES == 32
    UNROLL
    for (int k = 0; k < 2; k++) {
        const vector_f64 a = r[k], b = r[2 + k];
        r[k] = SHUFFLE(integers_f64, a, b, 0, 1, 4, 5);
        r[2 + k] = SHUFFLE(integers_f64, a, b, 2, 3, 6, 7);
    }
#endif
}

ALWAYS_INLINE void transpose_tile_f64(const double *in, ptrdiff_t in_row, double *out, ptrdiff_t out_row)
{
    vector_f64 r[PAIRS];
    UNROLL
    for (int i = 0; i < PAIRS; i++) r[i] = *(const vector_f64 *)(in + i * in_row);
    transpose_pairs(r);
    UNROLL
    for (int i = 0; i < PAIRS; i++) *(vector_f64 *)(out + i * out_row) = r[i];
}

ALWAYS_INLINE void transpose_tile_f32(const float *in, ptrdiff_t in_row, float *out, ptrdiff_t out_row)
{
    vector_f64 low[PAIRS], high[PAIRS];       /* columns 0, 1, 4, 5, ... and 2, 3, 6, 7, ... */
    UNROLL
    for (int i = 0; i < PAIRS; i++) {
        const vector_f32 x = *(const vector_f32 *)(in + 2 * i * in_row);
        const vector_f32 y = *(const vector_f32 *)(in + (2 * i + 1) * in_row);
#if VECTOR_BYTES == 64
        low[i] = (vector_f64)SHUFFLE(integers_f32, x, y, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
        high[i] = (vector_f64)SHUFFLE(integers_f32, x, y, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
#elif VECTOR_BYTES == 32
        low[i] = (vector_f64)SHUFFLE(integers_f32, x, y, 0, 8, 1, 9, 4, 12, 5, 13);
        high[i] = (vector_f64)SHUFFLE(integers_f32, x, y, 2, 10, 3, 11, 6, 14, 7, 15);
#else
        low[i] = (vector_f64)SHUFFLE(integers_f32, x, y, 0, 4, 1, 5);
        high[i] = (vector_f64)SHUFFLE(integers_f32, x, y, 2, 6, 3, 7);
#endif
    }
    transpose_pairs(low);
    transpose_pairs(high);
    UNROLL
    for (int i = 0; i < PAIRS; i++) {
        float *column = out + (4 * (i / 2) + i % 2) * out_row;
        *(vector_f32 *)column = (vector_f32)low[i];
        *(vector_f32 *)(column + 2 * out_row) = (vector_f32)high[i];
    }
}
#else
#define transpose_tile_f32(in, in_row, out, out_row) (*(out) = *(in))
#define transpose_tile_f64(in, in_row, out, out_row) (*(out) = *(in))
#endif

/* out (n_cols x out_width, rows out_row apart) = in (n_rows x n_cols)^T; columns n_rows and above are set to 0. */
#define DEFINE_TRANSPOSE(real, suffix)                                                             \
    static void transpose_##suffix(ptrdiff_t n_rows, ptrdiff_t n_cols, const real *in,             \
                                   ptrdiff_t in_row, real *out, ptrdiff_t out_row,                 \
                                   ptrdiff_t out_width)                                            \
    {                                                                                              \
        enum { LANES = LANES_OF(real), LINE = 64 / sizeof(real) };                                 \
        const ptrdiff_t rows = n_rows / LANES * LANES, cols = n_cols / LANES * LANES;              \
        for (ptrdiff_t j0 = 0; j0 < cols; j0 += LINE)                                              \
            for (ptrdiff_t i0 = 0; i0 < rows; i0 += LINE) {                                        \
                const ptrdiff_t j1 = j0 + LINE < cols ? j0 + LINE : cols;                          \
                const ptrdiff_t i1 = i0 + LINE < rows ? i0 + LINE : rows;                          \
                for (ptrdiff_t j = j0; j < j1; j += LANES)                                         \
                    for (ptrdiff_t i = i0; i < i1; i += LANES)                                     \
                        transpose_tile_##suffix(in + i * in_row + j, in_row,                       \
                                                out + j * out_row + i, out_row);                   \
            }                                                                                      \
        for (ptrdiff_t j = cols; j < n_cols; j++)                                                  \
            for (ptrdiff_t i = 0; i < rows; i++) out[j * out_row + i] = in[i * in_row + j];        \
        for (ptrdiff_t j = 0; j < n_cols; j++) {                                                   \
            for (ptrdiff_t i = rows; i < n_rows; i++) out[j * out_row + i] = in[i * in_row + j];   \
            for (ptrdiff_t i = n_rows; i < out_width; i++) out[j * out_row + i] = 0;               \
        }                                                                                          \
    }
DEFINE_TRANSPOSE(float, f32)
DEFINE_TRANSPOSE(double, f64)

/* Any numbers of 32 bits: a vector moves them as if they were floats. */
#ifdef CREGNET_VECTORS
ALWAYS_INLINE void transpose_tile_u32(const uint32_t *in, ptrdiff_t in_row, uint32_t *out, ptrdiff_t out_row)
{
    transpose_tile_f32((const float *)in, in_row, (float *)out, out_row);
}
#else
#define transpose_tile_u32(in, in_row, out, out_row) (*(out) = *(in))
#endif
DEFINE_TRANSPOSE(uint32_t, u32)

#endif
