// A block of four groups of rows and four queries is what the registers hold: each load of codes serves four queries, each of a query's
// numbers four groups. vpdpbusd multiplies unsigned by signed bytes, hence the 128 in the codes; what it adds to the sums is a constant of
// the query, taken back by where they start; bounds of the errors are added there too. So a row costs one conversion, product and comparison more
// than its dot product.
#include "common/math/codes.h"

#include <math.h>
#include <string.h>

#if defined __x86_64__
#include <immintrin.h>
#endif

#include "common/math/simd.h"

enum { SIDE = 4 };

static const float largest = 1e15f, smallest = 1e-15f, error_max = 1e9f;  // of errors: only a damaged file has more

static size_t quads_of(size_t dim)
{
    return (dim + 3) / 4;
}

size_t codes_group_bytes(size_t dim)
{
    return quads_of(dim) * 4 * CODES_ROWS;
}

size_t codes_query_numbers(size_t dim)
{
    return quads_of(dim) * 4;
}

MULTI_ARCH static float codes_highest(const float *restrict x, size_t n)
{
    float high[LANES] = {0}, all = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            high[j] = fabsf(x[i + j]) > high[j] ? fabsf(x[i + j]) : high[j];
    for (size_t j = 0; j < LANES; j++)
        all = high[j] > all ? high[j] : all;
    for (; i < n; i++)
        all = fabsf(x[i]) > all ? fabsf(x[i]) : all;
    return all;
}

// Whole numbers nearest to x / scale, and the lengths of what was left and of them, in units of scale. False if x is out of bounds.
static bool to_bytes(const float *x, size_t dim, int8_t *numbers, float *scale, float *rest, float *length)
{
    float high = codes_highest(x, dim);
    memset(numbers, 0, quads_of(dim) * 4);
    *scale = *rest = *length = 0;
    if (high == 0)
        return true;
    if (!(high <= largest && high >= smallest))
        return false;
    float by = 127 / high, left = 0, whole = 0;
    for (size_t i = 0; i < dim; i++) {
        float c = rintf(x[i] * by), e = x[i] * by - c;
        numbers[i] = (int8_t)c;
        left += e * e;
        whole += c * c;
    }
    // The slack is for the roundings of this loop: 2^-23 of 127 a number.
    *scale = high / 127;
    *rest = 1.001f * sqrtf(left) + 4e-5f * sqrtf((float)dim);
    *length = 1.001f * sqrtf(whole);
    return true;
}

void codes_encode(const float *vectors, size_t rows, size_t dim, uint8_t *codes, float *scales, float *errors)
{
    size_t quads = quads_of(dim);
    int8_t numbers[4 * quads];
    float rest, length, rest_max = 0, length_max = 0;
    for (size_t r = 0; r < CODES_ROWS; r++) {
        memset(numbers, 0, sizeof numbers);
        scales[r] = rest = length = 0;
        if (r < rows && !to_bytes(vectors + r * dim, dim, numbers, &scales[r], &rest, &length))
            scales[r] = NAN;
        rest_max = rest > rest_max ? rest : rest_max;
        length_max = length > length_max ? length : length_max;
        for (size_t i = 0; i < 4 * quads; i++)
            codes[i / 4 * CODES_ROWS * 4 + r * 4 + i % 4] = (uint8_t)(numbers[i] + 128);
    }
    if (errors != NULL) {
        errors[0] = rest_max;
        errors[1] = length_max;
    }
}

bool codes_query_set(struct codes_query *query, const float *vector, size_t dim)
{
    float rest, length;
    bool good = to_bytes(vector, dim, query->numbers, &query->scale, &rest, &length);
    int32_t sum = 0;
    for (size_t i = 0; i < dim; i++)
        sum += query->numbers[i];
    query->start = query->base = -128 * sum;
    // A product in floats misses by another dim 2^-24 |q| |x|, and a value by 2^-22 of itself.
    query->rest = rest + length * (1e-6f + (float)dim * 1.3e-7f);
    query->length = length + rest;
    return good;
}

void codes_query_bound(struct codes_query *query, const float errors[2])
{
    float error = query->length * errors[0] + query->rest * errors[1];
    query->start = query->base + (error < error_max ? (int32_t)error : (int32_t)error_max) + 1;
}

