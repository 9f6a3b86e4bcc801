#define _POSIX_C_SOURCE 200809L  // strtok_r
#include "common/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/stage.h"

// Every section and key there is. A section whose name ends in a space is one of many ("table ratings").
static const struct key {
    const char *section, *key, *otherwise, *tfrs, *meaning;  // tfrs: the default under compat = tfrs, if another
} keys[] = {
    {"", "compat", "none", NULL, "none, or tfrs: the defaults of TensorFlow Recommenders"},
    {"table ", "path", NULL, NULL, "the text file, relative to the configuration's folder"},
    {"table ", "format", "csv", NULL, "csv, tsv, dat (fields separated by ::), psv (by |) or jsonl"},
    {"table ", "columns", "", NULL, "name:type, ...; types str i64 f32 f64 time list(SEPARATOR); - skips one, ... the rest"},
    {"table ", "header", "auto", NULL, "yes if the first line has names; auto: csv yes, others no"},
    {"table ", "encoding", "utf-8", NULL, "utf-8 or latin-1"},
    {"table ", "key", "", NULL, "the column by which interactions refer to a row"},
    {"data", "interactions", NULL, NULL, "the table of who took what"},
    {"data", "query", NULL, NULL, "its column of users, as COLUMN or COLUMN -> TABLE"},
    {"data", "candidate", NULL, NULL, "its column of items, as COLUMN or COLUMN -> TABLE"},
    {"data", "label", "", NULL, "its column of ratings"},
    {"data", "time", "", NULL, "its column of times"},
    {"data", "weight", "", NULL, "its column of sample weights"},
    {"split", "method", "random(test=0.1)", NULL, "none(), random(test=, valid=, seed=), time(test=, valid=) or last(test=, valid=)"},
    {"feature ", "encode", "lookup()", NULL, "how the column becomes numbers"},
    {"feature ", "embed", "32", NULL, "width of the embedding"},
    {"feature ", "init", "uniform(0.05)", NULL, "initialiser of the embedding"},
    {"tower ", "inputs", NULL, NULL, "features, separated by commas"},
    {"tower ", "layers", "normalize()", "", "layers, first to last"},
    {"task ", "kind", "retrieval(query, candidate)", NULL, "what is learned from which towers"},
    {"task ", "loss", "softmax(temperature=0.15)", "softmax()", "the loss and its arguments"},
    {"task ", "logq", "yes", "no", "correct the batch's negatives for popularity"},
    {"task ", "remove_hits", "yes", "no", "do not count the positive of one row as negative of another with the same candidate"},
    {"task ", "mean", "yes", "no", "mean loss a row instead of the sum over the batch"},
    {"task ", "weight", "1", NULL, "factor of this task's loss"},
    {"optimizer", "default", "adagrad(lr=0.1)", NULL, "optimiser of all parameters"},
    {"train", "batch", "4096", NULL, "rows a batch"},
    {"train", "epochs", "20", "3", "passes over the training rows"},
    {"train", "seed", "42", NULL, "seed of initial values and shuffling"},
    {"train", "shuffle", "yes", NULL, "another order of rows in every epoch"},
    {"rank", "k", "100", NULL, "length of a ranking"},
};
enum { N_KEYS = sizeof keys / sizeof *keys };

static bool section_matches(const char *pattern, const char *section)
{
    size_t n = strlen(pattern);
    return n > 0 && pattern[n - 1] == ' ' ? strncmp(pattern, section, n) == 0 && section[n] != '\0' : strcmp(pattern, section) == 0;
}

// Dies if a section or key is not in the table above, naming the nearest one.
static void check_known(const struct ini_entry *entry)
{
    const char *names[N_KEYS];
    size_t n = 0;
    for (size_t i = 0; i < N_KEYS; i++) {
        if (!section_matches(keys[i].section, entry->section))
            continue;
        if (strcmp(keys[i].key, entry->key) == 0)
            return;
        names[n++] = keys[i].key;
    }
    const char *what = n > 0 ? "key" : "section", *word = n > 0 ? entry->key : entry->section;
    if (n == 0)
        for (size_t i = 0; i < N_KEYS; i++)
            names[n++] = keys[i].section;
    const char *near = nearest_word(word, names, n);
    die(EXIT_INPUT, "%s: unknown %s %s%s%s%s%s", entry->place, what, quoted_text(word), strcmp(what, "key") == 0 ? " in [" : "",
        strcmp(what, "key") == 0 ? entry->section : "", strcmp(what, "key") == 0 ? "]" : "",
        near != NULL ? arena_printf(&(struct arena){0}, ", did you mean %s", quoted_text(near)) : "");
}

