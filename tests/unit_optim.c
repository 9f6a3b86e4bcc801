#include <stdlib.h>

#include "common/math/update.h"
#include "common/model/clip.h"
#include "common/model/optim.h"
#include "common/model/optims.h"
#include "common/model/param.h"
#include "tests/golden.h"
#include "tests/unit.h"

enum { ROWS = 6, WIDTH = 3 };

static struct arena arena;

// Our call for the configuration of a case: the names of Keras' arguments are longer.
static struct call call_of(const char *kind, const json_t *config)
{
    static const char *const names[][2] = {
        {"learning_rate", "lr"}, {"initial_accumulator_value", "initial_accumulator"}, {"epsilon", "epsilon"}, {"momentum", "momentum"},
        {"beta_1", "beta_1"}, {"beta_2", "beta_2"}, {"variable_relative_threshold", "variable_threshold"},
        {"accumulator_relative_threshold", "accumulator_threshold"}, {"absolute_threshold", "absolute_threshold"},
    };
    static const char *const flags[][2] = {
        {"nesterov", "nesterov"}, {"clip_accumulator_update", "clip_accumulator"}, {"use_standard_accumulator_update", "standard_accumulator"},
    };
    const char *text = arena_printf(&arena, "%s(", kind);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (json_object_get(config, names[i][0]) != NULL)
            text = arena_printf(&arena, "%s%s%s=%.9g", text, text[strlen(text) - 1] == '(' ? "" : ", ", names[i][1],
                                golden_get(config, names[i][0], 0));
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (json_object_get(config, flags[i][0]) != NULL)
            text = arena_printf(&arena, "%s, %s=%s", text, flags[i][1], golden_get(config, flags[i][0], 0) != 0 ? "yes" : "no");
    return call_parse(&arena, arena_printf(&arena, "%s)", text), "test");
}

// A gradient of every row, or of the rows named, some of them twice.
static void add_gradient(struct param *param, const json_t *gradient)
{
    uint32_t ids[ROWS] = {0, 1, 2, 3, 4, 5};
    const json_t *indices = json_object_get(gradient, "indices");
    size_t n = ROWS, numbers = 0;
    if (indices != NULL) {
        n = json_array_size(indices);
        for (size_t i = 0; i < n; i++)
            ids[i] = (uint32_t)json_integer_value(json_array_get(indices, i));
    }
    float *d = golden_floats(indices != NULL ? json_object_get(gradient, "values") : gradient, &numbers);
    CHECK(numbers == n * WIDTH);
    param_touch(param, ids, n, d, WIDTH);
    free(d);
}

static void compare(const json_t *step, const char *key, const float *found, const char *name, size_t number)
{
    size_t n;
    float *wanted = golden_floats(json_object_get(step, key), &n);
    if (wanted == NULL)
        return;
    CHECK(n == ROWS * WIDTH);
    for (size_t i = 0; i < n; i++) {
        // Numbers that nearly cancelled are compared on the scale of what they are sums of.
        bool near = fabsf(found[i] - wanted[i]) <= 1e-5f * fmaxf(fabsf(wanted[i]), 0.05f);
        if (!near)
            printf("# %s: step %zu: %s[%zu] is %.9g, wanted %.9g\n", name, number, key, i, (double)found[i], (double)wanted[i]);
        CHECK(near);
    }
    free(wanted);
}

static void run_case(json_t *file, const char *kind, size_t i)
{
    const json_t *inputs = golden_inputs(file, i), *steps = json_object_get(golden_outputs(file, i), "steps");
    struct call call = call_of(kind, json_object_get(inputs, "config"));
    struct param param = {.name = golden_name(file, i), .rows = ROWS, .width = WIDTH, .optim = optim_new(&call)};
    size_t n = 0;
    param.value = golden_floats(json_object_get(inputs, "initial"), &n);
    CHECK(n == ROWS * WIDTH);
    param_prepare(&param);
    for (size_t s = 0; s < json_array_size(steps); s++) {
        add_gradient(&param, json_array_get(json_object_get(inputs, "gradients"), s));
        optim_step(param.optim, &param, s + 1);
        param_clear(&param);
        const json_t *step = json_array_get(steps, s);
        compare(step, "variable", param.value, param.name, s);
        for (size_t k = 0; k < optim_slots(param.optim); k++)
            compare(step, param.optim->kind->slots[k], param.slots[k], param.name, s);
    }
    free((void *)(uintptr_t)param.optim);
    param_free(&param);
}

