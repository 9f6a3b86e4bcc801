#include "common/config/config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/stage.h"
#include "common/config/config_keys.h"
#include "common/config/config_tables.h"
#include "common/config/config_tasks.h"

// Which columns a feature reads. Crosses name theirs by position; lists may have weights beside them; a sequence without a column follows
// the candidates of the interactions, and a history has them all.
static void set_columns(struct config *c, struct config_feature *feature)
{
    const char **columns = arena_array(&c->ini.arena, feature->encode.n + 2, sizeof *columns), *column;
    bool cross = strcmp(feature->encode.name, "cross") == 0;
    feature->from = call_text(&feature->encode, "from");
    feature->follows = feature->from == NULL && strcmp(feature->encode.name, "sequence") == 0;
    feature->gathers = strcmp(feature->encode.name, "history") == 0;
    if (feature->follows || feature->gathers)
        feature->from = c->candidate.column;
    if (feature->from == NULL)
        feature->from = cross && feature->encode.n > 0 ? call_position(&feature->encode, 0) : NULL;
    if (feature->from == NULL)
        feature->from = feature->name;
    for (size_t i = 0; cross && (column = call_position(&feature->encode, i)) != NULL; i++)
        columns[feature->n_columns++] = column;
    if (!cross && !feature->gathers)
        columns[feature->n_columns++] = feature->from;
    if ((column = call_text(&feature->encode, "weights")) != NULL)
        columns[feature->n_columns++] = column;
    feature->columns = columns;
}

static void parse_features(struct config *c)
{
    const char **names;
    c->n_features = ini_sections(&c->ini, "feature ", &names);
    c->features = arena_zeros(&c->ini.arena, c->n_features, sizeof *c->features);
    for (size_t i = 0; i < c->n_features; i++) {
        const char *section = arena_printf(&c->ini.arena, "feature %s", names[i]);
        const struct ini_entry *encode = ini_get(&c->ini, section, "encode"), *embed = ini_get(&c->ini, section, "embed"),
                               *init = ini_get(&c->ini, section, "init"), *table = ini_get(&c->ini, section, "table"),
                               *pool = ini_get(&c->ini, section, "pool");
        struct config_feature *feature = &c->features[i];
        *feature = (struct config_feature){.name = names[i], .place = encode->place};
        feature->encode = call_parse(&c->ini.arena, encode->value, encode->place);
        feature->init = call_parse(&c->ini.arena, init->value, init->place);
        feature->embed = value_count(embed->value, "embed", embed->place, 1, 65536);
        feature->table = table->value[0] != '\0' ? table->value : feature->name;
        feature->pool = call_parse(&c->ini.arena, pool->value, pool->place);
        const char *otherwise = ini_get(&c->ini, section, "default")->value;
        feature->otherwise = otherwise[0] != '\0' ? otherwise : NULL;
        set_columns(c, feature);
    }
}

// A sequence or history gives the ids of a feature of the candidate tower, the first unless it is named, and shares its embedding, as wide as it is,
// unless it has a table of its own.
static void resolve_sequences(struct config *c)
{
    for (size_t i = 0; i < c->n_features; i++) {
        struct config_feature *feature = &c->features[i], *of = NULL;
        const char *name = call_text(&feature->encode, "of");
        if (strcmp(feature->encode.name, "sequence") != 0 && !feature->gathers)
            continue;
        const struct config_tower *tower = config_first_tower(c, &c->candidate);
        for (size_t j = 0; tower != NULL && j < tower->n_inputs && of == NULL; j++)
            if (name == NULL || strcmp(tower->inputs[j]->name, name) == 0)
                of = tower->inputs[j];
        if (tower == NULL)
            die(EXIT_INPUT, "%s: feature %s: no tower of candidates whose ids it could give", feature->place, quoted_text(feature->name));
        if (of == NULL)
            die(EXIT_INPUT, "%s: feature %s: of is %s, which is no input of tower %s", feature->place, quoted_text(feature->name),
                quoted_text(name), quoted_text(tower->name));
        feature->of = of->name;
        if (strcmp(feature->table, feature->name) != 0)
            continue;
        feature->table = of->table;
        feature->embed = of->embed;
    }
}

static size_t count_of(const struct config *c, const char *section, const char *key, size_t low, size_t high)
{
    const struct ini_entry *entry = ini_get(&c->ini, section, key);
    return value_count(entry->value, key, entry->place, low, high);
}

static bool flag_of(const struct config *c, const char *section, const char *key)
{
    const struct ini_entry *entry = ini_get(&c->ini, section, key);
    return value_flag(entry->value, key, entry->place);
}

static struct call call_of(struct config *c, const char *section, const char *key)
{
    const struct ini_entry *entry = ini_get(&c->ini, section, key);
    return call_parse(&c->ini.arena, entry->value, entry->place);
}