static const struct ini_entry *get(struct config *c, const char *section, const char *key)
{
    const struct ini_entry *entry = ini_find(&c->ini, section, key);
    if (entry == NULL)
        die(EXIT_INPUT, "[%s] has no %s", section, quoted_text(key));
    return entry;
}

// The value, or NULL if empty.
static const char *get_if(struct config *c, const char *section, const char *key)
{
    const char *value = get(c, section, key)->value;
    return value[0] != '\0' ? value : NULL;
}

// Gives every key of a section that is left out its default. The keys of the file come first, in its order.
static void complete_section(struct config *c, const char *section)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        if (!section_matches(keys[i].section, section) || ini_find(&c->ini, section, keys[i].key) != NULL)
            continue;
        const char *value = c->tfrs && keys[i].tfrs != NULL ? keys[i].tfrs : keys[i].otherwise;
        if (value == NULL)
            die(EXIT_INPUT, "[%s] has no %s: %s", section, quoted_text(keys[i].key), keys[i].meaning);
        ini_set(&c->ini, section, keys[i].key, value, "default");
    }
}

static bool has_section(struct config *c, const char *prefix)
{
    for (size_t i = 0; i < c->ini.n; i++)
        if (strncmp(c->ini.entries[i].section, prefix, strlen(prefix)) == 0)
            return true;
    return false;
}

// The names behind "prefix", in order of appearance; *names in the arena.
static size_t sections(struct config *c, const char *prefix, const char ***names)
{
    size_t n = 0, length = strlen(prefix);
    *names = arena_array(&c->ini.arena, c->ini.n + 1, sizeof **names);
    for (size_t i = 0; i < c->ini.n; i++) {
        const char *section = c->ini.entries[i].section;
        if (strncmp(section, prefix, length) != 0)
            continue;
        size_t seen = 0;
        while (seen < n && strcmp((*names)[seen], section + length) != 0)
            seen++;
        if (seen == n)
            (*names)[n++] = section + length;
    }
    return n;
}

static void set_default(struct config *c, const char *section, const char *key, const char *value)
{
    if (ini_find(&c->ini, section, key) == NULL)
        ini_set(&c->ini, section, key, value, "default");
}

// The first word of "COLUMN -> TABLE".
static const char *side_column(struct config *c, const char *key)
{
    const char *value = get(c, "data", key)->value;
    return arena_text(&c->ini.arena, value, strcspn(value, " ->"));
}

static void complete_model(struct config *c)
{
    if (!has_section(c, "tower query"))
        ini_set(&c->ini, "tower query", "inputs", side_column(c, "query"), "default");
    if (!has_section(c, "tower candidate"))
        ini_set(&c->ini, "tower candidate", "inputs", side_column(c, "candidate"), "default");
    if (!has_section(c, "task "))
        set_default(c, "task retrieval", "kind", "retrieval(query, candidate)");

    const char **towers;
    for (size_t i = 0, n = sections(c, "tower ", &towers); i < n; i++) {
        const char *section = arena_printf(&c->ini.arena, "tower %s", towers[i]);
        const struct ini_entry *inputs = get(c, section, "inputs");
        struct call *list;
        size_t n_inputs = call_list(&c->ini.arena, inputs->value, inputs->place, &list);
        for (size_t j = 0; j < n_inputs; j++)
            set_default(c, arena_printf(&c->ini.arena, "feature %s", list[j].name), "encode", "lookup()");
    }
}

static void complete(struct config *c)
{
    for (size_t i = 0; i < c->ini.n; i++)
        check_known(&c->ini.entries[i]);
    const struct ini_entry *compat = ini_find(&c->ini, "", "compat");
    c->tfrs = compat != NULL && strcmp(compat->value, "tfrs") == 0;
    if (compat != NULL && !c->tfrs && strcmp(compat->value, "none") != 0)
        die(EXIT_INPUT, "%s: compat is %s, wanted none or tfrs", compat->place, quoted_text(compat->value));

    complete_section(c, "");
    const char *prefixes[] = {"table ", "feature ", "tower ", "task "};
    complete_section(c, "data");
    complete_model(c);
    for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
        const char **names;
        for (size_t i = 0, n = sections(c, prefixes[p], &names); i < n; i++)
            complete_section(c, arena_printf(&c->ini.arena, "%s%s", prefixes[p], names[i]));
    }
    const char *single[] = {"split", "optimizer", "train", "rank"};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        complete_section(c, single[i]);
}

