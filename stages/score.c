// score: what the heads predict for rows of queries and candidates.
#include <string.h>

#include "common/base/die.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/model/model.h"
#include "common/model/predictor.h"
#include "common/stream/reader.h"
#include "common/stream/spool.h"
#include "common/stream/writer.h"
#include "common/training/model_file.h"

static const char *table_name, *model_path;
static struct arg_list heads_asked;
static size_t threads;

static const struct arg args[] = {
    ARG_TEXT('t', "table", &table_name, "TABLE", "score the rows of TABLE; without it test, valid or all rows"),
    ARG_LIST(0, "head", &heads_asked, "NAME", "only this head; may be repeated (default all that tasks learn)"),
    ARG_TEXT('m', "model", &model_path, "FILE", "take the parameters from FILE"),
    ARG_COUNT(0, "threads", &threads, 0, POOL_THREADS_MAX, "N", "worker threads; 0: one a processor"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "predict the labels of rows of queries and candidates, by the heads of a model",
    .synopsis = "[-t TABLE] [--head NAME] [-m FILE] [--threads N] [FILE]",
    .example = "score < rated.mp | show --head 3 --table scores",
    .see_also = "train, evaluate, rank",
};

// The tables that may be scored, the first that has rows unless one is asked for.
enum { TEST, VALID, ALL, TABLES };

struct scoring {
    const struct config *config;
    struct model *model;
    struct predictor *predictor;
    const char *names[TABLES];          // one if a table is asked for
    struct spool *rows[TABLES];
    size_t n_tables;
    const struct config_head **heads;   // (n_heads)
    size_t n_heads;
    struct arena lasting, arena;
};

static void choose_tables(struct scoring *s)
{
    const char *r = s->config->interactions;
    s->n_tables = table_name != NULL ? 1 : TABLES;
    s->names[ALL] = r;
    s->names[VALID] = arena_printf(&s->lasting, "%s.valid", r);
    s->names[TEST] = table_name != NULL ? table_name : arena_printf(&s->lasting, "%s.test", r);
    for (size_t i = 0; i < s->n_tables; i++)
        s->rows[i] = spool_new(stage.memory_bytes / 4 / s->n_tables);
}

static void choose_heads(struct scoring *s, const char *source)
{
    const struct config_head *const *all;
    size_t n = predictor_heads(s->predictor, &all);
    const char **names = arena_array(&s->lasting, n, sizeof *names);
    s->heads = arena_array(&s->lasting, n + heads_asked.n, sizeof *s->heads);
    for (size_t i = 0; i < n; i++)
        names[i] = all[i]->name;
    if (n == 0)
        die(EXIT_INPUT, "%s: no task of labels, so no head to score with", source);
    for (size_t i = 0; heads_asked.n == 0 && i < n; i++)
        s->heads[s->n_heads++] = all[i];
    for (size_t i = 0; i < heads_asked.n; i++) {
        size_t h = 0;
        while (h < n && strcmp(names[h], heads_asked.items[i]) != 0)
            h++;
        if (h == n)
            die(EXIT_USAGE, "--head %s: no task learns such a head%s", quoted_text(heads_asked.items[i]),
                did_you_mean(heads_asked.items[i], names, n));
        for (size_t j = 0; j < s->n_heads; j++)
            if (s->heads[j] == all[h])
                die(EXIT_USAGE, "--head %s: it comes twice", quoted_text(heads_asked.items[i]));
        s->heads[s->n_heads++] = all[h];
    }
}

static void write_scores(struct scoring *s, struct spool *rows, struct writer *out)
{
    struct schema *schema = NULL;
    struct frame frame;
    spool_rewind(rows);
    while (spool_next(rows, &frame)) {
        size_t n = frame.schema->n;
        if (schema == NULL) {
            schema = schema_copy(&s->lasting, frame.schema);
            schema->table = "scores";
            for (size_t h = 0; h < s->n_heads; h++)
                schema_add(schema, &s->lasting, arena_printf(&s->lasting, "score/%s", s->heads[h]->name), type_of("f32"));
        }
        arena_reset(&s->arena);
        struct cells *cells = arena_array(&s->arena, schema->n, sizeof *cells);
        memcpy(cells, frame.cells, n * sizeof *cells);
        struct predictor_pairs pairs = {.n = frame.rows, .context = &frame};
        pairs.queries = frame_column(&frame, "query", "u32")->values;
        pairs.candidates = frame_column(&frame, "candidate", "u32")->values;
        for (size_t h = 0; h < s->n_heads; h++) {
            float *scores = arena_array(&s->arena, frame.rows, sizeof *scores);
            predictor_run(s->predictor, s->heads[h], &pairs, scores);
            cells[n + h] = (struct cells){.values = scores, .n = frame.rows};
        }
        writer_put(out, &(struct frame){.schema = schema, .rows = frame.rows, .cells = cells});
    }
}

// The first table that has rows.
static struct spool *chosen(const struct scoring *s, const char *source)
{
    for (size_t i = 0; i < s->n_tables; i++)
        if (spool_rows(s->rows[i]) > 0)
            return s->rows[i];
    die(EXIT_INPUT, "%s: no rows of table %s to be scored", source, quoted_text(s->names[s->n_tables - 1]));
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    struct reader *in = reader_open(path);
    struct scoring s = {.config = config_from_stream(in)};
    struct pool *pool = pool_new(stage_threads(threads));
    s.model = model_new(s.config, pool);
    s.predictor = predictor_new(s.config, s.model, pool);
    choose_heads(&s, reader_name(in));
    choose_tables(&s);
    struct writer *out = writer_open(stage.output, reader_header(in));
    uint64_t model_data = model_path != NULL ? model_file_load(model_path, s.model, out) : 0;

    struct checkpoint_data data = {0};
    struct frame frame;
    while (reader_next(in, &frame)) {
        checkpoint_look(&data, &frame);
        if ((model_path != NULL && model_file_replaces(&frame)) || is_table(&frame, "scores"))
            continue;
        model_takes(s.model, &frame);
        predictor_looks(s.predictor, &frame);
        for (size_t i = 0; i < s.n_tables; i++)
            if (is_table(&frame, s.names[i]))
                spool_put(s.rows[i], &frame);
        writer_put(out, &frame);
    }
    if (model_path != NULL)
        model_file_check(model_path, model_data, &data, reader_name(in));
    struct spool *rows = chosen(&s, reader_name(in));
    model_ready(s.model, model_path != NULL ? model_path : reader_name(in));
    predictor_start(s.predictor, reader_name(in));
    write_scores(&s, rows, out);
    writer_end(out);
    stage_end("rows=%zu heads=%zu", spool_rows(rows), s.n_heads);
    return 0;
}
