# The C functions that Cython cannot express, as fused functions for both dtypes. Only this file branches on
# the dtype; the compiler resolves these branches.

cdef extern from "matmul.h" nogil:
    enum: PRODUCT_DEPTH "TILE_DEPTH"     # the result is written only once if the inner sum is at most this long
    ctypedef struct Epilogue:
        const void* bias
        bint relu
        const void* mask
        Py_ssize_t mask_row
        double scale
    void product_f32(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t, Py_ssize_t,
                     const float*, Py_ssize_t, float*, Py_ssize_t, Epilogue)
    void product_f64(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t, Py_ssize_t,
                     const double*, Py_ssize_t, double*, Py_ssize_t, Epilogue)
    void product_transposed_f32(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t,
                                const float*, Py_ssize_t, float*, Py_ssize_t, float*)
    void product_transposed_f64(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t,
                                const double*, Py_ssize_t, double*, Py_ssize_t, double*)
    Py_ssize_t scratch_size_f32(Py_ssize_t, Py_ssize_t, Py_ssize_t)
    Py_ssize_t scratch_size_f64(Py_ssize_t, Py_ssize_t, Py_ssize_t)
    Py_ssize_t padded_f32(Py_ssize_t)
    Py_ssize_t padded_f64(Py_ssize_t)
    void dot_table_f32(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t, const float*,
                       Py_ssize_t, float*, Py_ssize_t)
    void dot_table_f64(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t, const double*,
                       Py_ssize_t, double*, Py_ssize_t)
    bint use_dots_f32(Py_ssize_t, Py_ssize_t, Py_ssize_t)
    enum:
        FIRST_INPUTS
        FIRST_NEXT
        FIRST_UNITS
        FIRST_MOST_UNITS
    void first_forward_f32(Py_ssize_t, Py_ssize_t, const float*, const float*, const float*, float*,
                           const float*, const float*, bint, float*, Py_ssize_t)
    void first_forward_f64(Py_ssize_t, Py_ssize_t, const double*, const double*, const double*, double*,
                           const double*, const double*, bint, double*, Py_ssize_t)
    void first_backward_f32(Py_ssize_t, Py_ssize_t, const float*, const float*, const float*, const float*,
                            float*, float*, float*, Py_ssize_t)
    void first_backward_f64(Py_ssize_t, Py_ssize_t, const double*, const double*, const double*,
                            const double*, double*, double*, double*, Py_ssize_t)
    void row_sums_f32(Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t, float*)
    void row_sums_f64(Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t, double*)
    bint all_finite_f32(const float*, Py_ssize_t)
    bint all_finite_f64(const double*, Py_ssize_t)
    double sum_f32(const float*, Py_ssize_t)
    double sum_f64(const double*, Py_ssize_t)

cdef extern from "transpose.h" nogil:
    void transpose_f32(Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t, float*, Py_ssize_t, Py_ssize_t)
    void transpose_f64(Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t, double*, Py_ssize_t, Py_ssize_t)

    void transpose_u32(Py_ssize_t, Py_ssize_t, const uint32_t*, Py_ssize_t, uint32_t*, Py_ssize_t, Py_ssize_t)

cdef extern from "bfloat16.h" nogil:
    ctypedef uint32_t bfloat16_pair
    void round_to_bfloat16_f32(Py_ssize_t, const float*, float*)
    void round_to_bfloat16_f64(Py_ssize_t, const double*, double*)
    void pack_rows(Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t, bfloat16_pair*, Py_ssize_t)
    void pack_two_rows(Py_ssize_t, const float*, const float*, bfloat16_pair*)
    void pack_row_pairs(Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t, bfloat16_pair*, Py_ssize_t)
    void pack_both_ways(Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t, bfloat16_pair*, Py_ssize_t, bfloat16_pair*,
                        Py_ssize_t)
    void product_pairs(Py_ssize_t, Py_ssize_t, Py_ssize_t, const bfloat16_pair*, Py_ssize_t, Py_ssize_t,
                       const bfloat16_pair*, Py_ssize_t, float*, Py_ssize_t, Epilogue, bint)

cdef extern from "special.h" nogil:
    float expm1_negative_f32(float)
    double expm1_negative_f64(double)
    float normal_distribution_f32(float)
    double normal_distribution_f64(double)

cdef extern from "vecmath.h" nogil:
    float exp_f32(float)
    double exp_f64(double)
    float log_f32(float)
    double log_f64(double)
    float log1p_unit_f32(float)
    double log1p_unit_f64(double)
    float sigmoid_f32(float)
    double sigmoid_f64(double)
    float tanh_f32(float)
    double tanh_f64(double)
    float normal_radius_f32(uint32_t)
    double normal_radius_f64(uint32_t)
    void direction_f32(uint32_t, float*, float*)
    void direction_f64(uint32_t, double*, double*)