static size_t one_of(const struct ini_entry *entry, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(entry->value, words[i]) == 0)
            return i;
    const char *near = nearest_word(entry->value, words, n);
    die(EXIT_INPUT, "%s: %s is %s%s%s", entry->place, entry->key, quoted_text(entry->value),
        near != NULL ? ", did you mean " : ", which is not known", near != NULL ? near : "");
}

// One "name", "name:type", "-" or "...".
static void parse_column(struct config *c, struct config_table *table, const char *text, const char *place)
{
    static const char *const kinds[] = {"str", "i64", "f32", "f64", "time"};
    if (strcmp(text, "...") == 0) {
        table->rest_ignored = true;
        return;
    }
    struct config_column column = {.kind = COLUMN_SKIP};
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    column.name = arena_text(&c->ini.arena, text, length);
    if (strcmp(text, "-") != 0) {
        const char *type = colon == NULL ? "str" : colon + 1 + strspn(colon + 1, " ");
        if (strncmp(type, "list(", 5) == 0 && strlen(type) == 7 && type[6] == ')') {
            column.kind = COLUMN_LIST;
            column.separator = type[5];
        } else {
            struct ini_entry entry = {.key = "type", .value = type, .place = place};
            column.kind = (enum column_kind)one_of(&entry, kinds, sizeof kinds / sizeof *kinds);
        }
        for (size_t i = 0; i < table->n_columns; i++)
            if (table->columns[i].kind != COLUMN_SKIP && strcmp(table->columns[i].name, column.name) == 0)
                die(EXIT_INPUT, "%s: column %s is named twice", place, quoted_text(column.name));
        if (length == 0 || length > NAME_BYTES_MAX)
            die(EXIT_INPUT, "%s: %s: a column without a name", place, quoted_text(text));
    }
    struct config_column *columns = arena_array(&c->ini.arena, table->n_columns + 1, sizeof *columns);
    if (table->n_columns > 0)
        memcpy(columns, table->columns, table->n_columns * sizeof *columns);
    columns[table->n_columns++] = column;
    table->columns = columns;
}

static void parse_columns(struct config *c, struct config_table *table, const struct ini_entry *entry)
{
    for (const char *p = entry->value + strspn(entry->value, " "); *p != '\0';) {
        const char *end = p;
        for (int depth = 0; *end != '\0' && !(depth == 0 && *end == ','); end++)
            depth += *end == '(' ? 1 : *end == ')' && depth > 0 && end[1] != ')' ? -1 : 0;
        size_t length = (size_t)(end - p);
        while (length > 0 && p[length - 1] == ' ')
            length--;
        if (table->rest_ignored)
            die(EXIT_INPUT, "%s: nothing may come after ...", entry->place);
        parse_column(c, table, arena_text(&c->ini.arena, p, length), entry->place);
        p = *end == ',' ? end + 1 : end;
        p += strspn(p, " ");
    }
}

static struct config_table parse_table(struct config *c, const char *name)
{
    static const char *const formats[] = {"csv", "tsv", "dat", "psv", "jsonl"}, *const encodings[] = {"utf-8", "latin-1"},
                      *const headers[] = {"yes", "no", "auto"};
    const char *section = arena_printf(&c->ini.arena, "table %s", name);
    struct config_table table = {.name = name, .path = get(c, section, "path")->value, .place = get(c, section, "path")->place};
    table.format = (enum table_format)one_of(get(c, section, "format"), formats, 5);
    table.latin1 = one_of(get(c, section, "encoding"), encodings, 2) == 1;
    size_t header = one_of(get(c, section, "header"), headers, 3);
    table.header = header == 0 || (header == 2 && table.format == FORMAT_CSV);
    table.key = get_if(c, section, "key");
    parse_columns(c, &table, get(c, section, "columns"));
    if (table.format == FORMAT_JSONL)
        table.header = false;
    if (table.n_columns == 0 && !table.header)
        die(EXIT_INPUT, "%s: [%s] names no columns, and its file has no header line", table.place, section);
    return table;
}

