#include "common/index/metric.h"

#include <math.h>
#include <string.h>

enum { COPIES_MAX = 16, METRICS = 3 };
static const char *const names[METRICS] = {[INDEX_INNER] = "inner", [INDEX_COSINE] = "cosine", [INDEX_L2] = "l2"};

bool metric_parse(const char *name, enum index_metric *metric)
{
    for (size_t i = 0; i < METRICS; i++)
        if (strcmp(names[i], name) == 0) {
            *metric = (enum index_metric)i;
            return true;
        }
    return false;
}

const char *metric_name(enum index_metric metric)
{
    return names[metric];
}

static size_t copies(size_t dim)
{
    return dim / 4 + 1 < COPIES_MAX ? dim / 4 + 1 : COPIES_MAX;
}

size_t metric_width(enum index_metric metric, size_t dim)
{
    return metric == INDEX_L2 ? dim + copies(dim) : dim;
}

static double squares_of(const float *x, size_t n)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (double)x[i] * (double)x[i];
    return squares;
}

float metric_weight(const float *vectors, size_t rows, size_t dim)
{
    float weight = rows * dim > 0 ? (float)sqrt(squares_of(vectors, rows * dim) / (double)(rows * dim)) : 0;
    return weight > 0 && isfinite(weight) ? weight : 1;
}

static void with_copies(const struct index *index, const float *vector, double more, float *out)
{
    memcpy(out, vector, index->dim * sizeof *out);
    for (size_t i = index->dim; i < index->width; i++)
        out[i] = (float)more;
}

void metric_direction(const float *vector, size_t dim, float *out)
{
    double squares = squares_of(vector, dim), by = squares > 0 ? 1 / sqrt(squares) : 0;
    for (size_t i = 0; i < dim; i++)
        out[i] = (float)((double)vector[i] * by);
}

void metric_rows(const struct index *index, const float *vectors, size_t rows, float *out)
{
    for (size_t r = 0; r < rows && index->metric == INDEX_COSINE; r++)
        metric_direction(vectors + r * index->dim, index->dim, out + r * index->dim);
    for (size_t r = 0; r < rows && index->metric == INDEX_L2; r++) {
        const float *vector = vectors + r * index->dim;
        with_copies(index, vector, -squares_of(vector, index->dim) / 2 / (double)index->weight / (double)copies(index->dim), out + r * index->width);
    }
}

void metric_queries(const struct index *index, const float *queries, size_t n, float *out)
{
    if (index->metric == INDEX_COSINE)
        metric_rows(index, queries, n, out);
    for (size_t i = 0; i < n && index->metric == INDEX_L2; i++)
        with_copies(index, queries + i * index->dim, (double)index->weight, out + i * index->width);
}

void metric_row_to_query(const struct index *index, float *row)
{
    for (size_t i = index->dim; i < index->width; i++)
        row[i] = index->weight;
}

struct scoring metric_scoring(const struct index *index)
{
    return (struct scoring){.width = index->width, .near = index->metric == INDEX_L2 ? index->dim : 0};
}
