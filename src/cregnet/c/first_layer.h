/* The first layer of a network with two inputs and a narrow second layer. Part of matmul.h, included once per dtype.
 *
 * A. Both passes run over the units of the layer. What belongs to the inputs and to the next layer stays in registers:
 *    sums over the units forward, sums over the examples backward.
 * B. Forward, a unit's activations are added to Z of the next layer as soon as they are computed.
 * C. Backward, dZ of two units at a time is used for dW, db and dW of the next layer while it is in
 *    registers, and is stored nowhere.
 * D. Each sum has the order that tile, dot_table and row_sums give it, so the results have the same bits.
 */

/* A vector of equal numbers. */
ALWAYS_INLINE VECTOR OF(broadcast)(REAL x)
{
    const VECTOR zero = {0};
    return zero + x;
}

/* A = relu(W X + b) and Z_next = W_next A + b_next for n_vectors vectors of examples. n_next and n_vectors are
 * constants at every call, so that all loops over them unroll. Arrays of activations have rows of length `row`. */
ALWAYS_INLINE void OF(first_forward_columns)(const int n_next, const int n_vectors, ptrdiff_t n_units,
                                             const REAL *X, const REAL *W, const REAL *b, REAL *A,
                                             const REAL *W_next, const REAL *b_next, int relu_next, REAL *Z_next,
                                             ptrdiff_t row)
{
    VECTOR x[FIRST_INPUTS][FIRST_VECTORS], z[FIRST_NEXT][FIRST_VECTORS];
    UNROLL
    for (int k = 0; k < FIRST_INPUTS; k++)
        UNROLL
        for (int v = 0; v < n_vectors; v++) x[k][v] = *(const VECTOR *)(X + k * row + v * LANES);
    UNROLL
    for (int k = 0; k < n_next; k++)
        UNROLL
        for (int v = 0; v < n_vectors; v++) z[k][v] = OF(broadcast)(b_next[k]);
    for (ptrdiff_t r = 0; r < n_units; r++) {
        VECTOR a[FIRST_VECTORS];
        UNROLL
        for (int v = 0; v < n_vectors; v++) a[v] = OF(broadcast)(b[r]);
        UNROLL
        for (int k = 0; k < FIRST_INPUTS; k++) {
            const REAL w = W[r * FIRST_INPUTS + k];
            UNROLL
            for (int v = 0; v < n_vectors; v++) a[v] += w * x[k][v];
        }
        UNROLL
        for (int v = 0; v < n_vectors; v++) {
            a[v] = OF(not_negative)(a[v]);
            *(VECTOR *)(A + r * row + v * LANES) = a[v];
        }
        UNROLL
        for (int k = 0; k < n_next; k++) {
            const REAL w = W_next[k * n_units + r];
            UNROLL
            for (int v = 0; v < n_vectors; v++) z[k][v] += w * a[v];
        }
    }
    UNROLL
    for (int k = 0; k < n_next; k++)
        UNROLL
        for (int v = 0; v < n_vectors; v++)
            *(VECTOR *)(Z_next + k * row + v * LANES) = relu_next ? OF(not_negative)(z[k][v]) : z[k][v];
}

/* One vector of examples of two units: dZ, and what it adds to the sums dW, dW_next and db, in this order. */
ALWAYS_INLINE void OF(first_backward_step)(const int n_next, const REAL *X, const REAL *A,
                                           const REAL *dZ_next, ptrdiff_t row, VECTOR w[FIRST_UNITS][FIRST_NEXT],
                                           VECTOR sums[FIRST_UNITS][FIRST_SUMS], VECTOR db[FIRST_UNITS])
{
    VECTOR d[FIRST_NEXT], x[FIRST_INPUTS];
    UNROLL
    for (int k = 0; k < n_next; k++) d[k] = *(const VECTOR *)(dZ_next + k * row);
    UNROLL
    for (int k = 0; k < FIRST_INPUTS; k++) x[k] = *(const VECTOR *)(X + k * row);
    UNROLL
    for (int i = 0; i < FIRST_UNITS; i++) {
        const VECTOR a = *(const VECTOR *)(A + i * row);
        VECTOR dZ = {0};
        UNROLL
        for (int k = 0; k < n_next; k++) dZ += w[i][k] * d[k];
        dZ = OF(where_positive)(a, dZ);
        UNROLL
        for (int k = 0; k < FIRST_INPUTS; k++) sums[i][k] += dZ * x[k];
        UNROLL
        for (int k = 0; k < n_next; k++) sums[i][FIRST_INPUTS + k] += a * d[k];
        db[i] += dZ;
    }
}