static struct config_side parse_side(struct config *c, const char *key, const char *made)
{
    const struct ini_entry *entry = get(c, "data", key);
    struct config_side side = {.column = side_column(c, key), .table = made, .made = true};
    const char *arrow = strstr(entry->value, "->");
    if (side.column[0] == '\0')
        die(EXIT_INPUT, "%s: %s is %s, wanted COLUMN or COLUMN -> TABLE", entry->place, key, quoted_text(entry->value));
    if (arrow == NULL)
        return side;
    side.made = false;
    side.table = arena_text(&c->ini.arena, arrow + 2 + strspn(arrow + 2, " "), strlen(arrow + 2 + strspn(arrow + 2, " ")));
    const struct config_table *table = config_table(c, side.table);
    if (table == NULL)
        die(EXIT_INPUT, "%s: %s refers to table %s, but there is no [table %s]", entry->place, key, quoted_text(side.table), side.table);
    if (table->key == NULL)
        die(EXIT_INPUT, "%s: %s refers to table %s, which has no key", entry->place, key, quoted_text(side.table));
    return side;
}

static void parse_tables(struct config *c)
{
    const char **names;
    c->n_tables = sections(c, "table ", &names);
    c->tables = arena_zeros(&c->ini.arena, c->n_tables, sizeof *c->tables);
    for (size_t i = 0; i < c->n_tables; i++)
        c->tables[i] = parse_table(c, names[i]);

    const struct ini_entry *interactions = get(c, "data", "interactions");
    c->interactions = interactions->value;
    if (config_table(c, c->interactions) == NULL)
        die(EXIT_INPUT, "%s: interactions is %s, but there is no [table %s]", interactions->place, quoted_text(c->interactions),
            c->interactions);
    c->query = parse_side(c, "query", "queries");
    c->candidate = parse_side(c, "candidate", "candidates");
    c->label = get_if(c, "data", "label");
    c->time = get_if(c, "data", "time");
    c->weight = get_if(c, "data", "weight");
    config_check_columns(c);
}

static const struct config_column *column_of(const struct config_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].kind != COLUMN_SKIP && strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

// `kinds` has a letter for every kind of column that will do: s, i, f, t.
static void check_column(const struct config_table *table, const char *name, const char *kinds, const char *what)
{
    static const char letters[] = {[COLUMN_STR] = 's', [COLUMN_I64] = 'i', [COLUMN_F32] = 'f', [COLUMN_F64] = 'f', [COLUMN_TIME] = 't', [COLUMN_LIST] = 'l'};
    if (name == NULL || table->n_columns == 0)
        return;
    const struct config_column *column = column_of(table, name);
    if (column == NULL)
        die(EXIT_INPUT, "%s: %s is %s, but [table %s] has no such column", table->place, what, quoted_text(name), table->name);
    if (strchr(kinds, letters[column->kind]) == NULL)
        die(EXIT_INPUT, "%s: %s is column %s of [table %s], wanted its type %s", table->place, what, quoted_text(name), table->name,
            kinds[0] == 's' ? "str" : kinds[0] == 't' ? "time or i64" : "f32, f64 or i64");
}

void config_check_columns(const struct config *c)
{
    const struct config_table *interactions = config_table(c, c->interactions);
    check_column(interactions, c->query.column, "s", "query");
    check_column(interactions, c->candidate.column, "s", "candidate");
    check_column(interactions, c->label, "fi", "label");
    check_column(interactions, c->time, "ti", "time");
    check_column(interactions, c->weight, "fi", "weight");
    for (size_t i = 0; i < c->n_tables; i++)
        check_column(&c->tables[i], c->tables[i].key, "s", "key");
}

