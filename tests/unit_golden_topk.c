// brute_force.json and factorized_top_k.json: what tfrs.layers.factorized_top_k.BruteForce and Streaming return, and what
// tfrs.metrics.FactorizedTopK makes of it. Exact: the vectors are small whole numbers.
//
// Where we differ, by decision: a row that is excluded never comes back (TFRS fills up with excluded rows when nothing else is left, and
// fails to exclude scores above 1e5), a score that is NaN is in no list, and a k above the number of rows is no error.
#include "common/math/topk.h"
#include "common/metric/metric.h"
#include "tests/golden.h"
#include "tests/unit.h"

enum { ROWS_MAX = 16, QUERIES_MAX = 8, K_MAX = 32 };

struct search {
    size_t n, rows, dim, k;
    struct topk_query queries[QUERIES_MAX];
    struct topk_hit hits[QUERIES_MAX][K_MAX];
    uint32_t apart[QUERIES_MAX][ROWS_MAX];
    struct arena arena;
};

// "i3" is row 3, as is "D"; a number is itself. ROWS_MAX - 1 for an id that is not in the corpus.
static uint32_t row_of(const json_t *id, size_t rows)
{
    if (json_is_array(id))
        id = json_array_get(id, 0);
    const char *text = json_string_value(id);
    uint32_t row = text == NULL ? (uint32_t)json_integer_value(id)
                   : text[0] == 'i' ? (uint32_t)(text[1] - '0') : (uint32_t)(text[0] - 'A');
    return row < rows ? row : ROWS_MAX - 1;
}

static void exclude(struct search *s, const json_t *exclusions)
{
    for (size_t q = 0; q < s->n; q++) {
        s->queries[q].apart = s->apart[q];
        for (uint32_t row = 0; row < s->rows; row++)
            for (size_t i = 0; i < json_array_size(json_array_get(exclusions, q)); i++)
                if (row_of(json_array_get(json_array_get(exclusions, q), i), s->rows) == row) {
                    s->apart[q][s->queries[q].n_apart++] = row;
                    break;
                }
    }
}

// Runs the search of a case; a batch size makes as many blocks.
static void run(struct search *s, json_t *inputs, size_t k, size_t threads)
{
    size_t n_items = 0, n_queries = 0;
    float *items = golden_floats(json_object_get(inputs, "candidates"), &n_items);
    float *queries = golden_floats(json_object_get(inputs, "query"), &n_queries);
    *s = (struct search){.n = json_array_size(json_object_get(inputs, "query")), .k = k};
    s->rows = json_array_size(json_object_get(inputs, "candidates"));
    s->dim = n_items / s->rows;
    CHECK(s->n <= QUERIES_MAX && s->rows < ROWS_MAX && k <= K_MAX);
    if (json_object_get(inputs, "exclusions") != NULL)
        exclude(s, json_object_get(inputs, "exclusions"));
    for (size_t q = 0; q < s->n; q++)
        s->queries[q].hits = s->hits[q];
    size_t batch = (size_t)golden_get(inputs, "batch", (double)s->rows), n_blocks = 0;
    struct topk_block blocks[ROWS_MAX];
    for (size_t at = 0; at < s->rows; at += batch)
        blocks[n_blocks++] = (struct topk_block){items + at * s->dim, s->rows - at < batch ? s->rows - at : batch};
    struct pool *pool = pool_new(threads);
    topk_inner(queries, s->queries, s->n, blocks, n_blocks, s->dim, k, pool, &s->arena);
    pool_free(pool);
    free(items);
    free(queries);
}

static bool excluded(const struct search *s, size_t q, uint32_t row)
{
    for (size_t i = 0; i < s->queries[q].n_apart; i++)
        if (s->apart[q][i] == row)
            return true;
    return false;
}

// The lists of TFRS, without what we leave out.
static void same_lists(const struct search *s, const json_t *ids, const json_t *scores)
{
    for (size_t q = 0; q < s->n; q++) {
        const json_t *row_ids = json_array_get(ids, q), *row_scores = json_array_get(scores, q);
        size_t n = 0;
        for (size_t i = 0; i < json_array_size(row_ids); i++) {
            uint32_t row = row_of(json_array_get(row_ids, i), s->rows);
            double score = golden_number(json_array_get(row_scores, i));
            if (isnan(score) || excluded(s, q, row))
                continue;
            CHECK(n < s->queries[q].n_hits);
            EQUAL(s->hits[q][n].row, row);
            CHECK((double)s->hits[q][n].score == score);
            n++;
        }
    }
}

