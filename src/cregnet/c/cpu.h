/* Which instruction sets the processor and the operating system support; queried once at import. */
#ifndef CREGNET_CPU_H
#define CREGNET_CPU_H

#if (defined(__x86_64__) || defined(_M_X64)) && (defined(__GNUC__) || defined(__clang__)) && !defined(_MSC_VER)
#include <cpuid.h>

static int cpu_has_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

static int cpu_has_avx512(void)
{
    return cpu_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl");
}

/* Leaf 7, subleaf 1; by name only newer compilers know it. */
static int cpu_has_avx512bf16(void)
{
    unsigned eax = 0, ebx, ecx, edx;
    return cpu_has_avx512() && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax & 1u << 5);
}

#elif defined(_M_X64) && defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>

/* Leaf 7 lists the extensions; XCR0 says which registers the system saves at a context switch (Intel SDM, 13.3). */
static int cpu_has(unsigned ebx_bits, unsigned long long xcr0_bits)
{
    int leaf[4];
    __cpuid(leaf, 0);
    if (leaf[0] < 7) return 0;
    __cpuid(leaf, 1);
    if (!(leaf[2] & (1 << 27)) || !(leaf[2] & (1 << 12))) return 0;   /* OSXSAVE, FMA */
    if ((_xgetbv(0) & xcr0_bits) != xcr0_bits) return 0;
    __cpuidex(leaf, 7, 0);
    return ((unsigned)leaf[1] & ebx_bits) == ebx_bits;
}

static int cpu_has_avx2(void) { return cpu_has(1u << 3 | 1u << 5 | 1u << 8, 0x06); }   /* BMI, AVX2, BMI2 */
static int cpu_has_avx512(void)
{
    return cpu_has_avx2() && cpu_has(1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31, 0xe6);
}
static int cpu_has_avx512bf16(void)
{
    int leaf[4];
    if (!cpu_has_avx512()) return 0;
    __cpuidex(leaf, 7, 1);
    return leaf[0] >> 5 & 1;
}

#else

static int cpu_has_avx2(void) { return 0; }
static int cpu_has_avx512(void) { return 0; }
static int cpu_has_avx512bf16(void) { return 0; }

#endif
#endif
