// What the kernels for AVX-512 share.
#ifndef MATH_CODES_512_H
#define MATH_CODES_512_H

#include <immintrin.h>

#include "common/math/codes_kernel.h"
#include "common/math/simd.h"

// Gives the query those of 16 values that passed and are no padding.
//   first  the row of the first value, counted from the task's first
__attribute__((target("avx512f"))) SIMD_INLINE void codes_keep(const struct codes_task *task, struct codes_query *query, size_t first, __m512 values,
                                                               __mmask16 passed)
{
    if (task->rows - first < CODES_ROWS)
        passed &= (__mmask16)((1u << (task->rows - first)) - 1);
    __m512i rows = _mm512_add_epi32(_mm512_set1_epi32((int)(task->first + first)),
                                    _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    _mm512_storeu_ps(query->values + query->n, _mm512_maskz_compress_ps(passed, values));
    _mm512_storeu_si512(query->rows + query->n, _mm512_maskz_compress_epi32(passed, rows));
    query->n += (size_t)__builtin_popcount(passed);
}

#endif
