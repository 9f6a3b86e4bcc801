// vocab: number what the interactions refer to, and encode the features of both sides.
//
// Interactions wait in the spool with provisional numbers for keys. When all is read, one pass over it counts; then the
// vocabularies, both sides' tables, who has seen what, and last the interactions with their final numbers are written.
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/stage.h"
#include "common/model/encoding.h"
#include "common/model/interactions.h"
#include "common/model/side.h"

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

struct vocab {
    const struct config *config;
    struct side *sides[SIDES];
    uint32_t *counts[SIDES];       // (rows of the side's table) interactions in R
    struct encoding *encoding;     // of the features
    struct interactions *interactions;
    size_t rows;                   // interactions written
    struct arena arena;            // of one frame
};

static void begin(struct vocab *v, const struct config *config)
{
    v->config = config;
    if (strcmp(config->query.table, config->candidate.table) == 0)
        die(EXIT_INPUT, "[data] query and candidate refer to one table, %s: give each its own", quoted_text(config->query.table));
    v->sides[SIDE_QUERY] = side_new(config, &config->query, "query");
    v->sides[SIDE_CANDIDATE] = side_new(config, &config->candidate, "candidate");
    v->interactions = interactions_new(config, v->sides, stage.memory_bytes / 4);
    v->encoding = encoding_new(config);
}

// Counts the interactions of R by row, notes the ones of any part that refer to nothing, and fits the features of interactions.
static void count(struct vocab *v)
{
    for (size_t s = 0; s < SIDES; s++)
        v->counts[s] = memory_zeros(v->sides[s]->frame->rows, sizeof *v->counts[s]);
    struct frame frame;
    interactions_rewind(v->interactions);
    while (interactions_next(v->interactions, &frame, true)) {
        bool counts = is_table(&frame, v->config->interactions);
        const uint32_t *rows[SIDES] = {frame.cells[SIDE_QUERY].values, frame.cells[SIDE_CANDIDATE].values};
        encoding_events(v->encoding, &frame, !counts);
        if (!counts || frame.rows == 0)
            continue;
        arena_reset(&v->arena);
        uint32_t *ones = arena_array(&v->arena, frame.rows, sizeof *ones);
        for (size_t i = 0; i < frame.rows; i++) {
            v->counts[SIDE_QUERY][rows[SIDE_QUERY][i]]++;
            v->counts[SIDE_CANDIDATE][rows[SIDE_CANDIDATE][i]]++;
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
        encoding_fit(v->encoding, s == SIDE_QUERY ? LEVEL_QUERY : LEVEL_CANDIDATE, &slice, v->counts[s] + from);
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
        encoding_add(v->encoding, s == SIDE_QUERY ? LEVEL_QUERY : LEVEL_CANDIDATE, &frame, &v->arena);
        writer_put(out, &frame);
    }
}

static void write_interactions(struct vocab *v, struct writer *out)
{
    struct frame frame;
    interactions_rewind(v->interactions);
    while (interactions_next(v->interactions, &frame, false)) {
        arena_reset(&v->arena);
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
        if (interactions_take(v.interactions, &frame))
            continue;
        bool taken = false;
        for (size_t s = 0; s < SIDES; s++)
            taken |= side_takes(v.sides[s], &frame);  // a table may be joined to both
        if (!taken)
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
    encoding_fitted(v.encoding, v.sides[SIDE_CANDIDATE]->frame, v.sides[SIDE_QUERY]->frame->rows);
    encoding_save(v.encoding, out);
    write_side(&v, SIDE_QUERY, out);
    write_side(&v, SIDE_CANDIDATE, out);
    interactions_write_seen(v.interactions, v.counts[SIDE_QUERY], stage.memory_bytes / 4, out);
    write_interactions(&v, out);
    encoding_report(v.encoding);
    writer_end(out);
    stage_end("rows=%zu queries=%zu candidates=%zu", v.rows, v.sides[SIDE_QUERY]->frame->rows, v.sides[SIDE_CANDIDATE]->frame->rows);
    return 0;
}
