#include "common/model/part.h"

#include <string.h>

#include "common/base/die.h"
#include "common/math/activation.h"

struct part part_new(const struct call *call, const struct kind_arg *args, const char *name, struct arena *arena)
{
    struct part part = {.call = call, .name = name, .arena = arena};
    kind_read(call, args, part.args);
    return part;
}

void part_param(struct part *part, const char *name, const char *init)
{
    struct param **params = arena_array(part->arena, part->n_params + 1, sizeof(struct param *));
    if (part->n_params > 0)
        memcpy(params, part->params, part->n_params * sizeof(struct param *));
    struct param *param = arena_zeros(part->arena, 1, sizeof *param);
    param->name = arena_printf(part->arena, "%s/%s", part->name, name);
    struct call call = call_parse(part->arena, init, part->call->place);
    param_set_init(param, &call);
    params[part->n_params++] = param;
    part->params = params;
}

void part_shape(struct part *part, size_t i, size_t rows, size_t width)
{
    part->params[i]->rows = rows;
    part->params[i]->width = width;
}

const char *part_word(const struct part *part, const struct kind_arg *args, size_t i, const char *otherwise)
{
    const char *text = kind_text(part->call, args, i);
    return text != NULL ? text : otherwise;
}

int part_activation(const struct part *part, const struct kind_arg *args, size_t i)
{
    const char *word = part_word(part, args, i, activation_names[ACTIVATION_LINEAR]);
    for (int a = 0; a < ACTIVATIONS; a++)
        if (strcmp(activation_names[a], word) == 0)
            return a;
    die(EXIT_INPUT, "%s: %s: unknown activation %s%s", part->call->place, part->call->name, quoted_text(word),
        did_you_mean(word, activation_names, ACTIVATIONS));
}

const char *part_text(const struct part *part)
{
    const struct call *call = part->call;
    const char *text = arena_printf(part->arena, "%s(", call->name);
    for (size_t i = 0; i < call->n; i++)
        text = arena_printf(part->arena, "%s%s%s%s%s", text, i > 0 ? ", " : "", call->args[i].key != NULL ? call->args[i].key : "",
                            call->args[i].key != NULL ? "=" : "", call->args[i].value);
    return arena_printf(part->arena, "%s)", text);
}
