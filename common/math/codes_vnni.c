// AVX-512 VNNI: a block of four groups of rows and four queries is what the registers hold: each load of codes serves four queries, each of a
// query's numbers four groups. A row costs one conversion, product and comparison more than its dot product.
#include "common/math/codes_kernel.h"

#if defined __x86_64__ && defined __GNUC__
#include <string.h>

#include "common/math/codes_512.h"

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

enum { SIDE = 4 };

// n queries from q on, some groups from g on.
VNNI SIMD_INLINE void one_block(const struct codes_task *task, size_t q, size_t g, const size_t n, const size_t groups)
{
    struct codes_query *const *queries = task->queries + q;
    const int8_t *numbers[SIDE];
    __m512i sums[SIDE][SIDE];
#pragma GCC unroll 4
    for (size_t i = 0; i < n; i++) {
        numbers[i] = queries[i]->numbers;
#pragma GCC unroll 4
        for (size_t j = 0; j < groups; j++)
            sums[i][j] = _mm512_set1_epi32(queries[i]->start);
    }
    size_t bytes = task->quads * 4 * CODES_ROWS;
    const uint8_t *codes = task->codes + g * bytes;
    for (size_t t = 0; t < task->quads; t++, codes += 4 * CODES_ROWS) {
        __m512i x[SIDE];
#pragma GCC unroll 4
        for (size_t j = 0; j < groups; j++)
            x[j] = _mm512_loadu_si512(codes + j * bytes);
#pragma GCC unroll 4
        for (size_t i = 0; i < n; i++) {
            int32_t four;
            memcpy(&four, numbers[i] + 4 * t, sizeof four);
            __m512i y = _mm512_set1_epi32(four);
#pragma GCC unroll 4
            for (size_t j = 0; j < groups; j++)  // gcc 12 puts a move before each _mm512_dpbusd_epi32
                __asm__("vpdpbusd %2, %1, %0" : "+v"(sums[i][j]) : "v"(x[j]), "v"(y));
        }
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < n; i++) {
        __m512 floor = _mm512_set1_ps(queries[i]->floor), values[SIDE];
        __mmask16 passed[SIDE];
        unsigned any = 0;
#pragma GCC unroll 4
        for (size_t j = 0; j < groups; j++) {
            values[j] = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[i][j]), _mm512_loadu_ps(task->scales + (g + j) * CODES_ROWS));
            passed[j] = _mm512_cmp_ps_mask(values[j], floor, _CMP_NLT_UQ);
            any |= passed[j];
            if (task->values != NULL)
                _mm512_storeu_ps(task->values + (q + i) * task->stride + (g + j) * CODES_ROWS, values[j]);
        }
        if (any == 0 || task->values != NULL)
            continue;
#pragma GCC unroll 4
        for (size_t j = 0; j < groups; j++)
            codes_keep(task, queries[i], (g + j) * CODES_ROWS, values[j], passed[j]);
        codes_make_room(task, queries[i]);
    }
}

// The sizes are constants inside each, so that sums stay in registers.
#define SHAPE(n, groups) VNNI static void block_##n##_##groups(const struct codes_task *task, size_t q, size_t g) \
    { one_block(task, q, g, n, groups); }
SHAPE(1, 1) SHAPE(2, 1) SHAPE(3, 1) SHAPE(4, 1) SHAPE(1, 2) SHAPE(2, 2) SHAPE(3, 2) SHAPE(4, 2)
SHAPE(1, 3) SHAPE(2, 3) SHAPE(3, 3) SHAPE(4, 3) SHAPE(1, 4) SHAPE(2, 4) SHAPE(3, 4) SHAPE(4, 4)

static void run(const struct codes_task *task)
{
    static void (*const shapes[SIDE][SIDE])(const struct codes_task *, size_t, size_t) = {
        {block_1_1, block_2_1, block_3_1, block_4_1}, {block_1_2, block_2_2, block_3_2, block_4_2},
        {block_1_3, block_2_3, block_3_3, block_4_3}, {block_1_4, block_2_4, block_3_4, block_4_4},
    };
    size_t groups = (task->rows + CODES_ROWS - 1) / CODES_ROWS;
    for (size_t g = 0; g < groups; g += SIDE)
        for (size_t q = 0; q < task->n; q += SIDE)
            shapes[(groups - g < SIDE ? groups - g : SIDE) - 1][(task->n - q < SIDE ? task->n - q : SIDE) - 1](task, q, g);
}

static bool works(void)
{
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

const struct codes_kernel codes_vnni = {.name = "vnni", .works = works, .quads_max = SIZE_MAX, .run = run};
#else
static bool works(void)
{
    return false;
}

const struct codes_kernel codes_vnni = {.name = "vnni", .works = works};
#endif
