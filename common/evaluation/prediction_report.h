// The figures of predictions (predictions.h) for people, for programs, and for the stream.
#ifndef EVALUATION_PREDICTION_REPORT_H
#define EVALUATION_PREDICTION_REPORT_H

#include "common/evaluation/predictions.h"

void prediction_report_table(const struct predictions *predictions, struct bytes *out);

// An object a line.
void prediction_report_json(const struct predictions *predictions, struct bytes *out);

// The tables `metrics/scores` and `metrics/calibration`; the caller frees a builder before the arena, where its schema lives.
struct builder *prediction_report_metrics(const struct predictions *predictions, struct arena *arena) __attribute__((warn_unused_result));
struct builder *prediction_report_calibration(const struct predictions *predictions, struct arena *arena) __attribute__((warn_unused_result));

#endif
