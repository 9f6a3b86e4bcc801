#include "common/config/config_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/prefix.h"
#include "common/config/call.h"
#include "common/config/config_tables.h"
#include "common/config/config_tasks.h"

// Every section and key there is. A section whose name ends in a space is one of many ("table ratings").
static const struct key {
    const char *section, *key, *otherwise, *tfrs, *meaning;  // tfrs: the default under compat = tfrs, if another
} keys[] = {
    {"", "compat", "none", NULL, "none, or tfrs: the defaults of TensorFlow Recommenders"},
    {"table ", "path", NULL, NULL, "the text file, relative to the configuration's folder"},
    {"table ", "format", "csv", NULL, "csv, tsv, dat (fields separated by ::), psv (by |), jsonl, lists: lines \"user item item ...\", or recbole"},
    {"table ", "separator", "comma", NULL, "what separates the fields of csv: comma, semicolon, tab, space, or another character"},
    {"table ", "columns", "", NULL,
     "name:type, ...; types str i64 f32 f64 time list(SEPARATOR), f32? and f64? may be empty; - skips one, ... the rest"},
    {"table ", "header", "auto", NULL, "yes if the first line has names; auto: csv and recbole yes, others no"},
    {"table ", "encoding", "utf-8", NULL, "utf-8 or latin-1"},
    {"table ", "key", "", NULL, "the column by which interactions refer to a row"},
    {"table ", "join", "", NULL, "tables with a key whose columns are added where it equals this one's: NAME, ..."},
    {"data", "interactions", NULL, NULL, "the table of who took what"},
    {"data", "query", NULL, NULL, "its column of users, as COLUMN or COLUMN -> TABLE"},
    {"data", "candidate", NULL, NULL, "its column of items, as COLUMN or COLUMN -> TABLE"},
    {"data", "label", "", NULL, "its column of ratings"},
    {"data", "time", "", NULL, "its column of times"},
    {"data", "weight", "", NULL, "its column of sample weights"},
    {"split", "method", "random(test=0.1)", NULL, "none(), random(test=, valid=, seed=), time(test=, valid=) or last(test=, valid=)"},
    {"feature ", "encode", "lookup()", NULL, "how the column becomes numbers"},
    {"feature ", "default", "", NULL, "what stands in place of a missing value: an empty text or list, or a number that is none"},
    {"feature ", "embed", "32", NULL, "width of the embedding"},
    {"feature ", "init", "uniform(0.05, mean=0.2)", "uniform(0.05)", "initialiser of the embedding"},
    {"feature ", "table", "", NULL, "name of the embedding, which features may share; empty: the feature's own"},
    {"feature ", "pool", "mean", NULL, "how the embeddings of a list become one: sum, mean, sqrtn, last ... (train --kinds)"},
    {"tower ", "inputs", NULL, NULL, "features, separated by commas"},
    {"tower ", "layers", "", NULL, "layers, first to last"},
    {"head ", "inputs", NULL, NULL, "towers, features, or heads above it, separated by commas"},
    {"head ", "layers", "", NULL, "layers, first to last; the last gives one number"},
    {"task ", "kind", "retrieval(query, candidate)", NULL,
     "what is learned: retrieval(TOWER, TOWER), or labels: regression(HEAD), classification(HEAD), listwise(HEAD); or views of rows: "
     "contrastive(TOWER)"},
    {"task ", "loss", "softmax()", NULL,
     "the loss and its arguments; of labels mse(), for a classification bce(), for lists list_mle(); of views infonce()"},
    {"task ", "label", "", NULL, "the column of the interactions that a head predicts; empty: [data] label"},
    {"task ", "negatives", "", NULL, "where negatives come from: samplers, separated by commas; empty: as the loss likes (train --kinds)"},
    {"task ", "mask", "", NULL, "no negatives of a row: seen (what its query has), or a column that lists candidates"},
    {"task ", "where", "", NULL, "a column of the interactions; a row with 0 in it takes no part in the task"},
    {"task ", "heads", "1", NULL, "vectors side by side in a query's vector; a score is that of the best"},
    {"task ", "logq", "yes", "no", "correct drawn negatives for how probable each was"},
    {"task ", "remove_hits", "yes", "no", "do not count the positive of one row as negative of another with the same candidate"},
    {"task ", "mean", "no", NULL, "mean loss a row instead of the sum over the batch; of labels yes"},
    {"task ", "weight", "1", NULL, "factor of this task's loss"},
    {"optimizer", "default", "adagrad(lr=0.1)", NULL, "optimiser of all parameters that no pattern takes"},
    {"optimizer", "PATTERN", NULL, NULL, "optimiser of the parameters whose names match, such as embed/*; with patterns only, all must match one"},
    {"train", "batch", "1024", "4096", "rows a batch; queries, if group = yes"},
    {"train", "group", "no", NULL, "the rows of a query come together, in one batch: for full_softmax"},
    {"train", "lists", "0", NULL, "instead of rows batch deals lists, so many of each query, and so many lists a batch; 0: none"},
    {"train", "list", "5", NULL, "rows a list"},
    {"train", "epochs", "4", "3", "passes over the training rows"},
    {"train", "seed", "42", NULL, "seed of initial values and shuffling"},
    {"train", "shuffle", "yes", NULL, "another order of rows in every epoch"},
    {"train", "solver", "gradients", NULL, "how the towers learn: gradients, or for two lookups without layers ials(...) (train --kinds)"},
    {"train", "clip", "none", NULL, "bound of gradients: none, value(x), norm(x) or global_norm(x)"},
    {"train", "validate", "none", NULL, "metric of the validation on the rows held back, such as recall(20), or rmse(HEAD) of predictions"},
    {"train", "every", "1", NULL, "epochs between validations"},
    {"train", "patience", "0", NULL, "stop after so many validations without a better one; 0: never"},
    {"train", "best", "yes", NULL, "the parameters of the best validation are the result, not the last ones"},
    {"rank", "k", "100", NULL, "length of a ranking"},
};
enum { N_KEYS = sizeof keys / sizeof *keys };

