/* Philox4x32-10: random words as a function of (key, counter), without state.
 *
 * Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011), section 4.3.
 * Draws can be computed in any order and by any thread, and the NumPy twin computes the same ones.
 *
 * Dropout: the four words of the counter are (example j, unit / 4, step, purpose and layer), and
 * word w of the result is the draw of unit 4 * (unit / 4) + w. Vectors run along the examples, so the
 * masks of four units are stored as four contiguous rows, and a small batch wastes no draws.
 */
#ifndef CREGNET_PHILOX_H
#define CREGNET_PHILOX_H

#include "vector.h"

#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u

#ifdef __clang__
#  define UNROLL_ROUNDS _Pragma("clang loop unroll(full)")
#  define RESTRICT __restrict__
#elif defined(__GNUC__)
#  define UNROLL_ROUNDS _Pragma("GCC unroll 10")
#  define RESTRICT __restrict__
#else
#  define UNROLL_ROUNDS
#  define RESTRICT __restrict
#endif

/* The four words are scalars: with an array the compiler does not vectorise a loop over this function. */
static inline void philox_round(uint32_t *w0, uint32_t *w1, uint32_t *w2, uint32_t *w3,
                                uint32_t k0, uint32_t k1)
{
    const uint64_t p0 = (uint64_t)*w0 * PHILOX_M0, p1 = (uint64_t)*w2 * PHILOX_M1;
    *w0 = (uint32_t)(p1 >> 32) ^ *w1 ^ k0;
    *w1 = (uint32_t)p1;
    *w2 = (uint32_t)(p0 >> 32) ^ *w3 ^ k1;
    *w3 = (uint32_t)p0;
}

