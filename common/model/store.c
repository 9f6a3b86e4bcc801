#include "common/model/store.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/die.h"
#include "common/stream/builder.h"

static const char *const prefixes[STORE_KINDS] = {"param/", "slot/"};

void store_add(struct store *store, struct param *param)
{
    store->params = memory_grow(store->params, &store->capacity, store->n + 1, sizeof(struct param *));
    store->arrivals = memory_grow(store->arrivals, &store->arrivals_capacity, store->n + 1, sizeof *store->arrivals);
    store->arrivals[store->n] = (struct arrival){0};
    store->params[store->n++] = param;
}

bool store_takes(struct store *store, const struct frame *frame, enum store_kind kind)
{
    const char *table = frame->schema->table, *prefix = prefixes[kind];
    if (strncmp(table, prefix, strlen(prefix)) != 0)
        return false;
    size_t i = 0;
    while (i < store->n && strcmp(store->params[i]->name, table + strlen(prefix)) != 0)
        i++;
    if (i == store->n) {
        if (frame->rows == 0 && store->n_strangers++ == 0)
            store->stranger = strcpy(memory_resize(NULL, strlen(table) + 1, 1), table);
        return true;
    }
    if (store->arrivals[i].unwanted)
        return true;
    struct gather **gather = &store->arrivals[i].came[kind];
    if (*gather == NULL)
        *gather = gather_new();
    gather_add(*gather, frame);
    return true;
}

void store_warn(const struct store *store, const char *source)
{
    if (store->n_strangers == 1)
        warn("%s: table %s belongs to no parameter of this model: left out", source, quoted_text(store->stranger));
    if (store->n_strangers > 1)
        warn("%s: %zu tables belong to no parameter of this model, first %s: left out", source, store->n_strangers,
             quoted_text(store->stranger));
}

bool store_type(const struct store *store, size_t i, struct type *type)
{
    struct gather *values = store->arrivals[i].came[STORE_VALUES];
    if (values == NULL)
        return false;
    const struct schema *schema = gather_frame(values)->schema;
    size_t column = schema_find(schema, "value");
    if (column != SIZE_MAX)
        *type = schema->columns[column].type;
    return column != SIZE_MAX;
}

// A copy of a gathered column of vectors, of the parameter's width.
static float *copy_column(const struct param *param, const struct frame *frame, const char *column)
{
    const char *type = type_name(type_vector(param->width));
    const struct cells *cells = frame_column(frame, column, type);
    float *copy = memory_aligned(frame->rows * param->width, sizeof *copy);
    if (frame->rows > 0)
        memcpy(copy, cells->values, frame->rows * param->width * sizeof *copy);
    return copy;
}

static void settle_slots(struct param *param, struct gather *gather, const char *source)
{
    const struct frame *frame = gather_frame(gather);
    if (frame->rows != param->rows)
        die(EXIT_INPUT, "%s: table \"slot/%s\" has %zu rows, but \"param/%s\" has %zu", source, param->name, frame->rows, param->name,
            param->rows);
    for (size_t s = 0; s < optim_slots(param->optim); s++)
        param->slots[s] = copy_column(param, frame, param->optim->kind->slots[s]);
}

static void settle_values(struct param *param, struct gather *gather, const char *source)
{
    const struct frame *frame = gather_frame(gather);
    param->value = copy_column(param, frame, "value");
    if (param->rows > 0 && frame->rows != param->rows)
        die(EXIT_INPUT, "%s: table \"param/%s\" has %zu rows, wanted %zu: %s", source, param->name, frame->rows, param->rows,
            param->feature != NULL ? "one for each id" : "the layer and what it gets are not those that were trained");
    param->rows = frame->rows;
}

bool store_settle(struct store *store, size_t i, const char *source)
{
    struct gather **came = store->arrivals[i].came;
    bool values = came[STORE_VALUES] != NULL, any = values || came[STORE_SLOTS] != NULL;
    if (values)
        settle_values(store->params[i], came[STORE_VALUES], source);
    if (came[STORE_SLOTS] != NULL)
        settle_slots(store->params[i], came[STORE_SLOTS], source);
    for (size_t k = 0; k < STORE_KINDS; k++) {
        gather_free(came[k]);
        came[k] = NULL;
    }
    if (any)
        param_check(store->params[i], source);
    return values;
}

// Writes vectors side by side as a table, in frames of whole rows.
static void write_table(struct writer *out, const char *prefix, const struct param *param, const char *const *names, float *const *values,
                        size_t n)
{
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, arena_printf(&arena, "%s/%s", prefix, param->name));
    for (size_t s = 0; s < n; s++)
        schema_add(schema, &arena, names[s], type_vector(param->width));
    size_t step = ((size_t)8 << 20) / (param->width * sizeof(float));
    step = step > 65536 ? 65536 : step == 0 ? 1 : step;
    for (size_t from = 0; from == 0 || from < param->rows; from += step) {
        size_t rows = param->rows - from < step ? param->rows - from : step;
        struct cells cells[SLOTS_MAX] = {{0}};
        for (size_t s = 0; s < n; s++)
            cells[s] = (struct cells){.values = values[s] + from * param->width, .n = rows};
        writer_put(out, &(struct frame){.schema = schema, .rows = rows, .cells = cells});
    }
    arena_free(&arena);
}

void store_write(const struct store *store, struct writer *out, const char *source)
{
    for (size_t i = 0; i < store->n; i++)
        param_check(store->params[i], source);
    for (size_t i = 0; i < store->n; i++) {
        struct param *param = store->params[i];
        const char *const *names = param->optim->kind->slots;
        size_t n = optim_slots(param->optim);
        write_table(out, "param", param, (const char *const[]){"value"}, &param->value, 1);
        if (n > 0)
            write_table(out, "slot", param, names, param->slots, n);
    }
}

void store_free(struct store *store)
{
    for (size_t i = 0; i < store->n; i++) {
        for (size_t k = 0; k < STORE_KINDS; k++)
            gather_free(store->arrivals[i].came[k]);
        param_free(store->params[i]);
    }
    free(store->params);
    free(store->arrivals);
    free(store->stranger);
}
