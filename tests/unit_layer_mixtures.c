// Mixtures of experts, their parts, and factorisation machines.
#include "tests/parts.h"

static void a_mixture_of_experts(void)
{
    // One input 2; experts relu(2 * 1 + 0) = 2 and relu(2 * 3 + 1) = 7; the gates of the first task alike, the second's ln 3 apart.
    struct layer_check c = layer_check_new("mmoe(experts=2, units=1, tasks=2)", 1, 1);
    float kernel[] = {1, 3}, bias[] = {0, 1}, gates[] = {0, 0, 0, logf(3) / 2};
    c.layer.part.params[0]->value = kernel;
    c.layer.part.params[1]->value = bias;
    c.layer.part.params[2]->value = gates;
    c.x[0] = 2;
    layer_check_run(&c);
    EQUAL(c.layer.out, 2);
    NEAR(c.y[0], 4.5, 1e-6);
    NEAR(c.y[1], 0.25 * 2 + 0.75 * 7, 1e-6);
}

static void gradients(void)
{
    check_layer("mmoe(experts=3, units=4, tasks=2, activation=tanh)", 5);
    check_layer("mmoe(1, 1, 1, activation=linear)", 1);
    check_layer("take(1, of=3)", 6);
    check_layer("take(0, 1)", 1);
    check_layer("fm(3)", 9);
    check_layer("fm(1)", 2);
}

static void a_factorisation_machine(void)
{
    // (1, 2), (3, -1), (0, 4): 1 + 8 - 4
    struct layer_check c = layer_check_new("fm(2)", 6, 1);
    memcpy(c.x, (float[]){1, 2, 3, -1, 0, 4}, 6 * sizeof(float));
    layer_check_run(&c);
    EQUAL(c.layer.out, 1);
    NEAR(c.y[0], 5, 1e-6);
}

static void parts(void)
{
    struct layer_check c = layer_check_new("take(1, of=2)", 4, 1);
    memcpy(c.x, (float[]){1, 2, 3, 4}, 4 * sizeof(float));
    layer_check_run(&c);
    EQUAL(c.layer.out, 2);
    EQUAL(c.y[0], 3);
    EQUAL(c.y[1], 4);
    EQUAL(c.d_x[0], 0);
}

UNIT_MAIN(UNIT(a_mixture_of_experts), UNIT(gradients), UNIT(a_factorisation_machine), UNIT(parts))