struct block {
    const uint8_t *codes;
    const float *scales;
    uint32_t first;
    size_t rows;              // those behind the last are padding
    float *values;            // NULL, or where all values go, with this distance between queries
    size_t stride;
};

static void found(struct codes_query *query, uint32_t row, float value)
{
    query->rows[query->n] = row;
    query->values[query->n++] = value;
}

// One group and one query, for machines without the instructions.
MULTI_ARCH static void codes_sums(const uint8_t *restrict codes, const int8_t *restrict numbers, size_t quads, int32_t *restrict sums)
{
    for (size_t t = 0; t < quads; t++, codes += 4 * CODES_ROWS, numbers += 4)
        for (size_t r = 0; r < CODES_ROWS; r++)
            sums[r] += codes[4 * r] * numbers[0] + codes[4 * r + 1] * numbers[1] + codes[4 * r + 2] * numbers[2] + codes[4 * r + 3] * numbers[3];
}

static void plain(const struct block *block, size_t quads, struct codes_query *const *queries, size_t n, size_t groups)
{
    for (size_t q = 0; q < n; q++) {
        for (size_t g = 0; g < groups; g++) {
            int32_t sums[CODES_ROWS];
            for (size_t r = 0; r < CODES_ROWS; r++)
                sums[r] = queries[q]->start;
            codes_sums(block->codes + g * quads * 4 * CODES_ROWS, queries[q]->numbers, quads, sums);
            for (size_t r = 0; r < CODES_ROWS && g * CODES_ROWS + r < block->rows; r++) {
                float value = (float)sums[r] * block->scales[g * CODES_ROWS + r];
                if (block->values != NULL) {
                    block->values[q * block->stride + g * CODES_ROWS + r] = value;
                    continue;
                }
                if (!(value < queries[q]->floor))
                    found(queries[q], block->first + (uint32_t)(g * CODES_ROWS + r), value);
            }
        }
    }
}

#if defined __x86_64__ && defined __GNUC__ && !defined CODES_PLAIN
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

VNNI SIMD_INLINE void fast_block(const struct block *block, size_t quads, struct codes_query *const *queries, const size_t n, const size_t groups)
{
    const int8_t *numbers[SIDE];
    __m512i sums[SIDE][SIDE];
#pragma GCC unroll 4
    for (size_t q = 0; q < n; q++) {
        numbers[q] = queries[q]->numbers;
#pragma GCC unroll 4
        for (size_t g = 0; g < groups; g++)
            sums[q][g] = _mm512_set1_epi32(queries[q]->start);
    }
    const uint8_t *codes = block->codes;
    size_t bytes = quads * 4 * CODES_ROWS;
    for (size_t t = 0; t < quads; t++, codes += 4 * CODES_ROWS) {
        __m512i x[SIDE];
#pragma GCC unroll 4
        for (size_t g = 0; g < groups; g++)
            x[g] = _mm512_loadu_si512(codes + g * bytes);
#pragma GCC unroll 4
        for (size_t q = 0; q < n; q++) {
            int32_t four;
            memcpy(&four, numbers[q] + 4 * t, sizeof four);
            __m512i y = _mm512_set1_epi32(four);
#pragma GCC unroll 4
            for (size_t g = 0; g < groups; g++)  // gcc 12 puts a move before each _mm512_dpbusd_epi32
                __asm__("vpdpbusd %2, %1, %0" : "+v"(sums[q][g]) : "v"(x[g]), "v"(y));
        }
    }
#pragma GCC unroll 4
    for (size_t q = 0; q < n; q++) {
        __m512 floor = _mm512_set1_ps(queries[q]->floor), values[SIDE];
        __mmask16 passed[SIDE];
        unsigned any = 0;
#pragma GCC unroll 4
        for (size_t g = 0; g < groups; g++) {
            values[g] = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[q][g]), _mm512_loadu_ps(block->scales + g * CODES_ROWS));
            passed[g] = _mm512_cmp_ps_mask(values[g], floor, _CMP_NLT_UQ);
            any |= passed[g];
            if (block->values != NULL)
                _mm512_storeu_ps(block->values + q * block->stride + g * CODES_ROWS, values[g]);
        }
        if (any == 0 || block->values != NULL)
            continue;
        struct codes_query *query = queries[q];
