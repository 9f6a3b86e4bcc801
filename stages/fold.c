// fold: replace a wide model by two small tables of vectors that rank almost as it does.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/pool.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/math/ease.h"
#include "common/math/fold.h"
#include "common/model/model.h"
#include "common/model/param.h"
#include "common/stream/builder.h"
#include "common/stream/names.h"
#include "common/stream/reader.h"
#include "common/stream/spool.h"
#include "common/stream/writer.h"

static size_t dim = 64, passes = 6, threads;
static double ease = 0.25, lambda = 0, power = 0.2;

static const struct arg args[] = {
    ARG_COUNT('d', "dim", &dim, 1, 65536, "N", "numbers in a vector"),
    ARG_REAL('e', "ease", &ease, 0, 1000, "W", "weight of the scores of EASE; 0: without; left out where its matrix passes a quarter of --memory"),
    ARG_REAL('l', "lambda", &lambda, 0, 1e9, "L", "regularisation of EASE; 0: by how often a candidate was taken"),
    ARG_REAL('p', "power", &power, 0, 2, "P", "scores of a candidate count as its popularity to this power"),
    ARG_COUNT(0, "passes", &passes, 1, 1000, "N", "passes over the scores"),
    ARG_COUNT('t', "threads", &threads, 0, POOL_THREADS_MAX, "N", "threads; 0: one a processor"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "replace a wide model by two small tables of vectors that rank almost as it does",
    .synopsis = "[-d N] [--ease W] [--lambda L] [--power P] [--passes N] [FILE]",
    .example = "tokenize --query user --candidate item ratings.csv | vocab | batch | train | fold | embed | index > folded.index",
    .see_also = "train, embed",
};

// One side: the wide model's tower, and the feature of its key, whose ids the new vectors get.
struct fold_side {
    const struct config_side *config;
    const struct config_tower *tower;
    const struct config_feature *key;
    const struct param *table;      // of the wide model, for the number of ids
    struct spool *spool;            // rows of the side's table
    size_t rows, ids, n;            // n: rows that took part
    uint32_t *id;                   // (rows)
    uint32_t *place;                // (rows) among those that took part, or UINT32_MAX
    float *vectors;                 // (n, width) of the wide model
    float *folded;                  // (n, dim)
};

static const struct config_feature *key_feature(const struct config *config, const struct config_side *side, const struct config_tower *tower)
{
    const char *key = config_key(config, side);
    for (size_t i = 0; i < tower->n_inputs; i++) {
        const struct config_feature *feature = tower->inputs[i];
        if (strcmp(feature->encode.name, "lookup") == 0 && strcmp(feature->from, key) == 0)
            return feature;
    }
    die(EXIT_INPUT, "%s: tower %s has no lookup of %s among its inputs, whose ids could get the vectors", tower->place, quoted_text(tower->name),
        quoted_text(key));
}

static struct fold_side side_of(const struct config *config, const struct model *model, const struct config_side *side,
                                const struct config_tower *tower)
{
    const struct config_feature *key = key_feature(config, side, tower);
    return (struct fold_side){.config = side, .tower = tower, .key = key, .table = model_embedding(model, key),
                              .spool = spool_new(stage.memory_bytes / 8)};
}

static void check_model(const struct config *config, const struct model *model)
{
    const struct config_task *task = config_retrieval(config, "fold");
    if (config->n_tasks != 1)
        die(EXIT_INPUT, "%s: %zu tasks: fold wants a model of one", config->tasks[1].place, config->n_tasks);
    if (task->heads != 1)
        die(EXIT_INPUT, "%s: heads is %zu: fold wants one vector a query", task->place, task->heads);
    if (model_contextual(model, task->query))
        die(EXIT_INPUT, "%s: tower %s reads columns of the interactions, so a query has no one vector to fold", task->query->place,
            quoted_text(task->query->name));
}

// What is left of a side in the configuration: a tower of nothing but the lookup of the key.
static void narrow_side(struct config *config, const struct fold_side *side)
{
    struct ini *ini = &config->ini;
    const char *tower = arena_printf(&ini->arena, "tower %s", side->tower->name), *feature = arena_printf(&ini->arena, "feature %s", side->key->name);
    ini_set(ini, tower, "inputs", side->key->name, "fold");
    ini_set(ini, tower, "layers", "", "fold");
    ini_set(ini, feature, "embed", arena_printf(&ini->arena, "%zu", dim), "fold");
    ini_set(ini, feature, "table", "", "fold");
}

static void narrow(struct config *config, const struct fold_side *sides)
{
    for (size_t i = 0; i < config->n_features; i++)
        if (&config->features[i] != sides[0].key && &config->features[i] != sides[1].key)
            ini_remove(&config->ini, arena_printf(&config->ini.arena, "feature %s", config->features[i].name));
    for (size_t i = 0; i < config->n_towers; i++)
        if (&config->towers[i] != sides[0].tower && &config->towers[i] != sides[1].tower)
            ini_remove(&config->ini, arena_printf(&config->ini.arena, "tower %s", config->towers[i].name));
    narrow_side(config, &sides[0]);
    narrow_side(config, &sides[1]);
    // Patterns of parameters that are gone would match nothing.
    const struct ini_entry *rest = ini_find(&config->ini, "optimizer", "default");
    const char *optimizer = rest != NULL ? rest->value : "adagrad(lr=0.1)";
    ini_remove(&config->ini, "optimizer");
    ini_set(&config->ini, "optimizer", "default", optimizer, "fold");
}

// Forwards everything but the wide model's state, and keeps what is folded.
static const struct frame *read_stream(struct reader *in, struct writer *out, struct model *model, struct fold_side *sides)
{
    struct gather *seen = gather_new();
    struct frame frame;
    while (reader_next(in, &frame)) {
        const char *table = frame.schema->table;
        if (model_takes(model, &frame) || is_model_table(table))
            continue;
        for (size_t s = 0; s < 2; s++) {
            if (!is_table(&frame, sides[s].config->table))
                continue;
            if (schema_find(frame.schema, "vector") != SIZE_MAX)
                die(EXIT_INPUT, "%s: table %s has a column \"vector\": fold comes before embed", reader_name(in), quoted_text(table));
            spool_put(sides[s].spool, &frame);
        }
        if (is_table(&frame, "seen"))
            gather_add(seen, &frame);
        writer_put(out, &frame);
    }
    for (size_t s = 0; s < 2; s++)
        reader_wants(in, sides[s].config->table, "wanted a stream of 'train'");
    reader_wants(in, "seen", "wanted a stream of 'train'");
    return gather_frame(seen);
}

// Numbers the rows that took part: queries that have something in `seen`, and the candidates there.
static void choose_rows(struct fold_side *sides, const struct frame *seen, const char *source)
{
    const struct cells *lists = frame_column(seen, "candidates", "u32*");
    const uint32_t *taken = lists->values;
    for (size_t s = 0; s < 2; s++) {
        sides[s].rows = spool_rows(sides[s].spool);
        sides[s].place = memory_zeros(sides[s].rows, sizeof *sides[s].place);
    }
    if (seen->rows != sides[0].rows)
        die(EXIT_INPUT, "%s: table \"seen\" has %zu rows, but %s has %zu", source, seen->rows, quoted_text(sides[0].config->table), sides[0].rows);
    for (size_t i = 0; i < lists->n; i++) {
        if (taken[i] >= sides[1].rows)
            die(EXIT_INPUT, "%s: table \"seen\": candidate %u, but %s has %zu rows", source, taken[i], quoted_text(sides[1].config->table),
                sides[1].rows);
        sides[1].place[taken[i]] = 1;
    }
    for (size_t r = 0; r < sides[0].rows; r++)
        sides[0].place[r] = lists->lists[r + 1] > lists->lists[r];
    for (size_t s = 0; s < 2; s++)
        for (size_t r = 0; r < sides[s].rows; r++)
            sides[s].place[r] = sides[s].place[r] ? (uint32_t)sides[s].n++ : UINT32_MAX;
    if (sides[0].n == 0)
        die(EXIT_INPUT, "%s: table \"seen\": no query has taken anything: there is nothing to fold", source);
}

// The wide model's vectors of the rows that took part, and the ids of all.
static void make_vectors(struct fold_side *side, struct model *model)
{
    struct arena arena = {0};
    const char *column = arena_printf(&arena, "feature/%s", side->key->name);
    size_t width = model_dim(model, side->tower), row = 0;
    side->ids = side->table->rows;
    side->id = memory_zeros(side->rows, sizeof *side->id);
    side->vectors = memory_aligned(side->n * width, sizeof *side->vectors);
    struct frame frame;
    spool_rewind(side->spool);
    while (spool_next(side->spool, &frame)) {
        float *vectors = memory_aligned(frame.rows * width, sizeof *vectors);
        model_vectors(model, side->tower, &frame, NULL, vectors);  // checks the ids
        memcpy(side->id + row, frame_column(&frame, column, "u32")->values, frame.rows * sizeof *side->id);
        for (size_t r = 0; r < frame.rows; r++, row++)
            if (side->place[row] != UINT32_MAX)
                memcpy(side->vectors + side->place[row] * width, vectors + r * width, width * sizeof *vectors);
        free(vectors);
    }
    spool_free(side->spool);
    arena_free(&arena);
}

// What the queries took, both numbered among those that took part.
static void take_lists(struct fold *fold, const struct fold_side *sides, const struct frame *seen, uint32_t *lists, uint32_t *taken, float *column)
{
    const struct cells *all = frame_column(seen, "candidates", "u32*");
    const uint32_t *values = all->values;
    for (size_t i = 0; i < fold->items; i++)
        column[i] = 0;
    for (size_t i = 0; i < all->n; i++) {
        taken[i] = sides[1].place[values[i]];
        column[taken[i]] += 1;
    }
    size_t n = 0;
    for (size_t r = 0; r < sides[0].rows; r++)
        if (sides[0].place[r] != UINT32_MAX)
            lists[n++] = all->lists[r];
    lists[n] = (uint32_t)all->n;
    double mean = (double)all->n / (double)fold->items;
    for (size_t i = 0; i < fold->items; i++)
        column[i] = (float)pow((double)column[i] / mean, power);
    *fold = (struct fold){.users = fold->users, .items = fold->items, .lists = lists, .taken = taken, .column = column};
}

// Folds the sides' vectors; returns whether EASE took part.
static bool fold_sides(struct fold_side *sides, struct model *model, const struct frame *seen, uint64_t seed, struct pool *pool,
                       const char *source)
{
    struct fold fold = {.users = sides[0].n, .items = sides[1].n};
    size_t n = frame_column(seen, "candidates", "u32*")->n, wide = model_dim(model, sides[0].tower);
    uint32_t *lists = memory_zeros(fold.users + 1, sizeof *lists), *taken = memory_zeros(n, sizeof *taken);
    float *column = memory_zeros(fold.items, sizeof *column), *similar = NULL;
    take_lists(&fold, sides, seen, lists, taken, column);
    if (ease > 0 && fold.items <= stage.memory_bytes / 4 / sizeof *similar / fold.items) {
        similar = memory_aligned(fold.items * fold.items, sizeof *similar);
        lambda = lambda > 0 ? lambda : ease_lambda(n, fold.items);
        if (!ease_weights(fold.users, fold.items, lists, taken, lambda, similar))
            die(EXIT_USAGE, "--lambda %g: too small: the matrix of EASE cannot be inverted", lambda);
    }
    fold.user = sides[0].vectors;
    fold.item = sides[1].vectors;
    fold.dim = wide;
    fold.similar = similar;
    fold.blend = ease;
    fold.k = dim < fold.items ? dim : fold.items;
    fold.passes = passes;
    fold.memory_bytes = stage.memory_bytes / 8;
    fold.seed = seed;
    for (size_t s = 0; s < 2; s++)
        sides[s].folded = memory_aligned(sides[s].n * fold.k, sizeof(float));
    fold_run(&fold, pool, sides[0].folded, sides[1].folded);
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < sides[s].n * fold.k; i++)
            if (!isfinite(sides[s].folded[i]))
                die(EXIT_INPUT, "%s: towers %s and %s give scores that are not finite", source, quoted_text(sides[0].tower->name),
                    quoted_text(sides[1].tower->name));
    free(similar);
    free(column);
    free(taken);
    free(lists);
    return similar != NULL;
}

