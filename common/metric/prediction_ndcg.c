// NDCG with graded labels: a query's rows by prediction, the one at place i, from 0, gains (2^label - 1) / log2(i + 2); of the gain of
// the rows by label (Burges et al. 2005; as TensorFlow Ranking's NDCGMetric). Rows with equal predictions share the places they have
// together, so their order does not matter (McSherry and Najork, ECIR 2008). A query without any gain does not count, nor one with a
// label below 0 or above 60.
#include "common/metric/prediction.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/arena.h"

struct graded {
    double by, gain;
};

static int falling(const void *a, const void *b)
{
    const struct graded *x = a, *y = b;
    return x->by > y->by ? -1 : x->by < y->by;
}

static double gain_of(struct graded *rows, size_t n, size_t k)
{
    qsort(rows, n, sizeof *rows, falling);
    double sum = 0;
    for (size_t i = 0, end; i < n && i < k; i = end) {
        double gain = 0, discount = 0;
        for (end = i; end < n && rows[end].by == rows[i].by; end++) {
            gain += rows[end].gain;
            discount += end < k ? 1 / log2((double)end + 2) : 0;
        }
        sum += gain / (double)(end - i) * discount;
    }
    return sum;
}

static void measure(const struct prediction_rows *query, size_t k, double *value, double *weight)
{
    size_t n = query->n;
    struct graded *rows = memory_zeros(n, sizeof *rows);
    bool fit = true;
    for (size_t i = 0; i < n; i++) {
        fit &= query->labels[i] >= 0 && query->labels[i] <= 60;
        rows[i] = (struct graded){query->scores[i], exp2(query->labels[i]) - 1};
    }
    k = k == 0 ? n : k;
    double gain = gain_of(rows, n, k);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct graded){query->labels[i], exp2(query->labels[i]) - 1};
    double ideal = gain_of(rows, n, k);
    free(rows);
    *weight = fit && ideal > 0;
    *value = fit && ideal > 0 ? gain / ideal : 0;
}

const struct prediction_kind prediction_ndcg = {
    .name = "ndcg", .meaning = "gain 2^label - 1 of a query's rows by prediction, of the ideal order's", .at_k = true, .measure = measure,
};
