// Training that begins with what another model learned, though users, items and words were added, went, or changed places.
//
//     struct inheritance *old = inheritance_open("yesterday.mp");
//     while (reader_next(in, &frame)) inheritance_looks(old, &frame);     // the vocabularies of today
//     inheritance_apply(old, params, n);                                  // once the parameters are initialised
//
// An embedding's row is found by its token in vocab/F (or vector/F); the rows before those of the tokens (mask, unknown), by their number, if there
// are as many. Parameters without a vocabulary must have the same shape. What is not found keeps its initial value. Slots go with the
// values where the optimiser has the same ones.
#ifndef TRAINING_INHERITANCE_H
#define TRAINING_INHERITANCE_H

#include "common/model/param.h"
#include "common/stream/frame.h"

// Reads the stream in the file whole, parameters, slots, vocabularies and metrics/train, and holds them.
struct inheritance *inheritance_open(const char *path) __attribute__((warn_unused_result));

// Looks at a frame of the main stream, and keeps it if it is of a vocabulary.
void inheritance_looks(struct inheritance *inheritance, const struct frame *frame);

// Fills in values and slots. Dies with exit code 3 if a parameter cannot be taken over.
void inheritance_apply(struct inheritance *inheritance, struct param *const *params, size_t n);

// The table metrics/train of the other model, NULL if it has none.
const struct frame *inheritance_metrics(const struct inheritance *inheritance);

void inheritance_free(struct inheritance *inheritance);

#endif
