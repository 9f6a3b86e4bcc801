#include "common/index/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/index/blocks.h"
#include "common/stream/builder.h"

enum { PIECE_ROWS_MAX = 4096 };

// Whether a row is left out: its word came before.
static bool is_left_out(struct map *words, const struct vector *row, const char *source, enum change_twins twins)
{
    size_t known = map_size(words);
    bool twin = row->word != NULL && map_add(words, row->word, row->length) < known;
    if (twin && twins == CHANGE_ERROR)
        die(EXIT_INPUT, "%s: %s stands there twice: see --duplicates", source, quoted(row->word, row->length));
    return twin && twins == CHANGE_FIRST;
}

static void add_key(struct builder *keys, const struct vector *row, size_t number)
{
    char text[32];
    if (row->word != NULL)
        builder_text(keys, 0, row->word, row->length);
    else
        builder_text(keys, 0, text, (size_t)snprintf(text, sizeof text, "%zu", number));
    builder_row(keys);
}

void index_import(struct index *index, struct vectors *vectors, const char *source, enum change_twins twins, struct writer *out)
{
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, index->table);
    schema_add(schema, &arena, "key", type_of("str"));
    struct builder *keys = builder_new(schema);
    struct map *words = map_new();
    size_t piece_rows = blocks_rows(PIECE_ROWS_MAX, index->dim * sizeof(float));
    float *piece = memory_aligned(piece_rows * index->dim, sizeof *piece);
    struct vector row;
    size_t n = 0, rows = 0;
    while (vectors_next(vectors, &row)) {
        if (is_left_out(words, &row, source, twins))
            continue;
        add_key(keys, &row, rows++);
        if (builder_full(keys))
            builder_flush(keys, out);
        memcpy(piece + n++ * index->dim, row.values, index->dim * sizeof *piece);
        if (n == piece_rows) {
            index_put(index, piece, n, source, out);
            n = 0;
        }
    }
    index_put(index, piece, n, source, out);
    builder_flush(keys, out);
    index_end(index, out);
    builder_free(keys);
    map_free(words);
    free(piece);
    arena_free(&arena);
}