static inline void philox4x32_10(uint32_t *w0, uint32_t *w1, uint32_t *w2, uint32_t *w3,
                                 uint32_t k0, uint32_t k1)
{
    uint32_t x0 = *w0, x1 = *w1, x2 = *w2, x3 = *w3;
    UNROLL_ROUNDS
    for (int round = 0; round < 10; round++) {
        philox_round(&x0, &x1, &x2, &x3, k0, k1);
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    *w0 = x0;
    *w1 = x1;
    *w2 = x2;
    *w3 = x3;
}

/* The words of n counters (first + j, c1, c2, c3), j < n: word w of counter j goes to
 * words[w * row + j]. Writes up to the next multiple of PHILOX_COUNTERS in each row. */
#if defined(CREGNET_VECTORS) && defined(__SSE2__)
/* A 64-bit lane holds one word in its lower half. Its upper half is ignored, because the 32 x 32 -> 64 bit
 * multiplication reads the lower halves only. The lower word of a product is therefore the product itself,
 * and a round takes six instructions per vector. Even and odd counters are in separate vectors; interleaved
 * they give a vector of 32-bit words. Four vectors pass through the rounds together, which hides the latency
 * of the multiplications. */
#include <immintrin.h>

typedef uint64_t philox_lanes __attribute__((vector_size(VECTOR_BYTES)));
enum { PHILOX_LANES = VECTOR_BYTES / 8, PHILOX_VECTORS = 4, PHILOX_COUNTERS = PHILOX_VECTORS * PHILOX_LANES };

ALWAYS_INLINE philox_lanes philox_product(philox_lanes a, philox_lanes b)
{
#if defined(__AVX512F__)
    return (philox_lanes)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (philox_lanes)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#else
    return (philox_lanes)_mm_mul_epu32((__m128i)a, (__m128i)b);
#endif
}

ALWAYS_INLINE void philox_store(uint32_t *words, philox_lanes even, philox_lanes odd)
{
    const philox_lanes both = (even & 0xffffffffu) | (odd << 32);
    memcpy(words, &both, sizeof both);
}

static void philox_word_rows(uint32_t *RESTRICT words, ptrdiff_t row, ptrdiff_t first, ptrdiff_t n,
                             uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1)
{
    const philox_lanes zero = {0}, m0 = zero + PHILOX_M0, m1 = zero + PHILOX_M1;
    philox_lanes even = zero;
    for (int lane = 0; lane < PHILOX_LANES; lane++) even[lane] = 2 * (uint64_t)lane;
    for (ptrdiff_t j = 0; j < n; j += PHILOX_COUNTERS) {
        philox_lanes x0[PHILOX_VECTORS], x1[PHILOX_VECTORS], x2[PHILOX_VECTORS], x3[PHILOX_VECTORS];
        UNROLL
        for (int v = 0; v < PHILOX_VECTORS; v++) {
            x0[v] = even + (uint64_t)(first + j + v / 2 * (2 * PHILOX_LANES) + v % 2);
            x1[v] = zero + c1;
            x2[v] = zero + c2;
            x3[v] = zero + c3;
        }
        uint32_t a = k0, b = k1;
        UNROLL
        for (int round = 0; round < 10; round++) {
            UNROLL
            for (int v = 0; v < PHILOX_VECTORS; v++) {
                const philox_lanes p0 = philox_product(x0[v], m0), p1 = philox_product(x2[v], m1);
                x0[v] = (p1 >> 32) ^ x1[v] ^ (zero + a);
                x1[v] = p1;
                x2[v] = (p0 >> 32) ^ x3[v] ^ (zero + b);
                x3[v] = p0;
            }
            a += PHILOX_W0;
            b += PHILOX_W1;
        }
        UNROLL
        for (int v = 0; v < PHILOX_VECTORS; v += 2) {
            uint32_t *to = words + j + v * PHILOX_LANES;
            philox_store(to, x0[v], x0[v + 1]);
            philox_store(to + row, x1[v], x1[v + 1]);
            philox_store(to + 2 * row, x2[v], x2[v + 1]);
            philox_store(to + 3 * row, x3[v], x3[v + 1]);
        }
    }
}
#else
/* Two counters, n / 2 apart, pass through the rounds together, which hides the latency. */
enum { PHILOX_COUNTERS = 2 };

static void philox_word_rows(uint32_t *RESTRICT words, ptrdiff_t row, ptrdiff_t first, ptrdiff_t n,
                             uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1)
{
    const ptrdiff_t half = (n + 1) / 2;
    uint32_t *RESTRICT low = words, *RESTRICT high = words + half;
#pragma omp simd
    for (ptrdiff_t j = 0; j < half; j++) {
        uint32_t x0 = (uint32_t)(first + j), x1 = c1, x2 = c2, x3 = c3;
        uint32_t y0 = (uint32_t)(first + half + j), y1 = c1, y2 = c2, y3 = c3;
        uint32_t a = k0, b = k1;
        UNROLL_ROUNDS
        for (int round = 0; round < 10; round++) {
            philox_round(&x0, &x1, &x2, &x3, a, b);
            philox_round(&y0, &y1, &y2, &y3, a, b);
            a += PHILOX_W0;
            b += PHILOX_W1;
        }
        low[j] = x0;
        low[row + j] = x1;
        low[2 * row + j] = x2;
        low[3 * row + j] = x3;
        high[j] = y0;
        high[row + j] = y1;
        high[2 * row + j] = y2;
        high[3 * row + j] = y3;
    }
}
#endif

/* D[j] = 1 if words[j] is below the threshold, else 0. */
static void philox_below(unsigned char *RESTRICT D, const uint32_t *RESTRICT words, ptrdiff_t n, uint32_t threshold)
{
#pragma omp simd
    for (ptrdiff_t j = 0; j < n; j++)
        D[j] = words[j] < threshold;
}

/* Masks of n_units <= 4 units for examples first to first + n - 1: 1 where the word is below the threshold. */
static void philox_mask_rows(unsigned char *D, ptrdiff_t D_row, int n_units, ptrdiff_t first, ptrdiff_t n,
                             uint32_t threshold, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1)
{
    enum { BLOCK = 256 };                /* a multiple of PHILOX_COUNTERS */
    uint32_t words[4 * BLOCK];
    if (D_row == n && n <= BLOCK && n % PHILOX_COUNTERS == 0) {        /* the rows have no gaps: treat them as one */
        philox_word_rows(words, n, first, n, c1, c2, c3, k0, k1);
        philox_below(D, words, n_units * n, threshold);
        return;
    }
    for (ptrdiff_t start = 0; start < n; start += BLOCK) {
        const ptrdiff_t size = n - start < BLOCK ? n - start : BLOCK;
        philox_word_rows(words, BLOCK, first + start, size, c1, c2, c3, k0, k1);
        for (int unit = 0; unit < n_units; unit++)
            philox_below(D + unit * D_row + start, words + unit * BLOCK, size, threshold);
    }
}

#endif
