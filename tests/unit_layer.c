#include <stdbool.h>
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/model/layer.h"
#include "tests/unit.h"

enum { ROWS = 3, IN_MAX = 40 };

static struct arena arena;

// The scalar sum of upstream times output.
static double value_of(const struct layer *layer, const float *x, const float *upstream)
{
    float y[ROWS * IN_MAX];
    double sum = 0;
    layer->kind->forward(layer, x, ROWS, y);
    for (size_t i = 0; i < ROWS * layer->out; i++)
        sum += (double)upstream[i] * (double)y[i];
    return sum;
}

static void check_gradient(const char *text, size_t in)
{
    struct call call = call_parse(&arena, text, "test");
    struct layer layer = layer_new(&call, in);
    float x[ROWS * IN_MAX], y[ROWS * IN_MAX], upstream[ROWS * IN_MAX], d_x[ROWS * IN_MAX];
    for (size_t i = 0; i < ROWS * IN_MAX; i++) {
        x[i] = (float)(2 * rng_unit(rng_bits(1, in, i)) - 1) + 0.5f;
        upstream[i] = (float)(2 * rng_unit(rng_bits(2, in, i)) - 1);
    }
    layer.kind->forward(&layer, x, ROWS, y);
    layer.kind->backward(&layer, x, y, upstream, ROWS, d_x);
    for (size_t i = 0; i < ROWS * in; i++) {
        float before = x[i], h = 1.0f / 256, up = before + h, down = before - h;
        x[i] = up;
        double high = value_of(&layer, x, upstream);
        x[i] = down;
        double low = value_of(&layer, x, upstream);
        x[i] = before;
        NEAR(d_x[i], (high - low) / ((double)up - (double)down), 2e-3);  // the differences' own error, h^2 and rounding / h
    }
}

static void gradient_of_normalize(void)
{
    check_gradient("normalize()", 1);
    check_gradient("normalize()", 2);
    check_gradient("normalize", 17);
    check_gradient("normalize()", 32);
}

static void zeros_stay_zeros_and_have_no_gradient(void)
{
    struct call call = call_parse(&arena, "normalize", "test");
    struct layer layer = layer_new(&call, 5);
    float x[10] = {0, 0, 0, 0, 0, 3, 0, 0, 0, 4}, y[10], d_y[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, d_x[10];
    layer.kind->forward(&layer, x, 2, y);
    layer.kind->backward(&layer, x, y, d_y, 2, d_x);
    for (size_t i = 0; i < 5; i++) {
        EQUAL(y[i], 0);
        EQUAL(d_x[i], 0);
    }
    NEAR(y[5], 0.6, 1e-7);
    NEAR(y[9], 0.8, 1e-7);
    layer.kind->forward(&layer, x, 0, y);
}

UNIT_MAIN(UNIT(gradient_of_normalize), UNIT(zeros_stay_zeros_and_have_no_gradient))
