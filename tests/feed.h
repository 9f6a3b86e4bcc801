// Tables fed to a trainer by hand, without a stream.
//
//     feed(trainer, SCHEMA("batches", "query", "u32", "rating", "f32"), n, (struct cells[]){{.values = query, .n = n}, {.values = rating, .n = n}});
#ifndef TESTS_FEED_H
#define TESTS_FEED_H

#include <stdint.h>

#include "common/model/trainer.h"
#include "tests/unit.h"

static struct arena arena;

static inline void feed(struct trainer *trainer, const struct schema *schema, size_t rows, const struct cells *cells)
{
    trainer_takes(trainer, &(struct frame){.schema = schema, .rows = rows, .cells = (struct cells *)(uintptr_t)cells, .place = "test"}, "test");
}

static inline struct schema *new_schema(const char *table, const char *const *columns, size_t n)
{
    struct schema *schema = schema_new(&arena, table);
    for (size_t i = 0; i < n; i += 2)
        schema_add(schema, &arena, columns[i], type_of(columns[i + 1]));
    return schema;
}
#define SCHEMA(table, ...) new_schema(table, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static inline void feed_param(struct trainer *trainer, const char *name, size_t rows, size_t width, const float *value)
{
    feed(trainer, SCHEMA(arena_printf(&arena, "param/%s", name), "value", arena_printf(&arena, "f32[%zu]", width)), rows,
         (struct cells[]){{.values = value, .n = rows}});
}

#endif
