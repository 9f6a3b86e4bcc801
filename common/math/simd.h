// Hot loops built for several instruction sets in one binary, the best chosen when the program starts.
//
//     MULTI_ARCH static float rows_dot_fast(const float *a, const float *b, size_t dim) { ... }
//     float rows_dot(const float *a, const float *b, size_t dim) { return rows_dot_fast(a, b, dim); }
//
// Each such function is compiled for AVX-512, for AVX2 and for the baseline, where compiler and system can do that (gcc and clang on
// x86-64 with glibc); elsewhere, and under sanitizers, which are not ready when the choice is made, for the baseline only.
//
// Only static functions, with names that no other file uses: clang 14 gives the chosen one a name that other files do not call, and
// makes its resolver global. Helpers are SIMD_INLINE, in the same file, and take vectors by address: by value each instruction set has
// its own convention. The folder common/math is compiled with vectorising on, contraction of a * b + c allowed and errno of
// sqrtf ignored; nothing else is relaxed.
#ifndef MATH_SIMD_H
#define MATH_SIMD_H

#include <stddef.h>
#include <string.h>

#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define SIMD_SANITIZED 1
#endif
#endif

#if !defined __x86_64__ || !defined __GLIBC__ || defined SIMD_SANITIZED || defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define MULTI_ARCH
#elif defined __clang__ && __clang_major__ >= 14
// clang takes the levels x86-64-vN here, and then compares the processor's model with them: it may choose what the machine lacks.
#define MULTI_ARCH __attribute__((target_clones("avx512f", "avx2", "default")))
#elif !defined __clang__ && __GNUC__ >= 12
#define MULTI_ARCH __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MULTI_ARCH
#endif

#define SIMD_INLINE static inline __attribute__((always_inline))

// Sixteen floats: one AVX-512 register, two of AVX2, four of the baseline.
enum { LANES = 16 };
typedef float lanes __attribute__((vector_size(64)));
typedef int lanes_int __attribute__((vector_size(64)));
typedef double lanes_double __attribute__((vector_size(64)));  // eight

// A loop over j from 0 to n: loops of a constant 16 are what compilers vectorise at -O2; the rest goes one by one.
#define BLOCKS(body) do { \
        size_t i = 0; \
        for (; i + LANES <= n; i += LANES) \
            for (size_t j = i; j < i + LANES; j++) { body } \
        for (size_t j = i; j < n; j++) { body } \
    } while (0)

// n rounded up to whole lanes.
static inline size_t lanes_up(size_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

#endif
