/* The matrix products of a dense layer, for float and double from one text.
 *
 * A. Three products are needed and all run on one register tile:
 *        Z  = W A + b        forward            (broadcast W, load rows of A)
 *        dA = W^T dZ         backward, inputs   (the same with W's strides exchanged)
 *        dW = dZ A^T         backward, weights  (A is transposed once into a scratch buffer)
 *    A column is an example and examples are contiguous, so the first two need no packing.
 * B. The tile keeps TILE_ROWS x 2 vectors of the result in registers (or half the rows x 4) while it
 *    walks the inner sum; it is written with GNU vector types because GCC does not keep a plain loop's
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

#include "transpose.h"
#include "vector.h"

#if defined(__AVX512F__)
#  define TILE_ROWS 12          /* 24 accumulators, 2 loads, 1 broadcast of 32 registers */
#elif defined(__AVX2__)
#  define TILE_ROWS 6           /* 12 + 2 + 1 of 16 */
#elif defined(__aarch64__)
#  define TILE_ROWS 12          /* 24 + 2 + 1 of 32 */
#else
#  define TILE_ROWS 4           /* 8 + 2 + 1 and the unfused product, of 16 */
#endif

#define TILE_VECTORS 4          /* widest tile, of at most half the rows */
#define TILE_DEPTH 256          /* inner-sum block, and vectors of columns that go together: ... */
#define TILE_COLUMNS 16         /* ... 256 KB of B stay in L2 while a tile's rows of A, in L1, go along */
#define DOT_TILE 4              /* dot products are taken 4 x 4 at a time */
#define DOT_LIMIT 1024          /* dot products for dW of at most this many weights ... */
#define DOT_DEPTH 4             /* ... with at least this many examples per row of dW */

/* What becomes of C = A B while a tile of it is in registers. */
typedef struct {
    const void *bias;       /* one number per row, added; or NULL */
    int rectify;            /* negative results become 0: relu */
    const void *gate;       /* an array like C: the result is 0 where this is not above 0, and ... */
    ptrdiff_t gate_row;     /* ... multiplied by scale elsewhere: relu and dropout, backward; or NULL. */
    double scale;           /* C itself may be the gate where the inner sum is one block. */
    int accumulate;         /* C is added to: for the blocks of an inner sum */
} Finish;

#define REAL float
#define VECTOR vector_f32
#define INTEGERS integers_f32
#define OF(name) name##_f32
#include "matmul.h"
#undef REAL
#undef VECTOR
#undef INTEGERS
#undef OF
#define REAL double
#define VECTOR vector_f64
#define INTEGERS integers_f64
#define OF(name) name##_f64
#include "matmul.h"
#undef REAL
#undef VECTOR
#undef INTEGERS
#undef OF

#else  /* ---------------------------------------------------------------- once per dtype */

#define LANES LANES_OF(REAL)

/* Number of columns that a buffer of n columns is padded to, so that whole vectors can be used. */
static inline ptrdiff_t OF(padded)(ptrdiff_t n)
{
    const ptrdiff_t unit = PADDING_OF(REAL);
    return (n + unit - 1) / unit * unit;
}

/* Zeros by a mask: a NaN is not below 0 and stays, a gate that is NaN is not above 0. */
#ifdef CREGNET_VECTORS
ALWAYS_INLINE VECTOR OF(not_negative)(VECTOR x)
{
    const VECTOR zero = {0};
    return (VECTOR)((INTEGERS)x & ~(INTEGERS)(x < zero));
}
ALWAYS_INLINE VECTOR OF(where_positive)(VECTOR gate, VECTOR x)
{
    const VECTOR zero = {0};
    return (VECTOR)((INTEGERS)x & (INTEGERS)(gate > zero));
}
#else
ALWAYS_INLINE VECTOR OF(not_negative)(VECTOR x) { return x < 0 ? 0 : x; }
ALWAYS_INLINE VECTOR OF(where_positive)(VECTOR gate, VECTOR x) { return gate > 0 ? x : 0; }
#endif

/* C (n_rows x n_vectors vectors) = A B over `depth`, finished; this tile begins at `row` and
 * `column` of the whole product. n_rows and n_vectors are constants at every call, so that all
 * loops over them unroll. */
