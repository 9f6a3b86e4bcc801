// The scores of a batch and the gradients of its vectors, tile by tile; what scores come to is the loss kind's (loss_row.h).
//
// Scores live in a tile of a few rows that stays in cache between the product, the kind's work and the two products of
// the gradient. Queries are cut into slabs, each with its own sum for the candidates' gradient; the slabs depend on the shape of the
// batch alone and are added in order, so the result has the same bytes with any number of threads.
//
// Only shared negatives are columns of a tile. Positives that are not shared and negatives of one query only cost an inner product each.
#include <math.h>
#include <string.h>

#include "common/math/matrix.h"
#include "common/math/rows.h"
#include "common/math/simd.h"
#include "common/math/update.h"
#include "common/model/loss_row.h"

enum {
    SLABS_MAX = 32, SLAB_ROWS_MAX = 128, SLAB_ROWS_MIN = 32, SLABS_FLOATS = 1 << 26,
    TILE_ROWS_MAX = 128, TILE_FLOATS = 1 << 18, WIDE_ROWS = 64, WIDE_FLOATS = 1 << 24, CHUNK = 1 << 14,
};

// The examples by query: those of query u are [starts[u], starts[u + 1]), candidates rising, each once.
struct examples {
    size_t *starts;        // (n_queries + 1)
    uint32_t *candidate;   // (n)
    double *weight;        // (n)
};

// Scratch of one thread.
struct bench {
    float *tile;           // (tile_rows, heads, columns)
    float *best;           // (columns) of the heads; NULL if there is one
    uint32_t *which;       // (columns) the head that is best
    struct loss_row row;
    float *score, *own_score, *own_times;  // (most positives; most own, whole lanes)
    bool *among;
    uint32_t *head, *own_head;
};

struct work {
    struct loss_tiles tiles;
    struct examples examples;
    size_t most_positives, most_own;   // of a query
    float *own_minus_log_q;            // beside the batch's own; NULL if there are none
    bool apart;            // there are scores outside the tiles
    float by;              // of the gradients
    size_t n_slabs, tile_rows;
    struct bench *benches; // (threads)
    float **d_candidate;   // (n_slabs)(n_candidates, dim); the first is the batch's
    double *losses;        // (n_slabs)
};

static size_t slab_start(const struct work *w, size_t slab)
{
    return w->tiles.batch->n_queries * slab / w->n_slabs;
}

// Orders places by key, stably. counts: (n_keys + 2), out: the first place of each key.
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

// Merges the examples with the same query and candidate, and gives those of a query with n examples the weight n^(power - 1). Also
// counts how often each candidate occurs, into occurrences (n_candidates + 2): those of c are [c], [c + 1]) of it.
//   returns  the sum of n^power over the queries: the number of examples, if power is 1
static double sort_examples(struct work *w, struct arena *scratch, size_t *occurrences)
{
    const struct loss_batch *b = w->tiles.batch;
    uint32_t *by_candidate = arena_array(scratch, b->n, sizeof *by_candidate);
    uint32_t *sorted = arena_array(scratch, b->n, sizeof *sorted);
    struct examples *e = &w->examples;
    double power = loss_arg(w->tiles.loss, "power", 1), whole = 0;
    e->starts = arena_array(scratch, b->n_queries + 2, sizeof *e->starts);
    e->candidate = arena_array(scratch, b->n, sizeof *e->candidate);
    e->weight = arena_array(scratch, b->n, sizeof *e->weight);
    counting_sort(b->candidate_of, b->n_candidates, NULL, b->n, occurrences, by_candidate);
    counting_sort(b->query_of, b->n_queries, by_candidate, b->n, e->starts, sorted);

    size_t out = 0;
    for (size_t u = 0, i = 0; u < b->n_queries; u++) {
        size_t first = out, end = e->starts[u + 1];
        double count = (double)(end - i), factor = power == 1 || end == i ? 1 : pow(count, power - 1);
        whole += count * factor;
        for (; i < end; i++) {
            uint32_t c = b->candidate_of[sorted[i]];
            double weight = (b->weight != NULL ? (double)b->weight[sorted[i]] : 1) * factor;
            if (out > first && e->candidate[out - 1] == c) {
                e->weight[out - 1] += weight;
                continue;
            }
            e->candidate[out] = c;
            e->weight[out++] = weight;
        }
        e->starts[u] = first;
        w->most_positives = out - first > w->most_positives ? out - first : w->most_positives;
    }
    e->starts[b->n_queries] = out;
    return whole;
}

static float minus_log(float probability)
{
    return -logf(fminf(fmaxf(probability, 1e-6f), 1));
}

