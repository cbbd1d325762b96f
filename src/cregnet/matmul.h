/* The matrix products of a dense layer, for float and double from one text.
 *
 * A. Three products are needed and all run on one register tile:
 *        Z  = W A + b        forward            (broadcast W, load rows of A)
 *        dA = W^T dZ         backward, inputs   (the same with W's strides exchanged)
 *        dW = dZ A^T         backward, weights  (A is transposed once into a scratch buffer)
 *    A column is an example and examples are contiguous, so the first two need no packing.
 * B. The tile keeps TILE_ROWS x 2 vectors of the result in registers while it walks the inner
 *    sum; it is written with GNU vector types because GCC does not keep a plain loop's
 *    accumulators in registers. Rows are split evenly (20 rows are 10 + 10, not 12 + 8).
 * C. Every element of the result is one chain of multiply-adds in the order of the inner index,
 *    whatever tile computes it, so how the work is cut never changes a bit.
 * D. dW of a small layer is a table of dot products over the examples instead: no transpose, and
 *    the vectors run over examples however few the units.
 *
 * This file includes itself once per dtype; the part after CREGNET_MATMUL_H is the text.
 */
#ifndef CREGNET_MATMUL_H
#define CREGNET_MATMUL_H

#include <stddef.h>
#include <string.h>

#if defined(__AVX512F__)
#  define VECTOR_BYTES 64
#  define TILE_ROWS 12          /* 24 accumulators, 2 loads, 1 broadcast of 32 registers */
#elif defined(__AVX2__)
#  define VECTOR_BYTES 32
#  define TILE_ROWS 6           /* 12 + 2 + 1 of 16 */
#elif defined(__aarch64__)
#  define VECTOR_BYTES 16
#  define TILE_ROWS 12          /* 24 + 2 + 1 of 32 */
#else
#  define VECTOR_BYTES 16
#  define TILE_ROWS 4           /* 8 + 2 + 1 and the unfused product, of 16 */
#endif

#define TILE_DEPTH 256          /* inner-sum block, and vectors of columns that go together: ... */
#define TILE_COLUMNS 16         /* ... 256 KB of B stay in L2 while a tile's rows of A, in L1, go along */
#define DOT_TILE 4              /* dot products are taken 4 x 4 at a time */
#define DOT_LIMIT 1024          /* dot products for dW of at most this many weights ... */
#define DOT_DEPTH 4             /* ... with at least this many examples per row of dW */

#if (defined(__GNUC__) || defined(__clang__)) && !defined(CREGNET_NO_VECTOR_TYPES)
#  define ALWAYS_INLINE static inline __attribute__((always_inline))
#  define UNROLL _Pragma("GCC unroll 16")
#  define DEFINE_VECTOR(real, name) \
       typedef real name __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias))
#  define LANES_OF(real) ((ptrdiff_t)(VECTOR_BYTES / sizeof(real)))
#else                           /* any other C compiler: a vector is one number; correct, slower */
#  define ALWAYS_INLINE static inline
#  define UNROLL
#  define DEFINE_VECTOR(real, name) typedef real name
#  define LANES_OF(real) ((ptrdiff_t)1)
#endif
DEFINE_VECTOR(float, vector_f32);
DEFINE_VECTOR(double, vector_f64);

/* Sum of the lanes of a vector: halves are added until two lanes are left. */
#define DEFINE_LANE_SUM(real, suffix)                                                              \
    ALWAYS_INLINE real lane_sum_##suffix(vector_##suffix x)                                        \
    {                                                                                              \
        real part[LANES_OF(real)];                                                                 \
        memcpy(part, &x, sizeof x);                                                                \
        UNROLL                                                                                     \
        for (ptrdiff_t width = LANES_OF(real) / 2; width > 0; width /= 2)                          \
            UNROLL                                                                                 \
            for (ptrdiff_t i = 0; i < width; i++) part[i] += part[i + width];                      \
        return part[0];                                                                            \
    }
DEFINE_LANE_SUM(float, f32)
DEFINE_LANE_SUM(double, f64)

#define REAL float
#define VECTOR vector_f32
#define OF(name) name##_f32
#include "matmul.h"
#undef REAL
#undef VECTOR
#undef OF
#define REAL double
#define VECTOR vector_f64
#define OF(name) name##_f64
#include "matmul.h"
#undef REAL
#undef VECTOR
#undef OF

#else  /* ---------------------------------------------------------------- once per dtype */

#define LANES LANES_OF(REAL)

/* Number of columns that a buffer of n columns is padded to, so that whole vectors can be used. */
static inline ptrdiff_t OF(padded)(ptrdiff_t n) { return (n + LANES - 1) / LANES * LANES; }

