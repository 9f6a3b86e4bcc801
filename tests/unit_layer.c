#include "common/math/activation.h"
#include "tests/parts.h"

static void gradient_of_normalize(void)
{
    check_layer("normalize()", 1);
    check_layer("normalize()", 2);
    check_layer("normalize", 17);
    check_layer("normalize()", 32);
}

static void zeros_stay_zeros_and_have_no_gradient(void)
{
    struct layer_check c = layer_check_new("normalize", 5, 2);
    const float x[10] = {0, 0, 0, 0, 0, 3, 0, 0, 0, 4};
    memcpy(c.x, x, sizeof x);
    layer_check_run(&c);
    for (size_t i = 0; i < 5; i++) {
        EQUAL(c.y[i], 0);
        EQUAL(c.d_x[i], 0);
    }
    NEAR(c.y[5], 0.6, 1e-7);
    NEAR(c.y[9], 0.8, 1e-7);
    c.layer.kind->forward(&c.layer, &c.pass, c.x, 0, c.y);
}

static void a_length_that_is_no_float_is_never_zeros(void)
{
    struct layer_check c = layer_check_new("normalize", 2, 1);
    c.x[0] = 3e19f;
    c.x[1] = 4e19f;
    layer_check_run(&c);
    CHECK(isnan(c.y[0]) && isnan(c.y[1]));
}

static void gradient_of_dense(void)
{
    for (size_t a = 0; a < ACTIVATIONS; a++)
        for (size_t in = 1; in < 40; in += 18)
            check_layer(arena_printf(&parts_arena, "dense(%zu, %s)", in + 2, activation_names[a]), in);
    check_layer("dense(1)", 1);
    check_layer("dense(3, tanh, bias=no)", 4);
}

static void golden_mlp(void)
{
    json_t *file = golden_open("mlp");
    for (size_t i = 0; i < golden_cases(file); i++) {
        const json_t *in = golden_inputs(file, i), *out = golden_outputs(file, i), *weights = json_object_get(in, "weights");
        struct layer_check layers[2];
        size_t rows = json_array_size(json_object_get(in, "x")), width = json_array_size(json_array_get(json_object_get(in, "x"), 0));
        float *x = parts_golden(json_object_get(in, "x"), rows * width), *y;
        for (size_t l = 0; l < 2; l++) {
            const char *activation = json_string_value(json_object_get(in, l == 0 ? "activation" : "final_activation"));
            size_t units = (size_t)json_integer_value(json_array_get(json_object_get(in, "units"), l));
            const char *text = arena_printf(&parts_arena, "dense(%zu, %s)", units, activation != NULL ? activation : "linear");
            layers[l] = layer_check_new(text, width, rows);
            width = units;
            layers[l].x = l == 0 ? x : layers[0].y;
            for (size_t p = 0; p < 2; p++) {
                struct param *param = layers[l].layer.part.params[p];
                param->value = parts_golden(json_array_get(weights, 2 * l + p), param->rows * param->width);
            }
            layers[l].layer.kind->forward(&layers[l].layer, &layers[l].pass, layers[l].x, rows, layers[l].y);
        }
        parts_same(layers[1].y, json_object_get(out, "output"), rows * width, 1e-5);

        y = parts_golden(json_object_get(in, "y"), rows * width);
        double mse = 0;
        for (size_t k = 0; k < rows * width; k++) {
            double off = (double)layers[1].y[k] - (double)y[k];
            mse += off * off / (double)(rows * width);
            layers[1].upstream[k] = (float)(2 * off / (double)(rows * width));
        }
        NEAR(mse, golden_get(out, "mse", NAN), 1e-5);
        for (size_t l = 2; l-- > 0;) {
            struct layer_check *c = &layers[l];
            c->layer.kind->backward(&c->layer, &c->pass, c->x, c->y, l == 1 ? c->upstream : layers[1].d_x, rows, c->d_x);
            for (size_t p = 0; p < 2; p++)
                parts_same(c->pass.d_params[p], json_array_get(json_object_get(out, "grad_weights"), 2 * l + p),
                           c->layer.part.params[p]->rows * c->layer.part.params[p]->width, 1e-5);
        }
        parts_same(layers[0].d_x, json_object_get(out, "grad_x"), rows * layers[0].layer.in, 1e-5);
    }
}

static void unknown_activation(void)
{
    layer_check_new("dense(3, rleu)", 2, 1);
}

static void no_units(void)
{
    layer_check_new("dense(relu)", 2, 1);
}

static void unknown_layer(void)
{
    layer_check_new("dens(3)", 2, 1);
}

static void refusals(void)
{
    COMPLAINS(3, "test: dense: unknown activation \"rleu\", did you mean relu", unknown_activation);
    COMPLAINS(3, "test: units", no_units);
    COMPLAINS(3, "test: unknown layer \"dens\", did you mean \"dense\"", unknown_layer);
}

UNIT_MAIN(UNIT(gradient_of_normalize), UNIT(zeros_stay_zeros_and_have_no_gradient), UNIT(a_length_that_is_no_float_is_never_zeros), UNIT(gradient_of_dense), UNIT(golden_mlp), UNIT(refusals))
