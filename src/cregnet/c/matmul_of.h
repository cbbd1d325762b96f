/* The products of one dtype: part of matmul.h, included once per dtype. */
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

#define PRODUCT OF
#define OPERAND REAL
#define FACTOR REAL
#define FACTORS VECTOR
#define LOAD_FACTOR(a) (*(a))
#define LOAD_FACTORS(b) (*(const VECTOR *)(b))
#define MULTIPLY_ADD(sum, a, b) ((sum) + (a) * (b))
#include "product.h"

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
#include "first_layer.h"

#undef LANES