/* C (n_rows x n_vectors vectors) = [bias | C | 0] + A B over `depth`.
 * n_rows and n_vectors are constants at every call, so that all loops over them unroll. */
ALWAYS_INLINE void OF(tile)(const int n_rows, const int n_vectors, ptrdiff_t depth,
                            const REAL *A, ptrdiff_t A_row, ptrdiff_t A_col,
                            const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row,
                            const REAL *bias, int accumulate)
{
    VECTOR acc[TILE_ROWS][2];
    UNROLL
    for (int i = 0; i < n_rows; i++)
        UNROLL
        for (int v = 0; v < n_vectors; v++) {
            VECTOR zero = {0};
            if (accumulate)
                acc[i][v] = *(const VECTOR *)(C + i * C_row + v * LANES);
            else
                acc[i][v] = zero + (bias ? bias[i] : (REAL)0);
        }
    for (ptrdiff_t k = 0; k < depth; k++) {
        VECTOR b[2];
        UNROLL
        for (int v = 0; v < n_vectors; v++) b[v] = *(const VECTOR *)(B + k * B_row + v * LANES);
        UNROLL
        for (int i = 0; i < n_rows; i++) {
            const REAL a = A[i * A_row + k * A_col];
            UNROLL
            for (int v = 0; v < n_vectors; v++) acc[i][v] += a * b[v];
        }
    }
    UNROLL
    for (int i = 0; i < n_rows; i++)
        UNROLL
        for (int v = 0; v < n_vectors; v++) *(VECTOR *)(C + i * C_row + v * LANES) = acc[i][v];
}

typedef void (*OF(tile_function))(ptrdiff_t depth, const REAL *A, ptrdiff_t A_row, ptrdiff_t A_col,
                                  const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row,
                                  const REAL *bias, int accumulate);

#define DEFINE_TILE(n_rows, n_vectors)                                                             \
    static void OF(tile_##n_rows##_##n_vectors)(                                                   \
        ptrdiff_t depth, const REAL *A, ptrdiff_t A_row, ptrdiff_t A_col, const REAL *B,           \
        ptrdiff_t B_row, REAL *C, ptrdiff_t C_row, const REAL *bias, int accumulate)               \
    {                                                                                              \
        OF(tile)(n_rows, n_vectors, depth, A, A_row, A_col, B, B_row, C, C_row, bias, accumulate); \
    }
#define DEFINE_TILES(n_rows) DEFINE_TILE(n_rows, 1) DEFINE_TILE(n_rows, 2)
DEFINE_TILES(1) DEFINE_TILES(2) DEFINE_TILES(3) DEFINE_TILES(4)
#if TILE_ROWS > 4
DEFINE_TILES(5) DEFINE_TILES(6)
#endif
#if TILE_ROWS > 6
DEFINE_TILES(7) DEFINE_TILES(8) DEFINE_TILES(9) DEFINE_TILES(10) DEFINE_TILES(11) DEFINE_TILES(12)
#endif

#define TILES(n_rows) {OF(tile_##n_rows##_1), OF(tile_##n_rows##_2)}
static const OF(tile_function) OF(tiles)[TILE_ROWS][2] = {
    TILES(1), TILES(2), TILES(3), TILES(4),
#if TILE_ROWS > 4
    TILES(5), TILES(6),
#endif
#if TILE_ROWS > 6
    TILES(7), TILES(8), TILES(9), TILES(10), TILES(11), TILES(12),
#endif
};
#undef DEFINE_TILE
#undef DEFINE_TILES
#undef TILES

/* Whole vectors of columns of C = [bias | C | 0] + A B. A tile's rows of A are read once, into L1,
 * and go along all columns before the next ones: for W^T they are a strided walk through W, which
 * costs a page each. */
static void OF(columns)(ptrdiff_t n_rows, ptrdiff_t n_vectors, ptrdiff_t depth, const REAL *A,
                        ptrdiff_t A_row, ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                        ptrdiff_t C_row, const REAL *bias, int accumulate)
{
    ptrdiff_t i = 0;
    for (ptrdiff_t left = (n_rows + TILE_ROWS - 1) / TILE_ROWS; left > 0; left--) {
        const ptrdiff_t rows = (n_rows - i + left - 1) / left;
        const OF(tile_function) *tile = OF(tiles)[rows - 1];
        const REAL *row_bias = bias ? bias + i : NULL;
        ptrdiff_t v = 0;
        for (; v + 2 <= n_vectors; v += 2)
            tile[1](depth, A + i * A_row, A_row, A_col, B + v * LANES, B_row,
                    C + i * C_row + v * LANES, C_row, row_bias, accumulate);
        if (v < n_vectors)
            tile[0](depth, A + i * A_row, A_row, A_col, B + v * LANES, B_row,
                    C + i * C_row + v * LANES, C_row, row_bias, accumulate);
        i += rows;
    }
}

