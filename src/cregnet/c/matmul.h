/* The matrix products of a dense layer, for float and double from one text.
 *
 * A. A dense layer has three products. All of them run on one register tile:
 *        Z  = W A + b        forward            (broadcast W, load rows of A)
 *        dA = W^T dZ         backward, inputs   (the same with W's strides exchanged)
 *        dW = dZ A^T         backward, weights  (A is transposed once into a scratch buffer)
 *    Columns are examples and each row is contiguous, so the first two need no packing.
 * B. The tile keeps TILE_ROWS x 2 vectors of the result in registers (or half the rows x 4) during the
 *    inner sum. It is written with GNU vector types because GCC does not keep a plain loop's
 *    accumulators in registers. Rows are split evenly (20 rows are 10 + 10, not 12 + 8).
 * C. Every element of the result is one chain of multiply-adds in the order of the inner index,
 *    whichever tile computes it. The tiling therefore never changes a bit.
 * D. dW of a small layer is computed as a table of dot products over the examples instead. This needs no
 *    transpose, and vectors along the examples are full even if the layer has few units.
 *
 * This file includes itself once per dtype; the #else branch below is the text for one dtype. dots.h and
 * sums.h belong to that text: they have no include guard, because each dtype includes them again.
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
#define TILE_DEPTH 256          /* block of the inner sum, and vectors of columns per block of columns: ... */
#define TILE_COLUMNS 16         /* ... 256 KB of B stay in L2 while each tile's rows of A, in L1, pass over them */
#define DOT_TILE 4              /* dot products are computed 4 x 4 at a time */
#define DOT_LIMIT 1024          /* dot products for dW of at most this many weights ... */
#define DOT_DEPTH 4             /* ... with at least this many examples per row of dW */

/* Epilogue of a product C = A B: operations on a tile of C while it is still in registers. */
typedef struct {
    const void *bias;       /* one number per row, added; or NULL */
    int relu;               /* negative results become 0 */
    const void *mask;       /* an array like C, or NULL: the result is 0 where the mask is not above 0, ... */
    ptrdiff_t mask_row;     /* ... and multiplied by scale elsewhere: relu and dropout, backward. */
    double scale;           /* C itself may be the mask if the inner sum is one block. */
    int accumulate;         /* add to C: for every block of an inner sum but the first */
} Epilogue;

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

/* n rounded up to a multiple of the vector length: the padded length of a row of n columns. */
static inline ptrdiff_t OF(padded)(ptrdiff_t n)
{
    const ptrdiff_t unit = PADDING_OF(REAL);
    return (n + unit - 1) / unit * unit;
}

/* relu, and x where the mask is positive, by bit masks: a NaN in x stays, a NaN in the mask gives 0. */
#ifdef CREGNET_VECTORS
ALWAYS_INLINE VECTOR OF(not_negative)(VECTOR x)
{
    const VECTOR zero = {0};
    return (VECTOR)((INTEGERS)x & ~(INTEGERS)(x < zero));
}
ALWAYS_INLINE VECTOR OF(where_positive)(VECTOR mask, VECTOR x)
{
    const VECTOR zero = {0};
    return (VECTOR)((INTEGERS)x & (INTEGERS)(mask > zero));
}
#else
ALWAYS_INLINE VECTOR OF(not_negative)(VECTOR x) { return x < 0 ? 0 : x; }
ALWAYS_INLINE VECTOR OF(where_positive)(VECTOR mask, VECTOR x) { return mask > 0 ? x : 0; }
#endif

/* C (n_rows x n_vectors vectors) = A B over `depth`, with the epilogue; this tile begins at `row` and
 * `column` of the whole product. n_rows and n_vectors are constants at every call, so that all
 * loops over them unroll. */
