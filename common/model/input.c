#include "common/model/input.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/prefix.h"
#include "common/math/update.h"

// Values of the column in a row, but for lists.
static size_t values_of(const struct input *input)
{
    return input->type.dim > 0 ? input->type.dim : 1;
}

void input_shape(struct input *input)
{
    if (input->table == NULL)
        input->width = values_of(input);
    else
        input->width = input->type.list ? input->pooling.out : values_of(input) * input->table->width;
}

static const char *place_of(const struct frame *frame)
{
    return frame->place != NULL ? frame->place : frame->schema->table;
}

// Dies for the value at `at` of the column; says the row that has it.
static _Noreturn void refuse(const struct input *input, const struct frame *frame, const struct cells *cells, const char *column, size_t at)
{
    size_t row = at / values_of(input);
    if (cells->lists != NULL)
        for (row = 0; cells->lists[row + 1] <= at;)
            row++;
    if (input->table != NULL && has_prefix(column, "feature/"))
        die(EXIT_INPUT, "%s: column %s: row %zu has id %u, but \"param/%s\" has %zu rows", place_of(frame), quoted_text(column), row,
            ((const uint32_t *)cells->values)[at], input->table->name, input->table->rows);
    die(EXIT_INPUT, "%s: column %s: row %zu: a number that is not finite", place_of(frame), quoted_text(column), row);
}

static void check_ids(const struct input *input, const struct frame *frame, const struct cells *cells, const char *column)
{
    const uint32_t *ids = cells->values;
    size_t n = input->type.list ? cells->n : frame->rows * values_of(input), rows = input->table->rows;
    for (size_t i = 0; i < n; i++)
        if (ids[i] >= rows)
            refuse(input, frame, cells, column, i);
}

static void check_numbers(const struct input *input, const struct frame *frame, const struct cells *cells, const char *column)
{
    const float *x = cells->values;
    size_t n = input->type.list ? cells->n : frame->rows * values_of(input);
    if (!update_finite(x, n))
        for (size_t i = 0; i < n; i++)
            if (!update_finite(x + i, 1))
                refuse(input, frame, cells, column, i);
}

struct input_column input_column(const struct input *input, const struct frame *frame)
{
    char name[NAME_BYTES_MAX + 16] = "feature/";
    strncat(name, input->config->name, NAME_BYTES_MAX);
    struct input_column column = {.cells = frame_column(frame, name, type_name(input->type))};
    if (input->table == NULL)
        check_numbers(input, frame, column.cells, name);
    else
        check_ids(input, frame, column.cells, name);
    if (!input->type.list)
        return column;
    strcpy(name, "weight/");
    strncat(name, input->config->name, NAME_BYTES_MAX);
    const struct cells *weights = frame_column_if(frame, name, "f32*");
    if (weights == NULL)
        return column;
    if (memcmp(weights->lists, column.cells->lists, (frame->rows + 1) * sizeof *weights->lists) != 0)
        die(EXIT_INPUT, "%s: column %s: its lists are not as long as those of the feature", place_of(frame), quoted_text(name));
    check_numbers(input, frame, weights, name);
    column.weights = weights->values;
    return column;
}

static size_t row_at(const struct input_run *run, size_t i)
{
    return run->column->rows != NULL ? run->column->rows[i] : i;
}

static void take_lists(const struct input *input, struct input_run *run)
{
    const uint32_t *lists = run->column->cells->lists, *ids = run->column->cells->values;
    size_t total = 0;
    for (size_t i = 0; i < run->n; i++) {
        size_t row = row_at(run, i);
        run->starts[i] = (uint32_t)total;
        total += lists[row + 1] - lists[row];
    }
    if (total > UINT32_MAX)
        die(EXIT_INPUT, "column \"feature/%s\": %zu values in the rows of one step: make batches smaller", input->config->name, total);
    run->starts[run->n] = (uint32_t)total;
    if (total > run->ids_capacity) {
        size_t capacity = run->ids_capacity * 2 > total ? run->ids_capacity * 2 : total, width = input->table->width;
        free(run->ids);
        free(run->x);
        free(run->d_x);
        free(run->weights);
        run->ids = memory_aligned(capacity, sizeof *run->ids);
        run->x = memory_aligned(capacity * width, sizeof *run->x);
        run->d_x = memory_aligned(capacity * width, sizeof *run->d_x);
        run->weights = memory_aligned(capacity, sizeof *run->weights);
        run->ids_capacity = capacity;
    }
    for (size_t i = 0; i < run->n; i++) {
        size_t first = lists[row_at(run, i)], n = run->starts[i + 1] - run->starts[i];
        if (n == 0)
            continue;
        memcpy(run->ids + run->starts[i], ids + first, n * sizeof *ids);
        if (run->column->weights != NULL)
            memcpy(run->weights + run->starts[i], run->column->weights + first, n * sizeof(float));
    }
}

