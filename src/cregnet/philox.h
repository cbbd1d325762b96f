/* Philox4x32-10: a random number as a function of (key, counter), with no state.
 *
 * Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011), section 4.3.
 * A draw can be made in any order and by any thread, and the NumPy twin makes the same ones.
 *
 * Dropout: the four words of the counter are (example j, unit / 4, step, purpose and layer), and
 * word w of the result belongs to unit 4 * (unit / 4) + w. Examples run along the vector, so the
 * masks of four units are stored as four contiguous rows, and no draw is wasted on small batches.
 */
#ifndef CREGNET_PHILOX_H
#define CREGNET_PHILOX_H

#include <stddef.h>
#include <stdint.h>

#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u

#if defined(__GNUC__) || defined(__clang__)
#  define UNROLL_ROUNDS _Pragma("GCC unroll 10")
#  define RESTRICT __restrict__
#else
#  define UNROLL_ROUNDS
#  define RESTRICT __restrict
#endif

/* The words stay in scalars: an array would keep a loop over this from being vectorised. */
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

/* Masks of up to four units for examples first..first+n-1: 1 where the word is below the threshold.
 * Rows past n_units are not written. */
static void philox_mask_rows(unsigned char *RESTRICT D, ptrdiff_t D_row, int n_units,
                             ptrdiff_t first, ptrdiff_t n, uint32_t threshold,
                             uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1)
{
    enum { BLOCK = 256 };
    unsigned char spare[BLOCK];
    for (ptrdiff_t start = 0; start < n; start += BLOCK) {
        const ptrdiff_t size = n - start < BLOCK ? n - start : BLOCK;
        unsigned char *RESTRICT D0 = D + start;
        unsigned char *RESTRICT D1 = n_units > 1 ? D0 + D_row : spare;
        unsigned char *RESTRICT D2 = n_units > 2 ? D0 + 2 * D_row : spare;
        unsigned char *RESTRICT D3 = n_units > 3 ? D0 + 3 * D_row : spare;
#pragma omp simd
        for (ptrdiff_t j = 0; j < size; j++) {
            uint32_t w0 = (uint32_t)(first + start + j), w1 = c1, w2 = c2, w3 = c3;
            philox4x32_10(&w0, &w1, &w2, &w3, k0, k1);
            D0[j] = w0 < threshold;
            D1[j] = w1 < threshold;
            D2[j] = w2 < threshold;
            D3[j] = w3 < threshold;
        }
    }
}

/* The words of n counters (first + j, c1, c2, c3), j < n, n even: word w of counter j goes to
 * words[w * row + j]. Two counters, half of n apart, go through the rounds together: one alone leaves
 * the processor waiting for its products. */
static void philox_word_rows(uint32_t *RESTRICT words, ptrdiff_t row, ptrdiff_t first, ptrdiff_t n,
                             uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1)
{
    const ptrdiff_t half = n / 2;
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
