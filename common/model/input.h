// Inputs of a tower: an encoded column becomes numbers, side by side with those of the others.
//
//     u32       the row of the embedding table that the id says
//     u32[n]    n rows of it, side by side
//     u32*      the rows of a list, pooled (pooling.h)
//     f32       the number
//     f32[n]    the numbers
//
//     struct input_column column = input_column(&input, &frame);          // checked
//     column.rows = rows;                                                 // which of them
//     input_take(&input, &run, &column, n);                               // notes ids and lists of n rows
//     input_forward(&input, &run, &pass, from, rows, y, stride);          // rows from, from + 1, ... of the n; on any thread
//     input_backward(&input, &run, &pass, from, rows, d_y, stride);       // down to the embeddings
//     input_touch(&input, &run, d_y, stride);                             // and into the table's gradient; all n rows
#ifndef MODEL_INPUT_H
#define MODEL_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/model/pooling.h"
#include "common/stream/frame.h"

struct input {
    const struct config_feature *config;
    bool interaction;         // its column is one of the interactions
    struct type type;         // of the column
    struct param *table;      // its embeddings; NULL: numbers
    struct pooling pooling;   // of a list
    size_t width;             // numbers that it gives
    size_t first;             // place of the pooling's parameters among the tower's (tower.h)
};

// A column as it lies in a frame.
struct input_column {
    const struct cells *cells;
    const float *weights;     // beside the values of a list, or NULL
    const uint32_t *rows;     // (n) which rows to take; NULL: the first n
};

// What one evaluation knows of an input. Start from {0}.
struct input_run {
    const struct input_column *column;
    size_t n;
    uint32_t *ids;            // (places): of all rows, end to end
    uint32_t *starts;         // (n + 1) where the list of a row begins; only for lists
    float *x, *d_x;           // (places, table width); only for lists
    float *weights;           // (places), if there are weights
    size_t rows_capacity, ids_capacity;
};

// Settles the width, once the type of the column is known.
void input_shape(struct input *input);

// The columns of the frame for this input. Dies with exit code 3 and the place of the frame if they are missing or of another type, an id is out
// of range, a number not finite.
struct input_column input_column(const struct input *input, const struct frame *frame);

//   column  borrowed until the evaluation is over
void input_take(const struct input *input, struct input_run *run, const struct input_column *column, size_t n);
void input_forward(const struct input *input, struct input_run *run, const struct pass *pass, size_t from, size_t rows, float *y,
                   size_t stride);
void input_backward(const struct input *input, struct input_run *run, const struct pass *pass, size_t from, size_t rows,
                    const float *d_y, size_t stride);
void input_touch(const struct input *input, const struct input_run *run, const float *d_y, size_t stride);

void input_run_free(struct input_run *run);

#endif
