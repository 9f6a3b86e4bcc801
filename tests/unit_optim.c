#include <stdlib.h>

#include "common/model/optim.h"
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
        param.optim->kind->step(param.optim, &param, s + 1);
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
    param.optim->kind->step(param.optim, &param, 1);
    param_clear(&param);
    param.optim->kind->step(param.optim, &param, 2);
    EQUAL(param.value[6], -101);
    EQUAL(param.value[7], -202);
    EQUAL(param.value[2], -10);
    EQUAL(param.value[0], 0);
    free((void *)(uintptr_t)param.optim);
    param_free(&param);
}

UNIT_MAIN(UNIT(adagrad), UNIT(sgd), UNIT(adam), UNIT(clippy_adagrad), UNIT(initial_values_are_functions_of_seed_name_and_place),
          UNIT(duplicates_are_summed_and_forgotten_after_the_step))