// Whether a section's name is the key's section, or one of its kind.
static bool section_matches(const char *pattern, const char *section)
{
    size_t n = strlen(pattern);
    return n > 0 && pattern[n - 1] == ' ' ? strncmp(pattern, section, n) == 0 && section[n] != '\0' : strcmp(pattern, section) == 0;
}

// A key in capitals stands for any name.
static bool is_free(const struct key *key)
{
    return isupper((unsigned char)key->key[0]);
}

static _Noreturn void unknown_section(struct ini *ini, const struct ini_entry *entry)
{
    const char *names[N_KEYS];
    for (size_t i = 0; i < N_KEYS; i++)
        names[i] = arena_text(&ini->arena, keys[i].section, strcspn(keys[i].section, " "));
    const char *near = nearest_word(arena_text(&ini->arena, entry->section, strcspn(entry->section, " ")), names, N_KEYS);
    const char *name = "";
    for (size_t i = 0; i < N_KEYS; i++)
        if (near != NULL && strcmp(names[i], near) == 0)
            name = strchr(keys[i].section, ' ') != NULL ? " NAME" : "";
    die(EXIT_INPUT, "%s: unknown section [%s]%s%s%s%s", entry->place, entry->section, near != NULL ? ", did you mean [" : "",
        near != NULL ? near : "", name, near != NULL ? "]" : "");
}

static void check_known(struct ini *ini, const struct ini_entry *entry)
{
    const char *names[N_KEYS];
    size_t n = 0;
    for (size_t i = 0; i < N_KEYS; i++) {
        if (!section_matches(keys[i].section, entry->section))
            continue;
        if (strcmp(keys[i].key, entry->key) == 0 || is_free(&keys[i]))
            return;
        names[n++] = keys[i].key;
    }
    if (n == 0)
        unknown_section(ini, entry);
    const char *where = entry->section[0] != '\0' ? arena_printf(&ini->arena, "in [%s]", entry->section) : "before the first [section]";
    die(EXIT_INPUT, "%s: unknown key %s %s%s", entry->place, quoted_text(entry->key), where, did_you_mean(entry->key, names, n));
}

static void set_default(struct ini *ini, const char *section, const char *key, const char *value)
{
    if (ini_find(ini, section, key) == NULL)
        ini_set(ini, section, key, value, "default");
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool has_entries(const struct ini *ini, const char *section)
{
    for (size_t i = 0; i < ini->n; i++)
        if (strcmp(ini->entries[i].section, section) == 0)
            return true;
    return false;
}

// Gives every key of a section that is left out its default. The keys of the file come first, in its order.
static void complete_section(struct ini *ini, const char *section, bool tfrs)
{
    if (strcmp(section, "optimizer") == 0 && has_entries(ini, section))
        return;
    for (size_t i = 0; i < N_KEYS; i++) {
        if (!section_matches(keys[i].section, section) || is_free(&keys[i]) || ini_find(ini, section, keys[i].key) != NULL)
            continue;
        const char *value = tfrs && keys[i].tfrs != NULL ? keys[i].tfrs : keys[i].otherwise;
        if (value == NULL)
            die(EXIT_INPUT, "%s: [%s] has no %s: %s", ini->name, section, keys[i].key, keys[i].meaning);
        ini_set(ini, section, keys[i].key, value, "default");
    }
}

static void complete_sections(struct ini *ini, const char *prefix, bool tfrs)
{
    const char **names;
    for (size_t i = 0, n = ini_sections(ini, prefix, &names); i < n; i++)
        complete_section(ini, arena_printf(&ini->arena, "%s%s", prefix, names[i]), tfrs);
}

// A tower that has no inputs takes the column by which the interactions refer to its side. A name such as "User ID" is no feature's: that
// of the column is then User_ID.
static void complete_tower(struct ini *ini, const char *side)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const char *section = arena_printf(&ini->arena, "tower %s", side);
    const char *column = config_side_column(&ini->arena, ini_get(ini, "data", side)->value);
    if (ini_find(ini, section, "inputs") != NULL)
        return;
    char *name = arena_text(&ini->arena, column, strlen(column));
    for (char *p = name; *(p += strspn(p, plain)) != '\0'; p++)
        *p = '_';
    if (strcmp(name, column) != 0)
        set_default(ini, arena_printf(&ini->arena, "feature %s", name), "encode", arena_printf(&ini->arena, "lookup(from=%s)", column));
    set_default(ini, section, "inputs", name);
}