ALWAYS_INLINE void OF(tile)(const int n_rows, const int n_vectors, ptrdiff_t depth,
                            const REAL *A, ptrdiff_t A_row, ptrdiff_t A_col,
                            const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row,
                            const Finish *finish, ptrdiff_t row, ptrdiff_t column)
{
    VECTOR acc[TILE_ROWS][TILE_VECTORS];
    const REAL *bias = finish->bias ? (const REAL *)finish->bias + row : NULL;
    UNROLL
    for (int i = 0; i < n_rows; i++)
        UNROLL
        for (int v = 0; v < n_vectors; v++) {
            VECTOR zero = {0};
            if (finish->accumulate)
                acc[i][v] = *(const VECTOR *)(C + i * C_row + v * LANES);
            else
                acc[i][v] = zero + (bias ? bias[i] : (REAL)0);
        }
    for (ptrdiff_t k = 0; k < depth; k++) {
        VECTOR b[TILE_VECTORS];
        UNROLL
        for (int v = 0; v < n_vectors; v++) b[v] = *(const VECTOR *)(B + k * B_row + v * LANES);
        UNROLL
        for (int i = 0; i < n_rows; i++) {
            const REAL a = A[i * A_row + k * A_col];
            UNROLL
            for (int v = 0; v < n_vectors; v++) acc[i][v] += a * b[v];
        }
    }
    if (finish->rectify)
        UNROLL
        for (int i = 0; i < n_rows; i++)
            UNROLL
            for (int v = 0; v < n_vectors; v++) acc[i][v] = OF(not_negative)(acc[i][v]);
    if (finish->gate) {
        const REAL *gate = (const REAL *)finish->gate + row * finish->gate_row + column;
        const REAL scale = (REAL)finish->scale;
        const ptrdiff_t gate_row = finish->gate_row;
        UNROLL
        for (int i = 0; i < n_rows; i++) {
            UNROLL
            for (int v = 0; v < n_vectors; v++)
                acc[i][v] = OF(where_positive)(*(const VECTOR *)(gate + v * LANES), acc[i][v] * scale);
            gate += gate_row;
            AT_HAND(gate);
        }
    }
    UNROLL
    for (int i = 0; i < n_rows; i++) {
        UNROLL
        for (int v = 0; v < n_vectors; v++) *(VECTOR *)(C + v * LANES) = acc[i][v];
        C += C_row;
        AT_HAND(C);
    }
}

/* So many tiles side by side. */
typedef void (*OF(tile_function))(ptrdiff_t n_tiles, ptrdiff_t depth, const REAL *A, ptrdiff_t A_row,
                                  ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                                  ptrdiff_t C_row, const Finish *finish, ptrdiff_t row,
                                  ptrdiff_t column);

#define DEFINE_TILE(n_rows, n_vectors)                                                             \
    static void OF(tile_##n_rows##_##n_vectors)(                                                   \
        ptrdiff_t n_tiles, ptrdiff_t depth, const REAL *A, ptrdiff_t A_row, ptrdiff_t A_col,       \
        const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row, const Finish *finish,            \
        ptrdiff_t row, ptrdiff_t column)                                                           \
    {                                                                                              \
        for (ptrdiff_t t = 0; t < n_tiles; t++) {                                                  \
            const ptrdiff_t j = t * n_vectors * LANES;                                             \
            OF(tile)(n_rows, n_vectors, depth, A, A_row, A_col, B + j, B_row, C + j, C_row,        \
                     finish, row, column + j);                                                     \
        }                                                                                          \
    }
#define DEFINE_TILES(n_rows) DEFINE_TILE(n_rows, 1) DEFINE_TILE(n_rows, 2)
#define DEFINE_WIDE_TILES(n_rows) DEFINE_TILES(n_rows) DEFINE_TILE(n_rows, 4)
#define TILES(n_rows) {OF(tile_##n_rows##_1), OF(tile_##n_rows##_2), NULL}
#define WIDE_TILES(n_rows) {OF(tile_##n_rows##_1), OF(tile_##n_rows##_2), OF(tile_##n_rows##_4)}
DEFINE_WIDE_TILES(1) DEFINE_WIDE_TILES(2)
#if TILE_ROWS == 4
DEFINE_TILES(3) DEFINE_TILES(4)
#else
DEFINE_WIDE_TILES(3)
#endif
#if TILE_ROWS == 6
DEFINE_TILES(4) DEFINE_TILES(5) DEFINE_TILES(6)
#elif TILE_ROWS == 12
DEFINE_WIDE_TILES(4) DEFINE_WIDE_TILES(5) DEFINE_WIDE_TILES(6)
DEFINE_TILES(7) DEFINE_TILES(8) DEFINE_TILES(9) DEFINE_TILES(10) DEFINE_TILES(11) DEFINE_TILES(12)
#endif
/* one vector wide, two, and four */
static const OF(tile_function) OF(tiles)[TILE_ROWS][3] = {
    WIDE_TILES(1), WIDE_TILES(2),
#if TILE_ROWS == 4
    TILES(3), TILES(4),
#elif TILE_ROWS == 6
    WIDE_TILES(3), TILES(4), TILES(5), TILES(6),
#else
    WIDE_TILES(3), WIDE_TILES(4), WIDE_TILES(5), WIDE_TILES(6),
    TILES(7), TILES(8), TILES(9), TILES(10), TILES(11), TILES(12),
#endif
};
#undef DEFINE_TILE
#undef DEFINE_TILES
#undef DEFINE_WIDE_TILES
#undef TILES
#undef WIDE_TILES

