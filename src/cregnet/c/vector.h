/* GNU vector types of the widest registers that a build may use, and sums over their lanes.
 *
 * Plain loops are left to the compiler. What it does not vectorise well is written with these types:
 * register tiles, transposes, Philox. With any other compiler a vector is a single number: correct, but slower.
 */
#ifndef CREGNET_VECTOR_H
#define CREGNET_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#  define VECTOR_BYTES 64
#elif defined(__AVX2__)
#  define VECTOR_BYTES 32
#else
#  define VECTOR_BYTES 16
#endif

#if (defined(__GNUC__) || defined(__clang__)) && !defined(CREGNET_NO_VECTOR_TYPES)
#  define CREGNET_VECTORS
#  define ALWAYS_INLINE static inline __attribute__((always_inline))
#  ifdef __clang__
#    define UNROLL _Pragma("clang loop unroll(full)")
#  else
#    define UNROLL _Pragma("GCC unroll 16")
#  endif
#  define DEFINE_VECTOR(real, name) \
       typedef real name __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias))
#  define LANES_OF(real) ((ptrdiff_t)(VECTOR_BYTES / sizeof(real)))
#  define PADDING_OF(real) LANES_OF(real)
typedef int32_t integers_f32 __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t integers_f64 __attribute__((vector_size(VECTOR_BYTES)));
#else                           /* any other C compiler */
#  define ALWAYS_INLINE static inline
#  define UNROLL
#  define DEFINE_VECTOR(real, name) typedef real name
#  define LANES_OF(real) ((ptrdiff_t)1)
#  define PADDING_OF(real) ((ptrdiff_t)(64 / sizeof(real)))  /* the compiler's vectorised loops need no remainder */
#endif
DEFINE_VECTOR(float, vector_f32);
DEFINE_VECTOR(double, vector_f64);

/* Compiler barriers that keep a value in a register. Without them GCC precomputes every multiple of a stride
 * before a loop, which takes more registers than there are, and reloads a vector from memory at each use. */
#if defined(CREGNET_VECTORS) && defined(__x86_64__)
#  define KEEP_IN_REGISTER(pointer) __asm__("" : "+r"(pointer))
#  define KEEP_VECTOR_IN_REGISTER(x) __asm__("" : "+v"(x))
#elif defined(CREGNET_VECTORS) && defined(__aarch64__)
#  define KEEP_IN_REGISTER(pointer) __asm__("" : "+r"(pointer))
#  define KEEP_VECTOR_IN_REGISTER(x) __asm__("" : "+w"(x))
#else
#  define KEEP_IN_REGISTER(pointer) (void)0
#  define KEEP_VECTOR_IN_REGISTER(x) (void)0
#endif

/* A vector of the listed lanes of x and y; lanes of y are numbered after those of x. `integers` is the integer
 * vector type with lanes of the same number and width. */
#ifdef __clang__
#  define SHUFFLE(integers, x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#  define SHUFFLE(integers, x, y, ...) __builtin_shuffle(x, y, (integers){__VA_ARGS__})
#endif

/* Sums of the lanes of 1 to 4 vectors. Each vector is halved by additions down to four lanes. These are then
 * shuffled so that one addition serves two vectors, and the next one all four. */
#ifdef CREGNET_VECTORS
typedef float four_f32 __attribute__((vector_size(16)));
typedef int32_t four_integers_f32 __attribute__((vector_size(16)));

ALWAYS_INLINE four_f32 fold_f32(vector_f32 x)
{
    four_f32 part[VECTOR_BYTES / 16];
    memcpy(part, &x, sizeof x);
    UNROLL
    for (int width = VECTOR_BYTES / 32; width > 0; width /= 2)
        UNROLL
        for (int i = 0; i < width; i++) part[i] += part[i + width];
    return part[0];
}
ALWAYS_INLINE void lane_sums_f32(const int n, const vector_f32 *x, float *sums)
{
    const four_f32 a = fold_f32(x[0]), b = fold_f32(x[n > 1 ? 1 : 0]);
    const four_f32 c = fold_f32(x[n > 2 ? 2 : 0]), d = fold_f32(x[n > 3 ? 3 : 0]);
    const four_f32 ab = SHUFFLE(four_integers_f32, a, b, 0, 1, 4, 5) + SHUFFLE(four_integers_f32, a, b, 2, 3, 6, 7);
    const four_f32 cd = SHUFFLE(four_integers_f32, c, d, 0, 1, 4, 5) + SHUFFLE(four_integers_f32, c, d, 2, 3, 6, 7);
    const four_f32 all =
        SHUFFLE(four_integers_f32, ab, cd, 0, 2, 4, 6) + SHUFFLE(four_integers_f32, ab, cd, 1, 3, 5, 7);
    memcpy(sums, &all, (size_t)n * sizeof *sums);
}
#  if VECTOR_BYTES > 16
typedef double four_f64 __attribute__((vector_size(32)));
typedef int64_t four_integers_f64 __attribute__((vector_size(32)));

ALWAYS_INLINE four_f64 fold_f64(vector_f64 x)
{
    four_f64 part[VECTOR_BYTES / 32];
    memcpy(part, &x, sizeof x);
    return VECTOR_BYTES == 64 ? part[0] + part[VECTOR_BYTES / 32 - 1] : part[0];
}
ALWAYS_INLINE void lane_sums_f64(const int n, const vector_f64 *x, double *sums)
{
    const four_f64 a = fold_f64(x[0]), b = fold_f64(x[n > 1 ? 1 : 0]);
    const four_f64 c = fold_f64(x[n > 2 ? 2 : 0]), d = fold_f64(x[n > 3 ? 3 : 0]);
    const four_f64 ac = SHUFFLE(four_integers_f64, a, c, 0, 1, 4, 5) + SHUFFLE(four_integers_f64, a, c, 2, 3, 6, 7);
    const four_f64 bd = SHUFFLE(four_integers_f64, b, d, 0, 1, 4, 5) + SHUFFLE(four_integers_f64, b, d, 2, 3, 6, 7);
    const four_f64 all =
        SHUFFLE(four_integers_f64, ac, bd, 0, 4, 2, 6) + SHUFFLE(four_integers_f64, ac, bd, 1, 5, 3, 7);
    memcpy(sums, &all, (size_t)n * sizeof *sums);
}
#  else
ALWAYS_INLINE void lane_sums_f64(const int n, const vector_f64 *x, double *sums)
{
    for (int i = 0; i < n; i++) sums[i] = x[i][0] + x[i][1];
}
#  endif
#else
ALWAYS_INLINE void lane_sums_f32(const int n, const vector_f32 *x, float *sums) { memcpy(sums, x, (size_t)n * sizeof *x); }
ALWAYS_INLINE void lane_sums_f64(const int n, const vector_f64 *x, double *sums) { memcpy(sums, x, (size_t)n * sizeof *x); }
#endif

#endif
