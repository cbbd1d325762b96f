/* Products of bfloat16 operands with sums in float32, and the rounding of their operands.
 *
 * A. A bfloat16 is the upper half of a float32: 8 bits of exponent, 8 of precision (Kalamkar et al. 2019). Floats
 *    are rounded to nearest, ties to even. A NaN stays one and becomes quiet; subnormals are kept.
 * B. Operands are pairs of neighbours along the inner index of the product, the first of them in the lower half.
 *    A pair is as wide as a float, so the register tiles are those of product.h, with half the depth. A pair of a
 *    product with an odd inner index has a 0.
 * C. Each matrix is packed in the two ways in which a dense layer multiplies it: pairs along its rows (pack_rows)
 *    and pairs of its rows (pack_row_pairs).
 *        Z  = W A        W in pairs along rows    A in pairs of rows
 *        dA = W^T dZ     W in pairs of rows       dZ in pairs of rows
 *        dW = dZ A^T     dZ in pairs along rows   A in pairs along rows, transposed as whole pairs
 * D. Processors with AVX512_BF16 multiply and add a pair by one instruction. It takes subnormal factors for 0 and
 *    gives 0 for a subnormal sum. The others expand each pair into two floats; they differ in the rounding of
 *    the sums and keep subnormals.
 */
#ifndef CREGNET_BFLOAT16_H
#define CREGNET_BFLOAT16_H

#include "matmul.h"

typedef uint32_t bfloat16_pair;

/* The nearest bfloat16, in the upper half of the result. The lower half has no meaning. */
static inline uint32_t upper_bfloat16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1), quiet = bits | 0x00400000;
    return (bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded;
}

static inline bfloat16_pair pair_of(float first, float second)
{
    return upper_bfloat16(first) >> 16 | (upper_bfloat16(second) & 0xffff0000);
}

static inline float nearest_bfloat16(float x)
{
    const uint32_t bits = upper_bfloat16(x) & 0xffff0000;
    float nearest;
    memcpy(&nearest, &bits, sizeof bits);
    return nearest;
}

/* The float next to x that lies towards 0, with an odd last bit, unless x is a float: rounding it again gives the same
 * as rounding x (Boldo & Melquiond 2008, "Emulation of FMA and correctly rounded sums: proved algorithms using
 * rounding to odd"). */
static inline float float_rounded_to_odd(double x)
{
    const float nearest = (float)x;
    uint32_t bits;
    if (nearest == x || x != x) return nearest;
    memcpy(&bits, &nearest, sizeof bits);
    if ((nearest > x) == (x > 0)) bits -= 1;
    bits |= 1;
    float odd;
    memcpy(&odd, &bits, sizeof bits);
    return odd;
}

static void round_to_bfloat16_f32(ptrdiff_t n, const float *x, float *out)
{
    for (ptrdiff_t k = 0; k < n; k++) out[k] = nearest_bfloat16(x[k]);
}

static void round_to_bfloat16_f64(ptrdiff_t n, const double *x, double *out)
{
    for (ptrdiff_t k = 0; k < n; k++) out[k] = nearest_bfloat16(float_rounded_to_odd(x[k]));
}

/* A pair in memory is two halves, the first of them first. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#  error "pairs of bfloat16 are packed for little-endian processors"
#endif
#ifdef CREGNET_VECTORS
typedef uint16_t bfloat16_half __attribute__((may_alias));
#else
typedef uint16_t bfloat16_half;
#endif

/* out[i][p] = (x[i][2 p], x[i][2 p + 1]), with a 0 for a missing last column */
static void pack_rows(ptrdiff_t n_rows, ptrdiff_t n_cols, const float *x, ptrdiff_t x_row, bfloat16_pair *out,
                      ptrdiff_t out_row)
{
    for (ptrdiff_t i = 0; i < n_rows; i++) {
        const float *x_i = x + i * x_row;
        bfloat16_half *restrict halves = (bfloat16_half *)(out + i * out_row);
        for (ptrdiff_t j = 0; j < n_cols; j++) halves[j] = (bfloat16_half)(upper_bfloat16(x_i[j]) >> 16);
        if (n_cols % 2) halves[n_cols] = 0;
    }
}

/* out[j] = (first[j], second[j]); `second` may be NULL, which stands for zeros */
static void pack_two_rows(ptrdiff_t n, const float *first, const float *second, bfloat16_pair *out)
{
    if (second != NULL)
        for (ptrdiff_t j = 0; j < n; j++) out[j] = pair_of(first[j], second[j]);
    else
        for (ptrdiff_t j = 0; j < n; j++) out[j] = pair_of(first[j], 0);
}

/* out[p][j] = (x[2 p][j], x[2 p + 1][j]), with zeros for a missing last row */
static void pack_row_pairs(ptrdiff_t n_rows, ptrdiff_t n_cols, const float *x, ptrdiff_t x_row, bfloat16_pair *out,
                           ptrdiff_t out_row)
{
    for (ptrdiff_t i = 0; i < n_rows; i += 2)
        pack_two_rows(n_cols, x + i * x_row, i + 1 < n_rows ? x + (i + 1) * x_row : NULL, out + i / 2 * out_row);
}