static void run_file(const char *kind, size_t cases)
{
    json_t *file = golden_open(kind);
    EQUAL(golden_cases(file), cases);
    for (size_t i = 0; i < cases; i++)
        run_case(file, kind, i);
    json_decref(file);
}

static void adagrad(void) { run_file("adagrad", 4); }
static void sgd(void) { run_file("sgd", 6); }
static void adam(void) { run_file("adam", 4); }
static void clippy_adagrad(void) { run_file("clippy_adagrad", 10); }

// Three steps on a table of 4 rows of which the last is never touched.
static void check_lazy(const char *text, size_t slots, const float wanted[3][8])
{
    static const uint32_t ids[3][3] = {{2, 0}, {2}, {0, 1, 2}};
    static const float d[3][6] = {{0.3f, 0.4f, 0.1f, -0.2f}, {-0.5f, 0.25f}, {0.2f, 0.6f, -1, 0.01f, 0.15f, -0.35f}};
    static const size_t n[3] = {2, 1, 3};
    const float start[8] = {0.5f, -0.3f, 0.2f, 0.1f, -0.7f, 0.9f, 0.05f, -0.05f};
    struct call call = call_parse(&arena, text, "test");
    struct param param = {.name = "p", .rows = 4, .width = 2, .optim = optim_new(&call), .value = malloc(sizeof start)};
    memcpy(param.value, start, sizeof start);
    param_prepare(&param);
    EQUAL(optim_slots(param.optim), slots);
    for (size_t s = 0; s < 3; s++) {
        param_touch(&param, ids[s], n[s], d[s], 2);
        optim_step(param.optim, &param, s + 1);
        param_clear(&param);
    }
    for (size_t k = 0; k <= slots; k++)
        for (size_t i = 0; i < 8; i++) {
            float found = k == 0 ? param.value[i] : param.slots[k - 1][i];
            CHECK(fabsf(found - wanted[k][i]) <= 2e-6f * fmaxf(fabsf(wanted[k][i]), 0.5f));
        }
    free((void *)(uintptr_t)param.optim);
    param_free(&param);
}

// Wanted: the formulas in the headers of the kinds' files, in numpy with doubles.
static void ftrl(void)
{
    check_lazy("ftrl(lr=0.1)", 2, (const float[3][8]){
        {-0.058522207f, -0.0778542889f, 0.23504399f, -0.00311073517f, -0.207669948f, 0.271841913f, 0.05f, -0.05f},
        {0.15f, 0.5f, 1.1f, 0.1001f, 0.4625f, 0.445f, 0.1f, 0.1f},
        {0.226655533f, 0.550512957f, -2.46516216f, 0.00984192563f, 1.41230833f, -1.81341174f, 0, 0},
    });
    check_lazy("ftrl(0.2, lr_power=-0.7, initial_accumulator=0.3, l1=0.25, l2=0.02, l2_shrinkage=0.05, beta=0.5)", 2, (const float[3][8]){
        {-0.0151910195f, -0.0278357652f, 0.175606987f, 0, 0, 0.00574410578f, 0.05f, -0.05f},
        {0.35f, 0.7f, 1.3f, 0.3001f, 0.6625f, 0.645f, 0.3f, 0.3f},
        {0.325010608f, 0.429130931f, -1.75108956f, 0.0199497762f, 0.237570207f, -0.285719286f, 0, 0},
    });
}

static void lazy_adam(void)
{
    check_lazy("lazy_adam(lr=0.1)", 2, (const float[3][8]){
        {0.317147071f, -0.242425716f, 0.263881158f, 0.0361388347f, -0.764591661f, 0.682080339f, 0.05f, -0.05f},
        {0.029f, 0.042f, -0.1f, 0.001f, -0.0057f, 0.0199f, 0, 0},
        {4.999e-05f, 0.00039996f, 0.001f, 1e-07f, 0.00036207009f, 0.00034461766f, 0, 0},
    });
}

static struct config *config_with(const char *more)
{
    return config_from_text(arena_printf(&arena, "[table rows]\npath = r\ncolumns = u, i\n[data]\ninteractions = rows\nquery = u\n"
                                         "candidate = i\n%s", more), "test");
}

