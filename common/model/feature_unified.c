// unified: unified embeddings, also called feature multiplexing (Coleman et al., NeurIPS 2023), as TFRS's UnifiedEmbedding has them.
//
// The features that name one `table` share `tables` tables of `buckets` rows, which lie end to end in one embedding. Chunk c of the f-th
// of these features, both from 0 in the order of the configuration, is the row of SipHash with the key (f, c) modulo buckets; its table is
// the next one in turn over the chunks of all of them. The chunks of a feature stand side by side in the order of their numbers' texts:
// 10 comes before 2.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/siphash.h"
#include "common/model/feature.h"

enum { CHUNKS_MAX = 1024 };

struct unified {
    size_t buckets, tables, chunks;
    size_t feature, first;          // its number in the group, and that of its first chunk among all
    uint32_t order[CHUNKS_MAX];     // (chunks)
};

static int by_text(const void *a, const void *b)
{
    char texts[2][16];
    snprintf(texts[0], sizeof texts[0], "%u", *(const uint32_t *)a);
    snprintf(texts[1], sizeof texts[1], "%u", *(const uint32_t *)b);
    return strcmp(texts[0], texts[1]);
}

// Finds the place in the group; all of it must agree on the size of the tables.
static void find_place(const struct feature *feature, const struct config *config, struct unified *unified)
{
    const struct config_feature *self = feature->config, *other;
    for (other = config->features; other != self; other++) {
        if (strcmp(other->encode.name, "unified") != 0 || strcmp(other->table, self->table) != 0)
            continue;
        if (call_count(&other->encode, "buckets", 1, 1, INT32_MAX) != unified->buckets ||
            call_count(&other->encode, "tables", 1, 1, INT32_MAX) != unified->tables)
            die(EXIT_INPUT, "%s: feature %s shares table %s with feature %s: wanted the same buckets and tables", self->place,
                quoted_text(self->name), quoted_text(self->table), quoted_text(other->name));
        unified->feature++;
        unified->first += call_count(&other->encode, "chunks", 1, 1, CHUNKS_MAX);
    }
}

static void *unified_make(const struct feature *feature, const struct config *config)
{
    const struct call *call = &feature->config->encode;
    call_known(call, "buckets, tables, chunks, from", 0);
    struct unified *unified = memory_zeros(1, sizeof *unified);
    unified->buckets = feature_need_count(feature, "buckets", 1, INT32_MAX);
    unified->tables = call_count(call, "tables", 1, 1, INT32_MAX / unified->buckets);
    unified->chunks = call_count(call, "chunks", 1, 1, CHUNKS_MAX);
    for (uint32_t c = 0; c < unified->chunks; c++)
        unified->order[c] = c;
    qsort(unified->order, unified->chunks, sizeof *unified->order, by_text);
    find_place(feature, config, unified);
    return unified;
}

static struct type unified_type(const void *state)
{
    return (struct type){ELEMENT_U32, (uint32_t)((const struct unified *)state)->chunks, false};
}

static struct cells unified_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct unified *unified = state;
    const struct cells *texts = feature_texts(feature, rows, arena);
    uint32_t *ids = arena_array(arena, rows->rows * unified->chunks, sizeof *ids), *out = ids;
    for (size_t i = 0; i < rows->rows; i++) {
        struct text text = cells_text(texts, i);
        for (size_t c = 0; c < unified->chunks; c++) {
            const uint64_t key[2] = {unified->feature, unified->order[c]};
            size_t table = (unified->first + unified->order[c]) % unified->tables;
            *out++ = (uint32_t)(table * unified->buckets + siphash(key, text.data, text.length) % unified->buckets);
        }
    }
    return (struct cells){.values = ids, .n = rows->rows};
}

static size_t unified_ids(const void *state)
{
    const struct unified *unified = state;
    return unified->tables * unified->buckets;
}

const struct feature_kind feature_unified = {
    .name = "unified",
    .arguments = "buckets=N, tables=1, chunks=1, from=",
    .help = "terms hashed `chunks` times into tables that features with one `table` share, as TFRS's UnifiedEmbedding",
    .type = unified_type,
    .make = unified_make,
    .encode = unified_encode,
    .ids = unified_ids,
    .free = free,
};
