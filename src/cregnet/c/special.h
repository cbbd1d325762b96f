/* Functions for smooth activations. They have no branches, so that a plain loop over them vectorises.
 *
 * A. expm1(x) for x <= 0 is computed as in tanh of vecmath.h: 2^n expm1(r) + (2^n - 1).
 * B. The normal distribution function is Phi(z) = erfc(-z / sqrt 2) / 2. Near 0 it is computed from the Taylor
 *    series of erf. Beyond |z| = sqrt 2, erfc(x) = exp(-x^2) P(u) / (1 + 2 x) with u = (x - 5) / (x + 3), which maps
 *    [1, infinity) to [-1, 1); P is the Chebyshev expansion of exp(x^2) erfc(x) (1 + 2 x), as Shepherd & Laframboise
 *    (1981, Math. Comp. 36) use it for another map. The coefficients were computed in 60 digits.
 * C. exp(-z^2 / 2) is computed as exp(-h^2 / 2) exp(-(z - h)(z + h) / 2), where h has the leading bits of z, so that
 *    h^2 is exact. Otherwise the relative error of the result would be z^2 / 2 times that of z^2.
 */
#ifndef CREGNET_SPECIAL_H
#define CREGNET_SPECIAL_H

#include "vecmath.h"

static inline float expm1_negative_f32(float x)
{
    x = x < -20.0f ? -20.0f : x;         /* -1 in float */
    const float shifted = x * (float)LOG2_E + MAGIC_F32;
    const float n = shifted - MAGIC_F32;
    const float scale = from_bits_f32((int32_t)((uint32_t)(bits_f32(shifted) - 0x4b400000 + 127) << 23));
    return scale * expm1_series_f32((x - n * LN2_HIGH_F32) - n * LN2_LOW_F32) + (scale - 1.0f);
}

static inline double expm1_negative_f64(double x)
{
    x = x < -40.0 ? -40.0 : x;           /* -1 in double */
    const double shifted = x * LOG2_E + MAGIC_F64;
    const double n = shifted - MAGIC_F64;
    const double scale = from_bits_f64((int64_t)((uint64_t)(uint32_t)((int32_t)bits_f64(shifted) + 1023) << 52));
    return scale * expm1_series_f64((x - n * LN2_HIGH_F64) - n * LN2_LOW_F64) + (scale - 1.0);
}

/* One step of Clenshaw's recurrence: b0 = c + 2 u b1 - b2. */
#define CLENSHAW(c) b0 = (c) + twice * b1 - b2, b2 = b1, b1 = b0

/* exp(-a^2 / 2) for a >= 0 (note C) */
static inline float exp_minus_half_square_f32(float a)
{
    const float h = from_bits_f32(bits_f32(a) & ~0xfff);
    return exp_f32(-0.5f * h * h) * (1.0f + expm1_series_f32(-0.5f * (a - h) * (a + h)));
}

static inline double exp_minus_half_square_f64(double a)
{
    const double h = from_bits_f64(bits_f64(a) & ~0x7ffffff);
    return exp_f64(-0.5 * h * h) * (1.0 + expm1_series_f64(-0.5 * (a - h) * (a + h)));
}

