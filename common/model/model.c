#include "common/model/model.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/feature.h"
#include "common/model/optim.h"
#include "common/model/optims.h"
#include "common/model/param.h"
#include "common/model/tower.h"

enum { BLOCK_ROWS = 4096 };

// What came of a parameter, until it is complete.
struct arrival {
    struct gather *value, *slots;
    struct feature *feature;  // whose ids are its rows; for training
    bool unwanted;            // passed over: no tower that is asked for has it
};

struct model {
    const struct config *config;
    struct pool *pool;
    struct arena arena;
    struct optims *optims;
    struct param **params;      // (n_params)
    struct arrival *arrivals;   // (n_params)
    size_t n_params;
    struct tower *towers;       // (config->n_towers)
    struct tower_run run;       // of the tower that model_vectors used last
    const struct tower *run_of;
};

// The parameter of the feature's embedding, made if it is not there yet.
static struct param *embedding(struct model *m, const struct config_feature *feature)
{
    for (size_t i = 0; i < m->n_params; i++)
        if (strcmp(m->params[i]->feature, feature->name) == 0)
            return m->params[i];
    struct param *param = arena_zeros(&m->arena, 1, sizeof *param);
    param->name = arena_printf(&m->arena, "embed/%s", feature->name);
    param->feature = feature->name;
    param->width = feature->embed;
    param_set_init(param, &feature->init);
    m->params[m->n_params++] = param;
    return param;
}

static void make_tower(struct model *m, struct tower *tower, const struct config_tower *config)
{
    *tower = (struct tower){.config = config, .n_inputs = config->n_inputs, .n_layers = config->n_layers};
    tower->inputs = arena_zeros(&m->arena, tower->n_inputs, sizeof(struct param *));
    tower->layers = arena_zeros(&m->arena, tower->n_layers, sizeof *tower->layers);
    for (size_t j = 0; j < tower->n_inputs; j++) {
        tower->inputs[j] = embedding(m, config->inputs[j]);
        tower->width += tower->inputs[j]->width;
    }
    tower->dim = tower->width;
    for (size_t l = 0; l < tower->n_layers; l++) {
        tower->layers[l] = layer_new(&config->layers[l], tower->dim);
        tower->dim = tower->layers[l].out;
    }
}

struct model *model_new(const struct config *config, struct pool *pool)
{
    struct model *m = memory_zeros(1, sizeof *m);
    m->config = config;
    m->pool = pool;
    m->optims = optims_new(config);
    m->params = arena_zeros(&m->arena, config->n_features, sizeof(struct param *));
    m->arrivals = arena_zeros(&m->arena, config->n_features, sizeof *m->arrivals);
    m->towers = arena_zeros(&m->arena, config->n_towers, sizeof *m->towers);
    for (size_t i = 0; i < config->n_towers; i++)
        make_tower(m, &m->towers[i], &config->towers[i]);
    optims_assign(m->optims, m->params, m->n_params);
    return m;
}

void model_only(struct model *m, const struct config_tower *config)
{
    const struct tower *tower = model_tower(m, config);
    for (size_t i = 0; i < m->n_params; i++) {
        m->arrivals[i].unwanted = true;
        for (size_t j = 0; j < tower->n_inputs; j++)
            m->arrivals[i].unwanted &= tower->inputs[j] != m->params[i];
    }
}

// The place of the parameter that a table "prefix/NAME" belongs to; n_params if none.
static size_t find(const struct model *m, const char *name)
{
    size_t i = 0;
    while (i < m->n_params && strcmp(m->params[i]->name, name) != 0)
        i++;
    return i;
}