// Each optimiser moves its own variables only.
static void composite(void)
{
    json_t *file = golden_open("composite_optimizer");
    EQUAL(golden_cases(file), 1);
    const json_t *inputs = golden_inputs(file, 0), *steps = json_object_get(golden_outputs(file, 0), "steps");
    struct optims *optims = optims_new(config_with("[optimizer]\na = adagrad(lr=0.1)\nb* = sgd(lr=0.01)\n"));
    struct param a = {.name = "a", .rows = 3, .width = 2}, b = {.name = "b", .rows = 4, .width = 1}, *params[] = {&a, &b};
    static const char *const gradients[] = {"grad_a", "grad_b"};
    optims_assign(optims, params, 2);
    for (size_t p = 0; p < 2; p++) {
        size_t n;
        params[p]->value = golden_floats(json_object_get(inputs, params[p]->name), &n);
        param_prepare(params[p]);
    }
    EQUAL(json_array_size(steps), 3);
    for (size_t s = 0; s < json_array_size(steps); s++)
        for (size_t p = 0; p < 2; p++) {
            size_t n = 0;
            float *d = golden_floats(json_array_get(json_object_get(inputs, gradients[p]), s), &n);
            param_touch(params[p], (const uint32_t[]){0, 1, 2, 3}, params[p]->rows, d, params[p]->width);
            optim_step(params[p]->optim, params[p], s + 1);
            param_clear(params[p]);
            free(d);
            float *wanted = golden_floats(json_object_get(json_array_get(steps, s), params[p]->name), &n);
            EQUAL(n, params[p]->rows * params[p]->width);
            for (size_t i = 0; i < n; i++)
                CHECK(fabsf(params[p]->value[i] - wanted[i]) <= 1e-6f * fmaxf(fabsf(wanted[i]), 0.1f));
            free(wanted);
        }
    param_free(&a);
    param_free(&b);
    optims_free(optims);
    json_decref(file);
}

static struct param embed_u = {.name = "embed/u"}, embed_i = {.name = "embed/i"};
static const char *section;

static void assign(void)
{
    struct param *params[] = {&embed_u, &embed_i};
    optims_assign(optims_new(config_with(arena_printf(&arena, "[optimizer]\n%s\n", section))), params, 2);
}

static void patterns_are_disjoint_and_complete(void)
{
    static const char *const wrong[][2] = {
        {"embed/* = sgd()\n*/u = adam()", "[optimizer] \"embed/*\" and \"*/u\" both match parameter \"embed/u\""},
        {"embed/u = sgd()", "[optimizer] has no pattern that matches parameter \"embed/i\", and no default"},
        {"embed/v = sgd()\ndefault = adam()", "[optimizer] \"embed/v\" matches no parameter, did you mean \"embed/u\""},
        {"defualt = adam()", "did you mean \"default\""},
        {"default = adam(lr=cosine(end=0.1))", "cosine needs an argument lr"},
        {"default = adam(lr=cosin(0.1))", "unknown schedule \"cosin\", did you mean \"cosine\""},
        {"default = adam(decay=-1)", "decay is \"-1\""},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        section = wrong[k][0];
        COMPLAINS(3, wrong[k][1], assign);
    }
    struct param *params[] = {&embed_u, &embed_i};
    struct optims *optims = optims_new(config_with("[optimizer]\n*/u = sgd(lr=0.5)\ndefault = ftrl(linear(0.1, steps=10))\n"));
    optims_assign(optims, params, 2);
    SAME_TEXT(embed_u.optim->kind->name, "sgd");
    SAME_TEXT(embed_i.optim->kind->name, "ftrl");
    EQUAL(optims_count(optims), 2);
    SAME_TEXT(optims_pattern(optims, 1), "default");
    NEAR(optims_rate(optims, 1, 6), 0.05, 1e-12);
    optims_free(optims);
}

static double rate(const char *text, uint64_t step)
{
    struct schedule schedule = schedule_new(text, 0.25, "test");
    return schedule_at(&schedule, step);
}