/* pack_rows and pack_row_pairs at once: each number is rounded once. */
static void pack_both_ways(ptrdiff_t n_rows, ptrdiff_t n_cols, const float *x, ptrdiff_t x_row, bfloat16_pair *rows,
                           ptrdiff_t rows_row, bfloat16_pair *row_pairs, ptrdiff_t row_pairs_row)
{
    for (ptrdiff_t i = 0; i + 1 < n_rows; i += 2) {
        const float *first = x + i * x_row, *second = first + x_row;
        bfloat16_half *restrict first_halves = (bfloat16_half *)(rows + i * rows_row);
        bfloat16_half *restrict second_halves = (bfloat16_half *)(rows + (i + 1) * rows_row);
        bfloat16_pair *restrict pairs = row_pairs + i / 2 * row_pairs_row;
        for (ptrdiff_t j = 0; j < n_cols; j++) {
            const uint32_t upper = upper_bfloat16(first[j]) >> 16, other = upper_bfloat16(second[j]);
            first_halves[j] = (bfloat16_half)upper;
            second_halves[j] = (bfloat16_half)(other >> 16);
            pairs[j] = upper | (other & 0xffff0000);
        }
        if (n_cols % 2) first_halves[n_cols] = second_halves[n_cols] = 0;
    }
    if (n_rows % 2) {
        const ptrdiff_t i = n_rows - 1;
        pack_rows(1, n_cols, x + i * x_row, x_row, rows + i * rows_row, rows_row);
        pack_two_rows(n_cols, x + i * x_row, NULL, row_pairs + i / 2 * row_pairs_row);
    }
}

#define REAL float
#define VECTOR vector_f32
#define LANES LANES_OF(float)
#define OF(name) name##_f32

/* ---------------------------------------------------------------------------- pairs expanded into floats */

typedef struct { float first, second; } expanded;
typedef struct { vector_f32 first, second; } expanded_vectors;
#ifdef CREGNET_VECTORS
typedef uint32_t pairs_vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(uint32_t)), may_alias));
#else
typedef uint32_t pairs_vector;
#endif

ALWAYS_INLINE expanded expand(bfloat16_pair pair)
{
    const uint32_t first = pair << 16, second = pair & 0xffff0000;
    expanded of;
    memcpy(&of.first, &first, sizeof first);
    memcpy(&of.second, &second, sizeof second);
    return of;
}

ALWAYS_INLINE expanded_vectors expand_vector(const bfloat16_pair *pairs)
{
    const pairs_vector x = *(const pairs_vector *)pairs, first = x << 16, second = x & 0xffff0000;
    expanded_vectors of;
    memcpy(&of.first, &first, sizeof first);
    memcpy(&of.second, &second, sizeof second);
    return of;
}

#define PRODUCT(name) name##_bf16
#define OPERAND bfloat16_pair
#define FACTOR expanded
#define FACTORS expanded_vectors
#define LOAD_FACTOR(a) expand(*(a))
#define LOAD_FACTORS(b) expand_vector(b)
#define MULTIPLY_ADD(sum, a, b) ((sum) + (a).second * (b).second + (a).first * (b).first)
#include "product.h"

/* ---------------------------------------------------------------------------- with AVX512_BF16 */

#if defined(CREGNET_VECTORS) && defined(__AVX512F__)
#define CREGNET_BFLOAT16_INSTRUCTIONS

/* Assembly, because this build may not use the instruction elsewhere, and because GCC 12 keeps the sums of
 * _mm512_dpbf16_ps in memory, which halves the speed. */
ALWAYS_INLINE vector_f32 add_pair_products(vector_f32 sum, pairs_vector a, pairs_vector b)
{
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
}

ALWAYS_INLINE pairs_vector repeat_pair(bfloat16_pair pair)
{
    const pairs_vector zero = {0};
    return zero + pair;
}

#define PRODUCT(name) name##_avx512bf16
#define OPERAND bfloat16_pair
#define FACTOR pairs_vector
#define FACTORS pairs_vector
#define LOAD_FACTOR(a) repeat_pair(*(a))
#define LOAD_FACTORS(b) (*(const pairs_vector *)(b))
#define MULTIPLY_ADD(sum, a, b) add_pair_products(sum, a, b)
#include "product.h"
#endif

#undef REAL
#undef VECTOR
#undef LANES
#undef OF

/* C = A B. `instructions`: use those of AVX512_BF16, which this processor has. */
static void product_pairs(ptrdiff_t n_rows, ptrdiff_t n_cols, ptrdiff_t n_pairs, const bfloat16_pair *A,
                          ptrdiff_t A_row, ptrdiff_t A_col, const bfloat16_pair *B, ptrdiff_t B_row, float *C,
                          ptrdiff_t C_row, Epilogue epilogue, int instructions)
{
#ifdef CREGNET_BFLOAT16_INSTRUCTIONS
    if (instructions) {
        product_avx512bf16(n_rows, n_cols, n_pairs, A, A_row, A_col, B, B_row, C, C_row, epilogue);
        return;
    }
#else
    (void)instructions;
#endif
    product_bf16(n_rows, n_cols, n_pairs, A, A_row, A_col, B, B_row, C, C_row, epilogue);
}
#endif
