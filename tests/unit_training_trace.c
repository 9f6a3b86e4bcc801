// The whole trainer against the real library: two towers, the first 512 rows of the split MovieLens 100K, 8 steps.
// The rows may not be redistributed, so this runs only where the shared data is.
#include "tests/trace.h"

static void check_losses(struct trainer *trainer, const json_t *outputs, const char *name)
{
    const json_t *losses = json_object_get(outputs, "step_loss");
    for (uint32_t epoch = 0, step = 0; epoch < EPOCHS; epoch++)
        for (size_t from = 0; from < ROWS; from += BATCH, step++) {
            feed_batch(trainer, epoch, from);
            double found = trainer_progress(trainer).loss * BATCH, wanted = json_number_value(json_array_get(losses, step));
            if (!(fabs(found - wanted) <= 1e-5 * wanted))
                printf("# %s: step %u\n", name, step);
            NEAR(found, wanted, 1e-5);
        }
}

// "Adagrad(0.1)" and "ClippyAdagrad(0.1)" in our words.
static const char *optimizer_of(const json_t *inputs)
{
    const char *text = json_string_value(json_object_get(inputs, "optimizer"));
    const char *kind = text[0] == 'C' ? "clippy_adagrad" : text[0] == 'S' ? "sgd" : text[2] == 'a' && text[3] == 'm' ? "adam" : "adagrad";
    return arena_printf(&arena, "%s(lr=%s", kind, strchr(text, '(') + 1);
}

static void run_setting(json_t *file, size_t i, size_t threads)
{
    const json_t *inputs = golden_inputs(file, i), *task = json_object_get(inputs, "task");
    const char *loss = arena_printf(&arena, "softmax(temperature=%g, hard=%g)", golden_get(task, "temperature", 1),
                                    golden_get(task, "num_hard_negatives", 0));
    const char *text = arena_printf(&arena,
        "compat = tfrs\n[table rows]\npath = rows.tsv\nformat = tsv\ncolumns = u, i\n"
        "[data]\ninteractions = rows\nquery = u\ncandidate = i\n[feature u]\nembed = 8\n[feature i]\nembed = 8\n"
        "[task watch]\nkind = retrieval(query, candidate)\nloss = %s\nlogq = %s\nremove_hits = %s\n[optimizer]\ndefault = %s\n", loss,
        json_is_string(json_object_get(inputs, "candidate_sampling_probability")) ? "yes" : "no",
        golden_get(task, "remove_accidental_hits", 0) != 0 ? "yes" : "no", optimizer_of(inputs));
    struct pool *pool = pool_new(threads);
    struct trainer *trainer = trainer_new(config_from_text(text, "test"), pool);
    for (size_t s = 0; s < SIDES; s++)
        feed_side(trainer, s);
    check_losses(trainer, golden_outputs(file, i), golden_name(file, i));
    size_t n;
    struct param **params = model_params(trainer_model(trainer), &n);
    EQUAL(n, 2);
    check_table(params[0], json_object_get(golden_outputs(file, i), "user_table"));
    check_table(params[1], json_object_get(golden_outputs(file, i), "item_table"));
    trainer_free(trainer);
    pool_free(pool);
}

static void every_setting_follows_the_library(void)
{
    if (!read_rows())
        UNIT_SKIP("needs ../shared/data/ml-100k-split/train.tsv");
    json_t *file = golden_open("training_trace");
    EQUAL(golden_cases(file), 7);
    for (size_t i = 0; i < golden_cases(file); i++)
        for (size_t threads = 1; threads <= 2; threads++)
            run_setting(file, i, threads);
    json_decref(file);
}

UNIT_MAIN(UNIT(every_setting_follows_the_library))
