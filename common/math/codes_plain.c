// For machines without instructions for products of bytes: a group and a query at a time, as the compiler likes it.
#include "common/math/codes_kernel.h"
#include "common/math/simd.h"

MULTI_ARCH static void codes_sums(const uint8_t *restrict codes, const int8_t *restrict numbers, size_t quads, int32_t *restrict sums)
{
    for (size_t t = 0; t < quads; t++, codes += 4 * CODES_ROWS, numbers += 4)
        for (size_t r = 0; r < CODES_ROWS; r++)
            sums[r] += codes[4 * r] * numbers[0] + codes[4 * r + 1] * numbers[1] + codes[4 * r + 2] * numbers[2] + codes[4 * r + 3] * numbers[3];
}

static void one_group(const struct codes_task *task, size_t g, size_t q)
{
    struct codes_query *query = task->queries[q];
    const float *scales = task->scales + g * CODES_ROWS;
    float *values = task->values != NULL ? task->values + q * task->stride + g * CODES_ROWS : NULL;
    int32_t sums[CODES_ROWS];
    for (size_t r = 0; r < CODES_ROWS; r++)
        sums[r] = query->start;
    codes_sums(task->codes + g * task->quads * 4 * CODES_ROWS, query->numbers, task->quads, sums);
    for (size_t r = 0; r < CODES_ROWS && g * CODES_ROWS + r < task->rows; r++) {
        float value = (float)sums[r] * scales[r];
        if (values != NULL) {
            values[r] = value;
        } else if (!(value < query->floor)) {
            query->rows[query->n] = task->first + (uint32_t)(g * CODES_ROWS + r);
            query->values[query->n++] = value;
        }
    }
    if (values == NULL)
        codes_make_room(task, query);
}

static void run(const struct codes_task *task)
{
    for (size_t g = 0; g * CODES_ROWS < task->rows; g++)
        for (size_t q = 0; q < task->n; q++)
            one_group(task, g, q);
}

static bool works(void)
{
    return true;
}

const struct codes_kernel codes_plain = {.name = "plain", .works = works, .quads_max = SIZE_MAX, .run = run};
