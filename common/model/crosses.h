// What crossing layers have learned: how much each input of a tower or head weighs in the product with each other one.
//
//     struct crosses crosses;
//     for (size_t at = 0; crosses_next(config, model, &at, &crosses, &arena);)
//         ... crosses.weights[i * crosses.n + j]: of input i times input j ...
//
// Only a cross or dcn that comes first in its tower has inputs for its parts. The weight of a pair is the Frobenius norm of the kernel's block for
// it, as in TFRS's tutorial on DCN; of a kernel of low rank, of the product of its two. The model is ready.
#ifndef MODEL_CROSSES_H
#define MODEL_CROSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/base/arena.h"
#include "common/config/config.h"
#include "common/model/model.h"

struct crosses {
    const char *name;      // of the tower or head
    size_t step;           // of the layer, from 0
    size_t n;              // inputs
    const char **inputs;   // (n) their names
    double *weights;       // (n, n), in the arena
};

// The next kernel; false if there is none. `at` counts them, from 0.
bool crosses_next(const struct config *config, const struct model *model, size_t *at, struct crosses *crosses, struct arena *arena);

// Prints the pairs of inputs, the heaviest first.
void crosses_print(const struct crosses *crosses, FILE *out);

#endif
