// A model of ratings against the real library: two embeddings, dense(16, relu), dense(1), squared error; the rows of unit_training_trace.
#include "tests/trace.h"

enum { UNITS = 16 };

static void feed_head(struct trainer *trainer)
{
    float first[2 * DIM * UNITS], second[UNITS], zeros[UNITS] = {0};
    for (size_t i = 0; i < 2 * DIM; i++)
        for (size_t j = 0; j < UNITS; j++)
            first[i * UNITS + j] = (float)(0.3 * sin(2 + 0.7 * (double)i + 1.3 * (double)j));
    for (size_t i = 0; i < UNITS; i++)
        second[i] = (float)(0.3 * cos(2 + 0.7 * (double)i));
    feed_param(trainer, "rating/0/kernel", 2 * DIM, UNITS, first);
    feed_param(trainer, "rating/0/bias", 1, UNITS, zeros);
    feed_param(trainer, "rating/1/kernel", UNITS, 1, second);
    feed_param(trainer, "rating/1/bias", 1, 1, zeros);
}

static void check_losses(struct trainer *trainer, const json_t *outputs)
{
    const json_t *losses = json_object_get(outputs, "step_loss");
    for (uint32_t epoch = 0, step = 0; epoch < EPOCHS; epoch++)
        for (size_t from = 0; from < ROWS; from += BATCH, step++) {
            feed_batch(trainer, epoch, from);
            NEAR(trainer_progress(trainer).loss, json_number_value(json_array_get(losses, step)), 1e-5);
        }
}

static void check_numbers(const struct param *param, const json_t *wanted)
{
    size_t n = 0;
    float *w = golden_floats(wanted, &n);
    EQUAL(n, param->rows * param->width);
    for (size_t i = 0; i < n; i++)
        CHECK(fabsf(w[i] - param->value[i]) <= 1e-4f * fmaxf(fabsf(w[i]), 0.05f));
    free(w);
}

static void run_setting(json_t *file, size_t i, size_t threads)
{
    const char *optimizer = json_string_value(json_object_get(golden_inputs(file, i), "optimizer"));
    const char *text = arena_printf(&arena,
        "compat = tfrs\n[table rows]\npath = rows.tsv\nformat = tsv\ncolumns = u, i, rating:f32\n"
        "[data]\ninteractions = rows\nquery = u\ncandidate = i\nlabel = rating\n[feature u]\nembed = 8\n[feature i]\nembed = 8\n"
        "[head rating]\ninputs = u, i\nlayers = dense(16, relu), dense(1)\n"
        "[task rating]\nkind = regression(rating)\n[optimizer]\ndefault = %s\n",
        strcmp(optimizer, "adam_0.01") == 0 ? "adam(lr=0.01)" : "adagrad(lr=0.1)");
    struct pool *pool = pool_new(threads);
    struct trainer *trainer = trainer_new(config_from_text(text, "test"), pool);
    for (size_t s = 0; s < SIDES; s++)
        feed_side(trainer, s);
    feed_head(trainer);
    const json_t *outputs = golden_outputs(file, i);
    check_losses(trainer, outputs);
    size_t n;
    struct param **params = model_params(trainer_model(trainer), &n);
    EQUAL(n, 6);
    check_table(params[0], json_object_get(outputs, "user_table"));
    check_table(params[1], json_object_get(outputs, "item_table"));
    check_table(params[2], json_object_get(outputs, "kernel1"));
    check_numbers(params[3], json_object_get(outputs, "bias1"));
    check_numbers(params[4], json_object_get(outputs, "kernel2"));
    check_numbers(params[5], json_object_get(outputs, "bias2"));
    trainer_free(trainer);
    pool_free(pool);
}

static void every_setting_follows_the_library(void)
{
    if (!read_rows())
        UNIT_SKIP("needs ../shared/data/ml-100k-split/train.tsv");
    json_t *file = golden_open("ranking_trace");
    EQUAL(golden_cases(file), 2);
    for (size_t i = 0; i < golden_cases(file); i++)
        for (size_t threads = 1; threads <= 2; threads++)
            run_setting(file, i, threads);
    json_decref(file);
}

UNIT_MAIN(UNIT(every_setting_follows_the_library))
