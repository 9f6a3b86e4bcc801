// The predictions of heads, in the table `scores`, compared with the labels beside them: all metrics, whole and by slices, and how well
// calibrated they are.
//
//     struct predictions *predictions = predictions_new(config);
//     for every frame: predictions_take(predictions, &frame);
//     if (predictions_came(predictions)) {
//         predictions_measure(predictions, reader_name(in), &ks, slices);
//         predictions_table(predictions, out);
//     }
//
// What predicting the mean label of the training rows for everything would give stands beside every figure, as popularity does elsewhere.
// Holds 64 bytes a row of `scores`, and 24 more for each head.
#ifndef EVALUATION_PREDICTIONS_H
#define EVALUATION_PREDICTIONS_H

#include "common/config/config.h"
#include "common/metric/slices.h"

struct predictions *predictions_new(const struct config *config) __attribute__((warn_unused_result));

// Keeps the rows of `scores`, and notes how many queries and candidates there are and what the labels of the training rows are in the mean. Dies
// with exit code 3 if a label, weight or prediction cannot be one.
void predictions_take(struct predictions *predictions, const struct frame *frame);

bool predictions_came(const struct predictions *predictions);
size_t predictions_rows(const struct predictions *predictions);

//   ks      (n_ks) lengths of lists for metrics of the first rows of each query, beside that of all of them
//   slices  or NULL
void predictions_measure(struct predictions *predictions, const char *source, const size_t *ks, size_t n_ks, struct slices *slices);

void predictions_table(const struct predictions *predictions, struct bytes *out);
void predictions_json(const struct predictions *predictions, struct bytes *out);

// The tables `metrics/scores` and `metrics/calibration`, i from 0; the caller frees the builder before the predictions.
struct builder *predictions_builder(struct predictions *predictions, size_t i) __attribute__((warn_unused_result));

void predictions_free(struct predictions *predictions);

#endif