/* Whole vectors of columns of C from `column` on. A tile's rows of A are read once, into L1, and go
 * along all columns before the next ones: for W^T they are a strided walk through W, which costs a
 * page each. */
static void OF(columns)(ptrdiff_t n_rows, ptrdiff_t n_vectors, ptrdiff_t depth, const REAL *A,
                        ptrdiff_t A_row, ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                        ptrdiff_t C_row, const Finish *finish, ptrdiff_t column)
{
    ptrdiff_t i = 0;
    for (ptrdiff_t left = (n_rows + TILE_ROWS - 1) / TILE_ROWS; left > 0; left--) {
        const ptrdiff_t rows = (n_rows - i + left - 1) / left;
        const OF(tile_function) *tile = OF(tiles)[rows - 1];
        ptrdiff_t left_vectors = n_vectors, j = column;
        /* few rows: more vectors at a time, or the adders have too little to do */
        for (int wide = tile[2] ? 2 : 1; wide >= 0; wide--) {
            const ptrdiff_t width = (ptrdiff_t)1 << wide, n_tiles = left_vectors / width;
            if (n_tiles > 0)
                tile[wide](n_tiles, depth, A + i * A_row, A_row, A_col, B + j, B_row, C + i * C_row + j, C_row,
                           finish, i, j);
            j += n_tiles * width * LANES;
            left_vectors -= n_tiles * width;
        }
        i += rows;
    }
}

/* The last columns of a product, fewer than a vector: B is copied into a zero-padded block, and C
 * and the gate go through one, so that nothing outside the matrices is read or written. */
static void OF(edge)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth, const REAL *A,
                     ptrdiff_t A_row, ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                     ptrdiff_t C_row, const Finish *finish, ptrdiff_t column)
{
    REAL block[TILE_DEPTH * LANES], result[TILE_ROWS * LANES], gate[TILE_ROWS * LANES];
    const size_t used = (size_t)n_cols * sizeof(REAL);
    Finish edge_finish = *finish;
    memset(block, 0, (size_t)depth * LANES * sizeof(REAL));
    memset(result, 0, sizeof result);
    memset(gate, 0, sizeof gate);
    for (ptrdiff_t k = 0; k < depth; k++) memcpy(block + k * LANES, B + k * B_row + column, used);
    for (ptrdiff_t i = 0; i < n_rows; i += TILE_ROWS) {
        const ptrdiff_t rows = n_rows - i < TILE_ROWS ? n_rows - i : TILE_ROWS;
        REAL *C_i = C + i * C_row + column;
        if (finish->accumulate)
            for (ptrdiff_t r = 0; r < rows; r++) memcpy(result + r * LANES, C_i + r * C_row, used);
        if (finish->gate) {
            const REAL *whole = (const REAL *)finish->gate + i * finish->gate_row + column;
            for (ptrdiff_t r = 0; r < rows; r++) memcpy(gate + r * LANES, whole + r * finish->gate_row, used);
            edge_finish.gate = gate;
            edge_finish.gate_row = LANES;
        }
        if (finish->bias) edge_finish.bias = (const REAL *)finish->bias + i;
        OF(tiles)[rows - 1][0](1, depth, A + i * A_row, A_row, A_col, block, LANES, result, LANES,
                               &edge_finish, 0, 0);
        for (ptrdiff_t r = 0; r < rows; r++) memcpy(C_i + r * C_row, result + r * LANES, used);
    }
}

/* C (n_rows x n_cols) = A (n_rows x depth) B (depth x n_cols), finished.
 * A has any strides; rows of B and C are contiguous. */
static void OF(product)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth, const REAL *A,
                        ptrdiff_t A_row, ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                        ptrdiff_t C_row, Finish finish)
{
    const ptrdiff_t whole = n_cols / LANES * LANES;
    ptrdiff_t k = 0;
    do {                        /* at least once: an empty inner sum still writes bias or 0 */
        const ptrdiff_t block = depth - k < TILE_DEPTH ? depth - k : TILE_DEPTH;
        const REAL *A_block = A + k * A_col, *B_block = B + k * B_row;
        Finish now = finish;
        if (k > 0) {
            now.bias = NULL;
            now.accumulate = 1;
        }
        if (k + block < depth) {
            now.gate = NULL;
            now.rectify = 0;
        }
        for (ptrdiff_t j = 0; j < whole; j += TILE_COLUMNS * LANES) {
            const ptrdiff_t vectors = (whole - j) / LANES;
            OF(columns)(n_rows, vectors < TILE_COLUMNS ? vectors : TILE_COLUMNS, block, A_block, A_row, A_col,
                        B_block, B_row, C, C_row, &now, j);
        }
        if (whole < n_cols)
            OF(edge)(n_rows, n_cols - whole, block, A_block, A_row, A_col, B_block, B_row, C, C_row, &now,
                     whole);
        k += block;
    } while (k < depth);
}

