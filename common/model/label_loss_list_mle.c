// ListMLE (Xia et al. 2008): the likelihood of the order by labels under Plackett and Luce. With the rows of a list by label, the best first, it is
// the sum over the places i of ln(sum over j >= i of e^x_j) - x_i. Equal labels keep the order in which they came. A list weighs the mean of its
// rows' weights.
#include <math.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/model/label_loss.h"

static const struct kind_arg args[] = {{0}};

// The order of the rows by label: (n).
static void sort_rows(const struct label_rows *rows, uint32_t *order)
{
    for (size_t i = 0; i < rows->n; i++) {
        size_t at = i;
        for (; at > 0 && rows->label[order[at - 1]] < rows->label[i]; at--)
            order[at] = order[at - 1];
        order[at] = (uint32_t)i;
    }
}

static double run(const struct label_rows *rows)
{
    size_t n = rows->n;
    uint32_t *order = memory_aligned(n, sizeof *order);
    double *rest = memory_aligned(n, sizeof *rest), loss = 0, weight = label_rows_weight(rows), greatest = -INFINITY, shares = 0;
    sort_rows(rows, order);
    for (size_t i = 0; i < n; i++)
        greatest = fmax(greatest, (double)rows->prediction[i]);
    for (size_t i = n; i-- > 0;)
        rest[i] = exp((double)rows->prediction[order[i]] - greatest) + (i + 1 < n ? rest[i + 1] : 0);
    for (size_t i = 0; i < n; i++) {
        double x = (double)rows->prediction[order[i]] - greatest;
        shares += 1 / rest[i];
        loss += log(rest[i]) - x;
        rows->d[order[i]] = (float)(weight * (exp(x) * shares - 1));
    }
    free(order);
    free(rest);
    return weight * loss;
}

const struct label_loss_kind label_loss_list_mle = {
    .name = "list_mle", .help = "the likelihood of a list's order by labels", .args = args, .of_lists = true, .by_list = true, .run = run,
};