// A row of param/embed/F for each id: the mean over its rows that took part; where there are none, over all that did.
static void write_side(const struct fold_side *side, size_t k, struct writer *out)
{
    struct arena arena = {0};
    size_t *counts = arena_zeros(&arena, side->ids, sizeof *counts);
    double *sums = arena_zeros(&arena, side->ids * k, sizeof *sums), *all = arena_zeros(&arena, k, sizeof *all);
    for (size_t r = 0; r < side->rows; r++) {
        if (side->place[r] == UINT32_MAX)
            continue;
        counts[side->id[r]]++;
        for (size_t d = 0; d < k; d++) {
            sums[side->id[r] * k + d] += (double)side->folded[side->place[r] * k + d];
            all[d] += (double)side->folded[side->place[r] * k + d];
        }
    }
    float *values = arena_zeros(&arena, side->ids * dim, sizeof *values);
    for (size_t i = 0; i < side->ids; i++)
        for (size_t d = 0; d < k; d++)
            values[i * dim + d] = (float)(counts[i] > 0 ? sums[i * k + d] / (double)counts[i] : all[d] / (double)side->n);
    struct schema *schema = schema_new(&arena, arena_printf(&arena, "param/embed/%s", side->key->name));
    schema_add(schema, &arena, "value", type_vector(dim));
    struct cells cells = {.values = values, .n = side->ids};
    writer_put_sliced(out, &(struct frame){.schema = schema, .rows = side->ids, .cells = &cells});
    arena_free(&arena);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    struct reader *in = reader_open(path);
    struct config *config = config_from_stream(in);
    struct pool *pool = pool_new(stage_threads(threads));
    struct model *model = model_new(config, pool);
    check_model(config, model);
    const struct config_task *task = config_retrieval(config, "fold");
    struct fold_side sides[] = {side_of(config, model, &config->query, task->query), side_of(config, model, &config->candidate, task->candidate)};
    if (sides[0].key == sides[1].key)
        die(EXIT_INPUT, "%s: both towers look up feature %s: fold wants a vector for each side", task->place, quoted_text(sides[0].key->name));
    narrow(config, sides);
    reader_set_config(in, config_text(config));
    struct writer *out = writer_open(stage.output, reader_header(in));

    const struct frame *seen = read_stream(in, out, model, sides);
    model_ready(model, reader_name(in));
    if (model_dim(model, sides[0].tower) != model_dim(model, sides[1].tower))
        die(EXIT_INPUT, "%s: tower %s gives %zu numbers and tower %s %zu", task->place, quoted_text(task->query->name),
            model_dim(model, task->query), quoted_text(task->candidate->name), model_dim(model, task->candidate));
    choose_rows(sides, seen, reader_name(in));
    make_vectors(&sides[0], model);
    make_vectors(&sides[1], model);
    bool with_ease = fold_sides(sides, model, seen, config->seed, pool, reader_name(in));
    size_t k = dim < sides[1].n ? dim : sides[1].n;
    write_side(&sides[0], k, out);
    write_side(&sides[1], k, out);
    writer_end(out);
    stage_end("queries=%zu candidates=%zu wide=%zu dim=%zu ease=%g lambda=%g", sides[0].n, sides[1].n, model_dim(model, task->query), dim,
              with_ease ? ease : 0, with_ease ? lambda : 0);
    return 0;
}
