/* exp, log, sigmoid, tanh and the two parts of a normal draw. They have no branches, so that a plain loop over
 * them vectorises.
 *
 * A. exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln(2)/2. The polynomial is the Taylor series,
 *    long enough that its remainder is below half an ulp (degree 7 and 13).
 * B. n is read from the low bits of x / ln 2 + 1.5 * 2^(mantissa bits), because AVX2 has no conversion
 *    to 64-bit integers. ln 2 is split into two parts so that n * ln2_high is exact.
 * C. 2^n is applied as two factors, so that subnormal results are correct.
 * D. log(m) = 2 atanh((m - 1) / (m + 1)) with m in [sqrt(1/2), sqrt(2)); the odd series in
 *    s = (m - 1) / (m + 1) needs no fitted constants. log1p on [0, 1] is the same series with
 *    s = x / (2 + x), |s| <= 1/3, and so has no cancellation.
 * E. tanh(|x|) = expm1(2|x|) / (expm1(2|x|) + 2): relative accuracy down to the smallest x.
 * F. Box and Muller (1958) compute two normal numbers from two uniform ones: a radius sqrt(-2 log u) and a
 *    direction. Each is computed from a 32-bit word, whose range is reduced in integers, which is exact.
 *    u is an odd number over 2^31; so is 1 - u, and log u is therefore accurate near 1 too. The angle is
 *    a multiple of a quarter turn plus at most an eighth to either side, for which the Taylor series end
 *    at degrees 9 and 10 (float) and 17 and 16 (double).
 *
 * A NaN gives a NaN, an infinity the limit. Errors in ulp are measured in
 * tests/kernels/test_vecmath.py.
 */
#ifndef CREGNET_VECMATH_H
#define CREGNET_VECMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline int32_t bits_f32(float x) { int32_t i; memcpy(&i, &x, sizeof i); return i; }
static inline int64_t bits_f64(double x) { int64_t i; memcpy(&i, &x, sizeof i); return i; }
static inline float from_bits_f32(int32_t i) { float x; memcpy(&x, &i, sizeof x); return x; }
static inline double from_bits_f64(int64_t i) { double x; memcpy(&x, &i, sizeof x); return x; }

#define MAGIC_F32 12582912.0f            /* 1.5 * 2^23 */
#define MAGIC_F64 6755399441055744.0     /* 1.5 * 2^52 */
#define LOG2_E 1.4426950408889634074
#define RADIANS_PER_WORD 1.46291807926715968105e-9  /* pi / 2^31 */
#define LN2_HIGH_F32 0.693145751953125f  /* 15 bits of ln 2 */
#define LN2_LOW_F32 1.42860682030941723212e-6f
#define LN2_HIGH_F64 0.693147180369123816490   /* 33 bits of ln 2 */
#define LN2_LOW_F64 1.90821492927058770002e-10

/* exp(r) - 1 for |r| <= ln(2)/2 */
static inline float expm1_series_f32(float r)
{
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    return p * r * r + r;
}

static inline double expm1_series_f64(double r)
{
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    return p * r * r + r;
}

static inline float exp_f32(float x)
{
    x = x < -105.0f ? -105.0f : x;       /* below: 0 */
    x = x > 89.0f ? 89.0f : x;           /* above: infinity */
    const float shifted = x * (float)LOG2_E + MAGIC_F32;
    const float n = shifted - MAGIC_F32;
    const int32_t exponent = bits_f32(shifted) - 0x4b400000, half = exponent >> 1;
    const float p = 1.0f + expm1_series_f32((x - n * LN2_HIGH_F32) - n * LN2_LOW_F32);
    return p * from_bits_f32((int32_t)((uint32_t)(half + 127) << 23))
             * from_bits_f32((int32_t)((uint32_t)(exponent - half + 127) << 23));
}

static inline double exp_f64(double x)
{
    x = x < -746.0 ? -746.0 : x;
    x = x > 710.0 ? 710.0 : x;
    const double shifted = x * LOG2_E + MAGIC_F64;
    const double n = shifted - MAGIC_F64;
    /* the low 32 bits hold n: 32-bit arithmetic shifts exist on every target, 64-bit ones do not */
    const int32_t exponent = (int32_t)bits_f64(shifted), half = exponent >> 1;
    const double p = 1.0 + expm1_series_f64((x - n * LN2_HIGH_F64) - n * LN2_LOW_F64);
    return p * from_bits_f64((int64_t)((uint64_t)(uint32_t)(half + 1023) << 52))
             * from_bits_f64((int64_t)((uint64_t)(uint32_t)(exponent - half + 1023) << 52));
}

