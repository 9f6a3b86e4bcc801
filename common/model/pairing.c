// Candidates stand in the order: shared negatives as they are met, then positives and examples' own negatives that are not among those.
#include "common/model/pairing.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/model/examples.h"
#include "common/model/listed.h"
#include "common/model/negatives.h"
#include "common/stream/builder.h"

struct pairing_work {
    const struct config *config;
    const struct config_task *task;
    struct negatives *negatives;
    const char *mask_column;     // NULL: none; mask = seen is mask_seen
    bool mask_seen;
    size_t table_rows[SIDES];
    struct sampler_catalogue catalogue;
    uint32_t *count;             // (catalogue.n) of the examples that take part
    size_t count_capacity;
    struct gather *seen;
    const struct cells *seen_lists;
    struct listed *listed;       // NULL: no column lists candidates
    struct places sides[SIDES];
    const uint32_t *noted;       // (n_noted) candidates of the step's examples
    size_t n_noted;
    struct arena arena, scratch; // scratch: of one step
};

struct pairing *pairing_new(const struct config *config, const struct config_task *task, const struct loss_kind *loss)
{
    struct pairing *p = memory_zeros(1, sizeof *p);
    struct pairing_work *w = p->work = memory_zeros(1, sizeof *w);
    w->config = config;
    w->task = task;
    w->negatives = negatives_new(config, task, loss);
    w->mask_seen = strcmp(task->mask, "seen") == 0;
    w->mask_column = task->mask[0] != '\0' && !w->mask_seen ? task->mask : NULL;
    if (w->mask_column != NULL || negatives_are_listed(w->negatives))
        w->listed = listed_new(config, task);
    if (w->mask_seen)
        w->seen = gather_new();
    return p;
}

static void count_example(struct pairing_work *w, uint32_t candidate, uint32_t times)
{
    if (candidate >= INT32_MAX)
        return;  // no table has such a row: the batch that refers to it will be refused
    if (candidate >= w->count_capacity) {
        size_t before = w->count_capacity;
        w->count = memory_grow(w->count, &w->count_capacity, (size_t)candidate + 1, sizeof *w->count);
        memset(w->count + before, 0, (w->count_capacity - before) * sizeof *w->count);
    }
    w->count[candidate] += times;
}

static void take_candidates(struct pairing_work *w, const struct frame *frame)
{
    size_t before = w->catalogue.n;
    w->catalogue.n += frame->rows;
    if (w->task->where == NULL) {
        const uint32_t *count = frame_column(frame, "count", "u32")->values;
        for (size_t i = 0; i < frame->rows; i++)
            count_example(w, (uint32_t)(before + i), count[i]);
    }
    if (w->listed != NULL)
        listed_candidates(w->listed, frame);
}

void pairing_takes(struct pairing *pairing, const struct frame *frame)
{
    struct pairing_work *w = pairing->work;
    if (frame->rows == 0)
        return;
    if (is_table(frame, w->config->query.table))
        w->table_rows[SIDE_QUERY] += frame->rows;
    if (is_table(frame, w->config->candidate.table))
        take_candidates(w, frame);
    if (w->seen != NULL && is_table(frame, "seen")) {
        frame_column(frame, "candidates", "u32*");
        gather_add(w->seen, frame);
    }
    if (w->task->where != NULL && is_table(frame, w->config->interactions)) {
        const bool *in = examples_in(w->task, frame, &w->scratch);
        const uint32_t *candidate = frame_column(frame, "candidate", "u32")->values;
        for (size_t i = 0; i < frame->rows; i++)
            if (in[i])
                count_example(w, candidate[i], 1);
    }
    arena_reset(&w->scratch);
}

static void start_seen(struct pairing_work *w, const char *source)
{
    const struct frame *seen = gather_frame(w->seen);
    if (seen == NULL || seen->rows != w->table_rows[SIDE_QUERY])
        die(EXIT_INPUT, "%s: table \"seen\" has %zu rows, wanted one for each of the %zu queries: run vocab first", source,
            seen != NULL ? seen->rows : 0, w->table_rows[SIDE_QUERY]);
    w->seen_lists = frame_column(seen, "candidates", "u32*");
    const uint32_t *rows = w->seen_lists->values;
    for (size_t i = 0; i < seen->rows; i++)
        for (size_t j = w->seen_lists->lists[i]; j < w->seen_lists->lists[i + 1]; j++)
            if (rows[j] >= w->catalogue.n || (j > w->seen_lists->lists[i] && rows[j] <= rows[j - 1]))
                die(EXIT_INPUT, "%s: table \"seen\": row %zu: candidate %u, wanted rising ones below %zu", source, i, rows[j], w->catalogue.n);
}

void pairing_start(struct pairing *pairing, const char *source)
{
    struct pairing_work *w = pairing->work;
    w->table_rows[SIDE_CANDIDATE] = w->catalogue.n;
    if (w->catalogue.n > 0)
        count_example(w, (uint32_t)w->catalogue.n - 1, 0);
    w->catalogue.count = w->count;
    for (size_t i = 0; i < w->catalogue.n; i++)
        w->catalogue.sum += w->count[i];
    for (size_t s = 0; s < SIDES; s++)
        w->sides[s] = places_new(w->table_rows[s], &w->arena);
    if (w->seen != NULL)
        start_seen(w, source);
    negatives_start(w->negatives, &w->catalogue);
}

