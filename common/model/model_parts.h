// What a model is made of. Used by model.c and model_make.c only.
#ifndef MODEL_MODEL_PARTS_H
#define MODEL_MODEL_PARTS_H

#include "common/model/feature.h"
#include "common/model/model.h"
#include "common/model/optims.h"
#include "common/model/store.h"
#include "common/model/tower.h"

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

// Makes the towers and heads that tasks have, and names their parameters.
void model_make(struct model *model);

// Settles their widths, from the types of the inputs on. Dies with exit code 3 if something does not fit; `source` names the stream.
void model_shape(struct model *model, const char *source);

#endif