static inline float normal_distribution_f32(float z)
{
    float a = z < 0 ? -z : z;
    a = a > 15.0f ? 15.0f : a;           /* Phi(-15) is 0 in float */
    const float x = a * 0.707106781f;
    const float y = x * x, twice = 2.0f * (x - 5.0f) / (x + 3.0f);
    float p = 1.0f / 76204800, b0, b1 = 0.0f, b2 = 0.0f;
    p = p * y - 1.0f / 6894720;
    p = p * y + 1.0f / 685440;
    p = p * y - 1.0f / 75600;
    p = p * y + 1.0f / 9360;
    p = p * y - 1.0f / 1320;
    p = p * y + 1.0f / 216;
    p = p * y - 1.0f / 42;
    p = p * y + 1.0f / 10;
    p = p * y - 1.0f / 3;
    p = p * y + 1.0f;
    const float half_erf = p * x * 0.564189584f;
    CLENSHAW(1.31337013e-08f);
    CLENSHAW(-1.66372392e-07f);
    CLENSHAW(2.71972586e-07f);
    CLENSHAW(7.8188169e-06f);
    CLENSHAW(-9.34062664e-05f);
    CLENSHAW(0.000611549491f);
    CLENSHAW(-0.00271565172f);
    CLENSHAW(0.00780195155f);
    CLENSHAW(-0.00599964052f);
    CLENSHAW(-0.0856069362f);
    b0 = 1.21437336f + 0.5f * twice * b1 - b2;
    const float half_erfc = 0.5f * exp_minus_half_square_f32(a) * b0 / (1.0f + 2.0f * x);
    const float lower = x < 1.0f ? 0.5f - half_erf : half_erfc;
    return z < 0 ? lower : 1.0f - lower;
}

static inline double normal_distribution_f64(double z)
{
    double a = z < 0 ? -z : z;
    a = a > 40.0 ? 40.0 : a;             /* Phi(-40) is 0 in double */
    const double x = a * 0.70710678118654752440;
    const double y = x * x, twice = 2.0 * (x - 5.0) / (x + 3.0);
    double p = 1.0 / 236887827111936000.0, b0, b1 = 0.0, b2 = 0.0;
    p = p * y - 1.0 / 12449059983360000.0;
    p = p * y + 1.0 / 690452066304000.0;
    p = p * y - 1.0 / 40537905408000.0;
    p = p * y + 1.0 / 2528170444800.0;
    p = p * y - 1.0 / 168129561600.0;
    p = p * y + 1.0 / 11975040000.0;
    p = p * y - 1.0 / 918086400;
    p = p * y + 1.0 / 76204800;
    p = p * y - 1.0 / 6894720;
    p = p * y + 1.0 / 685440;
    p = p * y - 1.0 / 75600;
    p = p * y + 1.0 / 9360;
    p = p * y - 1.0 / 1320;
    p = p * y + 1.0 / 216;
    p = p * y - 1.0 / 42;
    p = p * y + 1.0 / 10;
    p = p * y - 1.0 / 3;
    p = p * y + 1.0;
    const double half_erf = p * x * 0.56418958354775628695;
    CLENSHAW(8.787114924717821e-18);
    CLENSHAW(3.6530930803828e-18);
    CLENSHAW(-2.6466825044432234e-16);
    CLENSHAW(-2.329298464180819e-16);
    CLENSHAW(8.542035882836416e-15);
    CLENSHAW(7.106503405462323e-15);
    CLENSHAW(-3.012251024442509e-13);
    CLENSHAW(-2.807460684069243e-14);
    CLENSHAW(1.1481428873007284e-11);
    CLENSHAW(-1.7967351765140848e-11);
    CLENSHAW(-4.4148718962068737e-10);
    CLENSHAW(2.0754203597909473e-09);
    CLENSHAW(1.3133701262289988e-08);
    CLENSHAW(-1.6637239214622205e-07);
    CLENSHAW(2.7197258578141963e-07);
    CLENSHAW(7.818816898966098e-06);
    CLENSHAW(-9.340626641960768e-05);
    CLENSHAW(0.0006115494911330234);
    CLENSHAW(-0.002715651717391105);
    CLENSHAW(0.007801951554945334);
    CLENSHAW(-0.005999640519915682);
    CLENSHAW(-0.08560693623397121);
    b0 = 1.214373361609205 + 0.5 * twice * b1 - b2;
    const double half_erfc = 0.5 * exp_minus_half_square_f64(a) * b0 / (1.0 + 2.0 * x);
    const double lower = x < 1.0 ? 0.5 - half_erf : half_erfc;
    return z < 0 ? lower : 1.0 - lower;
}

#undef CLENSHAW
#endif
