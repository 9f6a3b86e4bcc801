#include "common/model/model.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/prefix.h"
#include "common/math/matrix.h"
#include "common/model/feature.h"
#include "common/model/optims.h"
#include "common/model/store.h"
#include "common/model/tower.h"

enum { BLOCK_ROWS = 4096 };

// What is known of a feature that a tower reads.
struct known {
    struct feature *feature;   // NULL: no tower reads it
    bool noted, weighted;      // a column feature/F came, and weight/F
    struct type type;          // its type
    struct param *table;       // its embedding; NULL: numbers
    struct pooling pooling;    // of a list
};

struct model {
    const struct config *config;
    struct pool *pool;
    struct arena arena;
    struct optims *optims;
    struct known *known;        // (config->n_features)
    struct store store;         // all parameters
    struct tower *towers;       // (config->n_towers); those that no task has stay empty
    struct tower *heads;        // (config->n_heads); so do these
    const struct tower *only;   // NULL: all
    struct tower_run run;       // of the tower that model_vectors used last
    const struct tower *run_of;
};

// The embedding that the feature has alone or with others.
static struct param *embedding(struct model *m, const struct config_feature *feature)
{
    for (size_t i = 0; i < m->config->n_features; i++) {
        const struct config_feature *other = &m->config->features[i];
        struct param *table = m->known[i].table;
        if (table == NULL || strcmp(other->table, feature->table) != 0)
            continue;
        if (table->width != feature->embed)
            die(EXIT_INPUT, "%s: features %s and %s share the table %s, but embed is %zu for one and %zu for the other", feature->place,
                quoted_text(other->name), quoted_text(feature->name), quoted_text(feature->table), table->width, feature->embed);
        return table;
    }
    struct param *param = arena_zeros(&m->arena, 1, sizeof *param);
    param->name = arena_printf(&m->arena, "embed/%s", feature->table);
    param->feature = feature->of != NULL ? feature->of : feature->name;
    param->width = feature->embed;
    param_set_init(param, &feature->init);
    store_add(&m->store, param);
    return param;
}

static struct known *know(struct model *m, const struct config_feature *feature)
{
    struct known *known = &m->known[feature - m->config->features];
    if (known->feature != NULL)
        return known;
    known->feature = feature_new(m->config, feature);
    known->type = feature_type(known->feature);
    if (known->type.element == ELEMENT_U32)
        known->table = embedding(m, feature);
    if (!known->type.list)
        return known;
    known->pooling = pooling_new(&feature->pool, arena_printf(&m->arena, "pool/%s", feature->name), &m->arena);
    for (size_t i = 0; i < known->pooling.part.n_params; i++)
        store_add(&m->store, known->pooling.part.params[i]);
    return known;
}

static void add_parts(struct model *m, struct tower *tower, const struct part *part, size_t *first)
{
    struct param **parts = arena_array(&m->arena, tower->n_parts + part->n_params, sizeof(struct param *));
    if (tower->n_parts > 0)
        memcpy(parts, tower->parts, tower->n_parts * sizeof(struct param *));
    *first = tower->n_parts;
    for (size_t i = 0; i < part->n_params; i++)
        parts[tower->n_parts++] = part->params[i];
    tower->parts = parts;
}

static void make_layers(struct model *m, struct tower *tower)
{
    const struct config_tower *config = tower->config;
    tower->layers = arena_zeros(&m->arena, tower->n_layers, sizeof *tower->layers);
    for (size_t l = 0; l < tower->n_layers; l++) {
        struct layer *layer = &tower->layers[l];
        *layer = layer_new(&config->layers[l], arena_printf(&m->arena, "%s/%zu", config->name, l), &m->arena);
        for (size_t i = 0; i < layer->part.n_params; i++)
            store_add(&m->store, layer->part.params[i]);
        add_parts(m, tower, &layer->part, &layer->first);
    }
}

static void make_tower(struct model *m, const struct config_tower *config)
{
    struct tower *tower = &m->towers[config - m->config->towers];
    *tower = (struct tower){.config = config, .n_inputs = config->n_inputs, .n_layers = config->n_layers};
    tower->inputs = arena_zeros(&m->arena, tower->n_inputs, sizeof *tower->inputs);
    for (size_t j = 0; j < tower->n_inputs; j++) {
        struct known *known = know(m, config->inputs[j]);
        struct input *input = &tower->inputs[j];
        *input = (struct input){.config = config->inputs[j], .table = known->table, .pooling = known->pooling};
        input->interaction = config_is_contextual(m->config, config->side, config->inputs[j]);
        tower->contextual |= input->interaction;
        add_parts(m, tower, &input->pooling.part, &input->first);
    }
    make_layers(m, tower);
}