static void brute_force(void)
{
    json_t *file = golden_open("brute_force");
    for (size_t i = 0; i < golden_cases(file); i++) {
        json_t *inputs = golden_inputs(file, i), *outputs = golden_outputs(file, i);
        const char *name = golden_name(file, i);
        for (size_t threads = 1; threads <= 2; threads++) {
            struct search s;
            run(&s, inputs, (size_t)golden_get(inputs, "k", 3), threads);
            bool lists_with_nan = strcmp(name, "nan_inf") == 0, not_excluded = strcmp(name, "exclusions_fail_when_scores_exceed_1e5") == 0;
            if (!lists_with_nan && !not_excluded)
                same_lists(&s, json_object_get(outputs, "ids"), json_object_get(outputs, "scores"));
            for (size_t q = 0; q < s.n; q++) {
                size_t left = s.rows - s.queries[q].n_apart;
                CHECK(lists_with_nan || s.queries[q].n_hits == (left < s.k ? left : s.k));
                for (size_t j = 0; j < s.queries[q].n_hits; j++)
                    CHECK(!excluded(&s, q, s.hits[q][j].row));
            }
            if (lists_with_nan) {
                EQUAL(s.queries[0].n_hits, 0);
                EQUAL(s.queries[1].n_hits, 3);
                CHECK(isinf(s.hits[1][0].score) && s.hits[1][0].row == 0 && s.hits[1][1].row == 2);
                EQUAL(s.hits[2][0].row, 4);
            }
            arena_free(&s.arena);
        }
    }
    json_decref(file);
}

static size_t ks_of(const json_t *inputs, size_t *ks)
{
    const json_t *list = json_object_get(inputs, "ks");
    for (size_t i = 0; i < json_array_size(list); i++)
        ks[i] = (size_t)json_integer_value(json_array_get(list, i));
    return json_array_size(list);
}

static void measure(const struct search *s, size_t q, const json_t *inputs, size_t k_max, struct metric_event *event)
{
    size_t n;
    const json_t *ids = json_object_get(inputs, "true_candidate_ids");
    float *queries = golden_floats(json_object_get(inputs, "query"), &n);
    float *trues = golden_floats(json_object_get(inputs, "true_candidate"), &n), score = 0, scores[K_MAX];
    for (size_t i = 0; i < s->dim; i++)
        score += queries[q * s->dim + i] * trues[q * s->dim + i];
    uint32_t rows[K_MAX], marks[ROWS_MAX] = {0}, candidate = ids != NULL ? row_of(json_array_get(ids, q), s->rows) : 0;
    for (size_t i = 0; i < s->queries[q].n_hits; i++) {
        rows[i] = s->hits[q][i].row;
        scores[i] = s->hits[q][i].score;
    }
    struct metric_list list = {rows, scores, s->queries[q].n_hits};
    metric_find(&list, k_max, &candidate, &score, NULL, 1, marks, event);
    for (size_t i = 0; i < ROWS_MAX; i++)
        EQUAL(marks[i], 0);
    const json_t *weights = json_object_get(inputs, "sample_weight");
    event->weight = weights != NULL ? golden_number(json_array_get(weights, q)) : 1;
    free(queries);
    free(trues);
}

static void factorized_top_k(void)
{
    json_t *file = golden_open("factorized_top_k");
    for (size_t i = 0; i < golden_cases(file); i++) {
        json_t *inputs = golden_inputs(file, i), *outputs = golden_outputs(file, i);
        size_t ks[8], n_ks = ks_of(inputs, ks);
        struct search s;
        run(&s, inputs, ks[n_ks - 1], 1);
        const json_t *ids = json_object_get(outputs, "retrieved_ids");
        if (strcmp(golden_name(file, i), "nan_and_inf_query_scores") != 0)
            same_lists(&s, ids, json_object_get(outputs, "retrieved_scores"));
        const struct metric_kind *kind = json_object_get(inputs, "true_candidate_ids") != NULL ? &metric_accuracy_ids : &metric_accuracy;
        struct metric_sum sums[8] = {{0}};
        for (size_t q = 0; q < s.n; q++) {
            struct metric_event event;
            measure(&s, q, inputs, ks[n_ks - 1], &event);
            double weight = event.weight;
            for (size_t j = 0; j < n_ks; j++) {
                struct metric_query query = {.events = &event, .n_events = 1};
                double value, counted;
                event.weight = 1;
                kind->measure(&query, ks[j], &value, &counted);
                NEAR(value, golden_number(json_array_get(json_array_get(json_object_get(outputs, "hits_per_query"), q), j)), 0);
                event.weight = weight;
                kind->measure(&query, ks[j], &value, &counted);
                metric_add(&sums[j], value, counted);
            }
        }
        for (size_t j = 0; j < n_ks; j++)
            NEAR(metric_mean(&sums[j]), golden_number(json_array_get(json_object_get(outputs, "result"), j)), 1e-7);
        arena_free(&s.arena);
    }
    json_decref(file);
}

UNIT_MAIN(UNIT(brute_force), UNIT(factorized_top_k))