cdef extern from "team.h" nogil:
    void team_barrier(Team* team)
    void team_request_stop(Team* team)
    bint team_stop_agreed(Team* team)
    Py_ssize_t team_take(Team* team)
    void team_finish(Team* team)
    void team_wait_done(Team* team, Py_ssize_t n)

cdef extern from "pool.h" nogil:
    int pool_acquire(int size)
    int pool_spinning()
    void pool_run(void (*function)(void*, int) noexcept nogil, void* argument, int size)


cdef inline void product_with(Py_ssize_t n_rows, Py_ssize_t n_cols, Py_ssize_t depth,
                              const real* A, Py_ssize_t A_row, Py_ssize_t A_col,
                              const real* B, Py_ssize_t B_row,
                              real* C, Py_ssize_t C_row, Epilogue epilogue) noexcept nogil:
    # C (n_rows, n_cols) = A (n_rows, depth) B (depth, n_cols), with the epilogue
    if real is float:
        product_f32(n_rows, n_cols, depth, A, A_row, A_col, B, B_row, C, C_row, epilogue)
    else:
        product_f64(n_rows, n_cols, depth, A, A_row, A_col, B, B_row, C, C_row, epilogue)


cdef inline void product(Py_ssize_t n_rows, Py_ssize_t n_cols, Py_ssize_t depth,
                         const real* A, Py_ssize_t A_row, Py_ssize_t A_col,
                         const real* B, Py_ssize_t B_row,
                         real* C, Py_ssize_t C_row, const real* bias) noexcept nogil:
    # C = A B, plus the bias of each row unless `bias` is NULL
    cdef Epilogue epilogue
    memset(&epilogue, 0, sizeof(Epilogue))
    epilogue.bias = bias
    product_with(n_rows, n_cols, depth, A, A_row, A_col, B, B_row, C, C_row, epilogue)


cdef inline void product_transposed(Py_ssize_t n_rows, Py_ssize_t n_cols, Py_ssize_t depth,
                                    const real* A, Py_ssize_t A_row,
                                    const real* B, Py_ssize_t B_row,
                                    real* C, Py_ssize_t C_row, real* scratch) noexcept nogil:
    # C (n_rows, n_cols) = A (n_rows, depth) B (n_cols, depth)^T
    if real is float:
        product_transposed_f32(n_rows, n_cols, depth, A, A_row, B, B_row, C, C_row, scratch)
    else:
        product_transposed_f64(n_rows, n_cols, depth, A, A_row, B, B_row, C, C_row, scratch)


cdef inline Py_ssize_t scratch_size(Py_ssize_t n_rows, Py_ssize_t n_cols, Py_ssize_t depth,
                                    size_t number_size) noexcept nogil:
    # numbers of scratch that product_transposed needs
    if number_size == sizeof(float):
        return scratch_size_f32(n_rows, n_cols, depth)
    return scratch_size_f64(n_rows, n_cols, depth)


cdef inline void dot_table(Py_ssize_t n_rows, Py_ssize_t n_cols, Py_ssize_t depth, const real* A,
                           Py_ssize_t A_row, const real* B, Py_ssize_t B_row, real* C,
                           Py_ssize_t C_row) noexcept nogil:
    # the same as product_transposed, by dot products: faster for a small C
    if real is float:
        dot_table_f32(n_rows, n_cols, depth, A, A_row, B, B_row, C, C_row)
    else:
        dot_table_f64(n_rows, n_cols, depth, A, A_row, B, B_row, C, C_row)


cdef inline void first_forward(Py_ssize_t n_units, Py_ssize_t n_next, const real* X, const real* W,
                               const real* b, real* A, const real* W_next, const real* b_next, bint relu_next,
                               real* Z_next, Py_ssize_t row) noexcept nogil:
    # A = relu(W X + b), Z_next = W_next A + b_next
    if real is float:
        first_forward_f32(n_units, n_next, X, W, b, A, W_next, b_next, relu_next, Z_next, row)
    else:
        first_forward_f64(n_units, n_next, X, W, b, A, W_next, b_next, relu_next, Z_next, row)


cdef inline void first_backward(Py_ssize_t n_units, Py_ssize_t n_next, const real* X, const real* A,
                                const real* W_next, const real* dZ_next, real* dW, real* db, real* dW_next,
                                Py_ssize_t row) noexcept nogil:
    # dW, db and dW_next, with dZ computed from dZ_next
    if real is float:
        first_backward_f32(n_units, n_next, X, A, W_next, dZ_next, dW, db, dW_next, row)
    else:
        first_backward_f64(n_units, n_next, X, A, W_next, dZ_next, dW, db, dW_next, row)


cdef inline void transpose(Py_ssize_t n_rows, Py_ssize_t n_cols, const real* source,
                           Py_ssize_t source_row, real* out, Py_ssize_t out_row,
                           Py_ssize_t out_width) noexcept nogil:
    # out (n_cols, out_width) = source^T, rows out_row apart; columns n_rows and above are set to 0
    if real is float:
        transpose_f32(n_rows, n_cols, source, source_row, out, out_row, out_width)
    else:
        transpose_f64(n_rows, n_cols, source, source_row, out, out_row, out_width)