// A head is a tower whose inputs are vectors of numbers.
static void make_head(struct model *m, const struct config_head *config)
{
    struct tower *head = &m->heads[config - m->config->heads];
    struct config_tower *like = arena_zeros(&m->arena, 1, sizeof *like);
    *like = (struct config_tower){.name = config->name, .place = config->place, .layers = config->layers, .n_layers = config->n_layers};
    *head = (struct tower){.config = like, .n_inputs = config->n_inputs, .n_layers = config->n_layers};
    head->inputs = arena_zeros(&m->arena, head->n_inputs, sizeof *head->inputs);
    for (size_t j = 0; j < head->n_inputs; j++) {
        struct config_feature *input = arena_zeros(&m->arena, 1, sizeof *input);
        input->name = config->inputs[j].head != NULL ? config->inputs[j].head->name : config->inputs[j].tower->name;
        input->place = config->place;
        head->inputs[j].config = input;
    }
    make_layers(m, head);
}

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
    for (size_t i = 0; i < config->n_towers; i++)
        if (config->towers[i].side != NULL)
            make_tower(m, &config->towers[i]);
    for (size_t i = 0; i < config->n_heads; i++)
        if (config->heads[i].used)
            make_head(m, &config->heads[i]);
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

static void shape_layers(struct model *m, struct tower *tower, const char *what)
{
    tower->dim = tower->width;
    for (size_t l = 0; l < tower->n_layers; l++) {
        struct layer *layer = &tower->layers[l];
        layer_shape(layer, tower->dim, arena_printf(&m->arena, "%s: %s %s", layer->part.call->place, what, quoted_text(tower->config->name)));
        tower->dim = layer->out;
    }
}

// Settles the widths of a tower from its inputs on.
static void shape_tower(struct model *m, struct tower *tower, const char *source)
{
    tower->width = 0;
    tower->context = arena_array(&m->arena, 2 * tower->n_inputs, sizeof *tower->context);
    for (size_t j = 0; j < tower->n_inputs; j++) {
        struct input *input = &tower->inputs[j];
        const struct known *known = &m->known[input->config - m->config->features];
        if (!known->noted)
            die(EXIT_INPUT, "%s: no column \"feature/%s\", which tower %s reads: run vocab first", source, input->config->name,
                quoted_text(tower->config->name));
        input->type = known->type;
        if (input->type.list)
            pooling_shape(&input->pooling, input->table->width,
                          arena_printf(&m->arena, "%s: feature %s", input->config->place, quoted_text(input->config->name)));
        input_shape(input);
        tower->width += input->width;
        if (input->interaction)
            tower->context[tower->n_context++] = known->feature->column;
        if (input->interaction && known->weighted)
            tower->context[tower->n_context++] = known->feature->weight_column;
    }
    if (tower->width > DIM_MAX)
        die(EXIT_INPUT, "%s: the %zu inputs of tower %s give %zu numbers side by side, wanted at most %d", tower->config->place, tower->n_inputs,
            quoted_text(tower->config->name), tower->width, DIM_MAX);
    shape_layers(m, tower, "tower");
}

static void shape_head(struct model *m, struct tower *head)
{
    const struct config_head *config = &m->config->heads[head - m->heads];
    head->width = 0;
    for (size_t j = 0; j < head->n_inputs; j++) {
        const struct config_head_input *from = &config->inputs[j];
        const struct tower *tower = from->head != NULL ? model_head(m, from->head) : model_tower(m, from->tower);
        head->inputs[j].type = type_vector(tower->dim);
        input_shape(&head->inputs[j]);
        head->width += tower->dim;
    }
    if (head->width > DIM_MAX)
        die(EXIT_INPUT, "%s: the %zu inputs of head %s give %zu numbers side by side, wanted at most %d", config->place, head->n_inputs,
            quoted_text(config->name), head->width, DIM_MAX);
    shape_layers(m, head, "head");
}

static void shape_towers(struct model *m, const char *source)
{
    for (size_t i = 0; i < m->config->n_towers; i++)
        if (m->towers[i].config != NULL && (m->only == NULL || m->only == &m->towers[i]))
            shape_tower(m, &m->towers[i], source);
    for (size_t i = 0; i < m->config->n_heads; i++)
        if (m->heads[i].config != NULL && m->only == NULL)
            shape_head(m, &m->heads[i]);
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
    shape_towers(m, source);
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
    shape_towers(m, source);
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
