#include "common/stream/tables.h"
#include "tests/unit.h"

static void put(struct tables *tables, const char *name, uint32_t value, size_t rows)
{
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, name);
    schema_add(schema, &arena, "x", type_of("u32"));
    struct cells cells = {.values = &value, .n = rows};
    tables_add(tables, &(struct frame){.schema = schema, .rows = rows, .cells = &cells});
    arena_free(&arena);  // nothing of it is borrowed
}

static void frames_are_found_together_by_name(void)
{
    struct tables tables = {0};
    put(&tables, "param/a", 1, 1);
    put(&tables, "slot/a", 2, 1);
    put(&tables, "param/a", 3, 1);
    put(&tables, "param/none", 0, 0);
    EQUAL(tables.n, 3);
    const struct frame *a = tables_find(&tables, "param/", "a");
    CHECK(a != NULL);
    EQUAL(a->rows, 2);
    EQUAL(((const uint32_t *)a->cells[0].values)[0], 1);
    EQUAL(((const uint32_t *)a->cells[0].values)[1], 3);
    EQUAL(tables_find(&tables, "param/", "none")->rows, 0);
    CHECK(tables_find(&tables, "", "slot/a") != NULL);
    CHECK(tables_find(&tables, "param/", "ab") == NULL);
    CHECK(tables_find(&tables, "best/", "a") == NULL);
    tables_free(&tables);
}

UNIT_MAIN(UNIT(frames_are_found_together_by_name))
