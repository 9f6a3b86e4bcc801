// What fits into memory is sorted there. What does not is first dealt into parts by the keys' top bits, through spools, and then sorted part
// by part: the same order.
#include "common/training/dealer.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/base/sort.h"
#include "common/stream/builder.h"
#include "common/stream/spool.h"
#include "common/training/drawn_lists.h"

enum { PARTS_MAX = 512, CACHED_BYTES = 32 << 20 };  // a part may be an open file

struct dealer {
    const struct config *config;
    size_t shard, shards, memory_bytes;
    struct spool *rows;          // of the table and shard, as they came
    size_t n, bytes, came;       // rows and bytes in the spool; rows of the table before sharding
    struct schema *out_schema;   // `batches`
    struct schema *part_schema;  // a row with its key
    struct writer *out;
    struct gather *pending;      // a batch that is not full yet, or NULL
    size_t pending_n;            // rows in it, or queries if they are grouped
    size_t query;                // the column of the queries' row numbers
    uint32_t epoch, *epochs;     // the epoch, again and again
    size_t epochs_capacity, batches;
    struct arena lasting, arena;
};

struct dealer *dealer_new(const struct config *config, struct writer *out, size_t shard, size_t shards, size_t memory_bytes)
{
    struct dealer *d = memory_zeros(1, sizeof *d);
    *d = (struct dealer){.config = config, .out = out, .shard = shard, .shards = shards, .memory_bytes = memory_bytes};
    d->rows = spool_new(memory_bytes);
    return d;
}

static void begin_table(struct dealer *d, const struct schema *schema)
{
    d->out_schema = schema_copy(&d->lasting, schema);
    d->out_schema->table = "batches";
    d->part_schema = schema_copy(&d->lasting, schema);
    d->query = schema_find(schema, "query");
    bool by_query = d->config->group || d->config->lists > 0, lists = d->config->lists > 0;
    if (by_query && (d->query == SIZE_MAX || !type_equal(schema->columns[d->query].type, type_of("u32"))))
        die(EXIT_INPUT, "%s: no column query of u32, by which [train] %s puts rows together", schema_place(schema),
            lists ? "lists" : "group");
    if (schema_find(schema, "epoch") != SIZE_MAX || (lists && schema_find(schema, "list") != SIZE_MAX))
        die(EXIT_INPUT, "%s: the column %s needs another name: batches have one of their own", schema_place(schema),
            schema_find(schema, "epoch") != SIZE_MAX ? "epoch" : "list");
    if (lists)
        schema_add(d->out_schema, &d->lasting, "list", type_of("u32"));
    schema_add(d->out_schema, &d->lasting, "epoch", type_of("u32"));
    schema_add(d->part_schema, &d->lasting, "the key", type_of("u64"));
}

static const uint32_t *queries_of(const struct dealer *d, const struct frame *frame)
{
    return d->config->group ? frame->cells[d->query].values : NULL;
}

void dealer_keep(struct dealer *d, const struct frame *frame)
{
    if (d->out_schema == NULL)
        begin_table(d, frame->schema);
    struct frame kept = *frame;
    if (d->shards > 1) {
        arena_reset(&d->arena);
        uint32_t *chosen = arena_array(&d->arena, frame->rows, sizeof *chosen);
        const uint32_t *queries = queries_of(d, frame);
        size_t n = 0;
        for (size_t i = 0; i < frame->rows; i++)
            if ((queries != NULL ? queries[i] : d->came + i) % d->shards == d->shard)
                chosen[n++] = (uint32_t)i;
        kept = frame_select(frame, chosen, n, &d->arena);
    }
    d->came += frame->rows;
    d->n += kept.rows;
    d->bytes += frame_bytes(&kept);
    spool_put(d->rows, &kept);
}

size_t dealer_rows(const struct dealer *d)
{
    return d->n;
}

// Writes rows as one batch. The frame may have columns behind those of the table; they are left out.
//   list  (rows->rows) the number of each row's list, or NULL if there are none
static void write_batch(struct dealer *d, const struct frame *rows, const uint32_t *list)
{
    struct cells cells[COLUMNS_MAX];
    size_t own = list != NULL ? 2 : 1, before = d->epochs_capacity;
    d->epochs = memory_grow(d->epochs, &d->epochs_capacity, rows->rows, sizeof *d->epochs);
    for (size_t i = before; i < d->epochs_capacity; i++)
        d->epochs[i] = d->epoch;
    memcpy(cells, rows->cells, (d->out_schema->n - own) * sizeof *cells);
    if (list != NULL)
        cells[d->out_schema->n - 2] = (struct cells){.values = list, .n = rows->rows};
    cells[d->out_schema->n - 1] = (struct cells){.values = d->epochs, .n = rows->rows};
    writer_put(d->out, &(struct frame){.schema = d->out_schema, .rows = rows->rows, .cells = cells});
    d->batches++;
}

static void begin_epoch(struct dealer *d, size_t epoch)
{
    d->epoch = (uint32_t)epoch;
    for (size_t i = 0; i < d->epochs_capacity; i++)
        d->epochs[i] = d->epoch;
}