/* dW and db of two units, and their columns of dW_next, from dZ_next. n_next is a constant at every call. */
ALWAYS_INLINE void OF(first_backward_units)(const int n_next, ptrdiff_t n_units, const REAL *X,
                                            const REAL *A, const REAL *W_next, const REAL *dZ_next, REAL *dW,
                                            REAL *db, REAL *dW_next, ptrdiff_t row)
{
    const int n_sums = FIRST_INPUTS + n_next + 1;
    VECTOR w[FIRST_UNITS][FIRST_NEXT], sums[FIRST_UNITS][FIRST_SUMS], even[FIRST_UNITS], odd[FIRST_UNITS];
    const VECTOR zero = {0};
    UNROLL
    for (int i = 0; i < FIRST_UNITS; i++) {
        UNROLL
        for (int k = 0; k < n_sums - 1; k++) sums[i][k] = zero;
        even[i] = odd[i] = zero;
        UNROLL
        for (int k = 0; k < n_next; k++) w[i][k] = OF(broadcast)(W_next[k * n_units + i]);
    }
    for (ptrdiff_t j = 0; j < row; j += LANES) {
        OF(first_backward_step)(n_next, X + j, A + j, dZ_next + j, row, w, sums, even);
        UNROLL
        for (int i = 0; i < FIRST_UNITS; i++) {     /* the next vector is added to the other sum */
            const VECTOR exchanged = even[i];
            even[i] = odd[i];
            odd[i] = exchanged;
        }
    }
    UNROLL
    for (int i = 0; i < FIRST_UNITS; i++) {
        REAL total[FIRST_SUMS + 3];
        sums[i][n_sums - 1] = even[i] + odd[i];
        UNROLL
        for (int k = 0; k < n_sums; k += 4) OF(lane_sums)(n_sums - k < 4 ? n_sums - k : 4, sums[i] + k, total + k);
        UNROLL
        for (int k = 0; k < FIRST_INPUTS; k++) dW[i * FIRST_INPUTS + k] = total[k];
        UNROLL
        for (int k = 0; k < n_next; k++) dW_next[k * n_units + i] = total[FIRST_INPUTS + k];
        db[i] = total[n_sums - 1];
    }
}

/* All examples forward. The last vectors are computed twice if they are fewer than FIRST_VECTORS. */
ALWAYS_INLINE void OF(first_forward_to)(const int n_next, ptrdiff_t n_units, const REAL *X, const REAL *W,
                                        const REAL *b, REAL *A, const REAL *W_next, const REAL *b_next,
                                        int relu_next, REAL *Z_next, ptrdiff_t row)
{
    const ptrdiff_t width = FIRST_VECTORS * LANES;
    if (row < width) {
        for (ptrdiff_t j = 0; j < row; j += LANES)
            OF(first_forward_columns)(n_next, 1, n_units, X + j, W, b, A + j, W_next, b_next, relu_next,
                                      Z_next + j, row);
        return;
    }
    for (ptrdiff_t i = 0; i < row; i += width) {
        const ptrdiff_t j = i + width <= row ? i : row - width;
        OF(first_forward_columns)(n_next, FIRST_VECTORS, n_units, X + j, W, b, A + j, W_next, b_next, relu_next,
                                  Z_next + j, row);
    }
}

/* All units backward. The last one is computed twice if their number is odd. */
ALWAYS_INLINE void OF(first_backward_from)(const int n_next, ptrdiff_t n_units, const REAL *X, const REAL *A,
                                           const REAL *W_next, const REAL *dZ_next, REAL *dW, REAL *db, REAL *dW_next,
                                           ptrdiff_t row)
{
    for (ptrdiff_t i = 0; i < n_units; i += FIRST_UNITS) {
        const ptrdiff_t u = i + FIRST_UNITS <= n_units ? i : n_units - FIRST_UNITS;
        OF(first_backward_units)(n_next, n_units, X, A + u * row, W_next + u, dZ_next, dW + u * FIRST_INPUTS, db + u,
                                 dW_next + u, row);
    }
}

/* Calls with n_next as a constant, from 1 to FIRST_NEXT. */
#define FIRST_CASES(function, ...)                      \
    switch (n_next) {                                   \
    case 1: OF(function)(1, __VA_ARGS__); break;        \
    case 2: OF(function)(2, __VA_ARGS__); break;        \
    case 3: OF(function)(3, __VA_ARGS__); break;        \
    case 4: OF(function)(4, __VA_ARGS__); break;        \
    default: OF(function)(5, __VA_ARGS__);              \
    }

static void OF(first_forward)(ptrdiff_t n_units, ptrdiff_t n_next, const REAL *X, const REAL *W, const REAL *b, REAL *A,
                              const REAL *W_next, const REAL *b_next, int relu_next, REAL *Z_next, ptrdiff_t row)
{
    FIRST_CASES(first_forward_to, n_units, X, W, b, A, W_next, b_next, relu_next, Z_next, row)
}

static void OF(first_backward)(ptrdiff_t n_units, ptrdiff_t n_next, const REAL *X, const REAL *A, const REAL *W_next,
                               const REAL *dZ_next, REAL *dW, REAL *db, REAL *dW_next, ptrdiff_t row)
{
    FIRST_CASES(first_backward_from, n_units, X, A, W_next, dZ_next, dW, db, dW_next, row)
}
#undef FIRST_CASES
