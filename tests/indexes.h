// An index built into a file and mapped, for tests.
#ifndef TESTS_INDEXES_H
#define TESTS_INDEXES_H

#include "common/index/index.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"
#include "tests/unit.h"

// The vectors come in twelve parts.
static struct index *index_built(const char *kind, enum index_metric metric, const float *vectors, size_t rows, size_t dim, size_t threads, double recall,
                                 const char *path)
{
    struct index *index = index_new("candidate", index_kind(kind), "items", dim);
    struct writer *out = writer_open(path, NULL);
    index_set_metric(index, metric);
    index->pool = pool_new(threads);
    index->seed = 42;
    index->recall = recall;
    for (size_t i = 0; i < 12; i++)
        index_put(index, vectors + rows * i / 12 * dim, rows * (i + 1) / 12 - rows * i / 12, NULL, out);
    index_end(index, out);
    writer_end(out);
    pool_free(index->pool);
    index_free(index);
    struct reader *in = reader_map(path);
    index = index_load(NULL);
    struct frame frame;
    while (reader_next(in, &frame))
        CHECK(index_takes(index, &frame, true));
    index_ready(index, path);
    EQUAL(index->rows, rows);
    return index;
}

static const char *index_path(const char *name)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/%s.%ld", name, (long)getpid());
    return path;
}

#endif