static void write_pending(struct dealer *d)
{
    if (d->pending_n == 0)
        return;
    write_batch(d, gather_frame(d->pending), NULL);
    gather_free(d->pending);
    d->pending = NULL;
    d->pending_n = 0;
}

// How many rows from `at` on go into the batch under way, and in *count what it then has: rows, or queries if they are grouped.
static size_t fit(const struct dealer *d, const struct frame *frame, const uint32_t *order, size_t at, size_t *count)
{
    const uint32_t *queries = queries_of(d, frame);
    size_t rows = frame->rows - at, n = d->config->batch_rows - d->pending_n < rows ? d->config->batch_rows - d->pending_n : rows;
    *count = d->pending_n + n;
    if (queries == NULL)
        return n;
    *count = d->pending_n;
    for (n = 0; n < rows; n++) {
        bool another = n == 0 || queries[order[at + n]] != queries[order[at + n - 1]];
        if (another && *count == d->config->batch_rows)
            break;
        *count += another;
    }
    return n;
}

// Deals out the rows of a frame in the given order, or as they come if it is NULL; what does not fill a batch stays pending. A query
// whose rows are grouped has them all in one frame.
static void deal(struct dealer *d, const struct frame *frame, const uint32_t *order)
{
    for (size_t at = 0, n, count; at < frame->rows; at += n) {
        n = fit(d, frame, order, at, &count);
        arena_reset(&d->arena);
        struct frame rows = order != NULL ? frame_select(frame, order + at, n, &d->arena) : frame_slice(frame, at, at + n, &d->arena);
        if (count == d->config->batch_rows && d->pending_n == 0) {
            write_batch(d, &rows, NULL);
            continue;
        }
        if (d->pending == NULL)
            d->pending = gather_new();
        gather_add(d->pending, &rows);
        d->pending_n = count;
        if (count == d->config->batch_rows)
            write_pending(d);
    }
}

static void deal_sorted(struct dealer *d, const struct frame *frame, uint64_t *keys)
{
    uint32_t *order = memory_aligned(frame->rows, sizeof *order);
    for (size_t i = 0; i < frame->rows; i++)
        order[i] = (uint32_t)i;
    sort_keys(keys, order, frame->rows);
    deal(d, frame, order);
    free(order);
}

// `first` is the place of the frame's first row.
static void make_keys(const struct dealer *d, size_t epoch, size_t first, const struct frame *frame, uint64_t *keys)
{
    const uint32_t *queries = queries_of(d, frame);
    for (size_t i = 0; i < frame->rows; i++)
        keys[i] = rng_bits(d->config->seed, epoch, queries != NULL ? queries[i] : (first + i) * d->shards + d->shard);
}

static const struct frame *gather_all(struct spool *spool, struct gather *gather)
{
    struct frame frame;
    spool_rewind(spool);
    while (spool_next(spool, &frame))
        gather_add(gather, &frame);
    return gather_frame(gather);
}

static void epoch_in_memory(struct dealer *d, size_t epoch, const struct frame *all)
{
    uint64_t *keys = memory_aligned(d->n, sizeof *keys);
    make_keys(d, epoch, 0, all, keys);
    deal_sorted(d, all, keys);
    free(keys);
}

static void epoch_as_it_came(struct dealer *d)
{
    struct frame frame;
    spool_rewind(d->rows);
    while (spool_next(d->rows, &frame))
        deal(d, &frame, NULL);
}

// Deals a frame's rows, with their keys, into the spools of the parts. `first` is the place of its first row.
static void part_frame(struct dealer *d, size_t epoch, const struct frame *frame, size_t first, struct spool **parts, int bits)
{
    arena_reset(&d->arena);
    uint64_t *keys = arena_array(&d->arena, frame->rows, sizeof *keys), *sorted = arena_array(&d->arena, frame->rows, sizeof *sorted);
    uint32_t *order = arena_array(&d->arena, frame->rows, sizeof *order);
    make_keys(d, epoch, first, frame, keys);
    for (size_t i = 0; i < frame->rows; i++) {
        sorted[i] = keys[i] >> (64 - bits);
        order[i] = (uint32_t)i;
    }
    sort_keys(sorted, order, frame->rows);
    struct frame keyed = {.schema = d->part_schema, .rows = frame->rows};
    keyed.cells = arena_array(&d->arena, d->part_schema->n, sizeof *keyed.cells);
    memcpy(keyed.cells, frame->cells, frame->schema->n * sizeof *keyed.cells);
    keyed.cells[frame->schema->n] = (struct cells){.values = keys, .n = frame->rows};
    for (size_t at = 0, end; at < frame->rows; at = end) {
        for (end = at + 1; end < frame->rows && sorted[end] == sorted[at];)
            end++;
        struct frame some = frame_select(&keyed, order + at, end - at, &d->arena);
        spool_put(parts[sorted[at]], &some);
    }
}

