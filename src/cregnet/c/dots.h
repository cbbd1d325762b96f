/* Products with a small result, as a table of dot products: C = A B^T, vectorised along the inner index.
 * Part of matmul.h, included once per dtype.
 */
/* C[r][c] += the last terms of its sum, those from k on, which do not fill a vector. */
static void OF(add_rest)(int n_rows, int n_cols, ptrdiff_t k, ptrdiff_t depth, const REAL *A, ptrdiff_t A_row,
                         const REAL *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row)
{
    for (int r = 0; r < n_rows; r++)
        for (int c = 0; c < n_cols; c++)
            for (ptrdiff_t t = k; t < depth; t++) C[r * C_row + c] += A[r * A_row + t] * B[c * B_row + t];
}

/* C[r][c] = sum_k A[r][k] B[c][k] for at most DOT_TILE x DOT_TILE results. n_rows and n_cols are
 * constants at every call, so that all loops over them unroll. */
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
            KEEP_VECTOR_IN_REGISTER(b[c]);
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

/* C (n_rows x n_cols) = A (n_rows x depth) B (n_cols x depth)^T by dot products, for a small C. */
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