static void parse_training(struct config *c)
{
    c->split = call_of(c, "split", "method");
    c->batch_rows = count_of(c, "train", "batch", 1, 1 << 24);
    c->epochs = count_of(c, "train", "epochs", 0, 1000000);
    c->seed = count_of(c, "train", "seed", 0, (size_t)1 << 53);
    c->shuffle = flag_of(c, "train", "shuffle");
    c->group = flag_of(c, "train", "group");
    c->lists = count_of(c, "train", "lists", 0, 1000000);
    c->list_rows = count_of(c, "train", "list", 2, 10000);
    c->k = count_of(c, "rank", "k", 1, 1 << 24);
    if (c->group && !c->shuffle)
        die(EXIT_INPUT, "%s: group needs shuffle = yes", ini_get(&c->ini, "train", "group")->place);
    if (c->lists > 0 && c->group)
        die(EXIT_INPUT, "%s: lists and group: choose one", ini_get(&c->ini, "train", "lists")->place);
}

// A solver other than gradients needs no optimiser: that of all parameters is then one that has no slots.
static void parse_optimizers(struct config *c)
{
    c->solver = call_of(c, "train", "solver");
    c->optimizers = arena_zeros(&c->ini.arena, c->ini.n, sizeof *c->optimizers);
    for (size_t i = 0; i < c->ini.n; i++) {
        const struct ini_entry *entry = &c->ini.entries[i];
        if (strcmp(entry->section, "optimizer") == 0)
            c->optimizers[c->n_optimizers++] = (struct config_optimizer){entry->key, call_parse(&c->ini.arena, entry->value, entry->place)};
    }
    if (strcmp(c->solver.name, "gradients") != 0 && c->n_optimizers > 0) {
        c->optimizers[0] = (struct config_optimizer){"default", call_parse(&c->ini.arena, "sgd()", c->solver.place)};
        c->n_optimizers = 1;
    }
}

// How training goes on and ends.
static void parse_course(struct config *c)
{
    c->clip = call_of(c, "train", "clip");
    c->validate = call_of(c, "train", "validate");
    c->every = count_of(c, "train", "every", 1, 1000000);
    c->patience = count_of(c, "train", "patience", 0, 1000000);
    c->best = flag_of(c, "train", "best");
}

static void parse(struct config *c)
{
    c->tfrs = config_complete(&c->ini);
    config_parse_tables(c);
    parse_features(c);
    config_parse_tasks(c);
    parse_training(c);
    resolve_sequences(c);
    parse_optimizers(c);
    parse_course(c);
    config_check_inputs(c);
}

static void set_one(struct config *c, const char *text)
{
    size_t length = strcspn(text, "="), dot = length;
    if (text[length] != '=')
        die(EXIT_USAGE, "--set %s: wanted SECTION.KEY=VALUE", quoted_text(text));
    while (dot > 0 && text[dot] != '.')
        dot--;
    const char *section = arena_text(&c->ini.arena, text, dot), *value = text + length + 1;
    size_t start = text[dot] == '.' ? dot + 1 : dot;
    const char *key = arena_text(&c->ini.arena, text + start, length - start);
    if (!ini_can_hold(value) || !ini_can_hold(section) || dot > INI_SECTION_MAX || strchr(section, ']') != NULL)
        die(EXIT_USAGE, "--set %s: too long for an INI file, or with a line break, a tab or \" ;\" in it (as separators they are written tab and "
            "semicolon)", quoted_text(text));
    ini_set(&c->ini, section, key, value, "--set");
}

static bool is_input(const struct config *c, const char *feature)
{
    for (size_t i = 0; i < c->n_towers; i++)
        for (size_t j = 0; j < c->towers[i].n_inputs; j++)
            if (strcmp(c->towers[i].inputs[j]->name, feature) == 0)
                return true;
    return false;
}

// A feature that no tower reads changes nothing: its name may be misspelt. In a stream only what was set here is new.
static void warn_of_unread(const struct config *c, bool set_only)
{
    const char *last = "";
    for (size_t i = 0; i < c->ini.n; i++) {
        const struct ini_entry *entry = &c->ini.entries[i];
        if (strncmp(entry->section, "feature ", 8) != 0 || strcmp(entry->section, last) == 0 || is_input(c, entry->section + 8))
            continue;
        if (set_only && strcmp(entry->place, "--set") != 0)
            continue;
        last = entry->section;
        warn("%s: [%s] is an input of no tower: it changes nothing", entry->place, entry->section);
    }
}

static void apply_set(struct config *c)
{
    for (size_t i = 0; i < stage.set.n; i++)
        set_one(c, stage.set.items[i]);
}

// Dies for a key that only earlier stages read: here it would change nothing.
static void refuse_late(const char *text)
{
    static const char *const stages[] = {"tokenize", "split", "vocab", "batch", "train", "embed", "index", "rank", "evaluate"};
    static const struct {
        const char *prefix;  // of SECTION.KEY
        size_t last;         // the last stage that reads it
    } early[] = {
        {"table ", 2}, {"split.", 1}, {"train.batch=", 3}, {"train.epochs=", 3}, {"train.shuffle=", 3}, {"train.group=", 3}, {"train.lists=", 3},
        {"train.list=", 3},
    };
    size_t here = 0;
    while (here < sizeof stages / sizeof *stages && strcmp(stages[here], program_name) != 0)
        here++;
    for (size_t i = 0; i < sizeof early / sizeof *early && here < sizeof stages / sizeof *stages; i++)
        if (here > early[i].last && strncmp(text, early[i].prefix, strlen(early[i].prefix)) == 0)
            die(EXIT_USAGE, "--set %s: '%s' reads this key, and has run already: give it there, or to tokenize", quoted_text(text),
                stages[early[i].last]);
}