/* C[r][c] += the rest of a sum, less than a vector of it. */
static void OF(add_rest)(int n_rows, int n_cols, ptrdiff_t k, ptrdiff_t depth, const REAL *A, ptrdiff_t A_row,
                         const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row)
{
    for (int r = 0; r < n_rows; r++)
        for (int c = 0; c < n_cols; c++)
            for (ptrdiff_t t = k; t < depth; t++) C[r * C_row + c] += A[r * A_row + t] * B[c * B_row + t];
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
            acc[c][r] = zero;
        }
    ptrdiff_t k = 0;
    for (; k + LANES <= depth; k += LANES) {
        VECTOR b[DOT_TILE];
        UNROLL
        for (int c = 0; c < n_cols; c++) {
            b[c] = *(const VECTOR *)(B + c * B_row + k);
            VECTOR_AT_HAND(b[c]);
        }
        UNROLL
        for (int r = 0; r < n_rows; r++) {
            const VECTOR a = *(const VECTOR *)(A + r * A_row + k);
            UNROLL
            for (int c = 0; c < n_cols; c++) acc[c][r] += a * b[c];
        }
    }
    UNROLL
    for (int c = 0; c < n_cols; c++) {
        REAL sums[DOT_TILE];
        OF(lane_sums)(n_rows, acc[c], sums);
        UNROLL
        for (int r = 0; r < n_rows; r++) C[r * C_row + c] = sums[r];
    }
    if (k < depth) OF(add_rest)(n_rows, n_cols, k, depth, A, A_row, B, B_row, C, C_row);
}

typedef void (*OF(dots_function))(ptrdiff_t depth, const REAL *A, ptrdiff_t A_row, const REAL *B,
                                  ptrdiff_t B_row, REAL *C, ptrdiff_t C_row);

#define DEFINE_DOTS(n_rows, n_cols)                                                                \
    static void OF(dots_##n_rows##_##n_cols)(ptrdiff_t depth, const REAL *A, ptrdiff_t A_row,      \
                                             const REAL *B, ptrdiff_t B_row, REAL *C,              \
                                             ptrdiff_t C_row)                                      \
    {                                                                                              \
        OF(dots)(n_rows, n_cols, depth, A, A_row, B, B_row, C, C_row);                             \
    }
#define DEFINE_DOTS_ROW(n_rows)                                                                    \
    DEFINE_DOTS(n_rows, 1) DEFINE_DOTS(n_rows, 2) DEFINE_DOTS(n_rows, 3) DEFINE_DOTS(n_rows, 4)
DEFINE_DOTS_ROW(1) DEFINE_DOTS_ROW(2) DEFINE_DOTS_ROW(3) DEFINE_DOTS_ROW(4)
#define DOTS_ROW(n_rows)                                                                           \
    {OF(dots_##n_rows##_1), OF(dots_##n_rows##_2), OF(dots_##n_rows##_3), OF(dots_##n_rows##_4)}
static const OF(dots_function) OF(dots_of)[DOT_TILE][DOT_TILE] = {
    DOTS_ROW(1), DOTS_ROW(2), DOTS_ROW(3), DOTS_ROW(4)};
#undef DEFINE_DOTS
#undef DEFINE_DOTS_ROW
#undef DOTS_ROW

/* C (n_rows x n_cols) = A (n_rows x depth) B (n_cols x depth)^T as dot products: small C. */
static void OF(dot_table)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth, const REAL *A,
                          ptrdiff_t A_row, const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row)
{
    for (ptrdiff_t r = 0; r < n_rows; r += DOT_TILE) {
        const ptrdiff_t rows = n_rows - r < DOT_TILE ? n_rows - r : DOT_TILE;
        for (ptrdiff_t c = 0; c < n_cols; c += DOT_TILE) {
            const ptrdiff_t cols = n_cols - c < DOT_TILE ? n_cols - c : DOT_TILE;
            OF(dots_of)[rows - 1][cols - 1](depth, A + r * A_row, A_row, B + c * B_row, B_row,
                                            C + r * C_row + c, C_row);
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
    OF(transpose)(n_cols, depth, B, B_row, scratch, scratch_row, scratch_row);
    const Finish plain = {0};
    OF(product)(n_rows, n_cols, depth, A, A_row, 1, scratch, scratch_row, C, C_row, plain);
}

/* Sums of rows, each in two vectors of partial sums; four rows at a time. */
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

/* Whether no number is infinite or NaN: 0 times such a one is NaN, and that stays in a sum. */
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
