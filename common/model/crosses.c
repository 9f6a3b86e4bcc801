#include "common/model/crosses.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grid.h"
#include "common/model/tower.h"

// The kernel of a step (in, in), or NULL if there is no such step. As x W, with x side by side: W's row is the input that is multiplied, its column
// the one it goes to.
static const float *kernel_of(const struct layer *layer, size_t step, struct arena *arena)
{
    char kernel[32], u[32], v[32];
    const struct param *found[3] = {0};
    snprintf(kernel, sizeof kernel, "/kernel_%zu", step);
    snprintf(u, sizeof u, "/u_%zu", step);
    snprintf(v, sizeof v, "/v_%zu", step);
    const char *const names[] = {kernel, u, v};
    for (size_t p = 0; p < layer->part.n_params; p++)
        for (size_t i = 0; i < 3; i++)
            if (strcmp(strrchr(layer->part.params[p]->name, '/'), names[i]) == 0)
                found[i] = layer->part.params[p];
    if (found[0] != NULL)
        return found[0]->value;
    if (found[1] == NULL || found[2] == NULL)
        return NULL;
    size_t in = layer->in, rank = found[1]->width;
    float *product = arena_zeros(arena, in * in, sizeof *product);
    for (size_t i = 0; i < in; i++)
        for (size_t k = 0; k < rank; k++)
            for (size_t j = 0; j < in; j++)
                product[i * in + j] += found[1]->value[i * rank + k] * found[2]->value[k * in + j];
    return product;
}

static void measure(const struct tower *tower, const float *kernel, struct crosses *crosses, struct arena *arena)
{
    size_t n = crosses->n = tower->n_inputs, in = tower->layers[0].in;
    crosses->inputs = arena_array(arena, n, sizeof *crosses->inputs);
    crosses->weights = arena_zeros(arena, n * n, sizeof *crosses->weights);
    for (size_t i = 0, from = 0; i < n; from += tower->inputs[i++].width) {
        crosses->inputs[i] = tower->inputs[i].config->name;
        for (size_t j = 0, to = 0; j < n; to += tower->inputs[j++].width) {
            double sum = 0;
            for (size_t r = from; r < from + tower->inputs[i].width; r++)
                for (size_t c = to; c < to + tower->inputs[j].width; c++)
                    sum += (double)kernel[r * in + c] * (double)kernel[r * in + c];
            crosses->weights[i * n + j] = sqrt(sum);
        }
    }
}

bool crosses_next(const struct config *config, const struct model *model, size_t *at, struct crosses *crosses, struct arena *arena)
{
    size_t number = 0;
    for (size_t i = 0; i < config->n_towers + config->n_heads; i++) {
        bool head = i >= config->n_towers;
        const struct tower *tower = head ? model_head(model, &config->heads[i - config->n_towers]) : model_tower(model, &config->towers[i]);
        bool crosses_first = tower->config != NULL && tower->n_layers > 0 &&
                             (strcmp(tower->layers[0].kind->name, "cross") == 0 || strcmp(tower->layers[0].kind->name, "dcn") == 0);
        const float *kernel;
        for (size_t step = 0; crosses_first && (kernel = kernel_of(&tower->layers[0], step, arena)) != NULL; step++) {
            if (number++ != *at)
                continue;
            crosses->name = tower->config->name;
            crosses->step = step;
            measure(tower, kernel, crosses, arena);
            ++*at;
            return true;
        }
    }
    return false;
}

void crosses_print(const struct crosses *crosses, FILE *out)
{
    size_t n = crosses->n * crosses->n, *order = memory_zeros(n, sizeof *order);
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && crosses->weights[order[at - 1]] < crosses->weights[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    struct grid *grid = grid_new("llr", SIZE_MAX);
    fprintf(out, "%s, step %zu\n", crosses->name, crosses->step);
    grid_printf(grid, "input");
    grid_printf(grid, "times");
    grid_printf(grid, "weight");
    for (size_t i = 0; i < n; i++) {
        grid_printf(grid, "%s", crosses->inputs[order[i] % crosses->n]);
        grid_printf(grid, "%s", crosses->inputs[order[i] / crosses->n]);
        grid_printf(grid, "%.6g", crosses->weights[order[i]]);
    }
    grid_print(grid, out);
    free(order);
}
