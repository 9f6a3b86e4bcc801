// The predictions of heads, in the table `scores`, compared with the labels beside them: all metrics, whole and by slices, and how well
// calibrated they are.
//
//     struct predictions *predictions = predictions_new(config);
//     for every frame: predictions_take(predictions, &frame);
//     if (predictions_came(predictions)) {
//         predictions_measure(predictions, reader_name(in), ks, n_ks, slices);
//         const struct prediction_figure *figures = predictions_figures(predictions, &n);     // prediction_report.h prints them
//     }
//
// What predicting the mean label of the training rows for everything would give stands beside every figure, as popularity does elsewhere.
// Holds 64 bytes a row of `scores`, 110 if a head is a classification, and 24 more for each head.
#ifndef EVALUATION_PREDICTIONS_H
#define EVALUATION_PREDICTIONS_H

#include "common/config/config.h"
#include "common/metric/prediction.h"
#include "common/metric/slices.h"

enum { PREDICTIONS_BINS = 10 };

struct prediction_figure {
    const struct config_task *task;      // whose head it is
    const struct prediction_kind *kind;
    const struct slice *slice;           // NULL: all rows
    size_t k, n;                         // k = 0: of all rows; n: queries
    double value, low, high;             // with its 95 % interval, NaN if it has none
    double mean;                         // what the mean label would reach
    double gap, ratio;                   // to the best slice of the column; NaN of all rows
};

struct predictions *predictions_new(const struct config *config) __attribute__((warn_unused_result));

// Keeps the rows of `scores`, and notes how many queries and candidates there are and what the labels of the training rows are in the mean. Dies
// with exit code 3 if a label, weight or prediction cannot be one.
void predictions_take(struct predictions *predictions, const struct frame *frame);

bool predictions_came(const struct predictions *predictions);
size_t predictions_rows(const struct predictions *predictions);

//   ks      (n_ks) lengths of lists for metrics of the first rows of each query, beside that of all of them
//   slices  or NULL
void predictions_measure(struct predictions *predictions, const char *source, const size_t *ks, size_t n_ks, struct slices *slices);

// Head after head; of each, first those of all rows, then slice after slice. Borrowed.
const struct prediction_figure *predictions_figures(const struct predictions *predictions, size_t *n);

// A head's predictions in bins: of a classification from 0 to 1, of a regression from the least to the greatest. The task is one of a figure.
void predictions_bins(const struct predictions *predictions, const struct config_task *task, struct prediction_bin bins[PREDICTIONS_BINS],
                      double *low, double *high);

#endif
