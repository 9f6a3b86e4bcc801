// Who meets whom: queries, candidates, multiplicities, shares and lists of a step, for every way to choose negatives.
#include <stdlib.h>

#include "common/base/stage.h"
#include "common/model/pairing.h"
#include "tests/unit.h"

static struct arena arena;

static const struct frame *frame_of(const char *table, const char *const *columns, size_t n, size_t rows, const struct cells *cells)
{
    struct schema *schema = schema_new(&arena, table);
    for (size_t i = 0; i < n; i++)
        schema_add(schema, &arena, columns[2 * i], type_of(columns[2 * i + 1]));
    struct frame *frame = arena_zeros(&arena, 1, sizeof *frame);
    *frame = (struct frame){.schema = schema, .rows = rows, .place = "test"};
    frame->cells = arena_array(&arena, n, sizeof *cells);
    memcpy(frame->cells, cells, n * sizeof *cells);
    return frame;
}

// Three queries; five items a to e with counts 2 1 1 0 0.
static const struct frame *queries(void)
{
    return frame_of("queries", (const char *const[]){"u", "str"}, 1, 3, &(struct cells){.texts = (uint32_t[]){0, 1, 2, 3}, .values = "xyz", .n = 3});
}

static const struct frame *items(void)
{
    static const uint32_t texts[] = {0, 1, 2, 3, 4, 5}, count[] = {2, 1, 1, 0, 0};
    struct cells cells[] = {{.texts = texts, .values = "abcde", .n = 5}, {.values = count, .n = 5}};
    return frame_of("candidates", (const char *const[]){"i", "str", "count", "u32"}, 2, 5, cells);
}

static const struct frame *seen(void)
{
    static const uint32_t lists[] = {0, 2, 3, 4}, values[] = {0, 1, 0, 2};
    return frame_of("seen", (const char *const[]){"candidates", "u32*"}, 1, 3, &(struct cells){.lists = lists, .values = values, .n = 4});
}

// Rows: (0, a) (0, b) (1, a) (2, c); shown lists "b" "", "b" "b" "?" "a", "e"; on is 1 1 0 1.
static const struct frame *examples(const char *table)
{
    static const uint32_t query[] = {0, 0, 1, 2}, candidate[] = {0, 1, 0, 2}, lists[] = {0, 1, 1, 5, 6}, texts[] = {0, 1, 2, 3, 4, 5, 6};
    static const float weight[] = {1, 2, 3, 4}, on[] = {1, 1, 0, 1};
    struct cells cells[] = {{.values = query, .n = 4}, {.values = candidate, .n = 4}, {.values = weight, .n = 4}, {.values = on, .n = 4},
                            {.lists = lists, .texts = texts, .values = "bbb?ae", .n = 6}};
    return frame_of(table, (const char *const[]){"query", "u32", "candidate", "u32", "w", "f32", "on", "f32", "shown", "str*"}, 5, 4, cells);
}

static const char *keys;  // of [task t]

static struct pairing *started(const char *loss_text)
{
    const char *text = arena_printf(&arena, "[table r]\npath = r\nheader = yes\n[data]\ninteractions = r\nquery = u\ncandidate = i\nweight = w\n"
                                            "[task t]\nkind = retrieval(query, candidate)\n%s\n", keys);
    struct config *config = config_from_text(text, "test");
    struct call call = call_parse(&arena, loss_text, "test");
    struct loss *loss = loss_new(&call);
    struct pairing *pairing = pairing_new(config, &config->tasks[0], loss->kind);
    pairing_takes(pairing, queries());
    pairing_takes(pairing, items());
    pairing_takes(pairing, seen());
    pairing_takes(pairing, examples("r"));
    pairing_start(pairing, "test");
    return pairing;
}

static struct pairing *filled(const char *loss)
{
    struct pairing *p = started(loss);
    pairing_fill(p, examples("batches"), 0, false);
    return p;
}

static size_t place(const struct pairing *p, uint32_t row)
{
    for (size_t c = 0; c < p->batch.n_candidates; c++)
        if (p->candidates[c] == row)
            return c;
    return SIZE_MAX;
}