static void number_queries(struct pairing *p, const struct examples *t, bool apart)
{
    struct places *queries = &p->work->sides[SIDE_QUERY];
    uint32_t *of = arena_array(&p->work->scratch, t->n, sizeof *of), *rows = arena_array(&p->work->scratch, t->n, sizeof *rows);
    queries->n = 0;
    for (size_t i = 0; i < t->n; i++) {
        of[i] = apart ? (uint32_t)i : places_of(queries, t->rows[SIDE_QUERY][i]);
        rows[of[i]] = t->at[i];
    }
    p->batch.n_queries = apart ? t->n : queries->n;
    p->batch.query_of = of;
    p->queries = apart ? t->rows[SIDE_QUERY] : queries->rows;
    p->rows = rows;
}

// The places of shared candidates among the rows, each once.
//   marks  (shared) below `mark` before
static uint32_t drop(const struct places *candidates, size_t shared, const uint32_t *rows, size_t n, uint32_t *marks, uint32_t mark,
                     uint32_t *dropped)
{
    uint32_t many = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t place = candidates->of[rows[i]];
        if (place >= shared || candidates->rows[place] != rows[i] || marks[place] == mark)
            continue;
        marks[place] = mark;
        dropped[many++] = place;
    }
    return many;
}

static void mask(struct pairing *p, const struct frame *batch, size_t shared)
{
    struct pairing_work *w = p->work;
    struct loss_batch *b = &p->batch;
    if (!w->mask_seen && w->mask_column == NULL)
        return;
    const struct cells *seen = w->seen_lists;
    size_t room = 0;
    for (size_t u = 0; seen != NULL && u < b->n_queries; u++)
        room += seen->lists[p->queries[u] + 1] - seen->lists[p->queries[u]];
    if (w->mask_column != NULL)
        room = listed_values(w->listed, batch, w->mask_column);
    uint32_t *dropped = arena_array(&w->scratch, room, sizeof *dropped), *listed = arena_array(&w->scratch, room, sizeof *listed);
    uint32_t *starts = arena_array(&w->scratch, b->n_queries + 1, sizeof *starts), *marks = arena_zeros(&w->scratch, shared, sizeof *marks);
    starts[0] = 0;
    for (size_t u = 0; u < b->n_queries; u++) {
        const uint32_t *rows = listed;
        size_t n;
        if (seen != NULL) {
            rows = (const uint32_t *)seen->values + seen->lists[p->queries[u]];
            n = seen->lists[p->queries[u] + 1] - seen->lists[p->queries[u]];
        } else {
            n = listed_rows(w->listed, batch, w->mask_column, p->rows[u], listed);
        }
        starts[u + 1] = starts[u] + drop(&w->sides[SIDE_CANDIDATE], shared, rows, n, marks, (uint32_t)u + 1, dropped + starts[u]);
    }
    b->dropped_starts = starts;
    b->dropped = dropped;
}

void pairing_fill(struct pairing *p, const struct frame *batch, uint64_t step, bool apart)
{
    struct pairing_work *w = p->work;
    struct places *candidates = &w->sides[SIDE_CANDIDATE];
    arena_reset(&w->scratch);
    p->batch = (struct loss_batch){
        .heads = w->task->heads, .remove_hits = w->task->remove_hits, .seed = rng_mix(w->config->seed ^ step),
        .catalogue = w->catalogue.n, .mean = w->task->mean, .factor = w->task->weight,
    };
    struct examples t = examples_take(w->config, w->task, w->table_rows, batch, &w->scratch);
    bool own = negatives_are_own(w->negatives);
    p->batch.n = t.n;
    p->batch.weight = t.weight;
    w->noted = t.rows[SIDE_CANDIDATE];
    w->n_noted = t.n;
    if (t.n == 0)
        return;
    number_queries(p, &t, apart || own || w->mask_column != NULL);
    candidates->n = 0;
    negatives_share(w->negatives, &t, step, candidates, &p->batch, &w->scratch);
    size_t shared = candidates->n;
    uint32_t *of = arena_array(&w->scratch, t.n, sizeof *of);
    for (size_t i = 0; i < t.n; i++)
        of[i] = places_of(candidates, t.rows[SIDE_CANDIDATE][i]);
    p->batch.candidate_of = of;
    if (own)
        negatives_own(w->negatives, w->listed, batch, &t, step, candidates, &p->batch, &w->scratch);
    p->batch.n_candidates = candidates->n;
    p->batch.n_apart = candidates->n - shared;
    p->candidates = candidates->rows;
    mask(p, batch, shared);
    negatives_weigh(w->negatives, &t, candidates, &p->batch, &w->scratch);
}

void pairing_note(struct pairing *pairing)
{
    negatives_note(pairing->work->negatives, pairing->work->noted, pairing->work->n_noted);
}

void pairing_pass(struct pairing *pairing, const struct frame *batch)
{
    struct pairing_work *w = pairing->work;
    arena_reset(&w->scratch);
    struct examples t = examples_take(w->config, w->task, w->table_rows, batch, &w->scratch);
    w->noted = t.rows[SIDE_CANDIDATE];
    w->n_noted = t.n;
    pairing_note(pairing);
}

void pairing_end(const struct pairing *pairing)
{
    const struct pairing_work *w = pairing->work;
    if (w->listed != NULL)
        listed_end(w->listed);
}

void pairing_free(struct pairing *pairing)
{
    if (pairing == NULL)
        return;
    struct pairing_work *w = pairing->work;
    negatives_free(w->negatives);
    free(w->count);
    gather_free(w->seen);
    listed_free(w->listed);
    arena_free(&w->arena);
    arena_free(&w->scratch);
    free(w);
    free(pairing);
}
