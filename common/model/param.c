#include "common/model/param.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/die.h"
#include "common/math/update.h"

void param_set_init(struct param *param, const struct call *call)
{
    KIND_FIND(param->init, call, "initialiser", init_kinds);
    kind_read(call, param->init->args, param->init_args);
}

void param_initialise(struct param *param, size_t rows, uint64_t seed)
{
    param->rows = rows;
    param->value = memory_aligned(rows * param->width, sizeof *param->value);
    param->init->fill(param->init_args, seed, param->name, param->value, rows, param->width);
}

void param_prepare(struct param *param)
{
    const struct optim_kind *kind = param->optim->kind;
    for (size_t s = 0; s < optim_slots(param->optim); s++) {
        if (param->slots[s] != NULL)
            continue;
        float start = s == 0 && kind->slot_start != NULL ? (float)kind->slot_start(param->optim) : 0;
        param->slots[s] = memory_aligned(param->rows * param->width, sizeof *param->slots[s]);
        for (size_t i = 0; i < param->rows * param->width; i++)
            param->slots[s][i] = start;
    }
    param->places = memory_zeros(param->rows, sizeof *param->places);
    param->touched = memory_zeros(param->rows, sizeof *param->touched);
}

static float *gradient_row(struct param *param, uint32_t id)
{
    size_t place = param->places[id];
    if (place < param->n_touched && param->touched[place] == id)
        return param->d_value + place * param->width;
    param->d_value = memory_grow(param->d_value, &param->capacity, param->n_touched + 1, param->width * sizeof *param->d_value);
    param->places[id] = (uint32_t)param->n_touched;
    param->touched[param->n_touched] = id;
    float *row = param->d_value + param->n_touched++ * param->width;
    memset(row, 0, param->width * sizeof *row);
    return row;
}

void param_touch(struct param *param, const uint32_t *ids, size_t n, const float *d, size_t stride)
{
    for (size_t i = 0; i < n; i++)
        update_add(gradient_row(param, ids[i]), d + i * stride, param->width, 1);
}

float *param_dense(struct param *param)
{
    if (param->n_touched == 0) {
        param->d_value = memory_grow(param->d_value, &param->capacity, param->rows, param->width * sizeof *param->d_value);
        memset(param->d_value, 0, param->rows * param->width * sizeof *param->d_value);
        for (size_t i = 0; i < param->rows; i++)
            param->touched[i] = param->places[i] = (uint32_t)i;
        param->n_touched = param->rows;
    }
    return param->d_value;
}

float *param_gradient(const struct param *param, size_t *n)
{
    *n = param->n_touched * param->width;
    return param->d_value;
}

bool param_finite(const struct param *param)
{
    return update_finite(param->d_value, param->n_touched * param->width);
}

// The row of the first number that is not finite or, if `squares`, negative; SIZE_MAX if there is none.
static size_t first_fault(const struct param *param, const float *numbers, bool squares)
{
    size_t n = param->rows * param->width;
    if (numbers == NULL || (update_finite(numbers, n) && !(squares && update_negative(numbers, n))))
        return SIZE_MAX;
    size_t i = 0;
    while (update_finite(numbers + i, 1) && !(squares && numbers[i] < 0))
        i++;
    return i / param->width;
}

void param_check(const struct param *param, const char *source)
{
    const struct optim_kind *kind = param->optim->kind;
    size_t row = first_fault(param, param->value, false);
    if (row != SIZE_MAX)
        die(EXIT_INPUT, "%s: table \"param/%s\": row %zu has a number that is not finite", source, param->name, row);
    for (size_t s = 0; s < optim_slots(param->optim); s++) {
        row = first_fault(param, param->slots[s], kind->squares[s]);
        if (row != SIZE_MAX)
            die(EXIT_INPUT, "%s: table \"slot/%s\", column \"%s\": row %zu has a number that is not finite%s", source, param->name,
                kind->slots[s], row, kind->squares[s] ? ", or negative" : "");
    }
}

void param_clear(struct param *param)
{
    param->n_touched = 0;
}

void param_free(struct param *param)
{
    free(param->value);
    for (size_t s = 0; s < SLOTS_MAX; s++)
        free(param->slots[s]);
    free(param->touched);
    free(param->d_value);
    free(param->places);
}