static bool take(struct model *m, const struct frame *frame, const char *prefix, size_t offset)
{
    size_t length = strlen(prefix);
    if (strncmp(frame->schema->table, prefix, length) != 0)
        return false;
    size_t i = find(m, frame->schema->table + length);
    if (i == m->n_params) {
        if (frame->rows == 0)
            warn("%s: table %s belongs to no parameter of this model: left out", frame->place != NULL ? frame->place : "model",
                 quoted_text(frame->schema->table));
        return true;
    }
    if (m->arrivals[i].unwanted)
        return true;
    struct gather **gather = (struct gather **)(void *)((char *)&m->arrivals[i] + offset);
    if (*gather == NULL)
        *gather = gather_new();
    gather_add(*gather, frame);
    return true;
}

bool model_takes(struct model *model, const struct frame *frame)
{
    return take(model, frame, "param/", offsetof(struct arrival, value));
}

bool model_takes_slot(struct model *model, const struct frame *frame)
{
    return take(model, frame, "slot/", offsetof(struct arrival, slots));
}

static void make_features(struct model *m)
{
    for (size_t i = 0; i < m->n_params; i++)
        if (m->arrivals[i].feature == NULL)
            m->arrivals[i].feature = feature_new(m->config, config_feature(m->config, m->params[i]->feature));
}

void model_counts(struct model *m, const struct frame *frame)
{
    make_features(m);
    for (size_t i = 0; i < m->n_params; i++)
        if (feature_takes(m->arrivals[i].feature, frame))
            return;
}

// A copy of a gathered column of vectors, of the parameter's width.
static float *copy_column(const struct param *param, const struct frame *frame, const char *column)
{
    const char *type = type_name((struct type){.element = ELEMENT_F32, .dim = (uint32_t)param->width});
    const struct cells *cells = frame_column(frame, column, type);
    float *copy = memory_aligned(frame->rows * param->width, sizeof *copy);
    memcpy(copy, cells->values, frame->rows * param->width * sizeof *copy);
    return copy;
}

// Moves what was gathered into the parameter.
static void settle_value(struct param *param, struct arrival *arrival)
{
    const struct frame *frame = gather_frame(arrival->value);
    param->rows = frame->rows;
    param->value = copy_column(param, frame, "value");
    gather_free(arrival->value);
    arrival->value = NULL;
}

void model_ready(struct model *m, const char *source)
{
    for (size_t i = 0; i < m->n_params; i++) {
        if (m->arrivals[i].unwanted)
            continue;
        if (m->arrivals[i].value == NULL)
            die(EXIT_INPUT, "%s: no table \"param/%s\": the model was not trained, run train first", source, m->params[i]->name);
        settle_value(m->params[i], &m->arrivals[i]);
    }
}

static void settle_slots(struct param *param, struct arrival *arrival, const char *source)
{
    const struct frame *frame = gather_frame(arrival->slots);
    const char *const *names = param->optim->kind->slots;
    if (frame->rows != param->rows)
        die(EXIT_INPUT, "%s: table \"slot/%s\" has %zu rows, but \"param/%s\" has %zu", source, param->name, frame->rows, param->name,
            param->rows);
    for (size_t s = 0; s < optim_slots(param->optim); s++)
        param->slots[s] = copy_column(param, frame, names[s]);
    gather_free(arrival->slots);
    arrival->slots = NULL;
}

void model_start(struct model *m, const char *source)
{
    make_features(m);
    for (size_t i = 0; i < m->n_params; i++) {
        struct param *param = m->params[i];
        struct arrival *arrival = &m->arrivals[i];
        feature_ready(arrival->feature, source);
        size_t ids = feature_ids(arrival->feature);
        if (arrival->value == NULL)
            param_initialise(param, ids, m->config->seed);
        else
            settle_value(param, arrival);
        if (param->rows != ids)
            die(EXIT_INPUT, "%s: table \"param/%s\" has %zu rows, but the vocabulary has %zu ids", source, param->name, param->rows, ids);
        if (arrival->slots != NULL)
            settle_slots(param, arrival, source);
        param_prepare(param);
    }
}

const struct tower *model_tower(const struct model *m, const struct config_tower *tower)
{
    return &m->towers[tower - m->config->towers];
}

