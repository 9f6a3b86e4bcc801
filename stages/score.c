// score: what the heads predict for rows of queries and candidates.
#include <stdio.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/output.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/index/choice.h"
#include "common/index/scored.h"
#include "common/model/model.h"
#include "common/model/predictor.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"
#include "common/training/model_file.h"

static const char *table_name, *model_path;
static struct arg_list heads_asked;
static size_t threads;
static bool as_csv;

static const struct arg args[] = {
    ARG_TEXT('t', "table", &table_name, "TABLE", "score the rows of TABLE; without it test, valid or all rows"),
    ARG_LIST(0, "head", &heads_asked, "NAME", "only this head; may be repeated (default all that tasks learn)"),
    ARG_TEXT('m', "model", &model_path, "FILE", "take the parameters from FILE"),
    ARG_FLAG(0, "csv", &as_csv, "print CSV with keys for row numbers, and write no stream"),
    ARG_COUNT(0, "threads", &threads, 0, POOL_THREADS_MAX, "N", "worker threads; 0: one a processor"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "predict the labels of rows of queries and candidates, by the heads of a model",
    .synopsis = "[-t TABLE] [--head NAME] [-m FILE] [--csv] [FILE]",
    .example = "score --csv -o predicted.csv rated.mp",
    .see_also = "train, evaluate, rank",
};

struct scoring {
    const struct config *config;
    struct model *model;
    struct predictor *predictor;
    struct choice *choice;              // of the table whose rows are scored
    struct scored *keys;                // for CSV
    const struct config_head **heads;   // (n_heads)
    size_t n_heads;
    struct arena lasting, arena;
};

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

// Predicts for all rows, and writes or prints each frame with its predictions; `out` is NULL if it is printed.
static void score(struct scoring *s, struct spool *rows, struct writer *out, FILE *lines)
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
        struct frame scored = {.schema = schema, .rows = frame.rows, .cells = cells};
        if (out != NULL)
            writer_put(out, &scored);
        else
            scored_print(s->keys, &scored, s->n_heads, lines);
    }
}

// Takes what is needed of the stream, and forwards it unless `out` is NULL.
static void read_stream(struct scoring *s, struct reader *in, struct writer *out)
{
    uint64_t model_data = model_path != NULL ? model_file_load(model_path, s->model, out) : 0;
    struct checkpoint_data data = {0};
    struct frame frame;
    while (reader_next(in, &frame)) {
        checkpoint_look(&data, &frame);
        if ((model_path != NULL && model_file_replaces(&frame)) || is_table(&frame, "scores"))
            continue;
        model_takes(s->model, &frame);
        predictor_looks(s->predictor, &frame);
        choice_takes(s->choice, &frame);
        if (out != NULL)
            writer_put(out, &frame);
        else
            scored_looks(s->keys, &frame);
    }
    if (model_path != NULL)
        model_file_check(model_path, model_data, &data, reader_name(in));
}

// The table that is scored, once all is there to do it.
static const struct choice_table *make_ready(struct scoring *s, const char *source)
{
    const struct choice_table *chosen = choice_made(s->choice);
    if (spool_rows(chosen->rows) == 0)
        die(EXIT_INPUT, "%s: no rows of table %s to be scored", source, quoted_text(chosen->name));
    model_ready(s->model, model_path != NULL ? model_path : source);
    predictor_start(s->predictor, source);
    return chosen;
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
    s.choice = choice_new(s.config, table_name, stage.memory_bytes / 4);
    const struct choice_table *chosen;
    if (as_csv) {
        s.keys = scored_new(s.config);
        read_stream(&s, in, NULL);
        chosen = make_ready(&s, reader_name(in));
        scored_start(s.keys, reader_name(in));
        struct output output = output_open(stage.output);
        score(&s, chosen->rows, NULL, output_file(&output));
        output_close(&output);
    } else {
        struct writer *out = writer_open(stage.output, reader_header(in));
        read_stream(&s, in, out);
        chosen = make_ready(&s, reader_name(in));
        score(&s, chosen->rows, out, NULL);
        writer_end(out);
    }
    stage_end("rows=%zu heads=%zu", spool_rows(chosen->rows), s.n_heads);
    return 0;
}
