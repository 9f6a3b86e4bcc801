#include "common/evaluation/similar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/stream/names.h"
#include "common/stream/reader.h"

// Whether the frame has vectors of candidates.
static bool has_vectors(const struct frame *frame, const char *candidates)
{
    size_t column = schema_find(frame->schema, "vector");
    bool table = is_table(frame, candidates) || is_index_table(frame->schema->table);
    if (!table || column == SIZE_MAX)
        return false;
    struct type type = frame->schema->columns[column].type;
    return type_is_vector(type);
}

static void normalise(float *vector, size_t dim, const char *source, size_t row)
{
    double squares = 0;
    for (size_t d = 0; d < dim; d++)
        squares += (double)vector[d] * vector[d];
    if (!isfinite(squares))
        die(EXIT_INPUT, "%s: vector %zu is not finite", source, row);
    for (size_t d = 0; d < dim && squares > 0; d++)
        vector[d] = (float)(vector[d] / sqrt(squares));
}

float *similar_vectors(const char *path, const char *candidates, size_t n, size_t *dim)
{
    struct reader *in = reader_open(path);
    const char *source = reader_name(in);
    struct frame frame;
    float *vectors = NULL;
    size_t rows = 0, capacity = 0;
    *dim = 0;
    while (reader_next(in, &frame)) {
        if (!has_vectors(&frame, candidates))
            continue;
        size_t column = schema_find(frame.schema, "vector"), own = frame.schema->columns[column].type.dim;
        if (frame.rows == 0) {  // a table is announced: the last one counts
            *dim = own;
            rows = 0;
            continue;
        }
        vectors = memory_grow(vectors, &capacity, (rows + frame.rows) * own, sizeof *vectors);
        memcpy(vectors + rows * own, frame.cells[column].values, frame.rows * own * sizeof *vectors);
        rows += frame.rows;
    }
    if (*dim == 0)
        die(EXIT_INPUT, "%s: no vectors of candidates: wanted the column \"vector\" in table %s or in an index", source, quoted_text(candidates));
    if (rows != n)
        die(EXIT_INPUT, "%s: %zu vectors, but there are %zu candidates", source, rows, n);
    for (size_t i = 0; i < n; i++)
        normalise(vectors + i * *dim, *dim, source, i);
    reader_close(in);
    return vectors;
}
