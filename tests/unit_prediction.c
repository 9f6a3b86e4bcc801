#include "common/metric/prediction.h"
#include "tests/unit.h"

static double of(const struct prediction_kind *kind, const struct prediction_rows *rows, size_t k, double weight)
{
    double value, found;
    kind->measure(rows, k, &value, &found);
    NEAR(found, weight, 1e-15);
    return value;
}

static const double ones[8] = {1, 1, 1, 1, 1, 1, 1, 1}, weights[] = {1, 2, 0, 0.5};

static void errors(void)
{
    static const double labels[] = {1, 2, 9, 4}, scores[] = {2, 0, 0, 4.5};
    struct prediction_rows rows = {labels, scores, weights, 4};
    NEAR(of(&prediction_rmse, &rows, 0, 3.5), 1 + 2 * 4 + 0.5 * 0.25, 1e-15);
    NEAR(of(&prediction_mae, &rows, 0, 3.5), 1 + 2 * 2 + 0.5 * 0.5, 1e-15);
    rows.n = 0;
    NEAR(of(&prediction_rmse, &rows, 0, 0), 0, 0);
    NEAR(of(&prediction_mae, &rows, 0, 0), 0, 0);
}

static void probabilities(void)
{
    static const double labels[] = {1, 0, 1, 0.25}, scores[] = {0.8, 0.6, 0.5, 0.25}, sure[] = {1, 0};
    struct prediction_rows rows = {labels, scores, weights, 4}, wrong = {labels + 1, sure, ones, 1};
    NEAR(of(&prediction_log_loss, &rows, 0, 3.5), -log(0.8) - 2 * log(0.4) - 0.5 * (0.25 * log(0.25) + 0.75 * log(0.75)), 1e-14);
    NEAR(of(&prediction_log_loss, &wrong, 0, 1), -log(1e-7), 1e-8);
    NEAR(of(&prediction_accuracy, &rows, 0, 3.5), 1.5, 1e-15);
    // Bins .2, .5, .6 and .8: 0.5 * 0; 2 * (0.6 - 0); 0.8 - 1.
    NEAR(prediction_calibration.whole(&rows), (1.2 + 0.2) / 3.5, 1e-14);
    rows.n = 0;
    CHECK(isnan(prediction_calibration.whole(&rows)));
}

static void areas(void)
{
    static const double labels[] = {1, 0, 1, 0, 0}, scores[] = {0.9, 0.5, 0.5, 0.1, 0.95};
    struct prediction_rows rows = {labels, scores, ones, 5};
    NEAR(prediction_area(&rows), (2 + 1.5) / 6, 1e-15);   // 0.9 is above two of three, 0.5 above one and level with one
    NEAR(of(&prediction_grouped_auc, &rows, 0, 5), 5 * 3.5 / 6, 1e-14);
    static const double heavy[] = {1, 2, 1, 1, 1};
    rows.weights = heavy;
    NEAR(prediction_area(&rows), (3 + 2) / 8., 1e-15);
    rows.n = 1;
    CHECK(isnan(prediction_area(&rows)));
    NEAR(of(&prediction_grouped_auc, &rows, 0, 0), 0, 0);
    rows.n = 0;
    CHECK(isnan(prediction_area(&rows)));
}

static void graded_gains(void)
{
    static const double labels[] = {3, 0, 2}, scores[] = {1, 3, 2}, level[] = {1, 1, 1}, none[] = {0, 0, 0}, below[] = {3, -1, 2}, above[] = {61, 0, 0};
    struct prediction_rows rows = {labels, scores, ones, 3};
    double two = 1 / log2(3), three = 0.5;
    NEAR(of(&prediction_ndcg, &rows, 0, 1), (3 * two + 7 * three) / (7 + 3 * two), 1e-15);
    NEAR(of(&prediction_ndcg, &rows, 2, 1), 3 * two / (7 + 3 * two), 1e-15);
    NEAR(of(&prediction_ndcg, &rows, 1, 1), 0, 0);
    rows.scores = level;  // the mean over all orders
    NEAR(of(&prediction_ndcg, &rows, 0, 1), 10 / 3. * (1 + two + three) / (7 + 3 * two), 1e-14);
    NEAR(of(&prediction_ndcg, &rows, 1, 1), 10 / 21., 1e-15);
    rows.labels = none;
    NEAR(of(&prediction_ndcg, &rows, 0, 0), 0, 0);
    rows.labels = below;
    NEAR(of(&prediction_ndcg, &rows, 0, 0), 0, 0);
    rows.labels = above;
    NEAR(of(&prediction_ndcg, &rows, 0, 0), 0, 0);
    rows.n = 0;
    NEAR(of(&prediction_ndcg, &rows, 0, 0), 0, 0);
}

static void bins_have_edges(void)
{
    static const double labels[] = {1, 0, 1, 0, 1}, scores[] = {-3, 0, 0.5, 1, 7};
    struct prediction_rows rows = {labels, scores, ones, 5};
    struct prediction_bin bins[2];
    prediction_bins(&rows, 0, 1, bins, 2);
    EQUAL(bins[0].n, 2);
    EQUAL(bins[1].n, 3);
    NEAR(bins[1].score, 8.5, 1e-15);
    NEAR(bins[1].label, 2, 1e-15);
    prediction_bins(&rows, 1, 1, bins, 2);
    EQUAL(bins[0].n, 5);
}

UNIT_MAIN(UNIT(errors), UNIT(probabilities), UNIT(areas), UNIT(graded_gains), UNIT(bins_have_edges))