/* The last columns of a product, fewer than a vector: B is copied into a zero-padded block and C
 * goes through one, so that nothing outside the matrices is read or written. */
static void OF(edge)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth, const REAL *A,
                     ptrdiff_t A_row, ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                     ptrdiff_t C_row, const REAL *bias, int accumulate)
{
    REAL block[TILE_DEPTH * LANES], result[TILE_ROWS * LANES];
    for (ptrdiff_t k = 0; k < depth; k++)
        for (ptrdiff_t j = 0; j < LANES; j++)
            block[k * LANES + j] = j < n_cols ? B[k * B_row + j] : (REAL)0;
    for (ptrdiff_t i = 0; i < n_rows; i += TILE_ROWS) {
        const ptrdiff_t rows = n_rows - i < TILE_ROWS ? n_rows - i : TILE_ROWS;
        if (accumulate)
            for (ptrdiff_t r = 0; r < rows; r++)
                for (ptrdiff_t j = 0; j < LANES; j++)
                    result[r * LANES + j] = j < n_cols ? C[(i + r) * C_row + j] : (REAL)0;
        OF(tiles)[rows - 1][0](depth, A + i * A_row, A_row, A_col, block, LANES, result, LANES,
                               bias ? bias + i : NULL, accumulate);
        for (ptrdiff_t r = 0; r < rows; r++)
            memcpy(C + (i + r) * C_row, result + r * LANES, (size_t)n_cols * sizeof(REAL));
    }
}

/* C (n_rows x n_cols) = A (n_rows x depth) B (depth x n_cols) + bias (n_rows) or 0.
 * A has any strides; rows of B and C are contiguous. */
static void OF(product)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth, const REAL *A,
                        ptrdiff_t A_row, ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                        ptrdiff_t C_row, const REAL *bias)
{
    ptrdiff_t k = 0;
    do {                        /* at least once: an empty inner sum still writes bias or 0 */
        const ptrdiff_t block = depth - k < TILE_DEPTH ? depth - k : TILE_DEPTH;
        const REAL *A_block = A + k * A_col, *B_block = B + k * B_row;
        const ptrdiff_t whole = n_cols / LANES * LANES;
        for (ptrdiff_t j = 0; j < whole; j += TILE_COLUMNS * LANES) {
            const ptrdiff_t vectors = (whole - j) / LANES;
            OF(columns)(n_rows, vectors < TILE_COLUMNS ? vectors : TILE_COLUMNS, block, A_block, A_row, A_col,
                        B_block + j, B_row, C + j, C_row, bias, k > 0);
        }
        if (whole < n_cols)
            OF(edge)(n_rows, n_cols - whole, block, A_block, A_row, A_col, B_block + whole, B_row, C + whole,
                     C_row, bias, k > 0);
        k += block;
    } while (k < depth);
}

/* out (n_cols x out_row) = in (n_rows x n_cols)^T, columns n_rows.. of out set to 0. */
static void OF(transpose)(ptrdiff_t n_rows, ptrdiff_t n_cols, const REAL *in, ptrdiff_t in_row,
                          REAL *out, ptrdiff_t out_row)
{
    enum { BLOCK = 16 };        /* a block of cache lines each way */
    for (ptrdiff_t i0 = 0; i0 < n_rows; i0 += BLOCK) {
        const ptrdiff_t i1 = i0 + BLOCK < n_rows ? i0 + BLOCK : n_rows;
        for (ptrdiff_t j0 = 0; j0 < n_cols; j0 += BLOCK) {
            const ptrdiff_t j1 = j0 + BLOCK < n_cols ? j0 + BLOCK : n_cols;
            for (ptrdiff_t j = j0; j < j1; j++)
                for (ptrdiff_t i = i0; i < i1; i++) out[j * out_row + i] = in[i * in_row + j];
        }
    }
    if (out_row > n_rows)
        for (ptrdiff_t j = 0; j < n_cols; j++)
            memset(out + j * out_row + n_rows, 0, (size_t)(out_row - n_rows) * sizeof(REAL));
}

