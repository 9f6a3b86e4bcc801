// How much the inputs of a tower tell of each other: their mutual information over the rows of a table.
//
// Each input's value of a row falls into one of 64 classes: an id below 63 is its own, all others are one; a list counts by its least id, that is,
// its most frequent term; a number by twice its value, cut to -31..31. Source: Yao et al. 2021, "Self-supervised Learning for Large-scale Item
// Recommendations", section 3.2.
#ifndef MODEL_RELATEDNESS_H
#define MODEL_RELATEDNESS_H

#include <stddef.h>

#include "common/model/input.h"

//   columns  (n) of one table
//   rows     of the table
//   out      (n, n) nats, symmetric; the diagonal is an input's entropy
void relatedness(const struct input *inputs, const struct input_column *columns, size_t n, size_t rows, double *out);

#endif
