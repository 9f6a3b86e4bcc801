#include "common/index/mmr.h"

#include <math.h>

#include "common/index/similar.h"

static double relevance_of(float score, float best, float worst)
{
    return best > worst ? ((double)score - (double)worst) / ((double)best - (double)worst) : 1;
}

static void swap_rows(float *a, float *b, size_t dim)
{
    for (size_t i = 0; i < dim; i++) {
        float kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

void mmr_order(const struct index *index, double lambda, struct topk_hit *hits, size_t n, struct arena *scratch)
{
    size_t dim = index->dim;
    float *directions = arena_array(scratch, n * dim, sizeof *directions);
    double *relevance = arena_array(scratch, n, sizeof *relevance), *nearest = arena_array(scratch, n, sizeof *nearest);
    size_t *place = arena_array(scratch, n, sizeof *place);
    float best = n > 0 ? hits[0].score : 0, worst = best;
    for (size_t i = 0; i < n; i++) {
        best = hits[i].score > best ? hits[i].score : best;
        worst = hits[i].score < worst ? hits[i].score : worst;
    }
    for (size_t i = 0; i < n; i++) {
        index_direction(index, hits[i].row, directions + i * dim);
        relevance[i] = relevance_of(hits[i].score, best, worst);
        nearest[i] = -1;
        place[i] = i;
    }
    for (size_t next = 0; next < n; next++) {
        size_t chosen = next;
        double most = -INFINITY;
        for (size_t i = next; i < n; i++) {
            double value = lambda * relevance[i] - (1 - lambda) * nearest[i];
            if (value > most || (value == most && place[i] < place[chosen])) {
                most = value;
                chosen = i;
            }
        }
        struct topk_hit hit = {hits[chosen].row, (float)most};
        hits[chosen] = hits[next];
        relevance[chosen] = relevance[next];
        nearest[chosen] = nearest[next];
        place[chosen] = place[next];
        swap_rows(directions + chosen * dim, directions + next * dim, chosen != next ? dim : 0);
        hits[next] = hit;
        for (size_t i = next + 1; i < n; i++) {
            double cosine = 0;
            for (size_t d = 0; d < dim; d++)
                cosine += (double)(directions[i * dim + d] * directions[next * dim + d]);
            nearest[i] = cosine > nearest[i] ? cosine : nearest[i];
        }
    }
}