void config_set_columns(struct config *c, const char *name, const char *const *names, size_t n, const char *place)
{
    struct config_table *table = (struct config_table *)(uintptr_t)config_table(c, name);
    bool events = strcmp(name, c->interactions) == 0;
    struct bytes text = {0};
    for (size_t i = 0; i < n; i++) {
        if (names[i][0] == '\0' || strpbrk(names[i], ",:;()\n") != NULL || names[i][0] == ' ' || strcmp(names[i], "-") == 0)
            die(EXIT_INPUT, "%s: the header has a column %s: name the columns to take in [table %s] columns", place, quoted_text(names[i]), name);
        bool f32 = events && ((c->label != NULL && strcmp(names[i], c->label) == 0) || (c->weight != NULL && strcmp(names[i], c->weight) == 0));
        bool time = events && c->time != NULL && strcmp(names[i], c->time) == 0;
        bytes_printf(&text, "%s%s%s", i > 0 ? ", " : "", names[i], f32 ? ":f32" : time ? ":time" : "");
    }
    const char *section = arena_printf(&c->ini.arena, "table %s", name);
    ini_set(&c->ini, section, "columns", text.data, place);
    free(text.data);
    parse_columns(c, table, ini_find(&c->ini, section, "columns"));
}

static void parse_features(struct config *c)
{
    const char **names;
    c->n_features = sections(c, "feature ", &names);
    c->features = arena_zeros(&c->ini.arena, c->n_features, sizeof *c->features);
    for (size_t i = 0; i < c->n_features; i++) {
        const char *section = arena_printf(&c->ini.arena, "feature %s", names[i]);
        const struct ini_entry *encode = get(c, section, "encode"), *embed = get(c, section, "embed"), *init = get(c, section, "init");
        struct config_feature *feature = &c->features[i];
        *feature = (struct config_feature){.name = names[i], .place = encode->place};
        feature->encode = call_parse(&c->ini.arena, encode->value, encode->place);
        feature->init = call_parse(&c->ini.arena, init->value, init->place);
        feature->embed = value_count(embed->value, "embed", embed->place, 1, 65536);
        feature->from = call_text(&feature->encode, "from");
        if (feature->from == NULL)
            feature->from = feature->name;
    }
}

static void parse_towers(struct config *c)
{
    const char **names;
    c->n_towers = sections(c, "tower ", &names);
    c->towers = arena_zeros(&c->ini.arena, c->n_towers, sizeof *c->towers);
    for (size_t i = 0; i < c->n_towers; i++) {
        const char *section = arena_printf(&c->ini.arena, "tower %s", names[i]);
        const struct ini_entry *inputs = get(c, section, "inputs"), *layers = get(c, section, "layers");
        struct config_tower *tower = &c->towers[i];
        struct call *list;
        *tower = (struct config_tower){.name = names[i], .place = inputs->place};
        tower->n_inputs = call_list(&c->ini.arena, inputs->value, inputs->place, &list);
        if (tower->n_inputs == 0)
            die(EXIT_INPUT, "%s: tower %s has no inputs", inputs->place, quoted_text(tower->name));
        tower->inputs = arena_zeros(&c->ini.arena, tower->n_inputs, sizeof *tower->inputs);
        for (size_t j = 0; j < tower->n_inputs; j++)
            tower->inputs[j] = (struct config_feature *)(uintptr_t)config_feature(c, list[j].name);
        tower->n_layers = call_list(&c->ini.arena, layers->value, layers->place, &tower->layers);
    }
}

static struct config_tower *tower_of(struct config *c, const struct call *call, size_t position)
{
    const char *name = call_position(call, position);
    const struct config_tower *tower = name != NULL ? config_tower(c, name) : NULL;
    if (tower == NULL)
        die(EXIT_INPUT, "%s: %s: wanted the names of two towers, found %s", call->place, call->name,
            name != NULL ? quoted_text(name) : "too few");
    return (struct config_tower *)(uintptr_t)tower;
}

static void parse_tasks(struct config *c)
{
    const char **names;
    c->n_tasks = sections(c, "task ", &names);
    c->tasks = arena_zeros(&c->ini.arena, c->n_tasks, sizeof *c->tasks);
    for (size_t i = 0; i < c->n_tasks; i++) {
        const char *section = arena_printf(&c->ini.arena, "task %s", names[i]);
        const struct ini_entry *kind = get(c, section, "kind"), *loss = get(c, section, "loss"), *logq = get(c, section, "logq"),
                               *hits = get(c, section, "remove_hits"), *mean = get(c, section, "mean"),
                               *weight = get(c, section, "weight");
        struct config_task *task = &c->tasks[i];
        *task = (struct config_task){.name = names[i], .place = kind->place};
        task->kind = call_parse(&c->ini.arena, kind->value, kind->place);
        task->query = tower_of(c, &task->kind, 0);
        task->candidate = tower_of(c, &task->kind, 1);
        task->loss = call_parse(&c->ini.arena, loss->value, loss->place);
        task->logq = value_flag(logq->value, "logq", logq->place);
        task->remove_hits = value_flag(hits->value, "remove_hits", hits->place);
        task->mean = value_flag(mean->value, "mean", mean->place);
        task->weight = value_real(weight->value, "weight", weight->place, 0, 1e6);
    }
}