static void prepare_candidates(struct loss_tiles *t, struct arena *scratch, const size_t *occurrences)
{
    const struct loss_batch *b = t->batch;
    t->shared = b->n_candidates - b->n_apart;
    t->columns = lanes_up(t->shared);
    t->among = b->times == NULL || b->among;
    t->bias = arena_array(scratch, t->columns, sizeof *t->bias);
    t->times = arena_zeros(scratch, t->columns, sizeof *t->times);
    t->log_times = arena_zeros(scratch, t->columns, sizeof *t->log_times);
    t->minus_log_q = arena_zeros(scratch, b->n_candidates, sizeof *t->minus_log_q);
    for (size_t c = 0; b->probability != NULL && c < b->n_candidates; c++)
        t->minus_log_q[c] = minus_log(b->probability[c]);
    for (size_t c = 0; c < t->shared; c++) {
        double times = b->times != NULL ? b->times[c] : (double)(occurrences[c + 1] - occurrences[c]);
        t->times[c] = (float)times;
        t->log_times[c] = log(times);
        t->bias[c] = (float)t->log_times[c] + t->minus_log_q[c];
        t->total += times;
    }
    for (size_t c = t->shared; c < t->columns; c++)
        t->bias[c] = -INFINITY;
    t->draws = arena_array(scratch, (size_t)t->total, sizeof *t->draws);
    for (size_t c = 0, i = 0; c < t->shared; c++)
        for (float k = 0; k < t->times[c]; k++)
            t->draws[i++] = (uint32_t)c;
}

static void prepare_own(struct work *w, struct arena *scratch)
{
    const struct loss_batch *b = w->tiles.batch;
    if (b->own_starts == NULL)
        return;
    size_t n = b->own_starts[b->n_queries];
    w->own_minus_log_q = arena_zeros(scratch, n, sizeof *w->own_minus_log_q);
    for (size_t i = 0; b->own_probability != NULL && i < n; i++)
        w->own_minus_log_q[i] = minus_log(b->own_probability[i]);
    for (size_t u = 0; u < b->n_queries; u++) {
        size_t own = b->own_starts[u + 1] - b->own_starts[u];
        w->most_own = own > w->most_own ? own : w->most_own;
    }
}

static struct bench new_bench(const struct work *w, struct arena *scratch)
{
    const struct loss_tiles *t = &w->tiles;
    size_t columns = t->columns, n = w->most_positives, spare = columns > n ? columns : n;
    struct bench bench = {.tile = arena_array(scratch, w->tile_rows * t->heads * columns, sizeof(float))};
    for (size_t line = 0; line < w->tile_rows * t->heads; line++)  // the products leave the padding alone
        memset(bench.tile + line * columns + t->shared, 0, (columns - t->shared) * sizeof(float));
    if (t->heads > 1) {
        bench.best = arena_zeros(scratch, columns, sizeof(float));
        bench.which = arena_zeros(scratch, columns, sizeof(uint32_t));
    }
    bench.score = arena_array(scratch, n, sizeof *bench.score);
    bench.among = arena_array(scratch, n, sizeof *bench.among);
    bench.head = arena_array(scratch, n, sizeof *bench.head);
    bench.own_score = arena_array(scratch, lanes_up(w->most_own), sizeof *bench.own_score);
    bench.own_times = arena_array(scratch, lanes_up(w->most_own), sizeof *bench.own_times);
    bench.own_head = arena_array(scratch, w->most_own, sizeof *bench.own_head);
    bench.row = (struct loss_row){
        .score = bench.score, .among = bench.among, .d = arena_array(scratch, n, sizeof(float)), .own_score = bench.own_score,
        .own_times = bench.own_times, .d_own = arena_array(scratch, lanes_up(w->most_own), sizeof(float)),
        .d_spare = arena_array(scratch, columns, sizeof(float)),
        .spare = {arena_array(scratch, spare, sizeof(double)), arena_array(scratch, spare, sizeof(double))},
        .keys = arena_array(scratch, (size_t)t->total + w->most_own, sizeof(uint64_t)),
    };
    return bench;
}

// Few rows of a wide catalogue cost more, by reading all candidates for each few, than a tile that leaves the cache: with 41,000 columns
// an epoch takes 13.6 s by 64 rows, 19.0 s by 16.
static size_t tile_rows(size_t floats_a_row)
{
    size_t rows = TILE_FLOATS / floats_a_row;
    if (rows < WIDE_ROWS)
        rows = WIDE_FLOATS / floats_a_row < WIDE_ROWS ? WIDE_FLOATS / floats_a_row : WIDE_ROWS;
    return rows > TILE_ROWS_MAX ? TILE_ROWS_MAX : rows < 16 ? 16 : rows;
}

