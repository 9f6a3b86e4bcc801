// Item-kNN: what is taken together. The similarity of two candidates is the cosine of who took them, shrunk where few did:
// both / (sqrt(n_i n_j) + shrink). Each candidate keeps the `neighbours` others most like it (ties to the lower row), and its score for a
// query is the sum of the similarities of those that the query took. Source: Sarwar et al., "Item-based Collaborative Filtering
// Recommendation Algorithms", WWW 2001; the shrinkage and the sum as in Ferrari Dacrema et al., RecSys 2019.
//
// The defaults are the best or within 1 % of it on validation parts of MovieLens 100K, 1M and MovieTweetings.
//
// Time: the sum over queries of the square of what each took. Memory: 16 bytes a neighbour, 4 an interaction.
#include <math.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/metric/baseline.h"

struct neighbour {
    uint32_t row;
    float similarity;
};

struct knn {
    size_t *begins;                // (n + 1) into `of`
    struct neighbour *of;          // of candidate i: those that have i among their neighbours, rising
};

struct knn_args {
    size_t neighbours;
    double shrink;
};

struct counting {
    const struct baseline_data *data;
    struct knn_args args;
    size_t *begins;                // (n_candidates + 1) into queries
    uint32_t *queries;             // who took each candidate
    uint32_t **both;               // (threads) each (n_candidates) zeros between uses
    struct neighbour **found;      // (threads) each (n_candidates)
    struct neighbour *nearest;     // (n_candidates, neighbours)
    uint32_t *n_nearest;           // (n_candidates)
};

static struct knn_args read_args(const struct call *call)
{
    call_known(call, "neighbours, shrink", 0);
    return (struct knn_args){call_count(call, "neighbours", 100, 1, 1 << 20), call_real(call, "shrink", 10, 0, 1e9)};
}

static void check(const struct call *call)
{
    (void)read_args(call);
}

static size_t kept(const struct call *call, const struct baseline_data *data)
{
    size_t neighbours = read_args(call).neighbours;
    return neighbours < data->n_candidates ? neighbours : data->n_candidates;
}

static double bytes(const struct call *call, const struct baseline_data *data)
{
    return 16. * (double)data->n_candidates * (double)kept(call, data) + 4. * (double)data->lists[data->n_queries];
}

// Who took each candidate.
static void turn(struct counting *c)
{
    const struct baseline_data *data = c->data;
    size_t n = data->lists[data->n_queries];
    c->begins = memory_zeros(data->n_candidates + 2, sizeof *c->begins);
    c->queries = memory_zeros(n, sizeof *c->queries);
    for (size_t i = 0; i < n; i++)
        c->begins[data->taken[i] + 2]++;
    for (size_t i = 2; i < data->n_candidates + 2; i++)
        c->begins[i] += c->begins[i - 1];
    for (size_t q = 0; q < data->n_queries; q++)
        for (size_t i = data->lists[q]; i < data->lists[q + 1]; i++)
            c->queries[c->begins[data->taken[i] + 1]++] = (uint32_t)q;
}

static int by_similarity(const void *a, const void *b)
{
    const struct neighbour *x = a, *y = b;
    if (x->similarity != y->similarity)
        return x->similarity < y->similarity ? 1 : -1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void find_nearest(void *context, size_t item, size_t worker)
{
    struct counting *c = context;
    const struct baseline_data *data = c->data;
    uint32_t *both = c->both[worker];
    struct neighbour *found = c->found[worker];
    size_t n = 0;
    for (size_t at = c->begins[item]; at < c->begins[item + 1]; at++) {
        uint32_t query = c->queries[at];
        for (size_t i = data->lists[query]; i < data->lists[query + 1]; i++)
            if (both[data->taken[i]]++ == 0)
                found[n++].row = data->taken[i];
    }
    size_t others = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t row = found[i].row;
        double own = (double)(c->begins[item + 1] - c->begins[item]), its = (double)(c->begins[row + 1] - c->begins[row]);
        float similarity = (float)(both[row] / (sqrt(own * its) + c->args.shrink));
        both[row] = 0;
        if (row != item)
            found[others++] = (struct neighbour){row, similarity};
    }
    qsort(found, others, sizeof *found, by_similarity);
    size_t keep = others < c->args.neighbours ? others : c->args.neighbours;
    for (size_t i = 0; i < keep; i++)
        c->nearest[item * c->args.neighbours + i] = found[i];
    c->n_nearest[item] = (uint32_t)keep;
}

// From who is near each candidate to whom each candidate is near.
static struct knn *turn_nearest(const struct counting *c)
{
    size_t n = c->data->n_candidates, sum = 0;
    struct knn *knn = memory_zeros(1, sizeof *knn);
    knn->begins = memory_zeros(n + 2, sizeof *knn->begins);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < c->n_nearest[i]; j++, sum++)
            knn->begins[c->nearest[i * c->args.neighbours + j].row + 2]++;
    for (size_t i = 2; i < n + 2; i++)
        knn->begins[i] += knn->begins[i - 1];
    knn->of = memory_zeros(sum, sizeof *knn->of);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < c->n_nearest[i]; j++) {
            struct neighbour near = c->nearest[i * c->args.neighbours + j];
            knn->of[knn->begins[near.row + 1]++] = (struct neighbour){(uint32_t)i, near.similarity};
        }
    return knn;
}

static void *fit(const struct call *call, const struct baseline_data *data, struct pool *pool)
{
    struct counting c = {.data = data, .args = read_args(call)};
    size_t threads = pool_threads(pool);
    c.args.neighbours = kept(call, data);
    turn(&c);
    c.both = memory_zeros(threads, sizeof *c.both);
    c.found = memory_zeros(threads, sizeof *c.found);
    for (size_t i = 0; i < threads; i++) {
        c.both[i] = memory_zeros(data->n_candidates, sizeof **c.both);
        c.found[i] = memory_zeros(data->n_candidates, sizeof **c.found);
    }
    c.nearest = memory_zeros(data->n_candidates * c.args.neighbours, sizeof *c.nearest);
    c.n_nearest = memory_zeros(data->n_candidates, sizeof *c.n_nearest);
    pool_run(pool, data->n_candidates, find_nearest, &c);
    struct knn *knn = turn_nearest(&c);
    for (size_t i = 0; i < threads; i++) {
        free(c.both[i]);
        free(c.found[i]);
    }
    free(c.both);
    free(c.found);
    free(c.nearest);
    free(c.n_nearest);
    free(c.begins);
    free(c.queries);
    return knn;
}

static void score(const void *fitted, const uint32_t *taken, size_t n, float *scores)
{
    const struct knn *knn = fitted;
    for (size_t i = 0; i < n; i++)
        for (size_t at = knn->begins[taken[i]]; at < knn->begins[taken[i] + 1]; at++)
            scores[knn->of[at].row] += knn->of[at].similarity;
}

static void end(void *fitted)
{
    struct knn *knn = fitted;
    free(knn->begins);
    free(knn->of);
    free(knn);
}

const struct baseline_kind baseline_knn = {
    .name = "knn", .arguments = "neighbours=100, shrink=10",
    .meaning = "what was taken together: cosine of who took it, summed over what the query took",
    .check = check, .bytes = bytes, .fit = fit, .score = score, .free = end,
};