static void parse_training(struct config *c)
{
    const struct ini_entry *split = get(c, "split", "method"), *batch = get(c, "train", "batch"), *epochs = get(c, "train", "epochs"),
                           *seed = get(c, "train", "seed"), *shuffle = get(c, "train", "shuffle"), *k = get(c, "rank", "k"),
                           *optimizer = get(c, "optimizer", "default");
    c->split = call_parse(&c->ini.arena, split->value, split->place);
    c->batch_rows = value_count(batch->value, "batch", batch->place, 1, 1 << 24);
    c->epochs = value_count(epochs->value, "epochs", epochs->place, 0, 1000000);
    c->seed = value_count(seed->value, "seed", seed->place, 0, (size_t)1 << 53);
    c->shuffle = value_flag(shuffle->value, "shuffle", shuffle->place);
    c->k = value_count(k->value, "k", k->place, 1, 1 << 24);
    c->n_optimizers = 1;
    c->optimizers = arena_zeros(&c->ini.arena, 1, sizeof *c->optimizers);
    c->optimizers[0] = (struct config_optimizer){"default", call_parse(&c->ini.arena, optimizer->value, optimizer->place)};
}

static void parse(struct config *c)
{
    complete(c);
    parse_tables(c);
    parse_features(c);
    parse_towers(c);
    parse_tasks(c);
    parse_training(c);
}

static void apply_set(struct config *c)
{
    for (size_t i = 0; i < stage.set.n; i++) {
        const char *text = stage.set.items[i];
        size_t length = strcspn(text, "=");
        if (text[length] != '=')
            die(EXIT_USAGE, "--set %s: wanted SECTION.KEY=VALUE", quoted_text(text));
        size_t dot = length;
        while (dot > 0 && text[dot] != '.')
            dot--;
        const char *section = arena_text(&c->ini.arena, text, dot);
        size_t key_start = text[dot] == '.' ? dot + 1 : dot;
        const char *key = arena_text(&c->ini.arena, text + key_start, length - key_start);
        ini_set(&c->ini, section, key, text + length + 1, "--set");
    }
}

// Paths in the file are relative to its folder; those of --set, to the current one.
static void resolve_paths(struct config *c, const char *file)
{
    const char *slash = strrchr(file, '/');
    if (slash == NULL)
        return;
    for (size_t i = 0; i < c->ini.n; i++) {
        struct ini_entry *entry = &c->ini.entries[i];
        if (strncmp(entry->section, "table ", 6) == 0 && strcmp(entry->key, "path") == 0 && entry->value[0] != '/')
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
    return c;
}

struct config *config_from_text(const char *text, const char *name)
{
    struct config *c = memory_zeros(1, sizeof *c);
    ini_parse_text(&c->ini, text, name);
    apply_set(c);
    parse(c);
    return c;
}

struct config *config_from_stream(struct reader *in)
{
    if (reader_header(in)->config[0] == '\0')
        die(EXIT_INPUT, "%s: the stream carries no configuration: begin it with 'tokenize -c FILE'", reader_name(in));
    struct config *c = config_from_text(reader_header(in)->config, reader_name(in));
    reader_set_config(in, config_text(c));
    return c;
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

void config_print_keys(void)
{
    const char *section = NULL;
    for (size_t i = 0; i < N_KEYS; i++) {
        size_t n = strlen(keys[i].section);
        if (section == NULL || strcmp(section, keys[i].section) != 0) {
            if (n > 0)
                printf("\n[%s%s]\n", keys[i].section, keys[i].section[n - 1] == ' ' ? "NAME" : "");
            section = keys[i].section;
        }
        printf("%s = %s\n    %s", keys[i].key, keys[i].otherwise != NULL ? keys[i].otherwise : "(needed)", keys[i].meaning);
        if (keys[i].tfrs != NULL)
            printf("; with compat = tfrs: %s", keys[i].tfrs[0] != '\0' ? keys[i].tfrs : "empty");
        putchar('\n');
    }
}
