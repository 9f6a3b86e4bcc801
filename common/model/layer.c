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
    const struct layer_kind *kind;
    KIND_FIND(kind, call, "layer", layer_kinds);
    struct layer layer = {.kind = kind, .part = part_new(call, kind->args, name, arena)};
    if (layer.kind->make != NULL)
        layer.kind->make(&layer);
    return layer;
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
