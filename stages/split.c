// split: move rows of the interactions to NAME.valid and NAME.test.
//
// A method (common/model/split.h) says which part each row belongs to. Where it knows at once, rows stream through; where it must
// see all first, they wait in the spool.
#include <string.h>

#include "common/base/die.h"
#include "common/base/stage.h"
#include "common/model/split.h"
#include "common/stream/writer.h"

static const struct usage usage = {
    .purpose = "move rows of the interactions to NAME.valid and NAME.test",
    .synopsis = "[--set 'split.method=METHOD(...)'] [FILE]",
    .example = "split --set 'split.method=last(test=1)' < data.mp | vocab > encoded.mp",
    .see_also = "tokenize, vocab",
    .more = split_print_kinds,
};

struct parts {
    struct split split;
    const char *names[SPLIT_PARTS];
    struct schema *schemas[SPLIT_PARTS];
    size_t came, written[SPLIT_PARTS];
    struct spool *spool;              // rows that wait, or NULL
    struct arena lasting, arena;      // arena: of one frame
};

static void begin(struct parts *parts, const struct config *config)
{
    static const char *const suffixes[SPLIT_PARTS] = {"", ".valid", ".test"};
    for (size_t part = 0; part < SPLIT_PARTS; part++)
        parts->names[part] = arena_printf(&parts->lasting, "%s%s", config->interactions, suffixes[part]);
    parts->split = split_new(config);
    if (parts->split.kind->learn != NULL)
        parts->spool = spool_new(stage.memory_bytes / 2);
}

// Announces the three tables, so that they stand behind one another even if some stay empty.
static void announce(struct parts *parts, const struct schema *schema, struct writer *out)
{
    for (size_t part = 0; part < SPLIT_PARTS; part++) {
        parts->schemas[part] = schema_copy(&parts->lasting, schema);
        parts->schemas[part]->table = parts->names[part];
        writer_put(out, &(struct frame){.schema = parts->schemas[part]});
    }
}

static void write_parts(struct parts *parts, const struct frame *frame, struct writer *out)
{
    arena_reset(&parts->arena);
    uint8_t *placed = arena_array(&parts->arena, frame->rows, sizeof *placed);
    uint32_t *chosen = arena_array(&parts->arena, frame->rows + 1, sizeof *chosen);
    parts->split.kind->place(parts->split.state, frame, placed, &parts->arena);
    for (uint8_t part = 0; part < SPLIT_PARTS; part++) {
        size_t n = 0;
        for (size_t i = 0; i < frame->rows; i++) {
            chosen[n] = (uint32_t)i;
            n += placed[i] == part;
        }
        struct frame some = n == frame->rows ? *frame : frame_select(frame, chosen, n, &parts->arena);
        some.schema = parts->schemas[part];
        writer_put(out, &some);
        parts->written[part] += n;
    }
}

// Takes a frame of the interactions.
static void take(struct parts *parts, const struct frame *frame, struct writer *out)
{
    parts->came += frame->rows;
    if (parts->split.kind->place == NULL) {
        writer_put(out, frame);
        parts->written[SPLIT_TRAIN] += frame->rows;
        return;
    }
    if (frame_column_if(frame, "query", "u32") != NULL)
        die(EXIT_INPUT, "%s: the interactions have row numbers already: 'split' comes before 'vocab'", frame->place);
    if (parts->schemas[SPLIT_TRAIN] == NULL)
        announce(parts, frame->schema, out);
    if (parts->spool != NULL)
        spool_put(parts->spool, frame);
    else
        write_parts(parts, frame, out);
}

// All rows came: those that wait are written.
static void finish(struct parts *parts, struct writer *out)
{
    if (parts->spool == NULL)
        return;
    struct frame frame;
    parts->split.kind->learn(parts->split.state, parts->spool);
    spool_rewind(parts->spool);
    while (spool_next(parts->spool, &frame))
        write_parts(parts, &frame, out);
    spool_free(parts->spool);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, NULL);
    struct reader *in = reader_open(path);
    const struct config *config = config_from_stream(in);
    struct parts parts = {0};
    begin(&parts, config);
    struct writer *out = writer_open(stage.output, reader_header(in));
    struct frame frame;
    while (reader_next(in, &frame)) {
        if (parts.split.kind->place != NULL && (is_table(&frame, parts.names[SPLIT_VALID]) || is_table(&frame, parts.names[SPLIT_TEST])))
            die(EXIT_INPUT, "%s: table %s is there already: --set 'split.method=none()' leaves it so", reader_name(in),
                quoted_text(frame.schema->table));
        if (is_table(&frame, config->interactions))
            take(&parts, &frame, out);
        else
            writer_put(out, &frame);
    }
    reader_wants(in, config->interactions, "wanted the interactions, as 'tokenize' writes them");
    finish(&parts, out);
    if (parts.written[SPLIT_TRAIN] == 0)
        die(EXIT_INPUT, "%s: table %s: of %zu rows none is left to train on", reader_name(in), quoted_text(config->interactions),
            parts.came);
    writer_end(out);
    stage_end("rows=%zu train=%zu valid=%zu test=%zu", parts.came, parts.written[SPLIT_TRAIN], parts.written[SPLIT_VALID],
              parts.written[SPLIT_TEST]);
    return 0;
}
