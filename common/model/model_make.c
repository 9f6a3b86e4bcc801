// Two steps, as the widths of inputs are known only when the stream has told the columns' types: the parts and the names of their parameters, from
// the configuration alone; then the widths, input by input and layer by layer.
#include "common/model/model_parts.h"

#include <string.h>

#include "common/base/die.h"

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

void model_make(struct model *m)
{
    for (size_t i = 0; i < m->config->n_towers; i++)
        if (m->config->towers[i].side != NULL)
            make_tower(m, &m->config->towers[i]);
    for (size_t i = 0; i < m->config->n_heads; i++)
        if (m->config->heads[i].used)
            make_head(m, &m->config->heads[i]);
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

void model_shape(struct model *m, const char *source)
{
    for (size_t i = 0; i < m->config->n_towers; i++)
        if (m->towers[i].config != NULL && (m->only == NULL || m->only == &m->towers[i]))
            shape_tower(m, &m->towers[i], source);
    for (size_t i = 0; i < m->config->n_heads; i++)
        if (m->heads[i].config != NULL && m->only == NULL)
            shape_head(m, &m->heads[i]);
}
