// The flat index: the vectors as they are, every one compared with every query. Exact.
//
// Table index/NAME, column `vector` f32[dim]: row i belongs to row i of the indexed table. Frames go out as they come in,
// so building holds nothing, and lie aligned in the file, so searching a mapped file copies nothing.
//
// Table index/NAME/codes holds the same vectors as bytes (math/codes.h), a row for each 16 of them: `code` u8[64 ceil(dim / 4)], `scale`
// f32[16], `error` f32[2]. Where the machine is fast at bytes they are read first, and of the vectors only those that may be
// among the best (math/screen.h). The answer is the same.
#include "common/index/index.h"

#include <math.h>
#include <string.h>

#include "common/base/die.h"
#include "common/index/blocks.h"
#include "common/index/metric.h"
#include "common/math/codes.h"
#include "common/math/screen.h"

enum { CODED_DIM_MAX = 8192, PIECE_GROUPS_MAX = 4096 };

struct flat {
    struct schema *schema, *codes_schema;  // building; without codes, NULL
    float *waiting;                        // (CODES_ROWS, dim) the last n_waiting vectors, until there is a group of them
    size_t n_waiting;
    struct topk_block *blocks;             // searching: (n_blocks)
    struct screen_block *codes;            // (n_codes)
    size_t n_blocks, n_codes;
};

static struct flat *begin(struct index *index)
{
    struct flat *flat = arena_zeros(&index->arena, 1, sizeof *flat);
    flat->schema = schema_new(&index->arena, arena_printf(&index->arena, "index/%s", index->name));
    schema_add(flat->schema, &index->arena, "vector", type_vector(index->width));
    if (index->width > CODED_DIM_MAX)
        return flat;
    flat->waiting = arena_array(&index->arena, CODES_ROWS * index->width, sizeof *flat->waiting);
    flat->codes_schema = schema_new(&index->arena, arena_printf(&index->arena, "index/%s/codes", index->name));
    schema_add(flat->codes_schema, &index->arena, "code", (struct type){ELEMENT_U8, (uint32_t)codes_group_bytes(index->width), false});
    schema_add(flat->codes_schema, &index->arena, "scale", type_vector(CODES_ROWS));
    schema_add(flat->codes_schema, &index->arena, "error", type_vector(2));
    return flat;
}

// Room for the codes of some groups, which are then written.
struct piece {
    uint8_t *codes;
    float *scales, *errors;
    size_t groups;
};

static void piece_add(struct piece *piece, const float *vectors, size_t rows, size_t dim)
{
    codes_encode(vectors, rows, dim, piece->codes + piece->groups * codes_group_bytes(dim), piece->scales + piece->groups * CODES_ROWS,
                 piece->errors + 2 * piece->groups);
    piece->groups++;
}

static void piece_write(struct piece *piece, const struct flat *flat, struct writer *out)
{
    size_t n = piece->groups;
    struct cells cells[] = {{.values = piece->codes, .n = n}, {.values = piece->scales, .n = n}, {.values = piece->errors, .n = n}};
    struct frame frame = {.schema = flat->codes_schema, .rows = n, .cells = cells};
    writer_put(out, &frame);
    piece->groups = 0;
}

static struct piece piece_new(size_t groups, size_t dim, struct arena *arena)
{
    return (struct piece){arena_array(arena, groups, codes_group_bytes(dim)), arena_array(arena, groups, CODES_ROWS * sizeof(float)),
                          arena_array(arena, groups, 2 * sizeof(float)), 0};
}

static void put_codes(struct flat *flat, const float *vectors, size_t rows, size_t dim, struct writer *out)
{
    struct arena arena = {0};
    size_t groups = blocks_rows(PIECE_GROUPS_MAX, codes_group_bytes(dim));
    struct piece piece = piece_new(groups, dim, &arena);
    while (rows > 0) {
        size_t n = CODES_ROWS - flat->n_waiting < rows ? CODES_ROWS - flat->n_waiting : rows;
        memcpy(flat->waiting + flat->n_waiting * dim, vectors, n * dim * sizeof *vectors);
        flat->n_waiting += n;
        vectors += n * dim;
        rows -= n;
        if (flat->n_waiting < CODES_ROWS)
            break;
        piece_add(&piece, flat->waiting, CODES_ROWS, dim);
        flat->n_waiting = 0;
        if (piece.groups == groups)
            piece_write(&piece, flat, out);
    }
    piece_write(&piece, flat, out);
    arena_free(&arena);
}

