#include "common/training/gradients.h"

#include <stdlib.h>

#include "common/stream/writer.h"

struct gradients {
    struct writer *out;
    struct arena arena;
};

struct gradients *gradients_open(const char *path, const struct header *header)
{
    struct gradients *g = memory_zeros(1, sizeof *g);
    g->out = writer_open(path, header);
    return g;
}

static void put(struct gradients *g, const struct param *param, uint64_t step)
{
    size_t n = param->n_touched, numbers;
    struct schema *schema = schema_new(&g->arena, arena_printf(&g->arena, "gradient/%s", param->name));
    schema_add(schema, &g->arena, "step", type_of("u64"));
    schema_add(schema, &g->arena, "row", type_of("u32"));
    schema_add(schema, &g->arena, "value", type_vector(param->width));
    uint64_t *steps = arena_array(&g->arena, n, sizeof *steps);
    for (size_t i = 0; i < n; i++)
        steps[i] = step;
    struct cells cells[] = {{.values = steps, .n = n}, {.values = param->touched, .n = n}, {.values = param_gradient(param, &numbers), .n = n}};
    writer_put_sliced(g->out, &(struct frame){.schema = schema, .rows = n, .cells = cells});
    arena_reset(&g->arena);
}

void gradients_put(struct gradients *g, struct param *const *params, size_t n, uint64_t step)
{
    for (size_t i = 0; i < n; i++)
        put(g, params[i], step);
}

void gradients_close(struct gradients *g)
{
    if (g == NULL)
        return;
    writer_end(g->out);
    arena_free(&g->arena);
    free(g);
}