// The file= and ids= of a feature's call, as a path is.
static const char *resolve_files(struct arena *arena, const char *value, const char *folder, size_t length)
{
    static const char *const keys[] = {"file=", "ids="};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (const char *p = strstr(value, keys[i]); p != NULL; p = strstr(p, keys[i])) {
            size_t before = (size_t)(p - value);
            p += strlen(keys[i]);
            if (before == 0 || strchr("(, ", value[before - 1]) == NULL || *p == '/')
                continue;
            value = arena_printf(arena, "%.*s%.*s/%s", (int)(p - value), value, (int)length, folder, p);
            break;
        }
    return value;
}

// Paths in the file are relative to its folder; those of --set, to the current one.
static void resolve_paths(struct config *c, const char *file)
{
    const char *slash = strrchr(file, '/');
    if (slash == NULL)
        return;
    for (size_t i = 0; i < c->ini.n; i++) {
        struct ini_entry *entry = &c->ini.entries[i];
        if (strncmp(entry->section, "feature ", 8) == 0 && strcmp(entry->key, "encode") == 0)
            entry->value = resolve_files(&c->ini.arena, entry->value, file, (size_t)(slash - file));
        if (strncmp(entry->section, "table ", 6) == 0 && strcmp(entry->key, "path") == 0 && entry->value[0] != '/' &&
            strcmp(entry->value, "-") != 0)
            entry->value = arena_printf(&c->ini.arena, "%.*s/%s", (int)(slash - file), file, entry->value);
    }
}

struct config *config_from_file(const char *path)
{
    struct config *c = memory_zeros(1, sizeof *c);
    ini_parse_text(&c->ini, ini_read_file(&c->ini.arena, path), path);
    resolve_paths(c, path);
    apply_set(c);
    parse(c);
    warn_of_unread(c, false);
    return c;
}

struct config *config_from_text(const char *text, const char *name)
{
    struct config *c = memory_zeros(1, sizeof *c);
    ini_parse_text(&c->ini, text, name);
    apply_set(c);
    parse(c);
    warn_of_unread(c, false);
    return c;
}

struct config *config_from_stream(struct reader *in)
{
    if (reader_header(in)->config[0] == '\0')
        die(EXIT_INPUT, "%s: the stream carries no configuration: begin it with 'tokenize -c FILE'; "
            "an index of 'index --from' answers 'rank --vectors'", reader_name(in));
    struct config *c = memory_zeros(1, sizeof *c);
    const char *name = arena_printf(&c->ini.arena, "%s: configuration", reader_name(in));
    ini_parse_text(&c->ini, reader_header(in)->config, name);
    for (size_t i = 0; i < c->ini.n; i++) {  // nobody has seen the lines of the completed configuration
        struct ini_entry *entry = &c->ini.entries[i];
        const char *key = entry->key;
        entry->place = entry->section[0] == '\0' ? arena_printf(&c->ini.arena, "%s: %s", reader_name(in), key)
                                                 : arena_printf(&c->ini.arena, "%s: [%s] %s", reader_name(in), entry->section, key);
    }
    const struct ini_entry *compat = ini_find(&c->ini, "", "compat");
    const char *before = compat != NULL ? compat->value : "none";
    for (size_t i = 0; i < stage.set.n; i++)
        refuse_late(stage.set.items[i]);
    apply_set(c);
    parse(c);
    if (strcmp(before, ini_get(&c->ini, "", "compat")->value) != 0)
        die(EXIT_USAGE, "--set compat: it chooses defaults, and those are fixed where the stream begins: give it to tokenize");
    warn_of_unread(c, true);
    reader_set_config(in, config_text(c));
    return c;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    struct arena arena = config->ini.arena;
    free(config->ini.entries);
    free(config);
    arena_free(&arena);
}

const char *config_text(struct config *config)
{
    return ini_text(&config->ini);
}

const struct config_table *config_table(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_tables; i++)
        if (strcmp(config->tables[i].name, name) == 0)
            return &config->tables[i];
    return NULL;
}

const struct config_feature *config_feature(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_features; i++)
        if (strcmp(config->features[i].name, name) == 0)
            return &config->features[i];
    return NULL;
}

const struct config_tower *config_tower(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_towers; i++)
        if (strcmp(config->towers[i].name, name) == 0)
            return &config->towers[i];
    return NULL;
}


const struct config_head *config_head(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_heads; i++)
        if (strcmp(config->heads[i].name, name) == 0)
            return &config->heads[i];
    return NULL;
}
