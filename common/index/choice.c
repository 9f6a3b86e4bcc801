#include "common/index/choice.h"

struct choice *choice_new(const struct config *config, const char *table, size_t memory_bytes)
{
    struct choice *c = memory_zeros(1, sizeof *c);
    if (table != NULL) {
        c->tables[c->n++].name = table;
    } else {
        c->tables[c->n++].name = arena_printf(&c->names, "%s.test", config->interactions);
        c->tables[c->n++].name = arena_printf(&c->names, "%s.valid", config->interactions);
        c->tables[c->n++].name = config->interactions;
    }
    for (size_t i = 0; i < c->n; i++)
        c->tables[i].rows = spool_new(memory_bytes / c->n);
    return c;
}

bool choice_takes(struct choice *c, const struct frame *frame)
{
    for (size_t i = 0; i < c->n; i++) {
        if (!is_table(frame, c->tables[i].name))
            continue;
        spool_put(c->tables[i].rows, frame);
        c->tables[i].came = true;
        return true;
    }
    return false;
}

const struct choice_table *choice_made(const struct choice *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (spool_rows(c->tables[i].rows) > 0)
            return &c->tables[i];
    return &c->tables[c->n - 1];
}
