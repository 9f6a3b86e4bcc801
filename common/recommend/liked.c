#include "common/recommend/liked.h"

#include "common/index/likes.h"
#include "common/model/typed.h"

struct frame liked_row(struct recommender *r, const uint32_t *likes, size_t n, bool judged, const struct arg_list *given, struct arena *arena)
{
    if (!typed_reads_history(r->tower) && !judged && !typed_takes_unknown(r->asks))
        return (struct frame){0};
    return typed_likes(r->config, r->asks, recommender_inputs(r), r->candidates, likes, n, given, arena);
}

float *liked_vector(struct recommender *r, const struct frame *row, const struct frame *context, const uint32_t *likes, size_t n,
                    struct arena *arena)
{
    size_t dim = r->index->dim;
    float *vector = arena_zeros(arena, r->heads * dim, sizeof *vector);
    if (row->rows > 0)
        recommender_vectors(r, row, context, &(uint32_t){UINT32_MAX}, vector);
    if (typed_reads_history(r->tower))
        return vector;
    likes_vector(r->index, likes, n, vector, arena);
    for (size_t d = dim; d < r->heads * dim; d++)
        vector[d] = vector[d % dim];
    return vector;
}
