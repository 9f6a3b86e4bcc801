// The softmax over the batch: every example's candidate against all candidates of the batch, as in TFRS's Retrieval task.
//
// TFRS scores B examples against B candidates. But a score depends on query and candidate only, so with m_c the times candidate c
// occurs in the batch, and s_uc = q_u . c / temperature - log(clip(q_c, 1e-6, 1)), the loss of example i = (u, c) with weight w_i is
//
//     w_i (log Z_i - s_uc),    Z_i = sum over candidates c' of m_c' exp(s_uc')
//
// which runs over distinct rows and is the same number. Without accidental hits, the other m_c - 1 occurrences of c are left out:
//
//     Z_i = Z_u - (m_c - 1) exp(s_uc)
//
// Z_u is at most m_c Z_i, so the subtraction loses a factor of m_c at most. The exponentials are floats, but the very float that
// is subtracted is in the sum, and sum and difference are doubles: the relative error of Z_i is below m_c n 1e-16, less
// than the floats' own. The gradient with respect to s_uc is, with A_u = sum over the examples of u of w_i / Z_i,
//
//     m_c exp(s_uc) A_u, and at an example's own candidate   - w_i - (m_c - 1) exp(s_uc) w_i / Z_i
//
// The logit in the loss is made of the float that the exponential is taken of, so that a loss near 0 is the difference of equal numbers.
// log m_c goes into the bias with the log-q correction, and examples with the same query and candidate are merged beforehand.
//
// Scores live in a tile of a few rows that stays in cache between the product, the exponentials and the two products of
// the gradient. Queries are cut into slabs, each with its own sum for the candidates' gradient; the slabs depend on the shape of the
// batch alone and are added in order, so the result has the same bytes with any number of threads.
#include <math.h>
#include <string.h>

#include "common/math/matrix.h"
#include "common/math/simd.h"
#include "common/math/softmax.h"
#include "common/math/update.h"
#include "common/model/loss.h"
#include "common/model/loss_softmax_pairs.h"

enum { TEMPERATURE, HARD };

static const struct kind_arg args[] = {
    {"temperature", KIND_REAL, 1, 1e-6, 1e6, "scores are divided by it"},
    {"hard", KIND_COUNT, 0, 0, 1 << 24, "keep so many of the highest negatives of a row; 0: all"},
    {0},
};

enum { SLABS_MAX = 32, SLAB_ROWS = 128, TILE_ROWS_MAX = 128, TILE_FLOATS = 1 << 17, SLABS_FLOATS = 1 << 26, CHUNK = 1 << 14 };

// The examples by query: those of query u are [starts[u], starts[u + 1]), candidates rising, each once.
struct examples {
    size_t *starts;        // (n_queries + 1)
    uint32_t *candidate;   // (n)
    double *weight;        // (n)
};

struct work {
    const struct loss_batch *batch;
    float scale;
    size_t columns;        // n_candidates, whole lanes
    float *bias;           // (columns): - log q + log m; minus infinity in the padding
    double *log_m;         // (columns)
    double *share;         // (columns): (m - 1) / m if hits are removed, else 0
    struct examples examples;
    size_t n_slabs, tile_rows;
    float **tiles;         // (threads)(tile_rows, columns)
    double **spare;        // (threads)(columns, 2)
    float **d_candidate;   // (n_slabs)(n_candidates, dim); the first is the batch's
    double *losses;        // (n_slabs)
};

static size_t slab_start(const struct work *w, size_t slab)
{
    return w->batch->n_queries * slab / w->n_slabs;
}

// Orders places by key, stably. counts: (n_keys + 1), out: the first place of each key.
static void counting_sort(const uint32_t *keys, size_t n_keys, const uint32_t *places, size_t n, size_t *counts, uint32_t *sorted)
{
    memset(counts, 0, (n_keys + 2) * sizeof *counts);
    for (size_t i = 0; i < n; i++)
        counts[keys[i] + 2]++;
    for (size_t k = 2; k <= n_keys + 1; k++)
        counts[k] += counts[k - 1];
    for (size_t i = 0; i < n; i++) {
        uint32_t place = places != NULL ? places[i] : (uint32_t)i;
        sorted[counts[keys[place] + 1]++] = place;
    }
}

