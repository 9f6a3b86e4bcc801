// The candidates of the batches before: the last n of them, oldest first out (cross-batch negatives, Wang et al. 2021).
//
// Rows are remembered, not vectors: the tower is asked again, so that no vector is stale and gradients reach it. That costs
// a forward pass of the distinct rows, which is little beside the scores.
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/model/sampler.h"

static const struct kind_arg args[] = {
    {"n", KIND_COUNT, 4096, 1, 1 << 24, "how many"},
    {0},
};

struct queue {
    uint32_t *rows;       // (size) a ring
    size_t size, n, next;
};

static void start(struct sampler *sampler)
{
    struct queue *queue = sampler->state = memory_zeros(1, sizeof *queue);
    queue->size = (size_t)sampler->args[0];
    queue->rows = memory_aligned(queue->size, sizeof *queue->rows);
}

static size_t size(const struct sampler *sampler, size_t n)
{
    (void)n;
    return ((const struct queue *)sampler->state)->n;
}

static void draw(const struct sampler *sampler, uint64_t step, size_t first, size_t n, uint32_t *rows)
{
    (void)step;
    const struct queue *queue = sampler->state;
    for (size_t i = 0; i < n; i++)
        rows[i] = queue->rows[first + i];
}

static void note(struct sampler *sampler, const uint32_t *rows, size_t n)
{
    struct queue *queue = sampler->state;
    for (size_t i = 0; i < n; i++) {
        queue->rows[queue->next] = rows[i];
        queue->next = (queue->next + 1) % queue->size;
        queue->n += queue->n < queue->size;
    }
}

static void stop(struct sampler *sampler)
{
    struct queue *queue = sampler->state;
    if (queue != NULL)
        free(queue->rows);
    free(queue);
}

const struct sampler_kind sampler_queue = {
    .name = "queue", .help = "the candidates of the last batches, through the tower of today", .args = args, .start = start, .size = size,
    .draw = draw, .probability = sampler_share, .note = note, .stop = stop,
};
