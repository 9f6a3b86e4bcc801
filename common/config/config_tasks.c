#include "common/config/config_tasks.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"

enum { HEAD_RUNS_MAX = 1024 };

const struct config_task_words config_task_words[TASK_KINDS] = {
    [TASK_RETRIEVAL] = {"retrieval", NULL, false},  // whatever the keys of a task say
    [TASK_REGRESSION] = {"regression", "mse()", true},
    [TASK_CLASSIFICATION] = {"classification", "bce()", true},
    [TASK_LISTWISE] = {"listwise", "list_mle()", true},
    [TASK_CONTRASTIVE] = {"contrastive", "infonce()", false},
};

static void parse_towers(struct config *c)
{
    const char **names;
    c->n_towers = ini_sections(&c->ini, "tower ", &names);
    c->towers = arena_zeros(&c->ini.arena, c->n_towers, sizeof *c->towers);
    for (size_t i = 0; i < c->n_towers; i++) {
        const char *section = arena_printf(&c->ini.arena, "tower %s", names[i]);
        const struct ini_entry *inputs = ini_get(&c->ini, section, "inputs"), *layers = ini_get(&c->ini, section, "layers");
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

// Whether a table has all columns of a feature; if not, one that is missing.
static bool has_columns(const struct config *c, const struct config_table *table, const struct config_feature *feature,
                        const char **missing)
{
    for (size_t i = 0; i < feature->n_columns; i++) {
        *missing = feature->columns[i];
        if (!config_has_column(c, table, *missing))
            return false;
    }
    return true;
}

static bool side_has_columns(const struct config *c, const struct config_side *side, const struct config_feature *feature)
{
    const char *missing;
    if (feature->follows)
        return false;
    if (feature->gathers)
        return side == &c->query;
    if (side->made)
        return feature->n_columns == 1 && strcmp(feature->columns[0], side->column) == 0;
    return has_columns(c, config_table(c, side->table), feature, &missing);
}

bool config_is_contextual(const struct config *c, const struct config_side *side, const struct config_feature *feature)
{
    return !side_has_columns(c, side, feature);
}

// Heads are read in their order, so that none can come to read itself.
static void parse_head_input(struct config *c, struct config_head *head, const struct call *call)
{
    const struct config_head *before = config_head(c, call->name);
    struct config_head_input *input = &head->inputs[head->n_inputs++];
    if (before != NULL && before >= head)
        die(EXIT_INPUT, "%s: head %s reads head %s, which has to stand before it", head->place, quoted_text(head->name),
            quoted_text(call->name));
    input->head = (struct config_head *)(uintptr_t)before;
    head->runs += before != NULL ? before->runs : 0;
    if (head->runs > HEAD_RUNS_MAX)
        die(EXIT_INPUT, "%s: head %s takes more than %d heads to compute, each counted as often as it is read", head->place,
            quoted_text(head->name), HEAD_RUNS_MAX);
    if (before == NULL)
        input->tower = (struct config_tower *)(uintptr_t)config_tower(c, call->name);
}

static void parse_heads(struct config *c)
{
    const char **names;
    c->n_heads = ini_sections(&c->ini, "head ", &names);
    c->heads = arena_zeros(&c->ini.arena, c->n_heads, sizeof *c->heads);
    for (size_t i = 0; i < c->n_heads; i++)
        c->heads[i].name = names[i];
    for (size_t i = 0; i < c->n_heads; i++) {
        const char *section = arena_printf(&c->ini.arena, "head %s", names[i]);
        const struct ini_entry *inputs = ini_get(&c->ini, section, "inputs"), *layers = ini_get(&c->ini, section, "layers");
        struct config_head *head = &c->heads[i];
        struct call *list;
        size_t n = call_list(&c->ini.arena, inputs->value, inputs->place, &list);
        head->place = inputs->place;
        head->runs = 1;
        if (n == 0)
            die(EXIT_INPUT, "%s: head %s has no inputs", inputs->place, quoted_text(head->name));
        head->inputs = arena_zeros(&c->ini.arena, n, sizeof *head->inputs);
        for (size_t j = 0; j < n; j++)
            parse_head_input(c, head, &list[j]);
        head->n_layers = call_list(&c->ini.arena, layers->value, layers->place, &head->layers);
    }
}

static void set_side(struct config_tower *tower, const struct config_side *side, const char *place)
{
    if (tower->side != NULL && tower->side != side)
        die(EXIT_INPUT, "%s: tower %s would be one of queries and one of candidates: give each side its own", place,
            quoted_text(tower->name));
    tower->side = side;
}

// A tower that only heads read is one of candidates if their table has all its columns.
static void find_side(struct config *c, struct config_tower *tower, const char *place)
{
    bool candidate = true;
    for (size_t j = 0; j < tower->n_inputs; j++)
        candidate &= side_has_columns(c, &c->candidate, tower->inputs[j]);
    if (tower->side == NULL)
        set_side(tower, candidate ? &c->candidate : &c->query, place);
}

static void use_head(struct config *c, struct config_head *head)
{
    head->used = true;
    for (size_t j = 0; j < head->n_inputs; j++)
        if (head->inputs[j].head != NULL)
            use_head(c, head->inputs[j].head);
        else
            find_side(c, head->inputs[j].tower, head->place);
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

static void parse_retrieval(struct config *c, struct config_task *task)
{
    if (task->kind.n > 2)
        die(EXIT_INPUT, "%s: %s: wanted the names of two towers, found %zu arguments", task->place, task->kind.name, task->kind.n);
    task->query = tower_of(c, &task->kind, 0);
    task->candidate = tower_of(c, &task->kind, 1);
    set_side(task->query, &c->query, task->place);
    set_side(task->candidate, &c->candidate, task->place);
}

// Dies for a kind that is none: what a task names depends on it.
static enum config_task_kind find_kind(const struct call *kind)
{
    const char *names[TASK_KINDS];
    struct bytes known = {0};
    for (size_t i = 0; i < TASK_KINDS; i++) {
        names[i] = config_task_words[i].name;
        if (strcmp(kind->name, names[i]) == 0) {
            free(known.data);
            return (enum config_task_kind)i;
        }
        bytes_printf(&known, "%s%s", i == 0 ? "" : i + 1 < TASK_KINDS ? ", " : " or ", names[i]);
    }
    const char *near = nearest_word(kind->name, names, TASK_KINDS);
    die(EXIT_INPUT, "%s: unknown task %s, %s%s", kind->place, quoted_text(kind->name), near != NULL ? "did you mean " : "wanted ",
        near != NULL ? quoted_text(near) : known.data);
}

static void parse_of_labels(struct config *c, struct config_task *task)
{
    call_known(&task->kind, "", 1);
    const char *name = call_position(&task->kind, 0);
    task->head = (struct config_head *)(uintptr_t)(name != NULL ? config_head(c, name) : NULL);
    if (task->head == NULL)
        die(EXIT_INPUT, "%s: %s: wanted the name of a head, found %s", task->place, task->kind.name, name != NULL ? quoted_text(name) : "none");
    if (task->label == NULL)
        die(EXIT_INPUT, "%s: task %s has no label: wanted [data] label, or a label here", task->place, quoted_text(task->name));
}

static void parse_contrastive(struct config *c, struct config_task *task)
{
    call_known(&task->kind, "", 1);
    const char *name = call_position(&task->kind, 0);
    task->tower = (struct config_tower *)(uintptr_t)(name != NULL ? config_tower(c, name) : NULL);
    if (task->tower == NULL)
        die(EXIT_INPUT, "%s: contrastive: wanted the name of a tower, found %s", task->place, name != NULL ? quoted_text(name) : "none");
}

static void parse_task(struct config *c, const char *section, struct config_task *task)
{
    const struct ini_entry *kind = ini_get(&c->ini, section, "kind"), *loss = ini_get(&c->ini, section, "loss"),
                           *negatives = ini_get(&c->ini, section, "negatives"), *mask = ini_get(&c->ini, section, "mask"),
                           *where = ini_get(&c->ini, section, "where"), *heads = ini_get(&c->ini, section, "heads"),
                           *logq = ini_get(&c->ini, section, "logq"), *label = ini_get(&c->ini, section, "label"),
                           *hits = ini_get(&c->ini, section, "remove_hits"), *mean = ini_get(&c->ini, section, "mean"),
                           *weight = ini_get(&c->ini, section, "weight");
    task->place = kind->place;
    task->kind = call_parse(&c->ini.arena, kind->value, kind->place);
    task->which = find_kind(&task->kind);
    task->label = label->value[0] != '\0' ? label->value : c->label;
    task->loss = call_parse(&c->ini.arena, loss->value, loss->place);
    task->n_negatives = call_list(&c->ini.arena, negatives->value, negatives->place, &task->negatives);
    task->mask = mask->value;
    task->where = where->value[0] != '\0' ? where->value : NULL;
    task->heads = value_count(heads->value, "heads", heads->place, 1, 1024);
    task->logq = value_flag(logq->value, "logq", logq->place);
    task->remove_hits = value_flag(hits->value, "remove_hits", hits->place);
    task->mean = value_flag(mean->value, "mean", mean->place);
    task->weight = value_real(weight->value, "weight", weight->place, 0, 1e6);
}

void config_parse_tasks(struct config *c)
{
    const char **names;
    parse_towers(c);
    parse_heads(c);
    c->n_tasks = ini_sections(&c->ini, "task ", &names);
    c->tasks = arena_zeros(&c->ini.arena, c->n_tasks, sizeof *c->tasks);
    for (size_t i = 0; i < c->n_tasks; i++) {
        c->tasks[i].name = names[i];
        parse_task(c, arena_printf(&c->ini.arena, "task %s", names[i]), &c->tasks[i]);
        if (c->tasks[i].which == TASK_RETRIEVAL)
            parse_retrieval(c, &c->tasks[i]);
        else if (c->tasks[i].which == TASK_CONTRASTIVE)
            parse_contrastive(c, &c->tasks[i]);
        else
            parse_of_labels(c, &c->tasks[i]);
    }
    for (size_t i = 0; i < c->n_tasks; i++)
        if (c->tasks[i].head != NULL)
            use_head(c, c->tasks[i].head);
        else if (c->tasks[i].tower != NULL)
            find_side(c, c->tasks[i].tower, c->tasks[i].place);
}

// Every input comes from columns of the side's table or, in query towers, of the interactions.
static void check_inputs(const struct config *c, const struct config_tower *tower, const struct config_side *side)
{
    for (size_t i = 0; i < tower->n_inputs; i++) {
        const struct config_feature *feature = tower->inputs[i];
        const char *missing;
        if (side_has_columns(c, side, feature))
            continue;
        if (feature->gathers)
            die(EXIT_INPUT, "%s: feature %s of tower %s is the history of a query: a candidate has none", tower->place,
                quoted_text(feature->name), quoted_text(tower->name));
        bool found = has_columns(c, config_table(c, c->interactions), feature, &missing);
        if (!found)
            die(EXIT_INPUT, "%s: feature %s of tower %s comes from column %s, which is %s%s%s in [table %s]", tower->place,
                quoted_text(feature->name), quoted_text(tower->name), quoted_text(missing), side->made ? "not" : "neither in [table ",
                side->made ? "" : side->table, side->made ? "" : "] nor", c->interactions);
        if (side == &c->candidate)
            die(EXIT_INPUT, "%s: feature %s of tower %s comes from column %s of the interactions: a candidate has one vector, so it can come "
                "from [table %s] only", tower->place, quoted_text(feature->name), quoted_text(tower->name),
                quoted_text(feature->columns[0]), side->made ? side->column : side->table);
        for (size_t j = 0; j < feature->n_columns; j++)
            if (strcmp(feature->columns[j], side->column) == 0)
                die(EXIT_INPUT, "%s: feature %s of tower %s comes from column %s, by which interactions refer to a row: wanted the key of its "
                    "table, and no columns of the interactions beside it", tower->place, quoted_text(feature->name),
                    quoted_text(tower->name), quoted_text(feature->columns[j]));
    }
}

void config_check_inputs(const struct config *c)
{
    for (size_t i = 0; i < c->n_towers; i++)
        if (c->towers[i].side != NULL)
            check_inputs(c, &c->towers[i], c->towers[i].side);
}

const struct config_tower *config_first_tower(const struct config *c, const struct config_side *side)
{
    for (size_t i = 0; i < c->n_tasks; i++)
        if (c->tasks[i].query != NULL)
            return side == &c->query ? c->tasks[i].query : c->tasks[i].candidate;
    for (size_t i = 0; i < c->n_towers; i++)
        if (c->towers[i].side == side)
            return &c->towers[i];
    return NULL;
}

const struct config_task *config_retrieval(const struct config *c, const char *what)
{
    for (size_t i = 0; i < c->n_tasks; i++)
        if (c->tasks[i].query != NULL)
            return &c->tasks[i];
    die(EXIT_INPUT, "%s: no retrieval task among the tasks, and %s wants one", c->ini.name, what);
}