// Also counts how often each candidate occurs, into occurrences (n_candidates + 2): those of c are [c], [c + 1]) of it.
static void sort_examples(struct work *w, struct arena *scratch, size_t *occurrences)
{
    const struct loss_batch *b = w->batch;
    uint32_t *by_candidate = arena_array(scratch, b->n, sizeof *by_candidate);
    uint32_t *sorted = arena_array(scratch, b->n, sizeof *sorted);
    struct examples *e = &w->examples;
    e->starts = arena_array(scratch, b->n_queries + 2, sizeof *e->starts);
    e->candidate = arena_array(scratch, b->n, sizeof *e->candidate);
    e->weight = arena_array(scratch, b->n, sizeof *e->weight);
    counting_sort(b->candidate_of, b->n_candidates, NULL, b->n, occurrences, by_candidate);
    counting_sort(b->query_of, b->n_queries, by_candidate, b->n, e->starts, sorted);

    size_t out = 0;
    for (size_t u = 0, i = 0; u < b->n_queries; u++) {
        size_t first = out, end = e->starts[u + 1];
        for (; i < end; i++) {
            uint32_t c = b->candidate_of[sorted[i]];
            double weight = b->weight != NULL ? b->weight[sorted[i]] : 1;
            if (out > first && e->candidate[out - 1] == c) {
                e->weight[out - 1] += weight;
                continue;
            }
            e->candidate[out] = c;
            e->weight[out++] = weight;
        }
        e->starts[u] = first;
    }
    e->starts[b->n_queries] = out;
}

static void prepare_candidates(struct work *w, struct arena *scratch, const size_t *occurrences)
{
    const struct loss_batch *b = w->batch;
    w->columns = lanes_up(b->n_candidates);
    w->bias = arena_array(scratch, w->columns, sizeof *w->bias);
    w->log_m = arena_zeros(scratch, w->columns, sizeof *w->log_m);
    w->share = arena_zeros(scratch, w->columns, sizeof *w->share);
    for (size_t c = 0; c < b->n_candidates; c++) {
        double m = (double)(occurrences[c + 1] - occurrences[c]);
        w->log_m[c] = log(m);
        w->bias[c] = (float)w->log_m[c];
        if (b->probability != NULL)
            w->bias[c] -= logf(fminf(fmaxf(b->probability[c], 1e-6f), 1));
        if (b->remove_hits)
            w->share[c] = (m - 1) / m;
    }
    for (size_t c = b->n_candidates; c < w->columns; c++)
        w->bias[c] = -INFINITY;
}

static void prepare_slabs(struct work *w, struct arena *scratch, size_t threads)
{
    const struct loss_batch *b = w->batch;
    size_t slab_floats = b->n_candidates * b->dim, room = SLABS_FLOATS / slab_floats;
    w->n_slabs = (b->n_queries + SLAB_ROWS - 1) / SLAB_ROWS;
    w->n_slabs = w->n_slabs > SLABS_MAX ? SLABS_MAX : w->n_slabs;
    w->n_slabs = w->n_slabs > room ? (room > 1 ? room : 1) : w->n_slabs;
    w->d_candidate = arena_array(scratch, w->n_slabs, sizeof *w->d_candidate);
    for (size_t s = 0; s < w->n_slabs; s++)
        w->d_candidate[s] = s == 0 ? b->d_candidate : arena_array(scratch, slab_floats, sizeof(float));
    w->losses = arena_zeros(scratch, w->n_slabs, sizeof *w->losses);

    w->tile_rows = TILE_FLOATS / w->columns;
    w->tile_rows = w->tile_rows > TILE_ROWS_MAX ? TILE_ROWS_MAX : w->tile_rows < 16 ? 16 : w->tile_rows;
    w->tiles = arena_array(scratch, threads, sizeof *w->tiles);
    w->spare = arena_array(scratch, threads, sizeof *w->spare);
    for (size_t t = 0; t < threads; t++) {
        w->tiles[t] = arena_zeros(scratch, w->tile_rows * w->columns, sizeof **w->tiles);
        w->spare[t] = arena_array(scratch, 2 * w->columns, sizeof **w->spare);
    }
}

// Turns the scores of query u into the gradient with respect to the logits; returns the query's loss.
//   exps  (columns)  scratch: exponentials of the examples' candidates
//   ratios (columns)  scratch: w / Z
static double row_gradient(const struct work *w, size_t u, float *row, double *exps, double *ratios)
{
    size_t first = w->examples.starts[u], n = w->examples.starts[u + 1] - first;
    const uint32_t *candidate = w->examples.candidate + first;
    const double *weight = w->examples.weight + first;

    float max = softmax_max(row, w->bias, w->columns);
    for (size_t k = 0; k < n; k++)
        exps[k] = (double)(row[candidate[k]] + w->bias[candidate[k]] - max) - w->log_m[candidate[k]];
    double sum = softmax_exp(row, w->bias, max, w->columns), total = 0, loss = 0;
    for (size_t k = 0; k < n; k++) {
        double logit = exps[k];
        exps[k] = row[candidate[k]];
        double z = sum - exps[k] * w->share[candidate[k]];
        ratios[k] = weight[k] / z;
        total += ratios[k];
        loss += weight[k] * (log(z) - logit);
    }
    softmax_scale(row, (float)total, w->columns);
    for (size_t k = 0; k < n; k++)
        row[candidate[k]] = (float)(exps[k] * (total - ratios[k] * w->share[candidate[k]]) - weight[k]);
    return loss;
}

