// Heads of TFRS's tutorials against the real library, step by step: a crossing, full and of low rank, under Adam; a rating beside retrieval, with either weight or
// both, under Adagrad. Losses, all parameters and the predictions for all rows after each step; the rows are made up, by tests/golden/head_trace.py.
#include "common/model/examples.h"
#include "common/model/param.h"
#include "common/model/predictor.h"
#include "tests/feed.h"
#include "tests/golden.h"

enum { ROWS_MAX = 64, DIM = 4 };

struct trace {
    json_t *file;
    double tolerance;                              // relative to numbers of 0.1 and more
    size_t n;                                      // rows
    uint32_t of[SIDES][ROWS_MAX];                  // (n) rows of the sides' tables
    float rating[ROWS_MAX];                        // (n)
};

static const char *const table_names[SIDES] = {"users", "movies"}, *const golden_tables[SIDES] = {"queries", "candidates"};

static struct trace open_trace(double tolerance)
{
    struct trace t = {.file = golden_open("head_trace"), .tolerance = tolerance};
    const json_t *rows = json_object_get(t.file, "rows");
    t.n = json_array_size(rows);
    CHECK(t.n <= ROWS_MAX);
    for (size_t i = 0; i < t.n; i++) {
        const json_t *row = json_array_get(rows, i);
        for (size_t s = 0; s < SIDES; s++)
            t.of[s][i] = (uint32_t)json_integer_value(json_array_get(row, s));
        t.rating[i] = (float)json_number_value(json_array_get(row, 2));
    }
    return t;
}

// n names "1", "2" ...
static struct cells names(size_t n)
{
    uint32_t *texts = arena_zeros(&arena, n + 1, sizeof *texts);
    char *bytes = arena_array(&arena, 3 * n, 1);
    for (size_t i = 0; i < n; i++)
        texts[i + 1] = texts[i] + (uint32_t)sprintf(bytes + texts[i], "%zu", i + 1);
    return (struct cells){.texts = texts, .values = bytes, .n = n};
}

