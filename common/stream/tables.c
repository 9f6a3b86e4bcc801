#include "common/stream/tables.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/prefix.h"
#include "common/stream/builder.h"

void tables_add(struct tables *tables, const struct frame *frame)
{
    size_t i = 0;
    while (i < tables->n && !is_table(frame, gather_frame(tables->items[i])->schema->table))
        i++;
    if (i == tables->n) {
        tables->items = memory_grow(tables->items, &tables->capacity, i + 1, sizeof(struct gather *));
        tables->items[tables->n++] = gather_new();
    }
    gather_add(tables->items[i], frame);
}

const struct frame *tables_find(const struct tables *tables, const char *prefix, const char *name)
{
    for (size_t i = 0; i < tables->n; i++) {
        const struct frame *frame = gather_frame(tables->items[i]);
        const char *rest = after_prefix(frame->schema->table, prefix);
        if (rest != NULL && strcmp(rest, name) == 0)
            return frame;
    }
    return NULL;
}

void tables_free(struct tables *tables)
{
    for (size_t i = 0; i < tables->n; i++)
        gather_free(tables->items[i]);
    free(tables->items);
}
