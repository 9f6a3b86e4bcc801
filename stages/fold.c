// fold: replace a wide model by two small tables of vectors that rank almost as it does.
#include <string.h>

#include "common/base/die.h"
#include "common/base/pool.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/model/model.h"
#include "common/stream/builder.h"
#include "common/stream/names.h"
#include "common/stream/reader.h"
#include "common/stream/spool.h"
#include "common/stream/writer.h"
#include "common/training/folding.h"

static struct folding folding = {.dim = 64, .passes = 6, .ease = 0.25, .power = 0.2};
static size_t threads;

static const struct arg args[] = {
    ARG_COUNT('d', "dim", &folding.dim, 1, 65536, "N", "numbers in a vector"),
    ARG_REAL('e', "ease", &folding.ease, 0, 1000, "W",
             "weight of the scores of EASE; 0: without; left out where its matrix passes a quarter of --memory"),
    ARG_REAL('l', "lambda", &folding.lambda, 0, 1e9, "L", "regularisation of EASE; 0: by how often a candidate was taken"),
    ARG_REAL('p', "power", &folding.power, 0, 2, "P", "scores of a candidate count as its popularity to this power"),
    ARG_COUNT(0, "passes", &folding.passes, 1, 1000, "N", "passes over the scores"),
    ARG_COUNT('t', "threads", &threads, 0, POOL_THREADS_MAX, "N", "threads; 0: one a processor"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "replace a wide model by two small tables of vectors that rank almost as it does",
    .synopsis = "[-d N] [--ease W] [--lambda L] [--power P] [--passes N] [FILE]",
    .example = "tokenize --query user --candidate item ratings.csv | vocab | batch | train | fold | embed | index > folded.index",
    .see_also = "train, embed",
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

static struct folding_side side_of(const struct config *config, const struct model *model, const struct config_side *side,
                                const struct config_tower *tower)
{
    const struct config_feature *key = key_feature(config, side, tower);
    return (struct folding_side){.config = side, .tower = tower, .key = key, .table = model_embedding(model, key),
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
static void narrow_side(struct config *config, const struct folding_side *side)
{
    struct ini *ini = &config->ini;
    const char *tower = arena_printf(&ini->arena, "tower %s", side->tower->name), *feature = arena_printf(&ini->arena, "feature %s", side->key->name);
    ini_set(ini, tower, "inputs", side->key->name, "fold");
    ini_set(ini, tower, "layers", "", "fold");
    ini_set(ini, feature, "embed", arena_printf(&ini->arena, "%zu", folding.dim), "fold");
    ini_set(ini, feature, "table", "", "fold");
}

static void narrow(struct config *config, const struct folding_side *sides)
{
    for (size_t i = 0; i < config->n_features; i++)
        if (&config->features[i] != sides[SIDE_QUERY].key && &config->features[i] != sides[SIDE_CANDIDATE].key)
            ini_remove(&config->ini, arena_printf(&config->ini.arena, "feature %s", config->features[i].name));
    for (size_t i = 0; i < config->n_towers; i++)
        if (&config->towers[i] != sides[SIDE_QUERY].tower && &config->towers[i] != sides[SIDE_CANDIDATE].tower)
            ini_remove(&config->ini, arena_printf(&config->ini.arena, "tower %s", config->towers[i].name));
    narrow_side(config, &sides[SIDE_QUERY]);
    narrow_side(config, &sides[SIDE_CANDIDATE]);
    // Patterns of parameters that are gone would match nothing.
    const struct ini_entry *rest = ini_find(&config->ini, "optimizer", "default");
    const char *optimizer = rest != NULL ? rest->value : "adagrad(lr=0.1)";
    ini_remove(&config->ini, "optimizer");
    ini_set(&config->ini, "optimizer", "default", optimizer, "fold");
}

// Forwards everything but the wide model's state, and keeps what is folded.
static const struct frame *read_stream(struct reader *in, struct writer *out, struct model *model, struct folding_side *sides)
{
    struct gather *seen = gather_new();
    struct frame frame;
    while (reader_next(in, &frame)) {
        const char *table = frame.schema->table;
        if (model_takes(model, &frame) || is_model_table(table))
            continue;
        for (size_t s = 0; s < SIDES; s++) {
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
    for (size_t s = 0; s < SIDES; s++)
        reader_wants(in, sides[s].config->table, "wanted a stream of 'train'");
    reader_wants(in, "seen", "wanted a stream of 'train'");
    return gather_frame(seen);
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
    struct folding_side sides[] = {side_of(config, model, &config->query, task->query), side_of(config, model, &config->candidate, task->candidate)};
    if (sides[SIDE_QUERY].key == sides[SIDE_CANDIDATE].key)
        die(EXIT_INPUT, "%s: both towers look up feature %s: fold wants a vector for each side", task->place,
            quoted_text(sides[SIDE_QUERY].key->name));
    narrow(config, sides);
    reader_set_config(in, config_text(config));
    struct writer *out = writer_open(stage.output, reader_header(in));

    const struct frame *seen = read_stream(in, out, model, sides);
    model_ready(model, reader_name(in));
    if (model_dim(model, sides[SIDE_QUERY].tower) != model_dim(model, sides[SIDE_CANDIDATE].tower))
        die(EXIT_INPUT, "%s: tower %s gives %zu numbers and tower %s %zu", task->place, quoted_text(task->query->name),
            model_dim(model, task->query), quoted_text(task->candidate->name), model_dim(model, task->candidate));
    folding.seed = config->seed;
    folding.memory_bytes = stage.memory_bytes;
    folding_run(&folding, sides, model, seen, pool, reader_name(in));
    folding_write(&folding, &sides[SIDE_QUERY], out);
    folding_write(&folding, &sides[SIDE_CANDIDATE], out);
    writer_end(out);
    stage_end("queries=%zu candidates=%zu wide=%zu dim=%zu ease=%g lambda=%g", sides[SIDE_QUERY].n, sides[SIDE_CANDIDATE].n,
              model_dim(model, task->query), folding.dim, folding.with_ease ? folding.ease : 0, folding.with_ease ? folding.lambda : 0);
    return 0;
}