static void run_slab(void *context, size_t slab, size_t worker)
{
    const struct work *w = context;
    const struct loss_batch *b = w->batch;
    size_t dim = b->dim, m = b->n_candidates, ld = w->columns, end = slab_start(w, slab + 1);
    float *tile = w->tiles[worker], by = (float)(b->factor * (double)w->scale), keep = 0;
    for (size_t from = slab_start(w, slab), rows; from < end; from += rows, keep = 1) {
        rows = end - from < w->tile_rows ? end - from : w->tile_rows;
        const float *query = b->query + from * dim;
        matrix_nt(rows, m, dim, w->scale, query, dim, b->candidate, dim, 0, tile, ld);
        for (size_t i = 0; i < rows; i++)
            w->losses[slab] += row_gradient(w, from + i, tile + i * ld, w->spare[worker], w->spare[worker] + ld);
        matrix_nn(rows, dim, m, by, tile, ld, b->candidate, dim, 0, b->d_query + from * dim, dim);
        matrix_tn(m, dim, rows, by, tile, ld, query, dim, keep, w->d_candidate[slab], dim);
    }
}

static void add_slabs(void *context, size_t chunk, size_t worker)
{
    (void)worker;
    const struct work *w = context;
    size_t n = w->batch->n_candidates * w->batch->dim, from = chunk * CHUNK, length = n - from < CHUNK ? n - from : CHUNK;
    for (size_t s = 1; s < w->n_slabs; s++)
        update_add(w->d_candidate[0] + from, w->d_candidate[s] + from, length, 1);
}

static double run_distinct(struct loss *loss, const struct loss_batch *batch, struct pool *pool)
{
    struct arena *scratch = &loss->scratch;
    struct work w = {.batch = batch, .scale = (float)(1 / loss->args[TEMPERATURE])};
    size_t *occurrences = arena_array(scratch, batch->n_candidates + 2, sizeof *occurrences);
    sort_examples(&w, scratch, occurrences);
    prepare_candidates(&w, scratch, occurrences);
    prepare_slabs(&w, scratch, pool_threads(pool));
    pool_run(pool, w.n_slabs, run_slab, &w);
    pool_run(pool, (batch->n_candidates * batch->dim + CHUNK - 1) / CHUNK, add_slabs, &w);
    double sum = 0;
    for (size_t s = 0; s < w.n_slabs; s++)
        sum += w.losses[s];
    return batch->factor * sum;
}

// Rows of `from` side by side: to[i] = from[places[i]].
static float *expand(struct arena *scratch, const float *from, const uint32_t *places, size_t n, size_t dim)
{
    float *to = arena_array(scratch, n * dim, sizeof *to);
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * dim, from + places[i] * dim, dim * sizeof *to);
    return to;
}

static void collect(float *to, size_t n_to, const float *d, const uint32_t *places, size_t n, size_t dim)
{
    memset(to, 0, n_to * dim * sizeof *to);
    for (size_t i = 0; i < n; i++)
        update_add(to + places[i] * dim, d + i * dim, dim, 1);
}

// Which negatives are hard depends on the multiplicities too, so the table of examples is made as TFRS makes it.
static double run_hard(struct loss *loss, const struct loss_batch *b)
{
    struct arena *scratch = &loss->scratch;
    struct softmax_pairs pairs = {
        .n = b->n, .heads = 1, .m = b->n, .dim = b->dim, .weight = b->weight, .hits = b->remove_hits ? b->candidate_of : NULL,
        .temperature = loss->args[TEMPERATURE], .hard = (size_t)loss->args[HARD], .factor = b->factor,
        .query = expand(scratch, b->query, b->query_of, b->n, b->dim),
        .candidate = expand(scratch, b->candidate, b->candidate_of, b->n, b->dim),
        .probability = b->probability != NULL ? expand(scratch, b->probability, b->candidate_of, b->n, 1) : NULL,
        .d_query = arena_array(scratch, b->n * b->dim, sizeof(float)), .d_candidate = arena_array(scratch, b->n * b->dim, sizeof(float)),
    };
    double sum = softmax_pairs(&pairs, scratch);
    collect(b->d_query, b->n_queries, pairs.d_query, b->query_of, b->n, b->dim);
    collect(b->d_candidate, b->n_candidates, pairs.d_candidate, b->candidate_of, b->n, b->dim);
    return sum;
}

static double run(struct loss *loss, const struct loss_batch *batch, struct pool *pool)
{
    arena_reset(&loss->scratch);
    if (batch->n == 0)
        return 0;
    return loss->args[HARD] > 0 ? run_hard(loss, batch) : run_distinct(loss, batch, pool);
}

const struct loss_kind loss_softmax = {
    .name = "softmax", .help = "cross-entropy of an example's candidate against the candidates of the batch", .args = args, .run = run,
};
