#define _POSIX_C_SOURCE 200809L
#include "common/evaluation/trec.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/die.h"
#include "common/base/output.h"

struct trec {
    struct arena arena;
    struct output run, qrels;
    FILE *run_file, *qrels_file;
    bool excluded;
    size_t at;                     // number of the next ranking
    bool *flags;                   // (n_candidates) all false between rankings
};

void trec_check(const char *prefix)
{
    struct stat status;
    size_t n = prefix != NULL ? strlen(prefix) : 1;
    bool device = prefix != NULL && stat(prefix, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
    if (device || n == 0 || (prefix != NULL && prefix[n - 1] == '/'))
        die_usage("--trec %s: wanted the beginning of two names of files, PREFIX.run and PREFIX.qrels%s",
                  quoted_text(prefix), device ? ", found a device" : "");
}

struct trec *trec_open(const char *prefix, bool excluded, size_t n_candidates)
{
    struct trec *t = memory_zeros(1, sizeof *t);
    t->excluded = excluded;
    t->flags = memory_zeros(n_candidates, sizeof *t->flags);
    t->run = output_open(arena_printf(&t->arena, "%s.run", prefix));
    t->qrels = output_open(arena_printf(&t->arena, "%s.qrels", prefix));
    t->run_file = output_file(&t->run);
    t->qrels_file = output_file(&t->qrels);
    return t;
}

void trec_add(struct trec *t, const struct ranking *ranking)
{
    for (size_t i = 0; t->excluded && i < ranking->n_seen; i++)
        t->flags[ranking->seen[i]] = true;
    size_t place = 0;
    for (size_t i = 0; i < ranking->n; i++) {
        if (t->flags[ranking->candidates[i]])
            continue;
        fprintf(t->run_file, "%zu Q0 %u %zu %zu millrace\n", t->at, ranking->candidates[i], place + 1, ranking->n - place);
        place++;
    }
    for (size_t i = 0; i < ranking->n_truth; i++) {
        if (t->flags[ranking->truth[i]])
            continue;
        t->flags[ranking->truth[i]] = true;
        fprintf(t->qrels_file, "%zu 0 %u 1\n", t->at, ranking->truth[i]);
    }
    for (size_t i = 0; t->excluded && i < ranking->n_seen; i++)
        t->flags[ranking->seen[i]] = false;
    for (size_t i = 0; i < ranking->n_truth; i++)
        t->flags[ranking->truth[i]] = false;
    t->at++;
}

void trec_close(struct trec *t)
{
    output_close(&t->run);
    output_close(&t->qrels);
    free(t->flags);
    arena_free(&t->arena);
    free(t);
}
