#include "common/model/examples.h"

#include <string.h>

#include "common/base/die.h"
#include "common/math/update.h"

static const char *const side_names[SIDES] = {"query", "candidate"};

const bool *examples_in(const struct config_task *task, const struct frame *frame, struct arena *arena)
{
    if (task->where == NULL)
        return NULL;
    size_t at = schema_find(frame->schema, task->where);
    struct type type = at != SIZE_MAX ? frame->schema->columns[at].type : (struct type){.element = ELEMENT_STR};
    if (at == SIZE_MAX || type.element == ELEMENT_STR || type.element == ELEMENT_BF16 || type.list || type.dim != 0)
        die(EXIT_INPUT, "%s: table %s: no column of numbers %s, which says what rows task %s looks at", frame->place,
            quoted_text(frame->schema->table), quoted_text(task->where), quoted_text(task->name));
    bool *in = arena_array(arena, frame->rows, sizeof *in);
    const void *v = frame->cells[at].values;
    for (size_t i = 0; i < frame->rows; i++)
        switch (type.element) {
        case ELEMENT_U8: in[i] = ((const uint8_t *)v)[i] != 0; break;
        case ELEMENT_I32: case ELEMENT_U32: in[i] = ((const uint32_t *)v)[i] != 0; break;
        case ELEMENT_I64: case ELEMENT_U64: in[i] = ((const uint64_t *)v)[i] != 0; break;
        case ELEMENT_F32: in[i] = !(((const float *)v)[i] == 0); break;
        default: in[i] = !(((const double *)v)[i] == 0); break;
        }
    return in;
}

static const float *take_weights(const struct config *config, const struct examples *e, const struct frame *batch, struct arena *arena)
{
    const double *weight = frame_numbers(batch, config->weight, arena);
    float *taken = arena_array(arena, e->n, sizeof *taken);
    for (size_t i = 0; i < e->n; i++)
        taken[i] = (float)weight[e->at[i]];
    if (!update_finite(taken, e->n) || update_negative(taken, e->n))
        die(EXIT_INPUT, "%s: column %s: a weight is negative or not finite", batch->place, quoted_text(config->weight));
    return taken;
}

struct examples examples_take(const struct config *config, const struct config_task *task, const size_t *table_rows,
                              const struct frame *batch, struct arena *arena)
{
    const struct config_side *sides[SIDES] = {&config->query, &config->candidate};
    const bool *in = examples_in(task, batch, arena);
    struct examples e = {.at = arena_array(arena, batch->rows, sizeof *e.at)};
    for (size_t i = 0; i < batch->rows; i++)
        if (in == NULL || in[i])
            e.at[e.n++] = (uint32_t)i;
    for (size_t s = 0; s < SIDES; s++) {
        const uint32_t *rows = frame_column(batch, side_names[s], "u32")->values;
        e.rows[s] = arena_array(arena, e.n, sizeof *e.rows[s]);
        for (size_t i = 0; i < e.n; i++) {
            uint32_t row = e.rows[s][i] = rows[e.at[i]];
            if (row >= table_rows[s])
                die(EXIT_INPUT, "%s: column \"%s\": row %u refers to row %u, but table %s has %zu rows", batch->place, side_names[s],
                    e.at[i], row, quoted_text(sides[s]->table), table_rows[s]);
        }
    }
    if (config->weight != NULL)
        e.weight = take_weights(config, &e, batch, arena);
    return e;
}

struct places places_new(size_t table_rows, struct arena *arena)
{
    return (struct places){.of = arena_zeros(arena, table_rows, sizeof(uint32_t)), .rows = arena_zeros(arena, table_rows, sizeof(uint32_t))};
}
