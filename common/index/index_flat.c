// The flat index: the vectors as they are, every one compared with every query. Exact.
//
// Table index/NAME, column `vector` f32[dim]: row i belongs to row i of the indexed table. Frames go out as they come in,
// so building holds nothing, and lie aligned in the file, so searching a mapped file copies nothing.
#include "common/index/index.h"

#include <math.h>
#include <string.h>

#include "common/base/die.h"

struct flat {
    struct schema *schema;       // building
    struct topk_block *blocks;   // searching: (n_blocks)
    size_t n_blocks;
};

static void put(struct index *index, const float *vectors, size_t rows, struct writer *out)
{
    struct flat *flat = index->state;
    if (flat == NULL) {
        index->state = flat = arena_zeros(&index->arena, 1, sizeof *flat);
        flat->schema = schema_new(&index->arena, arena_printf(&index->arena, "index/%s", index->name));
        schema_add(flat->schema, &index->arena, "vector", (struct type){ELEMENT_F32, (uint32_t)index->dim, false});
    }
    struct cells cells = {.values = vectors, .n = rows};
    struct frame frame = {.schema = flat->schema, .rows = rows, .cells = &cells};
    writer_put(out, &frame);
}

static void open(struct index *index, const char *source)
{
    const struct held *table = index_table(index, NULL);
    size_t rows = table != NULL ? held_rows(table) : 0;
    if (rows != index->rows || table == NULL)
        die(EXIT_INPUT, "%s: index %s claims %zu vectors, but table %s has %zu", source, quoted_text(index->name), index->rows,
            quoted_text(arena_printf(&index->arena, "index/%s", index->name)), rows);
    const char *type = type_name((struct type){ELEMENT_F32, (uint32_t)index->dim, false});
    struct flat *flat = arena_zeros(&index->arena, 1, sizeof *flat);
    const struct frame *frames = held_frames(table, &flat->n_blocks);
    flat->blocks = arena_array(&index->arena, flat->n_blocks, sizeof *flat->blocks);
    for (size_t i = 0; i < flat->n_blocks; i++)
        flat->blocks[i] = (struct topk_block){frame_column(&frames[i], "vector", type)->values, frames[i].rows};
    index->state = flat;
}

static void search(const struct index *index, const float *vectors, struct topk_query *queries, size_t n, size_t k,
                   struct pool *pool, struct arena *scratch)
{
    const struct flat *flat = index->state;
    topk_inner(vectors, queries, n, flat->blocks, flat->n_blocks, index->dim, k, pool, scratch);
}

struct index *index_flat_over(const float *vectors, size_t rows, size_t dim)
{
    struct index *index = index_new("", &index_flat, "", dim);
    struct flat *flat = arena_zeros(&index->arena, 1, sizeof *flat);
    flat->blocks = arena_zeros(&index->arena, 1, sizeof *flat->blocks);
    flat->blocks[0] = (struct topk_block){vectors, rows};
    flat->n_blocks = 1;
    index->rows = rows;
    index->state = flat;
    return index;
}

const struct index_kind index_flat = {
    .name = "flat", .meaning = "every vector is compared; exact", .put = put, .open = open, .search = search,
};
