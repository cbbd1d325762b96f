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
 * matmul_of.h is the text for one dtype, with product.h, dots.h and sums.h. These files have no include guard,
 * because each dtype includes them again.
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

/* For the loops of first_layer.h: inputs of the network, most units of its first and second layer, and what the loops
 * take at a time: units backward, vectors of examples forward. */
enum { FIRST_INPUTS = 2, FIRST_MOST_UNITS = 200, FIRST_NEXT = 5, FIRST_UNITS = 2 };
enum { FIRST_SUMS = FIRST_INPUTS + FIRST_NEXT + 1 };
#if TILE_ROWS == 12
enum { FIRST_VECTORS = 4 };
#else
enum { FIRST_VECTORS = 2 };
#endif

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
#include "matmul_of.h"
#undef REAL
#undef VECTOR
#undef INTEGERS
#undef OF
#define REAL double
#define VECTOR vector_f64
#define INTEGERS integers_f64
#define OF(name) name##_f64
#include "matmul_of.h"
#undef REAL
#undef VECTOR
#undef INTEGERS
#undef OF

#endif
