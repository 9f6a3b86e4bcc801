#include "common/model/layer.h"

#include <string.h>

extern const struct layer_kind layer_normalize;

const struct layer_kind *const layer_kinds[] = {&layer_normalize, NULL};

struct layer layer_new(const struct call *call, size_t in)
{
    const char *names[16];
    size_t n = 0;
    for (; layer_kinds[n] != NULL; n++) {
        names[n] = layer_kinds[n]->name;
        if (strcmp(names[n], call->name) != 0)
            continue;
        struct layer layer = {.kind = layer_kinds[n], .in = in, .out = in};
        kind_read(call, layer.kind->args, layer.args);
        if (layer.kind->width != NULL)
            layer.out = layer.kind->width(&layer);
        return layer;
    }
    kind_unknown(call, "layer", names, n);
}
