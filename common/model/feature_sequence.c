// sequence: the last candidates of a query, oldest first, by the ids that a feature of the candidate tower gives them.
// history: all candidates that a query has in the interactions, each once and in no order.
//
// Those of a sequence are the query's candidates before the interaction in time, found by encoding.h, or the items of a given column of
// lists, which are then encoded as the texts of that feature. So both share the candidate's embedding. A masked item is left out.
//
// A history is the query's, not the interaction's: what is to be predicted stands in it, as in an autoencoder. So all interactions of a
// query share one vector.
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/feature.h"
#include "common/model/terms.h"

struct sequence {
    size_t length;
    bool found;          // from the interactions
};

// The feature whose ids the lists have.
static void take_of(const struct feature *feature, const struct config *config)
{
    const struct config_feature *self = feature->config, *of = config_feature(config, self->of);
    if (strcmp(of->encode.name, "lookup") != 0 && strcmp(of->encode.name, "hash") != 0)
        die(EXIT_INPUT, "%s: feature %s: a %s of %s, which is %s(): wanted a feature that is lookup() or hash(), by of=NAME",
            self->place, quoted_text(self->name), self->encode.name, quoted_text(of->name), of->encode.name);
    ((struct feature *)(uintptr_t)feature)->of = feature_new(config, of);
}

static void *history_make(const struct feature *feature, const struct config *config)
{
    call_known(&feature->config->encode, "of", 0);
    struct sequence *history = memory_zeros(1, sizeof *history);
    *history = (struct sequence){.length = SIZE_MAX, .found = true};
    take_of(feature, config);
    return history;
}

static void *sequence_make(const struct feature *feature, const struct config *config)
{
    const struct config_feature *self = feature->config;
    call_known(&self->encode, "n, of, from", 0);
    struct sequence *sequence = memory_zeros(1, sizeof *sequence);
    sequence->length = call_count(&self->encode, "n", 10, 1, 65536);
    sequence->found = call_text(&self->encode, "from") == NULL;
    if (sequence->found && config->time == NULL)
        die(EXIT_INPUT, "%s: feature %s: a sequence from the interactions wants their time: [data] has none", self->place,
            quoted_text(self->name));
    take_of(feature, config);
    return sequence;
}

static struct cells sequence_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct sequence *sequence = state;
    const struct cells *items = feature_items(feature, rows, arena);
    struct schema *schema = schema_new(arena, rows->schema->table);
    schema_add(schema, arena, feature->of->config->from, type_of("str"));
    struct cells texts = {.texts = items->texts, .values = items->values, .n = items->n};
    const uint32_t *ids = feature_encode(feature->of, &(struct frame){.schema = schema, .rows = items->n, .cells = &texts}, arena).values;
    bool mask = call_flag(&feature->of->config->encode, "mask", false);
    struct id_lists out = {0};
    for (size_t i = 0; i < rows->rows; i++) {
        uint32_t from = items->lists[i], to = items->lists[i + 1];
        if (to - from > sequence->length)
            from = to - (uint32_t)sequence->length;
        for (; from < to; from++)
            if (!(mask && ids[from] == 0))
                id_lists_add(&out, ids[from]);
        id_lists_row(&out);
    }
    return id_lists_cells(&out, arena);
}

size_t feature_sequence_length(const struct feature *feature)
{
    return ((const struct sequence *)feature->state)->length;
}

bool feature_sequence_found(const struct feature *feature)
{
    bool finds = feature->kind == &feature_sequence || feature->kind == &feature_history;
    return finds && ((const struct sequence *)feature->state)->found;
}

const struct feature_kind feature_sequence = {
    .name = "sequence",
    .arguments = "n=10, of=FEATURE, from=",
    .help = "the query's last n candidates before the interaction, or of a column of lists, by the ids of a candidate's feature",
    .input = FEATURE_LIST,
    .type = feature_type_list,
    .make = sequence_make,
    .encode = sequence_encode,
    .free = free,
};

const struct feature_kind feature_history = {
    .name = "history",
    .arguments = "of=FEATURE",
    .help = "all candidates that the query has in the interactions, also the one to be predicted, by the ids of a candidate's feature",
    .input = FEATURE_LIST,
    .type = feature_type_list,
    .make = history_make,
    .encode = sequence_encode,
    .free = free,
};
