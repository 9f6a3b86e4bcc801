#include "common/model/init.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/rng.h"

static const double tau = 6.28318530717958647692;

static uint64_t hash_of(const char *name)
{
    return rng_fnv(FNV_START, name, strlen(name));
}

static void fill_uniform(double a, double mean, uint64_t seed, const char *name, float *value, size_t n)
{
    uint64_t hash = hash_of(name);
    for (size_t i = 0; i < n; i++)
        value[i] = (float)(mean + a * (2 * rng_unit(rng_bits(seed, hash, i)) - 1));
}

// The try-th normal number that the bits lead to (Box, Muller 1958).
static double normal(uint64_t bits, uint64_t attempt)
{
    double u = rng_unit(rng_mix(bits ^ (2 * attempt + 1))), v = rng_unit(rng_mix(bits ^ (2 * attempt + 2)));
    return sqrt(-2 * log1p(-u)) * cos(tau * v);
}

static const struct kind_arg uniform_args[] = {
    {"a", KIND_REAL, 0.05, 0, 1e6, "the numbers lie between mean - a and mean + a"},
    {"mean", KIND_REAL, 0, -1e6, 1e6, "what they lie around"},
    {0},
};

static void uniform(const double *args, uint64_t seed, const char *name, float *value, size_t rows, size_t width)
{
    fill_uniform(args[0], args[1], seed, name, value, rows * width);
}

static const struct kind_arg no_args[] = {{0}};

static void glorot_uniform(const double *args, uint64_t seed, const char *name, float *value, size_t rows, size_t width)
{
    (void)args;
    fill_uniform(sqrt(6 / (double)(rows + width)), 0, seed, name, value, rows * width);
}

static const struct kind_arg truncated_args[] = {
    {"sd", KIND_REAL, 0.05, 0, 1e6, "standard deviation, before numbers beyond two of them are drawn again"},
    {0},
};

static void truncated_normal(const double *args, uint64_t seed, const char *name, float *value, size_t rows, size_t width)
{
    uint64_t hash = hash_of(name);
    for (size_t i = 0; i < rows * width; i++) {
        uint64_t bits = rng_bits(seed, hash, i);
        double z = normal(bits, 0);
        for (uint64_t attempt = 1; fabs(z) > 2; attempt++)
            z = normal(bits, attempt);
        value[i] = (float)(args[0] * z);
    }
}

static const struct kind_arg orthogonal_args[] = {
    {"gain", KIND_REAL, 1, 0, 1e6, "length of each of the vectors"},
    {0},
};

// Takes the parts along the vectors before it out of a vector, twice, which makes rounding errors harmless, and scales it.
static void orthogonalise(double *vectors, size_t i, size_t length)
{
    double *v = vectors + i * length, squares = 0;
    for (size_t j = 0; j < 2 * i; j++) {
        const double *u = vectors + j % i * length;
        double along = 0;
        for (size_t k = 0; k < length; k++)
            along += u[k] * v[k];
        for (size_t k = 0; k < length; k++)
            v[k] -= along * u[k];
    }
    for (size_t k = 0; k < length; k++)
        squares += v[k] * v[k];
    for (size_t k = 0; k < length; k++)
        v[k] /= sqrt(squares);
}

// The vectors are the rows or the columns, whichever are fewer: as many as can be orthogonal.
static void orthogonal(const double *args, uint64_t seed, const char *name, float *value, size_t rows, size_t width)
{
    bool lying = rows <= width;
    size_t n = lying ? rows : width, length = lying ? width : rows;
    double *vectors = memory_aligned(n * length, sizeof *vectors);
    uint64_t hash = hash_of(name);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < length; k++)
            vectors[i * length + k] = normal(rng_bits(seed, hash, lying ? i * width + k : k * width + i), 0);
        orthogonalise(vectors, i, length);
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            value[i * width + j] = (float)(args[0] * vectors[lying ? i * length + j : j * length + i]);
    free(vectors);
}

static void zeros(const double *args, uint64_t seed, const char *name, float *value, size_t rows, size_t width)
{
    (void)args, (void)seed, (void)name;
    memset(value, 0, rows * width * sizeof *value);
}

static const struct kind_arg constant_args[] = {
    {"value", KIND_REAL, NAN, -1e6, 1e6, "every number"},
    {0},
};

static void constant(const double *args, uint64_t seed, const char *name, float *value, size_t rows, size_t width)
{
    (void)seed, (void)name;
    for (size_t i = 0; i < rows * width; i++)
        value[i] = (float)args[0];
}

static const struct init_kind init_uniform = {"uniform", "uniformly distributed", uniform_args, uniform},
    init_glorot_uniform = {"glorot_uniform", "uniform between -a and a, a the root of 6 / (rows + columns)", no_args, glorot_uniform},
    init_truncated_normal = {"truncated_normal", "normal, but within two standard deviations", truncated_args, truncated_normal},
    init_orthogonal = {"orthogonal", "rows at right angles to each other, or columns if those are fewer", orthogonal_args, orthogonal},
    init_zeros = {"zeros", "zeros", no_args, zeros}, init_constant = {"constant", "one number everywhere", constant_args, constant};

const struct init_kind *const init_kinds[] = {&init_uniform,    &init_glorot_uniform, &init_truncated_normal,
                                              &init_orthogonal, &init_zeros,          &init_constant, NULL};
