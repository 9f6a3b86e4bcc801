#include "common/model/model.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/prefix.h"
#include "common/math/matrix.h"
#include "common/model/model_parts.h"

enum { BLOCK_ROWS = 4096 };

struct model *model_new(const struct config *config, struct pool *pool)
{
    struct model *m = memory_zeros(1, sizeof *m);
    m->config = config;
    m->pool = pool;
    matrix_reserve(pool_threads(pool));
    m->optims = optims_new(config);
    m->known = arena_zeros(&m->arena, config->n_features, sizeof *m->known);
    m->towers = arena_zeros(&m->arena, config->n_towers, sizeof *m->towers);
    m->heads = arena_zeros(&m->arena, config->n_heads, sizeof *m->heads);
    model_make(m);
    optims_assign(m->optims, m->store.params, m->store.n);
    return m;
}

static bool has_param(const struct tower *tower, const struct param *param)
{
    for (size_t i = 0; i < tower->n_parts; i++)
        if (tower->parts[i] == param)
            return true;
    for (size_t j = 0; j < tower->n_inputs; j++)
        if (tower->inputs[j].table == param)
            return true;
    return false;
}

void model_only(struct model *m, const struct config_tower *config)
{
    m->only = model_tower(m, config);
    for (size_t i = 0; i < m->store.n; i++)
        m->store.arrivals[i].unwanted = !has_param(m->only, m->store.params[i]);
}

// What is known of the feature F of a column "PREFIX/F", if a tower reads it; else NULL.
static struct known *known_by(struct model *m, const char *column, const char *prefix)
{
    const char *name = after_prefix(column, prefix);
    const struct config_feature *feature = name != NULL ? config_feature(m->config, name) : NULL;
    struct known *known = feature != NULL ? &m->known[feature - m->config->features] : NULL;
    return known != NULL && known->feature != NULL ? known : NULL;
}

// Notes the types of the columns feature/F of a table.
static void note(struct model *m, const struct frame *frame)
{
    for (size_t c = 0; c < frame->schema->n; c++) {
        const struct column *column = &frame->schema->columns[c];
        struct known *known = known_by(m, column->name, "weight/");
        if (known != NULL)
            known->weighted = true;
        known = known_by(m, column->name, "feature/");
        if (known == NULL)
            continue;
        bool like = column->type.element == known->type.element && column->type.list == known->type.list;
        if (!like || (known->noted && !type_equal(known->type, column->type)))
            die(EXIT_INPUT, "%s: column %s is %s, wanted %s", frame->place != NULL ? frame->place : frame->schema->table,
                quoted_text(column->name), type_name(column->type), type_name(known->type));
        known->type = column->type;
        known->noted = true;
    }
}

bool model_takes(struct model *model, const struct frame *frame)
{
    note(model, frame);
    return store_takes(&model->store, frame, STORE_VALUES);
}

bool model_takes_slot(struct model *model, const struct frame *frame)
{
    return store_takes(&model->store, frame, STORE_SLOTS);
}

void model_counts(struct model *m, const struct frame *frame)
{
    for (size_t i = 0; i < m->config->n_features; i++)
        if (m->known[i].feature != NULL)
            (void)feature_takes(m->known[i].feature, frame);  // a sequence takes the table of another, too
}

// An embedding that began with given vectors is as wide as they are, whatever the configuration says.
static void widen(struct model *m)
{
    struct type type;
    for (size_t i = 0; i < m->store.n; i++)
        for (size_t f = 0; f < m->config->n_features; f++)
            if (m->known[f].table == m->store.params[i] && m->known[f].feature->kind->start != NULL && store_type(&m->store, i, &type))
                m->store.params[i]->width = type.dim;
}

static _Noreturn void refuse_without(const struct store *store, const char *param, const char *source)
{
    if (store->stranger != NULL)
        die(EXIT_INPUT, "%s: no table \"param/%s\": a model of another configuration: it has %s", source, param, quoted_text(store->stranger));
    die(EXIT_INPUT, "%s: no table \"param/%s\": the model was not trained, run train first", source, param);
}

void model_ready(struct model *m, const char *source)
{
    struct type type;
    for (size_t i = 0; i < m->store.n; i++)
        if (!m->store.arrivals[i].unwanted && !store_type(&m->store, i, &type))
            refuse_without(&m->store, m->store.params[i]->name, source);
    widen(m);
    model_shape(m, source);
    for (size_t i = 0; i < m->store.n; i++)
        (void)store_settle(&m->store, i, source);
    store_warn(&m->store, source);
}

