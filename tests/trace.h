// What the traces of the real library have in common: the first 512 rows of the split MovieLens 100K, dealt out in the file's order, with given
// initial tables. The rows may not be redistributed, so these tests run only where the shared data is.
#ifndef TESTS_TRACE_H
#define TESTS_TRACE_H

#include <stdlib.h>

#include "common/base/map.h"
#include "common/model/examples.h"
#include "common/model/param.h"
#include "tests/feed.h"
#include "tests/golden.h"

enum { ROWS = 512, BATCH = 128, EPOCHS = 2, DIM = 8 };

// One side: its distinct values sorted by bytes, and the number of each row's value among them.
struct values {
    const char *text[ROWS];    // (n), sorted
    uint32_t count[ROWS];      // (n)
    uint32_t of[ROWS];
    size_t n;
};

static const char *const table_names[SIDES] = {"queries", "candidates"}, *const feature_names[SIDES] = {"u", "i"};
static struct values sides[SIDES];
static float rows_rating[ROWS];

static inline int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline void number_values(struct values *v, const char *const *rows)
{
    const char *sorted[ROWS];
    memcpy(sorted, rows, sizeof sorted);
    qsort(sorted, ROWS, sizeof *sorted, by_bytes);
    memset(v, 0, sizeof *v);
    for (size_t i = 0; i < ROWS; i++) {
        if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0)
            v->text[v->n++] = sorted[i];
        v->count[v->n - 1]++;
    }
    for (size_t i = 0; i < ROWS; i++)
        while (strcmp(v->text[v->of[i]], rows[i]) != 0)
            v->of[i]++;
}

static inline bool read_rows(void)
{
    static const char *rows[SIDES][ROWS];
    const char *shared = getenv("SHARED");
    FILE *file = fopen(arena_printf(&arena, "%s/data/ml-100k-split/train.tsv", shared != NULL ? shared : "../shared"), "r");
    char line[512];
    if (file == NULL)
        return false;
    CHECK(fgets(line, sizeof line, file) != NULL);
    for (size_t i = 0; i < ROWS; i++) {
        CHECK(fgets(line, sizeof line, file) != NULL);
        size_t user = strcspn(line, "\t"), item = strcspn(line + user + 1, "\t");
        rows[0][i] = arena_text(&arena, line, user);
        rows[1][i] = arena_text(&arena, line + user + 1, item);
        rows_rating[i] = strtof(line + user + 1 + item + 1, NULL);
    }
    fclose(file);
    for (size_t s = 0; s < SIDES; s++)
        number_values(&sides[s], rows[s]);
    return true;
}

static inline void feed_side(struct trainer *trainer, size_t s)
{
    const struct values *v = &sides[s];
    const char *name = feature_names[s];
    // The vocabulary: row r of a golden table is the r-th value, row 0 the unknown ones.
    uint64_t counts[ROWS];
    uint32_t texts[ROWS + 1] = {0}, ids[ROWS];
    struct bytes bytes = {0};
    for (size_t i = 0; i < v->n; i++) {
        bytes_add(&bytes, v->text[i], strlen(v->text[i]));
        texts[i + 1] = (uint32_t)bytes.length;
        counts[i] = v->count[i];
        ids[i] = (uint32_t)i + 1;
    }
    struct cells token = {.texts = texts, .values = bytes.data, .n = v->n};
    feed(trainer, SCHEMA(arena_printf(&arena, "vocab/%s", name), "token", "str", "count", "u64"), v->n,
         (struct cells[]){token, {.values = counts, .n = v->n}});
    feed(trainer, SCHEMA(table_names[s], name, "str", "count", "u32", arena_printf(&arena, "feature/%s", name), "u32"), v->n,
         (struct cells[]){token, {.values = v->count, .n = v->n}, {.values = ids, .n = v->n}});
    free(bytes.data);

    float initial[(ROWS + 1) * DIM];
    for (size_t r = 0; r <= v->n; r++)
        for (size_t c = 0; c < DIM; c++) {
            double x = 1 + 0.37 * (double)r + 1.91 * (double)c;
            initial[r * DIM + c] = (float)(0.05 * (s == 0 ? sin(x) : cos(x)));
        }
    feed(trainer, SCHEMA(arena_printf(&arena, "param/embed/%s", name), "value", "f32[8]"), v->n + 1,
         (struct cells[]){{.values = initial, .n = v->n + 1}});
}

// The batch of the rows from `from` on, with their ratings, which not every model reads.
static inline void feed_batch(struct trainer *trainer, uint32_t epoch, size_t from)
{
    uint32_t epochs[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        epochs[i] = epoch;
    feed(trainer, SCHEMA("batches", "query", "u32", "candidate", "u32", "rating", "f32", "epoch", "u32"), BATCH,
         (struct cells[]){{.values = sides[0].of + from, .n = BATCH}, {.values = sides[1].of + from, .n = BATCH},
                          {.values = rows_rating + from, .n = BATCH}, {.values = epochs, .n = BATCH}});
}

static inline void check_table(const struct param *param, const json_t *table)
{
    size_t n = param->rows * param->width, n_first = 0, n_last = 0;
    double sum = 0, sum_abs = 0, sum_squares = 0, weighted = 0;
    for (size_t i = 0; i < n; i++) {
        double x = (double)param->value[i];
        sum += x;
        sum_abs += fabs(x);
        sum_squares += x * x;
        weighted += x * (double)(i % 97 + 1);
    }
    EQUAL(param->rows, json_integer_value(json_array_get(json_object_get(table, "shape"), 0)));
    // The plain sums cancel: their error is that of their terms.
    double scale = sum_abs;
    CHECK(fabs(sum - golden_get(table, "sum", NAN)) <= 1e-5 * scale);
    CHECK(fabs(weighted - golden_get(table, "weighted_sum", NAN)) <= 1e-4 * scale);
    NEAR(sum_abs, golden_get(table, "sum_abs", NAN), 1e-4);
    NEAR(sum_squares, golden_get(table, "sum_squares", NAN), 1e-4);
    float *first = golden_floats(json_object_get(table, "first_rows"), &n_first), *last = golden_floats(json_object_get(table, "last_rows"), &n_last);
    for (size_t i = 0; i < n_first; i++)
        CHECK(fabsf(first[i] - param->value[i]) <= 1e-4f * fmaxf(fabsf(first[i]), 0.05f));
    for (size_t i = 0; i < n_last; i++)
        CHECK(fabsf(last[i] - param->value[n - n_last + i]) <= 1e-4f * fmaxf(fabsf(last[i]), 0.05f));
    free(first);
    free(last);
}

#endif
