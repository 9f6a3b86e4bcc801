#include <stdlib.h>

#include "common/base/arena.h"
#include "common/model/init.h"
#include "common/model/param.h"
#include "tests/golden.h"
#include "tests/unit.h"

static struct arena arena;

static struct param filled(const char *text, size_t rows, size_t width)
{
    struct param param = {.name = "t/0/kernel", .width = width};
    struct call call = call_parse(&arena, text, "test");
    param_set_init(&param, &call);
    param_initialise(&param, rows, 42);
    return param;
}

struct moments {
    double low, high, mean, sd;
};

static struct moments moments_of(const struct param *param)
{
    size_t n = param->rows * param->width;
    struct moments m = {INFINITY, -INFINITY, 0, 0};
    for (size_t i = 0; i < n; i++) {
        m.low = fmin(m.low, (double)param->value[i]);
        m.high = fmax(m.high, (double)param->value[i]);
        m.mean += (double)param->value[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++)
        m.sd += pow((double)param->value[i] - m.mean, 2) / (double)n;
    m.sd = sqrt(m.sd);
    return m;
}

// The library's draws are others, so bounds and moments are compared: the error of a standard deviation of 16,384 draws is below 1 %.
static void golden_moments(void)
{
    static const char *const calls[][2] = {
        {"glorot_uniform_256x64", "glorot_uniform()"}, {"embedding_uniform", "uniform()"}, {"truncated_normal", "truncated_normal(0.05)"},
    };
    json_t *wanted = json_object_get(golden_open("mlp"), "initialisers");
    for (size_t i = 0; i < 3; i++) {
        const json_t *w = json_object_get(wanted, calls[i][0]);
        struct param param = filled(calls[i][1], 256, 64);
        struct moments m = moments_of(&param);
        CHECK(w != NULL);
        double bound = golden_get(w, "bound", i == 2 ? 0.1 : 0.05);
        CHECK(m.low >= -bound && m.high <= bound);
        NEAR(m.low / golden_get(w, "min", 0), 1, 0.01);
        NEAR(m.high / golden_get(w, "max", 0), 1, 0.01);
        NEAR(m.sd / golden_get(w, "std", 0), 1, 0.02);
        NEAR(m.mean / m.sd, 0, 0.04);
    }
}

static void orthogonal(void)
{
    static const size_t shapes[][2] = {{32, 32}, {6, 18}, {9, 4}, {1, 1}, {1, 5}, {5, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t rows = shapes[s][0], width = shapes[s][1], n = rows < width ? rows : width;
        struct param param = filled("orthogonal(2)", rows, width);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) {
                double product = 0;
                for (size_t k = 0; k < (rows < width ? width : rows); k++)
                    product += rows < width ? (double)param.value[i * width + k] * (double)param.value[j * width + k]
                                            : (double)param.value[k * width + i] * (double)param.value[k * width + j];
                NEAR(product, i == j ? 4 : 0, 1e-5);
            }
    }
    struct param square = filled("orthogonal()", 32, 32);
    NEAR(moments_of(&square).sd, golden_get(json_object_get(json_object_get(golden_open("mlp"), "initialisers"), "orthogonal_32"), "std", 0), 2e-3);
}

static void constants(void)
{
    struct param zero = filled("zeros", 2, 3), one = filled("constant(1)", 2, 3);
    for (size_t i = 0; i < 6; i++) {
        EQUAL(zero.value[i], 0);
        EQUAL(one.value[i], 1);
    }
}

// A function of seed, name and place alone.
static void same_numbers_again(void)
{
    static const char *const calls[] = {"uniform()", "glorot_uniform()", "truncated_normal()", "orthogonal()"};
    for (size_t i = 0; i < 4; i++) {
        struct param a = filled(calls[i], 5, 3), b = filled(calls[i], 5, 3);
        CHECK(memcmp(a.value, b.value, 15 * sizeof *a.value) == 0);
        b.name = "t/1/kernel";
        param_initialise(&b, 5, 42);
        CHECK(memcmp(a.value, b.value, 15 * sizeof *a.value) != 0);
    }
}

UNIT_MAIN(UNIT(golden_moments), UNIT(orthogonal), UNIT(constants), UNIT(same_numbers_again))