void input_take(const struct input *input, struct input_run *run, const struct input_column *column, size_t n)
{
    run->column = column;
    run->n = n;
    if (input->table == NULL)
        return;
    size_t values = values_of(input);
    if (n + 1 > run->rows_capacity) {
        run->rows_capacity = run->rows_capacity * 2 > n + 1 ? run->rows_capacity * 2 : n + 1;
        if (input->type.list) {
            free(run->starts);
            run->starts = memory_aligned(run->rows_capacity, sizeof *run->starts);
        } else {
            free(run->ids);
            run->ids = memory_aligned(run->rows_capacity * values, sizeof *run->ids);
        }
    }
    if (input->type.list) {
        take_lists(input, run);
        return;
    }
    const uint32_t *ids = column->cells->values;
    for (size_t i = 0; i < n; i++)
        for (size_t v = 0, row = row_at(run, i); v < values; v++)
            run->ids[i * values + v] = ids[row * values + v];
}

static struct lists lists_of(const struct input *input, const struct input_run *run, size_t from, size_t rows)
{
    size_t first = run->starts[from];
    return (struct lists){
        .rows = rows, .starts = run->starts + from, .x = run->x + first * input->table->width,
        .weights = run->column->weights != NULL ? run->weights + first : NULL,
    };
}

static void look_up(const struct param *table, const uint32_t *ids, size_t n, float *y, size_t stride)
{
    for (size_t i = 0; i < n; i++)
        memcpy(y + i * stride, table->value + ids[i] * table->width, table->width * sizeof *y);
}

void input_forward(const struct input *input, struct input_run *run, const struct pass *pass, size_t from, size_t rows, float *y,
                   size_t stride)
{
    size_t values = values_of(input);
    if (input->table == NULL) {
        const float *x = run->column->cells->values;
        for (size_t i = 0; i < rows; i++)
            memcpy(y + i * stride, x + row_at(run, from + i) * values, values * sizeof *y);
    } else if (input->type.list) {
        size_t first = run->starts[from], width = input->table->width;
        look_up(input->table, run->ids + first, run->starts[from + rows] - first, run->x + first * width, width);
        struct lists lists = lists_of(input, run, from, rows);
        input->pooling.kind->forward(&input->pooling, pass, &lists, y, stride);
    } else {
        for (size_t i = 0; i < rows; i++)
            look_up(input->table, run->ids + (from + i) * values, values, y + i * stride, input->table->width);
    }
}

void input_backward(const struct input *input, struct input_run *run, const struct pass *pass, size_t from, size_t rows,
                    const float *d_y, size_t stride)
{
    if (input->table == NULL || !input->type.list)
        return;
    struct lists lists = lists_of(input, run, from, rows);
    input->pooling.kind->backward(&input->pooling, pass, &lists, d_y, stride, run->d_x + run->starts[from] * input->table->width);
}

void input_touch(const struct input *input, const struct input_run *run, const float *d_y, size_t stride)
{
    size_t values = values_of(input);
    if (input->table == NULL)
        return;
    if (input->type.list)
        param_touch(input->table, run->ids, run->starts[run->n], run->d_x, input->table->width);
    else
        for (size_t i = 0; i < run->n; i++)
            param_touch(input->table, run->ids + i * values, values, d_y + i * stride, input->table->width);
}

void input_run_free(struct input_run *run)
{
    free(run->ids);
    free(run->starts);
    free(run->x);
    free(run->d_x);
    free(run->weights);
    *run = (struct input_run){0};
}
