// embed: put every row of a table through a tower, and add the vectors as a column.
#include <string.h>

#include "common/base/die.h"
#include "common/base/pool.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/model/model.h"
#include "common/stream/reader.h"
#include "common/stream/spool.h"
#include "common/stream/writer.h"
#include "common/training/model_file.h"

static const char *tower_name, *table_name, *model_path;
static size_t threads;

static const struct arg args[] = {
    ARG_TEXT('t', "tower", &tower_name, "NAME", "the tower to use (default the candidate tower of the first task)"),
    ARG_TEXT(0, "table", &table_name, "NAME", "the table to put through it (default the tower's side)"),
    ARG_TEXT('m', "model", &model_path, "FILE", "take the parameters from FILE"),
    ARG_COUNT(0, "threads", &threads, 0, POOL_THREADS_MAX, "N", "worker threads; 0: one a processor"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "put every row of a table through a tower, and add the vectors as a column",
    .synopsis = "[-t TOWER] [--table TABLE] [-m FILE] [--threads N] [FILE]",
    .example = "embed --tower candidate < trained.mp | index > movies.index",
    .see_also = "train, index",
};

static const struct config_tower *choose_tower(const struct config *config)
{
    if (tower_name == NULL)
        return config_retrieval(config, "embed")->candidate;
    const struct config_tower *tower = config_tower(config, tower_name);
    if (tower != NULL)
        return tower;
    const char *names[64];
    size_t n = 0;
    for (; n < config->n_towers && n < 64; n++)
        names[n] = config->towers[n].name;
    die(EXIT_USAGE, "--tower %s: no such tower%s", quoted_text(tower_name), did_you_mean(tower_name, names, n));
}

static const char *choose_table(const struct config *config, const struct config_tower *tower)
{
    if (table_name != NULL)
        return table_name;
    return tower->side == &config->candidate ? config->candidate.table : config->query.table;
}

// Writes the rows with their vectors; returns how many. A table that had no rows is announced.
static void write_vectors(struct model *model, const struct config_tower *tower, struct spool *rows, const char *source, struct writer *out)
{
    struct arena lasting = {0}, arena = {0};
    struct schema *schema = NULL;
    struct frame frame;
    size_t dim = model_dim(model, tower);
    spool_rewind(rows);
    while (spool_next(rows, &frame)) {
        if (schema == NULL) {
            if (schema_find(frame.schema, "vector") != SIZE_MAX)
                die(EXIT_INPUT, "%s: table %s has a column \"vector\" already", source, quoted_text(frame.schema->table));
            schema = schema_copy(&lasting, frame.schema);
            schema_add(schema, &lasting, "vector", type_vector(dim));
        }
        arena_reset(&arena);
        float *vectors = arena_array(&arena, frame.rows * dim, sizeof *vectors);
        model_vectors(model, tower, &frame, NULL, vectors);
        struct cells *cells = arena_array(&arena, schema->n, sizeof *cells);
        memcpy(cells, frame.cells, frame.schema->n * sizeof *cells);
        cells[frame.schema->n] = (struct cells){.values = vectors, .n = frame.rows};
        writer_put(out, &(struct frame){.schema = schema, .rows = frame.rows, .cells = cells});
    }
    arena_free(&arena);
    arena_free(&lasting);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    struct reader *in = reader_open(path);
    const struct config *config = config_from_stream(in);
    const struct config_tower *tower = choose_tower(config);
    const char *table = choose_table(config, tower);
    struct pool *pool = pool_new(stage_threads(threads));
    struct model *model = model_new(config, pool);
    if (model_contextual(model, tower))
        die(EXIT_INPUT, "%s: tower %s reads columns of the interactions, so a row of %s has no one vector: rank evaluates it", reader_name(in),
            quoted_text(tower->name), quoted_text(table));
    model_only(model, tower);
    struct writer *out = writer_open(stage.output, reader_header(in));
    uint64_t model_data = model_path != NULL ? model_file_load(model_path, model, out) : 0;

    struct spool *rows = spool_new(stage.memory_bytes / 4);
    bool came = false;
    struct checkpoint_data data = {0};
    struct frame frame;
    while (reader_next(in, &frame)) {
        checkpoint_look(&data, &frame);
        if (model_path != NULL && model_file_replaces(&frame))
            continue;
        model_takes(model, &frame);
        if (is_table(&frame, table)) {
            came = true;
            spool_put(rows, &frame);
        } else {
            writer_put(out, &frame);
        }
    }
    if (!came)
        die(EXIT_INPUT, "%s: no table %s to put through tower %s", reader_name(in), quoted_text(table), quoted_text(tower->name));
    if (model_path != NULL)
        model_file_check(model_path, model_data, &data, reader_name(in));
    model_ready(model, model_path != NULL ? model_path : reader_name(in));
    write_vectors(model, tower, rows, reader_name(in), out);
    writer_end(out);
    stage_end("rows=%zu dim=%zu", spool_rows(rows), model_dim(model, tower));
    return 0;
}