static void prepare_slabs(struct work *w, struct arena *scratch, size_t threads)
{
    const struct loss_batch *b = w->tiles.batch;
    size_t slab_floats = b->n_candidates * b->dim, room = SLABS_FLOATS / slab_floats, rows = b->n_queries / 4;
    rows = rows < SLAB_ROWS_MIN ? SLAB_ROWS_MIN : rows > SLAB_ROWS_MAX ? SLAB_ROWS_MAX : rows;
    w->n_slabs = (b->n_queries + rows - 1) / rows;
    w->n_slabs = w->n_slabs > SLABS_MAX ? SLABS_MAX : w->n_slabs;
    w->n_slabs = w->n_slabs > room ? (room > 1 ? room : 1) : w->n_slabs;
    w->d_candidate = arena_array(scratch, w->n_slabs, sizeof *w->d_candidate);
    for (size_t s = 0; s < w->n_slabs; s++)
        w->d_candidate[s] = s == 0 ? b->d_candidate : arena_array(scratch, slab_floats, sizeof(float));
    w->losses = arena_zeros(scratch, w->n_slabs, sizeof *w->losses);

    w->apart = b->n_apart > 0 || w->most_own > 0 || w->tiles.shared == 0;
    w->tile_rows = tile_rows(w->tiles.heads * (w->tiles.columns > 0 ? w->tiles.columns : 1));
    w->benches = arena_array(scratch, threads, sizeof *w->benches);
    for (size_t i = 0; i < threads; i++)
        w->benches[i] = new_bench(w, scratch);
}

// The score of a candidate that is not in the tile.
static float apart_score(const struct work *w, size_t query, uint32_t candidate, uint32_t *head)
{
    const struct loss_batch *b = w->tiles.batch;
    const float *of_heads = b->query + query * w->tiles.heads * b->dim, *vector = b->candidate + candidate * b->dim;
    float best = rows_dot(of_heads, vector, b->dim);
    *head = 0;
    for (uint32_t h = 1; h < w->tiles.heads; h++) {
        float score = rows_dot(of_heads + h * b->dim, vector, b->dim);
        if (score > best) {
            best = score;
            *head = h;
        }
    }
    return best * w->tiles.scale;
}

static void apart_gradient(const struct work *w, size_t query, uint32_t candidate, uint32_t head, float d, float *d_candidate)
{
    const struct loss_batch *b = w->tiles.batch;
    size_t at = (query * w->tiles.heads + head) * b->dim, from = candidate * b->dim;
    update_add(b->d_query + at, b->candidate + from, b->dim, d * w->by);
    update_add(d_candidate + from, b->query + at, b->dim, d * w->by);
}

// scores (heads, columns) -> best (columns)
static void best_heads(const struct loss_tiles *t, const float *scores, float *best, uint32_t *which)
{
    memcpy(best, scores, t->columns * sizeof *best);
    memset(which, 0, t->columns * sizeof *which);
    for (uint32_t h = 1; h < t->heads; h++) {
        scores += t->columns;
        for (size_t j = 0; j < t->columns; j++)
            if (scores[j] > best[j]) {
                best[j] = scores[j];
                which[j] = h;
            }
    }
}

// d_best (columns) -> d (heads, columns)
static void spread_heads(const struct loss_tiles *t, const float *d_best, const uint32_t *which, float *d)
{
    for (uint32_t h = 0; h < t->heads; h++, d += t->columns)
        for (size_t j = 0; j < t->columns; j++)
            d[j] = which[j] == h ? d_best[j] : 0;
}

static void fill_row(const struct work *w, struct bench *bench, size_t u)
{
    const struct loss_batch *b = w->tiles.batch;
    struct loss_row *row = &bench->row;
    size_t first = w->examples.starts[u];
    row->query = u;
    row->n = w->examples.starts[u + 1] - first;
    row->candidate = w->examples.candidate + first;
    row->weight = w->examples.weight + first;
    row->met = w->tiles.total;
    for (size_t k = 0; k < row->n; k++) {
        uint32_t c = row->candidate[k];
        bench->score[k] = c < w->tiles.shared ? row->scores[c] : apart_score(w, u, c, &bench->head[k]);
    }
    for (size_t i = b->dropped_starts != NULL ? b->dropped_starts[u] : 0; b->dropped_starts != NULL && i < b->dropped_starts[u + 1]; i++) {
        row->scores[b->dropped[i]] = -INFINITY;
        row->met -= (double)w->tiles.times[b->dropped[i]];
    }
    for (size_t k = 0; k < row->n; k++)
        bench->among[k] = row->candidate[k] < w->tiles.shared && w->tiles.times[row->candidate[k]] > 0 &&
                          row->scores[row->candidate[k]] != -INFINITY;
    row->n_own = b->own_starts != NULL ? b->own_starts[u + 1] - b->own_starts[u] : 0;
    row->own_minus_log_q = b->own_starts != NULL ? w->own_minus_log_q + b->own_starts[u] : NULL;
    for (size_t j = 0; j < lanes_up(row->n_own); j++) {
        bench->own_score[j] = j < row->n_own ? apart_score(w, u, b->own[b->own_starts[u] + j], &bench->own_head[j]) : 0;
        bench->own_times[j] = j < row->n_own;
    }
    memset(row->d, 0, row->n * sizeof *row->d);
    memset(row->d_own, 0, lanes_up(row->n_own) * sizeof *row->d_own);
}

