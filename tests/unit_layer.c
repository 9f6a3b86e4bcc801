#include "common/math/activation.h"
#include "tests/parts.h"

static void gradient_of_normalize(void)
{
    check_layer("normalize()", 1);
    check_layer("normalize()", 2);
    check_layer("normalize", 17);
    check_layer("normalize()", 32);
}

static void gradient_of_mix(void)
{
    check_layer("mix(0.25, 0.75)", 2);
    check_layer("mix(1)", 3);
    check_layer("mix(-1, 2, 0.5)", 51);
}

static void mix_adds_parts_by_their_weights(void)
{
    struct layer_check c = layer_check_new("mix(0.25, 0.5)", 6, 1);
    const float x[] = {4, 8, 0, 2, -2, 6};
    memcpy(c.x, x, sizeof x);
    layer_check_run(&c);
    EQUAL(c.layer.out, 3);
    NEAR(c.y[0], 2, 0);
    NEAR(c.y[1], 1, 0);
    NEAR(c.y[2], 3, 0);
    c.layer.kind->forward(&c.layer, &c.pass, c.x, 0, c.y);
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

static void gradient_of_layer_norm(void)
{
    check_layer("layer_norm()", 2);
    check_layer("layer_norm(epsilon=0.1)", 17);
    struct layer_check one = layer_check_new("layer_norm()", 1, 2);
    layer_check_run(&one);
    EQUAL(one.y[0], one.layer.part.params[1]->value[0]);  // one number is its own mean
}

static void gradient_of_dot_interaction(void)
{
    check_layer("dot_interaction(3)", 9);
    check_layer("dot_interaction(1, self_interaction=yes)", 5);
    check_layer("dot_interaction(17, self_interaction=yes, skip_gather=yes)", 34);
    check_layer("dot_interaction(4, skip_gather=yes)", 12);
}

static void golden_dot_interaction(void)
{
    json_t *file = golden_open("dot_interaction");
    CHECK(golden_cases(file) == 4);
    for (size_t i = 0; i < golden_cases(file); i++) {
        const json_t *in = golden_inputs(file, i), *out = golden_outputs(file, i), *config = json_object_get(in, "config");
        enum { K = 4 };
        size_t rows = json_array_size(json_object_get(in, "f0")), dim = json_array_size(json_array_get(json_object_get(in, "f0"), 0));
        struct layer_check c = layer_check_new(
            arena_printf(&parts_arena, "dot_interaction(%zu, self_interaction=%s, skip_gather=%s)", dim,
                         golden_get(config, "self_interaction", 0) != 0 ? "yes" : "no", golden_get(config, "skip_gather", 0) != 0 ? "yes" : "no"),
            K * dim, rows);
        const char *const names[K] = {"f0", "f1", "f2", "f3"};
        for (size_t k = 0; k < K; k++) {
            float *f = parts_golden(json_object_get(in, names[k]), rows * dim);
            for (size_t r = 0; r < rows; r++)
                memcpy(c.x + (r * K + k) * dim, f + r * dim, dim * sizeof *f);
        }
        c.upstream = parts_golden(json_object_get(in, "upstream"), rows * c.layer.out);
        layer_check_run(&c);
        parts_same(c.y, json_object_get(out, "output"), rows * c.layer.out, 1e-5);
        for (size_t k = 0; k < K; k++) {
            float *d = arena_array(&parts_arena, rows * dim, sizeof *d);
            for (size_t r = 0; r < rows; r++)
                memcpy(d + r * dim, c.d_x + (r * K + k) * dim, dim * sizeof *d);
            parts_same(d, json_object_get(json_object_get(out, "grad_inputs"), names[k]), rows * dim, 1e-5);
        }
    }
}

static void dropout_in_training_only(void)
{
    enum { ROWS = 400, IN = 7 };
    struct layer_check c = layer_check_new("dropout(0.25)", IN, ROWS);
    layer_check_run(&c);
    CHECK(memcmp(c.y, c.x, ROWS * IN * sizeof *c.y) == 0);
    c.pass.training = true;
    layer_check_run(&c);
    size_t dropped = 0;
    for (size_t i = 0; i < ROWS * IN; i++) {
        dropped += c.y[i] == 0;
        NEAR(c.y[i], c.y[i] == 0 ? 0 : c.x[i] / 0.75f, 1e-6);
        NEAR(c.d_x[i], c.y[i] == 0 ? 0 : c.upstream[i] / 0.75f, 1e-6);
    }
    NEAR((double)dropped / (ROWS * IN), 0.25, 0.04);  // five standard deviations
    // Rows drop the same numbers however they are cut into passes, and others with another seed.
    float *part = arena_array(&parts_arena, ROWS * IN, sizeof *part);
    c.pass.first = 100;
    c.layer.kind->forward(&c.layer, &c.pass, c.x + 100 * IN, ROWS - 100, part);
    CHECK(memcmp(part, c.y + 100 * IN, (ROWS - 100) * IN * sizeof *part) == 0);
    c.pass.seed++;
    c.layer.kind->forward(&c.layer, &c.pass, c.x + 100 * IN, ROWS - 100, part);
    CHECK(memcmp(part, c.y + 100 * IN, (ROWS - 100) * IN * sizeof *part) != 0);
    check_layer("dropout(0)", 3);
}

static void no_vectors(void)
{
    layer_check_new("dot_interaction(4)", 9, 1);
}

static void one_vector(void)
{
    layer_check_new("dot_interaction(dim=4)", 4, 1);
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
    COMPLAINS(3, "test: dense: unknown activation \"rleu\", did you mean \"relu\"", unknown_activation);
    COMPLAINS(3, "test: units", no_units);
    COMPLAINS(3, "test: layer dot_interaction(4) gets rows of 9 numbers, wanted two or more vectors of 4", no_vectors);
    COMPLAINS(3, "test: layer dot_interaction(dim=4) gets rows of 4 numbers, wanted two or more vectors of 4", one_vector);
    COMPLAINS(3, "test: unknown layer \"dens\", did you mean \"dense\"", unknown_layer);
}

UNIT_MAIN(UNIT(gradient_of_normalize), UNIT(gradient_of_mix), UNIT(mix_adds_parts_by_their_weights), UNIT(zeros_stay_zeros_and_have_no_gradient),
          UNIT(a_length_that_is_no_float_is_never_zeros), UNIT(gradient_of_dense), UNIT(golden_mlp),
          UNIT(gradient_of_layer_norm), UNIT(gradient_of_dot_interaction), UNIT(golden_dot_interaction), UNIT(dropout_in_training_only),
          UNIT(refusals))