static void epoch_by_parts(struct dealer *d, size_t epoch, int bits)
{
    size_t n_parts = (size_t)1 << bits, first = 0;
    struct spool **parts = memory_zeros(n_parts, sizeof *parts);
    for (size_t p = 0; p < n_parts; p++)
        parts[p] = spool_new(d->memory_bytes / n_parts);
    struct frame frame;
    spool_rewind(d->rows);
    while (spool_next(d->rows, &frame)) {
        part_frame(d, epoch, &frame, first, parts, bits);
        first += frame.rows;
    }
    for (size_t p = 0; p < n_parts; p++) {
        struct gather *gather = gather_new();
        const struct frame *all = gather_all(parts[p], gather);
        spool_free(parts[p]);
        if (all != NULL) {
            uint64_t *keys = memory_aligned(all->rows, sizeof *keys);
            memcpy(keys, all->cells[all->schema->n - 1].values, all->rows * sizeof *keys);
            deal_sorted(d, all, keys);
            free(keys);
        }
        gather_free(gather);
    }
    free(parts);
}

// Deals out the lists of an epoch, batch_rows of them in a batch.
static void epoch_of_lists(struct dealer *d, const struct frame *all, const struct drawn_lists *lists)
{
    for (size_t from = 0, to; from < lists->n; from = to) {
        to = lists->n - from < d->config->batch_rows ? lists->n : from + d->config->batch_rows;
        arena_reset(&d->arena);
        size_t first = lists->starts[from], n = lists->starts[to] - first;
        uint32_t *numbers = arena_array(&d->arena, n, sizeof *numbers);
        for (size_t i = from; i < to; i++)
            for (size_t j = lists->starts[i]; j < lists->starts[i + 1]; j++)
                numbers[j - first] = (uint32_t)(i - from);
        struct frame rows = frame_select(all, lists->rows + first, n, &d->arena);
        write_batch(d, &rows, numbers);
    }
}

static struct drawn_lists *new_lists(const struct dealer *d, const struct frame *all)
{
    const struct config *c = d->config;
    const char *place = schema_place(all->schema);
    if (c->lists > UINT32_MAX / c->list_rows / all->rows)
        die(EXIT_INPUT, "%s: %zu lists of %zu rows a query are too many", place, c->lists, c->list_rows);
    struct drawn_lists *lists = drawn_lists_new(all->cells[d->query].values, all->rows, c->lists, c->list_rows, c->seed);
    if (lists->n == 0)
        die(EXIT_INPUT, "%s: every query has one row, so there are lists of one only, and nothing to compare", place);
    if (lists->alone > 0)
        warn("%s: %zu queries have one row, and so no list", place, lists->alone);
    return lists;
}

static void deal_lists(struct dealer *d)
{
    struct gather *gather = gather_new();
    const struct frame *all = gather_all(d->rows, gather);
    struct drawn_lists *lists = new_lists(d, all);
    for (size_t epoch = 0; epoch < d->config->epochs; epoch++) {
        begin_epoch(d, epoch);
        drawn_lists_draw(lists, epoch);
        epoch_of_lists(d, all, lists);
    }
    drawn_lists_free(lists);
    gather_free(gather);
}

// How many top bits of the keys make parts so small that one is sorted in memory; 0 if all rows together are. Parts that the
// processor's cache bears are quicker than large ones: 14 million rows a second instead of 11.
static int part_bits(const struct dealer *d)
{
    // A gathered table may be given twice what it needs; a key and a place are sorted between two copies.
    size_t cost = 2 * d->bytes + d->n * 2 * (sizeof(uint64_t) + sizeof(uint32_t)), wanted = d->memory_bytes;
    if (wanted > CACHED_BYTES)
        wanted = CACHED_BYTES;
    int bits = 0;
    while (cost > 2 * wanted && (cost >> bits) > wanted && ((size_t)1 << bits) < PARTS_MAX)
        bits++;
    return bits;
}

static void deal_rows(struct dealer *d)
{
    int bits = part_bits(d);
    struct gather *gather = gather_new();
    const struct frame *all = d->config->shuffle && bits == 0 ? gather_all(d->rows, gather) : NULL;
    if (all != NULL) {
        spool_free(d->rows);
        d->rows = NULL;
    }
    for (size_t epoch = 0; epoch < d->config->epochs; epoch++) {
        begin_epoch(d, epoch);
        if (!d->config->shuffle)
            epoch_as_it_came(d);
        else if (all != NULL)
            epoch_in_memory(d, epoch, all);
        else
            epoch_by_parts(d, epoch, bits);
        write_pending(d);
    }
    gather_free(gather);
}

size_t dealer_deal(struct dealer *d)
{
    writer_put(d->out, &(struct frame){.schema = d->out_schema});
    if (d->config->lists > 0)
        deal_lists(d);
    else
        deal_rows(d);
    return d->batches;
}

void dealer_free(struct dealer *d)
{
    if (d == NULL)
        return;
    spool_free(d->rows);
    gather_free(d->pending);
    free(d->epochs);
    arena_free(&d->lasting);
    arena_free(&d->arena);
    free(d);
}
