#include "common/model/label_loss.h"

#include <string.h>

extern const struct label_loss_kind label_loss_mse, label_loss_mae, label_loss_huber, label_loss_bce, label_loss_list_mle,
    label_loss_pairwise_hinge, label_loss_pairwise_logistic, label_loss_softmax, label_loss_approx_ndcg;

const struct label_loss_kind *const label_loss_kinds[] = {&label_loss_mse, &label_loss_mae, &label_loss_huber, &label_loss_bce,
                                                          &label_loss_list_mle, &label_loss_pairwise_hinge, &label_loss_pairwise_logistic,
                                                          &label_loss_softmax, &label_loss_approx_ndcg, NULL};

struct label_loss label_loss_new(const struct call *call)
{
    const struct label_loss_kind *kind;
    KIND_FIND(kind, call, "loss of labels", label_loss_kinds);
    struct label_loss loss = {.kind = kind};
    kind_read(call, loss.kind->args, loss.args);
    return loss;
}

static struct label_rows rows_of(const struct label_loss *loss, const struct label_batch *b, size_t from, size_t to)
{
    return (struct label_rows){.n = to - from, .prediction = b->prediction + from, .label = b->label + from,
                               .weight = b->weight != NULL ? b->weight + from : NULL, .d = b->d_prediction + from, .args = loss->args};
}

double label_rows_weight(const struct label_rows *rows)
{
    double sum = 0;
    if (rows->weight == NULL)
        return 1;
    for (size_t i = 0; i < rows->n; i++)
        sum += (double)rows->weight[i] / (double)rows->n;
    return sum;
}

double label_loss_run(const struct label_loss *loss, const struct label_batch *b)
{
    double sum = 0;
    if (b->n == 0)
        return 0;
    if (!loss->kind->of_lists) {
        struct label_rows rows = rows_of(loss, b, 0, b->n);
        sum = loss->kind->run(&rows);
    }
    for (size_t l = 0; loss->kind->of_lists && l < b->n_lists; l++) {
        struct label_rows rows = rows_of(loss, b, b->lists[l], b->lists[l + 1]);
        sum += loss->kind->run(&rows);
    }
    double factor = b->factor / (double)(!b->mean ? 1 : loss->kind->by_list ? b->n_lists : b->n);
    for (size_t i = 0; i < b->n; i++)
        b->d_prediction[i] *= (float)factor;
    return factor * sum;
}
