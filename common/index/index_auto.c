// Not a kind that is ever loaded: it becomes ivf at its 20,000th row, if a recall below 1 will do, else flat.
#include <stdlib.h>
#include <string.h>

#include "common/index/index.h"

enum { FLAT_ROWS_MAX = 20000 };

struct waiting {
    float *vectors;           // (rows, dim)
    size_t capacity;
};

static void become(struct index *index, const struct index_kind *kind, size_t rows, struct writer *out)
{
    struct waiting *waiting = index->state;
    index->kind = kind;
    index->state = NULL;
    index->rows = 0;
    kind->put(index, waiting->vectors, rows, out);
    free(waiting->vectors);
    free(waiting);
}

static void put(struct index *index, const float *vectors, size_t rows, struct writer *out)
{
    struct waiting *waiting = index->state;
    size_t before = index->rows, n = before + rows;
    if (waiting == NULL)
        index->state = waiting = memory_zeros(1, sizeof *waiting);
    waiting->vectors = memory_grow(waiting->vectors, &waiting->capacity, n * index->width + 1, sizeof *waiting->vectors);
    memcpy(waiting->vectors + before * index->width, vectors, rows * index->width * sizeof *vectors);
    if (index->recall >= 1)
        become(index, &index_flat, n, out);
    else if (n >= FLAT_ROWS_MAX)
        become(index, &index_ivf, n, out);
    index->rows = before;
}

static void end(struct index *index, struct writer *out)
{
    size_t rows = index->rows;
    if (index->state == NULL)
        index->state = memory_zeros(1, sizeof(struct waiting));
    become(index, &index_flat, rows, out);
    index->rows = rows;
    index->kind->end(index, out);
}

const struct index_kind index_auto = {
    .name = "auto", .meaning = "flat below 20,000 rows or for a recall of 1, else ivf", .put = put, .end = end,
};