#pragma GCC unroll 4
        for (size_t g = 0; g < groups; g++) {
            if (block->rows - g * CODES_ROWS < CODES_ROWS)
                passed[g] &= (__mmask16)((1u << (block->rows - g * CODES_ROWS)) - 1);
            __m512i rows = _mm512_add_epi32(_mm512_set1_epi32((int)(block->first + g * CODES_ROWS)),
                                            _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
            _mm512_storeu_ps(query->values + query->n, _mm512_maskz_compress_ps(passed[g], values[g]));
            _mm512_storeu_si512(query->rows + query->n, _mm512_maskz_compress_epi32(passed[g], rows));
            query->n += (size_t)__builtin_popcount(passed[g]);
        }
    }
}

// The sizes are constants inside each, so that sums stay in registers.
#define SHAPE(n, groups) VNNI static void fast_##n##_##groups(const struct block *block, size_t quads, struct codes_query *const *queries) \
    { fast_block(block, quads, queries, n, groups); }
SHAPE(1, 1) SHAPE(2, 1) SHAPE(3, 1) SHAPE(4, 1) SHAPE(1, 2) SHAPE(2, 2) SHAPE(3, 2) SHAPE(4, 2)
SHAPE(1, 3) SHAPE(2, 3) SHAPE(3, 3) SHAPE(4, 3) SHAPE(1, 4) SHAPE(2, 4) SHAPE(3, 4) SHAPE(4, 4)

static void fast(const struct block *block, size_t quads, struct codes_query *const *queries, size_t n, size_t groups)
{
    static void (*const shapes[SIDE][SIDE])(const struct block *, size_t, struct codes_query *const *) = {
        {fast_1_1, fast_2_1, fast_3_1, fast_4_1}, {fast_1_2, fast_2_2, fast_3_2, fast_4_2},
        {fast_1_3, fast_2_3, fast_3_3, fast_4_3}, {fast_1_4, fast_2_4, fast_3_4, fast_4_4},
    };
    shapes[groups - 1][n - 1](block, quads, queries);
}

bool codes_fast(void)
{
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#else
#define fast plain

bool codes_fast(void)
{
    return false;
}
#endif

void codes_scan(const uint8_t *codes, const float *scales, size_t rows, uint32_t first, size_t dim,
                struct codes_query *const *queries, size_t n, void (*full)(void *context, struct codes_query *query), void *context)
{
    size_t quads = quads_of(dim), bytes = codes_group_bytes(dim), groups = (rows + CODES_ROWS - 1) / CODES_ROWS;
    void (*const run)(const struct block *, size_t, struct codes_query *const *, size_t, size_t) = codes_fast() ? fast : plain;
    for (size_t g = 0; g < groups; g += SIDE) {
        struct block block = {codes + g * bytes, scales + g * CODES_ROWS, first + (uint32_t)(g * CODES_ROWS), rows - g * CODES_ROWS, NULL, 0};
        for (size_t q = 0; q < n; q += SIDE) {
            size_t these = n - q < SIDE ? n - q : SIDE;
            run(&block, quads, queries + q, these, groups - g < SIDE ? groups - g : SIDE);
            for (size_t i = q; i < q + these; i++)
                if (queries[i]->n > queries[i]->room)
                    full(context, queries[i]);
        }
    }
}

void codes_values(const uint8_t *codes, const float *scales, size_t rows, size_t dim, struct codes_query *const *queries, size_t n, float *values,
                  size_t stride)
{
    size_t quads = quads_of(dim), bytes = codes_group_bytes(dim), groups = (rows + CODES_ROWS - 1) / CODES_ROWS;
    void (*const run)(const struct block *, size_t, struct codes_query *const *, size_t, size_t) = codes_fast() ? fast : plain;
    for (size_t q = 0; q < n; q += SIDE)
        for (size_t g = 0; g < groups; g += SIDE) {
            struct block block = {codes + g * bytes, scales + g * CODES_ROWS, 0, rows - g * CODES_ROWS, values + q * stride + g * CODES_ROWS, stride};
            run(&block, quads, queries + q, n - q < SIDE ? n - q : SIDE, groups - g < SIDE ? groups - g : SIDE);
        }
}
