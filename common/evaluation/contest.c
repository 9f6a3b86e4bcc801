#include "common/evaluation/contest.h"

#include <string.h>

#include "common/base/die.h"
#include "common/math/matrix.h"
#include "common/stream/builder.h"

struct contest {
    struct arena arena;
    struct call *calls;                          // (n)
    size_t n;
    struct gather *seen;                         // NULL if there are none
    struct baseline *baselines[BASELINES_MAX];   // (n)
};

struct contest *contest_new(const char *text)
{
    struct contest *contest = memory_zeros(1, sizeof *contest);
    if (text == NULL)
        return contest;
    contest->n = call_list(&contest->arena, text, "--baseline", &contest->calls);
    if (contest->n == 0 || contest->n > BASELINES_MAX)
        die_usage("--baseline %s: wanted 1 to %d baselines", quoted_text(text), BASELINES_MAX);
    const char *names[BASELINES_MAX];
    size_t n_names = 0;
    for (; baseline_kinds[n_names] != NULL; n_names++)
        names[n_names] = baseline_kinds[n_names]->name;
    for (size_t i = 0; i < contest->n; i++) {
        const char *name = contest->calls[i].name;
        const struct baseline_kind *kind = baseline_kind(name);
        if (kind == NULL)
            die_usage("--baseline: there is no %s%s", quoted_text(name), did_you_mean(name, names, n_names));
        for (size_t j = 0; j < i; j++)
            if (strcmp(contest->calls[j].name, name) == 0)
                die_usage("--baseline: %s comes twice", name);
        kind->check(&contest->calls[i]);
    }
    contest->seen = gather_new();
    return contest;
}

void contest_take(struct contest *contest, const struct frame *frame)
{
    if (contest->n > 0 && is_table(frame, "seen"))
        gather_add(contest->seen, frame);
}

struct baseline *const *contest_baselines(const struct contest *contest, size_t *n)
{
    *n = contest->n;
    return contest->baselines;
}

void contest_fit(struct contest *contest, const struct rankings *rankings, const char *source, size_t memory_bytes, size_t threads)
{
    if (contest->n == 0)
        return;
    const struct frame *seen = gather_frame(contest->seen);
    const struct cells *cells = frame_column(seen, "candidates", "u32*");
    struct baseline_data data = {.lists = cells->lists, .taken = cells->values, .n_queries = seen->rows};
    data.counts = rankings_counts(rankings, &data.n_candidates);
    for (size_t q = 0; q < seen->rows; q++)
        for (size_t i = data.lists[q]; i < data.lists[q + 1]; i++)
            if (data.taken[i] >= data.n_candidates)
                die(EXIT_INPUT, "%s: table \"seen\": row %zu: candidate %u, but there are %zu", source, q, data.taken[i], data.n_candidates);
    double bytes = 0;
    for (size_t i = 0; i < contest->n; i++) {
        bytes += baseline_kind(contest->calls[i].name)->bytes(&contest->calls[i], &data);
        if (bytes > (double)memory_bytes)
            die(EXIT_WORLD, "--baseline %s: %zu candidates take %.0f MiB, but half of --memory is %zu MiB", contest->calls[i].name,
                data.n_candidates, bytes / (1 << 20), memory_bytes >> 20);
    }
    struct pool *pool = pool_new(threads);
    matrix_reserve(threads);
    for (size_t i = 0; i < contest->n; i++) {
        contest->baselines[i] = baseline_new(&contest->calls[i], &data, pool);
        if (contest->baselines[i] == NULL)
            die(EXIT_INPUT, "%s: --baseline %s: no solution in float32: give it a larger lambda", source, contest->calls[i].name);
    }
    pool_free(pool);
    gather_free(contest->seen);
}