cdef inline Py_ssize_t lanes_of(size_t size) noexcept nogil:
    # how many numbers of this size a vector has; rows are padded to a multiple of it
    return padded_f32(1) if size == sizeof(float) else padded_f64(1)


cdef inline Py_ssize_t padded(Py_ssize_t n, Py_ssize_t lanes) noexcept nogil:
    return (n + lanes - 1) // lanes * lanes


cdef inline void row_sums(Py_ssize_t n_rows, Py_ssize_t n_cols, const real* A, Py_ssize_t A_row,
                          real* out) noexcept nogil:
    if real is float:
        row_sums_f32(n_rows, n_cols, A, A_row, out)
    else:
        row_sums_f64(n_rows, n_cols, A, A_row, out)


cdef inline bint all_finite(const real* x, Py_ssize_t n) noexcept nogil:
    if real is float:
        return all_finite_f32(x, n)
    else:
        return all_finite_f64(x, n)


cdef inline double sum_of(const real* x, Py_ssize_t n) noexcept nogil:
    if real is float:
        return sum_f32(x, n)
    else:
        return sum_f64(x, n)


cdef inline real exp_(real x) noexcept nogil:
    if real is float:
        return exp_f32(x)
    else:
        return exp_f64(x)


cdef inline real log_(real x) noexcept nogil:
    if real is float:
        return log_f32(x)
    else:
        return log_f64(x)


cdef inline real log1p_unit(real x) noexcept nogil:
    if real is float:
        return log1p_unit_f32(x)
    else:
        return log1p_unit_f64(x)


cdef inline real sigmoid_(real x) noexcept nogil:
    if real is float:
        return sigmoid_f32(x)
    else:
        return sigmoid_f64(x)


cdef inline real tanh_(real x) noexcept nogil:
    if real is float:
        return tanh_f32(x)
    else:
        return tanh_f64(x)


cdef inline real expm1_negative(real x) noexcept nogil:
    # exp(x) - 1 for x <= 0
    if real is float:
        return expm1_negative_f32(x)
    else:
        return expm1_negative_f64(x)


cdef inline real normal_distribution(real x) noexcept nogil:
    if real is float:
        return normal_distribution_f32(x)
    else:
        return normal_distribution_f64(x)


cdef inline void normal_radius(uint32_t word, real* radius) noexcept nogil:
    if real is float:
        radius[0] = normal_radius_f32(word)
    else:
        radius[0] = normal_radius_f64(word)


cdef inline void direction(uint32_t word, real* cosine, real* sine) noexcept nogil:
    if real is float:
        direction_f32(word, cosine, sine)
    else:
        direction_f64(word, cosine, sine)


cdef inline double sum_parts(double* part) noexcept nogil:
    cdef Py_ssize_t p
    for p in range(8):
        part[p] += part[p + 8]
    for p in range(4):
        part[p] += part[p + 4]
    return (part[0] + part[2]) + (part[1] + part[3])


cdef inline double dot_of(const real* x, const real* y, Py_ssize_t n) noexcept nogil:
    # Sum of x y in double by sixteen interleaved partial sums. The order of the additions is fixed, so the
    # result is too.
    cdef Py_ssize_t i, p, n_full = n - n % 16
    cdef double part[16]
    for p in range(16):
        part[p] = 0
    for i in range(0, n_full, 16):
        for p in range(16):
            part[p] += <double>x[i + p] * <double>y[i + p]
    for i in range(n_full, n):
        part[i - n_full] += <double>x[i] * <double>y[i]
    return sum_parts(&part[0])


cdef inline double spread_of(const real* x, Py_ssize_t n, double center) noexcept nogil:
    # sum of (x - center)^2, in the same order
    cdef Py_ssize_t i, p, n_full = n - n % 16
    cdef double part[16]
    for p in range(16):
        part[p] = 0
    for i in range(0, n_full, 16):
        for p in range(16):
            part[p] += (x[i + p] - center) * (x[i + p] - center)
    for i in range(n_full, n):
        part[i - n_full] += (x[i] - center) * (x[i] - center)
    return sum_parts(&part[0])


cdef inline double unit_roundoff(size_t size) noexcept nogil:
    # half the distance from 1 to the next larger number of this size
    return 5.9604644775390625e-08 if size == sizeof(float) else 1.1102230246251565e-16


cdef inline double round_down(double x, size_t size) noexcept nogil:
    # the largest number of this size that is at most x, for x > 0
    cdef float rounded = <float>x
    if size == sizeof(float):
        return nextafterf(rounded, 0) if rounded > x else rounded
    return x


cdef enum:
    BLOCK = 256          # examples or elements processed at a time


cdef inline Py_ssize_t n_blocks(Py_ssize_t n) noexcept nogil:
    return (n + BLOCK - 1) // BLOCK
