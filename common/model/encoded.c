#include "common/model/encoded.h"

#include <string.h>

#include "common/stream/builder.h"
#include "common/stream/names.h"

void encoded_add(struct encoded *e, const struct frame *frame)
{
    const struct schema *from = frame->schema;
    struct cells cells[COLUMNS_MAX];
    if (e->gather == NULL) {
        e->gather = gather_new();
        e->schema = schema_new(&e->arena, from->table);
        for (size_t i = 0; i < from->n; i++)
            if (is_encoded_column(from->columns[i].name))
                schema_add(e->schema, &e->arena, from->columns[i].name, from->columns[i].type);
    }
    for (size_t i = 0, n = 0; i < from->n && n < e->schema->n; i++)
        if (strcmp(from->columns[i].name, e->schema->columns[n].name) == 0)
            cells[n++] = frame->cells[i];
    gather_add(e->gather, &(struct frame){.schema = e->schema, .rows = frame->rows, .cells = cells, .place = frame->place});
}

const struct frame *encoded_frame(const struct encoded *e)
{
    return e->gather != NULL ? gather_frame(e->gather) : NULL;
}

void encoded_free(struct encoded *e)
{
    gather_free(e->gather);
    arena_free(&e->arena);
}