static void put(struct index *index, const float *vectors, size_t rows, struct writer *out)
{
    struct flat *flat = index->state;
    if (flat == NULL)
        index->state = flat = begin(index);
    struct cells cells = {.values = vectors, .n = rows};
    struct frame frame = {.schema = flat->schema, .rows = rows, .cells = &cells};
    writer_put(out, &frame);
    if (flat->codes_schema != NULL)
        put_codes(flat, vectors, rows, index->width, out);
}

static void end(struct index *index, struct writer *out)
{
    struct flat *flat = index->state;
    if (flat == NULL || flat->n_waiting == 0)
        return;
    struct arena arena = {0};
    struct piece piece = piece_new(1, index->width, &arena);
    piece_add(&piece, flat->waiting, flat->n_waiting, index->width);
    piece_write(&piece, flat, out);
    arena_free(&arena);
}

static void open_codes(struct index *index, struct flat *flat, const char *source)
{
    const struct held *table = index_table(index, "codes");
    if (table == NULL || index->width > CODED_DIM_MAX)
        return;
    size_t groups = (index->rows + CODES_ROWS - 1) / CODES_ROWS;
    if (held_rows(table) != groups)
        die(EXIT_INPUT, "%s: index %s has codes of %zu groups, wanted %zu for %zu vectors", source, quoted_text(index->name), held_rows(table),
            groups, index->rows);
    const char *type = type_name((struct type){ELEMENT_U8, (uint32_t)codes_group_bytes(index->width), false});
    const struct frame *frames = held_frames(table, &flat->n_codes);
    flat->codes = arena_array(&index->arena, flat->n_codes, sizeof *flat->codes);
    for (size_t i = 0; i < flat->n_codes; i++)
        flat->codes[i] = (struct screen_block){frame_column(&frames[i], "code", type)->values, frame_column(&frames[i], "scale", "f32[16]")->values,
                                               frame_column(&frames[i], "error", "f32[2]")->values, frames[i].rows};
}

static void open(struct index *index, const char *source)
{
    const struct held *table = index_table(index, NULL);
    size_t rows = table != NULL ? held_rows(table) : 0;
    if (rows != index->rows || table == NULL)
        die(EXIT_INPUT, "%s: index %s claims %zu vectors, but table %s has %zu", source, quoted_text(index->name), index->rows,
            quoted_text(arena_printf(&index->arena, "index/%s", index->name)), rows);
    const char *type = type_name(type_vector(index->width));
    struct flat *flat = arena_zeros(&index->arena, 1, sizeof *flat);
    const struct frame *frames = held_frames(table, &flat->n_blocks);
    flat->blocks = arena_array(&index->arena, flat->n_blocks, sizeof *flat->blocks);
    for (size_t i = 0; i < flat->n_blocks; i++)
        flat->blocks[i] = (struct topk_block){frame_column(&frames[i], "vector", type)->values, frames[i].rows};
    open_codes(index, flat, source);
    index->state = flat;
}

static void search(const struct index *index, const float *vectors, struct topk_query *queries, size_t n, size_t k,
                   struct pool *pool, struct arena *scratch)
{
    const struct flat *flat = index->state;
    struct scoring by = metric_scoring(index);
    if (flat->n_codes == 0 ||
        !screen_search(vectors, queries, n, flat->blocks, flat->n_blocks, flat->codes, flat->n_codes, &by, k, pool, scratch))
        topk_search(vectors, queries, n, flat->blocks, flat->n_blocks, &by, k, pool, scratch);
}

static void vector(const struct index *index, size_t row, float *out)
{
    const struct flat *flat = index->state;
    size_t block = 0;
    for (; row >= flat->blocks[block].rows; block++)
        row -= flat->blocks[block].rows;
    memcpy(out, flat->blocks[block].vectors + row * index->width, index->width * sizeof *out);
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
    .name = "flat", .meaning = "every vector is compared; exact", .put = put, .end = end, .open = open, .search = search,
    .vector = vector,
};