static void the_batch_alone(void)
{
    keys = "";
    struct pairing *p = filled("softmax()");
    EQUAL(p->batch.n, 4);
    EQUAL(p->batch.n_queries, 3);
    EQUAL(p->batch.n_candidates, 3);
    EQUAL(p->batch.n_apart, 0);
    CHECK(p->batch.among && p->batch.remove_hits && !p->batch.mean);
    EQUAL(p->batch.times[place(p, 0)], 2);
    EQUAL(p->batch.times[place(p, 2)], 1);
    NEAR(p->batch.probability[place(p, 0)], 0.5, 1e-7);
    for (size_t i = 0; i < 4; i++) {
        const uint32_t query[] = {0, 0, 1, 2}, candidate[] = {0, 1, 0, 2};
        EQUAL(p->queries[p->batch.query_of[i]], query[i]);
        EQUAL(p->candidates[p->batch.candidate_of[i]], candidate[i]);
        NEAR(p->batch.weight[i], (double)i + 1, 0);
    }
    EQUAL(p->batch.catalogue, 5);
    pairing_free(p);
}

static void rows_that_take_no_part(void)
{
    keys = "where = on";
    struct pairing *p = filled("softmax()");
    EQUAL(p->batch.n, 3);
    EQUAL(p->batch.n_queries, 2);
    EQUAL(p->batch.times[place(p, 0)], 1);
    NEAR(p->batch.weight[2], 4, 0);
    NEAR(p->batch.probability[place(p, 0)], 1.0 / 3, 1e-7);  // of the rows that take part
    EQUAL(p->rows[p->batch.query_of[2]], 3);
    pairing_free(p);
}

static void mixtures_have_the_mixtures_shares(void)
{
    keys = "negatives = batch, uniform(12)";
    struct pairing *p = filled("softmax()");
    double sum = 0, times = 0;
    CHECK(p->batch.among);
    for (size_t c = 0; c < p->batch.n_candidates - p->batch.n_apart; c++)
        times += p->batch.times[c];
    NEAR(times, 16, 0);
    for (uint32_t row = 0; row < 5; row++) {
        static const double share[] = {0.5, 0.25, 0.25, 0, 0};
        size_t c = place(p, row);
        CHECK(c != SIZE_MAX);
        NEAR(p->batch.probability[c], (4 * share[row] + 12 * 0.2) / 16, 1e-6);
        sum += (double)p->batch.probability[c];
    }
    NEAR(sum, 1, 1e-6);
    pairing_free(p);
}

static void drawn_ones_alone_leave_positives_apart(void)
{
    keys = "negatives = uniform(1)";
    struct pairing *p = filled("softmax()");
    size_t positives = 0;
    CHECK(!p->batch.among);
    EQUAL(p->batch.times[0], 1);
    EQUAL(p->batch.n_candidates - p->batch.n_apart, 1);
    for (size_t i = 0; i < 4; i++)
        positives += p->batch.candidate_of[i] > 0;
    CHECK(positives >= 2);
    pairing_free(p);
}

static void the_whole_catalogue(void)
{
    keys = "";
    struct pairing *p = filled("full_softmax()");
    EQUAL(p->batch.n_candidates, 5);
    EQUAL(p->batch.n_apart, 0);
    CHECK(!p->batch.among && p->batch.probability == NULL);
    for (size_t c = 0; c < 5; c++)
        EQUAL(p->batch.times[c], 1);
    pairing_free(p);
}

static void what_an_example_lists_is_its_own(void)
{
    keys = "negatives = batch, explicit(shown)";
    struct pairing *p = filled("softmax()");
    EQUAL(p->batch.n_queries, 4);
    const uint32_t starts[] = {0, 1, 1, 3, 4};  // "?" is no candidate's key, a the third example's own positive
    for (size_t i = 0; i < 5; i++)
        EQUAL(p->batch.own_starts[i], starts[i]);
    EQUAL(p->candidates[p->batch.own[0]], 1);
    EQUAL(p->candidates[p->batch.own[3]], 4);
    EQUAL(p->batch.n_apart, 1);
    NEAR(p->batch.own_probability[0], 0.25 + 0.25, 1e-6);  // its share and 1 / 4
    NEAR(p->batch.own_probability[3], 0.25, 1e-6);
    pairing_end(p);
    pairing_free(p);
    keys = "negatives = explicit(shown)";
    p = filled("softmax()");
    CHECK(p->batch.probability == NULL && p->batch.own_probability == NULL);
    EQUAL(p->batch.n_candidates - p->batch.n_apart, 0);
    pairing_free(p);
}