static inline float sigmoid_f32(float x)
{
    const float e = exp_f32(x < 0 ? x : -x), s = 1.0f / (1.0f + e);
    return x < 0 ? e * s : s;
}

static inline double sigmoid_f64(double x)
{
    const double e = exp_f64(x < 0 ? x : -x), s = 1.0 / (1.0 + e);
    return x < 0 ? e * s : s;
}

static inline float tanh_f32(float x)
{
    float t = x < 0 ? -2.0f * x : 2.0f * x;
    t = t > 20.0f ? 20.0f : t;           /* tanh(10) is 1 in float */
    const float shifted = t * (float)LOG2_E + MAGIC_F32;
    const float n = shifted - MAGIC_F32;
    const float scale = from_bits_f32((int32_t)((uint32_t)(bits_f32(shifted) - 0x4b400000 + 127) << 23));
    const float m = scale * expm1_series_f32((t - n * LN2_HIGH_F32) - n * LN2_LOW_F32) + (scale - 1.0f);
    const float y = m / (m + 2.0f);
    return x < 0 ? -y : y;
}

static inline double tanh_f64(double x)
{
    double t = x < 0 ? -2.0 * x : 2.0 * x;
    t = t > 40.0 ? 40.0 : t;             /* tanh(20) is 1 in double */
    const double shifted = t * LOG2_E + MAGIC_F64;
    const double n = shifted - MAGIC_F64;
    const double scale = from_bits_f64((int64_t)((uint64_t)(uint32_t)((int32_t)bits_f64(shifted) + 1023) << 52));
    const double m = scale * expm1_series_f64((t - n * LN2_HIGH_F64) - n * LN2_LOW_F64) + (scale - 1.0);
    const double y = m / (m + 2.0);
    return x < 0 ? -y : y;
}

/* log(1 + x) for 0 <= x <= 1 */
static inline float log1p_unit_f32(float x)
{
    const float s = x / (2.0f + x), z = s * s;
    float p = 2.0f / 15;
    p = p * z + 2.0f / 13;
    p = p * z + 2.0f / 11;
    p = p * z + 2.0f / 9;
    p = p * z + 2.0f / 7;
    p = p * z + 2.0f / 5;
    p = p * z + 2.0f / 3;
    return p * z * s + 2.0f * s;
}

static inline double log1p_unit_f64(double x)
{
    const double s = x / (2.0 + x), z = s * s;
    double p = 2.0 / 35;
    p = p * z + 2.0 / 33;
    p = p * z + 2.0 / 31;
    p = p * z + 2.0 / 29;
    p = p * z + 2.0 / 27;
    p = p * z + 2.0 / 25;
    p = p * z + 2.0 / 23;
    p = p * z + 2.0 / 21;
    p = p * z + 2.0 / 19;
    p = p * z + 2.0 / 17;
    p = p * z + 2.0 / 15;
    p = p * z + 2.0 / 13;
    p = p * z + 2.0 / 11;
    p = p * z + 2.0 / 9;
    p = p * z + 2.0 / 7;
    p = p * z + 2.0 / 5;
    p = p * z + 2.0 / 3;
    return p * z * s + 2.0 * s;
}

/* log((1 + x) 2^n) for 1 + x in [sqrt(1/2), sqrt(2)) and |n| < 2^9 */
static inline float log_scaled_f32(float x, float n)
{
    const float s = x / (x + 2.0f), z = s * s;
    float p = 2.0f / 9;
    p = p * z + 2.0f / 7;
    p = p * z + 2.0f / 5;
    p = p * z + 2.0f / 3;
    return n * LN2_HIGH_F32 + (2.0f * s + (p * z * s + n * LN2_LOW_F32));
}

/* log(x) for normal x > 0; used for sums of exponentials, which are >= 1, and for draws. */
static inline float log_f32(float x)
{
    /* subtracting the bits of sqrt(1/2) shifts the octaves: m is in [sqrt(1/2), sqrt(2)) */
    const int32_t exponent = (bits_f32(x) - 0x3f3504f3) >> 23;
    const float m = from_bits_f32(bits_f32(x) - (int32_t)((uint32_t)exponent << 23));
    const float y = log_scaled_f32(m - 1.0f, (float)exponent);
    return x - x == 0 ? y : x;           /* infinity and NaN pass through */
}

