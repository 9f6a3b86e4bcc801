#include "common/model/layer.h"

#include <string.h>

#include "common/base/die.h"
#include "common/stream/frame.h"

extern const struct layer_kind layer_dense, layer_cross, layer_dcn, layer_dot_interaction, layer_dropout, layer_fm, layer_mix, layer_mmoe,
    layer_norm, layer_normalize, layer_take;

const struct layer_kind *const layer_kinds[] = {&layer_dense, &layer_cross, &layer_dcn, &layer_dot_interaction, &layer_dropout, &layer_fm,
                                                &layer_mix, &layer_mmoe, &layer_norm, &layer_normalize, &layer_take, NULL};

struct layer layer_new(const struct call *call, const char *name, struct arena *arena)
{
    const char *names[16];
    size_t n = 0;
    for (; layer_kinds[n] != NULL; n++) {
        names[n] = layer_kinds[n]->name;
        if (strcmp(names[n], call->name) != 0)
            continue;
        struct layer layer = {.kind = layer_kinds[n], .part = part_new(call, layer_kinds[n]->args, name, arena)};
        if (layer.kind->make != NULL)
            layer.kind->make(&layer);
        return layer;
    }
    kind_unknown(call, "layer", names, n);
}

void layer_shape(struct layer *layer, size_t in, const char *place)
{
    layer->in = layer->out = in;
    if (layer->kind->shape != NULL)
        layer->kind->shape(layer, place);
    if (layer->out > DIM_MAX)
        die(EXIT_INPUT, "%s: layer %s makes %zu numbers of %zu, wanted at most %d", place, part_text(&layer->part), layer->out, in, DIM_MAX);
}

void layer_misfit(const struct layer *layer, const char *place, const char *wanted)
{
    die(EXIT_INPUT, "%s: layer %s gets rows of %zu numbers, wanted %s", place, part_text(&layer->part), layer->in, wanted);
}
