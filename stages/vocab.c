// vocab: number what the interactions refer to, and encode the features of both sides.
//
// Interactions wait in the spool with provisional numbers for keys. When all is read, one pass over it counts; then the
// vocabularies, both sides' tables, who has seen what, and last the interactions with their final numbers are written.
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/sort.h"
#include "common/base/stage.h"
#include "common/model/encoding.h"
#include "common/model/side.h"
#include "common/stream/builder.h"
#include "common/stream/spool.h"

static const char *missing = "fail", *from_path, *extend_path;

static const struct arg args[] = {
    ARG_CHOICE(0, "missing", &missing, "fail|skip", "what to do about an interaction whose key its table lacks"),
    ARG_TEXT(0, "from", &from_path, "FILE", "take the vocabularies from the stream in FILE instead of counting"),
    ARG_TEXT(0, "extend", &extend_path, "FILE", "the same, with new terms behind those of FILE"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "number users and items, and encode their features",
    .synopsis = "[--missing skip] [--from FILE | --extend FILE] [FILE]",
    .example = "split < data.mp | vocab > encoded.mp",
    .see_also = "split, batch, embed",
    .more = feature_print_kinds,
};

enum { QUERY, CANDIDATE, SIDES, PARTS = 3 };

struct vocab {
    const struct config *config;
    struct side *sides[SIDES];
    uint32_t *counts[SIDES];       // (rows of the side's table) interactions in R
    struct encoding *encoding;     // of the features
    struct part {                  // R, R.valid, R.test
        const char *name;
        const struct schema *in;
        struct schema *out;
    } parts[PARTS];
    struct spool *spool;
    size_t rows;                   // interactions written
    struct arena lasting, arena;   // arena: of one frame
};

static void begin(struct vocab *v, const struct config *config)
{
    v->config = config;
    if (strcmp(config->query.table, config->candidate.table) == 0)
        die(EXIT_INPUT, "[data] query and candidate refer to one table, %s: give each its own", quoted_text(config->query.table));
    v->sides[QUERY] = side_new(config, &config->query, "query");
    v->sides[CANDIDATE] = side_new(config, &config->candidate, "candidate");
    v->parts[0].name = config->interactions;
    v->parts[1].name = arena_printf(&v->lasting, "%s.valid", config->interactions);
    v->parts[2].name = arena_printf(&v->lasting, "%s.test", config->interactions);
    for (size_t s = 0; s < SIDES; s++)
        for (size_t i = 0; i < PARTS; i++)
            if (strcmp(v->sides[s]->config->table, v->parts[i].name) == 0)
                die(EXIT_INPUT, "[data] %s refers to the interactions themselves, table %s", v->sides[s]->what,
                    quoted_text(v->parts[i].name));
    v->spool = spool_new(stage.memory_bytes / 4);
    v->encoding = encoding_new(config);
}

static struct part *part_of(struct vocab *v, const struct frame *frame)
{
    for (size_t i = 0; i < PARTS; i++)
        if (is_table(frame, v->parts[i].name))
            return &v->parts[i];
    return NULL;
}

static void begin_part(struct vocab *v, struct part *part, const struct frame *frame)
{
    part->in = schema_copy(&v->lasting, frame->schema);
    part->out = schema_new(&v->lasting, part->name);
    schema_add(part->out, &v->lasting, "query", type_of("u32"));
    schema_add(part->out, &v->lasting, "candidate", type_of("u32"));
    for (size_t i = 0; i < part->in->n; i++) {
        const struct column *column = &part->in->columns[i];
        if (strcmp(column->name, v->config->query.column) == 0 || strcmp(column->name, v->config->candidate.column) == 0)
            continue;
        if (schema_find(part->out, column->name) != SIZE_MAX)
            die(EXIT_INPUT, "%s: table %s: the column %s needs another name: row numbers go by this one", frame->place,
                quoted_text(part->name), quoted_text(column->name));
        schema_add(part->out, &v->lasting, column->name, column->type);
    }
}

// Puts interactions aside, with provisional numbers for keys.
static void keep(struct vocab *v, struct part *part, const struct frame *frame)
{
    if (part->in == NULL)
        begin_part(v, part, frame);
    arena_reset(&v->arena);
    struct frame kept = {.schema = part->out, .rows = frame->rows};
    kept.cells = arena_array(&v->arena, part->out->n, sizeof *kept.cells);
    for (size_t s = 0; s < SIDES; s++)
        kept.cells[s] = (struct cells){.values = side_number(v->sides[s], frame, &v->arena), .n = frame->rows};
    for (size_t i = SIDES; i < part->out->n; i++)
        kept.cells[i] = frame->cells[schema_find(part->in, part->out->columns[i].name)];
    spool_put(v->spool, &kept);
}

// The next interactions of the spool with final row numbers, without those that refer to nothing; false at the end. `note` has the
// sides count the ones that are left out.
static bool next_kept(struct vocab *v, struct frame *frame, bool note)
{
    struct frame raw;
    if (!spool_next(v->spool, &raw))
        return false;
    arena_reset(&v->arena);
    uint32_t *rows[SIDES], *kept = arena_array(&v->arena, raw.rows, sizeof *kept);
    *frame = raw;
    frame->cells = arena_array(&v->arena, raw.schema->n, sizeof *frame->cells);
    memcpy(frame->cells, raw.cells, raw.schema->n * sizeof *frame->cells);
    for (size_t s = 0; s < SIDES; s++) {
        const uint32_t *numbers = raw.cells[s].values;
        frame->cells[s].values = rows[s] = arena_array(&v->arena, raw.rows, sizeof *rows[s]);
        for (size_t i = 0; i < raw.rows; i++)
            rows[s][i] = note ? side_row(v->sides[s], numbers[i]) : v->sides[s]->rows[numbers[i]];
    }
    size_t n = 0;
    for (size_t i = 0; i < raw.rows; i++) {
        kept[n] = (uint32_t)i;
        n += rows[QUERY][i] != SIDE_NO_ROW && rows[CANDIDATE][i] != SIDE_NO_ROW;
    }
    if (n < raw.rows)
        *frame = frame_select(frame, kept, n, &v->arena);
    return true;
}

// Counts the interactions of R by row, notes the ones of any part that refer to nothing, and fits the features of interactions.
static void count(struct vocab *v)
{
    for (size_t s = 0; s < SIDES; s++)
        v->counts[s] = memory_zeros(v->sides[s]->frame->rows, sizeof *v->counts[s]);
    struct frame frame;
    spool_rewind(v->spool);
    while (next_kept(v, &frame, true)) {
        bool counts = is_table(&frame, v->config->interactions);
        const uint32_t *rows[SIDES] = {frame.cells[QUERY].values, frame.cells[CANDIDATE].values};
        encoding_events(v->encoding, &frame, !counts);
        if (!counts || frame.rows == 0)
            continue;
        uint32_t *ones = arena_array(&v->arena, frame.rows, sizeof *ones);
        for (size_t i = 0; i < frame.rows; i++) {
            v->counts[QUERY][rows[QUERY][i]]++;
            v->counts[CANDIDATE][rows[CANDIDATE][i]]++;
            ones[i] = 1;
        }
        encoding_fit(v->encoding, LEVEL_INTERACTION, &frame, ones);
    }
}

// The next rows of a side's table, few enough to stay in the cache while they are encoded; begin with *from = 0. False at the end, but an
// empty table has one slice of no rows.
static bool next_slice(const struct side *side, size_t *from, size_t *to, struct frame *slice, struct arena *arena)
{
    enum { SLICE_ROWS = 16384 };
    size_t rows = side->frame->rows;
    if (*from > 0 && *from >= rows)
        return false;
    arena_reset(arena);
    *to = rows - *from < SLICE_ROWS ? rows : *from + SLICE_ROWS;
    *slice = frame_slice(side->frame, *from, *to, arena);
    slice->place = *from > 0 ? arena_printf(arena, "from row %zu on", *from) : NULL;
    return true;
}

static void fit_side(struct vocab *v, size_t s)
{
    struct frame slice;
    for (size_t from = 0, to; next_slice(v->sides[s], &from, &to, &slice, &v->arena) && to > from; from = to)
        encoding_fit(v->encoding, s == QUERY ? LEVEL_QUERY : LEVEL_CANDIDATE, &slice, v->counts[s] + from);
}

// The side's table with its counts and encoded features.
static void write_side(struct vocab *v, size_t s, struct writer *out)
{
    struct frame frame;
    for (size_t from = 0, to; next_slice(v->sides[s], &from, &to, &frame, &v->arena); from = to > 0 ? to : 1) {
        struct schema *schema = schema_copy(&v->arena, frame.schema);
        struct cells *cells = arena_array(&v->arena, schema->n + 1, sizeof *cells);
        memcpy(cells, frame.cells, schema->n * sizeof *cells);
        cells[schema->n] = (struct cells){.values = v->counts[s] + from, .n = frame.rows};
        schema_add(schema, &v->arena, "count", type_of("u32"));
        frame.schema = schema;
        frame.cells = cells;
        encoding_add(v->encoding, s == QUERY ? LEVEL_QUERY : LEVEL_CANDIDATE, &frame, &v->arena);
        writer_put(out, &frame);
    }
}

// The pairs of R whose query row is in [from, to), as query << 32 | candidate, sorted; owned by the caller.
static uint64_t *pairs_of(struct vocab *v, size_t from, size_t to, size_t n)
{
    uint64_t *pairs = memory_aligned(n, sizeof *pairs);
    size_t found = 0;
    struct frame frame;
    spool_rewind(v->spool);
    while (next_kept(v, &frame, false)) {
        if (!is_table(&frame, v->config->interactions))
            continue;
        const uint32_t *query = frame.cells[QUERY].values, *candidate = frame.cells[CANDIDATE].values;
        for (size_t i = 0; i < frame.rows; i++)
            if (query[i] >= from && query[i] < to)
                pairs[found++] = (uint64_t)query[i] << 32 | candidate[i];
    }
    sort_keys(pairs, NULL, n);
    return pairs;
}

// What each query has seen: as many queries at a time as memory takes, but no fewer than have 1 MiB of pairs together; one pass over the
// spool for each such range.
static void write_seen(struct vocab *v, struct writer *out)
{
    struct schema *schema = schema_new(&v->lasting, "seen");
    schema_add(schema, &v->lasting, "candidates", type_of("u32*"));
    struct builder *builder = builder_new(schema);
    enum { PAIRS_MIN = (1 << 20) / (2 * sizeof(uint64_t)) };
    size_t queries = v->sides[QUERY]->frame->rows, pairs_max = stage.memory_bytes / 4 / (2 * sizeof(uint64_t));
    pairs_max = pairs_max > PAIRS_MIN ? pairs_max : PAIRS_MIN;
    for (size_t from = 0, to; from < queries; from = to) {
        size_t n = v->counts[QUERY][from];
        for (to = from + 1; to < queries && n + v->counts[QUERY][to] <= pairs_max; to++)
            n += v->counts[QUERY][to];
        uint64_t *pairs = pairs_of(v, from, to, n);
        for (size_t query = from, at = 0; query < to; query++) {
            for (size_t end = at + v->counts[QUERY][query], first = at; at < end; at++) {
                uint32_t candidate = (uint32_t)pairs[at];
                if (at == first || pairs[at] != pairs[at - 1])
                    builder_value(builder, 0, &candidate);
            }
            builder_row(builder);
            if (builder_full(builder))
                builder_flush(builder, out);
        }
        free(pairs);
    }
    builder_flush(builder, out);
    builder_free(builder);
}

static void write_interactions(struct vocab *v, struct writer *out)
{
    struct frame frame;
    spool_rewind(v->spool);
    while (next_kept(v, &frame, false)) {
        encoding_add(v->encoding, LEVEL_INTERACTION, &frame, &v->arena);
        writer_put(out, &frame);
        v->rows += frame.rows;
    }
}

// Forwards a table of others. What vocab writes itself must not be there yet.
static void forward(struct vocab *v, const struct frame *frame, struct writer *out)
{
    bool own = is_table(frame, "seen") || encoding_owns(v->encoding, frame);
    if (own)
        die(EXIT_INPUT, "%s: table %s is there already: did it pass through 'vocab' before?", frame->place,
            quoted_text(frame->schema->table));
    writer_put(out, frame);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    if (from_path != NULL && extend_path != NULL)
        die_usage("--from and --extend: choose one");
    struct reader *in = reader_open(path);
    struct vocab v = {0};
    begin(&v, config_from_stream(in));
    struct writer *out = writer_open(stage.output, reader_header(in));
    struct frame frame;
    while (reader_next(in, &frame)) {
        struct part *part = part_of(&v, &frame);
        bool taken = false;
        for (size_t s = 0; s < SIDES && part == NULL; s++)
            taken |= side_takes(v.sides[s], &frame);  // a table may be joined to both
        if (part != NULL)
            keep(&v, part, &frame);
        else if (!taken)
            forward(&v, &frame, out);
    }
    reader_wants(in, v.config->interactions, "wanted the interactions, as 'tokenize' writes them");
    for (size_t s = 0; s < SIDES; s++) {
        side_wants(v.sides[s], in);
        side_resolve(v.sides[s]);
    }
    if (from_path != NULL || extend_path != NULL)
        encoding_load(v.encoding, extend_path != NULL ? extend_path : from_path, extend_path != NULL);
    count(&v);
    for (size_t s = 0; s < SIDES; s++)
        side_refuse_unknown(v.sides[s], strcmp(missing, "skip") == 0);
    for (size_t s = 0; s < SIDES; s++)
        fit_side(&v, s);
    encoding_fitted(v.encoding, v.sides[CANDIDATE]->frame, v.sides[QUERY]->frame->rows);
    encoding_save(v.encoding, out);
    write_side(&v, QUERY, out);
    write_side(&v, CANDIDATE, out);
    write_seen(&v, out);
    write_interactions(&v, out);
    encoding_report(v.encoding);
    writer_end(out);
    stage_end("rows=%zu queries=%zu candidates=%zu", v.rows, v.sides[QUERY]->frame->rows, v.sides[CANDIDATE]->frame->rows);
    return 0;
}
