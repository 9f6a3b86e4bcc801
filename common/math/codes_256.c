// AVX-VNNI and AVX2, for machines without AVX-512: a group of rows meets four queries, whose sums fill half of the registers.
//
// AVX2 has a product of bytes too, but its sums of two are cut off at 16 bits. So the bytes of even and of odd places are made 16 bits wide, those of
// the queries beforehand, and multiplied as such.
#include "common/math/codes_kernel.h"

#if defined __x86_64__ && (defined __clang__ ? __clang_major__ >= 12 : defined __GNUC__ && __GNUC__ >= 11)
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#include "common/math/simd.h"

#define AVX2 __attribute__((target("avx2")))
#define AVX_VNNI __attribute__((target("avx2,avxvnni")))

enum { SIDE = 4, HALVES = 2, HALF = CODES_ROWS / HALVES, QUADS_MAX = 2048 };

// (quads, SIDE) of a query's four numbers, or (quads, SIDE, 2) of two as 16 bits, the even and the odd ones. Missing queries are as the first.
static void spread(const struct codes_task *task, size_t q, size_t n, bool vnni, int32_t *fours)
{
    for (size_t i = 0; i < SIDE; i++) {
        const int8_t *x = task->queries[q + (i < n ? i : 0)]->numbers;
        for (size_t t = 0; t < task->quads; t++, x += 4) {
            int16_t words[4] = {x[0], x[2], x[1], x[3]};
            if (vnni)
                memcpy(fours + t * SIDE + i, x, 4);
            else
                memcpy(fours + (t * SIDE + i) * 2, words, sizeof words);
        }
    }
}

AVX2 static void keep(const struct codes_task *task, struct codes_query *query, size_t g, const __m256 *values)
{
    for (size_t h = 0; h < HALVES; h++) {
        float some[HALF];
        _mm256_storeu_ps(some, values[h]);
        for (size_t j = 0, row = g * CODES_ROWS + h * HALF; j < HALF && row + j < task->rows; j++)
            if (!(some[j] < query->floor)) {
                query->rows[query->n] = task->first + (uint32_t)(row + j);
                query->values[query->n++] = some[j];
            }
    }
    codes_make_room(task, query);
}

// Computes the sums of `side` queries, of which n are wanted.
AVX2 SIMD_INLINE void one_group(const struct codes_task *task, size_t q, size_t n, size_t g, const int32_t *fours, const size_t side, const bool vnni)
{
    const uint8_t *codes = task->codes + g * task->quads * 4 * CODES_ROWS;
    const float *scales = task->scales + g * CODES_ROWS;
    __m256i sums[SIDE][HALVES];
#pragma GCC unroll 4
    for (size_t i = 0; i < side; i++)
        sums[i][0] = sums[i][1] = _mm256_set1_epi32(task->queries[q + (i < n ? i : 0)]->start);
    for (size_t t = 0; t < task->quads; t++, codes += 4 * CODES_ROWS, fours += vnni ? SIDE : 2 * SIDE) {
        __m256i x[HALVES], odd[HALVES];
#pragma GCC unroll 2
        for (size_t h = 0; h < HALVES; h++) {
            x[h] = _mm256_loadu_si256((const __m256i *)(codes + h * 4 * HALF));
            odd[h] = _mm256_srli_epi16(x[h], 8);
            if (!vnni)
                x[h] = _mm256_and_si256(x[h], _mm256_set1_epi16(0xff));
        }
#pragma GCC unroll 4
        for (size_t i = 0; i < side; i++) {
            __m256i y = _mm256_set1_epi32(fours[vnni ? i : 2 * i]);
#pragma GCC unroll 2
            for (size_t h = 0; h < HALVES; h++)
                if (vnni)
                    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sums[i][h]) : "x"(x[h]), "x"(y));
                else
                    sums[i][h] = _mm256_add_epi32(sums[i][h], _mm256_madd_epi16(x[h], y));
            if (vnni)
                continue;
            y = _mm256_set1_epi32(fours[2 * i + 1]);
#pragma GCC unroll 2
            for (size_t h = 0; h < HALVES; h++)
                sums[i][h] = _mm256_add_epi32(sums[i][h], _mm256_madd_epi16(odd[h], y));
        }
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < side; i++) {
        __m256 values[HALVES], below;
        values[0] = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[i][0]), _mm256_loadu_ps(scales));
        values[1] = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[i][1]), _mm256_loadu_ps(scales + HALF));
        if (i >= n)
            break;
        struct codes_query *query = task->queries[q + i];
        if (task->values != NULL) {
            float *to = task->values + (q + i) * task->stride + g * CODES_ROWS;
            _mm256_storeu_ps(to, values[0]);
            _mm256_storeu_ps(to + HALF, values[1]);
            continue;
        }
        __m256 floor = _mm256_set1_ps(query->floor);
        below = _mm256_and_ps(_mm256_cmp_ps(values[0], floor, _CMP_LT_OQ), _mm256_cmp_ps(values[1], floor, _CMP_LT_OQ));
        if (_mm256_movemask_ps(below) != 0xff)
            keep(task, query, g, values);
    }
}

#define RUN(name, target, vnni) target static void name(const struct codes_task *task) \
    { \
        int32_t fours[task->quads * SIDE * 2]; \
        for (size_t q = 0; q < task->n; q += SIDE) { \
            size_t n = task->n - q < SIDE ? task->n - q : SIDE; \
            spread(task, q, n, vnni, fours); \
            for (size_t g = 0; g * CODES_ROWS < task->rows; g++) \
                if (n == 1) \
                    one_group(task, q, n, g, fours, 1, vnni); \
                else \
                    one_group(task, q, n, g, fours, SIDE, vnni); \
        } \
    }
RUN(run_avx2, AVX2, false)
RUN(run_avx_vnni, AVX_VNNI, true)

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}

static bool has_avx_vnni(void)
{
    unsigned a = 0, b, c, d;
    return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1) != 0;
}

const struct codes_kernel codes_avx_vnni = {.name = "avx-vnni", .works = has_avx_vnni, .quads_max = QUADS_MAX, .run = run_avx_vnni};
const struct codes_kernel codes_avx2 = {.name = "avx2", .works = has_avx2, .quads_max = QUADS_MAX, .run = run_avx2};
#else
static bool works(void)
{
    return false;
}

const struct codes_kernel codes_avx_vnni = {.name = "avx-vnni", .works = works}, codes_avx2 = {.name = "avx2", .works = works};
#endif
