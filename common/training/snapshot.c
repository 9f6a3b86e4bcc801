#include "common/training/snapshot.h"

#include <string.h>

#include "common/base/die.h"
#include "common/base/prefix.h"
#include "common/stream/tables.h"

enum { PARTS = 1 + SLOTS_MAX };

struct copy {
    float *parts[PARTS];     // value, then the slots
};

struct snapshot {
    bool taken;
    struct copy *copies;     // (n), of the parameters in their order
    size_t n;
    struct tables arrived;   // best/*
};

struct snapshot *snapshot_new(void)
{
    return memory_zeros(1, sizeof(struct snapshot));
}

static size_t parts_of(const struct param *param, float **parts)
{
    size_t n = optim_slots(param->optim);
    parts[0] = param->value;
    for (size_t s = 0; s < n; s++)
        parts[1 + s] = param->slots[s];
    return 1 + n;
}

static void make_room(struct snapshot *s, struct param *const *params, size_t n)
{
    if (s->copies != NULL)
        return;
    s->copies = memory_zeros(n, sizeof *s->copies);
    s->n = n;
    for (size_t i = 0; i < n; i++) {
        float *parts[PARTS];
        for (size_t p = 0, n_parts = parts_of(params[i], parts); p < n_parts; p++)
            s->copies[i].parts[p] = memory_aligned(params[i]->rows * params[i]->width, sizeof(float));
    }
}

void snapshot_take(struct snapshot *s, struct param *const *params, size_t n)
{
    make_room(s, params, n);
    s->taken = true;
    for (size_t i = 0; i < n; i++) {
        float *parts[PARTS];
        for (size_t p = 0, n_parts = parts_of(params[i], parts); p < n_parts; p++)
            memcpy(s->copies[i].parts[p], parts[p], params[i]->rows * params[i]->width * sizeof(float));
    }
}

void snapshot_restore(const struct snapshot *s, struct param *const *params, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float *parts[PARTS];
        for (size_t p = 0, n_parts = parts_of(params[i], parts); p < n_parts; p++)
            memcpy(parts[p], s->copies[i].parts[p], params[i]->rows * params[i]->width * sizeof(float));
    }
}

bool snapshot_taken(const struct snapshot *s)
{
    return s->taken;
}

static const char *part_name(const struct param *param, size_t part)
{
    return part == 0 ? "value" : param->optim->kind->slots[part - 1];
}

void snapshot_write(const struct snapshot *s, struct param *const *params, size_t n, struct writer *out)
{
    for (size_t i = 0; s->taken && i < n; i++) {
        struct arena arena = {0};
        struct schema *schema = schema_new(&arena, arena_printf(&arena, "best/%s", params[i]->name));
        struct cells cells[PARTS] = {{0}};
        for (size_t p = 0; p < 1 + optim_slots(params[i]->optim); p++) {
            schema_add(schema, &arena, part_name(params[i], p), type_vector(params[i]->width));
            cells[p] = (struct cells){.values = s->copies[i].parts[p], .n = params[i]->rows};
        }
        writer_put_sliced(out, &(struct frame){.schema = schema, .rows = params[i]->rows, .cells = cells});
        arena_free(&arena);
    }
}

bool snapshot_takes(struct snapshot *s, const struct frame *frame)
{
    if (!has_prefix(frame->schema->table, "best/"))
        return false;
    tables_add(&s->arrived, frame);
    return true;
}

static void settle(struct snapshot *s, size_t i, const struct param *param, const char *source)
{
    const struct frame *frame = tables_find(&s->arrived, "best/", param->name);
    if (frame == NULL)
        die(EXIT_INPUT, "%s: no table \"best/%s\"", source, param->name);
    if (frame->rows != param->rows)
        die(EXIT_INPUT, "%s: table \"best/%s\" has %zu rows, wanted %zu", source, param->name, frame->rows, param->rows);
    const char *type = type_name(type_vector(param->width));
    struct param best = *param;
    for (size_t p = 0; p < 1 + optim_slots(param->optim); p++) {
        memcpy(s->copies[i].parts[p], frame_column(frame, part_name(param, p), type)->values, param->rows * param->width * sizeof(float));
        *(p == 0 ? &best.value : &best.slots[p - 1]) = s->copies[i].parts[p];
    }
    struct arena arena = {0};
    param_check(&best, arena_printf(&arena, "%s: the best parameters", source));
    arena_free(&arena);
}

void snapshot_ready(struct snapshot *s, struct param *const *params, size_t n, const char *source)
{
    if (s->arrived.n == 0)
        return;
    make_room(s, params, n);
    s->taken = true;
    for (size_t i = 0; i < n; i++)
        settle(s, i, params[i], source);
}
