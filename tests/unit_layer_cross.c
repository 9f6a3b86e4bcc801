#include "common/model/cross_step.h"
#include "tests/parts.h"

static void gradients(void)
{
    check_layer("cross()", 1);
    check_layer("cross(diag_scale=0.5)", 5);
    check_layer("cross(2)", 5);
    check_layer("cross(projection=20, layers=2, diag_scale=1.25)", 17);
    check_layer("cross(layers=3, preactivation=gelu)", 4);
    check_layer("cross(projection=2, preactivation=tanh, bias=no)", 6);
    check_layer("dcn()", 4);
    check_layer("dcn(2, 2)", 7);
}

static void shapes(void)
{
    struct layer_check low = layer_check_new("cross(projection=2, layers=2)", 5, 1), full = layer_check_new("cross", 5, 1);
    EQUAL(low.layer.out, 5);
    EQUAL(low.layer.part.n_params, 6);
    SAME_TEXT(low.layer.part.params[3]->name, "t/0/u_1");
    EQUAL(low.layer.part.params[4]->rows, 2);
    EQUAL(low.layer.part.params[4]->width, 5);
    EQUAL(full.layer.part.params[0]->rows, 5);
    SAME_TEXT(full.layer.part.params[1]->name, "t/0/bias_0");
}

// One step with both inputs, as TFRS' Cross has them.
static void golden_dcn(void)
{
    json_t *file = golden_open("dcn");
    CHECK(golden_cases(file) > 0);
    for (size_t c = 0; c < golden_cases(file); c++) {
        const json_t *in = golden_inputs(file, c), *out = golden_outputs(file, c), *config = json_object_get(in, "config");
        const json_t *weights = json_object_get(in, "weights"), *grads = json_object_get(out, "grad_weights");
        const char *activation = json_string_value(json_object_get(config, "preactivation"));
        size_t rows = json_array_size(json_object_get(in, "x0")), dim = json_array_size(json_array_get(json_object_get(in, "x0"), 0));
        size_t n = rows * dim, at = 0, rank = (size_t)golden_get(config, "projection_dim", 0);
        bool self = json_object_get(in, "x") == NULL, bias = golden_get(config, "use_bias", 1) != 0;
        float *x0 = parts_golden(json_object_get(in, "x0"), n), *x = self ? x0 : parts_golden(json_object_get(in, "x"), n);
        float *upstream = parts_golden(json_object_get(in, "upstream"), n), *y = parts_random(n, 0), *d_x = parts_random(n, 0);
        float *d_x0 = arena_zeros(&parts_arena, n, sizeof *d_x0), *d[3];
        for (size_t i = 0; i < 3; i++)
            d[i] = arena_zeros(&parts_arena, dim * dim, sizeof *d[i]);
        struct cross_step step = {.dim = dim, .projection = rank, .diag_scale = (float)golden_get(config, "diag_scale", 0),
                                  .d_u = d[0], .d_v = d[1], .d_bias = bias ? d[2] : NULL};
        while (activation != NULL && strcmp(activation_names[step.activation], activation) != 0)
            step.activation++;
        if (rank > 0)
            step.u = parts_golden(json_object_get(json_array_get(weights, at++), "value"), dim * rank);
        step.v = parts_golden(json_object_get(json_array_get(weights, at++), "value"), (rank > 0 ? rank : dim) * dim);
        if (bias)
            step.bias = parts_golden(json_object_get(json_array_get(weights, at++), "value"), dim);
        EQUAL(at, json_array_size(weights));

        cross_forward(&step, x0, x, rows, y, &parts_scratch);
        parts_same(y, json_object_get(out, "output"), n, 1e-5);
        cross_backward(&step, x0, x, upstream, rows, d_x0, d_x, &parts_scratch);
        const json_t *inputs = json_object_get(out, "grad_inputs");
        for (size_t i = 0; self && i < n; i++)
            d_x0[i] += d_x[i];
        parts_same(d_x0, json_object_get(inputs, "x0"), n, 1e-5);
        if (!self)
            parts_same(d_x, json_object_get(inputs, "x"), n, 1e-5);
        at = 0;
        if (rank > 0)
            parts_same(d[0], json_array_get(grads, at++), dim * rank, 1e-5);
        parts_same(d[1], json_array_get(grads, at++), (rank > 0 ? rank : dim) * dim, 1e-5);
        if (bias)
            parts_same(d[2], json_array_get(grads, at++), dim, 1e-5);
    }
}

// The library's weights are all U first, then V and bias layer by layer.
static void golden_multi_layer(void)
{
    json_t *file = golden_open("multi_layer_dcn");
    CHECK(golden_cases(file) > 0);
    for (size_t i = 0; i < golden_cases(file); i++) {
        const json_t *in = golden_inputs(file, i), *out = golden_outputs(file, i), *config = json_object_get(in, "config");
        size_t rows = json_array_size(json_object_get(in, "x0")), dim = json_array_size(json_array_get(json_object_get(in, "x0"), 0));
        size_t steps = (size_t)golden_get(config, "num_layers", 3), rank = (size_t)golden_get(config, "projection_dim", 1);
        bool bias = golden_get(config, "use_bias", 1) != 0;
        struct layer_check c = layer_check_new(arena_printf(&parts_arena, "dcn(%zu, %zu, bias=%s)", rank, steps, bias ? "yes" : "no"), dim, rows);
        c.x = parts_golden(json_object_get(in, "x0"), rows * dim);
        c.upstream = parts_golden(json_object_get(in, "upstream"), rows * dim);
        size_t each = 2 + bias;
        for (size_t p = 0; p < steps * each; p++) {
            struct param *param = c.layer.part.params[p];
            size_t from = p % each == 0 ? p / each : steps + p / each * (each - 1) + p % each - 1;
            param->value = parts_golden(json_object_get(json_array_get(json_object_get(in, "weights"), from), "value"), param->rows * param->width);
        }
        layer_check_run(&c);
        parts_same(c.y, json_object_get(out, "output"), rows * dim, 1e-5);
        parts_same(c.d_x, json_object_get(json_object_get(out, "grad_inputs"), "x0"), rows * dim, 1e-5);
        for (size_t p = 0; p < steps * each; p++) {
            struct param *param = c.layer.part.params[p];
            size_t from = p % each == 0 ? p / each : steps + p / each * (each - 1) + p % each - 1;
            parts_same(c.pass.d_params[p], json_array_get(json_object_get(out, "grad_weights"), from), param->rows * param->width, 1e-5);
        }
    }
}

UNIT_MAIN(UNIT(gradients), UNIT(shapes), UNIT(golden_dcn), UNIT(golden_multi_layer))