static void schedules(void)
{
    EQUAL(rate(NULL, 1), 0.25);
    EQUAL(rate("0.25", 1000000), 0.25);
    EQUAL(rate("constant(0.1)", 1), 0.1);
    NEAR(rate("constant(0.1, warmup=4)", 1), 0.025, 1e-12);
    NEAR(rate("constant(0.1, warmup=4)", 4), 0.1, 1e-12);
    NEAR(rate("constant(0.1, warmup=4)", 5), 0.1, 1e-12);
    // tf.keras.optimizers.schedules.CosineDecay(0.1, 1000, alpha=0.2): lr (alpha + (1 - alpha) (1 + cos(pi t / 1000)) / 2)
    NEAR(rate("cosine(0.1, steps=1000, end=0.2)", 1), 0.1, 1e-12);
    NEAR(rate("cosine(0.1, steps=1000, end=0.2)", 251), 0.1 * (0.2 + 0.8 * 0.5 * (1 + sqrt(0.5))), 1e-12);
    NEAR(rate("cosine(0.1, steps=1000, end=0.2)", 1001), 0.02, 1e-12);
    NEAR(rate("cosine(0.1, steps=1000, end=0.2)", 9999), 0.02, 1e-12);
    NEAR(rate("cosine(0.1, steps=1000, warmup=100)", 50), 0.05, 1e-12);
    NEAR(rate("cosine(0.1, steps=1000, warmup=100)", 601), 0.05, 1e-12);
    NEAR(rate("linear(0.1, steps=10)", 6), 0.05, 1e-12);
    NEAR(rate("linear(0.1, steps=10)", 11), 0, 1e-12);
    struct schedule whole = schedule_new("linear(0.1, end=0.2, warmup=10)", NAN, "here"), given = schedule_new("linear(0.1, steps=10)", NAN, "here");
    schedule_settle(&whole, 110);
    schedule_settle(&given, 110);
    NEAR(schedule_at(&whole, 61), 0.06, 1e-12);
    NEAR(schedule_at(&whole, 111), 0.02, 1e-12);
    NEAR(schedule_at(&given, 6), 0.05, 1e-12);
    NEAR(rate("step(0.1, every=10, factor=0.5)", 10), 0.1, 1e-12);
    NEAR(rate("step(0.1, every=10, factor=0.5)", 11), 0.05, 1e-12);
    NEAR(rate("step(0.1, every=10, factor=0.5)", 35), 0.0125, 1e-12);
}

static void a_step_goes_by_the_schedule_and_decays(void)
{
    struct call call = call_parse(&arena, "sgd(lr=step(1, every=1, factor=0.5), decay=0.1)", "test");
    struct param param = {.name = "p", .rows = 2, .width = 1, .optim = optim_new(&call), .value = calloc(2, sizeof(float))};
    param.value[0] = param.value[1] = 2;
    param_prepare(&param);
    param_touch(&param, (const uint32_t[]){1}, 1, (const float[]){0.5f}, 1);
    optim_step(param.optim, &param, 1);
    EQUAL(param.value[0], 2);  // not touched: neither moved nor decayed
    NEAR((double)param.value[1], 2 * 0.9 - 0.5, 1e-6);
    optim_step(param.optim, &param, 2);
    NEAR((double)param.value[1], 1.3 * 0.95 - 0.25, 1e-6);
    free((void *)(uintptr_t)param.optim);
    param_free(&param);

    // What moves every row decays every row.
    call = call_parse(&arena, "adam(lr=0.5, decay=0.1)", "test");
    param = (struct param){.name = "p", .rows = 2, .width = 1, .optim = optim_new(&call), .value = calloc(2, sizeof(float))};
    param.value[0] = 2;
    param_prepare(&param);
    optim_step(param.optim, &param, 1);
    NEAR((double)param.value[0], 1.9, 1e-6);
    free((void *)(uintptr_t)param.optim);
    param_free(&param);
}

// Gradients (3, 4) of p, of which 3 stands twice, and 12 of q.
static void check_clip(const char *text, const float *wanted)
{
    struct call call = call_parse(&arena, text, "test"), sgd_call = call_parse(&arena, "sgd(1)", "test");
    struct clip clip = clip_new(&call);
    struct param p = {.name = "p", .rows = 5, .width = 2, .optim = optim_new(&sgd_call)}, q = {.name = "q", .rows = 1, .width = 1, .optim = p.optim};
    struct param *params[] = {&p, &q};
    for (size_t i = 0; i < 2; i++) {
        params[i]->value = calloc(params[i]->rows * params[i]->width, sizeof(float));
        param_prepare(params[i]);
    }
    clip_gradients(&clip, params, 2);  // nothing touched
    param_touch(&p, (const uint32_t[]){3, 3}, 2, (const float[]){1, 4, 2, 0}, 2);
    param_touch(&q, (const uint32_t[]){0}, 1, (const float[]){-12}, 1);
    clip_gradients(&clip, params, 2);
    for (size_t i = 0; i < 2; i++)
        optim_step(params[i]->optim, params[i], 1);
    const float found[] = {-p.value[6], -p.value[7], -q.value[0]};
    for (size_t i = 0; i < 3; i++)
        NEAR((double)found[i], (double)wanted[i], 1e-6);
    free((void *)(uintptr_t)p.optim);
    param_free(&p);
    param_free(&q);
}