ALWAYS_INLINE void OF(tile)(const int n_rows, const int n_vectors, ptrdiff_t depth,
                            const REAL *A, ptrdiff_t A_row, ptrdiff_t A_col,
                            const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row,
                            const Epilogue *epilogue, ptrdiff_t row, ptrdiff_t column)
{
    VECTOR acc[TILE_ROWS][TILE_VECTORS];
    const REAL *bias = epilogue->bias ? (const REAL *)epilogue->bias + row : NULL;
    UNROLL
    for (int i = 0; i < n_rows; i++)
        UNROLL
        for (int v = 0; v < n_vectors; v++) {
            VECTOR zero = {0};
            if (epilogue->accumulate)
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
    if (epilogue->relu)
        UNROLL
        for (int i = 0; i < n_rows; i++)
            UNROLL
            for (int v = 0; v < n_vectors; v++) acc[i][v] = OF(not_negative)(acc[i][v]);
    if (epilogue->mask) {
        const REAL *mask = (const REAL *)epilogue->mask + row * epilogue->mask_row + column;
        const REAL scale = (REAL)epilogue->scale;
        const ptrdiff_t mask_row = epilogue->mask_row;
        UNROLL
        for (int i = 0; i < n_rows; i++) {
            UNROLL
            for (int v = 0; v < n_vectors; v++)
                acc[i][v] = OF(where_positive)(*(const VECTOR *)(mask + v * LANES), acc[i][v] * scale);
            mask += mask_row;
            KEEP_IN_REGISTER(mask);
        }
    }
    UNROLL
    for (int i = 0; i < n_rows; i++) {
        UNROLL
        for (int v = 0; v < n_vectors; v++) *(VECTOR *)(C + v * LANES) = acc[i][v];
        C += C_row;
        KEEP_IN_REGISTER(C);
    }
}

/* n_tiles adjacent tiles of one block of rows. */
typedef void (*OF(tile_function))(ptrdiff_t n_tiles, ptrdiff_t depth, const REAL *A, ptrdiff_t A_row,
                                  ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                                  ptrdiff_t C_row, const Epilogue *epilogue, ptrdiff_t row,
                                  ptrdiff_t column);

#define DEFINE_TILE(n_rows, n_vectors)                                                             \
    static void OF(tile_##n_rows##_##n_vectors)(                                                   \
        ptrdiff_t n_tiles, ptrdiff_t depth, const REAL *A, ptrdiff_t A_row, ptrdiff_t A_col,       \
        const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row, const Epilogue *epilogue,            \
        ptrdiff_t row, ptrdiff_t column)                                                           \
    {                                                                                              \
        for (ptrdiff_t t = 0; t < n_tiles; t++) {                                                  \
            const ptrdiff_t j = t * n_vectors * LANES;                                             \
            OF(tile)(n_rows, n_vectors, depth, A, A_row, A_col, B + j, B_row, C + j, C_row,        \
                     epilogue, row, column + j);                                                     \
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
/* By the number of rows, then by the width: one, two or four vectors. */
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

/* n_vectors full vectors of columns of C, starting at `column`. The outer loop runs over the tile's rows of
 * A, so that they are read once and stay in L1. For W^T these rows are strided, and each
 * element of one may be on another page of W. */
static void OF(columns)(ptrdiff_t n_rows, ptrdiff_t n_vectors, ptrdiff_t depth, const REAL *A,
                        ptrdiff_t A_row, ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                        ptrdiff_t C_row, const Epilogue *epilogue, ptrdiff_t column)
{
    ptrdiff_t i = 0;
    for (ptrdiff_t left = (n_rows + TILE_ROWS - 1) / TILE_ROWS; left > 0; left--) {
        const ptrdiff_t rows = (n_rows - i + left - 1) / left;
        const OF(tile_function) *tile = OF(tiles)[rows - 1];
        ptrdiff_t left_vectors = n_vectors, j = column;
        /* A tile of few rows is made wider: otherwise it has too few accumulators to keep the adders busy. */
        for (int wide = tile[2] ? 2 : 1; wide >= 0; wide--) {
            const ptrdiff_t width = (ptrdiff_t)1 << wide, n_tiles = left_vectors / width;
            if (n_tiles > 0)
                tile[wide](n_tiles, depth, A + i * A_row, A_row, A_col, B + j, B_row, C + i * C_row + j, C_row,
                           epilogue, i, j);
            j += n_tiles * width * LANES;
            left_vectors -= n_tiles * width;
        }
        i += rows;
    }
}

/* The last columns of a product, fewer than a vector. B is copied into a zero-padded block, and so are C
 * and the mask, so that nothing outside the matrices is read or written. */
static void OF(edge)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth, const REAL *A,
                     ptrdiff_t A_row, ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                     ptrdiff_t C_row, const Epilogue *epilogue, ptrdiff_t column)
{
    REAL block[TILE_DEPTH * LANES], result[TILE_ROWS * LANES], mask[TILE_ROWS * LANES];
    const size_t used = (size_t)n_cols * sizeof(REAL);
    Epilogue edge_epilogue = *epilogue;
    memset(block, 0, (size_t)depth * LANES * sizeof(REAL));
    memset(result, 0, sizeof result);
    memset(mask, 0, sizeof mask);
    for (ptrdiff_t k = 0; k < depth; k++) memcpy(block + k * LANES, B + k * B_row + column, used);
    for (ptrdiff_t i = 0; i < n_rows; i += TILE_ROWS) {
        const ptrdiff_t rows = n_rows - i < TILE_ROWS ? n_rows - i : TILE_ROWS;
        REAL *C_i = C + i * C_row + column;
        if (epilogue->accumulate)
            for (ptrdiff_t r = 0; r < rows; r++) memcpy(result + r * LANES, C_i + r * C_row, used);
        if (epilogue->mask) {
            const REAL *source = (const REAL *)epilogue->mask + i * epilogue->mask_row + column;
            for (ptrdiff_t r = 0; r < rows; r++) memcpy(mask + r * LANES, source + r * epilogue->mask_row, used);
            edge_epilogue.mask = mask;
            edge_epilogue.mask_row = LANES;
        }
        if (epilogue->bias) edge_epilogue.bias = (const REAL *)epilogue->bias + i;
        OF(tiles)[rows - 1][0](1, depth, A + i * A_row, A_row, A_col, block, LANES, result, LANES,
                               &edge_epilogue, 0, 0);
        for (ptrdiff_t r = 0; r < rows; r++) memcpy(C_i + r * C_row, result + r * LANES, used);
    }
}

/* C (n_rows x n_cols) = A (n_rows x depth) B (depth x n_cols), with the epilogue.
 * A has any strides; rows of B and C are contiguous. */
static void OF(product)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth, const REAL *A,
                        ptrdiff_t A_row, ptrdiff_t A_col, const REAL *B, ptrdiff_t B_row, REAL *C,
                        ptrdiff_t C_row, Epilogue epilogue)
{
    const ptrdiff_t full = n_cols / LANES * LANES;
    ptrdiff_t k = 0;
    do {                        /* at least once: with an empty inner sum C is still the bias or 0 */
        const ptrdiff_t block = depth - k < TILE_DEPTH ? depth - k : TILE_DEPTH;
        const REAL *A_block = A + k * A_col, *B_block = B + k * B_row;
        Epilogue now = epilogue;
        if (k > 0) {
            now.bias = NULL;
            now.accumulate = 1;
        }
        if (k + block < depth) {
            now.mask = NULL;
            now.relu = 0;
        }
        for (ptrdiff_t j = 0; j < full; j += TILE_COLUMNS * LANES) {
            const ptrdiff_t vectors = (full - j) / LANES;
            OF(columns)(n_rows, vectors < TILE_COLUMNS ? vectors : TILE_COLUMNS, block, A_block, A_row, A_col,
                        B_block, B_row, C, C_row, &now, j);
        }
        if (full < n_cols)
            OF(edge)(n_rows, n_cols - full, block, A_block, A_row, A_col, B_block, B_row, C, C_row, &now,
                     full);
        k += block;
    } while (k < depth);
}

#include "dots.h"

/* Size of the scratch buffer that product_transposed needs, in elements. */
static ptrdiff_t OF(scratch_size)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth)
{
    return OF(use_dots)(n_rows, n_cols, depth) ? 0 : depth * OF(padded)(n_cols);
}

/* C (n_rows x n_cols) = A (n_rows x depth) B (n_cols x depth)^T; the rows of all three are contiguous. */
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
    const Epilogue plain = {0};
    OF(product)(n_rows, n_cols, depth, A, A_row, 1, scratch, scratch_row, C, C_row, plain);
}

#include "sums.h"

#undef LANES
#endif
