#include "common/recommend/everyone.h"

#include "common/base/clock.h"
#include "common/stream/builder.h"

enum { GROUP_MAX = 1024, HITS_MAX = 8 << 20 };

// Searches for a group of queries and adds a row of `rankings` for each.
static void rank_group(struct recommender *r, const struct lists_plan *plan, struct truth *truth, const uint32_t *queries, size_t first,
                       size_t n, struct builder *rankings, struct arena *arena)
{
    float *vectors = arena_array(arena, n * r->heads * r->index->dim, sizeof *vectors);
    const struct frame *contexts = truth_context(truth);
    struct frame context = contexts != NULL ? frame_slice(contexts, first, first + n, arena) : (struct frame){0};
    const struct frame *rows = held_select(r->queries, queries + first, n);
    recommender_vectors(r, rows, contexts != NULL ? &context : NULL, queries + first, vectors);
    struct topk_query *lists = arena_zeros(arena, n, sizeof *lists);
    for (size_t i = 0; i < n; i++)
        truth_ask(truth, first + i, &lists[i]);
    const struct lists_asked asked = {vectors, queries + first, rows, contexts != NULL ? &context : NULL, n};
    lists_make(r, plan, &asked, lists, arena);
    for (size_t i = 0; i < n; i++) {
        builder_value(rankings, 0, &queries[first + i]);
        for (size_t j = 0; j < lists[i].n_hits; j++) {
            builder_value(rankings, 1, &lists[i].hits[j].row);
            builder_value(rankings, 2, &lists[i].hits[j].score);
        }
        builder_row(rankings);
    }
}

size_t everyone_rank(struct recommender *r, const struct lists_plan *plan, struct truth *truth, struct writer *out)
{
    struct arena lasting = {0}, arena = {0};
    struct schema *schema = schema_new(&lasting, "rankings");
    schema_add(schema, &lasting, "query", type_of("u32"));
    schema_add(schema, &lasting, "candidates", type_of("u32*"));
    schema_add(schema, &lasting, "scores", type_of("f32*"));
    struct builder *rankings = builder_new(schema);

    size_t n, depth = lists_depth(plan), group = depth > HITS_MAX / GROUP_MAX ? HITS_MAX / depth + 1 : GROUP_MAX;
    const uint32_t *queries = truth_queries(truth, &n);
    struct progress progress = progress_begin("queries", n);
    for (size_t at = 0; at < n; at += group) {
        rank_group(r, plan, truth, queries, at, n - at < group ? n - at : group, rankings, &arena);
        arena_reset(&arena);
        if (builder_full(rankings))
            builder_flush(rankings, out);
        progress_step(&progress, at, "k %zu", plan->k);
    }
    builder_flush(rankings, out);
    progress_end(&progress);
    builder_free(rankings);
    arena_free(&arena);
    arena_free(&lasting);
    return n;
}