struct param **model_params(const struct model *m, size_t *n)
{
    *n = m->n_params;
    return m->params;
}

const struct optims *model_optims(const struct model *m)
{
    return m->optims;
}

size_t model_dim(const struct model *model, const struct config_tower *tower)
{
    return model_tower(model, tower)->dim;
}

const uint32_t *model_ids(const struct param *param, const struct frame *rows)
{
    char column[NAME_BYTES_MAX + 16] = "feature/";
    strncat(column, param->feature, NAME_BYTES_MAX);
    const uint32_t *ids = frame_column(rows, column, "u32")->values;
    for (size_t i = 0; i < rows->rows; i++)
        if (ids[i] >= param->rows)
            die(EXIT_INPUT, "%s: column %s: row %zu has id %u, but \"param/%s\" has %zu rows",
                rows->place != NULL ? rows->place : rows->schema->table, quoted_text(column), i, ids[i], param->name, param->rows);
    return ids;
}

void model_vectors(struct model *m, const struct config_tower *config, const struct frame *rows, float *out)
{
    const struct tower *tower = model_tower(m, config);
    const uint32_t **columns = memory_zeros(tower->n_inputs, sizeof *columns);
    const uint32_t **block = memory_zeros(tower->n_inputs, sizeof *block);
    if (m->run_of != NULL && m->run_of != tower)
        tower_run_free(m->run_of, &m->run);
    m->run_of = tower;
    for (size_t j = 0; j < tower->n_inputs; j++)
        columns[j] = model_ids(tower->inputs[j], rows);
    for (size_t from = 0; from < rows->rows; from += BLOCK_ROWS) {
        size_t n = rows->rows - from < BLOCK_ROWS ? rows->rows - from : BLOCK_ROWS;
        for (size_t j = 0; j < tower->n_inputs; j++)
            block[j] = columns[j] + from;
        memcpy(out + from * tower->dim, tower_forward(tower, &m->run, block, NULL, n), n * tower->dim * sizeof *out);
    }
    free(columns);
    free(block);
}

// Writes vectors side by side as a table, in frames of whole rows.
static void write_table(struct writer *out, const char *prefix, const struct param *param, const char *const *names, float *const *values,
                        size_t n)
{
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, arena_printf(&arena, "%s/%s", prefix, param->name));
    for (size_t s = 0; s < n; s++)
        schema_add(schema, &arena, names[s], (struct type){.element = ELEMENT_F32, .dim = (uint32_t)param->width});
    size_t step = ((size_t)8 << 20) / (param->width * sizeof(float));
    step = step > 65536 ? 65536 : step == 0 ? 1 : step;
    for (size_t from = 0; from == 0 || from < param->rows; from += step) {
        size_t rows = param->rows - from < step ? param->rows - from : step;
        struct cells cells[SLOTS_MAX] = {{0}};
        for (size_t s = 0; s < n; s++)
            cells[s] = (struct cells){.values = values[s] + from * param->width, .n = rows};
        writer_put(out, &(struct frame){.schema = schema, .rows = rows, .cells = cells});
    }
    arena_free(&arena);
}

void model_write(const struct model *m, struct writer *out)
{
    for (size_t i = 0; i < m->n_params; i++) {
        struct param *param = m->params[i];
        const char *const *names = param->optim->kind->slots;
        size_t n = optim_slots(param->optim);
        write_table(out, "param", param, (const char *const[]){"value"}, &param->value, 1);
        if (n > 0)
            write_table(out, "slot", param, names, param->slots, n);
    }
}

void model_free(struct model *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->n_params; i++) {
        gather_free(m->arrivals[i].value);
        gather_free(m->arrivals[i].slots);
        if (m->arrivals[i].feature != NULL)
            feature_free(m->arrivals[i].feature);
        param_free(m->params[i]);
    }
    if (m->run_of != NULL)
        tower_run_free(m->run_of, &m->run);
    optims_free(m->optims);
    arena_free(&m->arena);
    free(m);
}
