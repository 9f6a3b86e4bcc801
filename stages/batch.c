// batch: deal the interactions out in batches, in another order every epoch.
//
// The order of an epoch is that of the keys mix(mix(mix(seed) ^ epoch) ^ row). What fits into memory is sorted there. What
// does not is first dealt into parts by the keys' top bits, through spools, and then sorted part by part: the same order.
// With [train] group the query's row number takes the row's place, so that the rows of a query come together, and one batch has them all.
// With [train] lists, lists of rows are dealt out in place of rows (training/lists.h).
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/base/sort.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/stream/reader.h"
#include "common/stream/spool.h"
#include "common/stream/writer.h"
#include "common/training/lists.h"

static const char *table_name, *shard_text = "0/1";

static const struct arg args[] = {
    ARG_TEXT('t', "table", &table_name, "NAME", "deal out this table (default the interactions)"),
    ARG_TEXT(0, "shard", &shard_text, "I/N", "only the rows whose number modulo N is I"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "deal the interactions out in batches, in another order every epoch",
    .synopsis = "[-t TABLE] [--shard I/N] [--set train.epochs=E] [FILE]",
    .example = "vocab < split.mp | batch --set train.batch=1024 | train > model.mp",
    .see_also = "vocab, train",
};

enum { PARTS_MAX = 512, CACHED_BYTES = 32 << 20 };  // a part may be an open file

struct batch {
    const struct config *config;
    const char *table;
    size_t shard, shards;
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

static void parse_shard(struct batch *b)
{
    size_t slash = strcspn(shard_text, "/"), digits = strspn(shard_text, "0123456789");
    size_t more = shard_text[slash] == '/' ? strspn(shard_text + slash + 1, "0123456789") : 0;
    b->shard = (size_t)strtoull(shard_text, NULL, 10);
    b->shards = more > 0 ? (size_t)strtoull(shard_text + slash + 1, NULL, 10) : 0;
    if (digits == 0 || digits != slash || shard_text[slash + 1 + more] != '\0' || more > 9 || digits > 9 || b->shard >= b->shards)
        die(EXIT_USAGE, "--shard %s: wanted I/N with 0 <= I < N; try 'batch --help'", quoted_text(shard_text));
}

static void begin_table(struct batch *b, const struct schema *schema)
{
    b->out_schema = schema_copy(&b->lasting, schema);
    b->out_schema->table = "batches";
    b->part_schema = schema_copy(&b->lasting, schema);
    b->query = schema_find(schema, "query");
    bool by_query = b->config->group || b->config->lists > 0, lists = b->config->lists > 0;
    if (by_query && (b->query == SIZE_MAX || !type_equal(schema->columns[b->query].type, type_of("u32"))))
        die(EXIT_INPUT, "%s: no column query of u32, by which [train] %s puts rows together", schema_place(schema),
            lists ? "lists" : "group");
    if (schema_find(schema, "epoch") != SIZE_MAX || (lists && schema_find(schema, "list") != SIZE_MAX))
        die(EXIT_INPUT, "%s: the column %s needs another name: batches have one of their own", schema_place(schema),
            schema_find(schema, "epoch") != SIZE_MAX ? "epoch" : "list");
    if (lists)
        schema_add(b->out_schema, &b->lasting, "list", type_of("u32"));
    schema_add(b->out_schema, &b->lasting, "epoch", type_of("u32"));
    schema_add(b->part_schema, &b->lasting, "the key", type_of("u64"));
}

static const uint32_t *queries_of(const struct batch *b, const struct frame *frame)
{
    return b->config->group ? frame->cells[b->query].values : NULL;
}

static void keep(struct batch *b, const struct frame *frame)
{
    if (b->out_schema == NULL)
        begin_table(b, frame->schema);
    struct frame kept = *frame;
    if (b->shards > 1) {
        arena_reset(&b->arena);
        uint32_t *chosen = arena_array(&b->arena, frame->rows, sizeof *chosen);
        const uint32_t *queries = queries_of(b, frame);
        size_t n = 0;
        for (size_t i = 0; i < frame->rows; i++)
            if ((queries != NULL ? queries[i] : b->came + i) % b->shards == b->shard)
                chosen[n++] = (uint32_t)i;
        kept = frame_select(frame, chosen, n, &b->arena);
    }
    b->came += frame->rows;
    b->n += kept.rows;
    b->bytes += frame_bytes(&kept);
    spool_put(b->rows, &kept);
}

// Writes rows as one batch. The frame may have columns behind those of the table; they are left out.
//   list  (rows->rows) the number of each row's list, or NULL if there are none
static void write_batch(struct batch *b, const struct frame *rows, const uint32_t *list)
{
    struct cells cells[COLUMNS_MAX];
    size_t own = list != NULL ? 2 : 1, before = b->epochs_capacity;
    b->epochs = memory_grow(b->epochs, &b->epochs_capacity, rows->rows, sizeof *b->epochs);
    for (size_t i = before; i < b->epochs_capacity; i++)
        b->epochs[i] = b->epoch;
    memcpy(cells, rows->cells, (b->out_schema->n - own) * sizeof *cells);
    if (list != NULL)
        cells[b->out_schema->n - 2] = (struct cells){.values = list, .n = rows->rows};
    cells[b->out_schema->n - 1] = (struct cells){.values = b->epochs, .n = rows->rows};
    writer_put(b->out, &(struct frame){.schema = b->out_schema, .rows = rows->rows, .cells = cells});
    b->batches++;
}

static void write_pending(struct batch *b)
{
    if (b->pending_n == 0)
        return;
    write_batch(b, gather_frame(b->pending), NULL);
    gather_free(b->pending);
    b->pending = NULL;
    b->pending_n = 0;
}

// How many rows from `at` on go into the batch under way, and in *count what it then has: rows, or queries if they are grouped.
static size_t fit(const struct batch *b, const struct frame *frame, const uint32_t *order, size_t at, size_t *count)
{
    const uint32_t *queries = queries_of(b, frame);
    size_t rows = frame->rows - at, n = b->config->batch_rows - b->pending_n < rows ? b->config->batch_rows - b->pending_n : rows;
    *count = b->pending_n + n;
    if (queries == NULL)
        return n;
    *count = b->pending_n;
    for (n = 0; n < rows; n++) {
        bool another = n == 0 || queries[order[at + n]] != queries[order[at + n - 1]];
        if (another && *count == b->config->batch_rows)
            break;
        *count += another;
    }
    return n;
}

// Deals out the rows of a frame in the given order, or as they come if it is NULL; what does not fill a batch stays pending. A query
// whose rows are grouped has them all in one frame.
static void deal(struct batch *b, const struct frame *frame, const uint32_t *order)
{
    for (size_t at = 0, n, count; at < frame->rows; at += n) {
        n = fit(b, frame, order, at, &count);
        arena_reset(&b->arena);
        struct frame rows = order != NULL ? frame_select(frame, order + at, n, &b->arena) : frame_slice(frame, at, at + n, &b->arena);
        if (count == b->config->batch_rows && b->pending_n == 0) {
            write_batch(b, &rows, NULL);
            continue;
        }
        if (b->pending == NULL)
            b->pending = gather_new();
        gather_add(b->pending, &rows);
        b->pending_n = count;
        if (count == b->config->batch_rows)
            write_pending(b);
    }
}

static void deal_sorted(struct batch *b, const struct frame *frame, uint64_t *keys)
{
    uint32_t *order = memory_aligned(frame->rows, sizeof *order);
    for (size_t i = 0; i < frame->rows; i++)
        order[i] = (uint32_t)i;
    sort_keys(keys, order, frame->rows);
    deal(b, frame, order);
    free(order);
}

// `first` is the place of the frame's first row.
static void make_keys(const struct batch *b, size_t epoch, size_t first, const struct frame *frame, uint64_t *keys)
{
    const uint32_t *queries = queries_of(b, frame);
    for (size_t i = 0; i < frame->rows; i++)
        keys[i] = rng_bits(b->config->seed, epoch, queries != NULL ? queries[i] : (first + i) * b->shards + b->shard);
}

static const struct frame *gather_all(struct spool *spool, struct gather *gather)
{
    struct frame frame;
    spool_rewind(spool);
    while (spool_next(spool, &frame))
        gather_add(gather, &frame);
    return gather_frame(gather);
}

static void epoch_in_memory(struct batch *b, size_t epoch, const struct frame *all)
{
    uint64_t *keys = memory_aligned(b->n, sizeof *keys);
    make_keys(b, epoch, 0, all, keys);
    deal_sorted(b, all, keys);
    free(keys);
}

static void epoch_as_it_came(struct batch *b)
{
    struct frame frame;
    spool_rewind(b->rows);
    while (spool_next(b->rows, &frame))
        deal(b, &frame, NULL);
}

// Deals a frame's rows, with their keys, into the spools of the parts. `first` is the place of its first row.
static void part_frame(struct batch *b, size_t epoch, const struct frame *frame, size_t first, struct spool **parts, int bits)
{
    arena_reset(&b->arena);
    uint64_t *keys = arena_array(&b->arena, frame->rows, sizeof *keys), *sorted = arena_array(&b->arena, frame->rows, sizeof *sorted);
    uint32_t *order = arena_array(&b->arena, frame->rows, sizeof *order);
    make_keys(b, epoch, first, frame, keys);
    for (size_t i = 0; i < frame->rows; i++) {
        sorted[i] = keys[i] >> (64 - bits);
        order[i] = (uint32_t)i;
    }
    sort_keys(sorted, order, frame->rows);
    struct frame keyed = {.schema = b->part_schema, .rows = frame->rows};
    keyed.cells = arena_array(&b->arena, b->part_schema->n, sizeof *keyed.cells);
    memcpy(keyed.cells, frame->cells, frame->schema->n * sizeof *keyed.cells);
    keyed.cells[frame->schema->n] = (struct cells){.values = keys, .n = frame->rows};
    for (size_t at = 0, end; at < frame->rows; at = end) {
        for (end = at + 1; end < frame->rows && sorted[end] == sorted[at];)
            end++;
        struct frame some = frame_select(&keyed, order + at, end - at, &b->arena);
        spool_put(parts[sorted[at]], &some);
    }
}

static void epoch_by_parts(struct batch *b, size_t epoch, int bits)
{
    size_t n_parts = (size_t)1 << bits, first = 0;
    struct spool **parts = memory_zeros(n_parts, sizeof *parts);
    for (size_t p = 0; p < n_parts; p++)
        parts[p] = spool_new(stage.memory_bytes / 4 / n_parts);
    struct frame frame;
    spool_rewind(b->rows);
    while (spool_next(b->rows, &frame)) {
        part_frame(b, epoch, &frame, first, parts, bits);
        first += frame.rows;
    }
    for (size_t p = 0; p < n_parts; p++) {
        struct gather *gather = gather_new();
        const struct frame *all = gather_all(parts[p], gather);
        spool_free(parts[p]);
        if (all != NULL) {
            uint64_t *keys = memory_aligned(all->rows, sizeof *keys);
            memcpy(keys, all->cells[all->schema->n - 1].values, all->rows * sizeof *keys);
            deal_sorted(b, all, keys);
            free(keys);
        }
        gather_free(gather);
    }
    free(parts);
}

// Deals out the lists of an epoch, batch_rows of them in a batch.
static void epoch_of_lists(struct batch *b, const struct frame *all, const struct lists *lists)
{
    for (size_t from = 0, to; from < lists->n; from = to) {
        to = lists->n - from < b->config->batch_rows ? lists->n : from + b->config->batch_rows;
        arena_reset(&b->arena);
        size_t first = lists->starts[from], n = lists->starts[to] - first;
        uint32_t *numbers = arena_array(&b->arena, n, sizeof *numbers);
        for (size_t i = from; i < to; i++)
            for (size_t j = lists->starts[i]; j < lists->starts[i + 1]; j++)
                numbers[j - first] = (uint32_t)(i - from);
        struct frame rows = frame_select(all, lists->rows + first, n, &b->arena);
        write_batch(b, &rows, numbers);
    }
}

static struct lists *new_lists(const struct batch *b, const struct frame *all)
{
    const struct config *c = b->config;
    const char *place = schema_place(all->schema);
    if (c->lists > UINT32_MAX / c->list_rows / all->rows)
        die(EXIT_INPUT, "%s: %zu lists of %zu rows a query are too many", place, c->lists, c->list_rows);
    struct lists *lists = lists_new(all->cells[b->query].values, all->rows, c->lists, c->list_rows, c->seed);
    if (lists->n == 0)
        die(EXIT_INPUT, "%s: every query has one row, so there are lists of one only, and nothing to compare", place);
    if (lists->alone > 0)
        warn("%s: %zu queries have one row, and so no list", place, lists->alone);
    return lists;
}

static void write_lists(struct batch *b)
{
    struct gather *gather = gather_new();
    const struct frame *all = gather_all(b->rows, gather);
    struct lists *lists = new_lists(b, all);
    writer_put(b->out, &(struct frame){.schema = b->out_schema});
    for (size_t epoch = 0; epoch < b->config->epochs; epoch++) {
        b->epoch = (uint32_t)epoch;
        for (size_t i = 0; i < b->epochs_capacity; i++)
            b->epochs[i] = b->epoch;
        lists_draw(lists, epoch);
        epoch_of_lists(b, all, lists);
    }
    lists_free(lists);
    gather_free(gather);
    free(b->epochs);
}

// How many top bits of the keys make parts so small that one is sorted in memory; 0 if all rows together are. Parts that the
// processor's cache bears are quicker than large ones: 14 million rows a second instead of 11.
static int part_bits(const struct batch *b)
{
    // A gathered table may be given twice what it needs; a key and a place are sorted between two copies.
    size_t cost = 2 * b->bytes + b->n * 2 * (sizeof(uint64_t) + sizeof(uint32_t)), wanted = stage.memory_bytes / 4;
    if (wanted > CACHED_BYTES)
        wanted = CACHED_BYTES;
    int bits = 0;
    while (cost > 2 * wanted && (cost >> bits) > wanted && ((size_t)1 << bits) < PARTS_MAX)
        bits++;
    return bits;
}

static void write_batches(struct batch *b)
{
    int bits = part_bits(b);
    struct gather *gather = gather_new();
    const struct frame *all = b->config->shuffle && bits == 0 ? gather_all(b->rows, gather) : NULL;
    if (all != NULL) {
        spool_free(b->rows);
        b->rows = NULL;
    }
    writer_put(b->out, &(struct frame){.schema = b->out_schema});
    for (size_t epoch = 0; epoch < b->config->epochs; epoch++) {
        b->epoch = (uint32_t)epoch;
        for (size_t i = 0; i < b->epochs_capacity; i++)
            b->epochs[i] = b->epoch;
        if (!b->config->shuffle)
            epoch_as_it_came(b);
        else if (all != NULL)
            epoch_in_memory(b, epoch, all);
        else
            epoch_by_parts(b, epoch, bits);
        write_pending(b);
    }
    gather_free(gather);
    free(b->epochs);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    struct batch b = {0};
    parse_shard(&b);
    struct reader *in = reader_open(path);
    b.config = config_from_stream(in);
    b.table = table_name != NULL ? table_name : b.config->interactions;
    b.rows = spool_new(stage.memory_bytes / 4);
    b.out = writer_open(stage.output, reader_header(in));
    struct frame frame;
    while (reader_next(in, &frame)) {
        if (is_table(&frame, "batches"))
            die(EXIT_INPUT, "%s: there are batches already", reader_name(in));
        writer_put(b.out, &frame);
        if (is_table(&frame, b.table))
            keep(&b, &frame);
    }
    reader_wants(in, b.table, "wanted the rows to be dealt out");
    if (b.n == 0)
        die(EXIT_INPUT, "%s: table %s: no rows to be dealt out%s", reader_name(in), quoted_text(b.table),
            b.came > 0 ? " in this shard" : "");
    if (b.config->lists > 0)
        write_lists(&b);
    else
        write_batches(&b);
    writer_end(b.out);
    stage_end("rows=%zu batches=%zu", b.n * b.config->epochs, b.batches);
    return 0;
}