// A head's input that is neither a tower nor a head is a feature: the one input of a tower of its name.
static void complete_heads(struct ini *ini)
{
    const char **heads, **towers;
    size_t n_heads = ini_sections(ini, "head ", &heads), n_towers = ini_sections(ini, "tower ", &towers);
    for (size_t i = 0; i < n_heads; i++) {
        const struct ini_entry *inputs = ini_find(ini, arena_printf(&ini->arena, "head %s", heads[i]), "inputs");
        struct call *list;
        size_t n = inputs != NULL ? call_list(&ini->arena, inputs->value, inputs->place, &list) : 0;
        for (size_t j = 0; j < n; j++)
            if (!is_among(list[j].name, heads, n_heads) && !is_among(list[j].name, towers, n_towers))
                set_default(ini, arena_printf(&ini->arena, "tower %s", list[j].name), "inputs", list[j].name);
    }
}

// A task without a kind is a retrieval. Beside another one it would learn the same again: its name may be misspelt.
static void refuse_second(struct ini *ini, const char *name, const char *section, const char *const *names, size_t n)
{
    const struct ini_entry *entry = ini->entries;
    while (strcmp(entry->section, section) != 0)
        entry++;
    for (size_t i = 0; i < n; i++) {
        const char *other = arena_printf(&ini->arena, "task %s", names[i]);
        const struct ini_entry *kind = ini_find(ini, other, "kind");
        if (strcmp(names[i], name) != 0 && (kind == NULL || has_prefix(kind->value, "retrieval")))
            die(EXIT_INPUT, "%s: [%s] has no kind, and [%s] is a retrieval already", entry->place, section, other);
    }
}

// Tasks of labels have other defaults than retrieval.
static void complete_tasks(struct ini *ini)
{
    const char **names;
    if (ini_sections(ini, "task ", &names) == 0)
        set_default(ini, "task retrieval", "kind", "retrieval(query, candidate)");
    for (size_t i = 0, n = ini_sections(ini, "task ", &names); i < n; i++) {
        const char *section = arena_printf(&ini->arena, "task %s", names[i]);
        const struct ini_entry *kind = ini_find(ini, section, "kind");
        size_t k = 0;
        if (kind == NULL)
            refuse_second(ini, names[i], section, names, n);
        while (k < TASK_KINDS && (kind == NULL || !has_prefix(kind->value, config_task_words[k].name)))
            k++;
        if (k < TASK_KINDS && config_task_words[k].loss != NULL)  // entries move when one is added
            set_default(ini, section, "loss", config_task_words[k].loss);
        if (k < TASK_KINDS && config_task_words[k].mean)
            set_default(ini, section, "mean", "yes");
    }
}

static void complete_features(struct ini *ini)
{
    const char **towers;
    for (size_t i = 0, n = ini_sections(ini, "tower ", &towers); i < n; i++) {
        const struct ini_entry *inputs = ini_find(ini, arena_printf(&ini->arena, "tower %s", towers[i]), "inputs");
        struct call *list;
        size_t n_inputs = inputs != NULL ? call_list(&ini->arena, inputs->value, inputs->place, &list) : 0;
        for (size_t j = 0; j < n_inputs; j++)
            set_default(ini, arena_printf(&ini->arena, "feature %s", list[j].name), "encode", "lookup()");
    }
}

bool config_complete(struct ini *ini)
{
    for (size_t i = 0; i < ini->n; i++)
        check_known(ini, &ini->entries[i]);
    const struct ini_entry *compat = ini_find(ini, "", "compat");
    bool tfrs = compat != NULL && strcmp(compat->value, "tfrs") == 0;
    if (compat != NULL && !tfrs && strcmp(compat->value, "none") != 0)
        die(EXIT_INPUT, "%s: compat is %s, wanted none or tfrs", compat->place, quoted_text(compat->value));

    complete_section(ini, "", tfrs);
    complete_section(ini, "data", tfrs);
    complete_tower(ini, "query");
    complete_tower(ini, "candidate");
    complete_tasks(ini);
    complete_heads(ini);
    complete_features(ini);
    static const char *const prefixes[] = {"table ", "feature ", "tower ", "head ", "task "};
    static const char *const single[] = {"split", "optimizer", "train", "rank"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        complete_sections(ini, prefixes[i], tfrs);
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        complete_section(ini, single[i], tfrs);
    return tfrs;
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