static inline double log_f64(double x)
{
    const int64_t shifted = bits_f64(x) - 0x3fe6a09e667f3bcd;
    const int32_t exponent = (int32_t)((uint64_t)shifted >> 32) >> 20;
    const double m = from_bits_f64(bits_f64(x) - (int64_t)((uint64_t)(uint32_t)exponent << 52));
    const double s = (m - 1.0) / (m + 1.0), z = s * s, n = (double)exponent;
    double p = 2.0 / 21;
    p = p * z + 2.0 / 19;
    p = p * z + 2.0 / 17;
    p = p * z + 2.0 / 15;
    p = p * z + 2.0 / 13;
    p = p * z + 2.0 / 11;
    p = p * z + 2.0 / 9;
    p = p * z + 2.0 / 7;
    p = p * z + 2.0 / 5;
    p = p * z + 2.0 / 3;
    const double y = n * LN2_HIGH_F64 + (2.0 * s + (p * z * s + n * LN2_LOW_F64));
    return x - x == 0 ? y : x;
}

/* sqrt(-2 log u) with u = ((word >> 1) | 1) / 2^31: from 3e-5 to 6.56 */
static inline float normal_radius_f32(uint32_t word)
{
    const int32_t odd = (int32_t)(word >> 1 | 1);
    const float u = (float)odd * 0x1p-31f;
    const int32_t exponent = (bits_f32(u) - 0x3f3504f3) >> 23;
    const float m = from_bits_f32(bits_f32(u) - (int32_t)((uint32_t)exponent << 23));
    /* u - 1 is computed in integers: near 1 a float has too few bits left for log u */
    const float x = exponent == 0 ? (float)(odd + INT32_MIN) * 0x1p-31f : m - 1.0f;
    return sqrtf(-2.0f * log_scaled_f32(x, (float)exponent));
}

static inline double normal_radius_f64(uint32_t word)
{
    return sqrt(-2.0 * log_f64((double)(int32_t)(word >> 1 | 1) * 0x1p-31));
}

/* Cosine and sine of the angle 2 pi word / 2^32. */
static inline void direction_f32(uint32_t word, float *cosine, float *sine)
{
    const uint32_t quarter = (word + 0x20000000u) >> 30;
    const float x = (float)(int32_t)(word - (quarter << 30)) * (float)RADIANS_PER_WORD, z = x * x;
    float s = 1.0f / 362880, c = -1.0f / 3628800;
    s = s * z - 1.0f / 5040;
    s = s * z + 1.0f / 120;
    s = s * z - 1.0f / 6;
    s = s * z * x + x;
    c = c * z + 1.0f / 40320;
    c = c * z - 1.0f / 720;
    c = c * z + 1.0f / 24;
    c = c * z - 0.5f;
    c = c * z + 1.0f;
    const int32_t cosine_sign = (int32_t)((quarter + 1) >> 1 << 31), sine_sign = (int32_t)(quarter >> 1 << 31);
    *cosine = from_bits_f32(bits_f32(quarter & 1 ? s : c) ^ cosine_sign);
    *sine = from_bits_f32(bits_f32(quarter & 1 ? c : s) ^ sine_sign);
}

static inline void direction_f64(uint32_t word, double *cosine, double *sine)
{
    const uint32_t quarter = (word + 0x20000000u) >> 30;
    const double x = (double)(int32_t)(word - (quarter << 30)) * RADIANS_PER_WORD, z = x * x;
    double s = 1.0 / 355687428096000, c = 1.0 / 20922789888000;
    s = s * z - 1.0 / 1307674368000;
    s = s * z + 1.0 / 6227020800;
    s = s * z - 1.0 / 39916800;
    s = s * z + 1.0 / 362880;
    s = s * z - 1.0 / 5040;
    s = s * z + 1.0 / 120;
    s = s * z - 1.0 / 6;
    s = s * z * x + x;
    c = c * z - 1.0 / 87178291200;
    c = c * z + 1.0 / 479001600;
    c = c * z - 1.0 / 3628800;
    c = c * z + 1.0 / 40320;
    c = c * z - 1.0 / 720;
    c = c * z + 1.0 / 24;
    c = c * z - 0.5;
    c = c * z + 1.0;
    const int64_t cosine_sign = (int64_t)((uint64_t)((quarter + 1) >> 1) << 63);
    const int64_t sine_sign = (int64_t)((uint64_t)(quarter >> 1) << 63);
    *cosine = from_bits_f64(bits_f64(quarter & 1 ? s : c) ^ cosine_sign);
    *sine = from_bits_f64(bits_f64(quarter & 1 ? c : s) ^ sine_sign);
}

#endif
