// Losses of predictions against labels: one number a row, or the rows of a list against each other.
//
//     struct label_loss *loss = label_loss_new(&call);                 // "huber(delta=0.5)"
//     double value = label_loss_run(loss, &batch);                     // and the gradient
//
// A kind says what the rows of a list come to together; for losses of single rows the whole batch is one list. Formulas as in Keras 2.15 and
// TensorFlow Ranking 0.5 (tests/golden/losses.json). A new kind is a file label_loss_NAME.c and a row in label_loss_kinds.
#ifndef MODEL_LABEL_LOSS_H
#define MODEL_LABEL_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/model/kind.h"

struct label_batch {
    size_t n;                       // rows
    const float *prediction;        // (n)
    const float *label;             // (n)
    const float *weight;            // (n), or NULL: all 1
    const uint32_t *lists;          // (n_lists + 1) where each list begins; NULL for losses of single rows
    size_t n_lists;
    float *d_prediction;            // (n), overwritten
    bool mean;                      // divides loss and gradients by the rows or, if the kind is one of whole lists, by the lists
    double factor;                  // multiplies them
};

// The rows of one list, or all of them.
struct label_rows {
    size_t n;
    const float *prediction, *label, *weight;  // weight may be NULL
    float *d;                                  // overwritten
    const double *args;                        // of the kind
};

struct label_loss_kind {
    const char *name, *help;
    const struct kind_arg *args;
    bool of_lists;                  // rows count against the others of their list
    bool by_list;                   // a mean is one over lists, not over rows
    const char *labels;             // the labels it is for, in words; NULL: all numbers
    float low, high;                // and as bounds
    double (*run)(const struct label_rows *rows);
};

struct label_loss {
    const struct label_loss_kind *kind;
    double args[KIND_ARGS_MAX];
};

extern const struct label_loss_kind *const label_loss_kinds[];  // ends with NULL

struct label_loss label_loss_new(const struct call *call);

// The weight of a list as a whole: the mean of its rows' weights. For kinds.
double label_rows_weight(const struct label_rows *rows);

// The weighted sum over rows or lists, times factor.
double label_loss_run(const struct label_loss *loss, const struct label_batch *batch);

#endif