static void clip_without_bound(void)
{
    struct call call = call_parse(&arena, "norm", "test");
    clip_new(&call);
}

static void clip_unknown(void)
{
    struct call call = call_parse(&arena, "globalnorm(1)", "test");
    clip_new(&call);
}

static void clipping(void)
{
    check_clip("none", (const float[]){3, 4, -12});
    check_clip("value(3.5)", (const float[]){3, 3.5f, -3.5f});
    check_clip("norm(5.5)", (const float[]){3, 4, -5.5f});
    check_clip("norm(2.5)", (const float[]){1.5f, 2, -2.5f});
    check_clip("global_norm(6.5)", (const float[]){1.5f, 2, -6});
    check_clip("global_norm(13)", (const float[]){3, 4, -12});
    COMPLAINS(3, "norm needs an argument x", clip_without_bound);
    COMPLAINS(3, "unknown clipping \"globalnorm\", did you mean \"global_norm\"", clip_unknown);
}

static void initial_values_are_functions_of_seed_name_and_place(void)
{
    struct call call = call_parse(&arena, "uniform(0.05)", "test");
    struct param a = {.name = "embed/x", .width = 3}, b = {.name = "embed/y", .width = 3}, c = {.name = "embed/x", .width = 1};
    struct param *params[] = {&a, &b, &c};
    for (size_t i = 0; i < 3; i++) {
        param_set_init(params[i], &call);
        param_initialise(params[i], i == 2 ? 300 : 100, 42);
    }
    double sum = 0;
    for (size_t i = 0; i < 300; i++) {
        CHECK(fabsf(a.value[i]) <= 0.05f);
        CHECK(a.value[i] == c.value[i]);
        CHECK(a.value[i] != b.value[i]);
        sum += (double)a.value[i];
    }
    NEAR(sum / 300, 0, 0.006);  // two standard errors
    for (size_t i = 0; i < 3; i++)
        param_free(params[i]);
}

static void duplicates_are_summed_and_forgotten_after_the_step(void)
{
    struct call call = call_parse(&arena, "sgd(lr=1)", "test");
    struct param param = {.name = "p", .rows = 4, .width = 2, .optim = optim_new(&call), .value = calloc(8, sizeof(float))};
    const float d[] = {1, 2, 9, 10, 20, 9, 100, 200, 9};
    param_prepare(&param);
    param_touch(&param, (uint32_t[]){3, 1, 3}, 3, d, 3);
    EQUAL(param.n_touched, 2);
    optim_step(param.optim, &param, 1);
    param_clear(&param);
    optim_step(param.optim, &param, 2);
    EQUAL(param.value[6], -101);
    EQUAL(param.value[7], -202);
    EQUAL(param.value[2], -10);
    EQUAL(param.value[0], 0);
    free((void *)(uintptr_t)param.optim);
    param_free(&param);
}

static void a_number_below_zero_is_found_wherever_it_stands(void)
{
    float numbers[67] = {0};
    for (size_t n = 0; n <= 67; n++) {
        for (size_t i = 0; i < n; i++)
            numbers[i] = (float)i;
        CHECK(!update_negative(numbers, n));
        for (size_t i = 0; i < n; i++) {
            numbers[i] = -1e-30f;
            CHECK(update_negative(numbers, n));
            numbers[i] = -0.0f;
        }
    }
}

UNIT_MAIN(UNIT(a_number_below_zero_is_found_wherever_it_stands), UNIT(adagrad), UNIT(sgd), UNIT(adam), UNIT(clippy_adagrad), UNIT(ftrl), UNIT(lazy_adam), UNIT(composite), UNIT(patterns_are_disjoint_and_complete),
          UNIT(schedules), UNIT(a_step_goes_by_the_schedule_and_decays), UNIT(clipping), UNIT(initial_values_are_functions_of_seed_name_and_place),
          UNIT(duplicates_are_summed_and_forgotten_after_the_step))
