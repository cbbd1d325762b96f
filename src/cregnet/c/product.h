/* The product C = A B on register tiles, for one kind of operands. Part of matmul.h and bfloat16.h, which define
 *
 *     REAL, VECTOR, LANES, OF()   numbers and vectors of C, and the names of their functions
 *     PRODUCT()                   the names of the functions defined here
 *     OPERAND                     an element of A and B: a REAL, or a pair of neighbours along the inner index,
 *                                 which is as wide as one. `depth` counts elements.
 *     FACTOR, FACTORS             an element of A and a vector of B as they are multiplied
 *     LOAD_FACTOR, LOAD_FACTORS, MULTIPLY_ADD
 *
 * All but those of the first line are undefined at the end.
 */
/* C (n_rows x n_vectors vectors) = A B over `depth`, with the epilogue; this tile begins at `row` and
 * `column` of the whole product. n_rows and n_vectors are constants at every call, so that all
 * loops over them unroll. */
ALWAYS_INLINE void PRODUCT(tile)(const int n_rows, const int n_vectors, ptrdiff_t depth,
                            const OPERAND *A, ptrdiff_t A_row, ptrdiff_t A_col,
                            const OPERAND *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row,
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
        FACTORS b[TILE_VECTORS];
        UNROLL
        for (int v = 0; v < n_vectors; v++) b[v] = LOAD_FACTORS(B + k * B_row + v * LANES);
        UNROLL
        for (int i = 0; i < n_rows; i++) {
            const FACTOR a = LOAD_FACTOR(A + i * A_row + k * A_col);
            UNROLL
            for (int v = 0; v < n_vectors; v++) acc[i][v] = MULTIPLY_ADD(acc[i][v], a, b[v]);
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
typedef void (*PRODUCT(tile_function))(ptrdiff_t n_tiles, ptrdiff_t depth, const OPERAND *A, ptrdiff_t A_row,
                                  ptrdiff_t A_col, const OPERAND *B, ptrdiff_t B_row, REAL *C,
                                  ptrdiff_t C_row, const Epilogue *epilogue, ptrdiff_t row,
                                  ptrdiff_t column);

#define DEFINE_TILE(n_rows, n_vectors)                                                             \
    static void PRODUCT(tile_##n_rows##_##n_vectors)(                                                   \
        ptrdiff_t n_tiles, ptrdiff_t depth, const OPERAND *A, ptrdiff_t A_row, ptrdiff_t A_col,       \
        const OPERAND *B, ptrdiff_t B_row, REAL *C, ptrdiff_t C_row, const Epilogue *epilogue,            \
        ptrdiff_t row, ptrdiff_t column)                                                           \
    {                                                                                              \
        for (ptrdiff_t t = 0; t < n_tiles; t++) {                                                  \
            const ptrdiff_t j = t * n_vectors * LANES;                                             \
            PRODUCT(tile)(n_rows, n_vectors, depth, A, A_row, A_col, B + j, B_row, C + j, C_row,        \
                     epilogue, row, column + j);                                                     \
        }                                                                                          \
    }
#define DEFINE_TILES(n_rows) DEFINE_TILE(n_rows, 1) DEFINE_TILE(n_rows, 2)
#define DEFINE_WIDE_TILES(n_rows) DEFINE_TILES(n_rows) DEFINE_TILE(n_rows, 4)
#define TILES(n_rows) {PRODUCT(tile_##n_rows##_1), PRODUCT(tile_##n_rows##_2), NULL}
#define WIDE_TILES(n_rows) {PRODUCT(tile_##n_rows##_1), PRODUCT(tile_##n_rows##_2), PRODUCT(tile_##n_rows##_4)}

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
static const PRODUCT(tile_function) PRODUCT(tiles)[TILE_ROWS][3] = {
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
static void PRODUCT(columns)(ptrdiff_t n_rows, ptrdiff_t n_vectors, ptrdiff_t depth, const OPERAND *A,
                        ptrdiff_t A_row, ptrdiff_t A_col, const OPERAND *B, ptrdiff_t B_row, REAL *C,
                        ptrdiff_t C_row, const Epilogue *epilogue, ptrdiff_t column)
{
    ptrdiff_t i = 0;
    for (ptrdiff_t left = (n_rows + TILE_ROWS - 1) / TILE_ROWS; left > 0; left--) {
        const ptrdiff_t rows = (n_rows - i + left - 1) / left;
        const PRODUCT(tile_function) *tile = PRODUCT(tiles)[rows - 1];
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
static void PRODUCT(edge)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth, const OPERAND *A,
                     ptrdiff_t A_row, ptrdiff_t A_col, const OPERAND *B, ptrdiff_t B_row, REAL *C,
                     ptrdiff_t C_row, const Epilogue *epilogue, ptrdiff_t column)
{
    OPERAND block[TILE_DEPTH * LANES];
    REAL result[TILE_ROWS * LANES], mask[TILE_ROWS * LANES];
    const size_t used = (size_t)n_cols * sizeof(REAL);
    Epilogue edge_epilogue = *epilogue;
    memset(block, 0, (size_t)depth * LANES * sizeof(OPERAND));
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
        PRODUCT(tiles)[rows - 1][0](1, depth, A + i * A_row, A_row, A_col, block, LANES, result, LANES,
                               &edge_epilogue, 0, 0);
        for (ptrdiff_t r = 0; r < rows; r++) memcpy(C_i + r * C_row, result + r * LANES, used);
    }
}

/* C (n_rows x n_cols) = A (n_rows x depth) B (depth x n_cols), with the epilogue.
 * A has any strides; rows of B and C are contiguous. */
static void PRODUCT(product)(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t depth, const OPERAND *A,
                        ptrdiff_t A_row, ptrdiff_t A_col, const OPERAND *B, ptrdiff_t B_row, REAL *C,
                        ptrdiff_t C_row, Epilogue epilogue)
{
    const ptrdiff_t full = n_cols / LANES * LANES;
    /* With few columns B is small, and rows of A are read once: in long streams, which processors fetch ahead. */
    const ptrdiff_t most = full == n_cols && n_cols <= 2 * LANES ? depth : TILE_DEPTH;
    ptrdiff_t k = 0;
    do {                        /* at least once: with an empty inner sum C is still the bias or 0 */
        const ptrdiff_t block = depth - k < most ? depth - k : most;
        const OPERAND *A_block = A + k * A_col, *B_block = B + k * B_row;
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
            PRODUCT(columns)(n_rows, vectors < TILE_COLUMNS ? vectors : TILE_COLUMNS, block, A_block, A_row, A_col,
                        B_block, B_row, C, C_row, &now, j);
        }
        if (full < n_cols)
            PRODUCT(edge)(n_rows, n_cols - full, block, A_block, A_row, A_col, B_block, B_row, C, C_row, &now,
                     full);
        k += block;
    } while (k < depth);
}

#undef PRODUCT
#undef OPERAND
#undef FACTOR
#undef FACTORS
#undef LOAD_FACTOR
#undef LOAD_FACTORS
#undef MULTIPLY_ADD