// Gives the embedding of a feature its rows; features that share it must agree.
static void size_table(struct model *m, const struct known *known, const char *source)
{
    feature_ready(known->feature, source);
    if (known->table == NULL)
        return;
    size_t ids = feature_ids(known->feature), width = feature_start_width(known->feature);
    for (const struct known *other = m->known; other < known; other++)
        if (other->table == known->table && (other->table->rows != ids || (width > 0 && width != other->table->width)))
            die(EXIT_INPUT, "%s: features %s and %s share the table %s, but the one has %zu ids and the other %zu",
                known->feature->config->place, quoted_text(other->feature->config->name), quoted_text(known->feature->config->name),
                quoted_text(known->feature->config->table), other->table->rows, ids);
    known->table->rows = ids;
    if (width > 0)
        known->table->width = width;
}

static const struct known *known_of(const struct model *m, const struct param *table)
{
    for (size_t i = 0; i < m->config->n_features; i++)
        if (m->known[i].table == table)
            return &m->known[i];
    return NULL;
}

static void initialise(struct model *m, struct param *param)
{
    const struct known *known = known_of(m, param);
    if (known == NULL || feature_start_width(known->feature) == 0) {
        param_initialise(param, param->rows, m->config->seed);
        return;
    }
    param->value = memory_aligned(param->rows * param->width, sizeof *param->value);
    feature_start(known->feature, param->value);
}

void model_start(struct model *m, const char *source)
{
    for (size_t i = 0; i < m->config->n_features; i++)
        if (m->known[i].feature != NULL)
            size_table(m, &m->known[i], source);
    model_shape(m, source);
    for (size_t i = 0; i < m->store.n; i++) {
        if (!store_settle(&m->store, i, source))
            initialise(m, m->store.params[i]);
        param_prepare(m->store.params[i]);
    }
    store_warn(&m->store, source);
}

const struct tower *model_tower(const struct model *m, const struct config_tower *tower)
{
    return &m->towers[tower - m->config->towers];
}

const struct tower *model_head(const struct model *m, const struct config_head *head)
{
    return &m->heads[head - m->config->heads];
}

struct param **model_params(const struct model *m, size_t *n)
{
    *n = m->store.n;
    return m->store.params;
}

struct param *model_embedding(const struct model *m, const struct config_feature *feature)
{
    for (size_t i = 0; i < m->store.n; i++) {
        const char *table = after_prefix(m->store.params[i]->name, "embed/");
        if (table != NULL && strcmp(table, feature->table) == 0)
            return m->store.params[i];
    }
    return NULL;
}

struct optims *model_optims(const struct model *m)
{
    return m->optims;
}

size_t model_dim(const struct model *model, const struct config_tower *tower)
{
    return model_tower(model, tower)->dim;
}

bool model_contextual(const struct model *model, const struct config_tower *tower)
{
    return model_tower(model, tower)->contextual;
}

const char **model_context(const struct model *m, const struct config_tower *config, size_t *n)
{
    *n = model_tower(m, config)->n_context;
    return model_tower(m, config)->context;
}

void model_vectors(struct model *m, const struct config_tower *config, const struct frame *rows, const struct frame *context, float *out)
{
    const struct tower *tower = model_tower(m, config);
    struct input_column *columns = memory_zeros(tower->n_inputs, sizeof *columns);
    uint32_t *block = memory_zeros(BLOCK_ROWS, sizeof *block);
    size_t total = rows != NULL ? rows->rows : context->rows;
    if (m->run_of != NULL && m->run_of != tower)
        tower_run_free(m->run_of, &m->run);
    m->run_of = tower;
    for (size_t j = 0; j < tower->n_inputs; j++) {
        columns[j] = input_column(&tower->inputs[j], tower->inputs[j].interaction ? context : rows);
        columns[j].rows = block;
    }
    for (size_t from = 0; from < total; from += BLOCK_ROWS) {
        size_t n = total - from < BLOCK_ROWS ? total - from : BLOCK_ROWS;
        for (size_t i = 0; i < n; i++)
            block[i] = (uint32_t)(from + i);
        memcpy(out + from * tower->dim, tower_forward(tower, &m->run, columns, n, m->pool), n * tower->dim * sizeof *out);
    }
    free(columns);
    free(block);
}

void model_write(const struct model *m, struct writer *out, const char *source)
{
    store_write(&m->store, out, source);
}

void model_free(struct model *m)
{
    if (m == NULL)
        return;
    if (m->run_of != NULL)
        tower_run_free(m->run_of, &m->run);
    store_free(&m->store);
    for (size_t i = 0; i < m->config->n_features; i++)
        feature_free(m->known[i].feature);
    optims_free(m->optims);
    arena_free(&m->arena);
    free(m);
}
