#include "common/model/interactions.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/sort.h"
#include "common/stream/builder.h"
#include "common/stream/spool.h"

enum { PARTS = 3 };

struct interactions {
    const struct config *config;
    struct side *const *sides;
    struct part {                  // R, R.valid, R.test
        const char *name;
        const struct schema *in;
        struct schema *out;
    } parts[PARTS];
    struct spool *spool;           // with provisional numbers
    struct arena lasting, arena;   // arena: of one frame
};

struct interactions *interactions_new(const struct config *config, struct side *const *sides, size_t memory_bytes)
{
    struct interactions *all = memory_zeros(1, sizeof *all);
    all->config = config;
    all->sides = sides;
    all->parts[0].name = config->interactions;
    all->parts[1].name = arena_printf(&all->lasting, "%s.valid", config->interactions);
    all->parts[2].name = arena_printf(&all->lasting, "%s.test", config->interactions);
    for (size_t s = 0; s < SIDES; s++)
        for (size_t i = 0; i < PARTS; i++)
            if (strcmp(sides[s]->config->table, all->parts[i].name) == 0)
                die(EXIT_INPUT, "[data] %s refers to the interactions themselves, table %s", sides[s]->what, quoted_text(all->parts[i].name));
    all->spool = spool_new(memory_bytes);
    return all;
}

static void begin_part(struct interactions *all, struct part *part, const struct frame *frame)
{
    part->in = schema_copy(&all->lasting, frame->schema);
    part->out = schema_new(&all->lasting, part->name);
    schema_add(part->out, &all->lasting, "query", type_of("u32"));
    schema_add(part->out, &all->lasting, "candidate", type_of("u32"));
    for (size_t i = 0; i < part->in->n; i++) {
        const struct column *column = &part->in->columns[i];
        if (strcmp(column->name, all->config->query.column) == 0 || strcmp(column->name, all->config->candidate.column) == 0)
            continue;
        if (schema_find(part->out, column->name) != SIZE_MAX)
            die(EXIT_INPUT, "%s: table %s: the column %s needs another name: row numbers go by this one", frame->place,
                quoted_text(part->name), quoted_text(column->name));
        schema_add(part->out, &all->lasting, column->name, column->type);
    }
}

bool interactions_take(struct interactions *all, const struct frame *frame)
{
    size_t p = 0;
    while (p < PARTS && !is_table(frame, all->parts[p].name))
        p++;
    if (p == PARTS)
        return false;
    struct part *part = &all->parts[p];
    if (part->in == NULL)
        begin_part(all, part, frame);
    arena_reset(&all->arena);
    struct frame kept = {.schema = part->out, .rows = frame->rows};
    kept.cells = arena_array(&all->arena, part->out->n, sizeof *kept.cells);
    for (size_t s = 0; s < SIDES; s++)
        kept.cells[s] = (struct cells){.values = side_number(all->sides[s], frame, &all->arena), .n = frame->rows};
    for (size_t i = SIDES; i < part->out->n; i++)
        kept.cells[i] = frame->cells[schema_find(part->in, part->out->columns[i].name)];
    spool_put(all->spool, &kept);
    return true;
}

void interactions_rewind(struct interactions *all)
{
    spool_rewind(all->spool);
}

bool interactions_next(struct interactions *all, struct frame *frame, bool note)
{
    struct frame raw;
    if (!spool_next(all->spool, &raw))
        return false;
    arena_reset(&all->arena);
    uint32_t *rows[SIDES], *kept = arena_array(&all->arena, raw.rows, sizeof *kept);
    *frame = raw;
    frame->cells = arena_array(&all->arena, raw.schema->n, sizeof *frame->cells);
    memcpy(frame->cells, raw.cells, raw.schema->n * sizeof *frame->cells);
    for (size_t s = 0; s < SIDES; s++) {
        const uint32_t *numbers = raw.cells[s].values;
        frame->cells[s].values = rows[s] = arena_array(&all->arena, raw.rows, sizeof *rows[s]);
        for (size_t i = 0; i < raw.rows; i++)
            rows[s][i] = note ? side_row(all->sides[s], numbers[i]) : all->sides[s]->rows[numbers[i]];
    }
    size_t n = 0;
    for (size_t i = 0; i < raw.rows; i++) {
        kept[n] = (uint32_t)i;
        n += rows[SIDE_QUERY][i] != SIDE_NO_ROW && rows[SIDE_CANDIDATE][i] != SIDE_NO_ROW;
    }
    if (n < raw.rows)
        *frame = frame_select(frame, kept, n, &all->arena);
    return true;
}

// The pairs of R whose query row is in [from, to), as query << 32 | candidate, sorted; owned by the caller.
static uint64_t *pairs_of(struct interactions *all, size_t from, size_t to, size_t n)
{
    uint64_t *pairs = memory_aligned(n, sizeof *pairs);
    size_t found = 0;
    struct frame frame;
    spool_rewind(all->spool);
    while (interactions_next(all, &frame, false)) {
        if (!is_table(&frame, all->config->interactions))
            continue;
        const uint32_t *query = frame.cells[SIDE_QUERY].values, *candidate = frame.cells[SIDE_CANDIDATE].values;
        for (size_t i = 0; i < frame.rows; i++)
            if (query[i] >= from && query[i] < to)
                pairs[found++] = (uint64_t)query[i] << 32 | candidate[i];
    }
    sort_keys(pairs, NULL, n);
    return pairs;
}

// The lists of the queries in [from, to), out of their pairs.
static void write_lists(struct builder *lists, const uint64_t *pairs, const uint32_t *counts, size_t from, size_t to, struct writer *out)
{
    size_t at = 0;
    for (size_t query = from; query < to; query++) {
        for (size_t first = at, end = at + counts[query]; at < end; at++) {
            uint32_t candidate = (uint32_t)pairs[at];
            if (at == first || pairs[at] != pairs[at - 1])
                builder_value(lists, 0, &candidate);
        }
        builder_row(lists);
        if (builder_full(lists))
            builder_flush(lists, out);
    }
}

void interactions_write_seen(struct interactions *all, const uint32_t *counts, size_t memory_bytes, struct writer *out)
{
    enum { PAIR_BYTES = 2 * sizeof(uint64_t), PAIRS_MIN = (1 << 20) / PAIR_BYTES };  // sorted between two copies
    struct schema *schema = schema_new(&all->lasting, "seen");
    schema_add(schema, &all->lasting, "candidates", type_of("u32*"));
    struct builder *lists = builder_new(schema);
    size_t queries = all->sides[SIDE_QUERY]->frame->rows, pairs_max = memory_bytes / PAIR_BYTES;
    pairs_max = pairs_max > PAIRS_MIN ? pairs_max : PAIRS_MIN;
    for (size_t from = 0, to; from < queries; from = to) {
        size_t n = counts[from];
        for (to = from + 1; to < queries && n + counts[to] <= pairs_max; to++)
            n += counts[to];
        uint64_t *pairs = pairs_of(all, from, to, n);
        write_lists(lists, pairs, counts, from, to, out);
        free(pairs);
    }
    builder_flush(lists, out);
    builder_free(lists);
}
