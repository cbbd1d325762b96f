/* See initialize.h. The loops run over counters; each stores the four elements of a counter side by side. */
#include "initialize.h"
#include "philox.h"
#include "vecmath.h"

enum { COUNTERS = DRAWS_AT_ONCE / 4 };  /* a multiple of PHILOX_COUNTERS */

/* Elements of COUNTERS counters from their words; word w of counter j is words[COUNTERS * w + j]. */
typedef void draw_function(void *elements, const uint32_t *words, double scale);

static void draw_weights(draw_function *draw, void *W, size_t size, ptrdiff_t first, ptrdiff_t n,
                         double scale, uint64_t seed, uint32_t stream)
{
    uint32_t words[DRAWS_AT_ONCE];
    double rest[DRAWS_AT_ONCE];          /* room for elements of either type */
    for (ptrdiff_t start = 0; start < n; start += DRAWS_AT_ONCE) {
        const uint64_t counter = (uint64_t)(first + start) / 4;
        char *elements = (char *)W + (size_t)start * size;
        philox_word_rows(words, COUNTERS, (ptrdiff_t)counter, COUNTERS, (uint32_t)(counter >> 32), 0, stream,
                         (uint32_t)seed, (uint32_t)(seed >> 32));
        if (n - start >= DRAWS_AT_ONCE) {
            draw(elements, words, scale);
        } else {
            draw(rest, words, scale);
            memcpy(elements, rest, (size_t)(n - start) * size);
        }
    }
}

static void normal_draws_f32(void *elements, const uint32_t *words, double scale)
{
    float *RESTRICT out = elements;
    const uint32_t *RESTRICT w = words;
    const float deviation = (float)scale;
#pragma omp simd
    for (ptrdiff_t j = 0; j < COUNTERS; j++) {
        const float radius0 = deviation * normal_radius_f32(w[j]);
        const float radius1 = deviation * normal_radius_f32(w[2 * COUNTERS + j]);
        float cosine0, sine0, cosine1, sine1;
        direction_f32(w[COUNTERS + j], &cosine0, &sine0);
        direction_f32(w[3 * COUNTERS + j], &cosine1, &sine1);
        out[4 * j] = radius0 * cosine0;
        out[4 * j + 1] = radius0 * sine0;
        out[4 * j + 2] = radius1 * cosine1;
        out[4 * j + 3] = radius1 * sine1;
    }
}

static void normal_draws_f64(void *elements, const uint32_t *words, double scale)
{
    double *RESTRICT out = elements;
    const uint32_t *RESTRICT w = words;
#pragma omp simd
    for (ptrdiff_t j = 0; j < COUNTERS; j++) {
        const double radius0 = scale * normal_radius_f64(w[j]);
        const double radius1 = scale * normal_radius_f64(w[2 * COUNTERS + j]);
        double cosine0, sine0, cosine1, sine1;
        direction_f64(w[COUNTERS + j], &cosine0, &sine0);
        direction_f64(w[3 * COUNTERS + j], &cosine1, &sine1);
        out[4 * j] = radius0 * cosine0;
        out[4 * j + 1] = radius0 * sine0;
        out[4 * j + 2] = radius1 * cosine1;
        out[4 * j + 3] = radius1 * sine1;
    }
}

/* (2 k + 1) / 2^24 - 1 for the 24 high bits k of a word, or with all 32 bits in double: the middles of equal
 * parts of (-1, 1), which are exact in the dtype. The product with the limit is rounded once. */
static void uniform_draws_f32(void *elements, const uint32_t *words, double scale)
{
    float *RESTRICT out = elements;
    const uint32_t *RESTRICT w = words;
    const float limit = (float)scale;
#pragma omp simd
    for (ptrdiff_t j = 0; j < COUNTERS; j++)
        for (int i = 0; i < 4; i++)
            out[4 * j + i] = limit * ((float)((int32_t)(w[COUNTERS * i + j] >> 8 << 1 | 1) - (1 << 24)) * 0x1p-24f);
}

static void uniform_draws_f64(void *elements, const uint32_t *words, double scale)
{
    double *RESTRICT out = elements;
    const uint32_t *RESTRICT w = words;
#pragma omp simd
    for (ptrdiff_t j = 0; j < COUNTERS; j++)
        for (int i = 0; i < 4; i++)
            out[4 * j + i] = scale * ((double)(int32_t)(w[COUNTERS * i + j] ^ 0x80000000u) * 0x1p-31 + 0x1p-32);
}

void normal_weights_f32(float *W, ptrdiff_t first, ptrdiff_t n, double scale, uint64_t seed, uint32_t stream)
{
    draw_weights(normal_draws_f32, W, sizeof *W, first, n, scale, seed, stream);
}

void normal_weights_f64(double *W, ptrdiff_t first, ptrdiff_t n, double scale, uint64_t seed, uint32_t stream)
{
    draw_weights(normal_draws_f64, W, sizeof *W, first, n, scale, seed, stream);
}

void uniform_weights_f32(float *W, ptrdiff_t first, ptrdiff_t n, double limit, uint64_t seed, uint32_t stream)
{
    draw_weights(uniform_draws_f32, W, sizeof *W, first, n, limit, seed, stream);
}

void uniform_weights_f64(double *W, ptrdiff_t first, ptrdiff_t n, double limit, uint64_t seed, uint32_t stream)
{
    draw_weights(uniform_draws_f64, W, sizeof *W, first, n, limit, seed, stream);
}
