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
    const size_t begins[] = {0, 2, 4};
    struct metric_sum sum = prediction_sum(&prediction_calibration, &rows, begins, 2, 0);
    NEAR(metric_mean(&sum), (1.2 + 0.2) / 3.5, 1e-14);
    // Shares 0.2 + 1.2 of weight 3, and 0 of 0.5: what they differ by from 0.4 a row is 0.2 and -0.2.
    NEAR(metric_half_width(&sum), 1.959963984540054 * sqrt(2 * (0.04 + 0.04)) / 3.5, 1e-14);
    rows.n = 0;
    sum = prediction_sum(&prediction_calibration, &rows, begins, 0, 0);
    CHECK(isnan(metric_mean(&sum)));
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

// Half the width of the interval by the definition: how often each row is right against each of the other label, by query.
static double half_width(const struct prediction_rows *rows, const size_t *begins, size_t n_queries, double area)
{
    double total[2] = {0}, squares = 0;
    for (size_t i = 0; i < rows->n; i++)
        total[rows->labels[i] > 0.5] += rows->weights[i];
    for (size_t q = 0; q < n_queries; q++) {
        double moves = 0;
        for (size_t i = begins[q]; i < begins[q + 1]; i++) {
            bool yes = rows->labels[i] > 0.5;
            double right = 0;
            for (size_t j = 0; j < rows->n; j++)
                if ((rows->labels[j] > 0.5) != yes)
                    right += rows->weights[j] * (rows->scores[i] == rows->scores[j] ? 0.5 : (rows->scores[i] > rows->scores[j]) == yes);
            moves += rows->weights[i] / total[yes] * (right / total[!yes] - area);
        }
        squares += moves * moves;
    }
    return 1.959963984540054 * sqrt((double)n_queries / (double)(n_queries - 1) * squares);
}

static void areas_have_intervals(void)
{
    static const double labels[] = {1, 0, 1, 0, 0, 1}, scores[] = {0.9, 0.5, 0.5, 0.1, 0.95, 0.3}, heavy[] = {1, 2, 1, 0.5, 1, 3};
    static const double *const given[] = {ones, heavy};
    const size_t each[] = {0, 1, 2, 3, 4, 5, 6}, three[] = {0, 1, 4, 6};
    struct prediction_rows rows = {labels, scores, ones, 6};
    for (size_t w = 0; w < 2; w++) {
        rows.weights = given[w];
        double area = prediction_area(&rows);
        struct metric_sum alone = prediction_sum(&prediction_auc, &rows, each, 6, 0), together = prediction_sum(&prediction_auc, &rows, three, 3, 0);
        NEAR(metric_mean(&alone), area, 1e-14);
        NEAR(metric_mean(&together), area, 1e-14);
        NEAR(metric_half_width(&alone), half_width(&rows, each, 6, area), 1e-14);
        NEAR(metric_half_width(&together), half_width(&rows, three, 3, area), 1e-14);
    }
    // DeLong's, with 6 / 5 in place of 3 / 2: components 2/3, 1/2, 1/3 of the rows with the label, 1/2, 1, 0 of those without.
    rows.weights = ones;
    struct metric_sum sum = prediction_sum(&prediction_auc, &rows, each, 6, 0);
    NEAR(metric_mean(&sum), 0.5, 1e-15);
    NEAR(metric_half_width(&sum), 1.959963984540054 * sqrt(6 / 5. * (2 / 36. + 0.5) / 9), 1e-14);
    // One label alone has no area, one query no interval.
    rows.n = 1;
    sum = prediction_sum(&prediction_auc, &rows, each, 1, 0);
    CHECK(isnan(metric_mean(&sum)));
    CHECK(isnan(metric_half_width(&sum)));
    rows.n = 6;
    sum = prediction_sum(&prediction_auc, &rows, (const size_t[]){0, 6}, 1, 0);
    NEAR(metric_mean(&sum), 0.5, 1e-15);
    CHECK(isnan(metric_half_width(&sum)));
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

UNIT_MAIN(UNIT(errors), UNIT(probabilities), UNIT(areas), UNIT(areas_have_intervals), UNIT(graded_gains), UNIT(bins_have_edges))
