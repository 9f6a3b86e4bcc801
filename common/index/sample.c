// Reservoir sampling (Vitter 1985): the first ones fill the places; of those behind, each takes a place with a probability that falls.
#include "common/index/sample.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/base/rng.h"

enum { SAMPLE_MAX = 4096 };

void sample_take(struct sample *sample, const struct frame *frame)
{
    size_t column = schema_find(frame->schema, "vector");
    if (column == SIZE_MAX || !type_is_vector(frame->schema->columns[column].type))
        return;
    size_t dim = sample->dim = frame->schema->columns[column].type.dim;
    const float *vectors = frame->cells[column].values;
    for (size_t i = 0; i < frame->rows; i++, sample->seen++) {
        size_t place = sample->n < SAMPLE_MAX ? sample->n : (size_t)rng_below(rng_bits(sample->seed, sample->seen, 0), sample->seen + 1);
        if (place >= SAMPLE_MAX)
            continue;
        sample->n += place == sample->n;
        sample->vectors = memory_grow(sample->vectors, &sample->capacity, sample->n * dim, sizeof *sample->vectors);
        memcpy(sample->vectors + place * dim, vectors + i * dim, dim * sizeof *vectors);
    }
}

void sample_use(const struct sample *sample, struct index *index)
{
    if (sample->n == 0 || sample->dim % index->dim != 0)
        return;
    index->queries = sample->vectors;
    index->n_queries = sample->n * (sample->dim / index->dim);
}