/* C[r][c] = sum_k A[r][k] B[c][k] for n_rows x n_cols <= DOT_TILE x DOT_TILE, constants. */
ALWAYS_INLINE void OF(dots)(const int n_rows, const int n_cols, ptrdiff_t depth, const REAL *A,
                            ptrdiff_t A_row, const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row)
{
    VECTOR acc[DOT_TILE][DOT_TILE];
    UNROLL
    for (int r = 0; r < n_rows; r++)
        UNROLL
        for (int c = 0; c < n_cols; c++) {
            VECTOR zero = {0};
            acc[r][c] = zero;
        }
    ptrdiff_t k = 0;
    for (; k + LANES <= depth; k += LANES) {
        VECTOR b[DOT_TILE];
        UNROLL
        for (int c = 0; c < n_cols; c++) b[c] = *(const VECTOR *)(B + c * B_row + k);
        UNROLL
        for (int r = 0; r < n_rows; r++) {
            const VECTOR a = *(const VECTOR *)(A + r * A_row + k);
            UNROLL
            for (int c = 0; c < n_cols; c++) acc[r][c] += a * b[c];
        }
    }
    UNROLL
    for (int r = 0; r < n_rows; r++)
        UNROLL
        for (int c = 0; c < n_cols; c++) {
            REAL sum = OF(lane_sum)(acc[r][c]);
            for (ptrdiff_t t = k; t < depth; t++) sum += A[r * A_row + t] * B[c * B_row + t];
            C[r * C_row + c] = sum;
        }
}

/* C (n_rows x n_cols) = A (n_rows x depth) B (n_cols x depth)^T as dot products: small C. */
static void OF(dot_table)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth, const REAL *A,
                          ptrdiff_t A_row, const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row)
{
    for (ptrdiff_t r = 0; r < n_rows; r += DOT_TILE) {
        const int rows = n_rows - r < DOT_TILE ? (int)(n_rows - r) : DOT_TILE;
        ptrdiff_t c = 0;
        for (; c + DOT_TILE <= n_cols; c += DOT_TILE)
            switch (rows) {
#define DOTS(n_rows, n_cols) \
    OF(dots)(n_rows, n_cols, depth, A + r * A_row, A_row, B + c * B_row, B_row, C + r * C_row + c, C_row)
            case 1: DOTS(1, DOT_TILE); break;
            case 2: DOTS(2, DOT_TILE); break;
            case 3: DOTS(3, DOT_TILE); break;
            default: DOTS(DOT_TILE, DOT_TILE);
            }
        for (; c < n_cols; c++)
            switch (rows) {
            case 1: DOTS(1, 1); break;
            case 2: DOTS(2, 1); break;
            case 3: DOTS(3, 1); break;
            default: DOTS(DOT_TILE, 1);
#undef DOTS
            }
    }
}

static int OF(use_dots)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth)
{
    return n_rows * n_cols <= DOT_LIMIT && DOT_DEPTH * n_rows <= depth;
}

/* Reals of scratch that product_transposed needs. */
static ptrdiff_t OF(scratch_size)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth)
{
    return OF(use_dots)(n_rows, n_cols, depth) ? 0 : depth * OF(padded)(n_cols);
}

/* C (n_rows x n_cols) = A (n_rows x depth) B (n_cols x depth)^T; all rows contiguous. */
static void OF(product_transposed)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth,
                                   const REAL *A, ptrdiff_t A_row, const REAL *B, ptrdiff_t B_row,
                                   REAL *C, ptrdiff_t C_row, REAL *scratch)
{
    if (OF(use_dots)(n_rows, n_cols, depth)) {
        OF(dot_table)(n_rows, n_cols, depth, A, A_row, B, B_row, C, C_row);
        return;
    }
    const ptrdiff_t scratch_row = OF(padded)(n_cols);
    OF(transpose)(n_cols, depth, B, B_row, scratch, scratch_row);
    OF(product)(n_rows, n_cols, depth, A, A_row, 1, scratch, scratch_row, C, C_row, NULL);
}

/* Sums of rows, each in two vectors of partial sums. */
static void OF(row_sums)(ptrdiff_t n_rows, ptrdiff_t n_cols, const REAL *A, ptrdiff_t A_row, REAL *out)
{
    for (ptrdiff_t r = 0; r < n_rows; r++) {
        const REAL *a = A + r * A_row;
        VECTOR even = {0}, odd = {0};
        ptrdiff_t k = 0;
        for (; k + 2 * LANES <= n_cols; k += 2 * LANES) {
            even += *(const VECTOR *)(a + k);
            odd += *(const VECTOR *)(a + k + LANES);
        }
        if (k + LANES <= n_cols) {
            even += *(const VECTOR *)(a + k);
            k += LANES;
        }
        REAL sum = OF(lane_sum)(even + odd);
        for (; k < n_cols; k++) sum += a[k];
        out[r] = sum;
    }
}

/* Sum of a row in double, in sixteen interleaved parts: a fixed shape, so a fixed result. */
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

#undef LANES
#endif
