// Processors multiply unsigned by signed bytes, hence the 128 in the codes; what it adds to the sums is a constant of the query, taken back by
// where they start; bounds of the errors are added there too.
#include "common/math/codes.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "common/math/codes_kernel.h"
#include "common/math/simd.h"

static const float largest = 1e15f, smallest = 1e-36f, bounded = 1e-15f;
static const float error_max = 5e8f;  // only a damaged file has more

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

static bool is_bounded(float scale)
{
    return scale == 0 || scale >= bounded / 127;
}

void codes_encode(const float *vectors, size_t rows, size_t dim, uint8_t *codes, float *scales, float *errors)
{
    size_t quads = quads_of(dim);
    int8_t numbers[4 * quads];
    float rest, length, rest_max = 0, length_max = 0;
    for (size_t r = 0; r < CODES_ROWS; r++) {
        memset(numbers, 0, sizeof numbers);
        scales[r] = rest = length = 0;
        if (r < rows && (!to_bytes(vectors + r * dim, dim, numbers, &scales[r], &rest, &length) || (errors != NULL && !is_bounded(scales[r]))))
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

bool codes_query_is_bounded(const struct codes_query *query)
{
    return is_bounded(query->scale);
}

void codes_query_bound(struct codes_query *query, const float errors[2])
{
    float error = query->length * errors[0] + query->rest * errors[1];
    query->start = query->base + (error < error_max ? (int32_t)error : (int32_t)error_max) + 1;
}

const struct codes_kernel *const codes_kernels[] = {&codes_amx, &codes_vnni, &codes_avx_vnni, &codes_avx2, &codes_plain, NULL};

// The processor and the kernel are asked once: under a hypervisor that takes as long as many a search.
static bool works(size_t kernel)
{
    static atomic_int known[sizeof codes_kernels / sizeof *codes_kernels];  // 1: no, 2: yes
    int answer = atomic_load_explicit(&known[kernel], memory_order_relaxed);
    if (answer == 0) {
        answer = codes_kernels[kernel]->works() ? 2 : 1;
        atomic_store_explicit(&known[kernel], answer, memory_order_relaxed);
    }
    return answer == 2;
}

static void run(const struct codes_task *task)
{
    if (task->rows == 0 || task->n == 0)
        return;
    for (size_t i = 0; codes_kernels[i] != NULL; i++) {
        const struct codes_kernel *kernel = codes_kernels[i];
        if (task->n >= kernel->queries_min && task->rows >= kernel->rows_min && task->quads <= kernel->quads_max && works(i)) {
            kernel->run(task);
            return;
        }
    }
}

bool codes_fast(void)
{
    for (size_t i = 0; codes_kernels[i] != &codes_plain; i++)
        if (works(i))
            return true;
    return false;
}

void codes_scan(const uint8_t *codes, const float *scales, size_t rows, uint32_t first, size_t dim,
                struct codes_query *const *queries, size_t n, void (*full)(void *context, struct codes_query *query), void *context)
{
    run(&(struct codes_task){codes, scales, rows, first, quads_of(dim), queries, n, full, context, NULL, 0});
}

void codes_values(const uint8_t *codes, const float *scales, size_t rows, size_t dim, struct codes_query *const *queries, size_t n, float *values,
                  size_t stride)
{
    run(&(struct codes_task){codes, scales, rows, 0, quads_of(dim), queries, n, NULL, NULL, values, stride});
}