static const uint32_t *ones(size_t n)
{
    uint32_t *x = arena_array(&arena, n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = 1;
    return x;
}

// The side's table, with the ids of all its features, as vocab would have written it.
static struct frame side_frame(const struct trace *t, size_t side)
{
    json_t *features = json_object_get(t->file, golden_tables[side]), *ids;
    const char *name;
    size_t n = json_array_size(json_object_iter_value(json_object_iter(features))), c = 2;
    struct schema *schema = SCHEMA(table_names[side], side == 0 ? "user" : "movie", "str", "count", "u32");
    struct cells *cells = arena_array(&arena, c + json_object_size(features), sizeof *cells);
    cells[0] = names(n);
    cells[1] = (struct cells){.values = ones(n), .n = n};
    json_object_foreach(features, name, ids) {
        uint32_t *of = arena_array(&arena, n, sizeof *of);
        for (size_t i = 0; i < n; i++)
            of[i] = (uint32_t)json_integer_value(json_array_get(ids, i));
        schema_add(schema, &arena, arena_printf(&arena, "feature/%s", name), type_of("u32"));
        cells[c++] = (struct cells){.values = of, .n = n};
    }
    return (struct frame){.schema = schema, .rows = n, .cells = cells, .place = "test"};
}

static void feed_params(struct trainer *trainer, json_t *init)
{
    const char *name;
    json_t *value;
    json_object_foreach(init, name, value) {
        size_t n = 0, rows = json_array_size(value);
        float *x = golden_floats(value, &n);
        if (strncmp(name, "embed/", 6) == 0)
            feed(trainer, SCHEMA(arena_printf(&arena, "vocab/%s", name + 6), "token", "str", "count", "u64"), rows - 1,
                 (struct cells[]){names(rows - 1), {.values = arena_zeros(&arena, rows, sizeof(uint64_t)), .n = rows - 1}});
        feed_param(trainer, name, rows, n / rows, x);
        free(x);
    }
}

static void feed_batch(struct trainer *trainer, const struct trace *t, uint32_t epoch, size_t from, size_t n)
{
    uint32_t epochs[ROWS_MAX];
    for (size_t i = 0; i < n; i++)
        epochs[i] = epoch;
    feed(trainer, SCHEMA("batches", "query", "u32", "candidate", "u32", "rating", "f32", "epoch", "u32"), n,
         (struct cells[]){{.values = t->of[0] + from, .n = n}, {.values = t->of[1] + from, .n = n}, {.values = t->rating + from, .n = n},
                          {.values = epochs, .n = n}});
}

static void same(const char *what, const float *found, const json_t *wanted, size_t n, double tolerance)
{
    size_t count = 0;
    float *w = golden_floats(wanted, &count);
    CHECK(w != NULL);
    EQUAL(count, n);
    for (size_t i = 0; i < n; i++) {
        bool near = fabs((double)found[i] - (double)w[i]) <= tolerance * fmax(fabs((double)w[i]), 0.1);
        if (!near)
            printf("# %s: number %zu is %.9g, wanted %.9g\n", what, i, (double)found[i], (double)w[i]);
        CHECK(near);
    }
    free(w);
}

static void check_step(struct trainer *trainer, struct predictor *predictor, const struct config *config, const struct trace *t, const json_t *step)
{
    struct trainer_progress progress = trainer_progress(trainer);
    double loss = 0;
    for (size_t i = 0; i < config->n_tasks; i++) {
        double wanted = golden_get(json_object_get(step, "losses"), config->tasks[i].name, NAN);
        CHECK(fabs(progress.losses[i] - wanted) <= t->tolerance * wanted);
        loss += progress.losses[i];
    }
    NEAR(loss, golden_get(step, "loss", NAN), t->tolerance);

    size_t n;
    struct param **params = model_params(trainer_model(trainer), &n);
    EQUAL(n, json_object_size(json_object_get(step, "params")));
    for (size_t i = 0; i < n; i++)
        same(params[i]->name, params[i]->value, json_object_get(json_object_get(step, "params"), params[i]->name), params[i]->rows * params[i]->width, t->tolerance);

    const struct config_head *const *heads;
    float predictions[ROWS_MAX];
    EQUAL(predictor_heads(predictor, &heads), 1);
    predictor_run(predictor, heads[0], &(struct predictor_pairs){.n = t->n, .queries = t->of[0], .candidates = t->of[1]}, predictions);
    same("predictions", predictions, json_object_get(step, "predictions"), t->n, t->tolerance);
}

static void follow(const struct trace *t, const char *name, const char *model, size_t threads)
{
    size_t c = 0;
    while (c < golden_cases(t->file) && strcmp(golden_name(t->file, c), name) != 0)
        c++;
    CHECK(c < golden_cases(t->file));
    struct pool *pool = pool_new(threads);
    struct config *config = config_from_text(arena_printf(&arena,
        "compat = tfrs\n[table rows]\npath = r.tsv\nformat = tsv\ncolumns = user, movie, rating:f32\n"
        "[table users]\npath = u.tsv\nformat = tsv\ncolumns = user, zip, gender\nkey = user\n"
        "[table movies]\npath = m.tsv\nformat = tsv\ncolumns = movie, studio\nkey = movie\n"
        "[data]\ninteractions = rows\nquery = user -> users\ncandidate = movie -> movies\nlabel = rating\n"
        "[feature user]\nembed = 4\n[feature movie]\nembed = 4\n"
        "[task rating]\nkind = regression(rating)\n%s", model), "test");
    struct trainer *trainer = trainer_new(config, pool);
    struct predictor *predictor = predictor_new(config, trainer_model(trainer), pool);
    for (size_t s = 0; s < SIDES; s++) {
        struct frame frame = side_frame(t, s);
        trainer_takes(trainer, &frame, "test");
        predictor_looks(predictor, &frame);
    }
    feed_params(trainer, json_object_get(golden_inputs(t->file, c), "init"));
    const json_t *steps = json_object_get(golden_outputs(t->file, c), "steps");
    size_t batch = (size_t)golden_get(t->file, "batch", 0), epochs = (size_t)golden_get(t->file, "epochs", 0), step = 0;
    for (size_t epoch = 0; epoch < epochs; epoch++)
        for (size_t from = 0; from < t->n; from += batch, step++) {
            feed_batch(trainer, t, (uint32_t)epoch, from, batch);
            if (step == 0)
                predictor_start(predictor, "test");
            check_step(trainer, predictor, config, t, json_array_get(steps, step));
        }
    EQUAL(step, json_array_size(steps));
    predictor_free(predictor);
    trainer_free(trainer);
    pool_free(pool);
}

static void follow_all(size_t n, const char *const *cases, double tolerance)
{
    struct trace t = open_trace(tolerance);
    for (size_t i = 0; i < n; i++)
        for (size_t threads = 1; threads <= 2; threads++)
            follow(&t, cases[2 * i], cases[2 * i + 1], threads);
    json_decref(t.file);
}

#define DCN(cross) "[feature zip]\nembed = 4\n[feature gender]\nembed = 4\n[feature studio]\nembed = 4\n" \
    "[head rating]\ninputs = movie, user, zip, studio, gender\nlayers = " cross ", dense(6, relu), dense(1)\n[optimizer]\ndefault = adam(lr=0.01)\n"

// Keras has 1 - 0.999^t in float32, 1.3e-5 off at the first step, so that its steps of Adam are 7e-6 shorter; four of them leave 1e-6.
static void crossings(void)
{
    static const char *const cases[] = {"dcn", DCN("cross(init=glorot_uniform())"), "dcn_low_rank", DCN("cross(3, init=glorot_uniform())")};
    follow_all(2, cases, 2e-5);
}

#define BOTH(rating, watch) "weight = " rating "\n[task watch]\nkind = retrieval(query, candidate)\nweight = " watch "\n" \
    "[tower query]\ninputs = user\n[tower candidate]\ninputs = movie\n[head rating]\ninputs = query, candidate\n" \
    "layers = dense(12, relu), dense(8, relu), dense(1)\n[optimizer]\ndefault = adagrad(lr=0.1)\n"

static void ratings_beside_retrieval(void)
{
    static const char *const cases[] = {"multitask_1_0", BOTH("1", "0"), "multitask_0_1", BOTH("0", "1"), "multitask_1_1", BOTH("1", "1")};
    follow_all(3, cases, 1e-6);
}

UNIT_MAIN(UNIT(crossings), UNIT(ratings_beside_retrieval))