static void draws_for_each_example(void)
{
    keys = "negatives = uniform(6, each=yes)";
    struct pairing *p = filled("bpr()");
    EQUAL(p->batch.n_queries, 4);
    CHECK(p->batch.own_starts[4] <= 24 && p->batch.own_starts[4] >= 8);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = p->batch.own_starts[i]; k < p->batch.own_starts[i + 1]; k++)
            CHECK(p->batch.own[k] != p->batch.candidate_of[i]);
    pairing_free(p);
}

static void masks(void)
{
    keys = "mask = seen";
    struct pairing *p = filled("softmax()");
    EQUAL(p->batch.n_queries, 3);
    EQUAL(p->batch.dropped_starts[1], 2);
    EQUAL(p->batch.dropped_starts[2], 3);
    EQUAL(p->candidates[p->batch.dropped[2]], 0);
    pairing_free(p);
    keys = "mask = shown";
    p = filled("softmax()");
    const uint32_t starts[] = {0, 1, 1, 3, 3};  // b b a: each once; e is not among the negatives
    EQUAL(p->batch.n_queries, 4);
    for (size_t i = 0; i < 5; i++)
        EQUAL(p->batch.dropped_starts[i], starts[i]);
    pairing_free(p);
}

static void the_queue_grows(void)
{
    keys = "negatives = batch, queue(6)";
    struct pairing *p = filled("softmax()");
    for (size_t step = 0; step < 3; step++) {
        double times = 0;
        pairing_fill(p, examples("batches"), step, false);
        for (size_t c = 0; c < 3; c++)
            times += p->batch.times[c];
        NEAR(times, step == 0 ? 4 : step == 1 ? 8 : 10, 0);
        NEAR(p->batch.probability[place(p, 0)], 0.5, 1e-6);
        pairing_note(p);
    }
    struct pairing *resumed = started("softmax()");
    for (size_t step = 0; step < 3; step++)
        pairing_pass(resumed, examples("batches"));
    pairing_fill(p, examples("batches"), 3, false);
    pairing_fill(resumed, examples("batches"), 3, false);
    for (size_t c = 0; c < 3; c++)
        EQUAL(resumed->batch.times[c], p->batch.times[c]);
    pairing_free(p);
    pairing_free(resumed);
}

static void twice(void)
{
    keys = "negatives = batch, uniform(3), batch";
    started("softmax()");
}

static void no_such_column(void)
{
    keys = "negatives = explicit(nowhere)";
    filled("softmax()");
}

static void no_such_where(void)
{
    keys = "where = shown";
    started("softmax()");
}

static void no_such_mask(void)
{
    keys = "mask = on";
    filled("softmax()");
}

static void what_is_refused(void)
{
    COMPLAINS(3, "negatives: batch stands there twice", twice);
    COMPLAINS(3, "no column \"nowhere\" of lists of candidates' keys, which task \"t\" asks for", no_such_column);
    COMPLAINS(3, "no column of numbers \"shown\", which says what rows task \"t\" looks at", no_such_where);
    COMPLAINS(3, "no column \"on\" of lists", no_such_mask);
}

UNIT_MAIN(UNIT(the_batch_alone), UNIT(rows_that_take_no_part), UNIT(mixtures_have_the_mixtures_shares), UNIT(drawn_ones_alone_leave_positives_apart),
          UNIT(the_whole_catalogue), UNIT(what_an_example_lists_is_its_own), UNIT(draws_for_each_example), UNIT(masks), UNIT(the_queue_grows),
          UNIT(what_is_refused))