// Turns the scores of one query into their gradient, in place.
static double run_row(const struct work *w, struct bench *bench, size_t u, float *scores, float *d_candidate)
{
    const struct loss_batch *b = w->tiles.batch;
    struct loss_row *row = &bench->row;
    row->scores = w->tiles.heads > 1 ? bench->best : scores;
    if (w->tiles.heads > 1)
        best_heads(&w->tiles, scores, bench->best, bench->which);
    fill_row(w, bench, u);
    double loss = 0;
    if (row->n > 0)
        loss = w->tiles.loss->kind->row(&w->tiles, row);
    else
        memset(row->scores, 0, w->tiles.columns * sizeof *row->scores);
    if (w->tiles.heads > 1)
        spread_heads(&w->tiles, bench->best, bench->which, scores);
    for (size_t k = 0; k < row->n; k++)
        if (row->candidate[k] >= w->tiles.shared)
            apart_gradient(w, u, row->candidate[k], bench->head[k], row->d[k], d_candidate);
    for (size_t j = 0; j < row->n_own; j++)
        apart_gradient(w, u, b->own[b->own_starts[u] + j], bench->own_head[j], row->d_own[j], d_candidate);
    return loss;
}

static void run_slab(void *context, size_t slab, size_t worker)
{
    const struct work *w = context;
    const struct loss_tiles *t = &w->tiles;
    const struct loss_batch *b = t->batch;
    struct bench *bench = &w->benches[worker];
    size_t dim = b->dim, ld = t->columns, start = slab_start(w, slab), end = slab_start(w, slab + 1), wide = t->heads * dim;
    float keep = w->apart, *d_candidate = w->d_candidate[slab];
    if (w->apart) {
        memset(d_candidate, 0, b->n_candidates * dim * sizeof *d_candidate);
        memset(b->d_query + start * wide, 0, (end - start) * wide * sizeof *b->d_query);
    }
    for (size_t from = start, rows; from < end; from += rows, keep = 1) {
        rows = end - from < w->tile_rows ? end - from : w->tile_rows;
        size_t lines = rows * t->heads;
        const float *query = b->query + from * wide;
        if (t->shared > 0)
            matrix_nt(lines, t->shared, dim, t->scale, query, dim, b->candidate, dim, 0, bench->tile, ld);
        for (size_t i = 0; i < rows; i++)
            w->losses[slab] += run_row(w, bench, from + i, bench->tile + i * t->heads * ld, d_candidate);
        if (t->shared > 0) {
            matrix_nn(lines, dim, t->shared, w->by, bench->tile, ld, b->candidate, dim, w->apart, b->d_query + from * wide, dim);
            matrix_tn(t->shared, dim, lines, w->by, bench->tile, ld, query, dim, keep, d_candidate, dim);
        }
    }
}

static void add_slabs(void *context, size_t chunk, size_t worker)
{
    (void)worker;
    const struct work *w = context;
    size_t n = w->tiles.batch->n_candidates * w->tiles.batch->dim, from = chunk * CHUNK, length = n - from < CHUNK ? n - from : CHUNK;
    for (size_t s = 1; s < w->n_slabs; s++)
        update_add(w->d_candidate[0] + from, w->d_candidate[s] + from, length, 1);
}

double loss_run(struct loss *loss, const struct loss_batch *batch, struct pool *pool)
{
    struct arena *scratch = &loss->scratch;
    arena_reset(scratch);
    if (batch->n == 0)
        return 0;
    struct work w = {.tiles = {.loss = loss, .batch = batch, .scale = (float)(1 / loss_arg(loss, "temperature", 1)),
                               .heads = batch->heads > 1 ? batch->heads : 1}};
    size_t *occurrences = arena_array(scratch, batch->n_candidates + 2, sizeof *occurrences);
    double whole = sort_examples(&w, scratch, occurrences), factor = batch->factor / (batch->mean ? whole : 1);
    prepare_candidates(&w.tiles, scratch, occurrences);
    w.by = (float)(factor * (double)w.tiles.scale);
    prepare_own(&w, scratch);
    prepare_slabs(&w, scratch, pool_threads(pool));
    pool_run(pool, w.n_slabs, run_slab, &w);
    pool_run(pool, (batch->n_candidates * batch->dim + CHUNK - 1) / CHUNK, add_slabs, &w);
    double sum = 0;
    for (size_t s = 0; s < w.n_slabs; s++)
        sum += w.losses[s];
    return factor * sum;
}
